//! What running the suite in several other places has in common, whatever these are.

use super::tally::Tally;
use crate::Outcome;
use crate::other::Trouble;
use crate::run::now;

/// Runs the suite in each place, also after one where it failed, and ends with a table of them.
///
/// With `strict`, a place that cannot be had is a failure.
pub(super) fn run<P>(
    places: &[P],
    name: impl Fn(&P) -> &str,
    strict: bool,
    mut suite: impl FnMut(&P, &mut Tally) -> Result<(), Trouble>,
) -> Outcome {
    let mut rows = Vec::new();
    let mut failed = 0;
    for place in places {
        let name = name(place);
        println!("\n== {name}");
        let start = now();
        let mut tally = Tally::default();
        let result = suite(place, &mut tally).and_then(|()| tally.judge());
        let (verdict, failure) = match result {
            Ok(()) => (format!("ok: {tally}"), false),
            Err(Trouble::Lacking(reason)) => (format!("SKIP: {reason}"), strict),
            Err(Trouble::Failed(reason)) => (format!("FAILED: {reason}"), true),
        };
        failed += usize::from(failure);
        let took = start.elapsed().as_secs_f64();
        rows.push(format!("{name:<30}{took:>6.1} s  {verdict}"));
        rows.extend(tally.skips().iter().map(|skip| format!("    {skip}")));
    }
    println!("\n== all of them; the tests of xtask itself are left out: it runs where it is built");
    for row in &rows {
        println!("{row}");
    }
    match failed {
        0 => Ok(()),
        failed => Err(format!("{failed} of {} FAILED", places.len())),
    }
}

/// The places of these names in the order in which they are given, or all for `all`; each once.
pub(super) fn named<P>(
    all: &'static [P],
    name: fn(&P) -> &'static str,
    names: &[String],
) -> Result<Vec<&'static P>, String> {
    let mut picked: Vec<&P> = Vec::new();
    for wanted in names {
        let fits = |place: &&P| wanted == "all" || name(place) == wanted;
        let mut fitting = all.iter().filter(fits).peekable();
        let known = fitting.peek().is_some();
        for place in fitting {
            if !picked.iter().any(|it| name(it) == name(place)) {
                picked.push(place);
            }
        }
        if !known {
            let known: Vec<&str> = all.iter().map(name).collect();
            return Err(format!(
                "{wanted:?} is unknown; there are: all, {}",
                known.join(", ")
            ));
        }
    }
    Ok(picked)
}

#[cfg(test)]
mod tests {
    use super::{named, run};
    use crate::other::Trouble;

    const PLACES: [&str; 3] = ["5.10", "6.1", "pdp11"];

    const RUN: &str = "conformance of epoll: 9 passed, 0 skipped, 0 failed\n\
                       test result: ok. 4 passed; 0 failed; 0 filtered out\n";

    fn pick(names: &[&str]) -> Result<Vec<&'static str>, String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let picked = named(&PLACES, |place| place, &names)?;
        Ok(picked.into_iter().copied().collect())
    }

    #[test]
    fn places_are_picked_by_name_and_all_at_once() {
        assert_eq!(pick(&["pdp11", "5.10"]), Ok(vec!["pdp11", "5.10"]));
        assert_eq!(pick(&["all"]), Ok(PLACES.to_vec()));
        assert_eq!(pick(&["6.1", "5.10", "6.1"]), Ok(vec!["6.1", "5.10"]));
        assert_eq!(pick(&["6.1", "all"]), Ok(vec!["6.1", "5.10", "pdp11"]));
        assert_eq!(pick(&[]), Ok(Vec::new()));
    }

    #[test]
    fn an_unknown_place_is_answered_with_the_known_ones() {
        let refused = pick(&["6.1", "5.1"]).unwrap_err();
        assert_eq!(
            refused,
            "\"5.1\" is unknown; there are: all, 5.10, 6.1, pdp11"
        );
    }

    #[test]
    fn each_place_is_run_and_only_strictness_makes_a_lack_a_failure() {
        let mut seen = Vec::new();
        let mut outcome = |strict, result: Result<(), Trouble>| {
            run(
                &PLACES,
                |place| place,
                strict,
                |place, tally| {
                    seen.push(*place);
                    tally.add(RUN);
                    if *place == "6.1" {
                        result.clone()
                    } else {
                        Ok(())
                    }
                },
            )
        };
        let lacking = Err(Trouble::Lacking("no packages".to_owned()));
        let failing = Err(Trouble::Failed("exit 1".to_owned()));
        assert_eq!(outcome(true, Ok(())), Ok(()));
        assert_eq!(outcome(false, lacking.clone()), Ok(()));
        for (strict, result) in [(true, lacking), (false, failing)] {
            assert_eq!(outcome(strict, result), Err("1 of 3 FAILED".to_owned()));
        }
        assert_eq!(seen, PLACES.repeat(4));
    }

    #[test]
    fn a_place_where_nothing_was_run_has_failed() {
        let outcome = run(&PLACES, |place| place, false, |_place, _tally| Ok(()));
        assert_eq!(outcome, Err("3 of 3 FAILED".to_owned()));
    }
}
