//! The graph as text, and its place between two marks in a page.

use super::table::{LAYERS, row};
use crate::manifest::Kind;
use crate::problem::Problem;
use crate::workspace::Crate;

pub(super) const BEGIN: &str = "<!-- layers: begin -->";
pub(super) const END: &str = "<!-- layers: end -->";

/// The members by layer, highest first, each with its normal dependencies; `?` marks optional ones.
pub(super) fn draw(members: &[Crate]) -> String {
    let mut text = String::from("```text\n");
    for (number, layer) in LAYERS.iter().enumerate().rev() {
        let in_layer =
            |member: &&Crate| row(&member.name).is_some_and(|row| usize::from(row.layer) == number);
        let mut rows: Vec<&Crate> = members.iter().filter(in_layer).collect();
        rows.sort_by(|a, b| a.name.cmp(&b.name));
        if rows.is_empty() {
            continue;
        }
        text.push_str(&format!("{number} {layer}\n"));
        for member in rows {
            let below = below(member, members);
            text.push_str(format!("    {:<18}{below}", member.name).trim_end());
            text.push('\n');
        }
    }
    text.push_str("```\n");
    text
}

/// A member's dependencies: those of the workspace first, then the external ones.
fn below(member: &Crate, members: &[Crate]) -> String {
    let mut inside = Vec::new();
    let mut outside = Vec::new();
    for dependency in member.manifest.dependencies() {
        if dependency.kind != Kind::Normal {
            continue;
        }
        let mark = if dependency.optional { "?" } else { "" };
        let name = format!("{}{mark}", dependency.name);
        if members.iter().any(|other| other.name == dependency.name) {
            inside.push(name);
        } else {
            outside.push(name);
        }
    }
    inside.sort();
    outside.sort();
    if outside.is_empty() {
        inside.join(" ")
    } else {
        format!("{} · {}", inside.join(" "), outside.join(" "))
            .trim_start()
            .to_owned()
    }
}

/// The page with what stands between the marks replaced; nothing where a mark is missing.
pub(super) fn replace(page: &str, graph: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{graph}{END}{after}"))
}

/// The page holds exactly the present drawing, if it has the marks for one.
pub(super) fn check(path: &str, page: &str, graph: &str) -> Option<Problem> {
    let wanted = replace(page, graph)?;
    let line = 1 + page.lines().take_while(|line| *line != BEGIN).count();
    let what = "the drawing is not that of the manifests: run `cargo xtask layers --write`";
    (wanted != page).then(|| Problem::new(path, line, what))
}

#[cfg(test)]
mod tests {
    use super::{check, draw, replace};
    use crate::layers::tests::member;

    #[test]
    fn layers_are_drawn_from_the_top_with_optional_and_external_marked() {
        let members = [
            member("poll-api", "[dev-dependencies]\nproptest = \"1\"\n"),
            member(
                "poll-os",
                "[dependencies]\nsys-epoll = \"0\"\npoll-api = \"0\"\n\
                 tracing = { version = \"0\", optional = true }\n",
            ),
            member("sys-epoll", "[dependencies]\nlibc = \"0\"\n"),
        ];
        let expected = "```text\n\
                        2 portable\n    poll-os           poll-api sys-epoll · tracing?\n\
                        1 vocabulary\n    poll-api\n\
                        0 system\n    sys-epoll         · libc\n```\n";
        assert_eq!(draw(&members), expected);
    }

    #[test]
    fn a_page_with_another_drawing_is_found_and_mended() {
        let page = "A\n<!-- layers: begin -->\nold\n<!-- layers: end -->\nB\n";
        assert!(check("a.md", page, "new\n").is_some_and(|p| p.to_string().starts_with("a.md:2:")));
        let mended = replace(page, "new\n").unwrap();
        assert_eq!(
            mended,
            "A\n<!-- layers: begin -->\nnew\n<!-- layers: end -->\nB\n"
        );
        assert_eq!(check("a.md", &mended, "new\n"), None);
        assert_eq!(check("a.md", "no marks\n", "new\n"), None);
    }
}
