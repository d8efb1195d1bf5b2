#!/bin/sh
# Linux: a Rust toolchain is all that is needed. Where rustup is at hand, the standard libraries of
# other systems are added, so that the workspace is linted for them too.
set -eu
cd "$(dirname "$0")/.."
if command -v rustup >/dev/null; then
    rustup target add x86_64-unknown-freebsd x86_64-unknown-netbsd aarch64-apple-darwin
fi
exec cargo xtask test
