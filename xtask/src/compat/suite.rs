//! A copy of tokio's package with its tests: built, and each test program run with a limit.

use core::time::Duration;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::PLACE;
use crate::Outcome;
use crate::harness::{self, Line};
use crate::run::Call;
use crate::workspace::root;

/// What the programs are about, by the beginnings of their names.
pub(super) const GROUPS: [(&str, &[&str]); 7] = [
    ("net", &["net_", "tcp_", "udp", "uds_", "unix_"]),
    ("io", &["io_"]),
    ("time", &["time_"]),
    ("rt", &["rt_"]),
    ("process", &["process_"]),
    ("signal", &["signal_"]),
    ("sync", &["sync_"]),
];

/// How long one program may take; those that wait for time take ten seconds.
const LIMIT: Duration = Duration::from_secs(180);

/// A copy of the package.
pub(super) struct Suite {
    folder: PathBuf,
    name: &'static str,
}

/// What the run of one program has shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Results {
    /// Whether each test passed.
    pub(super) tests: BTreeMap<String, bool>,
    /// Whether the program came to its end, and counted as many tests as were heard of.
    pub(super) whole: bool,
}

impl Suite {
    /// Copies `package`, and lets its mio be the one in the folder `mio`, if any.
    pub(super) fn copied(
        package: &Path,
        name: &'static str,
        mio: Option<&Path>,
    ) -> Result<Self, String> {
        let folder = root().join(PLACE).join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        }
        copy_folder(package, &folder)?;
        let manifest = folder.join("Cargo.toml");
        let failed = |error| format!("{}: {error}", manifest.display());
        let mut text = fs::read_to_string(&manifest).map_err(failed)?;
        // The crates that only the tests use depend on tokio again, which has to be this one.
        text.push_str("\n[workspace]\n\n[patch.crates-io]\ntokio = { path = \".\" }\n");
        if let Some(mio) = mio {
            text.push_str(&format!(
                "mio = {{ path = {:?} }}\n",
                mio.display().to_string()
            ));
        }
        // A copy of a file is as read-only as the file.
        fs::remove_file(&manifest).map_err(failed)?;
        fs::write(&manifest, text).map_err(failed)?;
        let lock = folder.join("Cargo.lock");
        if lock.exists() {
            fs::remove_file(&lock).map_err(|e| format!("{}: {e}", lock.display()))?;
        }
        Ok(Self { folder, name })
    }

    /// Writes a lock file.
    pub(super) fn lock(&self) -> Outcome {
        self.call("generate-lockfile --quiet").run()
    }

    /// Takes the lock file of another suite, with nothing changed but mio: a lock file keeps the
    /// version it has, and a patch is not looked at.
    pub(super) fn lock_as(&self, other: &Self) -> Outcome {
        let lock = "Cargo.lock";
        super::copy(&other.folder.join(lock), &self.folder.join(lock))?;
        self.call("update mio").run()
    }

    /// Who depends on mio, and which one it is.
    pub(super) fn tree(&self) -> Result<String, String> {
        self.call("tree -i mio --features full").output()
    }

    /// Runs all programs of the groups; the results are by group and program.
    pub(super) fn run(&self) -> Result<BTreeMap<(&'static str, String), Results>, String> {
        let mut results = BTreeMap::new();
        for (group, name, program) in self.build()? {
            results.insert((group, name), self.test(&program, &[])?);
        }
        Ok(results)
    }

    /// Runs one test of a program once more, alone; whether it passed.
    pub(super) fn again(&self, program: &str, test: &str) -> Result<bool, String> {
        let results = self.test(&self.path(program)?, &["--exact", test])?;
        Ok(results.whole && results.tests.get(test) == Some(&true))
    }

    /// Runs a program once more; whether it came to its end.
    pub(super) fn ends(&self, program: &str) -> Result<bool, String> {
        let results = self.test(&self.path(program)?, &[])?;
        Ok(results.whole)
    }

    /// The path of a program.
    fn path(&self, program: &str) -> Result<String, String> {
        let built = self.build()?;
        let found = built.into_iter().find(|(_, name, _)| name == program);
        let (_, _, path) = found.ok_or_else(|| format!("{program}: no such program"))?;
        Ok(path)
    }

    /// Builds the test programs of all groups: group, name and path of each.
    fn build(&self) -> Result<Vec<(&'static str, String, String)>, String> {
        let names = self.names()?;
        let chosen: Vec<String> = names
            .iter()
            .map(|(_, name)| format!("--test={name}"))
            .collect();
        let build = self
            .call("test --no-run --quiet --features full,test-util")
            // Errors of the compiler go to standard error, where they can be read.
            .args(&["--message-format=json-render-diagnostics".to_owned()])
            .args(&["--target-dir".to_owned(), self.programs()])
            .args(&chosen);
        let messages = build.output()?;
        let mut programs = Vec::new();
        for (group, name) in names {
            let path = program_of(&name, &messages);
            programs.push((
                group,
                name.clone(),
                path.ok_or(format!("{name}: not built"))?,
            ));
        }
        Ok(programs)
    }

    fn programs(&self) -> String {
        root().join(PLACE).join("tests").display().to_string()
    }

    fn names(&self) -> Result<Vec<(&'static str, String)>, String> {
        let tests = self.folder.join("tests");
        let failed = |error| format!("{}: {error}", tests.display());
        let mut names = Vec::new();
        for entry in fs::read_dir(&tests).map_err(failed)? {
            let file = entry.map_err(failed)?.file_name();
            let file = file.to_string_lossy();
            if let Some(name) = file.strip_suffix(".rs")
                && let Some(group) = group_of(name)
            {
                names.push((group, name.to_owned()));
            }
        }
        names.sort();
        Ok(names)
    }

    fn test(&self, program: &str, arguments: &[&str]) -> Result<Results, String> {
        let call = Call::new(program, arguments).within(&self.folder);
        let (output, ended) = call.transcript_within(LIMIT, |_line| false)?;
        let mut results = results(&output);
        let failed = results.tests.values().filter(|passed| !**passed).count();
        let passed = results.tests.len() - failed;
        println!("{}: {passed} passed, {failed} not", self.name);
        if let Err(why) = ended
            && (failed == 0 || !results.whole)
        {
            // It was killed, or died behind its last test: no test has told why.
            println!("{why}");
            results.whole = false;
        }
        Ok(results)
    }

    fn call(&self, arguments: &str) -> Call {
        Call::cargo(arguments).within(&self.folder)
    }
}

