//! Whether a published figure can be what it says it is.

/// Whether some k of n rounds to a published share: the k nearest to it, or none.
///
/// The GRIM test (Brown & Heathers 2017, "The GRIM test: a simple technique detects numerous anomalies", Social
/// Psychological and Personality Science 8): an accuracy over n clips is k / n, so at `decimals` digits not every number
/// can be one. `value` is a share and `decimals` counts its digits: 87.66 % is (0.8766, 4). Ties may have been rounded
/// either way. For a mean over s seeds on the same n clips, ask for s * n.
///
/// ```
/// # use serlab::evaluate::possible;
/// assert_eq!(possible(0.8766, 4, 2233), None); // no clip count of a 30 % test set of CREMA-D ...
/// assert_eq!(possible(0.8766, 4, 4466), Some(3915)); // ... but one of its rows, copies included
/// ```
pub fn possible(value: f64, decimals: u32, n: u64) -> Option<u64> {
    let size = n as f64;
    let nearest = (value * size).round();
    if n == 0 || !(0.0..=size).contains(&nearest) {
        return None;
    }
    // Half a unit of the last digit, and what binary fractions of it may be off.
    let reach = 0.5 * 0.1f64.powi(i32::try_from(decimals).ok()?) + 1e-12;
    ((nearest / size - value).abs() <= reach).then_some(nearest as u64)
}

/// Digits after the point that `value` is written with at least: 0.8766 has 4. Trailing zeros are not kept by a number
/// (0.5920 reads as 0.592), so this can only be too few, which makes [`possible`] too lenient, never too strict.
pub fn decimals_written(value: f64) -> u32 {
    value.to_string().split_once('.').map_or(0, |(_, digits)| digits.len() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_published_figures_are_of_4466_rows_and_not_of_2233_clips() {
        for (value, k) in [(0.8766, 3915), (0.5605, 2503)] {
            assert_eq!(possible(value, decimals_written(value), 4466), Some(k));
            assert_eq!(possible(value, decimals_written(value), 2233), None);
        }
        assert_eq!(possible(0.5920, 4, 2233), Some(1322));
        assert_eq!(possible(0.3533, 4, 2233), Some(789));
    }

    #[test]
    fn halves_may_be_rounded_either_way_and_impossible_shares_are_refused() {
        assert_eq!([possible(0.12, 2, 8), possible(0.13, 2, 8)], [Some(1), Some(1)]);
        assert_eq!([possible(1.2, 1, 10), possible(-0.1, 1, 10), possible(0.5, 1, 0)], [None; 3]);
        assert_eq!(possible(f64::NAN, 2, 10), None);
    }

    #[test]
    fn decimals_are_those_of_the_shortest_form() {
        assert_eq!([0.8766, 0.592, 1.0, 0.0].map(decimals_written), [4, 3, 0, 0]);
    }

    proptest! {
        #[test]
        fn what_was_rounded_from_a_count_is_possible(n in 1u64..10_000, share in 0.0f64..=1.0, decimals in 1u32..6) {
            let k = (share * n as f64).floor() as u64;
            let unit = 10f64.powi(decimals as i32);
            let published = (k as f64 / n as f64 * unit).round() / unit;
            let found = possible(published, decimals, n).expect("it is one");
            prop_assert!((found as f64 / n as f64 - published).abs() <= 0.5 / unit + 1e-12);
        }
    }
}
