//! Plans of real Fourier transforms, kept once a thread: making one costs more than using it.

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::cell::RefCell;
use std::sync::Arc;

pub(in super::super) type Bin = Complex<f32>;

thread_local! {
    static PLANNER: RefCell<RealFftPlanner<f32>> = RefCell::new(RealFftPlanner::new());
}

/// The transform of `n` samples to n / 2 + 1 bins, unscaled.
pub(in super::super) fn forward(n: usize) -> Arc<dyn RealToComplex<f32>> {
    PLANNER.with_borrow_mut(|p| p.plan_fft_forward(n))
}

/// The transform of n / 2 + 1 bins back to `n` samples, unscaled: there and back multiplies by n.
pub(in super::super) fn inverse(n: usize) -> Arc<dyn ComplexToReal<f32>> {
    PLANNER.with_borrow_mut(|p| p.plan_fft_inverse(n))
}

/// The linear convolution of `x` [n] and `h` [m]: [n + m - 1], through one transform of the next power of two.
pub(in super::super) fn convolve(x: &[f32], h: &[f32]) -> Vec<f32> {
    if x.is_empty() || h.is_empty() {
        return Vec::new();
    }
    let length = x.len() + h.len() - 1;
    let size = length.next_power_of_two().max(2);
    let spectrum = |signal: &[f32]| {
        let mut padded = vec![0.0; size];
        padded[..signal.len()].copy_from_slice(signal);
        let plan = forward(size);
        let mut bins = plan.make_output_vec();
        plan.process(&mut padded, &mut bins).expect("both buffers have the plan's lengths");
        bins
    };
    let (mut product, other) = (spectrum(x), spectrum(h));
    let scale = 1.0 / size as f32;
    product.iter_mut().zip(&other).for_each(|(a, b)| *a = *a * b * scale);
    let mut out = vec![0.0; size];
    back(&mut product, &mut out);
    out.truncate(length);
    out
}

/// The inverse transform of bins that may have an imaginary part where a real signal has none (0 Hz and half the rate),
/// which is dropped.
pub(in super::super) fn back(bins: &mut [Bin], out: &mut [f32]) {
    bins[0].im = 0.0;
    if out.len().is_multiple_of(2) {
        bins[out.len() / 2].im = 0.0;
    }
    inverse(out.len()).process(bins, out).expect("both buffers have the plan's lengths and the ends are real");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_convolution_is_the_sum_of_shifted_copies() {
        let y = convolve(&[1.0, 2.0, 3.0], &[1.0, 0.0, -1.0]);
        for (got, want) in y.iter().zip([1.0, 2.0, 2.0, -2.0, -3.0]) {
            assert!((got - want).abs() < 1e-6, "{y:?}");
        }
        assert_eq!(y.len(), 5);
        assert_eq!(convolve(&[2.0], &[3.0]).len(), 1);
        assert!(convolve(&[], &[1.0]).is_empty());
    }
}
