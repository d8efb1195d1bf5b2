//! Relative links in Markdown lead somewhere.

use crate::problem::Problem;

/// Checks each link to a file; `exists` is asked with a path from the root.
pub(super) fn check(path: &str, text: &str, exists: impl Fn(&str) -> bool) -> Vec<Problem> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut problems = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for target in targets(line) {
            let resolved = if folder.is_empty() {
                target.to_owned()
            } else {
                format!("{folder}/{target}")
            };
            if !exists(&resolved) {
                let what = format!("link to `{target}`, which does not exist");
                problems.push(Problem::new(path, index + 1, what));
            }
        }
    }
    problems
}

/// The files a line links to: not addresses, not places in the same page, not Rust items.
fn targets(line: &str) -> Vec<&str> {
    let inline = line
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', ' ']).next());
    let defined = match line.split_once("]: ") {
        Some((label, target)) if label.starts_with('[') => target.split_whitespace().next(),
        _ => None,
    };
    let files = inline
        .chain(defined)
        .filter_map(|target| target.split('#').next());
    files
        .filter(|target| target.contains(['/', '.']))
        .filter(|target| {
            !["::", "://", "mailto:"]
                .iter()
                .any(|other| target.contains(other))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::problem::assert_says;

    fn exists(path: &str) -> bool {
        matches!(
            path,
            "STYLE.md" | "crates/a/../../STYLE.md" | "crates/a/src"
        )
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        let text = "[a](STYLE.md) [b](STYLE.md#files) [c](#here) [d](https://x.y/z.md)\n\
                    [`T`](crate::T) [`U`](U)\n```\n[e](missing.md)\n```\n[f]: STYLE.md\n";
        assert_eq!(check("README.md", text, exists), []);
        let below = "[a](../../STYLE.md \"title\") [b](src)\n";
        assert_eq!(check("crates/a/README.md", below, exists), []);
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        for text in [
            "x [a](missing.md)\n",
            "[a](STYLE.md) [b](crates/b/)\n",
            "[a]: gone.md\n",
        ] {
            assert_says(&check("README.md", text, exists), "does not exist");
        }
        assert_says(
            &check("crates/a/README.md", "[a](STYLE.md)\n", exists),
            "does not exist",
        );
    }
}
