//! `layers`: every dependency of every member against the table of allowed ones, and the drawing.

mod drawing;
mod table;

use crate::manifest::Kind;
use crate::problem::{Problem, report};
use crate::workspace::{Crate, crates, read, root};
use table::{Row, SYSTEM_ONLY, TEST_CRATES, reason_for, row};

const PAGE: &str = "ARCHITECTURE.md";

/// Checks the edges and the drawing; `--print` shows the drawing, `--write` puts it into the page.
pub(crate) fn run(arguments: &[String]) -> crate::Outcome {
    let members = crates()?;
    let graph = drawing::draw(&members);
    match arguments.first().map(String::as_str) {
        Some("--print") => {
            print!("{graph}");
            return Ok(());
        }
        Some("--write") => {
            let page = read(PAGE).ok_or(format!("{PAGE}: cannot be read"))?;
            let page = drawing::replace(&page, &graph).ok_or(format!(
                "{PAGE}: no lines `{}` and `{}`",
                drawing::BEGIN,
                drawing::END
            ))?;
            std::fs::write(root().join(PAGE), page).map_err(|e| format!("{PAGE}: {e}"))?;
        }
        Some(other) => return Err(format!("unknown argument: {other}")),
        None => {}
    }
    let mut problems = check(&members);
    if let Some(page) = read(PAGE) {
        problems.extend(drawing::check(PAGE, &page, &graph));
    }
    let summary = format!("layers: {} members keep to the table", members.len());
    report(&problems, &summary)
}

fn check(members: &[Crate]) -> Vec<Problem> {
    let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    let mut problems = Vec::new();
    for member in members {
        let path = member.path("Cargo.toml");
        let Some(row) = row(&member.name) else {
            let what = format!("`{}` is not in the table of xtask/src/layers", member.name);
            problems.push(Problem::new(&path, 1, what));
            continue;
        };
        for dependency in member.manifest.dependencies() {
            let name = dependency.name.as_str();
            let refused = match dependency.kind {
                Kind::Build => Some("build dependencies and build scripts are not used".to_owned()),
                Kind::Normal => normal_refused(row, name, dependency.optional, &names),
                Kind::Dev => dev_refused(row, name, &names),
            };
            if let Some(why) = refused {
                let what = format!("`{}` depends on `{name}`: {why}", row.name);
                problems.push(Problem::new(&path, dependency.line, what));
            }
        }
    }
    problems
}

/// Why a normal dependency is not allowed, or nothing where it is.
fn normal_refused(row: &Row, name: &str, optional: bool, members: &[&str]) -> Option<String> {
    if row.anything {
        return None;
    }
    if members.contains(&name) || self::row(name).is_some() {
        let allowed = row.workspace.iter().any(|group| group.contains(&name));
        return (!allowed).then(|| "no such arrow in the table; arrows go down only".to_owned());
    }
    if SYSTEM_ONLY.contains(&name) && !row.name.starts_with("sys-") {
        return Some("system calls pass through a sys-* crate".to_owned());
    }
    if !row.external.contains(&name) {
        return Some("an external crate that its row does not name".to_owned());
    }
    if reason_for(name).is_none() {
        return Some("an external crate without a reason in the table".to_owned());
    }
    (name == "tracing" && !optional).then(|| "tracing is optional, and off by default".to_owned())
}

/// Why a dev-dependency is not allowed: tests may add tools and the engines, not system crates.
fn dev_refused(row: &Row, name: &str, members: &[&str]) -> Option<String> {
    if TEST_CRATES.contains(&name) || row.tests.contains(&name) {
        return None;
    }
    let engine = matches!(name, "poll-conformance" | "poll-os" | "poll-net");
    if engine && row.layer > 0 {
        return None;
    }
    if members.contains(&name) && row.name.starts_with("sys-") {
        return Some("sys-* depend on no workspace crate, in tests neither".to_owned());
    }
    normal_refused(row, name, true, members)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::manifest::Manifest;
    use crate::problem::assert_says;
    use crate::workspace::Crate;

    pub(super) fn member(name: &str, dependencies: &str) -> Crate {
        Crate {
            folder: format!("crates/{name}"),
            name: name.to_owned(),
            version: "0.1.0".to_owned(),
            manifest: Manifest::parse(dependencies),
        }
    }

    #[test]
    fn arrows_of_the_table_pass() {
        for (name, dependencies) in [
            (
                "sys-epoll",
                "[dependencies]\nlibc = \"0\"\nrustix = \"1\"\n",
            ),
            (
                "sys-epoll",
                "[dev-dependencies]\nproptest = \"1\"\nlibc = \"0\"\n",
            ),
            (
                "poll-api",
                "[dev-dependencies]\nstatic_assertions = \"1\"\n",
            ),
            (
                "poll-os",
                "[dependencies]\npoll-api.workspace = true\nsys-epoll.workspace = true\n",
            ),
            (
                "poll-os",
                "[target.'cfg(loom)'.dependencies]\nloom = \"0.7\"\n",
            ),
            (
                "poll-net",
                "[dependencies]\ntracing = { version = \"0\", optional = true }\n",
            ),
            ("poll-net", "[dev-dependencies]\npoll-os.workspace = true\n"),
            (
                "examples",
                "[dependencies]\nhttparse = \"1\"\nlibc = \"0\"\n",
            ),
        ] {
            assert_eq!(
                check(&[member(name, dependencies)]),
                [],
                "{name}: {dependencies}"
            );
        }
    }

    #[test]
    fn each_wrong_arrow_is_found() {
        for (name, dependencies, expected) in [
            (
                "poll-api",
                "[dependencies]\npoll-os = \"0\"\n",
                "arrows go down",
            ),
            (
                "sys-epoll",
                "[dependencies]\npoll-api = \"0\"\n",
                "arrows go down",
            ),
            (
                "sys-epoll",
                "[dev-dependencies]\npoll-os = \"0\"\n",
                "arrows go down",
            ),
            (
                "poll-net",
                "[dependencies]\nlibc = \"0\"\n",
                "pass through a sys-*",
            ),
            (
                "poll-net",
                "[dev-dependencies]\nrustix = \"1\"\n",
                "pass through a sys-*",
            ),
            (
                "poll-net",
                "[dependencies.slab]\nversion = \"0\"\n",
                "does not name",
            ),
            (
                "poll-net",
                "[dependencies]\nproptest = \"1\"\n",
                "does not name",
            ),
            (
                "poll-os",
                "[dependencies]\ntracing = \"0\"\n",
                "off by default",
            ),
            (
                "poll-os",
                "[build-dependencies]\ncc = \"1\"\n",
                "build scripts",
            ),
            ("xtask", "[dependencies]\nserde = \"1\"\n", "does not name"),
            ("poll-new", "", "not in the table"),
        ] {
            assert_says(&check(&[member(name, dependencies)]), expected);
        }
    }
}
