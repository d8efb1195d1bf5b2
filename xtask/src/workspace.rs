//! The checkout on disk: its root, its text files, its crates.

use std::fs;
use std::path::{Path, PathBuf};

use crate::manifest::Manifest;

/// A text file, by its path from the root with `/` between the parts.
#[derive(Debug)]
pub(crate) struct TextFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A member of the root workspace.
#[derive(Debug)]
pub(crate) struct Crate {
    /// The folder from the root: `crates/poll-api`.
    pub(crate) folder: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) manifest: Manifest,
}

impl Crate {
    /// The path of one of the crate's files from the root.
    pub(crate) fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.folder)
    }
}

/// The root of the checkout this program was built from.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Reads a file of the checkout; nothing where it does not exist or is not text.
pub(crate) fn read(path: &str) -> Option<String> {
    fs::read_to_string(root().join(path)).ok()
}

/// Every text file the rules are about, sorted by path; build output is left out.
pub(crate) fn text_files() -> Result<Vec<TextFile>, String> {
    let mut files = Vec::new();
    collect(&root(), "", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<TextFile>) -> Result<(), String> {
    let failed = |error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if entry.path().is_dir() {
            // Cargo builds beside a manifest; a module may have that name too.
            let built = name == "target" && folder.join("Cargo.toml").exists();
            if !built && name != ".git" {
                collect(&entry.path(), &format!("{path}/"), files)?;
            }
        } else if [".rs", ".md", ".toml", ".sh", ".yml"]
            .iter()
            .any(|end| name.ends_with(end))
        {
            let text = fs::read_to_string(entry.path()).map_err(|e| format!("{path}: {e}"))?;
            files.push(TextFile { path, text });
        }
    }
    Ok(())
}

/// The members of the root workspace, sorted by folder.
pub(crate) fn crates() -> Result<Vec<Crate>, String> {
    let shared = Manifest::parse(&read("Cargo.toml").ok_or("Cargo.toml: cannot be read")?);
    let shared = shared
        .string("workspace.package", "version")
        .unwrap_or_default();
    let mut folders = vec!["examples".to_owned(), "xtask".to_owned()];
    let entries = fs::read_dir(root().join("crates")).map_err(|e| format!("crates: {e}"))?;
    for entry in entries {
        let name = entry.map_err(|e| format!("crates: {e}"))?.file_name();
        folders.push(format!("crates/{}", name.to_string_lossy()));
    }
    folders.sort();
    let mut members = Vec::new();
    for folder in folders {
        // A folder without a manifest is not a member, for cargo neither.
        let Some(text) = read(&format!("{folder}/Cargo.toml")) else {
            continue;
        };
        let manifest = Manifest::parse(&text);
        let name = manifest.string("package", "name").unwrap_or_default();
        members.push(Crate {
            name: name.to_owned(),
            version: manifest.version().unwrap_or(shared).to_owned(),
            folder,
            manifest,
        });
    }
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::{crates, text_files};

    #[test]
    fn this_checkout_has_its_own_files_and_crates() {
        let files = text_files().unwrap();
        assert!(files.iter().any(|file| file.path == "xtask/src/main.rs"));
        assert!(files.iter().all(|file| !file.path.starts_with("target/")));
        let module = "crates/sys-socket/src/target/tests.rs";
        assert!(files.iter().any(|file| file.path == module));
        let crates = crates().unwrap();
        let xtask = crates.iter().find(|member| member.name == "xtask").unwrap();
        assert_eq!(xtask.path("src/main.rs"), "xtask/src/main.rs");
        assert!(!xtask.version.is_empty());
    }
}
