//! The `Date` of responses.

use std::time::{SystemTime, UNIX_EPOCH};

use poll_os::Instant;

/// The line that a response carries, composed once a second.
#[derive(Debug)]
pub(crate) struct DateLine {
    text: String,
    /// The second on the server's clock that it was composed in.
    second: u64,
}

const DAY: u64 = 24 * 60 * 60;
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

impl DateLine {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            text: line(),
            second: second(now),
        }
    }

    /// Composes it anew if another second has begun.
    pub(crate) fn refresh(&mut self, now: Instant) {
        if self.second != second(now) {
            *self = Self::new(now);
        }
    }

    pub(crate) const fn as_str(&self) -> &str {
        self.text.as_str()
    }
}

const fn second(now: Instant) -> u64 {
    now.as_nanos() / 1_000_000_000
}

fn line() -> String {
    // A clock before 1970 is wrong by more than this.
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!("Date: {}\r\n", date(since.as_secs()))
}

/// So many seconds after 1970 began, as HTTP writes it.
fn date(seconds: u64) -> String {
    let (mut days, rest) = (seconds / DAY, seconds % DAY);
    let weekday = WEEKDAYS[usize::try_from(days % 7).unwrap_or(0)];
    let (hours, minutes, seconds) = (rest / 3600, rest / 60 % 60, rest % 60);
    let mut year = 1970;
    while days >= days_of_year(year) {
        days -= days_of_year(year);
        year += 1;
    }
    let mut month = 0;
    while days >= days_of_month(year, month) {
        days -= days_of_month(year, month);
        month += 1;
    }
    let (day, month) = (days + 1, MONTHS[month]);
    format!("{weekday}, {day:02} {month} {year} {hours:02}:{minutes:02}:{seconds:02} GMT")
}

const fn days_of_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

const fn days_of_month(year: u64, month: usize) -> u64 {
    match month {
        1 if is_leap(year) => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

const fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

#[cfg(test)]
mod tests {
    use super::{DateLine, date};
    use core::time::Duration;
    use poll_os::Instant;

    #[test]
    fn dates_are_right_around_leap_days_and_ends_of_years() {
        for (seconds, expected) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
            (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
            (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
            (1_735_689_600, "Wed, 01 Jan 2025 00:00:00 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        ] {
            assert_eq!(date(seconds), expected);
        }
    }

    #[test]
    fn the_line_is_composed_once_a_second() {
        let mut line = DateLine::new(Instant::START);
        line.text.clear();
        line.refresh(Instant::from_nanos(999_999_999));
        assert_eq!(line.as_str(), "");
        line.refresh(Instant::START.saturating_add(Duration::from_secs(1)));
        assert!(line.as_str().starts_with("Date: ") && line.as_str().ends_with(" GMT\r\n"));
    }
}
