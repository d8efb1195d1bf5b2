#!/bin/sh
# NetBSD, as root: installs the toolchain, which the base system lacks. The packaged compiler may be
# older than our `rust-version`, so rustup brings the present one; curl fetches rustup.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:$HOME/.cargo/bin
if ! command -v cargo >/dev/null; then
    packages=https://cdn.NetBSD.org/pub/pkgsrc/packages/NetBSD
    export PKG_PATH="${PKG_PATH:-$packages/$(uname -p)/$(uname -r | cut -d_ -f1)/All}"
    command -v curl >/dev/null || /usr/sbin/pkg_add curl
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs |
        sh -s -- -y --profile minimal --component clippy --component rustfmt
fi
exec cargo xtask test
