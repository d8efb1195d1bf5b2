#![doc = include_str!("../README.md")]

#[cfg(not(unix))]
compile_error!(
    "this `mio` is poll-mio, which runs on Unix systems: Windows and WASI are not supported; \
     take the patch of `mio` out of the manifest for them"
);

#[cfg(unix)]
pub use poll_mio::*;
