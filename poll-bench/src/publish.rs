//! Subcommand *publish*: puts a run under `docs/bench` and its summary into the project's README,
//! so that nobody copies figures by hand.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::groups;
use crate::harness::Effort;
use crate::page::{self, when_and_where};
use crate::plot;
use crate::results::Results;
use crate::run::{self, FILE, PAGE};
use crate::summary;

const PLOT: &str = "summary.svg";
const FOLDER: &str = "docs/bench";
const README: &str = "README.md";
/// What is between these lines of the README is made here.
const BEGIN: &str = "<!-- bench: begin -->\n";
const END: &str = "<!-- bench: end -->\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Publishes the last whole run with this effort.
pub(crate) fn publish(effort: Effort) -> io::Result<()> {
    let results = Results::read(&run::folder(effort)?.join(FILE))?;
    is_whole(&results)?;
    write(&results)
}

/// Draws what is published anew, from its own figures.
pub(crate) fn draw_again() -> io::Result<()> {
    write(&Results::read(&root().join(FOLDER).join(FILE))?)
}

fn write(results: &Results) -> io::Result<()> {
    let readme_path = root().join(README);
    let readme = fs::read_to_string(&readme_path)?;
    // Before anything is written.
    let readme = replaced(&readme, &section(results))?;
    let folder = root().join(FOLDER);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(FILE), results.text()?)?;
    fs::write(folder.join(PAGE), page::html(results)?)?;
    fs::write(folder.join(PLOT), picture(results)?)?;
    fs::write(readme_path, readme)?;
    println!("{FOLDER} and {README} show {}", when_and_where(results));
    Ok(())
}

/// An error if the run lacks a group or one of them failed.
fn is_whole(results: &Results) -> io::Result<()> {
    for group in groups::ALL {
        let found = results.groups.iter().find(|found| found.name == group.name);
        let what = match found.map(|found| &found.failure) {
            Some(None) => continue,
            Some(Some(failure)) => format!("{} failed: {failure}", group.name),
            None => format!("{} was not measured", group.name),
        };
        return Err(io::Error::other(format!(
            "only a whole run is published: {what}"
        )));
    }
    Ok(())
}

/// The plot as a file, which has no page around it.
fn picture(results: &Results) -> io::Result<String> {
    let svg = plot::strips(results)?;
    let head = svg.find('>').map_or(0, |end| end + 1);
    let (head, body) = svg.split_at(head);
    Ok(format!("{head}{}{body}", plot::STYLE))
}

/// What stands in the README.
fn section(results: &Results) -> String {
    let mut text = wrapped(&format!(
        "{}. Each figure is what a kind of ours costs in the cost of another: the median of the \
         rounds, and where a group has several cases the lowest and the highest of them.",
        when_and_where(results)
    ));
    text += "\n";
    text += "| group | ours | beside | goals |\n| --- | --- | --- | --- |\n";
    for group in &results.groups {
        for (n, line) in summary::lines(group).iter().enumerate() {
            let others = line.others.iter();
            let others = others.map(|(kind, ratios)| format!("{kind} {}", summary::range(ratios)));
            let others = others.collect::<Vec<_>>().join(" · ");
            let goals = match n {
                0 => summary::in_words(&summary::verdicts(group)),
                _ => String::new(),
            };
            text += &format!("| {} | {} | {others} | {goals} |\n", group.name, line.kind);
        }
    }
    text += &format!("\n![every ratio of the run]({FOLDER}/{PLOT})\n\n");
    text += &format!(
        "All cases, with quartiles, system calls and allocations: [the report]({FOLDER}/{PAGE}),\n\
         to be opened in a browser, and [its figures]({FOLDER}/{FILE}).\n"
    );
    text
}

/// The words in lines of a document's width.
fn wrapped(words: &str) -> String {
    const COLUMNS: usize = 100;
    let (mut text, mut column) = (String::new(), 0);
    for word in words.split_whitespace() {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > COLUMNS {
            text.push('\n');
            column = 0;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += width;
    }
    text + "\n"
}

/// The README with another section.
fn replaced(readme: &str, section: &str) -> io::Result<String> {
    let parts = readme.split_once(BEGIN).and_then(|(before, rest)| {
        let (_old, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) = parts
        .ok_or_else(|| io::Error::other(format!("{README} has no lines {BEGIN:?} and {END:?}")))?;
    Ok(format!("{before}{BEGIN}{section}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::{FILE, FOLDER, PAGE, PLOT, README};
    use super::{is_whole, picture, replaced, root, section};
    use crate::groups;
    use crate::page;
    use crate::results::{Results, samples};

    #[test]
    fn what_is_published_is_what_its_figures_say() -> std::io::Result<()> {
        let read = |path: &str| std::fs::read_to_string(root().join(path));
        let published = |name: &str| read(&format!("{FOLDER}/{name}"));
        let results = Results::read(&root().join(FOLDER).join(FILE))?;
        assert_eq!(published(FILE)?, results.text()?);
        assert!(
            published(PAGE)? == page::html(&results)?,
            "{PAGE} is another run's"
        );
        assert!(
            published(PLOT)? == picture(&results)?,
            "{PLOT} is another run's"
        );
        let readme = read(README)?;
        assert_eq!(replaced(&readme, &section(&results))?, readme);
        Ok(())
    }

    #[test]
    fn a_readme_keeps_what_is_not_between_the_lines() -> std::io::Result<()> {
        let (begin, end) = (super::BEGIN, super::END);
        let readme = format!("a\n{begin}old\n{end}b\n");
        assert_eq!(
            replaced(&readme, "new\n")?,
            format!("a\n{begin}new\n{end}b\n")
        );
        for wrong in ["", begin, end, &format!("{end}{begin}")] {
            assert!(replaced(wrong, "new\n").is_err(), "{wrong:?}");
        }
        Ok(())
    }

    #[test]
    fn a_part_of_a_run_is_not_published() {
        let is_refused = |results: &Results, why: &str| {
            let refused = is_whole(results);
            refused.is_err_and(|error| error.to_string().contains(why))
        };
        let mut results = samples::results();
        results.groups[0].name = groups::ALL[0].name.to_owned();
        let second = groups::ALL[1].name;
        assert!(is_refused(&results, &format!("{second} was not measured")));
        results.groups[0].failure = Some("why".to_owned());
        assert!(is_refused(&results, "failed: why"));
    }

    #[test]
    fn the_section_has_a_row_for_each_kind_of_ours() {
        let text = section(&samples::results());
        let row = "| wait | poll-os | raw 0.50 · mio 0.25 | 2 met, 2 missed |";
        assert!(text.contains(row), "{text}");
        let head = "2026-11-22, A CPU & more, 2 CPUs, Linux 6.18, rustc 1.95.0; quick run of 3 s";
        assert!(text.starts_with(head), "{text}");
        let prose = text.lines().filter(|line| !line.starts_with('|'));
        assert!(
            prose.clone().all(|line| line.chars().count() <= 100),
            "{text}"
        );
        assert!(
            prose.clone().any(|line| line.chars().count() > 80),
            "{text}"
        );
    }

    #[test]
    fn the_picture_is_well_formed_and_has_its_style() -> Result<(), Box<dyn core::error::Error>> {
        let svg = picture(&samples::results())?;
        let document = roxmltree::Document::parse(&svg)?;
        let first = document.root_element().first_child();
        assert_eq!(first.map(|node| node.tag_name().name()), Some("style"));
        Ok(())
    }
}
