//! Student's t distribution, with degrees of freedom that need not be whole.
//!
//! Student (1908), "The probable error of a mean", Biometrika 6, 1-25.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// The value that Student's t with `degrees` of freedom stays within, on both sides, with probability `within`: the
/// (1 + within) / 2 quantile. For 0.95 that is 12.706 at 1 degree, 2.776 at 4, and 1.960 in the limit.
///
/// # Panics
/// Where `degrees` is not above 0, or `within` is not at least 0 and below 1.
pub fn t_quantile(within: f64, degrees: f64) -> f64 {
    assert!((0.0..1.0).contains(&within), "{within} is no probability below 1");
    let p = 0.5 * (1.0 + within);
    if degrees > MOST_DEGREES { Normal::standard().inverse_cdf(p) } else { student(degrees).inverse_cdf(p) }
}

/// The probability that Student's t with `degrees` of freedom is at least as far from 0 as `t`.
///
/// # Panics
/// Where `degrees` is not above 0.
pub fn t_two_sided(t: f64, degrees: f64) -> f64 {
    let beyond = match t.abs() {
        t if t.is_infinite() => 0.0,
        t if degrees > MOST_DEGREES => Normal::standard().sf(t),
        t => student(degrees).sf(t),
    };
    (2.0 * beyond).min(1.0)
}

/// More degrees than these are as good as infinitely many.
const MOST_DEGREES: f64 = 1e5;

/// Fewer than these say nothing: an interval is then wider than any metric, and quantiles cannot be computed.
const FEWEST_DEGREES: f64 = 0.3;

fn student(degrees: f64) -> StudentsT {
    assert!(degrees > 0.0, "Student's t has more than {degrees} degrees of freedom");
    StudentsT::new(0.0, 1.0, degrees.max(FEWEST_DEGREES)).expect("degrees above 0")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_quantiles_are_those_of_the_printed_tables() {
        // Two-sided 5 % points, to the three decimals of the common table.
        let table = [(1.0, 12.706), (2.0, 4.303), (4.0, 2.776), (9.0, 2.262), (30.0, 2.042), (120.0, 1.980)];
        for (degrees, expected) in table {
            let found = t_quantile(0.95, degrees);
            assert!((found - expected).abs() < 5e-4, "{degrees}: {found}");
        }
        assert!((t_quantile(0.95, f64::INFINITY) - 1.959_964).abs() < 1e-5);
        assert!((t_two_sided(1.959_964, f64::INFINITY) - 0.05).abs() < 1e-6);
    }

    #[test]
    fn degrees_need_not_be_whole() {
        // scipy.stats.t.ppf(0.975, 2.5), 2 * scipy.stats.t.sf(2.0, 3.7)
        assert!((t_quantile(0.95, 2.5) - 3.574_655).abs() < 1e-5, "{}", t_quantile(0.95, 2.5));
        assert!((t_two_sided(2.0, 3.7) - 0.121_817).abs() < 1e-5, "{}", t_two_sided(2.0, 3.7));
        assert_eq!([t_two_sided(0.0, 3.0), t_two_sided(f64::INFINITY, 3.0)], [1.0, 0.0]);
    }

    proptest! {
        #[test]
        fn a_quantile_has_its_probability(within in 0.0f64..0.999, degrees in 0.6f64..500.0) {
            let t = t_quantile(within, degrees);
            prop_assert!((1.0 - t_two_sided(t, degrees) - within).abs() < 1e-7);
        }
    }
}
