#!/bin/sh
# FreeBSD, as root: installs the toolchain, which the base system lacks. The packaged compiler may
# be older than our `rust-version`, so rustup brings the present one.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:$HOME/.cargo/bin
if ! command -v cargo >/dev/null; then
    pkg install -y rustup-init
    rustup-init -y --profile minimal --component clippy --component rustfmt
fi
exec cargo xtask test
