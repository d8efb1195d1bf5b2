//! `targets`: the whole workspace for other systems, as far as one machine can tell: lints, the
//! systems' own headers, and the linking of every test, of one where several have the same system.

mod report;
mod table;

use core::cell::LazyCell;
use std::path::PathBuf;

use crate::Outcome;
use crate::other::standard::{self, Purpose, Wanted};
use crate::other::zig::Zig;
use crate::other::{Trouble, bundle, folder};
use crate::run::{Call, now};
use crate::workspace::{crates, root};
use report::{Cell, Report, Row};
use table::{Headers, Part, TARGETS, Target};

/// Examines all targets, or those named, each also after one that failed. All together, one of two
/// that have the same symbols is linked.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let (strict, named) = chosen(arguments)?;
    let report = if named.is_empty() {
        examine(TARGETS.iter().map(|it| (it, it.link_among_all())))
    } else {
        examine(named.into_iter().map(|it| (it, it.link)))
    };
    println!("\n{report}");
    let (failures, skips) = (report.failures(), report.skips());
    if !failures.is_empty() {
        return Err(failures);
    }
    match (skips.is_empty(), strict) {
        (true, _) => {}
        (false, true) => return Err(format!("{skips}, which --strict does not let pass")),
        (false, false) => println!("{skips}; the reasons stand below the table above"),
    }
    Ok(())
}

/// Whether to be strict, and which targets are named.
fn chosen(arguments: &[String]) -> Result<(bool, Vec<&'static Target>), String> {
    let mut strict = false;
    let mut targets = Vec::new();
    for argument in arguments {
        if argument == "--strict" {
            strict = true;
        } else if let Some(target) = TARGETS.iter().find(|target| target.name == argument) {
            targets.push(target);
        } else {
            let known: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
            let known = known.join("\n  ");
            return Err(format!("unknown target: {argument}; known are\n  {known}"));
        }
    }
    Ok((strict, targets))
}

/// What there is to link with for a target.
type Link = Part<&'static str>;

/// Examines targets, each with what it is linked with.
fn examine(targets: impl Iterator<Item = (&'static Target, Link)>) -> Report {
    let start = now();
    // Fetched when the first target wants it, if not ahead of that.
    let zig: Fetched = LazyCell::new(Zig::fetched);
    let ready: Vec<Ready> = targets
        .map(|(it, link)| Ready::new(it, link, &zig))
        .collect();
    let wanted: Vec<Wanted<'_>> = ready.iter().map(Ready::wanted).collect();
    standard::prepare(&wanted);
    let inputs = start.elapsed().as_secs_f64();
    Report {
        rows: ready.iter().map(|ready| ready.row(&zig)).collect(),
        inputs,
    }
}

/// The compiler with the headers and stubs.
type Fetched = LazyCell<Result<Zig, Trouble>>;

/// The flags by which rustc finds the standard library of a target.
type Flags = Result<String, Trouble>;

/// A target, and a linker for it where there can be one.
struct Ready {
    target: &'static Target,
    linker: Part<Result<PathBuf, Trouble>>,
}

impl Ready {
    fn new(target: &'static Target, link: Link, zig: &Fetched) -> Self {
        let linker = match link {
            Part::Given(system) => Part::Given(match &**zig {
                Ok(zig) => zig.linker(system),
                Err(trouble) => Err(trouble.clone()),
            }),
            Part::Without(reason) => Part::Without(reason),
        };
        Self { target, linker }
    }

    /// A standard library that can be linked serves the lints as well.
    fn wanted(&self) -> Wanted<'_> {
        let purpose = match &self.linker {
            Part::Given(Ok(linker)) => Purpose::Link(linker),
            Part::Given(Err(_)) | Part::Without(_) => Purpose::Check,
        };
        Wanted {
            target: self.target.name,
            purpose,
        }
    }

    fn row(&self, zig: &Fetched) -> Row {
        println!("\n-- {}", self.target.name);
        let start = now();
        let Wanted { target, purpose } = self.wanted();
        let flags = standard::flags(target, purpose);
        Row {
            target: self.target.name,
            lint: self.lint(&flags).into(),
            headers: match &self.target.headers {
                Part::Given(headers) => headers_agree(headers, zig).into(),
                Part::Without(reason) => Cell::Impossible(reason),
            },
            link: match &self.linker {
                Part::Given(linker) => self.link(linker, &flags).into(),
                Part::Without(reason) => Cell::Impossible(reason),
            },
            seconds: start.elapsed().as_secs_f64(),
        }
    }

    fn cargo(&self, arguments: &str, flags: &Flags) -> Result<Call, Trouble> {
        let flags = flags.as_ref().map_err(Trouble::clone)?;
        let Wanted { target, purpose } = self.wanted();
        let mut call = Call::cargo(arguments)
            .args(
                &["--profile", "carried", "--target-dir", "target/other/build"].map(str::to_owned),
            )
            .args(&["--target", target].map(str::to_owned))
            .env("RUSTFLAGS", flags);
        if let Purpose::Link(linker) = purpose {
            let linker = linker.display().to_string();
            call = call.env(&standard::variable(target, "LINKER"), &linker);
        }
        Ok(call)
    }

    /// Clippy with warnings denied, with all features; and without, where that is not compiled to
    /// be linked: the little code that is only there without them is linted here all the same.
    fn lint(&self, flags: &Flags) -> Result<(), Trouble> {
        let features = match &self.linker {
            Part::Given(Ok(_)) => &["--all-features"][..],
            Part::Given(Err(_)) | Part::Without(_) => &["", "--all-features"],
        };
        for features in features {
            let clippy = format!("clippy --workspace --all-targets {features} --keep-going");
            let deny = ["--", "-D", "warnings"].map(str::to_owned);
            let call = self.cargo(&clippy, flags)?.args(&deny);
            call.run().map_err(Trouble::Failed)?;
        }
        Ok(())
    }

    /// Links every test and program, with warnings of the compiler denied, and puts the tests
    /// together for a machine of that system.
    ///
    /// Not xtask, in which no symbol can be missing: it calls nothing but the standard library.
    fn link(&self, linker: &Result<PathBuf, Trouble>, flags: &Flags) -> Result<(), Trouble> {
        if let Err(trouble) = linker {
            return Err(trouble.clone());
        }
        let flags = flags.as_ref().map(|flags| format!("{flags} -D warnings"));
        let flags = flags.map_err(Trouble::clone);
        let all = "test --workspace --exclude xtask --lib --bins --tests --examples --no-run";
        let messages = ["--message-format", "json-render-diagnostics"].map(str::to_owned);
        let messages = self.cargo(all, &flags)?.args(&messages).output();
        let programs = bundle::programs(&messages.map_err(Trouble::Failed)?);
        let bundle = bundle::collect(self.target.name, &programs).map_err(Trouble::Failed)?;
        println!("{} test programs: {}", programs.len(), bundle.display());
        Ok(())
    }
}

