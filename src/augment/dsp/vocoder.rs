//! The phase vocoder: time without pitch, as librosa's `effects.time_stretch` does it (Flanagan & Golden 1966).

use super::fft::{self, Bin};
use std::f64::consts::TAU;

/// The shortest transform, for clips of a few samples.
const SHORTEST: usize = 16;

/// `x` played `rate` times as fast at the same pitch: round(n / rate) samples, at least one.
///
/// Hann windows of `n_fft` samples, a quarter of it apart, centred (zero-padded by half a window). Clips shorter than
/// `n_fft` get the longest power of two that fits in them.
pub(in super::super) fn stretch(x: &[f32], rate: f64, n_fft: usize) -> Vec<f32> {
    let n_fft = if x.len() < n_fft { 1 << x.len().max(SHORTEST).ilog2() } else { n_fft };
    let out_len = ((x.len() as f64 / rate).round_ties_even() as usize).max(1);
    let mut analysis = Analysis::new(x, n_fft);
    let mut synthesis = Synthesis::new(out_len, n_fft);
    let (mut now, mut next) = (Column::silent(n_fft), Column::silent(n_fft));
    let (mut now_is, mut next_is) = (None, None);
    let frames = analysis.frames();
    let mut phase: Option<Phasors> = None;
    for k in 0.. {
        let position = k as f64 * rate;
        let column = position as usize;
        if column >= frames || synthesis.is_complete() {
            break;
        }
        if next_is == Some(column) {
            std::mem::swap(&mut now, &mut next);
            (now_is, next_is) = (next_is, None);
        }
        if now_is != Some(column) {
            analysis.column(column, &mut now);
            now_is = Some(column);
        }
        if next_is != Some(column + 1) {
            analysis.column(column + 1, &mut next);
            next_is = Some(column + 1);
        }
        let phase = phase.get_or_insert_with(|| Phasors::of(&now));
        phase.write(&now, &next, (position - column as f64) as f32, &mut synthesis.bins);
        synthesis.add();
        phase.advance(&now, &next);
    }
    synthesis.finish()
}

fn hann(n: usize) -> Vec<f32> {
    (0..n).map(|i| (0.5 - 0.5 * (TAU * i as f64 / n as f64).cos()) as f32).collect()
}

/// One frame's spectrum: magnitude, and the direction of each bin as a unit vector.
struct Column {
    magnitude: Vec<f32>,
    re: Vec<f32>,
    im: Vec<f32>,
}

impl Column {
    fn silent(n_fft: usize) -> Self {
        let bins = n_fft / 2 + 1;
        Self { magnitude: vec![0.0; bins], re: vec![1.0; bins], im: vec![0.0; bins] }
    }
}

struct Analysis<'a> {
    x: &'a [f32],
    hop: usize,
    window: Vec<f32>,
    frame: Vec<f32>,
    bins: Vec<Bin>,
    scratch: Vec<Bin>,
    plan: std::sync::Arc<dyn realfft::RealToComplex<f32>>,
}

impl<'a> Analysis<'a> {
    fn new(x: &'a [f32], n_fft: usize) -> Self {
        let plan = fft::forward(n_fft);
        let (bins, scratch) = (plan.make_output_vec(), plan.make_scratch_vec());
        Self { x, hop: n_fft / 4, window: hann(n_fft), frame: vec![0.0; n_fft], bins, scratch, plan }
    }

    fn frames(&self) -> usize {
        1 + self.x.len() / self.hop
    }

    /// Frame `index`, whose middle is sample index * hop; the one after the last is silent, as in librosa.
    fn column(&mut self, index: usize, out: &mut Column) {
        let n = self.frame.len();
        if index >= self.frames() {
            *out = Column::silent(n);
            return;
        }
        let start = (index * self.hop) as isize - (n / 2) as isize;
        let skip = (-start).clamp(0, n as isize) as usize;
        let from = start.max(0) as usize;
        let length = self.x.len().saturating_sub(from).min(n - skip);
        self.frame.fill(0.0);
        if length > 0 {
            let windowed = self.x[from..from + length].iter().zip(&self.window[skip..]);
            self.frame[skip..].iter_mut().zip(windowed).for_each(|(f, (x, w))| *f = x * w);
        }
        let transformed = self.plan.process_with_scratch(&mut self.frame, &mut self.bins, &mut self.scratch);
        transformed.expect("the buffers were made by the plan");
        let planes = out.magnitude.iter_mut().zip(&mut out.re).zip(&mut out.im);
        for (bin, ((magnitude, re), im)) in self.bins.iter().zip(planes) {
            let size = (bin.re * bin.re + bin.im * bin.im).sqrt();
            // A bin without energy has no direction; librosa calls it 0 radians.
            let inverse = if size > 0.0 { 1.0 / size } else { 0.0 };
            *magnitude = size;
            *re = if size > 0.0 { bin.re * inverse } else { 1.0 };
            *im = bin.im * inverse;
        }
    }
}

/// The phase that each bin has reached, as a unit vector.
///
/// librosa adds the expected advance of a hop and the wrapped difference to it; since input and output have the same
/// hop, both together are the difference of the two frames' phases but for whole turns. Multiplying unit vectors is that
/// sum without a single arc tangent.
struct Phasors {
    re: Vec<f32>,
    im: Vec<f32>,
}

impl Phasors {
    fn of(column: &Column) -> Self {
        Self { re: column.re.clone(), im: column.im.clone() }
    }

