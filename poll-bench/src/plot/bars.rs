//! The ratio of each kind of a case to the reference, with the quartiles.

use std::io;

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::{GRID, INK, Palette, bounds, draw, marks, text, tick};
use crate::results::CaseResults;
use crate::summary::ratio;

const WIDTH: i32 = 560;
const ROW: i32 = 24;
// Where the kinds' names end, where the axis ends, and what is above and below the bars.
const LEFT: i32 = 160;
const RIGHT: i32 = WIDTH - 56;
const TOP: i32 = 6;
const BELOW: i32 = 40;

/// Bars from nothing on a linear axis, or from 1 on a logarithmic one where ratios are far apart.
enum Axis {
    Linear { most: f64 },
    Logarithmic { least: f64, most: f64 },
}

impl Axis {
    fn of(case: &CaseResults) -> Self {
        let ratios = case.rows.iter().map(|row| row.ratio);
        let all = ratios.flat_map(|ratio| [ratio.lower, ratio.median, ratio.upper]);
        let (least, most) = bounds(all).unwrap_or((1.0, 1.0));
        if least >= 0.2 && most <= 4.0 {
            let most = most.max(1.0) * 1.04;
            return Self::Linear { most };
        }
        Self::Logarithmic {
            least: least.min(1.0) / 1.2,
            most: most.max(1.0) * 1.2,
        }
    }

    fn at(&self, figure: f64) -> i32 {
        let part = match *self {
            Self::Linear { most } => figure / most,
            Self::Logarithmic { least, most } => (figure / least).ln() / (most / least).ln(),
        };
        pixel(LEFT, RIGHT, part)
    }

    fn start(&self) -> f64 {
        match self {
            Self::Linear { .. } => 0.0,
            Self::Logarithmic { .. } => 1.0,
        }
    }

    fn marks(&self) -> Vec<f64> {
        match *self {
            Self::Linear { most } => {
                let step = if most > 1.6 { 0.5 } else { 0.25 };
                let all = (0..=16).map(|n| f64::from(n) * step);
                all.take_while(|mark| *mark <= most).collect()
            }
            Self::Logarithmic { least, most } => marks(least, most),
        }
    }

    const fn title(&self) -> &'static str {
        match self {
            Self::Linear { .. } => "cost in that of the reference; whiskers: quartiles",
            Self::Logarithmic { .. } => {
                "cost in that of the reference, logarithmic; whiskers: quartiles"
            }
        }
    }
}

/// The pixel that lies so far between two, which are not left.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "a float becomes a pixel, clamped to a plot's width"
)]
pub(super) fn pixel(from: i32, to: i32, part: f64) -> i32 {
    // What is no number is nothing.
    let part = if part.is_nan() {
        0.0
    } else {
        part.clamp(0.0, 1.0)
    };
    from + (f64::from(to - from) * part).round() as i32
}

/// The plot of a case.
pub(crate) fn bars(case: &CaseResults, palette: &Palette<'_>) -> io::Result<String> {
    let axis = Axis::of(case);
    let count = u32::try_from(case.rows.len()).map_err(io::Error::other)?;
    let rows = i32::try_from(count).map_err(io::Error::other)?;
    let bottom = TOP + rows * ROW;
    let height = u32::try_from(bottom + BELOW).map_err(io::Error::other)?;
    draw((WIDTH.unsigned_abs(), height), |area| {
        for mark in axis.marks() {
            let x = axis.at(mark);
            let line = vec![(x, TOP), (x, bottom)];
            area.draw(&PathElement::new(line, GRID))?;
            let style = text(14, INK, HPos::Center);
            area.draw(&Text::new(tick(mark), (x, bottom + 12), style))?;
        }
        let middle = (LEFT + RIGHT) / 2;
        let style = text(14, INK, HPos::Center);
        area.draw(&Text::new(axis.title(), (middle, bottom + 29), style))?;
        let colours = palette.colours(&case.rows);
        for ((row, colour), n) in case.rows.iter().zip(colours).zip(0..) {
            let y = TOP + n * ROW + ROW / 2;
            let figures = row.ratio;
            let (from, to) = (axis.at(axis.start()), axis.at(figures.median));
            let bar = [(from.min(to), y - 8), (from.max(to), y + 8)];
            area.draw(&Rectangle::new(bar, colour.filled()))?;
            let (lower, upper) = (axis.at(figures.lower), axis.at(figures.upper));
            let whisker = INK.stroke_width(1);
            for line in [
                [(lower, y), (upper, y)],
                [(lower, y - 4), (lower, y + 4)],
                [(upper, y - 4), (upper, y + 4)],
            ] {
                area.draw(&PathElement::new(line.to_vec(), whisker))?;
            }
            let name = text(15, INK, HPos::Right);
            area.draw(&Text::new(row.kind.as_str(), (LEFT - 8, y), name))?;
            let figure = text(14, INK, HPos::Right);
            area.draw(&Text::new(ratio(figures.median), (WIDTH - 4, y), figure))?;
        }
        let one = axis.at(1.0);
        let line = vec![(one, TOP), (one, bottom)];
        area.draw(&PathElement::new(line, INK.stroke_width(1)))?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::{Axis, LEFT, Palette, RIGHT, bars, pixel};
    use crate::results::samples;

    #[test]
    fn ratios_that_are_far_apart_have_a_logarithmic_axis() {
        let mut case = samples::case("one", 1);
        assert!(matches!(Axis::of(&case), Axis::Linear { .. }));
        case.rows[2].ratio.upper = 4.1;
        assert!(matches!(Axis::of(&case), Axis::Logarithmic { .. }));
        case.rows[2].ratio.upper = 2.0;
        case.rows[3].ratio.lower = 0.19;
        let axis = Axis::of(&case);
        assert!(matches!(axis, Axis::Logarithmic { .. }));
        assert!(axis.at(0.19) > LEFT && axis.at(0.19) < axis.at(1.0) && axis.at(2.0) < RIGHT);
    }

    #[test]
    fn a_pixel_stays_between_its_bounds() {
        for (part, expected) in [(0.0, 10), (1.0, 20), (0.5, 15), (7.0, 20), (-1.0, 10)] {
            assert_eq!(pixel(10, 20, part), expected);
        }
        assert_eq!(pixel(10, 20, f64::NAN), 10);
    }

    #[test]
    fn every_kind_has_its_name_and_its_ratio() -> std::io::Result<()> {
        let cases = [samples::case("one", 1)];
        let svg = bars(&cases[0], &Palette::of(&cases))?;
        for word in ["raw again", "mio", "poll-os", "0.50", "2.00"] {
            assert!(svg.contains(&format!("\n{word}\n")), "{word}: {svg}");
        }
        Ok(())
    }
}
