//! `demo`: builds the HTTP servers in release and runs their demonstration.

use crate::run::Call;

/// Passes its arguments on: `--serve` leaves the server running.
pub(crate) fn run(arguments: &[String]) -> crate::Outcome {
    // The demonstration starts the servers as programs.
    Call::cargo("build --release -p examples --bin http_server --bin hyper_server").run()?;
    Call::cargo("run --release --quiet -p examples --bin http_demo --")
        .args(arguments)
        .run()
}