    /// The output frame: magnitudes between the two columns, at the phase reached.
    fn write(&self, now: &Column, next: &Column, alpha: f32, out: &mut [Bin]) {
        let magnitudes = now.magnitude.iter().zip(&next.magnitude);
        let phases = self.re.iter().zip(&self.im);
        for (bin, ((a, b), (re, im))) in out.iter_mut().zip(magnitudes.zip(phases)) {
            let magnitude = a + alpha * (b - a);
            *bin = Bin::new(magnitude * re, magnitude * im);
        }
    }

    /// Turns each bin by the angle from `now` to `next`.
    fn advance(&mut self, now: &Column, next: &Column) {
        for k in 0..self.re.len() {
            let turn_re = next.re[k] * now.re[k] + next.im[k] * now.im[k];
            let turn_im = next.im[k] * now.re[k] - next.re[k] * now.im[k];
            let re = self.re[k] * turn_re - self.im[k] * turn_im;
            let im = self.re[k] * turn_im + self.im[k] * turn_re;
            // One Newton step towards length 1: rounding errors would add up over thousands of frames.
            let length = 1.5 - 0.5 * (re * re + im * im);
            self.re[k] = re * length;
            self.im[k] = im * length;
        }
    }
}

/// Overlap-add of windowed frames, divided by the sum of the squared windows.
struct Synthesis {
    hop: usize,
    window: Vec<f32>,
    bins: Vec<Bin>,
    frame: Vec<f32>,
    scratch: Vec<Bin>,
    plan: std::sync::Arc<dyn realfft::ComplexToReal<f32>>,
    /// Output with half a window before it.
    sum: Vec<f32>,
    weight: Vec<f32>,
    added: usize,
    out_len: usize,
}

impl Synthesis {
    fn new(out_len: usize, n_fft: usize) -> Self {
        let plan = fft::inverse(n_fft);
        let (bins, frame, scratch) = (plan.make_input_vec(), plan.make_output_vec(), plan.make_scratch_vec());
        let room = out_len + 2 * n_fft;
        let (sum, weight) = (vec![0.0; room], vec![0.0; room]);
        Self { hop: n_fft / 4, window: hann(n_fft), bins, frame, scratch, plan, sum, weight, added: 0, out_len }
    }

    /// Whether the next frame would begin after the last sample.
    fn is_complete(&self) -> bool {
        self.added * self.hop >= self.out_len + self.frame.len()
    }

    fn add(&mut self) {
        let n = self.frame.len();
        self.bins[0].im = 0.0;
        self.bins[n / 2].im = 0.0;
        let transformed = self.plan.process_with_scratch(&mut self.bins, &mut self.frame, &mut self.scratch);
        transformed.expect("the buffers were made by the plan and both ends are real");
        let at = self.added * self.hop;
        let target = self.sum[at..at + n].iter_mut().zip(&mut self.weight[at..at + n]);
        for ((sum, weight), (frame, w)) in target.zip(self.frame.iter().zip(&self.window)) {
            *sum += frame * w;
            *weight += w * w;
        }
        self.added += 1;
    }

    fn finish(mut self) -> Vec<f32> {
        let n = self.frame.len();
        let scale = 1.0 / n as f32;
        for (sum, weight) in self.sum.iter_mut().zip(&self.weight) {
            *sum *= if *weight > f32::MIN_POSITIVE { scale / weight } else { scale };
        }
        self.sum[n / 2..n / 2 + self.out_len].to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::super::level::rms;
    use super::super::probe::{loudest_hz, tone};
    use super::*;

    #[test]
    fn at_rate_1_a_clip_comes_back_unchanged() {
        let x: Vec<f32> =
            tone(440.0, 20_000).iter().zip(tone(1234.5, 20_000)).map(|(a, b)| 0.6 * a + 0.3 * b).collect();
        let y = stretch(&x, 1.0, 2048);
        let error: Vec<f32> = x.iter().zip(&y).map(|(a, b)| a - b).collect();
        assert_eq!(y.len(), x.len());
        assert!(20.0 * (rms(&error) / rms(&x)).log10() < -100.0);
    }

    #[test]
    fn the_length_follows_the_rate_and_pitch_and_level_stay() {
        for rate in [0.5, 0.8, 1.0, 1.25, 2.0, 3.0] {
            let x = tone(440.0, 32_000);
            let y = stretch(&x, rate, 2048);
            assert_eq!(y.len(), (32_000.0 / rate).round() as usize);
            assert!((loudest_hz(&y) - 440.0).abs() < 1.0, "rate {rate}: {}", loudest_hz(&y));
            let middle = &y[y.len() / 4..y.len() * 3 / 4];
            // The padded first frame starts neighbouring bins out of step, which slow rates never mend: librosa 0.11 has
            // 0.8707 at rate 0.5, 0.9080 at 0.8 and 0.9953 at 2 for this tone.
            let level = rms(middle) / rms(&x);
            assert!((0.87..1.01).contains(&level), "rate {rate}: {level}");
        }
    }

    #[test]
    fn clips_of_any_length_give_finite_samples() {
        for n in [1, 2, 15, 16, 17, 100, 2047, 2048, 2049] {
            for rate in [0.1, 0.9, 1.0, 7.3, 1e6] {
                let y = stretch(&tone(300.0, n), rate, 2048);
                assert!(!y.is_empty() && y.iter().all(|v| v.is_finite()), "{n} samples at rate {rate}");
            }
        }
    }
}
