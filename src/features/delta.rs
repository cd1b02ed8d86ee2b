//! How a feature changes over time: Savitzky-Golay derivatives.

use super::{FeatureError, Frames};
use crate::kind::{Context, Problem};

crate::settings! {
    /// Whether a feature is what it is, or how that changes over time.
    #[derive(Copy, Eq)]
    pub struct Deltas {
        /// 0 for the values, 1 for their slope over time, 2 for its change (see mfcc's deltas).
        pub delta_order: usize = 0, in 0..=2;
        /// Frames a delta is fitted to: odd.
        pub delta_width: usize = 9, in 3..=99;
    }
    check: Deltas::check;
}

impl Deltas {
    fn check(&self, _: &Context) -> Vec<Problem> {
        check_delta_width(self.delta_width)
    }

    /// Whether it is how values change.
    pub fn is_change(&self) -> bool {
        self.delta_order > 0
    }

    /// The values of a clip, or how they change.
    ///
    /// # Errors
    /// As [`delta`].
    pub fn of(&self, frames: Frames) -> Result<Frames, FeatureError> {
        match self.delta_order {
            0 => Ok(frames),
            order => delta(&frames, self.delta_width, order),
        }
    }
}

/// A problem unless a delta's window has a middle frame.
pub(super) fn check_delta_width(width: usize) -> Vec<Problem> {
    if width % 2 == 1 {
        return Vec::new();
    }
    vec![Problem::new(
        "delta_width",
        format!("{width} is even; allowed: odd numbers, so that a frame is in the middle"),
    )]
}

/// A derivative of each bin over time: a polynomial of degree `order` is fitted by least squares to `width` frames around
/// each frame and derived `order` times (librosa `feature.delta`, mode `interp`; Savitzky & Golay 1964).
///
/// `order` is 1 or 2, `width` odd. The derivative of order n of a polynomial of degree n is one number, so the first and
/// last width / 2 frames, which use the outermost full window, repeat its value. Units: the feature's own a frame (a frame^2).
///
/// # Errors
/// [`FeatureError::TooFewFrames`] where the clip has fewer than `width` frames.
pub fn delta(frames: &Frames, width: usize, order: usize) -> Result<Frames, FeatureError> {
    debug_assert!(width % 2 == 1 && width > order && (1..=2).contains(&order), "checked with the settings");
    if frames.frames < width {
        return Err(FeatureError::TooFewFrames { needed: width, actual: frames.frames });
    }
    let weights = weights(width, order);
    let half = width / 2;
    let mut data = Vec::with_capacity(frames.data.len());
    for row in frames.data.chunks_exact(frames.frames) {
        let start = data.len();
        for window in row.windows(width) {
            let sum: f64 = window.iter().zip(&weights).map(|(x, w)| f64::from(*x) * w).sum();
            let value = sum as f32;
            // The first window also stands for the frames before it.
            for _ in 0..if data.len() == start { half + 1 } else { 1 } {
                data.push(value);
            }
        }
        let last = data[data.len() - 1];
        data.extend(std::iter::repeat_n(last, half));
    }
    Ok(Frames { bins: frames.bins, frames: frames.frames, data })
}

/// Least-squares weights at k = -width/2 .. width/2, in closed form:
/// order 1: k / sum k^2; order 2: 2 (n k^2 - sum k^2) / (n sum k^4 - (sum k^2)^2).
fn weights(width: usize, order: usize) -> Vec<f64> {
    let n = width as f64;
    let offsets: Vec<f64> = (0..width).map(|i| i as f64 - (width / 2) as f64).collect();
    let squares: f64 = offsets.iter().map(|k| k * k).sum();
    if order == 1 {
        return offsets.iter().map(|k| k / squares).collect();
    }
    let fourths: f64 = offsets.iter().map(|k| k.powi(4)).sum();
    let determinant = n * fourths - squares * squares;
    offsets.iter().map(|k| 2.0 * (n * k * k - squares) / determinant).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(f: impl Fn(f64) -> f64, frames: usize) -> Frames {
        Frames::one_bin((0..frames).map(|t| f(t as f64) as f32).collect())
    }

    #[test]
    fn a_line_has_its_slope_and_a_parabola_its_curvature_at_every_frame() {
        for width in [3, 5, 9] {
            let slope = delta(&row(|t| 3.0 * t - 7.0, 12), width, 1).unwrap();
            assert!(slope.data.iter().all(|d| (d - 3.0).abs() < 1e-5), "{slope:?}");
            let curvature = delta(&row(|t| 0.5 * t * t + t, 12), width, 2).unwrap();
            assert!(curvature.data.iter().all(|d| (d - 1.0).abs() < 1e-4), "{curvature:?}");
        }
    }

    #[test]
    fn fewer_frames_than_the_window_is_an_error_that_names_both() {
        let error = delta(&row(|t| t, 8), 9, 1).unwrap_err();
        assert!(matches!(error, FeatureError::TooFewFrames { needed: 9, actual: 8 }));
        assert!(error.to_string().contains("need at least 9, but the clip has 8"), "{error}");
        assert!(delta(&row(|t| t, 9), 9, 2).is_ok());
    }

    #[test]
    fn bins_do_not_mix() {
        let mut data: Vec<f32> = (0..10).map(|t| t as f32).collect();
        data.extend((0..10).map(|t| -2.0 * t as f32));
        let slopes = delta(&Frames { bins: 2, frames: 10, data }, 9, 1).unwrap();
        assert!(slopes.row(0).iter().all(|d| (d - 1.0).abs() < 1e-6));
        assert!(slopes.row(1).iter().all(|d| (d + 2.0).abs() < 1e-6));
    }
}
