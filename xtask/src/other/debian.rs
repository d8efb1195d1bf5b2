//! Debian's packages, downloaded and unpacked in a folder; nothing is installed, and the machine's
//! own package lists and cache are not touched.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Trouble, alone, folder};
use crate::run::Call;

/// A view of the package mirror that this machine is configured for, with lists of its own.
#[derive(Debug)]
pub(crate) struct Mirror {
    name: String,
    folder: PathBuf,
}

impl Mirror {
    /// The machine's own suites, for programs that shall run here.
    pub(crate) fn of_this_machine() -> Result<Self, Trouble> {
        Self::open("machine", None)
    }

    /// Other suites of Debian, by their names.
    pub(crate) fn of_suites(suites: &[&str]) -> Result<Self, Trouble> {
        Self::open(&suites.join("+"), Some(suites))
    }

    fn open(name: &str, suites: Option<&[&str]>) -> Result<Self, Trouble> {
        let mirror = Self {
            name: name.to_owned(),
            folder: folder("debian").join(name),
        };
        mirror.alone(|| {
            if mirror.folder.join("complete").exists() {
                return Ok(());
            }
            if !Call::new("apt-get", &["--version"]).works() {
                let reason = "no apt-get, and so no packages of Debian";
                return Err(Trouble::Lacking(reason.to_owned()));
            }
            mirror.set_up(suites).map_err(|reason| {
                Trouble::Lacking(format!("no lists of Debian's packages ({reason})"))
            })
        })?;
        Ok(mirror)
    }

    /// Fetches the lists again: they name versions that a mirror drops when newer ones come.
    pub(crate) fn refresh(&self) -> Result<(), Trouble> {
        self.alone(|| self.update().map_err(Trouble::Lacking))
    }

    /// Apt's own locks are for a machine's one set of lists, and fail where another waits.
    fn alone<T>(&self, work: impl FnOnce() -> Result<T, Trouble>) -> Result<T, Trouble> {
        alone(&format!("debian-{}", self.name), work)
    }

    fn update(&self) -> Result<(), String> {
        self.apt("apt-get", &["-q", "update"]).run()
    }

    /// Writes a configuration that keeps everything in the folder, and fetches the lists. A list
    /// that cannot be had is an error, which apt alone would only warn of.
    fn set_up(&self, suites: Option<&[&str]>) -> Result<(), String> {
        for part in ["lists/partial", "cache/archives/partial", "none"] {
            make_folder(&self.folder.join(part))?;
        }
        let place = |part: &str| self.folder.join(part).display().to_string();
        let mut config = format!(
            "Dir::State::lists \"{}\";\nDir::Cache \"{}\";\n\
             APT::Sandbox::User \"\";\nAcquire::Languages \"none\";\n\
             APT::Update::Error-Mode \"any\";\nAcquire::Retries \"1\";\n\
             Acquire::http::Timeout \"30\";\nAcquire::https::Timeout \"30\";\n\
             Acquire::IndexTargets::deb::DEP-11::DefaultEnabled \"false\";\n\
             Debug::NoLocking \"true\";\n",
            place("lists"),
            place("cache")
        );
        if let Some(suites) = suites {
            let mirror = own_mirror()?;
            let key = "/usr/share/keyrings/debian-archive-keyring.gpg";
            let line = |suite| format!("deb [signed-by={key}] {mirror} {suite} main\n");
            let lines: String = suites.iter().map(line).collect();
            write(&self.folder.join("sources.list"), &lines)?;
            config.push_str(&format!(
                "Dir::Etc::sourcelist \"{}\";\nDir::Etc::sourceparts \"{}\";\n\
                 Dir::Etc::preferencesparts \"{}\";\n",
                place("sources.list"),
                place("none"),
                place("none")
            ));
        }
        write(&self.folder.join("apt.conf"), &config)?;
        self.update()?;
        write(&self.folder.join("complete"), "")
    }

    /// The versions of a package, newest first.
    pub(crate) fn versions(&self, package: &str) -> Result<Vec<String>, Trouble> {
        let lines = self.ask(&["madison", package])?;
        Ok(lines.lines().filter_map(version_of).collect())
    }

    /// The names of the packages that match a regular expression.
    pub(crate) fn names(&self, pattern: &str) -> Result<Vec<String>, Trouble> {
        let search = ["search", "--names-only", pattern];
        let lines = self.ask(&search)?;
        let names = lines.lines().filter_map(|line| line.split(' ').next());
        Ok(names.map(str::to_owned).collect())
    }

    fn ask(&self, question: &[&str]) -> Result<String, Trouble> {
        let call = self.apt("apt-cache", question);
        self.alone(|| call.output().map_err(Trouble::Lacking))
    }

