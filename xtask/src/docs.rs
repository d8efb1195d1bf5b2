//! `docs`: rustdoc with warnings denied, then the doc tests.

use crate::run::Call;

/// Private items first: links to them are right there and wrong in the public pages made last.
pub(crate) fn run(_arguments: &[String]) -> crate::Outcome {
    let doc = "doc --workspace --no-deps --all-features";
    for arguments in [format!("{doc} --document-private-items"), doc.to_owned()] {
        Call::cargo(&arguments)
            .env("RUSTDOCFLAGS", "-D warnings")
            .run()?;
    }
    Call::cargo("test --workspace --doc --all-features").run()
}
