// Command gitops judges objects with the programs that GitOps tools judge them with. See README.md.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const usage = "usage: gitops judge --argocd FOLDER --flux FILE < objects.json; or: gitops argo-tests FOLDER; or: gitops flux-file FILE"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gitops:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) == 0 {
		return errors.New(usage)
	}
	switch command, rest := arguments[0], arguments[1:]; command {
	case "judge":
		return judgeAll(rest)
	case "argo-tests":
		if len(rest) != 1 {
			return errors.New(usage)
		}
		return argoTests(rest[0])
	case "flux-file":
		if len(rest) != 1 {
			return errors.New(usage)
		}
		_, err := readKustomization(rest[0])
		return err
	default:
		return errors.New(usage)
	}
}

// verdict is what each tool makes of one object.
type verdict struct {
	// Kstatus is the word of cli-utils, which the copy that Flux and Helm are built with has to repeat.
	Kstatus string `json:"kstatus"`
	// Argo is the answer of the health script, absent for a kind that has none.
	Argo *health `json:"argo"`
	// Actions are those that Argo CD offers, and whether each is disabled.
	Actions map[string]bool `json:"actions"`
	// Override is what Flux says with the expressions of the file in place of kstatus.
	Override string `json:"override"`
}

// judgeAll reads a JSON array of objects and writes one of verdicts, in the same order.
func judgeAll(arguments []string) error {
	flags := flag.NewFlagSet("judge", flag.ContinueOnError)
	argocd := flags.String("argocd", "", "folder laid out like Argo CD's resource_customizations")
	flux := flags.String("flux", "", "a Flux Kustomization with healthCheckExprs")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	objects, err := readObjects(os.Stdin)
	if err != nil {
		return err
	}
	override, err := readOverride(*flux)
	if err != nil {
		return err
	}
	verdicts := make([]verdict, 0, len(objects))
	for _, object := range objects {
		one, err := judge(object, customizations(*argocd), override)
		if err != nil {
			return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
		verdicts = append(verdicts, one)
	}
	return json.NewEncoder(os.Stdout).Encode(verdicts)
}

func judge(object *unstructured.Unstructured, argo customizations, flux *override) (verdict, error) {
	var one verdict
	var err error
	if one.Kstatus, err = kstatus(object); err != nil {
		return one, err
	}
	if one.Argo, err = argo.health(object); err != nil {
		return one, err
	}
	if one.Actions, err = argo.discover(object); err != nil {
		return one, err
	}
	one.Override = flux.evaluate(object)
	return one, nil
}

// readObjects keeps whole numbers whole, as the API machinery of all three tools does.
func readObjects(from io.Reader) ([]*unstructured.Unstructured, error) {
	var raw []json.RawMessage
	if err := json.NewDecoder(from).Decode(&raw); err != nil {
		return nil, err
	}
	objects := make([]*unstructured.Unstructured, 0, len(raw))
	for _, text := range raw {
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON(text); err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
	return objects, nil
}
