//! From a `Duration` to what a timer takes: pure, exact where a unit is, else rounding up.

use core::time::Duration;

use crate::tables::Unit;

/// The unit's flag and the number of units, at most `max`.
///
/// The first unit of the table that expresses the duration exactly is taken; the tables begin
/// with the millisecond, which kernels understand that are older than the flags for units. Where
/// no unit is exact, the finest whose number fits is taken and rounded up; where none fits, the
/// coarsest with `max`.
pub(crate) fn units(duration: Duration, units: &[Unit], max: u64) -> (u32, u64) {
    let nanos = duration.as_nanos();
    let rounded_up = |unit: &Unit| {
        u64::try_from(nanos.div_ceil(u128::from(unit.nanos)))
            .ok()
            .filter(|count| *count <= max)
    };
    let exact = units
        .iter()
        .filter(|unit| nanos.is_multiple_of(u128::from(unit.nanos)))
        .find_map(|unit| Some((unit.fflags, rounded_up(unit)?)));
    let finest = || {
        units
            .iter()
            .filter_map(|unit| Some((unit.nanos, unit.fflags, rounded_up(unit)?)))
            .min_by_key(|(nanos, ..)| *nanos)
            .map(|(_, fflags, count)| (fflags, count))
    };
    let coarsest = || {
        let unit = units.iter().max_by_key(|unit| unit.nanos);
        (unit.map_or(0, |unit| unit.fflags), max)
    };
    exact.or_else(finest).unwrap_or_else(coarsest)
}

#[cfg(test)]
mod tests {
    use super::units;
    use crate::tables::{APPLE, DRAGONFLY, FREEBSD, NETBSD, OPENBSD, Table};
    use core::time::Duration;

    const MAX: u64 = i64::MAX.unsigned_abs();

    /// What a kernel would make of it.
    fn duration(table: &Table, (fflags, count): (u32, u64)) -> u128 {
        let mut units = table.timer.units.iter();
        let unit = units.find(|unit| unit.fflags == fflags).unwrap();
        u128::from(unit.nanos) * u128::from(count)
    }

    #[test]
    fn a_timer_is_exact_where_there_are_nanoseconds() {
        for table in [APPLE, FREEBSD, NETBSD, OPENBSD] {
            for wanted in [
                Duration::ZERO,
                Duration::from_nanos(1),
                Duration::from_nanos(999),
                Duration::from_micros(500),
                Duration::from_nanos(999_999),
                Duration::from_millis(1),
                Duration::from_nanos(1_000_001),
                Duration::new(1, 500_000),
                Duration::from_secs(30 * 86_400),
                Duration::new(MAX / 1_000_000_000 - 1, 999_999_999),
            ] {
                let made = duration(&table, units(wanted, table.timer.units, MAX));
                assert_eq!(made, wanted.as_nanos(), "{wanted:?}");
            }
        }
    }

    #[test]
    fn whole_milliseconds_need_no_flag_and_the_rest_takes_the_coarsest_exact_unit() {
        for (wanted, expected) in [
            (Duration::from_millis(1_500), (0, 1_500)),
            (Duration::from_secs(2), (0, 2_000)),
            (Duration::from_micros(1_500), (4, 1_500)),
            (Duration::from_nanos(1_500), (8, 1_500)),
            (Duration::new(1, 1), (8, 1_000_000_001)),
        ] {
            assert_eq!(
                units(wanted, FREEBSD.timer.units, MAX),
                expected,
                "{wanted:?}"
            );
        }
    }

    #[test]
    fn without_an_exact_unit_a_timer_rounds_up_and_never_to_zero() {
        for (nanos, millis) in [
            (0, 0),
            (1, 1),
            (999_999, 1),
            (1_000_000, 1),
            (1_000_001, 2),
            (u64::MAX, 18_446_744_073_710),
        ] {
            let wanted = Duration::from_nanos(nanos);
            let made = units(wanted, DRAGONFLY.timer.units, MAX);
            assert_eq!(made, (0, millis), "{wanted:?}");
        }
    }

    #[test]
    fn what_does_not_fit_takes_a_coarser_unit_and_then_saturates() {
        let millis = Duration::from_millis(MAX);
        let cases = [
            (millis, (0, MAX)),
            (millis + Duration::from_nanos(1), (1, MAX / 1_000 + 1)),
            (Duration::from_secs(MAX - 1), (1, MAX - 1)),
            (Duration::from_secs(MAX), (1, MAX)),
            (Duration::new(MAX, 1), (1, MAX)),
            (Duration::MAX, (1, MAX)),
        ];
        for (wanted, expected) in cases {
            assert_eq!(
                units(wanted, FREEBSD.timer.units, MAX),
                expected,
                "{wanted:?}"
            );
        }
        let narrow = 0x7fff_ffff;
        for (wanted, expected) in [
            (Duration::from_nanos(narrow), (8, narrow)),
            (Duration::from_nanos(narrow + 1), (4, 2_147_484)),
            (Duration::from_millis(narrow), (0, narrow)),
            (Duration::from_millis(narrow + 1), (1, 2_147_484)),
            (Duration::MAX, (1, narrow)),
        ] {
            let made = units(wanted, FREEBSD.timer.units, narrow);
            assert_eq!(made, expected, "{wanted:?}");
        }
        assert_eq!(units(Duration::MAX, DRAGONFLY.timer.units, MAX), (0, MAX));
    }
}
