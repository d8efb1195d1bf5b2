//! `tidy`: the rules of STYLE.md that a program can check, each a function over path and text.

mod docs;
mod lines;
mod links;
mod platform;
mod words;

use crate::problem::{Problem, report};
use crate::workspace::{Crate, TextFile, crates, read, root, text_files};

/// Runs every rule over the checkout.
pub(crate) fn run(_arguments: &[String]) -> crate::Outcome {
    let files = text_files()?;
    let crates = crates()?;
    let mut problems = Vec::new();
    for file in &files {
        check_file(file, &mut problems);
    }
    for member in crates
        .iter()
        .filter(|member| member.folder.starts_with("crates/"))
    {
        check_crate(member, &mut problems);
    }
    for file in &files {
        if let Some(warning) = lines::long_file_warning(&file.path, &file.text) {
            println!("warning: {warning}");
        }
    }
    let summary = format!(
        "tidy: {} files of {} crates keep the rules",
        files.len(),
        crates.len()
    );
    report(&problems, &summary)
}

fn check_file(file: &TextFile, problems: &mut Vec<Problem>) {
    let TextFile { path, text } = file;
    problems.extend(lines::check(path, text));
    problems.extend(words::check(path, text));
    if path.ends_with(".rs") {
        problems.extend(docs::module_docs(path, text));
        problems.extend(docs::manual_pages(path, text));
        problems.extend(docs::forbids_unsafe(path, text));
        problems.extend(platform::conditions(path, text));
        problems.extend(platform::modules_in_macros(path, text));
    }
    if path.ends_with(".md") {
        problems.extend(links::check(path, text, |target| {
            root().join(target).exists()
        }));
    }
}

fn check_crate(member: &Crate, problems: &mut Vec<Problem>) {
    let table = read("README.md").unwrap_or_default();
    problems.extend(docs::in_table("README.md", &table, &member.name));
    let log = read("CHANGELOG.md").unwrap_or_default();
    problems.extend(docs::in_changelog(
        "CHANGELOG.md",
        &log,
        &member.name,
        &member.version,
    ));
    let path = member.path("README.md");
    let readme = read(&path).unwrap_or_default();
    problems.extend(docs::crate_readme(&path, &readme));
    let path = member.path("src/lib.rs");
    let library = read(&path).unwrap_or_default();
    problems.extend(docs::includes_readme(&path, &library));
}
