#!/bin/bash
# Makes standard libraries of other systems that are good for `cargo check` and clippy, nothing
# more: `cargo xtask test` then lints the workspace for them. They are built from Debian's rust-src
# of exactly the installed version, with the installed compiler; the machine's own package lists
# stay as they are. Needs one `apt-get update` before. About 20 seconds a target on two cores.
#
# usage: ci/sysroots.sh [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."
out=$PWD/target/other
if [ $# -eq 0 ]; then
    set -- aarch64-linux-android x86_64-unknown-freebsd aarch64-apple-darwin \
        x86_64-unknown-netbsd x86_64-unknown-openbsd x86_64-unknown-dragonfly
fi

version=$(rustc -vV | sed -n 's/^release: \([0-9.]*\).*/\1/p')
library=$out/source/usr/src/rustc-$version/library
if [ ! -d "$library" ]; then
    apt=$out/apt
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/parts"
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
        grep -v security | head -n 1)
    for suite in trixie-backports trixie sid; do
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
    done >"$apt/sources.list"
    cat >"$apt/apt.conf" <<CONF
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "$apt/parts";
Dir::Etc::preferencesparts "$apt/parts";
Dir::State::lists "$apt/lists";
Dir::Cache "$apt/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
CONF
    export APT_CONFIG=$apt/apt.conf
    apt-get -qq -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false update
    package=$(apt-cache madison rust-src |
        awk -v version="$version" '$3 ~ "^" version "\\+" { print $3; exit }')
    if [ -z "$package" ]; then
        echo "no rust-src package for $version" >&2
        exit 1
    fi
    (cd "$apt" && apt-get -qq download "rust-src=$package")
    dpkg -x "$apt"/rust-src_*.deb "$out/source"
    rm "$apt"/rust-src_*.deb
fi

# The compiler's own switches for building its library; only these calls see them.
export RUSTC_BOOTSTRAP=1 CARGO_INCREMENTAL=0 __CARGO_DEFAULT_LIB_METADATA=check
export RUSTFLAGS="-Zforce-unstable-if-unmarked -Cdebuginfo=0 --cap-lints=allow"
RUSTFLAGS="$RUSTFLAGS -Ainternal_features"
for target in "$@"; do
    cargo check --quiet --manifest-path "$library/sysroot/Cargo.toml" \
        --features panic-unwind,backtrace --target "$target" --target-dir "$out/build"
    libraries=$out/sysroot/lib/rustlib/$target/lib
    rm -rf "$libraries"
    mkdir -p "$libraries"
    cp "$out/build/$target/debug/deps/"*.rmeta "$libraries/"
    echo "$target: ready"
done
