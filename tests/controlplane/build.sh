#!/bin/sh
# Builds the control plane of this folder, once per content, and prints its bin folder as the last
# line on stdout; everything said to people goes to stderr.
#
# The folder is named by a hash of all that goes into the build, and gets its name when it is whole.
# So the second call is instant and needs no Go, and a build that was cut off is never taken for one.
set -eu

KUBERNETES=1.36.3 # also in go.mod, where the staging modules say 0.36.3
GO=go1.26.8       # 1.36 publishes a broken OpenAPI document when Go 1.27 compiles it
NAMES="etcd kube-apiserver kube-controller-manager kubectl"

here=$(cd "$(dirname "$0")" && pwd)
store=${CARGO_TARGET_DIR:-$here/../../target}
mkdir -p "$store/controlplane"
store=$(cd "$store/controlplane" && pwd)

say() { echo "control plane: $*" >&2; }

digest() {
  if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -c 1-16
}

# This file is part of the key: it holds the Go version and the flags.
key=$( (cd "$here" && cat go.mod go.sum main.go build.sh && uname -sm) | digest)
home=$store/$key
if [ -x "$home/bin/kubectl" ]; then
  echo "$home/bin"
  exit 0
fi

if ! command -v go >/dev/null; then
  say "Go is needed once, to build Kubernetes $KUBERNETES: install Go 1.21 or newer, or set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kubectl"
  exit 1
fi

# Two builds at once would take twice as long and end the same: the second one waits.
lock=$store/build.owner
until ln -s "$$" "$lock" 2>/dev/null; do
  owner=$(readlink "$lock" 2>/dev/null || true)
  if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then rm -f "$lock"; fi
  sleep 1
done
temporary=$store/$key.$$
clock=
cleanup() {
  if [ -n "$clock" ]; then kill "$clock" 2>/dev/null || true; fi
  rm -rf "$temporary" "$lock"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
if [ -x "$home/bin/kubectl" ]; then # built by the one we waited for
  echo "$home/bin"
  exit 0
fi

say "building Kubernetes $KUBERNETES and etcd from source with $GO: about 7 minutes the first time on two cores, seconds later"
started=$(date +%s)
(
  minute=1
  # Short sleeps: the last one outlives this script, and with it whoever waits for its stderr.
  while sleep 1; do
    if [ $(($(date +%s) - started)) -ge $((minute * 60)) ]; then
      say "still building, $minute min"
      minute=$((minute + 1))
    fi
  done
) >/dev/null &
clock=$!

minor=${KUBERNETES#1.}
minor=${minor%%.*}
ldflags="-s -w"
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  ldflags="$ldflags -X $package.gitVersion=v$KUBERNETES -X $package.gitMajor=1 -X $package.gitMinor=$minor"
done
mkdir -p "$temporary/bin"
(
  cd "$here"
  CGO_ENABLED=0 GOTOOLCHAIN=$GO GOFLAGS= GOWORK=off \
    go build -mod=readonly -buildvcs=false -trimpath -ldflags "$ldflags" -o "$temporary/bin/controlplane" . >&2
)
for name in $NAMES; do ln -s controlplane "$temporary/bin/$name"; done
# A folder of this name without a kubectl in it is none of ours, and would swallow the rename.
rm -rf "$home"
mv "$temporary" "$home"
say "built in $(($(date +%s) - started)) s"
echo "$home/bin"
