//! Leading and trailing silence.

use std::ops::Range;

/// The part of a clip that is not silence, after librosa 0.11's `effects.trim`: frames of `frame_length` samples centred
/// on multiples of `hop_length` (zeros beyond the ends), their mean squares in dB relative to the loudest frame, and
/// everything from the first to the last frame above `-top_db` dB. Mean squares below 1e-10 count as 1e-10.
///
/// A clip that is silent throughout is kept whole, as librosa keeps it: no frame is quieter than the loudest.
pub fn trim(samples: &[f32], top_db: f64, frame_length: usize, hop_length: usize) -> Range<usize> {
    let length = samples.len();
    let hop_length = hop_length.max(1);
    let half = frame_length / 2;
    // 1 + (length + 2 * half - frame_length) / hop_length frames; an odd frame_length pads one sample less.
    let Some(last) = (length + 2 * half).checked_sub(frame_length).map(|room| room / hop_length) else {
        return 0..length;
    };
    // Frames begin and end on multiples of a common block, so that running sums over blocks are all that is needed.
    let block = gcd(hop_length, gcd(half, frame_length - half)).max(1);
    let mut sums = Vec::with_capacity(length / block + 2);
    let mut sum = 0.0_f64;
    sums.push(sum);
    for samples in samples.chunks(block) {
        sum += energy(samples);
        sums.push(sum);
    }
    let power = |frame: usize| {
        let start = (frame * hop_length).saturating_sub(half) / block;
        let end = ((frame * hop_length + frame_length - half) / block).min(sums.len() - 1);
        let energy = if start < end { sums[end] - sums[start] } else { 0.0 };
        (energy / frame_length.max(1) as f64).max(1e-10)
    };
    let loudest = (0..=last).map(power).fold(0.0, f64::max);
    let threshold = loudest * 10_f64.powf(-top_db / 10.0);
    let is_speech = |frame: &usize| power(*frame) > threshold;
    match ((0..=last).find(is_speech), (0..=last).rev().find(is_speech)) {
        (Some(first), Some(last)) => first * hop_length..((last + 1) * hop_length).min(length),
        _ => 0..length,
    }
}

/// The sum of squares, in eight running sums that the compiler can keep side by side.
fn energy(samples: &[f32]) -> f64 {
    let mut sums = [0.0_f64; 8];
    let (chunks, rest) = samples.as_chunks::<8>();
    for chunk in chunks {
        for (sum, s) in sums.iter_mut().zip(chunk) {
            *sum += f64::from(*s) * f64::from(*s);
        }
    }
    sums.iter().sum::<f64>() + rest.iter().map(|s| f64::from(*s) * f64::from(*s)).sum::<f64>()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burst(before: usize, tone: usize, after: usize) -> Vec<f32> {
        let mut x = vec![0.0; before];
        x.extend((0..tone).map(|i| (i as f32 * 0.3).sin()));
        x.resize(before + tone + after, 0.0);
        x
    }

    #[test]
    fn silence_at_both_ends_goes_and_frames_that_touch_the_sound_stay() {
        // Frame 2048, hop 512: a frame touches the burst at 10000..12000 from sample 9216 = 18 * 512 (its reach is
        // 8192..10240) up to the frame at 12800 = 25 * 512 (11776..13824); the end is one hop later.
        assert_eq!(trim(&burst(10_000, 2_000, 10_000), 60.0, 2048, 512), 18 * 512..26 * 512);
    }

    #[test]
    fn a_silent_clip_and_a_loud_one_are_kept_whole() {
        assert_eq!(trim(&[0.0; 5_000], 60.0, 2048, 512), 0..5_000);
        assert_eq!(trim(&burst(0, 5_000, 0), 60.0, 2048, 512), 0..5_000);
        assert_eq!(trim(&[0.5], 60.0, 2048, 512), 0..1);
        assert_eq!(trim(&[], 60.0, 2048, 512), 0..0);
    }

    #[test]
    fn odd_frames_and_hops_find_the_same_sound() {
        let x = burst(10_000, 2_000, 10_000);
        for (frame, hop) in [(2048, 512), (2047, 511), (400, 160), (1, 1), (30_000, 7)] {
            let kept = trim(&x, 60.0, frame, hop);
            let reach = frame / 2 + hop;
            assert!(kept.start <= 10_001 && kept.start + reach >= 10_000, "{frame} {hop}: {kept:?}");
            assert!(kept.end >= 11_999 && kept.end <= 12_000 + reach + hop, "{frame} {hop}: {kept:?}");
        }
    }

    #[test]
    fn the_threshold_is_relative_to_the_loudest_frame() {
        let mut x = burst(0, 4_096, 0);
        x.extend(burst(0, 8_192, 0).iter().map(|s| s * 0.01)); // 40 dB quieter
        assert_eq!(trim(&x, 50.0, 2048, 512), 0..x.len());
        assert!(trim(&x, 30.0, 2048, 512).end < 6_000);
        let quiet: Vec<f32> = x.iter().map(|s| s * 0.1).collect();
        assert_eq!(trim(&quiet, 30.0, 2048, 512), trim(&x, 30.0, 2048, 512));
    }
}
