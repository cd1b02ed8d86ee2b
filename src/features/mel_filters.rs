//! The mel scale and its triangular filters.

crate::choices! {
    /// How mel filters are scaled.
    pub enum MelNorm {
        /// Each filter is divided by half its width in Hz, so that all have about the same area (Slaney's Auditory Toolbox).
        "slaney" => Slaney,
        /// Peaks of 1.
        "none" => None,
    }
}

/// Where the bands lie: what [`MelFilters::new`] needs to know.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MelBands {
    /// Bands.
    pub n_mels: usize,
    /// Lower edge of the first band in Hz.
    pub fmin: f64,
    /// Upper edge of the last band in Hz; half the sample rate where none is given.
    pub fmax: Option<f64>,
    /// HTK's mel formula instead of Slaney's.
    pub htk: bool,
    /// Scaling of the filters.
    pub norm: MelNorm,
}

impl MelBands {
    /// The n_mels + 2 edges in Hz, equally spaced on the mel scale.
    pub fn edges_hz(&self, sample_rate_hz: u32) -> Vec<f64> {
        let fmax = self.fmax.unwrap_or(f64::from(sample_rate_hz) / 2.0);
        let (low, high) = (hz_to_mel(self.fmin, self.htk), hz_to_mel(fmax, self.htk));
        let steps = self.n_mels + 1;
        let step = (high - low) / steps as f64;
        (0..=steps)
            .map(|i| if i == steps { high } else { low + i as f64 * step })
            .map(|m| mel_to_hz(m, self.htk))
            .collect()
    }
}

/// A bank of triangular filters over FFT bins, stored without its zeros.
#[derive(Debug, Clone, PartialEq)]
pub struct MelFilters {
    /// For each band the first FFT bin and the range of its weights.
    bands: Vec<(usize, std::ops::Range<usize>)>,
    weights: Vec<f32>,
}

impl MelFilters {
    /// w = max(0, min((f - f_i) / (f_i+1 - f_i), (f_i+2 - f) / (f_i+2 - f_i+1))), with [`MelNorm::Slaney`] times
    /// 2 / (f_i+2 - f_i) (librosa `filters.mel`; rounded to f32 after either step, as there).
    pub fn new(bands: &MelBands, n_fft: usize, sample_rate_hz: u32) -> Self {
        let edges = bands.edges_hz(sample_rate_hz);
        let mut filters = Self { bands: Vec::with_capacity(bands.n_mels), weights: Vec::new() };
        for edge in edges.windows(3) {
            let (low, middle, high) = (edge[0], edge[1], edge[2]);
            let scale = match bands.norm {
                MelNorm::Slaney => 2.0 / (high - low),
                MelNorm::None => 1.0,
            };
            let (start, mut first) = (filters.weights.len(), 0);
            // All bins of the band, and one more on either side in case of rounding.
            let bin = |hz: f64| (hz * n_fft as f64 / f64::from(sample_rate_hz)).max(0.0) as usize;
            for k in bin(low).saturating_sub(1)..=(n_fft / 2).min(bin(high) + 1) {
                let f = k as f64 * f64::from(sample_rate_hz) / n_fft as f64;
                let triangle = ((f - low) / (middle - low)).min((high - f) / (high - middle)).max(0.0) as f32;
                if triangle > 0.0 {
                    if filters.weights.len() == start {
                        first = k;
                    }
                    filters.weights.push((f64::from(triangle) * scale) as f32);
                }
            }
            filters.bands.push((first, start..filters.weights.len()));
        }
        filters
    }

    /// Bands.
    pub fn n_mels(&self) -> usize {
        self.bands.len()
    }

    /// Bands too narrow to hold a single FFT bin: they would be 0 for every clip.
    pub fn empty(&self) -> Vec<usize> {
        (0..self.bands.len()).filter(|b| self.bands[*b].1.is_empty()).collect()
    }

    /// The first FFT bin of a band and the weights from there on.
    pub fn band(&self, band: usize) -> (usize, &[f32]) {
        let (first, range) = &self.bands[band];
        (*first, &self.weights[range.clone()])
    }

    /// Appends the n_mels band values of one spectrum of n_fft / 2 + 1 bins.
    pub fn apply(&self, spectrum: &[f32], bands: &mut Vec<f32>) {
        bands.extend(self.bands.iter().map(|(first, range)| {
            let weights = &self.weights[range.clone()];
            dot(weights, &spectrum[*first..first + weights.len()])
        }));
    }
}

