//! Optional dependencies are absent until asked for.

use super::{Done, Result};
use crate::manifest::Kind;
use crate::run::Call;
use crate::workspace::crates;

/// A crate with tracing as an option has it in its tree with the feature and not without.
pub(super) fn tracing_off_means_nothing() -> Result {
    let mut asked = 0;
    for member in crates()? {
        let dependencies = member.manifest.dependencies();
        let traced =
            |d: &crate::manifest::Dependency| d.name == "tracing" && d.kind == Kind::Normal;
        if !dependencies.iter().any(traced) || !member.folder.starts_with("crates/") {
            continue;
        }
        asked += 1;
        let tree = format!("tree -p {} -e normal", member.name);
        if names_tracing(&Call::cargo(&tree).output()?) {
            return Err(format!(
                "{} has tracing without being asked for it",
                member.name
            ));
        }
        if !names_tracing(&Call::cargo(&format!("{tree} --features tracing")).output()?) {
            return Err(format!("{} has no tracing when asked for it", member.name));
        }
    }
    if asked == 0 {
        return Ok(Done::Skipped(
            "no crate has tracing as an option yet".to_owned(),
        ));
    }
    Ok(Done::Passed)
}

/// Whether a line of a tree is about tracing or one of its parts.
fn names_tracing(tree: &str) -> bool {
    tree.lines().any(|line| {
        line.trim_start_matches(['│', '├', '└', '─', ' '])
            .starts_with("tracing")
    })
}

#[cfg(test)]
mod tests {
    use super::names_tracing;

    #[test]
    fn tracing_is_found_at_any_depth_and_not_in_other_names() {
        assert!(names_tracing(
            "poll-os v0.1.0\n├── libc v0.2\n│   └── tracing-core v0.1\n"
        ));
        assert!(names_tracing("poll-os v0.1.0\n└── tracing v0.1\n"));
        assert!(!names_tracing(
            "poll-os v0.1.0 (tracing)\n└── no-tracing v0.1\n"
        ));
    }
}
