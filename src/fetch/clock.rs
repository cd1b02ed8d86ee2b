//! The clock, and the two ways in which servers write a moment: known only here.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A moment to measure waits and deadlines from.
#[expect(clippy::disallowed_methods, reason = "waits and deadlines of downloads reach no result")]
pub(super) fn instant() -> Instant {
    Instant::now()
}

/// Seconds since 1970-01-01 00:00 UTC by this machine's clock.
#[expect(clippy::disallowed_methods, reason = "a server may write a deadline as a date")]
pub(super) fn unix() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

/// What `Retry-After` asks for: a number of seconds, or a date, which is held against the `now` of the server.
pub(super) fn retry_after(text: &str, now: u64) -> Option<Duration> {
    let text = text.trim();
    let seconds = match text.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => http_date(text)?.saturating_sub(now),
    };
    Some(Duration::from_secs(seconds))
}

/// A date as HTTP writes it (RFC 9110, 5.6.7, the form all servers send), in seconds since 1970:
/// `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(super) fn http_date(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, rest) = text.split_once(", ")?;
    let parts: Vec<&str> = rest.split(' ').collect();
    let [day, month, year, time, "GMT"] = parts[..] else { return None };
    let month = MONTHS.iter().position(|m| *m == month)? as u64 + 1;
    Some(day_number(number(year, 4)?, month, number(day, 2)?)? * 86_400 + second_of_day(time)?)
}

/// A date as RFC 3339 writes it, in seconds since 1970: `2026-03-01T12:00:00Z`, with any fraction and offset.
pub(super) fn rfc3339(text: &str) -> Option<u64> {
    let (date, time) = text.split_once(['T', 't'])?;
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts[..] else { return None };
    let day = day_number(number(year, 4)?, number(month, 2)?, number(day, 2)?)?;
    let zone = time.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = time.split_at(zone);
    let clock = clock.split_once('.').map_or(clock, |(whole, _)| whole);
    let utc = i64::try_from(day * 86_400 + second_of_day(clock)?).ok()?;
    u64::try_from(utc - offset(zone)?).ok()
}

/// `Z`, `+01:30` or `-05:00` in seconds east of Greenwich.
fn offset(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let minutes = number(hours, 2)? * 60 + number(minutes, 2)?;
    Some(sign * i64::try_from(minutes * 60).ok()?)
}

/// `08:49:37` as seconds since midnight; 60 is a leap second.
fn second_of_day(time: &str) -> Option<u64> {
    let parts: Vec<&str> = time.split(':').collect();
    let [hour, minute, second] = parts[..] else { return None };
    let (hour, minute, second) = (number(hour, 2)?, number(minute, 2)?, number(second, 2)?);
    (hour < 24 && minute < 60 && second <= 60).then_some(hour * 3_600 + minute * 60 + second)
}

/// Exactly `digits` digits.
fn number(text: &str, digits: usize) -> Option<u64> {
    let fits = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

/// Days since 1970-01-01, from years that begin in March so that the leap day is their last
/// (H. Hinnant, "chrono-compatible low-level date algorithms"). `None` before 1970 or for no such day.
fn day_number(year: u64, month: u64, day: u64) -> Option<u64> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u64::from(leap),
        _ => return None,
    };
    if year < 1970 || day == 0 || day > length {
        return None;
    }
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    (year * 365 + year / 4 - year / 100 + year / 400 + day_of_year).checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(rfc3339("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(rfc3339("2000-02-29T00:00:00Z"), Some(951_782_400));
        assert_eq!(rfc3339("2000-02-29T01:30:00.250+01:30"), Some(951_782_400));
        assert_eq!(rfc3339("2000-02-28T19:00:00-05:00"), Some(951_782_400));
        assert_eq!(rfc3339("2100-03-01T00:00:00Z"), Some(4_107_542_400));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "soon",
            "2001-02-29T00:00:00Z",
            "2000-13-01T00:00:00Z",
            "2000-01-01T24:00:00Z",
            "2000-01-01T00:00:00",
            "1969-12-31T23:59:59Z",
            "2000-01-01T00:00:00+1",
            "2000-01-01T00:00:00+é1:00",
            "99999999999999999999-01-01T00:00:00Z",
        ] {
            assert_eq!(rfc3339(text), None, "{text}");
            assert_eq!(http_date(text), None, "{text}");
        }
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 CET"), None);
    }

    #[test]
    fn a_wait_is_given_in_seconds_or_as_a_date() {
        assert_eq!(retry_after(" 7 ", 0), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_770), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", 800_000_000), Some(Duration::ZERO));
        assert_eq!(retry_after("-1", 0), None);
    }
}
