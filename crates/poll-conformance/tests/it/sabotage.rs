//! The proof that no test of the suite is vacuous: each fails on an engine with a fitting defect.

use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::thread;

use poll_conformance::scripted::{Full, Kind, Plain, Sabotage, ScriptedFixture};
use poll_conformance::{cases, run_only};

use crate::defects::{ON_FULL, ON_PLAIN};

#[test]
fn each_defect_of_the_full_engine_is_found() {
    find_all::<Full>(ON_FULL);
}

#[test]
fn each_defect_of_the_plain_engine_is_found() {
    find_all::<Plain>(ON_PLAIN);
}

#[test]
fn each_test_of_the_suite_finds_a_defect() {
    let tables = ON_FULL.iter().chain(ON_PLAIN);
    let proven: BTreeSet<&str> = tables
        .flat_map(|(_, names)| names.iter().copied())
        .collect();
    let cases = cases::<ScriptedFixture<Full>>();
    let all: BTreeSet<&str> = cases.iter().map(|case| case.name()).collect();
    assert_eq!(all.len(), cases.len(), "two tests have the same name");
    let unproven: Vec<_> = all.difference(&proven).copied().collect();
    assert!(unproven.is_empty(), "no defect for {unproven:?}");
    assert!(
        proven.is_subset(&all),
        "a test of the tables does not exist"
    );
}

/// Runs the tests beside each defect; all of them must fail.
fn find_all<K: Kind>(table: &[(Sabotage, &[&str])]) {
    // Many of them wait for their watchdog, so that several at a time are quicker.
    const THREADS: usize = 8;
    let missed: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|first| scope.spawn(move || find::<K>(table.iter().skip(first).step_by(THREADS))))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    });
    assert!(missed.is_empty(), "not found: {missed:#?}");
}

/// Runs the tests beside each defect; returns those that did not fail.
fn find<'a, K: Kind>(
    defects: impl Iterator<Item = &'a (Sabotage, &'a [&'a str])>,
) -> Vec<(Sabotage, Vec<&'a str>)> {
    // Where threads race, a busy machine can hide a defect from one run, and not from all.
    const RUNS: usize = 10;
    let missed = defects.map(|(sabotage, names)| {
        let mut missed = names.to_vec();
        for _ in 0..RUNS {
            if missed.is_empty() {
                break;
            }
            let fixture = ScriptedFixture::<K>::sabotaged(*sabotage);
            let report = run_only(fixture, |case| missed.contains(&case.name()));
            missed.retain(|name| report.failed.iter().all(|failure| failure.name != *name));
        }
        (*sabotage, missed)
    });
    missed.filter(|(_, names)| !names.is_empty()).collect()
}
