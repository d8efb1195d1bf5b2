#!/bin/sh
# OpenBSD, as root: installs the packaged toolchain; there is no other. Where it is older than our
# `rust-version`, cargo says so: `cargo xtask vm openbsd --bundle` needs no compiler here.
set -eu
cd "$(dirname "$0")/.."
command -v cargo >/dev/null || pkg_add -I rust rust-clippy rust-rustfmt
exec cargo xtask test
