//! Second-order filters (R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients").

use std::f64::consts::{LN_2, PI, TAU};

/// y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2], in f64.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Biquad {
    b: [f64; 3],
    a: [f64; 2],
}

/// Frequencies are held below this share of the sample rate; at one half the formulae degenerate.
const HIGHEST: f64 = 0.499;

fn omega(hz: f64, sample_rate_hz: u32) -> f64 {
    TAU * (hz / f64::from(sample_rate_hz.max(1))).clamp(1e-6, HIGHEST)
}

/// The quality of section `i` of `sections`, so that all together make a Butterworth filter of order 2 x sections:
/// 1 / (2 cos(pi (2i + 1) / (4 sections))).
fn butterworth_q(i: usize, sections: usize) -> f64 {
    0.5 / (PI * (2 * i + 1) as f64 / (4 * sections) as f64).cos()
}

impl Biquad {
    fn normalised(b: [f64; 3], a: [f64; 3]) -> Self {
        Self { b: b.map(|v| v / a[0]), a: [a[1] / a[0], a[2] / a[0]] }
    }

    /// A Butterworth low-pass of order 2 x `sections`: -3 dB at the cut-off, then -12 dB an octave and section.
    pub(in super::super) fn low_pass(cutoff_hz: f64, sample_rate_hz: u32, sections: usize) -> Vec<Self> {
        Self::cascade(cutoff_hz, sample_rate_hz, sections, |cos| [(1.0 - cos) / 2.0, 1.0 - cos, (1.0 - cos) / 2.0])
    }

    /// A Butterworth high-pass of order 2 x `sections`.
    pub(in super::super) fn high_pass(cutoff_hz: f64, sample_rate_hz: u32, sections: usize) -> Vec<Self> {
        Self::cascade(cutoff_hz, sample_rate_hz, sections, |cos| [(1.0 + cos) / 2.0, -1.0 - cos, (1.0 + cos) / 2.0])
    }

    fn cascade(hz: f64, sample_rate_hz: u32, sections: usize, b: impl Fn(f64) -> [f64; 3]) -> Vec<Self> {
        let (sin, cos) = omega(hz, sample_rate_hz).sin_cos();
        let section = |i| {
            let alpha = sin / (2.0 * butterworth_q(i, sections));
            Self::normalised(b(cos), [1.0 + alpha, -2.0 * cos, 1.0 - alpha])
        };
        (0..sections).map(section).collect()
    }

    /// A band-pass with a gain of 1 at its centre and -3 dB at the edges, `octaves` apart.
    pub(in super::super) fn band_pass(center_hz: f64, octaves: f64, sample_rate_hz: u32) -> Self {
        let w = omega(center_hz, sample_rate_hz);
        let (sin, cos) = w.sin_cos();
        // Near half the rate the cookbook's warping term explodes; a width of 40 octaves is no band any more.
        let alpha = sin * (LN_2 / 2.0 * octaves * w / sin).min(14.0).sinh();
        Self::normalised([alpha, 0.0, -alpha], [1.0 + alpha, -2.0 * cos, 1.0 - alpha])
    }

    /// Filters in place, from rest (transposed direct form II).
    pub(in super::super) fn run(&self, x: &mut [f32]) {
        let (mut s1, mut s2) = (0.0, 0.0);
        for v in x {
            let input = f64::from(*v);
            let output = self.b[0] * input + s1;
            s1 = self.b[1] * input - self.a[0] * output + s2;
            s2 = self.b[2] * input - self.a[1] * output;
            *v = output as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::probe::gain_db_at;
    use super::*;

    fn gain(sections: &[Biquad], hz: f64) -> f64 {
        gain_db_at(hz, |x| sections.iter().for_each(|s| s.run(x)))
    }

    #[test]
    fn a_low_pass_is_3_db_down_at_its_cutoff_and_falls_12_db_an_octave_and_section() {
        for n in 1..=4 {
            let filter = Biquad::low_pass(500.0, 16_000, n);
            assert!(gain(&filter, 50.0).abs() < 0.05);
            assert!((gain(&filter, 500.0) + 3.01).abs() < 0.05, "{}", gain(&filter, 500.0));
            assert!((gain(&filter, 1000.0) + 12.1 * n as f64).abs() < 1.0 * n as f64, "{}", gain(&filter, 1000.0));
        }
    }

    #[test]
    fn a_high_pass_is_its_mirror() {
        let filter = Biquad::high_pass(1000.0, 16_000, 2);
        assert!(gain(&filter, 6000.0).abs() < 0.05);
        assert!((gain(&filter, 1000.0) + 3.01).abs() < 0.05);
        assert!((gain(&filter, 500.0) + 24.0).abs() < 1.5);
    }

    #[test]
    fn a_band_pass_keeps_its_centre_and_is_3_db_down_at_its_edges() {
        let filter = [Biquad::band_pass(1000.0, 2.0, 16_000)];
        assert!(gain(&filter, 1000.0).abs() < 0.02);
        for edge in [500.0, 2000.0] {
            assert!((gain(&filter, edge) + 3.0).abs() < 0.5, "{}", gain(&filter, edge));
        }
    }

    #[test]
    fn the_strangest_frequencies_stay_finite() {
        for hz in [0.0, 1e-9, 4000.0, 8000.0, 1e9] {
            let mut x: Vec<f32> = (0..500).map(|i| if i % 7 == 0 { 1.0 } else { -0.5 }).collect();
            Biquad::low_pass(hz, 16_000, 4).iter().chain(&Biquad::high_pass(hz, 16_000, 4)).for_each(|s| s.run(&mut x));
            Biquad::band_pass(hz, 10.0, 16_000).run(&mut x);
            assert!(x.iter().all(|v| v.is_finite()), "{hz}");
        }
    }
}
