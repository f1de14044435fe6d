#!/bin/sh
# Builds the program of this folder, once per content, and prints its path as the last line on stdout;
# everything said to people goes to stderr. The file is named by a hash of all that goes into the build, and
# gets its name when it is whole: the second call is instant and needs no Go.
set -eu

GO=go1.26.8 # as in tests/controlplane, so that both share what is downloaded and built

here=$(cd "$(dirname "$0")" && pwd)
store=${CARGO_TARGET_DIR:-$here/../../target}
mkdir -p "$store/gitops"
store=$(cd "$store/gitops" && pwd)

say() { echo "gitops engines: $*" >&2; }

digest() {
  if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -c 1-16
}

key=$( (cd "$here" && cat go.mod go.sum ./*.go build.sh && uname -sm) | digest)
program=$store/gitops-$key
if [ -x "$program" ]; then
  echo "$program"
  exit 0
fi
if ! command -v go >/dev/null; then
  say "Go is needed once, to build the programs that Argo CD and Flux judge objects with: install Go 1.21 or newer"
  exit 1
fi

say "building with $GO: about a minute the first time on two cores, seconds later"
started=$(date +%s)
temporary=$program.$$
trap 'rm -f "$temporary"' EXIT
trap 'exit 130' INT TERM
(
  cd "$here"
  CGO_ENABLED=0 GOTOOLCHAIN=$GO GOFLAGS= GOWORK=off \
    go build -mod=readonly -buildvcs=false -trimpath -ldflags "-s -w" -o "$temporary" . >&2
)
mv "$temporary" "$program"
say "built in $(($(date +%s) - started)) s"
echo "$program"
