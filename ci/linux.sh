#!/bin/sh
# Linux: a Rust toolchain is all that is needed.
set -eu
cd "$(dirname "$0")/.."
exec cargo xtask test
