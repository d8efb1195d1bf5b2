//! A machine that is emulated down to its processor, and runs another Linux kernel.

use core::time::Duration;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::archive::Archive;
use super::debian::{Mirror, libraries};
use super::{Trouble, folder};
use crate::harness;
use crate::run::Call;

/// The first words of the line that says how the guest's work ended.
const END: &str = "=== the guest's work ended with code ";
/// The first words of the line that says which kernel it ran on.
const KERNEL: &str = "=== this is Linux ";

/// What the guest does from its start to its end; `/work` is the caller's.
const INIT: &str = r#"#!/bin/busybox sh
export PATH=/bin HOME=/
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir /dev/pts
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /tmp
ln -s /proc/self/fd /dev/fd
ip link set lo up
echo
echo "=== this is Linux $(uname -r)"
sh /work </dev/null 2>&1
code=$?
echo
echo "=== the guest's work ended with code $code"
poweroff -f
"#;

/// A guest's files, with what it needs to begin and end.
#[derive(Debug)]
pub(crate) struct Guest {
    tools: PathBuf,
    files: Archive,
}

impl Guest {
    /// A guest that has a shell and the usual small programs.
    pub(crate) fn new() -> Result<Self, Trouble> {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            let reason = "other kernels are run on x86_64 Linux only";
            return Err(Trouble::Lacking(reason.to_owned()));
        }
        let packages = ["qemu-system-x86", "busybox-static"];
        let tools = Mirror::of_this_machine()?.unpack_whole(&packages)?;
        let mut files = Archive::default();
        for mount_point in ["proc", "sys", "dev", "tmp"] {
            files.add_folder(mount_point);
        }
        files.add_program("init", INIT.as_bytes());
        let mut guest = Self { tools, files };
        // Debian has moved it below `usr` since.
        let places = ["bin/busybox", "usr/bin/busybox"].map(|path| guest.tools.join(path));
        let [old, new] = &places;
        let busybox = if old.exists() { old } else { new };
        guest.add_file(busybox, "bin/busybox")?;
        Ok(guest)
    }

    /// Gives the guest a program of this machine.
    pub(crate) fn add_file(&mut self, here: &Path, there: &str) -> Result<(), Trouble> {
        let content = fs::read(here);
        let content = content.map_err(|e| Trouble::Failed(format!("{}: {e}", here.display())))?;
        self.files.add_program(there, &content);
        Ok(())
    }

    /// Gives the guest the libraries of this machine that `programs` load, where they look for
    /// them.
    pub(crate) fn add_libraries(&mut self, programs: &[PathBuf]) -> Result<(), Trouble> {
        let programs: Vec<String> = programs.iter().map(|p| p.display().to_string()).collect();
        let listed = Call::new("ldd", &[]).args(&programs).output();
        for library in loaded(&listed.map_err(Trouble::Failed)?) {
            self.add_file(Path::new(&library), &library)?;
        }
        Ok(())
    }

    /// Runs the shell script `work` on `kernel` and hands back what the console showed if the work
    /// ended with success within `limit`. Headings are printed as they come; all of it, if not.
    pub(crate) fn run(
        mut self,
        kernel: &Kernel,
        work: &str,
        limit: Duration,
    ) -> Result<String, Trouble> {
        self.files.add_program("work", work.as_bytes());
        let files = folder("guest").join(kernel.series);
        let parent = folder("guest");
        fs::create_dir_all(&parent)
            .and_then(|()| fs::write(&files, self.files.finish()))
            .map_err(|e| Trouble::Failed(format!("{}: {e}", files.display())))?;
        let call = emulator(&self.tools, &kernel.image, &files);
        let heading = |line: &str| line.starts_with("== ");
        let (console, ended) = call
            .transcript_within(limit, heading)
            .map_err(Trouble::Failed)?;
        let console = printable(&console);
        ended
            .and_then(|()| judge(&console, kernel.series))
            .map_err(|reason| {
                println!("{console}");
                let failures = harness::failures(&console);
                let told = if failures.is_empty() {
                    tail(&console)
                } else {
                    failures
                };
                Trouble::Failed(format!("{reason}{told}"))
            })?;
        Ok(console)
    }
}

/// A kernel of Debian's, unpacked.
#[derive(Debug)]
pub(crate) struct Kernel {
    series: &'static str,
    image: PathBuf,
}

impl Kernel {
    /// The newest kernel of a series, such as 5.10, in one of Debian's releases.
    pub(crate) fn newest(series: &'static str, release: &str) -> Result<Self, Trouble> {
        let mirror = Mirror::of_suites(&[release])?;
        let dots = series.replace('.', "\\.");
        let names = mirror.names(&format!("^linux-image-{dots}\\.0-[0-9]+-cloud-amd64$"))?;
        let Some(name) = newest(&names) else {
            return Err(Trouble::Lacking(format!("{release} has no Linux {series}")));
        };
        let root = mirror.unpack(&[name])?;
        let version = name.trim_start_matches("linux-image-");
        let image = root.join("boot").join(format!("vmlinuz-{version}"));
        Ok(Self { series, image })
    }
}

/// The name with the highest number of the interface, `linux-image-5.10.0-NUMBER-cloud-amd64`.
fn newest(names: &[String]) -> Option<&str> {
    let number = |name: &&str| name.split('-').nth(3).and_then(|n| n.parse::<u32>().ok());
    names.iter().map(String::as_str).max_by_key(number)
}

