//! Code with atomics: tested in release too, where the compiler reorders, and model-checked.

use super::{Done, Result, crates_with};
use crate::run::Call;

/// Release tests of every crate that names an atomic type.
pub(super) fn release() -> Result {
    let names = crates_with("sync::atomic")?;
    if names.is_empty() {
        return Ok(Done::Skipped("no crate has atomics yet".to_owned()));
    }
    let packages: Vec<String> = names.iter().map(|name| format!("-p {name}")).collect();
    let call = format!("test --release --lib --tests {}", packages.join(" "));
    Call::cargo(&call).run()?;
    Ok(Done::Passed)
}

/// The loom models of every crate that has some, in a target folder of their own.
pub(super) fn loom() -> Result {
    let names = crates_with("loom::")?;
    if names.is_empty() {
        return Ok(Done::Skipped("no crate has loom models yet".to_owned()));
    }
    for name in names {
        let call = format!("test -p {name} --lib --release --target-dir target/loom loom");
        let output = Call::cargo(&call).env("RUSTFLAGS", "--cfg loom").output()?;
        print!("{output}");
        // A filter that matches nothing passes for cargo.
        if passed_tests(&output) == 0 {
            return Err(format!("{name}: no model was run; are they named `loom…`?"));
        }
    }
    Ok(Done::Passed)
}

/// The number of passed tests in the output of `cargo test`.
fn passed_tests(output: &str) -> usize {
    let results = output
        .lines()
        .filter_map(|line| line.strip_prefix("test result: ok. "));
    let counts = results.filter_map(|rest| rest.split_whitespace().next()?.parse::<usize>().ok());
    counts.sum()
}

#[cfg(test)]
mod tests {
    use super::passed_tests;

    #[test]
    fn passed_tests_are_summed_over_the_binaries() {
        let line = |count: u8| format!("test result: ok. {count} passed; 0 failed; 0 ignored\n");
        assert_eq!(passed_tests(&format!("{}x\n{}", line(2), line(3))), 5);
        assert_eq!(passed_tests(&line(0)), 0);
        assert_eq!(passed_tests(""), 0);
    }
}
