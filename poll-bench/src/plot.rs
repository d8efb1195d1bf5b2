//! The plots of the report, each a string of SVG; what they say is in its file, what they look like
//! here.

mod bars;
mod curves;
mod strips;

use std::io;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub(crate) use bars::bars;
pub(crate) use curves::{distribution, growth};
pub(crate) use strips::strips;

use crate::harness::is_again;
use crate::results::{CaseResults, Row};

/// What is drawn on.
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Text and axes. The style sheet of the page replaces this and the next by what suits the
/// reader's background, so no series may have them.
const INK: RGBColor = RGBColor(17, 17, 17);
/// Lines that help the eye.
const GRID: RGBColor = RGBColor(221, 221, 221);
/// The reference, and what is the reference again.
const REFERENCE: RGBColor = RGBColor(125, 133, 144);

/// The colours of our kinds, and those of the others: none is lost on white or on black.
const OURS: [RGBColor; 6] = [
    RGBColor(228, 87, 46),
    RGBColor(240, 155, 30),
    RGBColor(200, 35, 70),
    RGBColor(255, 140, 105),
    RGBColor(165, 70, 30),
    RGBColor(235, 190, 90),
];
const OTHERS: [RGBColor; 10] = [
    RGBColor(59, 125, 216),
    RGBColor(42, 157, 143),
    RGBColor(142, 107, 191),
    RGBColor(122, 158, 58),
    RGBColor(194, 86, 155),
    RGBColor(79, 163, 209),
    RGBColor(160, 110, 60),
    RGBColor(95, 110, 170),
    RGBColor(60, 180, 110),
    RGBColor(175, 130, 200),
];

/// The style sheet that an SVG file needs where no page has one.
pub(crate) const STYLE: &str = "<style>\
    text { font-family: system-ui, sans-serif }\
    @media (prefers-color-scheme: dark) {\
    [fill=\"#111111\"] { fill: #d7dce2 } [stroke=\"#111111\"] { stroke: #d7dce2 }\
    [fill=\"#DDDDDD\"] { fill: #3a4048 } [stroke=\"#DDDDDD\"] { stroke: #3a4048 }\
    }</style>";

/// The colours of a group's kinds, the same in all of its cases.
#[derive(Default)]
pub(crate) struct Palette<'a> {
    ours: Vec<&'a str>,
    others: Vec<&'a str>,
}

impl<'a> Palette<'a> {
    /// Of the kinds of these cases, in the order in which they first stand there.
    pub(crate) fn of(cases: &'a [CaseResults]) -> Self {
        let mut palette = Self::default();
        for row in cases.iter().flat_map(|case| &case.rows) {
            let kinds = match row.is_ours() {
                true => &mut palette.ours,
                false => &mut palette.others,
            };
            if !is_again(&row.kind) && !kinds.contains(&row.kind.as_str()) {
                kinds.push(&row.kind);
            }
        }
        palette
    }

    /// The colour of each row of a case, the first of which is the reference.
    fn colours(&self, rows: &[Row]) -> Vec<RGBColor> {
        let colour = |(number, row): (usize, &Row)| {
            if number == 0 || is_again(&row.kind) {
                return REFERENCE;
            }
            let (kinds, colours) = match row.is_ours() {
                true => (&self.ours, &OURS[..]),
                false => (&self.others, &OTHERS[..]),
            };
            let place = kinds.iter().position(|kind| *kind == row.kind);
            place.map_or(REFERENCE, |place| colours[place % colours.len()])
        };
        rows.iter().enumerate().map(colour).collect()
    }
}

/// Draws a plot of this size.
fn draw(
    (width, height): (u32, u32),
    what: impl FnOnce(&Area<'_>) -> Result<(), Box<dyn core::error::Error>>,
) -> io::Result<String> {
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
    let drawn = what(&area).and_then(|()| Ok(area.present()?));
    drawn.map_err(|error| io::Error::other(format!("a plot cannot be drawn: {error}")))?;
    drop(area);
    // The page scales it; a title of its own would show the file's name where there is none.
    Ok(svg)
}

fn text(size: u32, colour: RGBColor, horizontal: HPos) -> TextStyle<'static> {
    TextStyle {
        font: ("sans-serif", size).into_font(),
        color: colour.to_backend_color(),
        pos: Pos::new(horizontal, VPos::Center),
    }
}

/// The place of a line's name beside its last point, in pixels, and the name.
struct Label {
    y: i32,
    name: String,
    colour: RGBColor,
}

/// How high a label is.
const LABEL: i32 = 16;

/// Moves labels apart that would cover each other, and as little as that takes; `top` and `bottom`
/// are where there is room.
fn apart(labels: &mut [Label], top: i32, bottom: i32) {
    labels.sort_by_key(|label| label.y);
    let mut free = top;
    for label in labels.iter_mut() {
        label.y = label.y.max(free);
        free = label.y + LABEL;
    }
    let mut free = bottom;
    for label in labels.iter_mut().rev() {
        label.y = label.y.min(free);
        free = label.y - LABEL;
    }
}