/// Scalar product over four interleaved partial sums: a fixed order that the compiler can vectorise.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a4, a_rest), (b4, b_rest)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    let mut sums = [0.0f32; 4];
    for (x, y) in a4.iter().zip(b4) {
        for i in 0..4 {
            sums[i] += x[i] * y[i];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    (sums[0] + sums[2]) + (sums[1] + sums[3]) + rest
}

// Slaney's scale: linear below 1 kHz (200/3 Hz a mel), above it 27 steps to a factor of 6.4.
const HZ_PER_MEL: f64 = 200.0 / 3.0;
const LOG_FROM_HZ: f64 = 1000.0;
const LOG_FROM_MEL: f64 = LOG_FROM_HZ / HZ_PER_MEL;
const LOG_STEPS: f64 = 27.0;

/// Hz to mel: Slaney's Auditory Toolbox, or HTK's 2595 log10(1 + f / 700).
pub fn hz_to_mel(hz: f64, htk: bool) -> f64 {
    if htk {
        2595.0 * (1.0 + hz / 700.0).log10()
    } else if hz < LOG_FROM_HZ {
        hz / HZ_PER_MEL
    } else {
        LOG_FROM_MEL + (hz / LOG_FROM_HZ).ln() / (6.4f64.ln() / LOG_STEPS)
    }
}

/// Mel to Hz, the inverse of [`hz_to_mel`].
pub fn mel_to_hz(mel: f64, htk: bool) -> f64 {
    if htk {
        700.0 * (10.0f64.powf(mel / 2595.0) - 1.0)
    } else if mel < LOG_FROM_MEL {
        mel * HZ_PER_MEL
    } else {
        LOG_FROM_HZ * (6.4f64.ln() / LOG_STEPS * (mel - LOG_FROM_MEL)).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bands(n_mels: usize) -> MelBands {
        MelBands { n_mels, fmin: 0.0, fmax: None, htk: false, norm: MelNorm::Slaney }
    }

    #[test]
    fn the_scales_have_their_known_points() {
        assert!((hz_to_mel(1000.0, false) - 15.0).abs() < 1e-12);
        assert!((hz_to_mel(6400.0, false) - 42.0).abs() < 1e-12);
        assert!((hz_to_mel(1000.0, true) - 999.985_537).abs() < 1e-6);
        for htk in [false, true] {
            for hz in [0.0, 440.0, 999.0, 1000.0, 8000.0] {
                assert!((mel_to_hz(hz_to_mel(hz, htk), htk) - hz).abs() < 1e-9 * hz.max(1.0));
            }
        }
    }

    #[test]
    fn slaney_filters_have_area_1_and_plain_ones_peak_at_1() {
        let filters = MelFilters::new(&bands(20), 4096, 16_000);
        let hz_per_bin = 16_000.0 / 4096.0;
        let area: f64 = filters.band(10).1.iter().map(|w| f64::from(*w) * hz_per_bin).sum();
        assert!((area - 1.0).abs() < 1e-3, "{area}");
        let plain = MelFilters::new(&MelBands { norm: MelNorm::None, ..bands(20) }, 4096, 16_000);
        let peak = plain.band(10).1.iter().copied().fold(0.0, f32::max);
        assert!(peak <= 1.0 && peak > 0.97, "{peak}");
    }

    #[test]
    fn bands_narrower_than_a_bin_are_found() {
        assert!(MelFilters::new(&bands(128), 2048, 16_000).empty().is_empty());
        assert!(!MelFilters::new(&bands(256), 512, 16_000).empty().is_empty());
    }

    #[test]
    fn a_bin_counts_for_its_own_bands_alone() {
        let filters = MelFilters::new(&bands(40), 1024, 16_000);
        let mut spectrum = vec![0.0; 513];
        spectrum[100] = 2.0;
        let mut values = Vec::new();
        filters.apply(&spectrum, &mut values);
        for (band, value) in values.iter().enumerate() {
            let (first, weights) = filters.band(band);
            let weight = 100usize.checked_sub(first).and_then(|i| weights.get(i)).copied().unwrap_or(0.0);
            assert_eq!(*value, 2.0 * weight);
        }
        assert!((1..=2).contains(&values.iter().filter(|v| **v > 0.0).count()));
    }
}
