//! Code with atomics: tested optimised too, where the compiler reorders, and model-checked.

use super::conditions::Conditions;
use super::{Done, OPTIMIZED, Result, crates_with, tested};
use crate::harness;
use crate::run::Call;

/// Optimised tests of every crate that names an atomic type.
pub(super) fn optimized() -> Result {
    let names = crates_with("sync::atomic")?;
    if names.is_empty() {
        return Ok(Done::Skipped("no crate has atomics yet".to_owned()));
    }
    let call = format!("test {OPTIMIZED} --lib --tests {}", packages(&names));
    tested(&Call::cargo(&call))?;
    Ok(Done::Passed)
}

/// Lints and runs the loom models of every crate that has some.
pub(super) fn loom() -> Result {
    let names = crates_with("loom::")?;
    if names.is_empty() {
        return Ok(Done::Skipped("no crate has loom models yet".to_owned()));
    }
    let (condition, packages) = (Conditions(&["loom"]), packages(&names));
    let lints = format!("--lib --profile test {packages}");
    condition.clippy(&lints)?.run()?;
    let call = format!("test {packages} --lib {OPTIMIZED} loom");
    let output = tested(&condition.cargo(&call)?)?;
    each_ran(&names, &output)
}

fn packages(names: &[String]) -> String {
    let packages: Vec<String> = names.iter().map(|name| format!("-p {name}")).collect();
    packages.join(" ")
}

/// Whether each crate's program ran a test: a filter that matches nothing passes for cargo.
fn each_ran(names: &[String], output: &str) -> Result {
    let ran = harness::ends(output).filter(|end| end.passed > 0).count();
    if ran == names.len() {
        return Ok(Done::Passed);
    }
    Err(format!(
        "only {ran} of these ran a model: {}; are they named `loom…`?",
        names.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::each_ran;

    #[test]
    fn each_crate_has_to_run_a_model() {
        let names = ["poll-os".to_owned(), "poll-channel".to_owned()];
        let end = |passed| format!("test result: ok. {passed} passed; 0 failed; 9 filtered out\n");
        assert!(each_ran(&names, &(end(2) + &end(1))).is_ok());
        for output in ["".to_owned(), end(2), end(2) + &end(0)] {
            assert!(each_ran(&names, &output).is_err(), "{output}");
        }
    }
}
