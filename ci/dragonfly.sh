#!/bin/sh
# DragonFly, as root: installs the packaged toolchain; there is no other. Where it is older than our
# `rust-version`, cargo says so.
set -eu
cd "$(dirname "$0")/.."
command -v cargo >/dev/null || pkg install -y rust
exec cargo xtask test
