//! Curves on logarithmic axes: cost against size, and how latencies are distributed.

use std::io;

use plotters::prelude::*;
use plotters::style::FontTransform;
use plotters::style::text_anchor::HPos;

use super::bars::pixel;
use super::{Area, GRID, INK, Label, Palette, apart, bounds, draw, marks, text, tick, time_tick};
use crate::harness::is_again;
use crate::results::{CaseResults, Row};
use crate::stats::{PARTS, Quartiles, float};

const SIZE: (u32, u32) = (640, 340);
// The edges of the curves; their names stand to the right of them.
const LEFT: i32 = 76;
const RIGHT: i32 = 470;
const TOP: i32 = 12;
const BOTTOM: i32 = 290;

/// A curve: a kind with its points, and whether it is ours.
struct Curve<'a> {
    row: &'a Row,
    colour: RGBColor,
    points: Vec<(f64, f64)>,
    // Around each point, where there are any.
    spread: Vec<(f64, Quartiles)>,
}

/// An axis: what it says, and where.
struct Axis {
    least: f64,
    most: f64,
    scale: Scale,
    // The pixels of the least and of the most.
    ends: (i32, i32),
    title: String,
    tick: fn(f64) -> String,
}

/// How an axis counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scale {
    Linear,
    Logarithmic,
}

impl Axis {
    fn at(&self, figure: f64) -> i32 {
        let part = match self.scale {
            Scale::Linear => (figure - self.least) / (self.most - self.least),
            Scale::Logarithmic => (figure / self.least).ln() / (self.most / self.least).ln(),
        };
        pixel(self.ends.0, self.ends.1, part)
    }

    fn marks(&self) -> Vec<f64> {
        match self.scale {
            Scale::Linear => {
                let step = (self.most - self.least) / 4.0;
                (0..=4).map(|n| self.least + f64::from(n) * step).collect()
            }
            Scale::Logarithmic => marks(self.least, self.most),
        }
    }
}

/// Cost against size, of each kind that has more than one size; none where no kind has.
pub(crate) fn growth(
    cases: &[(u64, &CaseResults)],
    palette: &Palette<'_>,
) -> io::Result<Option<String>> {
    let Some((_, first)) = cases.first() else {
        return Ok(None);
    };
    let of = first.size.as_ref().map_or("", |place| place.of.as_str());
    let is_time = first.unit.ends_with("ns");
    let colours = palette.colours(&first.rows);
    let mut curves = Vec::new();
    for (row, colour) in first.rows.iter().zip(colours) {
        let spread: Vec<(f64, Quartiles)> = cases
            .iter()
            .filter_map(|(size, case)| {
                let same = case.rows.iter().find(|other| other.kind == row.kind)?;
                (same.cost.median > 0.0).then(|| (float(*size), same.cost))
            })
            .collect();
        if spread.len() > 1 && !is_again(&row.kind) {
            let points = spread.iter().map(|(size, cost)| (*size, cost.median));
            let points = points.collect();
            curves.push(Curve {
                row,
                colour,
                points,
                spread,
            });
        }
    }
    let sizes = bounds(cases.iter().map(|(size, _)| float(*size)));
    let costs = bounds(curves.iter().flat_map(|curve| {
        let all = curve.spread.iter();
        all.flat_map(|(_, cost)| [cost.lower, cost.median, cost.upper])
    }));
    let (Some((few, many)), Some((least, most))) = (sizes, costs) else {
        return Ok(None);
    };
    let x = Axis {
        least: few / 1.1,
        most: many * 1.1,
        scale: Scale::Logarithmic,
        ends: (LEFT, RIGHT),
        title: of.to_owned(),
        tick,
    };
    let y = Axis {
        least: least / 1.3,
        most: most * 1.3,
        scale: Scale::Logarithmic,
        ends: (BOTTOM, TOP),
        title: match is_time {
            true => "cost of an operation".to_owned(),
            false => first.unit.clone(),
        },
        tick: if is_time { time_tick } else { tick },
    };
    plot(&curves, &x, &y).map(Some)
}

/// What part of the operations took at most so long, of each kind that was looked at so closely;
/// none where no kind was.
pub(crate) fn distribution(
    case: &CaseResults,
    palette: &Palette<'_>,
) -> io::Result<Option<String>> {
    let mut curves = Vec::new();
    for (row, colour) in case.rows.iter().zip(palette.colours(&case.rows)) {
        let parts = (0_u32..).map(|part| f64::from(part) / 2.0);
        let steps = row.latencies.iter().zip(parts);
        // A logarithm has no zero.
        let points: Vec<(f64, f64)> = steps
            .map(|(&nanos, part)| (float(nanos.max(1)), part))
            .collect();
        if points.len() == PARTS + 1 && !is_again(&row.kind) {
            let spread = Vec::new();
            curves.push(Curve {
                row,
                colour,
                points,
                spread,
            });
        }
    }
    let times = curves.iter().flat_map(|curve| &curve.points);
    let Some((least, most)) = bounds(times.map(|(time, _)| *time)) else {
        return Ok(None);
    };
    let x = Axis {
        least: least / 1.1,
        most: most * 1.1,
        scale: Scale::Logarithmic,
        ends: (LEFT, RIGHT),
        title: "latency".to_owned(),
        tick: time_tick,
    };
    let y = Axis {
        least: 0.0,
        most: 100.0,
        scale: Scale::Linear,
        ends: (BOTTOM, TOP),
        title: "operations that took no longer, %".to_owned(),
        tick,
    };
    plot(&curves, &x, &y).map(Some)
}

