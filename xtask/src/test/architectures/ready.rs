//! What a machine's programs need in order to be linked and run here.

use std::fs;
use std::path::{Path, PathBuf};

use super::table::{Library, Machine};
use crate::other::debian::Mirror;
use crate::other::standard::{self, Purpose};
use crate::other::zig::Zig;
use crate::other::{Trouble, folder};
use crate::run::Call;

/// A machine whose programs can be linked and run.
#[derive(Debug)]
pub(super) struct Ready {
    machine: &'static Machine,
    flags: String,
    linker: PathBuf,
    runner: Option<PathBuf>,
}

impl Ready {
    /// Fetches and builds what is not there yet.
    pub(super) fn new(machine: &'static Machine) -> Result<Self, Trouble> {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            let reason = "other architectures are run on x86_64 Linux only";
            return Err(Trouble::Lacking(reason.to_owned()));
        }
        let linker = Zig::fetched()?.linker(machine.linker)?;
        let mut flags = standard::flags(machine.name, Purpose::Link(&linker))?;
        match &machine.library {
            Some(library) => flags += &loading(library)?,
            // The linker brings the start-up code and the C library, the compiler shall not.
            None => flags += " -Clink-self-contained=no",
        }
        let runner = match machine.emulated {
            Some(emulator) => runner(machine, emulator)?,
            None => None,
        };
        Ok(Self {
            machine,
            flags,
            linker,
            runner,
        })
    }

    /// A call of cargo that builds for the machine, and runs on it what it runs.
    pub(super) fn cargo(&self, arguments: &str) -> Call {
        let variable = |key| standard::variable(self.machine.name, key);
        let linker = self.linker.display().to_string();
        // A runner in any case, `env` being one that changes nothing: what somebody has configured
        // for the target shall not come between.
        let runner = self.runner.as_ref();
        let runner = runner.map_or_else(|| "env".to_owned(), |it| it.display().to_string());
        Call::cargo(arguments)
            .env("RUSTFLAGS", self.flags.trim())
            .env(&variable("LINKER"), &linker)
            .env(&variable("RUNNER"), &runner)
    }
}

/// The flags for programs that load their C library from where its package is unpacked, so that
/// whoever starts one, a test for instance, need not know.
fn loading(library: &Library) -> Result<String, Trouble> {
    let root = Mirror::of_this_machine()?.unpack_whole(&[library.package])?;
    let folder = root.join("usr").join(library.folder).join("lib");
    let folder = folder.display();
    let loader = library.loader;
    Ok(format!(
        " -Clink-arg=-Wl,--dynamic-linker={folder}/{loader} -Clink-arg=-Wl,-rpath,{folder}"
    ))
}

/// A script that runs a program, and all that this one starts, where the kernel knows the emulator;
/// none where the whole machine does.
fn runner(machine: &Machine, emulator: &str) -> Result<Option<PathBuf>, Trouble> {
    let known = Path::new("/proc/sys/fs/binfmt_misc").join(format!("qemu-{emulator}"));
    if known.exists() {
        return Ok(None);
    }
    let root = Mirror::of_this_machine()?.unpack_whole(&["qemu-user-static"])?;
    let described = root.join(format!("usr/share/binfmts/qemu-{emulator}"));
    // Debian 12 describes it there; a later package that does not is none we know how to use.
    let text = fs::read_to_string(&described)
        .map_err(|e| Trouble::Lacking(format!("{}: {e}", described.display())))?;
    let program = root.join(format!("usr/bin/qemu-{emulator}-static"));
    let script = script(&text, &program)
        .ok_or_else(|| Trouble::Failed(format!("{}: no magic in it", described.display())))?;
    let path = folder("run").join(machine.name);
    crate::other::write_program(&path, &script)?;
    if Call::new(&path.display().to_string(), &["true"]).works() {
        return Ok(Some(path));
    }
    let reason = "neither does the kernel know the emulator, nor may it be told in a namespace of \
                  our own (Linux 6.7, user namespaces)";
    Err(Trouble::Lacking(reason.to_owned()))
}

/// The script, from the package's own description of the programs that the emulator is for.
fn script(described: &str, emulator: &Path) -> Option<String> {
    let value = |key: &str| described.lines().find_map(|line| line.strip_prefix(key));
    let (magic, mask) = (value("magic ")?, value("mask ")?);
    Some(format!(
        "#!/bin/sh\n\
         # Runs a program where the kernel hands those of another architecture to an emulator.\n\
         # Only this program and its children see that; written by `cargo xtask test --target`.\n\
         exec unshare --user --map-root-user --mount sh -c '\n\
         mount -t binfmt_misc none /proc/sys/fs/binfmt_misc &&\n\
         printf %s \"$0\" >/proc/sys/fs/binfmt_misc/register && exec \"$@\"' \\\n\
         ':emulated:M::{magic}:{mask}:{}:F' \"$@\"\n",
        emulator.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::super::table::MACHINES;
    use super::{Ready, script};
    use std::path::Path;

    #[test]
    fn a_runner_is_always_named_so_that_none_of_the_users_is_taken() {
        let line = |runner: Option<&str>| {
            let ready = Ready {
                machine: &MACHINES[0],
                flags: String::new(),
                linker: "/link".into(),
                runner: runner.map(Into::into),
            };
            ready.cargo("test").line()
        };
        let name = "CARGO_TARGET_I686_UNKNOWN_LINUX_GNU_RUNNER";
        assert!(line(None).contains(&format!("{name}=env ")));
        assert!(line(Some("/run")).contains(&format!("{name}=/run ")));
    }

    #[test]
    fn the_script_registers_what_the_package_describes() {
        let described = "package qemu-user-static\ninterpreter /usr/bin/q\n\
                         magic \\x7fELF\nmask \\xff\\x00\ncredentials yes\n";
        let script = script(described, Path::new("/here/q")).unwrap();
        assert!(script.contains("':emulated:M::\\x7fELF:\\xff\\x00:/here/q:F'"));
        assert!(super::script("interpreter /usr/bin/q\n", Path::new("/q")).is_none());
    }
}