/// Compiles what the crates assert in C about a system with its headers.
fn headers_agree(headers: &Headers, zig: &Fetched) -> Result<(), Trouble> {
    let zig = (**zig).as_ref().map_err(Trouble::clone)?;
    let name = format!("tests/abi/{}.c", headers.name);
    let crates = crates().map_err(Trouble::Failed)?;
    let programs = crates.iter().map(|member| member.path(&name));
    let programs: Vec<_> = programs.filter(|path| root().join(path).exists()).collect();
    if programs.is_empty() {
        return Err(Trouble::Failed(format!("no crate has {name}")));
    }
    let mut failed = Vec::new();
    let object = folder("zig/abi.o").display().to_string();
    for program in &programs {
        let check = "-std=gnu11 -Wall -Wextra -Werror -c -o";
        let mut arguments: Vec<&str> = check.split(' ').collect();
        arguments.extend([object.as_str(), program]);
        failed.extend(zig.compile(headers.system, &arguments).run().err());
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(Trouble::Failed(failed.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::{Part, TARGETS, chosen};

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn no_name_means_all_and_order_does_not_matter() {
        let (strict, named) = chosen(&[]).unwrap();
        assert!(!strict && named.is_empty());
        for arguments in [
            ["--strict", "x86_64-unknown-illumos"],
            ["x86_64-unknown-illumos", "--strict"],
        ] {
            let (strict, one) = chosen(&words(&arguments)).unwrap();
            assert!(strict && one.len() == 1 && one[0].name == "x86_64-unknown-illumos");
        }
    }

    #[test]
    fn who_is_not_linked_among_all_has_its_symbols_looked_for_by_another() {
        let name = |part: Part<&'static str>| match part {
            Part::Given(name) => Some(name),
            Part::Without(_) => None,
        };
        for target in TARGETS {
            let Some(reason) = target.instead else {
                assert_eq!(name(target.link_among_all()), name(target.link));
                continue;
            };
            assert!(name(target.link).is_some() && name(target.link_among_all()).is_none());
            let other = TARGETS
                .iter()
                .find(|it| reason.starts_with(it.name))
                .unwrap();
            assert!(name(other.link_among_all()).is_some(), "{}", target.name);
        }
    }

    #[test]
    fn an_unknown_target_is_named_with_those_that_are_known() {
        let message = chosen(&words(&["x86_64-unknown-freebsd", "vax"])).unwrap_err();
        assert!(message.starts_with("unknown target: vax; known are\n"));
        assert!(message.contains("\n  aarch64-linux-android"));
    }
}
