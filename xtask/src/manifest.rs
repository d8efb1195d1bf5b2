//! Reading the part of a `Cargo.toml` that the checkers need: sections of keys with values.

/// A manifest as sections of entries, in the order of the file.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    section: String,
    key: String,
    value: String,
    line: usize,
}

/// How a dependency is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    /// Tests only; also what is there under `cfg(loom)`, which only model checks set.
    Dev,
    Build,
}

/// One dependency of a manifest.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) optional: bool,
    pub(crate) line: usize,
}

impl Manifest {
    /// Reads sections, keys and values; a value may span lines while its brackets are open.
    pub(crate) fn parse(text: &str) -> Self {
        let mut manifest = Self::default();
        let mut section = String::new();
        let mut open: Option<Entry> = None;
        for (index, line) in text.lines().enumerate() {
            let line = without_comment(line).trim();
            if let Some(entry) = &mut open {
                entry.value.push_str(line);
            } else if let Some(header) = line.strip_prefix('[') {
                section = header.trim_matches(['[', ']']).to_owned();
            } else if let Some((key, value)) = line.split_once('=') {
                open = Some(Entry {
                    section: section.clone(),
                    key: key.trim().to_owned(),
                    value: value.trim().to_owned(),
                    line: index + 1,
                });
            }
            if open.as_ref().is_some_and(|entry| closed(&entry.value)) {
                manifest.entries.extend(open.take());
            }
        }
        manifest
    }

    /// The string value of a key, without its quotes.
    pub(crate) fn string(&self, section: &str, key: &str) -> Option<&str> {
        let mut entries = self.entries.iter();
        let entry = entries.find(|entry| entry.section == section && entry.key == key)?;
        Some(entry.value.trim_matches('"'))
    }

    /// The package's own version, or nothing where it is inherited.
    pub(crate) fn version(&self) -> Option<&str> {
        self.string("package", "version")
    }

    /// The features that can be asked for: those listed, and optional dependencies without `dep:`.
    pub(crate) fn features(&self) -> Vec<String> {
        let listed = self.entries.iter().filter(|e| e.section == "features");
        let mut features: Vec<String> = listed.clone().map(|e| e.key.clone()).collect();
        for dependency in self.dependencies().iter().filter(|d| d.optional) {
            let hidden = format!("\"dep:{}\"", dependency.name);
            if !listed.clone().any(|e| e.value.contains(&hidden)) {
                features.push(dependency.name.clone());
            }
        }
        features
    }

    /// All dependencies, of every target.
    pub(crate) fn dependencies(&self) -> Vec<Dependency> {
        let mut found: Vec<Dependency> = Vec::new();
        for entry in &self.entries {
            let Some((kind, named)) = dependency_section(&entry.section) else {
                continue;
            };
            let key = entry.key.split('.').next().unwrap_or_default();
            let renamed = entry.value.split_once("package = \"");
            let name = match (named, renamed) {
                (_, Some((_, rest))) => rest.split('"').next().unwrap_or_default(),
                (Some(named), None) => named,
                (None, None) => key,
            };
            let optional = match named {
                Some(_) => entry.key == "optional" && entry.value == "true",
                None => entry.value.contains("optional = true"),
            };
            match found.iter_mut().find(|d| d.name == name && d.kind == kind) {
                Some(known) => known.optional |= optional,
                None => found.push(Dependency {
                    name: name.to_owned(),
                    kind,
                    optional,
                    line: entry.line,
                }),
            }
        }
        found
    }
}

/// The kind of a dependency section, and the dependency's name where the section is its table.
fn dependency_section(section: &str) -> Option<(Kind, Option<&str>)> {
    for (word, kind) in [
        ("dev-dependencies", Kind::Dev),
        ("build-dependencies", Kind::Build),
        ("dependencies", Kind::Normal),
    ] {
        let (before, after) = match section.rsplit_once(word) {
            Some(parts) => parts,
            None => continue,
        };
        let target = before.is_empty() || before.starts_with("target.");
        let named = after.strip_prefix('.');
        if !target || !(after.is_empty() || named.is_some()) {
            return None;
        }
        let kind = if before.contains("cfg(loom)") {
            Kind::Dev
        } else {
            kind
        };
        return Some((kind, named));
    }
    None
}

fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    for (index, byte) in line.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'#' if !quoted => return &line[..index],
            _ => {}
        }
    }
    line
}

/// Whether every bracket of a value is closed.
fn closed(value: &str) -> bool {
    let count = |brackets: [char; 2]| value.matches(brackets).count();
    count(['[', '{']) == count([']', '}'])
}

#[cfg(test)]
mod tests {
    use super::{Dependency, Kind, Manifest};

    const SAMPLE: &str = r#"
[package]
name = "sample" # a comment with [brackets]
version = "1.2.3"
[features]
default = ["std"]
std = [
    "rustix/std", # why
]
trace = ["dep:tracing"]
[dependencies]
libc.workspace = true
tracing = { workspace = true, optional = true }
slab = { version = "1", optional = true }
alias = { package = "real", version = "1" }
[target.'cfg(any(target_os = "linux"))'.dependencies]
rustix = { workspace = true, features = ["event"] }
[target.'cfg(loom)'.dependencies]
loom.workspace = true
[dependencies.poll-api]
path = "../poll-api"
optional = true
[dev-dependencies]
proptest.workspace = true
[workspace.dependencies]
ignored = "1"
"#;

    fn dependency(name: &str, kind: Kind, optional: bool, line: usize) -> Dependency {
        let name = name.to_owned();
        Dependency {
            name,
            kind,
            optional,
            line,
        }
    }

    #[test]
    fn every_form_of_a_dependency_is_found() {
        let manifest = Manifest::parse(SAMPLE);
        assert_eq!(manifest.string("package", "name"), Some("sample"));
        assert_eq!(manifest.version(), Some("1.2.3"));
        assert_eq!(
            manifest.dependencies(),
            [
                dependency("libc", Kind::Normal, false, 12),
                dependency("tracing", Kind::Normal, true, 13),
                dependency("slab", Kind::Normal, true, 14),
                dependency("real", Kind::Normal, false, 15),
                dependency("rustix", Kind::Normal, false, 17),
                dependency("loom", Kind::Dev, false, 19),
                dependency("poll-api", Kind::Normal, true, 21),
                dependency("proptest", Kind::Dev, false, 24),
            ]
        );
    }

    #[test]
    fn features_are_those_listed_and_optional_dependencies_without_dep() {
        let features = Manifest::parse(SAMPLE).features();
        assert_eq!(features, ["default", "std", "trace", "slab", "poll-api"]);
    }

    #[test]
    fn an_inherited_version_is_none() {
        let manifest = Manifest::parse("[package]\nversion.workspace = true\n");
        assert_eq!(manifest.version(), None);
    }
}
