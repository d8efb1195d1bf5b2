#!/bin/sh
# Linux: a Rust toolchain is all that is needed. Where rustup is at hand, it brings the lints, and
# the source from which the standard libraries of other systems are made.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:$HOME/.cargo/bin
if command -v rustup >/dev/null; then
    rustup component add clippy rustfmt rust-src
fi
exec cargo xtask test