/// The call that runs a guest until it switches itself off; a panic of the kernel ends it too.
fn emulator(tools: &Path, kernel: &Path, files: &Path) -> Call {
    let at = |path: &str| tools.join(path).display().to_string();
    // Emulated throughout: a guest may hang on the virtual processors of a machine that is a guest
    // itself.
    let options = "-accel tcg -m 1024 -smp 2 -nographic -no-reboot -nic none";
    let mut arguments: Vec<String> = options.split(' ').map(str::to_owned).collect();
    for (option, value) in [
        ("-L", at("usr/share/qemu")),
        ("-L", at("usr/share/seabios")),
        ("-kernel", kernel.display().to_string()),
        ("-initrd", files.display().to_string()),
        ("-append", "console=ttyS0 quiet panic=-1".to_owned()),
    ] {
        arguments.extend([option.to_owned(), value]);
    }
    Call::new(&at("usr/bin/qemu-system-x86_64"), &[])
        .args(&arguments)
        .env("LD_LIBRARY_PATH", &libraries(tools))
}

/// Whether the console of a guest says that its work was done on the right kernel.
fn judge(console: &str, series: &str) -> Result<(), String> {
    let value = |mark| console.lines().find_map(|line| line.strip_prefix(mark));
    let Some(kernel) = value(KERNEL) else {
        return Err("the guest did not start".to_owned());
    };
    if !kernel.starts_with(&format!("{series}.")) {
        return Err(format!("the guest ran on Linux {kernel}"));
    }
    match value(END) {
        Some("0") => Ok(()),
        Some(code) => Err(format!("the guest's work failed with code {code}")),
        None => Err("the guest ended before its work".to_owned()),
    }
}

/// The text without what would move the cursor, as the guest's firmware does.
fn printable(console: &str) -> String {
    let keep = |c: &char| matches!(c, '\n' | '\t') || !c.is_control();
    console.chars().filter(keep).collect()
}

/// The last lines of a console, each on a line of its own.
fn tail(console: &str) -> String {
    const LINES: usize = 20;
    let lines: Vec<&str> = console.lines().filter(|line| !line.is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(LINES)..];
    last.iter().map(|line| format!("\n    | {line}")).collect()
}

/// The paths in what `ldd` prints, each once.
fn loaded(listed: &str) -> BTreeSet<String> {
    // Lines without a leading tab name the programs themselves.
    let lines = listed.lines().filter(|line| line.starts_with('\t'));
    let paths = lines.filter_map(|line| line.split_whitespace().find(|word| word.starts_with('/')));
    paths.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{INIT, judge, loaded, newest, printable, tail};

    #[test]
    fn the_newest_kernel_has_the_highest_number_not_the_last_name() {
        let names = ["9", "32", "30"].map(|n| format!("linux-image-5.10.0-{n}-cloud-amd64"));
        assert_eq!(newest(&names), Some("linux-image-5.10.0-32-cloud-amd64"));
        assert_eq!(newest(&[]), None);
    }

    #[test]
    fn libraries_are_the_absolute_paths_each_once() {
        let listed = "/t/one:\n\tlinux-vdso.so.1 (0x0)\n\tlibc.so.6 => /lib/libc.so.6 (0x0)\n\
                      \t/lib64/ld.so (0x0)\n/t/two:\n\tlibc.so.6 => /lib/libc.so.6 (0x0)\n\
                      /t/three:\n\tstatically linked\n";
        let paths: Vec<String> = loaded(listed).into_iter().collect();
        assert_eq!(paths, ["/lib/libc.so.6", "/lib64/ld.so"]);
    }

    #[test]
    fn only_success_on_the_right_kernel_is_one() {
        let done = "SeaBIOS\n=== this is Linux 5.10.0-32-cloud-amd64\ntest result: ok.\n\n\
                    === the guest's work ended with code 0\n";
        assert_eq!(judge(done, "5.10"), Ok(()));
        for (console, series, why) in [
            (done.to_owned(), "5.1", "ran on Linux 5.10.0-32"),
            (done.replace("code 0", "code 1"), "5.10", "code 1"),
            (done.replace("code 0", "code 01"), "5.10", "code 01"),
            (
                done.replace("===", "Kernel panic:"),
                "5.10",
                "did not start",
            ),
            (done.replace("=== the", "Kernel panic:"), "5.10", "before"),
            (String::new(), "5.10", "did not start"),
        ] {
            let refused = judge(&console, series).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
    }

    #[test]
    fn a_guest_prints_the_lines_that_are_looked_for() {
        for mark in [super::END, super::KERNEL] {
            assert!(INIT.contains(&format!("echo \"{mark}$")));
        }
    }

    #[test]
    fn the_tail_is_the_last_lines_that_say_something() {
        let console: String = (0..30).map(|n| format!("line {n}\n\n")).collect();
        let tail = tail(&console);
        assert!(tail.starts_with("\n    | line 10\n"), "{tail}");
        assert!(tail.ends_with("| line 29"), "{tail}");
        assert_eq!(super::tail(""), "");
        assert_eq!(printable("\u{1b}[2J\u{1b}ca\tb\u{7}\n"), "[2Jca\tb\n");
    }
}
