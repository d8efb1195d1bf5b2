#!/bin/sh
# FreeBSD, as root in a fresh machine: installs the toolchain, which the base system lacks.
set -eu
cd "$(dirname "$0")/.."
if ! command -v cargo >/dev/null; then
    pkg install -y rust
fi
exec cargo xtask test
