//! The test programs of another system, put together in a folder that can be carried to it.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::folder;

/// A test program that cargo built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Program {
    /// The crate, a dot, and `unit` or the name of its integration test.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

/// The test programs of the crates, read from what cargo writes to standard output with
/// `--message-format=json-render-diagnostics`. Those of the tools and the examples expect the
/// checkout, those of attributes and other macros the compiler: they are left out.
pub(crate) fn programs(messages: &str) -> Vec<Program> {
    messages.lines().filter_map(program).collect()
}

fn program(message: &str) -> Option<Program> {
    let manifest = text(message, "\"manifest_path\":\"")?;
    let package = manifest.strip_suffix("/Cargo.toml")?;
    let (above, package) = package.rsplit_once('/')?;
    let (_, target) = message.split_once("\"target\":")?;
    let (target, profile) = target.split_once("\"profile\":")?;
    let is_macro = target.contains("\"kind\":[\"proc-macro\"]");
    if is_macro || !above.ends_with("/crates") || !profile.contains("\"test\":true") {
        return None;
    }
    let test = if target.contains("\"kind\":[\"test\"]") {
        text(target, "\"name\":\"")?
    } else {
        "unit".to_owned()
    };
    let path = text(profile, "\"executable\":\"")?;
    Some(Program {
        name: format!("{package}.{test}"),
        path: path.into(),
    })
}

/// The JSON string that begins after `key`.
fn text(json: &str, key: &str) -> Option<String> {
    let (_, rest) = json.split_once(key)?;
    let mut value = String::new();
    let mut characters = rest.chars();
    loop {
        match characters.next()? {
            '"' => return Some(value),
            // Cargo escapes only these two in a path that can be printed.
            '\\' => value.push(characters.next().filter(|c| matches!(c, '"' | '\\'))?),
            other => value.push(other),
        }
    }
}

/// Copies the programs to the folder `bundle/NAME`, with a script `run` that runs each of them,
/// and says where that is.
pub(crate) fn collect(name: &str, programs: &[Program]) -> Result<PathBuf, String> {
    let bundle = folder("bundle").join(name);
    fill(&bundle, programs).map_err(|e| format!("{}: {e}", bundle.display()))?;
    Ok(bundle)
}

/// The folder appears under its name only when it is whole.
fn fill(bundle: &Path, programs: &[Program]) -> io::Result<()> {
    if programs.is_empty() {
        return Err(io::Error::other("there is no test program to carry"));
    }
    let mut part = bundle.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    for old in [&part, bundle] {
        if old.exists() {
            fs::remove_dir_all(old)?;
        }
    }
    fs::create_dir_all(part.join("tests"))?;
    for program in programs {
        fs::copy(&program.path, part.join("tests").join(&program.name))?;
    }
    fs::write(part.join("run"), RUN)?;
    fs::set_permissions(part.join("run"), fs::Permissions::from_mode(0o755))?;
    fs::rename(&part, bundle)
}

