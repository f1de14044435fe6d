#!/bin/sh
# Puts prometheus and promtool of Debian or Ubuntu into target/tools, without root and without starting a
# service, and prints their folder as the last line on stdout. What apt delivers is signed; the version is
# the distribution's. Where there is no apt, those on the PATH are taken.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
store=${CARGO_TARGET_DIR:-$here/../../target}/tools
home=$store/prometheus
say() { echo "prometheus: $*" >&2; }

if [ -x "$home/usr/bin/promtool" ]; then
  echo "$home/usr/bin"
  exit 0
fi
if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
  if command -v prometheus >/dev/null && command -v promtool >/dev/null; then
    dirname "$(command -v promtool)"
    exit 0
  fi
  say "apt-get is missing: put prometheus and promtool on the PATH"
  exit 1
fi

mkdir -p "$store"
temporary=$(mktemp -d "$store/prometheus.XXXXXX")
trap 'rm -rf "$temporary"' EXIT
cd "$temporary"
mkdir -p lists/partial cache/archives/partial
# Lists of our own: the machine's may be missing, and only root may fetch those.
fetch() { apt-get -q -o Dir::State::Lists="$temporary/lists" -o Dir::Cache="$temporary/cache" -o APT::Sandbox::User= "$@" >apt.log 2>&1; }
if ! apt-get -q download prometheus >apt.log 2>&1; then
  if ! fetch update || ! fetch download prometheus; then
    say "apt cannot download the package prometheus: $(tail -n 1 apt.log)"
    exit 1
  fi
fi
dpkg -x prometheus_*.deb root
root/usr/bin/promtool --version >/dev/null
if [ ! -d "$home" ]; then mv root "$home"; fi
echo "$home/usr/bin"
