//! A part of a recording: what a clip is that is listed with times.

use super::AudioError;
use std::ops::Range;
use std::path::Path;

/// From when to when, in seconds from the recording's beginning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// Where it begins; finite, not negative.
    pub start: f64,
    /// Where it ends, after its beginning; `None`: with the recording.
    pub end: Option<f64>,
}

impl Part {
    /// All of a recording.
    pub const WHOLE: Self = Self { start: 0.0, end: None };

    /// Whether this is all of a recording, however long it is.
    pub(super) fn is_whole(self) -> bool {
        self == Self::WHOLE
    }

    /// Its samples in a recording of `samples` samples a channel: times are rounded to the nearest one, and the end is not
    /// among them.
    ///
    /// # Errors
    /// When it reaches beyond the recording, or holds no sample.
    pub(super) fn range(self, samples: usize, rate_hz: u32, path: &Path) -> Result<Range<usize>, AudioError> {
        if self.is_whole() {
            return Ok(0..samples);
        }
        // A number beyond what `usize` holds becomes its largest, and lies beyond every recording.
        let at = |seconds: f64| (seconds * f64::from(rate_hz)).round() as usize;
        let range = at(self.start)..self.end.map_or(samples, at);
        if range.start < range.end && range.end <= samples {
            return Ok(range);
        }
        let seconds = samples as f64 / f64::from(rate_hz);
        Err(AudioError::Beyond { path: path.to_owned(), part: self, seconds })
    }
}

impl std::fmt::Display for Part {
    /// As it stands in a clip's id: `1.5-3`, without end `1.5-`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.end {
            Some(end) => write!(f, "{}-{end}", self.start),
            None => write!(f, "{}-", self.start),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(start: f64, end: Option<f64>, samples: usize, rate_hz: u32) -> Result<Range<usize>, String> {
        Part { start, end }.range(samples, rate_hz, Path::new("a.wav")).map_err(|e| e.to_string())
    }

    #[test]
    fn times_are_rounded_to_samples_of_the_files_own_rate() {
        assert_eq!(of(0.5, Some(1.0), 16_000, 16_000), Ok(8_000..16_000));
        assert_eq!(of(0.1, Some(0.2), 44_100, 44_100), Ok(4_410..8_820));
        assert_eq!(of(0.000_03, None, 100, 16_000), Ok(0..100));
        assert_eq!(of(0.000_04, None, 100, 16_000), Ok(1..100));
        assert_eq!(of(0.0, None, 0, 16_000), Ok(0..0), "of a whole recording nothing is asked");
        // Half a sample beyond the end is the rounding of whoever wrote the times.
        assert_eq!(of(0.0, Some(0.006_28), 100, 16_000), Ok(0..100));
    }

    #[test]
    fn what_lies_beyond_the_recording_or_holds_no_sample_is_refused_with_its_length() {
        let said = of(1.0, Some(2.5), 32_000, 16_000).unwrap_err();
        assert_eq!(said, "a.wav: is 2.000 s long, and a clip from 1 s to 2.5 s is asked of it; mend its start and end");
        assert!(of(2.0, None, 32_000, 16_000).unwrap_err().contains("from 2 s to its end"));
        assert!(of(1.0, Some(1.000_01), 32_000, 16_000).is_err());
        assert!(of(f64::MAX, Some(f64::INFINITY), 32_000, 16_000).is_err());
    }
}
