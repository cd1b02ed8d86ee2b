//! Student's t distribution.

use std::f64::consts::FRAC_PI_2;

/// The value that Student's t with `degrees` of freedom stays within, on both sides, with probability `within`: the
/// (1 + within) / 2 quantile. For 0.95 that is 12.706 at 1 degree, 2.776 at 4, and 1.960 in the limit.
///
/// Found by halving an interval of angles θ = atan(t / sqrt(degrees)) until it is one number wide. Student (1908), "The
/// probable error of a mean", Biometrika 6, 1-25.
///
/// # Panics
/// Without a degree of freedom, or where `within` is not at least 0 and below 1.
pub fn t_quantile(within: f64, degrees: u32) -> f64 {
    assert!(degrees > 0, "Student's t has at least one degree of freedom");
    assert!((0.0..1.0).contains(&within), "{within} is no probability below 1");
    let (mut low, mut high) = (0.0, FRAC_PI_2);
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return f64::from(degrees).sqrt() * middle.tan();
        }
        if probability(middle, degrees) < within { low = middle } else { high = middle }
    }
}

/// P(|T| <= sqrt(degrees) tan θ): a finite sum of powers of cos θ for whole degrees (Abramowitz & Stegun 1964, Handbook
/// of Mathematical Functions, 26.7.3 and 26.7.4).
fn probability(angle: f64, degrees: u32) -> f64 {
    let (sin, cos) = angle.sin_cos();
    let odd = degrees % 2 == 1;
    let (mut term, mut sum) = (if odd { cos } else { 1.0 }, 0.0);
    // Each term is the one before times cos² and a fraction: 1/2, 3/4, 5/6, ... for even degrees, 2/3, 4/5, ... for odd
    // ones.
    for i in 0..degrees / 2 {
        sum += term;
        let above = f64::from(2 * i + 1 + u32::from(odd));
        term *= cos * cos * above / (above + 1.0);
    }
    if odd { (angle + sin * sum) / FRAC_PI_2 } else { sin * sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantiles_are_those_of_the_printed_tables() {
        // Two-sided 5 % points, to the three decimals of the common table.
        let table = [
            (1, 12.706),
            (2, 4.303),
            (3, 3.182),
            (4, 2.776),
            (5, 2.571),
            (6, 2.447),
            (7, 2.365),
            (8, 2.306),
            (9, 2.262),
            (10, 2.228),
            (15, 2.131),
            (20, 2.086),
            (29, 2.045),
            (30, 2.042),
            (60, 2.000),
            (120, 1.980),
        ];
        for (degrees, printed) in table {
            let t = t_quantile(0.95, degrees);
            assert!((t - printed).abs() < 5.001e-4, "{degrees}: {t}");
        }
        for (degrees, printed) in [(1, 63.657), (2, 9.925), (4, 4.604), (9, 3.250), (30, 2.750)] {
            assert!((t_quantile(0.99, degrees) - printed).abs() < 5.001e-4, "{degrees}");
        }
    }

    #[test]
    fn one_and_two_degrees_have_a_formula() {
        // F(t) = 1/2 + atan(t) / π, and t = (2 p - 1) sqrt(2 / (4 p (1 - p))) with p = 0.975.
        let [one, two] = [1, 2].map(|d| t_quantile(0.95, d));
        assert!((one - (0.475 * std::f64::consts::PI).tan()).abs() < 1e-11, "{one}");
        assert!((two - 0.95 * (2.0 / (4.0 * 0.975 * 0.025f64)).sqrt()).abs() < 1e-13, "{two}");
    }

    #[test]
    fn many_degrees_are_the_normal_distribution_and_a_probability_of_0_is_0() {
        assert!((t_quantile(0.95, 1_000_000) - 1.959_966).abs() < 2e-6);
        assert!(t_quantile(0.0, 3) < 1e-15);
        let falling: Vec<f64> = (1..60).map(|d| t_quantile(0.95, d)).collect();
        assert!(falling.windows(2).all(|t| t[0] > t[1]), "{falling:?}");
    }
}