    /// Unpacks packages, `name` or `name=version`, without what they depend on, and says where.
    pub(crate) fn unpack(&self, packages: &[&str]) -> Result<PathBuf, Trouble> {
        self.unpack_once(packages, |new| {
            // What an interrupted run left may be half an archive of another version.
            let archives = self.folder.join("new");
            if archives.exists() {
                let failed = |e| format!("{}: {e}", archives.display());
                fs::remove_dir_all(&archives).map_err(failed)?;
            }
            make_folder(&archives)?;
            let mut call = vec!["-q", "download"];
            call.extend_from_slice(new);
            self.apt("apt-get", &call).within(&archives).run()?;
            self.unpack_all(&archives)
        })
    }

    /// Unpacks packages and what they depend on, as far as this machine lacks it, and says where.
    ///
    /// Programs among them find their libraries with [`libraries`] in `LD_LIBRARY_PATH`.
    pub(crate) fn unpack_whole(&self, packages: &[&str]) -> Result<PathBuf, Trouble> {
        self.unpack_once(packages, |new| {
            let install = "-q -y --no-install-recommends --download-only --reinstall install";
            let mut call: Vec<&str> = install.split(' ').collect();
            call.extend_from_slice(new);
            self.apt("apt-get", &call).run()?;
            self.unpack_all(&self.folder.join("cache/archives"))
        })
    }

    /// Does what `fetch` says for the packages that were not unpacked before; a second time with
    /// new lists if it fails, as the old ones may name what is gone. The marks come last: what was
    /// interrupted is done again, over what is there.
    fn unpack_once(
        &self,
        packages: &[&str],
        fetch: impl Fn(&[&str]) -> Result<(), String>,
    ) -> Result<PathBuf, Trouble> {
        let mark = |package: &str| self.folder.join(format!("unpacked-{package}"));
        self.alone(|| {
            let mut new = packages.to_vec();
            new.retain(|package| !mark(package).exists());
            if !new.is_empty() && fetch(&new).is_err() {
                self.update().map_err(Trouble::Lacking)?;
                fetch(&new).map_err(Trouble::Lacking)?;
            }
            for package in new {
                write(&mark(package), "").map_err(Trouble::Failed)?;
            }
            Ok(self.folder.join("root"))
        })
    }

    /// Unpacks every archive of a folder and removes it.
    fn unpack_all(&self, archives: &Path) -> Result<(), String> {
        let failed = |error| format!("{}: {error}", archives.display());
        let into = self.folder.join("root").display().to_string();
        for entry in fs::read_dir(archives).map_err(failed)? {
            let archive = entry.map_err(failed)?.path();
            if archive.extension().is_some_and(|end| end == "deb") {
                let path = archive.display().to_string();
                Call::new("dpkg-deb", &["--extract", &path, &into]).run()?;
                fs::remove_file(&archive).map_err(failed)?;
            }
        }
        Ok(())
    }

    fn apt(&self, program: &str, arguments: &[&str]) -> Call {
        let config = self.folder.join("apt.conf").display().to_string();
        Call::new(program, arguments).env("APT_CONFIG", &config)
    }
}

/// The value of `LD_LIBRARY_PATH` for programs unpacked at `root`.
pub(crate) fn libraries(root: &Path) -> String {
    let root = root.display();
    format!("{root}/usr/lib/x86_64-linux-gnu:{root}/lib/x86_64-linux-gnu")
}

/// The mirror this machine takes Debian's packages from.
fn own_mirror() -> Result<String, String> {
    let ask = [
        "indextargets",
        "--format",
        "$(REPO_URI) $(ORIGIN)",
        "Created-By: Packages",
    ];
    let lines = Call::new("apt-get", &ask).output()?;
    let mirror = lines.lines().find_map(|line| {
        let (address, origin) = line.split_once(' ')?;
        (origin == "Debian" && !address.contains("security")).then(|| address.to_owned())
    });
    let unknown = "this machine has no lists from a mirror of Debian; `apt-get update` gets them";
    mirror.ok_or_else(|| unknown.to_owned())
}

/// The version in a line of `apt-cache madison`: `name | version | where`.
fn version_of(line: &str) -> Option<String> {
    Some(line.split('|').nth(1)?.trim().to_owned())
}

fn make_folder(path: &Path) -> Result<(), String> {
    fs::create_dir_all(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::version_of;

    #[test]
    fn the_version_stands_in_the_second_column() {
        let line =
            " rust-src | 1.95.0+dfsg1-1~bpo13+1 | mirror trixie-backports/main amd64 Packages";
        let version = version_of(line);
        assert_eq!(version.as_deref(), Some("1.95.0+dfsg1-1~bpo13+1"));
        assert_eq!(version_of("no package"), None);
    }
}
