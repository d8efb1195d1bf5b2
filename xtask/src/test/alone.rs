//! Each crate and each feature builds alone, and the crates without std are without it.

use super::{Done, Result};
use crate::run::Call;
use crate::workspace::{Crate, crates, read};

/// Crates that must work where there is no standard library.
const NO_STD: [&str; 4] = ["poll-api", "poll-timer", "sys-epoll", "sys-kqueue"];

/// A target without an operating system; its standard library cannot be there by accident.
const BARE_TARGET: &str = "x86_64-unknown-none";

/// Lints every library without features and with each feature by itself.
pub(super) fn each() -> Result {
    for member in libraries()? {
        let alone = format!("clippy -p {} --lib --no-default-features", member.name);
        Call::cargo(&format!("{alone} -- -D warnings")).run()?;
        for feature in member.manifest.features() {
            Call::cargo(&format!("{alone} --features {feature} -- -D warnings")).run()?;
        }
    }
    Ok(Done::Passed)
}

/// The crates that promise `no_std` say so, ask no dependency for std, and build without it.
pub(super) fn without_std() -> Result {
    let bare = bare_target_installed()?;
    for member in libraries()?
        .iter()
        .filter(|member| NO_STD.contains(&member.name.as_str()))
    {
        let path = member.path("src/lib.rs");
        if !read(&path).unwrap_or_default().contains("\n#![no_std]\n") {
            return Err(format!("{path}: no `#![no_std]`"));
        }
        let tree = format!(
            "tree -p {} -e normal,features --no-default-features",
            member.name
        );
        let features = Call::cargo(&tree).output()?;
        if let Some(line) = features
            .lines()
            .find(|line| line.contains("feature \"std\""))
        {
            return Err(format!(
                "{} without features still has std: {line}",
                member.name
            ));
        }
        if bare {
            let check = format!("check -p {} --lib --no-default-features", member.name);
            Call::cargo(&format!("{check} --target {BARE_TARGET}")).run()?;
        }
    }
    if bare {
        return Ok(Done::Passed);
    }
    let reason = format!("attributes and features hold, but {BARE_TARGET} is not installed");
    Ok(Done::Skipped(reason))
}

fn bare_target_installed() -> core::result::Result<bool, String> {
    let arguments = ["--print", "target-libdir", "--target", BARE_TARGET];
    let folder = Call::new("rustc", &arguments).output()?;
    Ok(std::path::Path::new(folder.trim()).exists())
}

fn libraries() -> core::result::Result<Vec<Crate>, String> {
    let members = crates()?.into_iter();
    Ok(members
        .filter(|member| member.folder.starts_with("crates/"))
        .collect())
}
