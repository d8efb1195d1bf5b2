//! Builds under conditions that only tests set, such as `cfg(loom)`.
//!
//! Only our crates are told of them. What they depend on is what it is in any other build, so it
//! is shared with those: told by `RUSTFLAGS`, all of it would be built again for each condition.

use std::path::PathBuf;

use crate::other::write_program;
use crate::run::{Call, quoted};
use crate::workspace::root;

/// Conditions, each as it stands behind `--cfg`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conditions(pub(super) &'static [&'static str]);

impl Conditions {
    /// A call of cargo that builds, runs or documents under these conditions.
    pub(super) fn cargo(self, arguments: &str) -> Result<Call, String> {
        // Doc tests are compiled by rustdoc, which takes its own way.
        let call = Call::cargo(arguments).env("RUSTDOCFLAGS", &self.flags());
        self.wrapped(call, "build", "\"$@\"")
    }

    /// Lints with warnings denied; `arguments` are those of `cargo check`.
    ///
    /// `cargo clippy` is a check with a wrapper of its own, and there can be one only.
    pub(super) fn clippy(self, arguments: &str) -> Result<Call, String> {
        let call = Call::cargo(&format!("check {arguments}"));
        self.wrapped(call, "clippy", "clippy-driver \"$@\" -D warnings")
    }

    /// Cargo keeps apart what different wrappers have made of our crates, by their paths.
    fn wrapped(self, call: Call, what: &str, compiler: &str) -> Result<Call, String> {
        let path = self.wrapper(what);
        let written = write_program(&path, &self.script(compiler));
        written.map_err(|trouble| trouble.to_string())?;
        let call = call.env("RUSTC_WORKSPACE_WRAPPER", &path.display().to_string());
        // A build that nobody goes on with is a fifth faster without what would make the next one
        // faster.
        Ok(call.env("CARGO_INCREMENTAL", "0"))
    }

    fn wrapper(self, what: &str) -> PathBuf {
        let words: Vec<String> = self.0.iter().map(|condition| word(condition)).collect();
        let name = format!("{}-{what}", words.join("-"));
        root().join("target/conditions").join(name)
    }

    fn script(self, compiler: &str) -> String {
        let flags = self.0.iter().map(|it| format!(" --cfg {}", quoted(it)));
        let flags: String = flags.collect();
        format!("#!/bin/sh\n# Written by `cargo xtask test`.\nexec {compiler}{flags}\n")
    }

    /// As cargo splits them, which knows no quotes.
    fn flags(self) -> String {
        let flags: Vec<String> = self.0.iter().map(|it| format!("--cfg {it}")).collect();
        flags.join(" ")
    }
}

/// What of a condition can stand in the name of a file.
fn word(condition: &str) -> String {
    condition
        .chars()
        .filter_map(|c| match c {
            '"' => None,
            c if c.is_ascii_alphanumeric() || c == '_' => Some(c),
            _ => Some('-'),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Conditions;

    const APPLE: Conditions = Conditions(&["kqueue", "kqueue=\"apple\""]);

    #[test]
    fn each_reader_gets_conditions_as_it_reads_them() {
        assert_eq!(APPLE.flags(), "--cfg kqueue --cfg kqueue=\"apple\"");
        let script = APPLE.script("\"$@\"");
        let last = "\nexec \"$@\" --cfg kqueue --cfg 'kqueue=\"apple\"'\n";
        assert!(
            script.starts_with("#!/bin/sh\n") && script.ends_with(last),
            "{script}"
        );
    }

    #[test]
    fn other_conditions_and_lints_have_a_wrapper_of_their_own() {
        let all = [
            APPLE.wrapper("build"),
            APPLE.wrapper("clippy"),
            Conditions(&["kqueue"]).wrapper("build"),
        ];
        assert!(all[0].ends_with("target/conditions/kqueue-kqueue-apple-build"));
        assert!(all[0] != all[1] && all[0] != all[2]);
    }
}
