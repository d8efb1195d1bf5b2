//! The whole run in one plot: every ratio of ours to another kind, a strip for each kind of ours.

use std::io;

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::bars::pixel;
use super::{GRID, INK, OURS, bounds, draw, marks, text, tick};
use crate::results::Results;
use crate::stats::Quartiles;
use crate::summary::{lines, ratio};

const WIDTH: i32 = 820;
const ROW: i32 = 22;
const LEFT: i32 = 270;
const RIGHT: i32 = WIDTH - 60;
const TOP: i32 = 34;
const BELOW: i32 = 44;
// What is further away than this is drawn at the edge, so that the rest can be told apart.
const FURTHEST: f64 = 100.0;

/// The plot of a run.
pub(crate) fn strips(results: &Results) -> io::Result<String> {
    let mut strips: Vec<(String, Vec<f64>)> = Vec::new();
    for group in &results.groups {
        for line in lines(group) {
            strips.push((
                format!("{}: {}", group.name, line.kind),
                line.ratios().collect(),
            ));
        }
    }
    let all = strips.iter().flat_map(|(_, ratios)| ratios.iter().copied());
    let (least, most) = bounds(all).unwrap_or((1.0, 1.0));
    let least = least.clamp(1.0 / FURTHEST, 0.5) / 1.2;
    let most = most.clamp(2.0, FURTHEST) * 1.2;
    let at = |figure: f64| {
        let part = (figure / least).ln() / (most / least).ln();
        pixel(LEFT, RIGHT, part)
    };
    let count = i32::try_from(strips.len()).map_err(io::Error::other)?;
    let bottom = TOP + count * ROW;
    let size = (WIDTH.unsigned_abs(), (bottom + BELOW).unsigned_abs());
    draw(size, |area| {
        for mark in marks(least, most) {
            let x = at(mark);
            area.draw(&PathElement::new(vec![(x, TOP), (x, bottom)], GRID))?;
            let style = text(14, INK, HPos::Center);
            area.draw(&Text::new(tick(mark), (x, bottom + 13), style))?;
        }
        let one = at(1.0);
        let line = vec![(one, TOP - 6), (one, bottom)];
        area.draw(&PathElement::new(line, INK.stroke_width(1)))?;
        for (words, x, side) in [
            ("poll-io costs less", one - 12, HPos::Right),
            ("poll-io costs more", one + 12, HPos::Left),
        ] {
            area.draw(&Text::new(words, (x, TOP - 16), text(15, INK, side)))?;
        }
        for ((name, ratios), n) in strips.iter().zip(0..) {
            let y = TOP + n * ROW + ROW / 2;
            let line = vec![(LEFT, y), (RIGHT, y)];
            area.draw(&PathElement::new(line, GRID))?;
            for figure in ratios {
                let point = (at(*figure), y);
                area.draw(&Circle::new(point, 4, OURS[0].mix(0.55).filled()))?;
            }
            let median = Quartiles::of(ratios).median;
            let x = at(median);
            let line = vec![(x, y - 8), (x, y + 8)];
            area.draw(&PathElement::new(line, INK.stroke_width(2)))?;
            let style = text(15, INK, HPos::Right);
            area.draw(&Text::new(name.as_str(), (LEFT - 10, y), style.clone()))?;
            area.draw(&Text::new(ratio(median), (WIDTH - 6, y), style))?;
        }
        let words = "cost in that of another kind, one dot for each and each case; stroke: median";
        let middle = ((LEFT + RIGHT) / 2, bottom + 32);
        area.draw(&Text::new(words, middle, text(14, INK, HPos::Center)))?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::strips;
    use crate::results::samples;

    #[test]
    fn each_kind_of_ours_is_a_strip_with_a_dot_for_each_ratio() -> std::io::Result<()> {
        let svg = strips(&samples::results())?;
        assert!(svg.contains("\nwait: poll-os\n"), "{svg}");
        assert_eq!(svg.matches("<circle").count(), 4, "{svg}");
        Ok(())
    }
}
