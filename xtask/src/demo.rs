//! `demo`: builds the examples in release and runs the HTTP demonstration.

use crate::run::Call;

/// Passes its arguments on: `--serve` leaves the server running.
pub(crate) fn run(arguments: &[String]) -> crate::Outcome {
    // All of them: the demonstration starts the server and the load client as programs.
    Call::cargo("build --release -p examples --bins").run()?;
    Call::cargo("run --release --quiet -p examples --bin http_demo --")
        .args(arguments)
        .run()
}
