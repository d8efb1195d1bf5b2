//! A run: the groups one after the other, their tables, the file and the page.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use crate::calls::{self, Tracer};
use crate::goals::Outcome;
use crate::groups::Group;
use crate::harness::{self, Case, Effort, is_again};
use crate::machine::{self, Machine};
use crate::page;
use crate::progress::{Plan, Planned, Progress, span};
use crate::report;
use crate::results::{CaseResults, GroupResults, Place, Results, Row};

/// A run's file in its folder.
pub(crate) const FILE: &str = "run.json";
/// The page beside it.
pub(crate) const PAGE: &str = "report.html";

/// The folder of whole runs with this effort.
pub(crate) fn folder(effort: Effort) -> io::Result<PathBuf> {
    Ok(report::folder()?.join(effort.name()))
}

/// Measures these groups; `is_part` says that there are others. What there is so far is written
/// after each group, and a group that fails does not keep the others from being measured.
pub(crate) fn all(effort: Effort, groups: &[&Group], is_part: bool) -> io::Result<()> {
    let mut folder = folder(effort)?;
    if is_part {
        // A run of some groups is not to replace one of all.
        let names: Vec<&str> = groups.iter().map(|group| group.name).collect();
        folder.set_file_name(format!("{}-{}", effort.name(), names.join("-")));
    }
    fs::create_dir_all(&folder)?;
    let last = Results::read(&folder.join(FILE)).ok();
    let tracer = Tracer::find();
    match tracer {
        Some(tracer) => println!("System calls are counted by {}.\n", tracer.name()),
        None => println!(
            "SKIP: system calls are not counted, because neither perf nor strace works here.\n"
        ),
    }
    let mut results = Results {
        date: machine::now(),
        effort: effort.name().to_owned(),
        seconds: 0.0,
        machine: Machine::here(),
        versions: machine::versions(),
        tracer: tracer.map(|tracer| tracer.name().to_owned()),
        groups: Vec::new(),
    };
    let progress = Progress::new(Plan::new(planned(groups), last.as_ref()));
    let mut run = Run {
        effort,
        tracer,
        progress,
        index: 0,
    };
    for group in groups {
        let measured = run.group(group);
        run.progress.clear();
        println!("{}", report::table(&measured));
        results.groups.push(measured);
        results.seconds = run.progress.seconds();
        fs::write(folder.join(FILE), results.text()?)?;
        fs::write(folder.join(PAGE), page::html(&results)?)?;
    }
    print!("{}", report::goals(&results));
    println!(
        "{}; to look at: {}",
        span(results.seconds),
        folder.join(PAGE).display()
    );
    let failed: Vec<&str> = results
        .groups
        .iter()
        .filter(|group| group.failure.is_some())
        .map(|group| group.name.as_str())
        .collect();
    match failed[..] {
        [] => Ok(()),
        _ => Err(io::Error::other(format!("failed: {}", failed.join(", ")))),
    }
}

/// Draws the page of a run's file anew, beside it.
pub(crate) fn draw_again(file: &Path) -> io::Result<()> {
    let page = file.with_file_name(PAGE);
    fs::write(&page, page::html(&Results::read(file)?)?)?;
    println!("{}", page.display());
    Ok(())
}

fn planned(groups: &[&Group]) -> Vec<Planned> {
    let cases = groups.iter().flat_map(|group| {
        let cases = (group.cases)();
        cases.into_iter().map(|case| Planned {
            group: group.name,
            case: case.name(),
            // The reference is measured once more.
            kinds: case.kinds().len() + 1,
        })
    });
    cases.collect()
}

/// What a run has with it on its way.
struct Run {
    effort: Effort,
    tracer: Option<Tracer>,
    progress: Progress,
    // Of the case among those of all groups.
    index: usize,
}

impl Run {
    fn group(&mut self, group: &Group) -> GroupResults {
        let start = self.progress.seconds();
        let cases = (group.cases)();
        let end = self.index + cases.len();
        let mut results = GroupResults {
            name: group.name.to_owned(),
            about: group.about.to_owned(),
            seconds: 0.0,
            failure: None,
            cases: Vec::new(),
        };
        for case in &cases {
            self.progress.case_begins(self.index);
            match self.case(group.name, case.as_ref(), &results.cases) {
                Ok(measured) => {
                    let promises = kept(case.as_ref(), &measured.rows);
                    results.cases.push(measured);
                    results.failure = promises.err().map(|error| error.to_string());
                }
                Err(error) => results.failure = Some(format!("{}: {error}", case.name())),
            }
            self.index += 1;
            if results.failure.is_some() {
                break;
            }
        }
        self.index = end;
        results.seconds = self.progress.seconds() - start;
        results
    }

    fn case(
        &self,
        group: &str,
        case: &dyn Case,
        earlier: &[CaseResults],
    ) -> io::Result<CaseResults> {
        let start = self.progress.seconds();
        let told = |kind: &str, part| self.progress.case_goes_on(self.index, kind, part);
        // A thread of its own, because a case may choose the CPU it runs on.
        let rows = thread::scope(|scope| {
            let measured = scope.spawn(|| harness::compare(case, self.effort, &told));
            measured.join()
        });
        let mut rows = match rows {
            Ok(rows) => rows?,
            Err(_panic) => return Err(io::Error::other("it panicked")),
        };
        self.count_calls(group, case, &mut rows)?;
        // One round tells nothing.
        let goals = match self.effort {
            Effort::Smoke => Vec::new(),
            Effort::Quick | Effort::Full => Outcome::all(case.goals(), &rows, earlier),
        };
        Ok(CaseResults {
            name: case.name().to_owned(),
            operation: case.operation().to_owned(),
            unit: case.unit().to_owned(),
            size: case.size().map(|size| Place {
                series: size.series.to_owned(),
                of: size.of.to_owned(),
                count: size.count,
            }),
            seconds: self.progress.seconds() - start,
            rows,
            goals,
        })
    }

    fn count_calls(&self, group: &str, case: &dyn Case, rows: &mut [Row]) -> io::Result<()> {
        let Some(tracer) = self.tracer else {
            return Ok(());
        };
        // A smoke run counts what is promised and, to see that the count is right, the first.
        let is_smoke = self.effort == Effort::Smoke;
        for (number, row) in rows.iter_mut().enumerate() {
            let is_left_out = is_smoke && number > 0 && case.promise(&row.kind).is_none();
            // The reference makes the same calls again.
            if is_left_out || is_again(&row.kind) {
                continue;
            }
            row.calls = calls::per_operation(tracer, group, case, &row.kind)?;
        }
        Ok(())
    }
}

fn kept(case: &dyn Case, rows: &[Row]) -> io::Result<()> {
    rows.iter().try_for_each(|row| {
        let promise = case.promise(&row.kind);
        promise.map_or(Ok(()), |promise| promise.check(row))
    })
}