/// Needs a POSIX shell and no other program.
const RUN: &str = r#"#!/bin/sh
# Runs every test program of this folder, also after one that failed, with the arguments given here:
#     ./run --test-threads=1
case $0 in
    */*) cd "${0%/*}" || exit 2 ;;
esac
passed=0
failed=
count=0
for program in tests/*; do
    name=${program#tests/}
    echo "== $name"
    "./$program" "$@"
    code=$?
    count=$((count + 1))
    if [ "$code" -eq 0 ]; then
        passed=$((passed + 1))
        echo "== $name: ok"
    else
        failed="$failed $name"
        echo "== $name: FAILED, exit code $code"
    fi
done
echo "== $count programs, $passed passed, $((count - passed)) failed:${failed:- none}"
[ "$passed" -eq "$count" ]
"#;

#[cfg(test)]
mod tests {
    use super::{Program, fill, programs};
    use crate::run::Call;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};

    fn message(manifest: &str, target: &str, test: bool, executable: &str) -> String {
        format!(
            "{{\"reason\":\"compiler-artifact\",\"package_id\":\"path+file:///x#0.1.0\",\
             \"manifest_path\":\"{manifest}\",\"target\":{{{target},\"test\":true}},\
             \"profile\":{{\"opt_level\":\"0\",\"test\":{test}}},\"features\":[],\
             \"filenames\":[\"/t/x\"],\"executable\":{executable},\"fresh\":false}}\n"
        )
    }

    #[test]
    fn the_test_programs_of_crates_are_found_among_the_messages() {
        let epoll = "/a \\\"b\\\"/crates/sys-epoll/Cargo.toml";
        let lib = "\"kind\":[\"lib\"],\"crate_types\":[\"lib\"],\"name\":\"sys_epoll\"";
        let it = "\"kind\":[\"test\"],\"crate_types\":[\"bin\"],\"name\":\"it\"";
        let attributes = "\"kind\":[\"proc-macro\"],\"name\":\"attributes\"";
        let bin = "\"kind\":[\"bin\"],\"crate_types\":[\"bin\"],\"name\":\"load\"";
        let mut messages = String::new();
        for (manifest, target, test, executable) in [
            (epoll, lib, false, "null"),
            (epoll, lib, true, "\"/t/sys_epoll-1\""),
            (epoll, it, true, "\"/t/a \\\"b\\\" \\\\ /it-2\""),
            (epoll, attributes, true, "\"/t/attributes-5\""),
            ("/a/examples/Cargo.toml", it, true, "\"/t/it-3\""),
            ("/a/examples/Cargo.toml", bin, false, "\"/t/load\""),
            ("/a/xtask/Cargo.toml", bin, true, "\"/t/xtask-4\""),
        ] {
            messages.push_str(&message(manifest, target, test, executable));
        }
        messages.push_str("{\"reason\":\"build-finished\",\"success\":true}\n");
        let program = |name: &str, path: &str| Program {
            name: name.to_owned(),
            path: path.into(),
        };
        let expected = [
            program("sys-epoll.unit", "/t/sys_epoll-1"),
            program("sys-epoll.it", "/t/a \"b\" \\ /it-2"),
        ];
        assert_eq!(programs(&messages), expected);
    }

    /// A folder of this test's own, removed at its end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = format!("poll-io bundle {} {name}", std::process::id());
            let folder = std::env::temp_dir().join(folder);
            fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }

        fn program(&self, name: &str, script: &str) -> Program {
            let path = self.0.join(name);
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            Program {
                name: name.to_owned(),
                path,
            }
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn run(bundle: &Path, arguments: &[&str]) -> (bool, String) {
        let run = bundle.join("run").display().to_string();
        let mut words = vec!["-c", "\"$@\"; echo $?", "sh", run.as_str()];
        words.extend(arguments);
        let output = Call::new("sh", &words).output().unwrap();
        let (output, code) = output.trim_end().rsplit_once('\n').unwrap();
        (code == "0", output.to_owned())
    }

    #[test]
    fn each_program_runs_with_the_arguments_also_after_one_that_failed() {
        let folder = Folder::new("mixed");
        let bad = folder.program("a.it", "echo \"a $1\"; exit 101");
        let good = folder.program("b.unit", "echo \"b $1\"");
        let bundle = folder.0.join("x86_64-some-system");
        fill(&bundle, &[bad.clone(), good.clone()]).unwrap();
        let (passed, output) = run(&bundle, &["--nocapture"]);
        assert!(!passed);
        assert_eq!(
            output,
            "== a.it\na --nocapture\n== a.it: FAILED, exit code 101\n\
             == b.unit\nb --nocapture\n== b.unit: ok\n\
             == 2 programs, 1 passed, 1 failed: a.it"
        );
        fill(&bundle, &[good]).unwrap();
        let (passed, output) = run(&bundle, &[]);
        assert!(passed, "{output}");
        assert!(output.ends_with("== 1 programs, 1 passed, 0 failed: none"));
    }

    #[test]
    fn a_bundle_of_nothing_is_refused() {
        let folder = Folder::new("nothing");
        let empty = fill(&folder.0.join("bundle"), &[]);
        assert!(empty.unwrap_err().to_string().contains("no test program"));
    }
}