/// What a program is about.
fn group_of(name: &str) -> Option<&'static str> {
    let mut groups = GROUPS.iter();
    let found = groups.find(|(_, starts)| starts.iter().any(|start| name.starts_with(start)));
    found.map(|(group, _)| *group)
}

/// The path of the test program called `name` among cargo's messages, one a line.
fn program_of(name: &str, messages: &str) -> Option<String> {
    let is_it = format!("\"kind\":[\"test\"],\"crate_types\":[\"bin\"],\"name\":\"{name}\"");
    let line = messages.lines().find(|line| line.contains(&is_it))?;
    let (_, rest) = line.split_once("\"executable\":\"")?;
    rest.split('"').next().map(str::to_owned)
}

/// What the lines of a test program say; of one that was killed, the last line is missing.
fn results(output: &str) -> Results {
    let mut tests = BTreeMap::new();
    let mut counts = None;
    for line in harness::lines(output) {
        match line {
            Line::Test { name, passed } => {
                tests.insert(name.to_owned(), passed);
            }
            Line::End(end) => counts = Some((end.passed, end.failed)),
        }
    }
    let passed = tests.values().filter(|passed| **passed).count();
    let whole = counts == Some((passed, tests.len() - passed));
    Results { tests, whole }
}

fn copy_folder(from: &Path, to: &Path) -> Outcome {
    let failed = |error| format!("{}: {error}", from.display());
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            super::copy(&entry.path(), &target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{group_of, program_of, results};

    #[test]
    fn programs_belong_to_a_group_by_their_names() {
        for (name, group) in [
            ("tcp_accept", Some("net")),
            ("udp", Some("net")),
            ("rt_common", Some("rt")),
            ("fs_file", None),
            ("task_local", None),
        ] {
            assert_eq!(group_of(name), group, "{name}");
        }
    }

    #[test]
    fn a_program_is_found_by_its_name() {
        let line = |name: &str| {
            let target = r#""kind":["test"],"crate_types":["bin"],"name":"#;
            format!(r#"{{"target":{{{target}"{name}"}},"executable":"/t/{name}-1"}}"#)
        };
        let messages = format!("{}\n{}\n", line("udp_x"), line("udp"));
        assert_eq!(program_of("udp", &messages).as_deref(), Some("/t/udp-1"));
        assert_eq!(program_of("tcp", &messages), None);
    }

    #[test]
    fn passed_failed_and_ignored_tests_are_told_apart() {
        let output = "running 6 tests\ntest a ... ok\ntest b ... FAILED\ntest c ... ignored\n\
                      test d - should panic ... ok\ntest e ... said something\nok\n\
                      test f ... it took\n\
                      test result: FAILED. 2 passed; 3 failed; 1 ignored; 0 filtered out\n";
        let found = results(output);
        let passed: Vec<_> = found.tests.iter().filter(|(_, passed)| **passed).collect();
        assert_eq!(passed.len(), 2);
        assert_eq!(found.tests.get("b"), Some(&false));
        assert_eq!(found.tests.get("c"), None);
        assert_eq!(found.tests.get("d"), Some(&true));
        assert_eq!(found.tests.get("f"), Some(&false));
        assert!(found.whole);
    }

    #[test]
    fn a_program_that_died_or_says_another_number_is_not_whole() {
        let end =
            |passed: usize| format!("test result: ok. {passed} passed; 0 failed; 0 filtered out");
        let tests = "running 2 tests\ntest a ... ok\ntest b ... ok\n";
        assert!(results(&format!("{tests}{}\n", end(2))).whole);
        assert!(
            results(&end(0)).whole,
            "a program without tests on this system"
        );
        for output in ["", tests, &end(1), &format!("{tests}{}", end(3))] {
            assert!(!results(output).whole, "{output:?}");
        }
    }
}
