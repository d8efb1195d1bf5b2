//! The tables of the page.

use super::{Page, escaped};
use crate::goals::{Outcome, Verdict};
use crate::progress::span;
use crate::report::{COUNTS, Count, optional};
use crate::results::{CaseResults, Results, Row};
use crate::stats::Quartiles;
use crate::summary::{self, quantity, ratio};

/// How many goals have which verdict.
pub(super) fn verdicts(page: &mut Page, counts: &[(Verdict, usize)]) {
    if counts.is_empty() {
        return;
    }
    page.raw("<p class=\"verdicts\">");
    page.words("Goals: ");
    for (verdict, count) in counts {
        page.verdict(*verdict, &format!("{count} {}", verdict.name()));
        page.raw(" ");
    }
    page.raw("</p>\n");
}

/// A line for each kind of ours in each group.
pub(super) fn groups(page: &mut Page, results: &Results) {
    head(page, &["group", "ours", "in the cost of", "goals", "took"]);
    for group in &results.groups {
        let lines = summary::lines(group);
        let first = lines
            .iter()
            .map(Some)
            .chain(lines.is_empty().then_some(None));
        for (n, line) in first.enumerate() {
            page.raw("<tr>");
            if n == 0 {
                let name = escaped(&group.name);
                page.raw(&format!("<td><a href=\"#{name}\">{name}</a></td>"));
            } else {
                page.raw("<td></td>");
            }
            page.cell(line.map_or("", |line| line.kind));
            let others = line.map_or(&[][..], |line| &line.others);
            let others = others.iter().map(|(kind, ratios)| {
                let range = summary::range(ratios);
                format!("<b>{}</b> {range}", escaped(kind))
            });
            page.raw(&format!(
                "<td>{}</td>",
                others.collect::<Vec<_>>().join(" · ")
            ));
            let is_first = n == 0;
            let goals = is_first.then(|| summary::in_words(&summary::verdicts(group)));
            page.cell(&goals.unwrap_or_default());
            let time = is_first.then(|| span(group.seconds));
            page.cell(&time.unwrap_or_default());
            page.raw("</tr>\n");
        }
    }
    end(page);
}

/// Every goal.
pub(super) fn goals(page: &mut Page, results: &Results) {
    head(
        page,
        &[
            "group",
            "case",
            "figure",
            "found",
            "quartiles",
            "at most",
            "verdict",
        ],
    );
    for (group, case, goal) in results.goals() {
        let name = escaped(&group.name);
        page.raw(&format!("<tr><td><a href=\"#{name}\">{name}</a></td>"));
        page.cell(&case.name);
        page.cell(&goal.what);
        let Quartiles {
            lower,
            median,
            upper,
        } = goal.found;
        let figure = |figure| goal_figure(case, goal, figure);
        page.raw(&format!("<td class=\"number\">{}</td>", figure(median)));
        let range = match lower == upper {
            true => String::new(),
            false => format!("{} – {}", figure(lower), figure(upper)),
        };
        page.raw(&format!("<td class=\"number\">{range}</td>"));
        page.raw(&format!(
            "<td class=\"number\">{}</td><td>",
            figure(goal.at_most)
        ));
        page.verdict(goal.verdict, goal.verdict.name());
        page.raw("</td></tr>\n");
    }
    end(page);
}

fn goal_figure(case: &CaseResults, goal: &Outcome, figure: f64) -> String {
    match goal.is_cost {
        true => quantity(figure, &case.unit),
        false => ratio(figure),
    }
}

/// What was found in a case.
pub(super) fn case(page: &mut Page, case: &CaseResults) {
    let ours: Vec<&Row> = case.rows.iter().filter(|row| row.is_ours()).collect();
    let counts: Vec<&Count> = COUNTS
        .iter()
        .filter(|count| case.rows.iter().any(|row| (count.of)(row).is_some()))
        .collect();
    let reference = case.rows.first().map_or("", |row| row.kind.as_str());
    let mut titles = vec![
        "kind".to_owned(),
        "cost".to_owned(),
        format!("÷ {reference}"),
    ];
    titles.extend(ours.iter().map(|own| format!("{} ÷ it", own.kind)));
    titles.extend(counts.iter().map(|count| count.name.to_owned()));
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    head(page, &titles);
    for row in &case.rows {
        let class = if row.is_ours() { " class=\"ours\"" } else { "" };
        page.raw(&format!("<tr{class}>"));
        page.cell(&row.kind);
        quartiles(page, row.cost, |figure| quantity(figure, &case.unit));
        quartiles(page, row.ratio, ratio);
        for own in &ours {
            match own.kind == row.kind {
                true => page.raw("<td></td>"),
                false => quartiles(page, own.ratio_to(row), ratio),
            }
        }
        for count in &counts {
            let figure = (count.of)(row);
            let words = match (figure, count.unit) {
                (Some(figure), Some(unit)) => quantity(figure, unit),
                _ => optional(figure, count.digits),
            };
            page.raw(&format!("<td class=\"number\">{words}</td>"));
        }
        page.raw("</tr>\n");
    }
    end(page);
    for goal in &case.goals {
        page.raw("<p class=\"goal\">");
        page.verdict(goal.verdict, goal.verdict.name());
        let figure = |figure| goal_figure(case, goal, figure);
        let (found, most) = (figure(goal.found.median), figure(goal.at_most));
        page.words(&format!(" {}: {found}, at most {most}", goal.what));
        page.raw("</p>\n");
    }
}

/// The machine and the versions.
pub(super) fn machine(page: &mut Page, results: &Results) {
    let machine = &results.machine;
    let load = machine
        .load
        .map_or_else(|| "unknown".to_owned(), |load| format!("{load:.2}"));
    head(page, &["", ""]);
    for (name, value) in [
        ("date", results.date.as_str()),
        ("CPU", machine.cpu.as_str()),
        ("CPUs", &machine.cpus.to_string()),
        ("system", machine.system.as_str()),
        ("load of the minute before", &load),
        ("compiler", machine.rustc.as_str()),
        ("profile", machine.profile.as_str()),
        ("commit", machine.commit.as_deref().unwrap_or("unknown")),
        ("effort", results.effort.as_str()),
        (
            "system calls counted by",
            results.tracer.as_deref().unwrap_or("nothing"),
        ),
    ] {
        page.raw("<tr>");
        page.cell(name);
        page.cell(value);
        page.raw("</tr>\n");
    }
    end(page);
    page.raw("<p class=\"versions\">");
    let versions = results.versions.iter();
    let versions = versions.map(|found| format!("{} {}", found.name, found.version));
    page.words(&versions.collect::<Vec<_>>().join(", "));
    page.raw("</p>\n");
}

// A median, and its quartiles in small print.
fn quartiles(page: &mut Page, figures: Quartiles, words: impl Fn(f64) -> String) {
    let Quartiles {
        lower,
        median,
        upper,
    } = figures;
    page.raw(&format!(
        "<td class=\"number\">{} <small>{} – {}</small></td>",
        escaped(&words(median)),
        escaped(&words(lower)),
        escaped(&words(upper))
    ));
}

fn head(page: &mut Page, titles: &[&str]) {
    page.raw("<div class=\"table\"><table>\n<thead><tr>");
    for title in titles {
        page.raw(&format!("<th>{}</th>", escaped(title)));
    }
    page.raw("</tr></thead>\n<tbody>\n");
}

fn end(page: &mut Page) {
    page.raw("</tbody></table></div>\n");
}
