//! Every example is run: each ends by itself under a time limit.

use core::time::Duration;
use std::fs;

use super::{Done, Result};
use crate::run::Call;
use crate::workspace::root;

const LIMIT: Duration = Duration::from_secs(60);

/// Arguments that make a program end by itself; one that is not listed is run without any.
const ARGUMENTS: &[(&str, &[&str])] = &[
    ("async_chat", &["--workers", "2", "--self-test"]),
    ("async_proxy", &["--workers", "2", "--self-test"]),
    ("classic_http", &["--self-test"]),
    ("echo_server", &["--self-test"]),
    ("foreign_loop", &["--self-test"]),
    ("graceful_shutdown", &["--workers", "2", "--self-test"]),
    ("http_demo", &["--seconds", "1"]),
    ("http_server", &["--port", "0", "--run-ms", "100"]),
    ("hyper_server", &["--workers", "2", "--self-test"]),
    ("key_value", &["--self-test"]),
    ("load", &["--self-test", "--ms", "200"]),
    ("loop_chat", &["--self-test"]),
    ("mio_tcp_server", &["--self-test"]),
    ("mio_udp_server", &["--self-test"]),
    ("reactor_chat", &["--self-test"]),
    ("reactor_echo", &["--self-test"]),
    ("serial_pipe", &["--self-test"]),
    ("tail_files", &["--self-test"]),
    ("udp_echo", &["--self-test"]),
];

/// Builds all examples, as tests are, and runs one after the other.
pub(super) fn run() -> Result {
    each(Call::cargo)
}

/// The same with calls of cargo that `cargo` makes of their arguments.
pub(super) fn each(cargo: impl Fn(&str) -> Call) -> Result {
    let all = all()?;
    if all.is_empty() {
        return Ok(Done::Skipped("no example has a program yet".to_owned()));
    }
    cargo("build -p examples --bins").run()?;
    for (name, arguments) in all {
        let run = format!("run --quiet -p examples --bin {name}");
        let mut words = vec!["--".to_owned()];
        words.extend(arguments.iter().map(|a| (*a).to_owned()));
        cargo(&run).args(&words).run_within(LIMIT)?;
    }
    Ok(Done::Passed)
}

/// The names of all examples, each with the arguments that make it end by itself.
pub(super) fn all() -> core::result::Result<Vec<(String, &'static [&'static str])>, String> {
    let all = names()?.into_iter().map(|name| {
        let arguments = ARGUMENTS.iter().find(|(known, _)| *known == name);
        (name, arguments.map_or(&[][..], |(_, arguments)| *arguments))
    });
    Ok(all.collect())
}

/// The programs in `examples/src/bin`, files and folders, sorted.
fn names() -> core::result::Result<Vec<String>, String> {
    let Ok(entries) = fs::read_dir(root().join("examples/src/bin")) else {
        return Ok(Vec::new());
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry
            .map_err(|e| format!("examples/src/bin: {e}"))?
            .file_name();
        names.push(name.to_string_lossy().trim_end_matches(".rs").to_owned());
    }
    names.sort();
    Ok(names)
}
