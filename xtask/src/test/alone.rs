//! Each crate and each feature builds alone, and the crates without std are without it.

use super::{Done, Result};
use crate::run::Call;
use crate::workspace::{Crate, crates, read};

/// Crates that must work where there is no standard library.
const NO_STD: [&str; 4] = ["poll-api", "poll-timer", "sys-epoll", "sys-kqueue"];

/// Lints every crate alone with its tests, then its library without features and with each one by
/// itself: in a workspace build, what one crate asks for is there for the others too.
pub(super) fn each() -> Result {
    for member in libraries()? {
        Call::cargo(&format!(
            "clippy -p {} --all-targets -- -D warnings",
            member.name
        ))
        .run()?;
        let alone = format!("clippy -p {} --lib --no-default-features", member.name);
        Call::cargo(&format!("{alone} -- -D warnings")).run()?;
        for feature in member.manifest.features() {
            Call::cargo(&format!("{alone} --features {feature} -- -D warnings")).run()?;
        }
    }
    Ok(Done::Passed)
}

/// The crates that promise `no_std` say so, and nothing they depend on brings std in.
///
/// A library for C programs needs a panic handler, which only std has: building one must fail.
pub(super) fn without_std() -> Result {
    for member in libraries()? {
        if !NO_STD.contains(&member.name.as_str()) {
            continue;
        }
        let path = member.path("src/lib.rs");
        if !read(&path).unwrap_or_default().contains("\n#![no_std]\n") {
            return Err(format!("{path}: no `#![no_std]`"));
        }
        let build = format!(
            "rustc --quiet -p {} --lib --no-default-features",
            member.name
        );
        let refused = Call::cargo(&format!("{build} --crate-type staticlib")).refusal()?;
        if !refused.contains("`#[panic_handler]` function required") {
            return Err(format!(
                "{} has std, or does not compile: {refused}",
                member.name
            ));
        }
    }
    Ok(Done::Passed)
}

fn libraries() -> core::result::Result<Vec<Crate>, String> {
    let members = crates()?.into_iter();
    Ok(members
        .filter(|member| member.folder.starts_with("crates/"))
        .collect())
}
