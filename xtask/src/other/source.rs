//! The source of the standard library of exactly the installed compiler.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::Trouble;
use super::debian::Mirror;
use crate::run::Call;

/// Where Debian keeps compilers newer than its stable release.
const SUITES: [&str; 3] = ["trixie-backports", "trixie", "sid"];

/// What a machine without any source can do about it.
const CURE: &str = "`rustup component add rust-src` brings it";

/// The folder `library`: that of the toolchain's component rust-src, else of Debian's package.
/// It is looked for once in each run.
pub(crate) fn library() -> Result<PathBuf, Trouble> {
    static FOUND: OnceLock<Result<PathBuf, Trouble>> = OnceLock::new();
    FOUND.get_or_init(find).clone()
}

fn find() -> Result<PathBuf, Trouble> {
    let asked = |what: &[&str]| Call::new("rustc", what).output().map_err(Trouble::Failed);
    let toolchain = asked(&["--print", "sysroot"])?;
    let component = Path::new(toolchain.trim()).join("lib/rustlib/src/rust/library");
    if component.exists() {
        return Ok(component);
    }
    let verbose = asked(&["-vV"])?;
    let release = release(&verbose).unwrap_or_default();
    packaged(release).map_err(|trouble| {
        let missing = format!("no source of the standard library of rustc {release}");
        Trouble::Lacking(format!("{missing}: {trouble}; {CURE}"))
    })
}

fn packaged(release: &str) -> Result<PathBuf, Trouble> {
    let mirror = Mirror::of_suites(&SUITES)?;
    let fitting = || -> Result<Option<String>, Trouble> {
        let versions = mirror.versions("rust-src")?;
        Ok(versions.into_iter().find(|version| fits(version, release)))
    };
    let version = match fitting()? {
        Some(version) => version,
        // The lists may be older than the compiler.
        None => {
            mirror.refresh()?;
            let none = || Trouble::Lacking("Debian has no package of it".to_owned());
            fitting()?.ok_or_else(none)?
        }
    };
    let root = mirror.unpack(&[&format!("rust-src={version}")])?;
    Ok(root.join(format!("usr/src/rustc-{release}/library")))
}

/// The release in the output of `rustc -vV`, without what a nightly adds.
pub(super) fn release(verbose: &str) -> Option<&str> {
    let line = verbose
        .lines()
        .find_map(|line| line.strip_prefix("release: "))?;
    line.split('-').next()
}

/// Whether a package's version is of this release; another one's source does not compile.
fn fits(version: &str, release: &str) -> bool {
    let rest = version.strip_prefix(release);
    rest.is_some_and(|rest| rest.starts_with('+') || rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::{fits, release};

    #[test]
    fn only_the_very_release_fits() {
        for (version, expected) in [
            ("1.95.0+dfsg1-1~bpo13+1", true),
            ("1.95.0-2", true),
            ("1.95.01+dfsg1-1", false),
            ("1.96.1+dfsg1-1", false),
            ("1.9", false),
        ] {
            assert_eq!(fits(version, "1.95.0"), expected, "{version}");
        }
    }

    #[test]
    fn the_release_is_read_from_the_compiler() {
        assert_eq!(release("rustc 1.95.0\nrelease: 1.95.0\n"), Some("1.95.0"));
        assert_eq!(release("release: 1.97.0-nightly\n"), Some("1.97.0"));
        assert_eq!(release("host: x\n"), None);
    }
}
