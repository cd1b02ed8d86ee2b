//! The clock and the machine's name: known only here, because times and machines must never reach a result.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970-01-01 00:00 UTC.
#[expect(clippy::disallowed_methods, reason = "the record is where times live")]
pub fn now() -> u64 {
    // A clock before 1970 is not set; 0 says so without failing a run.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

/// Seconds since 1970 as RFC 3339 in UTC, e.g. `2026-03-01T12:00:00Z`.
///
/// The calendar date comes from counting days since 0000-03-01 in eras of 400 years (H. Hinnant, "chrono-compatible
/// low-level date algorithms").
pub fn rfc3339(unix: u64) -> String {
    let (days, second) = (unix / 86_400 + 719_468, unix % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}Z")
}

/// The name of this machine, `unknown` where it has none.
pub fn host() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| {
        let file = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
        let command = || {
            let out = std::process::Command::new("hostname").output().ok()?;
            String::from_utf8(out.stdout).ok()
        };
        let name = file.or_else(command).unwrap_or_default().trim().to_owned();
        if name.is_empty() { "unknown".to_owned() } else { name }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let known = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_164_800, "2024-02-29T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ];
        for (unix, date) in known {
            assert_eq!(rfc3339(unix), date);
        }
    }

    #[test]
    fn the_machine_has_a_name_and_a_clock() {
        assert!(!host().is_empty() && !host().contains('\n'));
        assert!(now() > 1_700_000_000);
    }
}
