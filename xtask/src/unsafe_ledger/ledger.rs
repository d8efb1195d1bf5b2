//! The page: counts per crate, then every site. Without line numbers, so that it changes only when
//! unsafe code does.

use std::collections::BTreeMap;

use super::scan::Site;

/// The whole of UNSAFE.md.
pub(super) fn page(sites: &[Site]) -> String {
    let mut by_crate: BTreeMap<&str, Vec<&Site>> = BTreeMap::new();
    for site in sites {
        by_crate.entry(crate_of(&site.path)).or_default().push(site);
    }
    let mut page = String::from(
        "# Unsafe code\n\n\
         Written by `cargo xtask unsafe`, compared by `cargo xtask test`: a change of unsafe code\n\
         shows in the difference of this page. The proofs stand in full beside the code; here is\n\
         the first sentence of each, which names the obligation.\n\n\
         | crate | operations |\n| --- | ---: |\n",
    );
    for (name, sites) in &by_crate {
        page.push_str(&format!("| {name} | {} |\n", sites.len()));
    }
    page.push_str(&format!("| **total** | **{}** |\n", sites.len()));
    for (name, sites) in &by_crate {
        page.push_str(&format!("\n## {name}\n\n"));
        page.push_str("| file | function | operation | obligation |\n| --- | --- | --- | --- |\n");
        for site in sites {
            let Site {
                path,
                item,
                operation,
                ..
            } = site;
            let file = path
                .strip_prefix(*name)
                .unwrap_or(path)
                .trim_start_matches('/');
            let proof = site.proof.as_deref().unwrap_or("none").replace('|', "\\|");
            page.push_str(&format!(
                "| {file} | `{item}` | `{operation}` | {proof} |\n"
            ));
        }
    }
    page
}

/// The folder of the crate: two parts under `crates` and `compat`, else one.
fn crate_of(path: &str) -> &str {
    let parts = if path.starts_with("crates/") || path.starts_with("compat/") {
        2
    } else {
        1
    };
    let end = path
        .match_indices('/')
        .nth(parts - 1)
        .map_or(path.len(), |(at, _)| at);
    &path[..end]
}

/// The line, counted from one, where two pages begin to differ.
pub(super) fn first_difference(old: &str, new: &str) -> Option<usize> {
    if old == new {
        return None;
    }
    let same = old
        .lines()
        .zip(new.lines())
        .take_while(|(old, new)| old == new);
    Some(same.count() + 1)
}

#[cfg(test)]
mod tests {
    use super::{first_difference, page};
    use crate::unsafe_ledger::scan::sites;

    #[test]
    fn the_page_counts_per_crate_and_lists_every_site() {
        // Built from parts: clippy takes the literal for a comment on the statement below.
        let text = [
            "fn f() {\n    // ",
            "SAFETY: a | b.\n    unsafe { g(1) }\n}\n",
        ]
        .concat();
        let text = text.as_str();
        let mut all = sites("crates/sys-epoll/src/sys.rs", text);
        all.extend(sites("crates/sys-epoll/src/sys.rs", text));
        all.extend(sites("poll-bench/src/raw.rs", text));
        let page = page(&all);
        assert!(
            page.contains("| crates/sys-epoll | 2 |\n| poll-bench | 1 |\n"),
            "{page}"
        );
        assert!(page.contains("| **total** | **3** |"), "{page}");
        assert!(
            page.contains("\n| src/sys.rs | `f` | `g` | a \\| b. |\n"),
            "{page}"
        );
    }

    #[test]
    fn a_changed_page_is_found_at_its_first_line() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some(2));
        assert_eq!(first_difference("", "a\n"), Some(1));
    }
}
