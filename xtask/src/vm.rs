//! `vm`: the script of a system's CI job, or a bundle of cross-linked tests, run over ssh on a
//! machine that the user names.

mod remote;
mod systems;

use std::process;

use crate::Outcome;
use crate::other::folder;
use crate::run::Call;
use remote::{Machine, Parcel};
use systems::{SYSTEMS, System};

/// What the arguments ask for.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    system: &'static System,
    /// The tests that were linked here, instead of the checkout.
    bundle: bool,
    /// What to run there, instead of the script.
    command: Vec<String>,
}

impl Wanted {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let known: Vec<&str> = SYSTEMS.iter().map(|system| system.name).collect();
        let known = known.join(", ");
        let Some((name, rest)) = arguments.split_first() else {
            return Err(format!("which one? There are: {known}"));
        };
        let system = SYSTEMS.iter().find(|system| system.name == name);
        let system = system.ok_or_else(|| format!("no system {name:?}; there are: {known}"))?;
        let (bundle, command) = match rest {
            [first, rest @ ..] if first == "--bundle" => (true, rest),
            rest => (false, rest),
        };
        if let Some(option) = command.first().filter(|first| first.starts_with('-')) {
            return Err(format!("unknown option {option:?}; there is: --bundle"));
        }
        Ok(Self {
            system,
            bundle,
            command: command.to_vec(),
        })
    }
}

/// Carries what is wanted to the machine, runs it there, and ends with its exit code.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let wanted = Wanted::parse(arguments)?;
    let machine = Machine::named(wanted.system)?;
    let parcel = if wanted.bundle {
        bundle(wanted.system)?
    } else {
        checkout()?
    };
    let command = match (wanted.command.is_empty(), wanted.bundle) {
        (false, _) => wanted.command,
        (true, true) => vec!["./run".to_owned()],
        (true, false) => vec!["sh".to_owned(), format!("ci/{}.sh", wanted.system.name)],
    };
    match machine.run(&parcel, &command)? {
        0 => Ok(()),
        code => {
            println!(
                "vm: {} ended with exit code {code} there",
                command.join(" ")
            );
            process::exit(code)
        }
    }
}

/// The checkout as it was committed last.
fn checkout() -> Result<Parcel, String> {
    let changes = Call::new("git", &["status", "--porcelain"]).output()?;
    let changes = changes.lines().count();
    if changes > 0 {
        println!("warning: {changes} uncommitted change(s) here are not sent");
    }
    let archive = Call::new("git", &["archive", "--format=tar", "HEAD"]);
    Ok(Parcel(archive))
}

/// The tests that were linked here for the system.
fn bundle(system: &System) -> Result<Parcel, String> {
    let Some(bundle) = &system.bundle else {
        return Err(format!("nothing here can link for {}", system.title));
    };
    let folder = folder("bundle").join(bundle.folder);
    if !folder.join("run").exists() {
        let folder = folder.display();
        return Err(format!(
            "no bundle in {folder}; `{}` makes it",
            bundle.maker
        ));
    }
    Ok(Parcel(Call::new("tar", &["-cf", "-", "."]).within(&folder)))
}

#[cfg(test)]
mod tests {
    use super::Wanted;
    use super::systems::SYSTEMS;
    use crate::workspace::read;

    fn parse(line: &str) -> Result<(&'static str, bool, String), String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let wanted = Wanted::parse(&words)?;
        Ok((wanted.system.name, wanted.bundle, wanted.command.join(" ")))
    }

    #[test]
    fn a_system_is_named_first_and_a_command_may_follow() {
        let wanted = |name, bundle, command: &str| Ok((name, bundle, command.to_owned()));
        assert_eq!(parse("freebsd"), wanted("freebsd", false, ""));
        assert_eq!(parse("linux uname -a"), wanted("linux", false, "uname -a"));
        assert_eq!(parse("openbsd --bundle"), wanted("openbsd", true, ""));
        let with_command = "netbsd --bundle ./run --test-threads=1";
        assert_eq!(
            parse(with_command),
            wanted("netbsd", true, "./run --test-threads=1")
        );
    }

    #[test]
    fn what_is_missing_or_unknown_is_answered_with_what_there_is() {
        for (line, expected) in [
            ("", "freebsd, "),
            ("plan9", "\"plan9\"; there are: freebsd"),
            ("freebsd --bundles", "there is: --bundle"),
        ] {
            let refused = parse(line).unwrap_err();
            assert!(refused.contains(expected), "{refused}");
        }
    }

    #[test]
    fn each_system_has_a_script_that_ends_in_the_tests() {
        for system in SYSTEMS {
            let script = read(&format!("ci/{}.sh", system.name)).unwrap();
            assert!(script.starts_with("#!/bin/sh\n"), "{}", system.name);
            assert!(
                script.ends_with("\nexec cargo xtask test\n"),
                "{}",
                system.name
            );
        }
    }
}
