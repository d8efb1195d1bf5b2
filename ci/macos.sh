#!/bin/sh
# macOS: a Rust toolchain is all that is needed. The default of 256 descriptors is too low for the
# tests that hold many connections.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:$HOME/.cargo/bin
# shellcheck disable=SC3045 # the sh of macOS has it
ulimit -n 10240
exec cargo xtask test
