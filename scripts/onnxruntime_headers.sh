#!/usr/bin/env bash
# Unpacks the headers of ONNX Runtime for C++, a package of Debian 13, into build/onnxruntime, on
# any release of Debian; installs nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/lists/partial "$work"/cache/archives/partial build
awk 'NF == 0 { exit } { sub(/^Suites:.*/, "Suites: trixie"); print }' \
    /etc/apt/sources.list.d/debian.sources > "$work/trixie.sources"
apt() {
  apt-get -qq -o APT::Sandbox::User=root -o Dir::State::Lists="$work/lists" \
      -o Dir::Cache="$work/cache" -o Dir::Etc::SourceList="$work/trixie.sources" \
      -o Dir::Etc::SourceParts=/dev/null "$@"
}
apt update
(cd "$work" && apt download libonnxruntime-dev 2>/dev/null)
dpkg-deb -x "$work"/libonnxruntime-dev_*.deb "$work/unpacked"
mv "$work/unpacked/usr" build/onnxruntime
