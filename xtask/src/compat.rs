//! `compat`: tokio's own tests on compat/mio and on mio itself, side by side; and, for every test
//! run, that the packages of compat/ build and a server on tokio works on ours.

mod client;
mod suite;
mod verdict;

use core::time::Duration;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::run::Call;
use crate::workspace::root;
use suite::Suite;

/// The package whose lock file says which tokio is meant, and that shows it at work.
const SERVER: &str = "compat/hyper_on_tokio/Cargo.toml";

/// The packages of `compat/`, each a workspace of its own.
const PACKAGES: [&str; 2] = ["compat/mio/Cargo.toml", SERVER];

/// Where they are built, and what is made of tokio's package.
const PLACE: &str = "target/compat";

/// How long the server may take to test itself.
const LIMIT: Duration = Duration::from_secs(120);

/// Runs tokio's tests twice and fails where one passes on mio and not on ours.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    if let Some(unknown) = arguments.first() {
        return Err(format!("unknown argument: {unknown}"));
    }
    let package = tokio()?;
    let stock = Suite::copied(&package, "stock", None)?;
    let ours = Suite::copied(&package, "ours", Some(&root().join("compat/mio")))?;
    stock.lock()?;
    ours.lock_as(&stock)?;
    is_ours(&stock.tree()?, false)?;
    is_ours(&ours.tree()?, true)?;
    let (of_stock, of_ours) = (stock.run()?, ours.run()?);
    verdict::compare(&of_stock, &of_ours, &ours)
}

/// Lints the packages, proves that the server's mio is ours, and lets it answer its own client and
/// one that is not ours; what was left out, if anything.
pub(crate) fn at_work() -> Result<Option<String>, String> {
    for package in PACKAGES {
        Call::cargo(&format!("fmt --manifest-path {package} --check")).run()?;
        let place = format!("--locked --manifest-path {package} --target-dir {PLACE}");
        Call::cargo(&format!("clippy {place} --all-targets -- -D warnings")).run()?;
    }
    let tree = format!("tree --locked --manifest-path {SERVER} -i mio");
    is_ours(&Call::cargo(&tree).output()?, true)?;
    let place = format!("--locked --manifest-path {SERVER} --target-dir {PLACE}");
    Call::cargo(&format!("build --release {place}")).run()?;
    let server = root().join(PLACE).join("release/hyper-on-tokio");
    let server = |arguments: &[&str]| Call::new(&server.display().to_string(), arguments);
    server(&["--self-test"]).run_within(LIMIT)?;
    client::ask(&server(&["--port", "0"]))
}

/// Whether the root of a tree of dependents is the package of `compat/mio`, as wanted.
fn is_ours(tree: &str, wanted: bool) -> Outcome {
    let first = tree.lines().next().unwrap_or_default();
    let path = Path::new("compat").join("mio");
    if first.starts_with("mio v") && first.contains(&*path.to_string_lossy()) == wanted {
        return Ok(());
    }
    let whose = if wanted { "ours" } else { "mio's own" };
    Err(format!("not {whose}: {first}"))
}

/// The folder of the tokio that the server is built with, as cargo unpacked it.
fn tokio() -> Result<PathBuf, String> {
    let metadata = format!("metadata --format-version 1 --locked --manifest-path {SERVER}");
    let metadata = Call::cargo(&metadata).output()?;
    manifest_of("tokio", &metadata)
        .and_then(|manifest| Path::new(manifest).parent().map(Path::to_owned))
        .ok_or_else(|| "cargo names no tokio".to_owned())
}

/// The manifest of a package in cargo's metadata: the one in a folder called `name-1.2.3`.
fn manifest_of<'a>(name: &str, metadata: &'a str) -> Option<&'a str> {
    let mut manifests = metadata.split("\"manifest_path\":\"").skip(1);
    manifests.find_map(|rest| {
        let path = rest.split('"').next()?;
        let folder = Path::new(path).parent()?.file_name()?.to_str()?;
        let version = folder.strip_prefix(name)?.strip_prefix('-')?;
        version
            .starts_with(|first: char| first.is_ascii_digit())
            .then_some(path)
    })
}

fn copy(from: &Path, to: &Path) -> Outcome {
    let failed = |error| format!("{}: {error}", from.display());
    fs::copy(from, to).map(drop).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::{is_ours, manifest_of};

    #[test]
    fn a_manifest_is_found_by_its_folder() {
        let metadata = concat!(
            r#"{"name":"tokio-util","manifest_path":"/r/tokio-util-0.7.1/Cargo.toml","x":1},"#,
            r#"{"name":"tokio","manifest_path":"/r/tokio-1.54.1/Cargo.toml","targets":[]}"#
        );
        assert_eq!(
            manifest_of("tokio", metadata),
            Some("/r/tokio-1.54.1/Cargo.toml")
        );
        assert_eq!(manifest_of("mio", metadata), None);
    }

    #[test]
    fn a_tree_tells_whose_mio_it_is() {
        let ours = "mio v1.2.999 (/here/compat/mio)\n└── tokio v1.54.1\n";
        let stock = "mio v1.2.4\n└── tokio v1.54.1\n";
        assert!(is_ours(ours, true).is_ok() && is_ours(stock, false).is_ok());
        for (tree, wanted) in [(ours, false), (stock, true), ("", true), ("", false)] {
            assert!(is_ours(tree, wanted).is_err(), "{tree}");
        }
    }
}