/// A number on an axis, such as `0.01`, `20` or `100k`.
fn tick(figure: f64) -> String {
    let (figure, suffix) = match figure.abs() {
        large if large >= 1e9 => (figure / 1e9, "G"),
        large if large >= 1e6 => (figure / 1e6, "M"),
        large if large >= 1e4 => (figure / 1e3, "k"),
        _ => (figure, ""),
    };
    // Sums of tenths are not tenths.
    let text = format!("{figure:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text}{suffix}")
}

/// The nanoseconds of an axis.
fn time_tick(nanos: f64) -> String {
    match nanos.abs() {
        large if large >= 1e9 => format!("{} s", tick(nanos / 1e9)),
        large if large >= 1e6 => format!("{} ms", tick(nanos / 1e6)),
        large if large >= 1e3 => format!("{} µs", tick(nanos / 1e3)),
        _ => format!("{} ns", tick(nanos)),
    }
}

/// The least and the most of what can be drawn on a logarithmic axis.
fn bounds(figures: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    figures
        .filter(|figure| figure.is_finite() && *figure > 0.0)
        .fold(None, |bounds, figure| match bounds {
            None => Some((figure, figure)),
            Some((least, most)) => Some((figure.min(least), figure.max(most))),
        })
}

/// The places of lines on a logarithmic axis: the powers of ten, with more between them where they
/// are few.
fn marks(least: f64, most: f64) -> Vec<f64> {
    let (first, last) = (least.log10().floor(), most.log10().ceil());
    let factors: &[f64] = match most / least {
        little if little < 8.0 => &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0],
        some if some < 1e3 => &[1.0, 2.0, 5.0],
        _ => &[1.0],
    };
    let mut marks = Vec::new();
    let mut power = first;
    while power <= last {
        let within = |mark: &f64| least * 0.999 <= *mark && *mark <= most * 1.001;
        marks.extend(
            factors
                .iter()
                .map(|factor| factor * 10_f64.powf(power))
                .filter(within),
        );
        power += 1.0;
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::{GRID, INK, LABEL, Label, OTHERS, OURS, Palette, REFERENCE, STYLE};
    use super::{apart, bounds, marks, tick, time_tick};
    use crate::results::samples;

    #[test]
    fn labels_do_not_cover_each_other_and_stay_where_there_is_room() {
        for places in [&[50, 50, 50][..], &[0, 0], &[100, 100, 100], &[99, 0, 50]] {
            let label = |&y: &i32| Label {
                y,
                name: String::new(),
                colour: INK,
            };
            let mut labels: Vec<Label> = places.iter().map(label).collect();
            apart(&mut labels, 0, 100);
            for pair in labels.windows(2) {
                assert!(pair[1].y - pair[0].y >= LABEL, "{places:?}");
            }
            assert!(
                labels.iter().all(|label| (0..=100).contains(&label.y)),
                "{places:?}"
            );
        }
    }

    #[test]
    fn ticks_are_short() {
        for (figure, expected) in [
            (0.1 + 0.2, "0.3"),
            (0.0, "0"),
            (1.0, "1"),
            (1_000.0, "1000"),
            (10_000.0, "10k"),
            (2.5e6, "2.5M"),
            (3e9, "3G"),
        ] {
            assert_eq!(tick(figure), expected);
        }
        assert_eq!(
            (time_tick(500.0), time_tick(2e6)),
            ("500 ns".to_owned(), "2 ms".to_owned())
        );
    }

    #[test]
    fn what_no_logarithm_has_is_left_out_of_the_bounds() {
        let figures = [f64::NAN, 0.0, -1.0, 3.0, f64::INFINITY, 2.0];
        assert_eq!(bounds(figures.into_iter()), Some((2.0, 3.0)));
        assert_eq!(bounds([0.0].into_iter()), None);
        assert_eq!(marks(0.5, 20.0), [0.5, 1.0, 2.0, 5.0, 10.0, 20.0]);
        assert_eq!(marks(3.5, 11.0), [4.0, 5.0, 6.0, 8.0, 10.0]);
        assert_eq!(marks(1.0, 1e5), [1.0, 10.0, 100.0, 1e3, 1e4, 1e5]);
    }

    #[test]
    fn a_kind_has_one_colour_in_all_cases_and_the_reference_none() {
        let mut cases = samples::results().groups.remove(0).cases;
        // In the second case mio is the reference, and raw is not.
        cases[1].rows.swap(0, 2);
        cases[1].rows.remove(1);
        let palette = Palette::of(&cases);
        let (first, second) = (&cases[0].rows, &cases[1].rows);
        let expected = [REFERENCE, REFERENCE, OTHERS[1], OURS[0]];
        assert_eq!(palette.colours(first), expected);
        assert_eq!(palette.colours(second), [REFERENCE, OTHERS[0], OURS[0]]);
    }

    #[test]
    fn the_style_sheet_names_the_colours_it_replaces() {
        for colour in [INK, GRID] {
            let name = format!("#{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2);
            assert!(STYLE.contains(&format!("[fill=\"{name}\"]")), "{name}");
            assert!(OURS.iter().chain(&OTHERS).all(|other| *other != colour));
        }
    }
}
