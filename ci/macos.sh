#!/bin/sh
# macOS: a Rust toolchain is all that is needed. The default of 256 descriptors is too low for the
# tests that hold many connections.
set -eu
cd "$(dirname "$0")/.."
ulimit -n 10240
exec cargo xtask test