fn plot(curves: &[Curve<'_>], x: &Axis, y: &Axis) -> io::Result<String> {
    draw(SIZE, |area| {
        axes(area, x, y)?;
        let mut labels = Vec::new();
        for curve in curves {
            let colour = curve.colour;
            let width = if curve.row.is_ours() { 3 } else { 2 };
            let pixels = curve.points.iter().map(|(a, b)| (x.at(*a), y.at(*b)));
            let pixels: Vec<(i32, i32)> = pixels.collect();
            for (at, cost) in &curve.spread {
                let (at, lower, upper) = (x.at(*at), y.at(cost.lower), y.at(cost.upper));
                let line = vec![(at, lower), (at, upper)];
                area.draw(&PathElement::new(line, colour.stroke_width(1)))?;
                area.draw(&Circle::new((at, y.at(cost.median)), 3, colour.filled()))?;
            }
            // A name stands at the end of its curve; where all end at the top, in their order.
            let end = match curve.spread.is_empty() {
                true => x.at(curve.row.quantile(PARTS / 2).unwrap_or(0.0)) * (BOTTOM - TOP) / RIGHT,
                false => pixels.last().map_or(TOP, |(_, y)| *y),
            };
            labels.push(Label {
                y: end,
                name: curve.row.kind.clone(),
                colour,
            });
            area.draw(&PathElement::new(pixels, colour.stroke_width(width)))?;
        }
        apart(&mut labels, TOP + 4, BOTTOM);
        for label in labels {
            let mark = [(RIGHT + 10, label.y - 1), (RIGHT + 22, label.y + 2)];
            area.draw(&Rectangle::new(mark, label.colour.filled()))?;
            let style = text(15, INK, HPos::Left);
            area.draw(&Text::new(label.name, (RIGHT + 28, label.y), style))?;
        }
        Ok(())
    })
}

fn axes(area: &Area<'_>, x: &Axis, y: &Axis) -> Result<(), Box<dyn core::error::Error>> {
    for mark in x.marks() {
        let at = x.at(mark);
        let line = vec![(at, TOP), (at, BOTTOM)];
        area.draw(&PathElement::new(line, GRID))?;
        let style = text(14, INK, HPos::Center);
        area.draw(&Text::new((x.tick)(mark), (at, BOTTOM + 14), style))?;
    }
    for mark in y.marks() {
        let at = y.at(mark);
        let line = vec![(LEFT, at), (RIGHT, at)];
        area.draw(&PathElement::new(line, GRID))?;
        let style = text(14, INK, HPos::Right);
        area.draw(&Text::new((y.tick)(mark), (LEFT - 7, at), style))?;
    }
    for line in [
        [(LEFT, TOP), (LEFT, BOTTOM)],
        [(LEFT, BOTTOM), (RIGHT, BOTTOM)],
    ] {
        area.draw(&PathElement::new(line.to_vec(), INK.stroke_width(1)))?;
    }
    let style = text(14, INK, HPos::Center);
    let below = ((LEFT + RIGHT) / 2, BOTTOM + 34);
    area.draw(&Text::new(x.title.as_str(), below, style.clone()))?;
    let beside = (14, (TOP + BOTTOM) / 2);
    let upright = style.transform(FontTransform::Rotate270);
    area.draw(&Text::new(y.title.as_str(), beside, upright))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Palette, distribution, growth};
    use crate::results::samples;
    use crate::stats::quantiles;

    #[test]
    fn a_series_is_one_curve_for_each_kind_but_the_reference_again() -> std::io::Result<()> {
        let (few, many) = (samples::case("few", 1), samples::case("many", 1_000));
        let palette = Palette::default();
        let svg = growth(&[(1, &few), (1_000, &many)], &palette)?.unwrap_or_default();
        let has = |name: &str| svg.contains(&format!("\n{name}\n"));
        assert!(
            has("raw") && has("mio") && has("poll-os") && has("sources"),
            "{svg}"
        );
        assert!(!has("raw again"), "{svg}");
        assert!(
            growth(&[(1, &few)], &palette)?.is_none(),
            "one point is no curve"
        );
        Ok(())
    }

    #[test]
    fn only_kinds_with_latencies_have_a_distribution() -> std::io::Result<()> {
        let mut case = samples::case("few", 1);
        assert!(distribution(&case, &Palette::default())?.is_none());
        case.rows[2].latencies = quantiles((0..5_000).collect());
        let svg = distribution(&case, &Palette::default())?.unwrap_or_default();
        let has = |name: &str| svg.contains(&format!("\n{name}\n"));
        assert!(has("mio") && !has("poll-os") && has("latency"), "{svg}");
        Ok(())
    }
}
