#!/bin/sh
# Builds one of the programs that go.mod beside it pins, once per content, and prints its path as the last
# line on stdout: build.sh helm, build.sh umoci.
set -eu

GO=go1.26.8

name=$1
here=$(cd "$(dirname "$0")" && pwd)
store=${CARGO_TARGET_DIR:-$here/../../target}/tools
mkdir -p "$store"
store=$(cd "$store" && pwd)

say() { echo "$name: $*" >&2; }

# The line of go.mod that pins it.
package=$(sed -n "s|^\t\(.*/cmd/$name\)\$|\1|p" "$here/go.mod")
if [ -z "$package" ]; then
  say "go.mod has no tool of this name"
  exit 2
fi
digest() {
  if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -c 1-16
}
key=$( (cd "$here" && cat go.mod go.sum build.sh && uname -sm) | digest)
program=$store/$key/$name
if [ -x "$program" ]; then
  echo "$program"
  exit 0
fi
if ! command -v go >/dev/null; then
  say "Go is needed once, to build it: install Go 1.21 or newer"
  exit 1
fi
say "building it from source: a minute or two the first time"
started=$(date +%s)
mkdir -p "$store/$key"
# Gets its name when it is whole: neither a build that was cut off nor one beside this is taken for it.
temporary=$program.$$
trap 'rm -f "$temporary"' EXIT
trap 'exit 130' INT TERM
(
  cd "$here"
  CGO_ENABLED=0 GOTOOLCHAIN=$GO GOFLAGS= GOWORK=off \
    go build -mod=readonly -buildvcs=false -trimpath -ldflags "-s -w" -o "$temporary" "$package" >&2
)
mv "$temporary" "$program"
say "built in $(($(date +%s) - started)) s"
echo "$program"
