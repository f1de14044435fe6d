// One program, installed under four names, that is a whole Kubernetes control plane and its client.
//
// The name it is called by chooses what it does. The servers stay separate processes: each installs
// signal handlers and changes feature gates that exist once per process.
//
// Nothing of this project belongs here. The program must stay replaceable by the stock binaries of
// the same names, so it adds no flag and no behaviour of its own.
package main

import (
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/storage/wal"
	"k8s.io/component-base/cli"
	// Kubernetes' own mains register these by import too: the JSON log format and the metrics.
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

const (
	// Two segments are preallocated; at etcd's own 64 MB each, an empty data folder is 123 MB.
	walSegmentBytes = 4 << 20
	// Slower requests than this are worth a line in the log. Unset, every request gets one.
	slowRequest = 300 * time.Millisecond
	// An empty single member is ready in well under a second; this limit is only against hanging.
	etcdReadyTimeout = 60 * time.Second
)

func main() {
	switch name := filepath.Base(os.Args[0]); name {
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(controllermanager.NewControllerManagerCommand()))
	case "kubectl":
		os.Exit(cli.Run(kubectl.NewDefaultKubectlCommand()))
	case "etcd":
		if err := etcd(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, "etcd:", err)
			os.Exit(1)
		}
	default:
		fmt.Fprintf(os.Stderr, "%s: call me etcd, kube-apiserver, kube-controller-manager or kubectl\n", name)
		os.Exit(2)
	}
}

// etcd runs one member until SIGTERM or SIGINT.
func etcd(args []string) error {
	cfg, err := etcdConfig(args)
	if err != nil {
		return err
	}
	wal.SegmentSizeBytes = walSegmentBytes

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)

	member, err := embed.StartEtcd(cfg)
	if err != nil {
		return err
	}
	defer member.Close()

	select {
	case <-member.Server.ReadyNotify():
	case err := <-member.Err():
		return err
	case <-stop:
		return nil
	case <-time.After(etcdReadyTimeout):
		return fmt.Errorf("not ready after %s", etcdReadyTimeout)
	}
	select {
	case err := <-member.Err():
		return err
	case <-stop:
		return nil
	}
}

// etcdConfig reads the few flags we pass, under the names that the real etcd gives them.
func etcdConfig(args []string) (*embed.Config, error) {
	cfg := embed.NewConfig()
	flags := flag.NewFlagSet("etcd", flag.ContinueOnError)
	flags.StringVar(&cfg.Dir, "data-dir", "", "folder of the data")
	listenClient := flags.String("listen-client-urls", "", "where clients connect")
	advertiseClient := flags.String("advertise-client-urls", "", "what clients are told to connect to")
	listenPeer := flags.String("listen-peer-urls", "", "where other members would connect")
	flags.BoolVar(&cfg.UnsafeNoFsync, "unsafe-no-fsync", false, "do not wait for the disk")
	flags.StringVar(&cfg.LogLevel, "log-level", "warn", "debug, info, warn or error")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if cfg.Dir == "" {
		return nil, fmt.Errorf("--data-dir is required")
	}
	for _, list := range []struct {
		flag, value string
		into        *[]url.URL
	}{
		{"--listen-client-urls", *listenClient, &cfg.ListenClientUrls},
		{"--advertise-client-urls", *advertiseClient, &cfg.AdvertiseClientUrls},
		{"--listen-peer-urls", *listenPeer, &cfg.ListenPeerUrls},
	} {
		urls, err := parseURLs(list.value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", list.flag, err)
		}
		*list.into = urls
	}
	cfg.InitialCluster = cfg.InitialClusterFromName(cfg.Name)
	cfg.WarningUnaryRequestDuration = slowRequest
	return cfg, nil
}

func parseURLs(list string) ([]url.URL, error) {
	if list == "" {
		return nil, fmt.Errorf("is required")
	}
	var urls []url.URL
	for _, text := range strings.Split(list, ",") {
		parsed, err := url.Parse(text)
		if err != nil {
			return nil, err
		}
		urls = append(urls, *parsed)
	}
	return urls, nil
}
