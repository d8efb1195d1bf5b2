//! A machine that is reached with ssh, and what is carried to it.

use std::env;

use super::systems::System;
use crate::run::{Call, quoted};

/// What writes a tar archive of a folder to its standard output.
pub(super) struct Parcel(pub(super) Call);

/// What stands before the command in a call of ssh.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Machine {
    options: Vec<String>,
}

impl Machine {
    /// The machine that the user has named for the system.
    pub(super) fn named(system: &System) -> Result<Self, String> {
        let variable = system.variable();
        match env::var(&variable) {
            Ok(value) => Self::parse(&value).ok_or_else(|| format!("{variable} is empty")),
            Err(_unset) => Err(instructions(system)),
        }
    }

    /// The words of what one would write after `ssh`, the address among them.
    fn parse(value: &str) -> Option<Self> {
        let options: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
        (!options.is_empty()).then_some(Self { options })
    }

    /// Unpacks the parcel there in a new folder, runs the command in it, removes the folder, and
    /// hands back the command's exit code.
    pub(super) fn run(&self, parcel: &Parcel, command: &[String]) -> Result<i32, String> {
        let status = parcel.0.pipe_into(&self.call(&script(command)))?;
        match status.code() {
            // ssh has this one code for all failures of its own.
            Some(255) => Err(format!(
                "ssh failed (its message is above), or the command did with code 255; try \
                 `ssh {} true`",
                self.options.join(" ")
            )),
            Some(code) => Ok(code),
            None => Err(format!("ssh: {status}")),
        }
    }

    fn call(&self, script: &str) -> Call {
        // The first value of an option counts, so the user's own ones come first. Nobody is there
        // to answer a question: standard input is the parcel.
        let own = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=30", "-T"];
        let mut arguments = self.options.clone();
        arguments.extend(own.map(str::to_owned));
        arguments.push(format!("exec sh -c {}", quoted(script)));
        Call::new("ssh", &[]).args(&arguments)
    }
}

/// The POSIX script for the other side: one line, because a login shell may be another one.
fn script(command: &[String]) -> String {
    let command: Vec<String> = command.iter().map(|word| quoted(word)).collect();
    format!(
        "folder=$(mktemp -d \"${{TMPDIR:-/tmp}}/poll-io.XXXXXXXX\") || exit 1; \
         trap 'rm -rf \"$folder\"' EXIT; trap 'exit 1' HUP INT PIPE TERM; \
         cd \"$folder\" && tar xf - && cat >/dev/null || exit 1; \
         {} </dev/null",
        command.join(" ")
    )
}

/// What to do where no machine is named.
fn instructions(system: &System) -> String {
    let System { name, title, .. } = system;
    let variable = system.variable();
    let bundle = match system.bundle {
        Some(_) => "\nWith --bundle, no compiler is needed there: the tests are linked here.",
        None => "",
    };
    format!(
        "{variable} names no machine. To have one:\n\
         1. Get a machine with {title}: a virtual one of an image that the system's project \
         offers, or a rented one. It needs ssh, tar, 4 GB of memory and 10 GB of disk.\n\
         2. Let yourself in without a password, as root where ci/{name}.sh has to install \
         packages: ssh-copy-id root@ADDRESS\n\
         3. See that this works and asks nothing: ssh root@ADDRESS true\n\
         4. {variable}=root@ADDRESS cargo xtask vm {name}\n\
         The variable holds what you would write after ssh: '-p 2222 -i KEY root@127.0.0.1' is \
         fine too.{bundle}"
    )
}

#[cfg(test)]
mod tests {
    use super::{Machine, instructions, script};
    use crate::run::Call;
    use crate::vm::systems::SYSTEMS;
    use std::path::Path;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_machine_is_what_one_would_write_after_ssh() {
        let machine = Machine::parse(" -p 2222  root@127.0.0.1 ").unwrap();
        let line = machine.call("a 'b'").line();
        assert_eq!(
            line,
            "ssh -p 2222 root@127.0.0.1 -o BatchMode=yes -o ConnectTimeout=30 -T \
             'exec sh -c '\\''a '\\''\\'\\'''\\''b'\\''\\'\\'''\\'''\\'''"
        );
        assert_eq!(Machine::parse("  "), None);
    }

    #[test]
    fn the_instructions_name_the_variable_and_the_command() {
        for system in SYSTEMS {
            let text = instructions(system);
            let call = format!("POLL_IO_VM_{}=", system.name.to_uppercase());
            assert!(text.contains(&call), "{text}");
            assert!(
                text.contains(&format!("cargo xtask vm {}", system.name)),
                "{text}"
            );
        }
    }

    /// Runs the script here, as the other side would, with an archive of `xtask/src/vm`.
    fn unpacked(command: &str) -> (i32, String) {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/vm");
        let archive = Call::new("tar", &["-cf", "-", "."]).within(&here);
        let script = script(&words(command));
        assert!(!script.contains('\n'));
        let said = std::env::temp_dir().join(format!("poll-io-vm-{}", std::process::id()));
        let shell = format!("{{ {script}; }} >{}", said.display());
        let status = archive
            .pipe_into(&Call::new("sh", &["-c", &shell]))
            .unwrap();
        let text = std::fs::read_to_string(&said).unwrap();
        std::fs::remove_file(&said).unwrap();
        (status.code().unwrap(), text)
    }

    #[test]
    fn the_other_side_unpacks_runs_cleans_up_and_hands_the_code_back() {
        let (code, folder) = unpacked("pwd");
        assert_eq!(code, 0);
        assert!(folder.contains("/poll-io."), "{folder}");
        assert!(!Path::new(folder.trim()).exists());
        let (code, files) = unpacked("ls");
        assert_eq!((code, files.as_str()), (0, "remote.rs\nsystems.rs\n"));
        let (code, _nothing) = unpacked("sh no-such-script");
        assert!(code != 0);
    }
}
