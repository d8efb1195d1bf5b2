//! `compat`: tokio's own tests on compat/mio and on mio itself, side by side; and, for every test
//! run, that the packages of compat/ build, that a server on tokio, nodes of netservices and a
//! program of async_io's interface work on ours, and the tests of compat/amy, compat/asio and
//! compat/io-reactor.

mod client;
mod suite;
mod verdict;

use core::net::Ipv4Addr;
use core::time::Duration;
use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::run::Call;
use crate::workspace::root;
use suite::Suite;

/// The package whose lock file says which tokio is meant, and that shows it at work.
const SERVER: &str = "compat/hyper_on_tokio/Cargo.toml";

/// The packages that have tests of their own.
const AMY: &str = "compat/amy/Cargo.toml";
const ASIO: &str = "compat/asio/Cargo.toml";
const IO_REACTOR: &str = "compat/io-reactor/Cargo.toml";

/// The package that shows netservices at work.
const NODES: &str = "compat/netservices_on_reactor/Cargo.toml";

/// The package that shows a program of async_io's interface at work, with a patch of a repository.
const SUMS: &str = "compat/sums_on_asio/Cargo.toml";

/// The packages of `compat/`, each a workspace of its own.
const PACKAGES: [&str; 7] = [
    AMY,
    ASIO,
    IO_REACTOR,
    "compat/mio/Cargo.toml",
    NODES,
    SERVER,
    SUMS,
];

/// Where they are built, and what is made of tokio's package.
const PLACE: &str = "target/compat";

/// How long the server, the nodes or the sums may take to test themselves.
const LIMIT: Duration = Duration::from_secs(120);

/// How long the tests of one package may take, with their compilation.
const TESTS_LIMIT: Duration = Duration::from_secs(600);

/// The port of the program in compat/amy/tests/primary_example.txt, which is built unchanged.
const AMY_PORT: u16 = 10002;

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
    is_ours("mio", &stock.tree()?, false)?;
    is_ours("mio", &ours.tree()?, true)?;
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
    is_free(AMY_PORT)?;
    test(AMY, Some("no_timerfd"))?;
    test(ASIO, None)?;
    test(IO_REACTOR, Some("all"))?;
    let nodes = built_on("io-reactor", NODES, "netservices-on-reactor")?;
    Call::new(&nodes, &[]).run_within(LIMIT)?;
    let sums = built_on("asio", SUMS, "sums-on-asio")?;
    Call::new(&sums, &[]).run_within(LIMIT)?;
    let server = built_on("mio", SERVER, "hyper-on-tokio")?;
    let server = |arguments: &[&str]| Call::new(&server, arguments);
    server(&["--self-test"]).run_within(LIMIT)?;
    client::ask(&server(&["--port", "0"]))
}

/// The tests of a package, which is checked with the feature that it takes over, if any, as well.
fn test(package: &str, feature: Option<&str>) -> Outcome {
    let place = format!("--locked --manifest-path {package} --target-dir {PLACE}");
    Call::cargo(&format!("test {place}")).run_within(TESTS_LIMIT)?;
    match feature {
        Some(feature) => Call::cargo(&format!("check {place} --features {feature}")).run(),
        None => Ok(()),
    }
}

/// Builds a program whose dependency is one of ours, and returns its path.
fn built_on(dependency: &str, package: &str, program: &str) -> Result<String, String> {
    let tree = format!("tree --locked --manifest-path {package} -i {dependency}");
    is_ours(dependency, &Call::cargo(&tree).output()?, true)?;
    let place = format!("--locked --manifest-path {package} --target-dir {PLACE}");
    Call::cargo(&format!("build {place}")).run()?;
    let program = root().join(PLACE).join("debug").join(program);
    Ok(program.display().to_string())
}

/// Says that a port is in use, before a program fails for that with less to say.
fn is_free(port: u16) -> Outcome {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => Err(format!(
            "port {port} of 127.0.0.1, which the program of amy has to bind, is in use"
        )),
        // Any other trouble is the program's to tell.
        _ => Ok(()),
    }
}

/// Whether the root of a tree of dependents is the package of this name in `compat/`, as wanted.
fn is_ours(name: &str, tree: &str, wanted: bool) -> Outcome {
    let first = tree.lines().next().unwrap_or_default();
    let path = Path::new("compat").join(name);
    let is_it = first.starts_with(&format!("{name} v"));
    if is_it && first.contains(&*path.to_string_lossy()) == wanted {
        return Ok(());
    }
    let whose = if wanted { "ours" } else { "the original" };
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
    use super::{is_free, is_ours, manifest_of};
    use std::net::TcpListener;

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
    fn a_port_in_use_is_named() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = is_free(port).unwrap_err();
        assert!(error.contains(&port.to_string()), "{error}");
        assert!(is_free(0).is_ok(), "any that is free");
    }

    #[test]
    fn a_tree_tells_whose_mio_it_is() {
        let ours = "mio v1.2.999 (/here/compat/mio)\n└── tokio v1.54.1\n";
        let stock = "mio v1.2.4\n└── tokio v1.54.1\n";
        assert!(is_ours("mio", ours, true).is_ok() && is_ours("mio", stock, false).is_ok());
        for (tree, wanted) in [(ours, false), (stock, true), ("", true), ("", false)] {
            assert!(is_ours("mio", tree, wanted).is_err(), "{tree}");
        }
        assert!(
            is_ours("io-reactor", ours, true).is_err(),
            "another package"
        );
    }
}
