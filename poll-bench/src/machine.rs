//! Where, when and of what a run was made.

use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// The machine and the program.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// The CPU's model, as the system names it.
    pub(crate) cpu: String,
    /// How many of them this process may use.
    pub(crate) cpus: usize,
    pub(crate) system: String,
    /// How many threads wanted to run in the minute before, on the average.
    pub(crate) load: Option<f64>,
    pub(crate) rustc: String,
    /// Cargo's profile of the bench.
    pub(crate) profile: String,
    /// The commit the bench was built from, with `+` if there were changes.
    pub(crate) commit: Option<String>,
}

/// A crate and its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) name: String,
    pub(crate) version: String,
}

const UNKNOWN: &str = "unknown";

impl Machine {
    /// This one, as far as it can be known.
    pub(crate) fn here() -> Self {
        let file = |path| std::fs::read_to_string(path).unwrap_or_default();
        let release = file("/proc/sys/kernel/osrelease");
        Self {
            cpu: model(&file("/proc/cpuinfo")),
            cpus: std::thread::available_parallelism().map_or(0, usize::from),
            system: format!("Linux {} {}", version(&release), std::env::consts::ARCH),
            load: first_number(&file("/proc/loadavg")),
            rustc: output("rustc", &["--version"]).unwrap_or_else(|| UNKNOWN.to_owned()),
            profile: profile().unwrap_or_else(|| UNKNOWN.to_owned()),
            commit: commit(),
        }
    }
}

// Without what whoever built the kernel calls it.
fn version(release: &str) -> &str {
    let release = release.trim();
    release
        .split_once('-')
        .map_or(release, |(version, _)| version)
}

fn first_number(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
}

// Some architectures name it otherwise, and some not at all.
fn model(cpuinfo: &str) -> String {
    let found = ["model name", "Model", "cpu model"].iter().find_map(|key| {
        let mut lines = cpuinfo.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(name, _)| name.trim() == *key)
    });
    found.map_or(UNKNOWN, |(_, model)| model.trim()).to_owned()
}

// The folder that Cargo put this program into.
fn profile() -> Option<String> {
    let program = std::env::current_exe().ok()?;
    let folder = program.parent()?.file_name()?;
    Some(folder.to_string_lossy().into_owned())
}

fn commit() -> Option<String> {
    let commit = output("git", &["rev-parse", "--short=10", "HEAD"])?;
    let changes = output("git", &["status", "--porcelain", "--untracked-files=no"])?;
    let mark = if changes.is_empty() { "" } else { "+" };
    Some(format!("{commit}{mark}"))
}

// What a program prints, in the folder of the bench.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// What the bench depends on directly, in the versions that it was built with.
pub(crate) fn versions() -> Vec<Version> {
    locked(include_str!("../Cargo.lock"))
}

fn locked(lock: &str) -> Vec<Version> {
    let field = |package: &str, key: &str| {
        let start = format!("{key} = \"");
        let mut lines = package.lines();
        lines.find_map(|line| Some(line.strip_prefix(&start)?.trim_end_matches('"').to_owned()))
    };
    let packages: Vec<&str> = lock.split("[[package]]\n").collect();
    let bench = packages
        .iter()
        .find(|package| field(package, "name").as_deref() == Some(env!("CARGO_PKG_NAME")));
    let dependencies = bench.and_then(|bench| bench.split_once("dependencies = [\n"));
    let names = dependencies.map_or("", |(_, names)| names).lines();
    names
        .take_while(|line| *line != "]")
        .filter_map(|line| {
            // A version stands behind the name where there are several.
            let line = line.trim().trim_matches(['"', ',']);
            let (name, wanted) = line.split_once(' ').unwrap_or((line, ""));
            packages.iter().find_map(|package| {
                let version = field(package, "version")?;
                let is_it = field(package, "name")? == name;
                (is_it && (wanted.is_empty() || wanted == version)).then(|| Version {
                    name: name.to_owned(),
                    version,
                })
            })
        })
        .collect()
}

/// The time now in UTC, as in RFC 3339.
pub(crate) fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    date(since.map_or(0, |since| since.as_secs()))
}

// Days are counted from 1 March of year 0, so that a leap day is the last of its year: Neri and
// Schneider, "Euclidean affine functions and their application to calendar algorithms", 2023.
fn date(seconds: u64) -> String {
    let days = 4 * (seconds / 86_400 + 719_468) + 3;
    let (century, of_century) = (days / 146_097, days % 146_097 / 4);
    let of_four = 4 * of_century + 3;
    let (year, of_year) = (of_four / 1_461, of_four % 1_461 / 4);
    let of_month = 5 * of_year + 461;
    let (month, day) = (of_month / 153, of_month % 153 / 5 + 1);
    let (month, next) = if month > 12 {
        (month - 12, 1)
    } else {
        (month, 0)
    };
    let year = 100 * century + year + next;
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::{Machine, Version, date, locked, model, version, versions};

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
            (1_798_761_600, "2027-01-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(date(seconds), expected);
        }
    }

    #[test]
    fn versions_are_those_of_the_lock_file() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n\n\
            [[package]]\nname = \"a\"\nversion = \"2.0.0\"\ndependencies = [\n \"b\",\n]\n\n\
            [[package]]\nname = \"b\"\nversion = \"0.3.0\"\n\n\
            [[package]]\nname = \"poll-bench\"\nversion = \"0.1.0\"\n\
            dependencies = [\n \"a 2.0.0\",\n \"b\",\n]\n";
        let version = |name: &str, version: &str| Version {
            name: name.to_owned(),
            version: version.to_owned(),
        };
        assert_eq!(locked(lock), [version("a", "2.0.0"), version("b", "0.3.0")]);
        let names: Vec<String> = versions().into_iter().map(|found| found.name).collect();
        for name in ["mio", "polling", "tokio", "poll-os"] {
            assert!(names.iter().any(|found| found == name), "{names:?}");
        }
    }

    #[test]
    fn a_cpu_without_a_name_is_unknown() {
        assert_eq!(model("processor\t: 0\nmodel name\t: A B\n"), "A B");
        assert_eq!(model("processor\t: 0\n"), "unknown");
        assert_eq!(
            (version("6.1.0-18-amd64\n"), version("6.18.4\n")),
            ("6.1.0", "6.18.4")
        );
        let here = Machine::here();
        assert!(
            here.cpus > 0 && here.rustc.starts_with("rustc "),
            "{here:?}"
        );
    }
}
