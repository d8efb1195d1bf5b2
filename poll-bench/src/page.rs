//! The report: one page of HTML with its plots, which needs nothing from anywhere else. It is
//! well-formed XML too, so that it can be checked.

mod tables;

use std::io;

use crate::goals::Verdict;
use crate::plot::{self, Palette};
use crate::progress::span;
use crate::results::{CaseResults, GroupResults, Results};
use crate::summary;

const STYLE: &str = include_str!("page/style.css");
const METHOD: &str = include_str!("page/method.html");

/// The page of a run.
pub(crate) fn html(results: &Results) -> io::Result<String> {
    let mut page = Page(String::new());
    page.raw(
        "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n",
    );
    page.raw("<meta charset=\"utf-8\"/>\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
    page.raw("<meta name=\"color-scheme\" content=\"light dark\"/>\n");
    page.element("title", "poll-io beside its peers");
    page.raw("<style>\n");
    page.raw(STYLE);
    page.raw("</style>\n</head>\n<body>\n<header>\n");
    page.element("h1", "poll-io beside its peers");
    page.element("p", &when_and_where(results));
    tables::verdicts(
        &mut page,
        &summary::count(results.goals().map(|(_, _, goal)| goal.verdict)),
    );
    page.raw("<nav>");
    for (anchor, name) in [
        ("overview", "overview"),
        ("goals", "goals"),
        ("method", "how"),
    ] {
        page.raw(&format!("<a href=\"#{anchor}\">{name}</a> "));
    }
    for group in &results.groups {
        let name = escaped(&group.name);
        page.raw(&format!("<a href=\"#{name}\">{name}</a> "));
    }
    page.raw("</nav>\n</header>\n<main>\n");
    page.section("overview", "Overview");
    page.element(
        "p",
        "Each dot is the cost of one of our kinds in that of another in one case: a dot left of \
         the line is a case in which poll-io costs less. The axis is logarithmic.",
    );
    page.figure(&plot::strips(results)?);
    tables::groups(&mut page, results);
    page.raw("</section>\n");
    page.section("goals", "Goals");
    match results.goals().next() {
        Some(_) => tables::goals(&mut page, results),
        None => page.element("p", "None was looked at in this run."),
    }
    page.raw("</section>\n");
    page.section("method", "How it was measured");
    page.raw(METHOD);
    tables::machine(&mut page, results);
    page.raw("</section>\n");
    for group in &results.groups {
        one_group(&mut page, group)?;
    }
    page.raw("</main>\n</body>\n</html>\n");
    Ok(page.0)
}

/// The first line: what was run where.
pub(crate) fn when_and_where(results: &Results) -> String {
    let machine = &results.machine;
    let date = results.date.split_once('T').map_or("", |(day, _)| day);
    let (cpu, cpus, system, rustc) = (&machine.cpu, machine.cpus, &machine.system, &machine.rustc);
    // The date of the compiler says nothing that its version does not.
    let rustc = rustc
        .split_once(" (")
        .map_or(rustc.as_str(), |(version, _)| version);
    let (effort, length) = (&results.effort, span(results.seconds));
    // Other work is the first thing to know of figures.
    let load = machine.load.map_or_else(String::new, |load| {
        format!(", {load:.1} threads at work in the minute before")
    });
    format!("{date}, {cpu}, {cpus} CPUs, {system}, {rustc}; {effort} run of {length}{load}")
}

fn one_group(page: &mut Page, group: &GroupResults) -> io::Result<()> {
    page.section(&group.name, &group.name);
    page.raw("<p class=\"about\">");
    page.words(&group.about);
    page.raw("</p>\n");
    if let Some(failure) = &group.failure {
        page.raw("<p class=\"failure\">");
        page.words(&format!("Failed: {failure}"));
        page.raw("</p>\n");
    }
    let palette = Palette::of(&group.cases);
    let mut growths = Vec::new();
    for (series, cases) in summary::series(group) {
        if let Some(svg) = plot::growth(&cases, &palette)? {
            growths.push((series, cases[0].1.size.as_ref(), svg));
        }
    }
    if !growths.is_empty() {
        page.raw("<article class=\"beside\">\n");
        for (series, place, svg) in growths {
            let of = place.map_or("", |place| place.of.as_str());
            page.raw("<div>");
            page.element("h3", &format!("{series}: cost against {of}"));
            page.figure(&svg);
            page.raw("</div>\n");
        }
        page.raw("</article>\n");
    }
    for case in &group.cases {
        one_case(page, case, &palette)?;
    }
    page.raw("</section>\n");
    Ok(())
}

fn one_case(page: &mut Page, case: &CaseResults, palette: &Palette<'_>) -> io::Result<()> {
    page.raw("<article>\n");
    page.element("h3", &case.name);
    page.raw("<p class=\"operation\">");
    page.words(&format!("One operation: {}.", case.operation));
    page.raw("</p>\n<div class=\"beside\">\n<div>\n");
    page.figure(&plot::bars(case, palette)?);
    if let Some(svg) = plot::distribution(case, palette)? {
        page.figure(&svg);
    }
    page.raw("</div>\n");
    tables::case(page, case);
    page.raw("</div>\n</article>\n");
    Ok(())
}

/// A page that grows.
struct Page(String);

impl Page {
    fn raw(&mut self, html: &str) {
        self.0.push_str(html);
    }

    fn words(&mut self, words: &str) {
        self.0.push_str(&escaped(words));
    }

    fn element(&mut self, name: &str, words: &str) {
        self.raw(&format!("<{name}>{}</{name}>\n", escaped(words)));
    }

    fn cell(&mut self, words: &str) {
        self.raw(&format!("<td>{}</td>", escaped(words)));
    }

    fn section(&mut self, anchor: &str, title: &str) {
        self.raw(&format!("<section id=\"{}\">\n", escaped(anchor)));
        self.element("h2", title);
    }

    fn figure(&mut self, svg: &str) {
        self.raw("<figure>\n");
        self.raw(svg);
        self.raw("</figure>\n");
    }

    fn verdict(&mut self, verdict: Verdict, words: &str) {
        let class = match verdict {
            Verdict::Met => "met",
            Verdict::WithinNoise | Verdict::Unclear => "unclear",
            Verdict::Missed => "missed",
        };
        self.raw(&format!(
            "<span class=\"verdict {class}\">{}</span>",
            escaped(words)
        ));
    }
}

/// Text as it stands between tags and in attributes.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::html;
    use crate::results::{Results, samples};
    use crate::stats::{Quartiles, quantiles};

    // The page's text, if it is well-formed and asks for nothing.
    fn read(results: &Results) -> Result<String, Box<dyn core::error::Error>> {
        let page = html(results)?;
        let options = roxmltree::ParsingOptions {
            allow_dtd: true,
            ..Default::default()
        };
        let document = roxmltree::Document::parse_with_options(&page, options)?;
        for node in document.descendants() {
            for name in ["src", "href"] {
                let target = node.attribute(name).unwrap_or("#");
                assert!(target.starts_with('#'), "{target}");
                let anchor = node.attribute(name).and_then(|link| link.strip_prefix('#'));
                let is_there = |anchor: &str| {
                    let mut nodes = document.descendants();
                    nodes.any(|node| node.attribute("id") == Some(anchor))
                };
                assert!(anchor.is_none_or(is_there), "{target} leads nowhere");
            }
            assert_ne!(node.tag_name().name(), "script");
        }
        let texts = document.descendants().filter_map(|node| node.text());
        Ok(texts.collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn a_page_is_well_formed_and_stands_alone() -> Result<(), Box<dyn core::error::Error>> {
        let mut results = samples::results();
        results.groups[0].cases[0].rows[2].latencies = quantiles((0..500).collect());
        let text = read(&results)?;
        for words in [
            "A CPU & more",
            "write & <wait>",
            "one ready: cost against sources",
            "poll-os to mio",
            "missed",
            "2026-11-22",
            "1.2.4",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        Ok(())
    }

    #[test]
    fn a_page_is_made_of_what_is_there() -> Result<(), Box<dyn core::error::Error>> {
        let mut results = samples::results();
        let group = &mut results.groups[0];
        group.failure = Some("<no> \"such\" & thing".to_owned());
        // Costs of nothing, ratios that are no numbers, a case without rows, a smoke run's goals.
        group.cases[0].rows[3].ratio = Quartiles::of(&[]);
        group.cases[0].rows[3].cost = Quartiles::of(&[0.0]);
        group.cases[0].rows[3].rounds = vec![0.0; 3];
        group.cases[1].rows.clear();
        for case in &mut group.cases {
            case.goals.clear();
        }
        let text = read(&results)?;
        assert!(text.contains("Failed: <no> \"such\" & thing"), "{text}");
        results.groups.clear();
        read(&results)?;
        Ok(())
    }
}
