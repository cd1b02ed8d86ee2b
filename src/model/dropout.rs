//! Dropout with masks from a named stream: burn's own layer draws from a process-wide generator, whose order no run could
//! repeat.

use crate::seed::Stream;
use burn::tensor::{Tensor, TensorData};

/// Inverted dropout (Srivastava et al. 2014): each value is 0 with probability `rate`, else divided by `1 - rate`, so
/// that its expectation stays. Without `masks` (evaluation) or with rate 0 nothing happens and nothing is drawn.
///
/// The first `own` dimensions have draws of their own, the others share one: `own = 2` on [n, c, h, w] drops channels.
pub(super) fn dropout<const D: usize>(
    x: Tensor<D>,
    rate: f64,
    own: usize,
    masks: &mut Option<&mut Stream>,
) -> Tensor<D> {
    let Some(stream) = masks.as_deref_mut().filter(|_| rate > 0.0) else {
        return x;
    };
    let mut shape = x.dims();
    shape[own.min(D)..].fill(1);
    let mask = mask(shape.iter().product(), rate, stream);
    let mask = Tensor::<D>::from_data(TensorData::new(mask, shape), &x.device());
    x * mask
}

/// Drop path (Huang et al. 2016, "Deep Networks with Stochastic Depth"): the whole of an example is 0 with probability `rate`, else
/// divided by `1 - rate`.
pub(super) fn drop_path<const D: usize>(x: Tensor<D>, rate: f64, masks: &mut Option<&mut Stream>) -> Tensor<D> {
    dropout(x, rate, 1, masks)
}

/// `count` factors, 0 or 1 / (1 - rate). One draw of 64 bits decides two of them, so `rate` counts to 32 bits.
fn mask(count: usize, rate: f64, stream: &mut Stream) -> Vec<f32> {
    let dropped_below = (rate * 2f64.powi(32)) as u64;
    let kept = (1.0 / (1.0 - rate)) as f32;
    let factor = |bits: u64| if bits < dropped_below { 0.0 } else { kept };
    let mut mask = Vec::with_capacity(count + 1);
    while mask.len() < count {
        let bits = stream.bits();
        mask.push(factor(bits & 0xffff_ffff));
        mask.push(factor(bits >> 32));
    }
    mask.truncate(count);
    mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seeds;
    use burn::tensor::Device;

    fn stream() -> Stream {
        Seeds::new(5).stream("dropout", &[])
    }

    #[test]
    fn a_mask_drops_its_share_and_keeps_the_mean() {
        for rate in [0.1, 0.5, 0.9] {
            let mask = mask(200_001, rate, &mut stream());
            let dropped = mask.iter().filter(|f| **f == 0.0).count() as f64 / mask.len() as f64;
            let mean = mask.iter().map(|f| f64::from(*f)).sum::<f64>() / mask.len() as f64;
            assert!((dropped - rate).abs() < 0.005 && (mean - 1.0).abs() < 0.03, "{rate}: {dropped} {mean}");
        }
    }

    #[test]
    fn channels_are_dropped_whole() {
        let x = Tensor::<4>::ones([2, 8, 3, 5], &Device::flex());
        let y = dropout(x, 0.5, 2, &mut Some(&mut stream())).try_into_vec_as::<f32>().unwrap();
        assert!(y.chunks(15).all(|channel| channel.iter().all(|v| *v == channel[0])));
        assert!(y.contains(&0.0) && y.contains(&2.0));
    }

    #[test]
    fn evaluation_and_rate_0_change_nothing_and_draw_nothing() {
        let x = || Tensor::<2>::ones([4, 4], &Device::flex());
        let ones = vec![1f32; 16];
        assert_eq!(dropout(x(), 0.5, 2, &mut None).try_into_vec_as::<f32>().unwrap(), ones);
        let mut drawn = stream();
        assert_eq!(dropout(x(), 0.0, 2, &mut Some(&mut drawn)).try_into_vec_as::<f32>().unwrap(), ones);
        assert_eq!(drawn.bits(), stream().bits());
    }
}
