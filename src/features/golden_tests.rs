//! Features against librosa's own numbers.
//!
//! `tests/golden` is part of the project and made by `scripts/make_golden.py`; a larger set beside the checkout is used where
//! it is there.

use super::mel_filters::{MelBands, MelFilters, MelNorm};
use super::*;
use crate::arrays::npy::{Array, read_file};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const RATE: u32 = 16_000;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// How close two numbers must be: |a - b| <= atol + rtol |b|.
#[derive(Clone, Copy)]
struct Tolerance {
    rtol: f64,
    atol: f64,
}

/// The tolerance of each feature, `largest` being the array's largest value.
fn tolerance(feature: &str, largest: f64) -> Tolerance {
    let (rtol, atol) = match feature {
        "zcr" => (0.0, 1e-12),
        "rms" | "energy" => (1e-6, 0.0),
        "mel" => (1e-5, 1e-9 * largest),
        "log-mel" | "log-energy" | "mfcc" => (0.0, 1e-3),
        "delta" => (0.0, 5e-4),
        "spectral-centroid" | "spectral-bandwidth" => (1e-5, 0.0),
        "spectral-rolloff" => (0.0, 0.0),
        "spectral-flatness" => (1e-4, 0.0),
        "spectral-contrast" => (1e-5, 1e-3),
        "chroma" => (0.0, 1e-4),
        "mel-filters" => (1e-6, 1e-9),
        "f0" => (1e-3, 0.0),
        other => panic!("no tolerance for {other}"),
    };
    Tolerance { rtol, atol }
}

/// Arrays held and the largest deviation, absolute and relative, by feature.
#[derive(Default)]
struct Tally(BTreeMap<String, (usize, f64, f64)>);

impl Tally {
    fn hold(&mut self, feature: &str, file: &str, expected: &Array, actual: &[f64]) {
        let wanted = &expected.values;
        // Of arrays of f32 every value is one.
        let is_single = wanted.iter().all(|v| f64::from(*v as f32) == *v);
        assert_eq!(wanted.len(), actual.len(), "{file}: shape {:?}", expected.shape);
        let largest = wanted.iter().copied().fold(0.0, f64::max);
        let Tolerance { rtol, atol } = tolerance(feature, largest);
        let entry = self.0.entry(feature.to_owned()).or_default();
        entry.0 += 1;
        let mut misses = Vec::new();
        for (i, (a, w)) in actual.iter().zip(wanted).enumerate() {
            // A reference in f32 can be met no closer than by the f32 nearest to ours.
            let a = if is_single { f64::from(*a as f32) } else { *a };
            let off = (a - w).abs();
            if off > atol + rtol * w.abs() || !a.is_finite() {
                misses.push((i, a, *w));
            } else {
                entry.1 = entry.1.max(off);
                // Relative to a number near 0 a deviation says nothing.
                if w.abs() > 1e-3 * largest.max(1.0) {
                    entry.2 = entry.2.max(off / w.abs());
                }
            }
        }
        assert!(
            misses.is_empty(),
            "{file}: {} of {} values differ (index, ours, librosa's): {:?}",
            misses.len(),
            wanted.len(),
            &misses[..misses.len().min(5)]
        );
    }

    fn print(&self, title: &str) -> usize {
        println!("{title}");
        for (feature, (arrays, absolute, relative)) in &self.0 {
            println!("{feature:<20} {arrays:>4} arrays, largest deviation {absolute:.1e}, relative {relative:.1e}");
        }
        self.0.values().map(|(arrays, ..)| arrays).sum()
    }
}

/// A feature in f64 where it is computed in f64, so that rounding to f32 is not held against it.
fn values(feature: &Feature, samples: &[f32], sample_rate_hz: u32) -> Vec<f64> {
    match feature {
        Feature::Zcr(zcr) => zcr.rates(samples),
        Feature::F0(f0) => f0.estimates_hz(samples, sample_rate_hz),
        _ => feature.extract(samples, sample_rate_hz).unwrap().data.into_iter().map(f64::from).collect(),
    }
}

/// The golden inputs, in whole numbers so that Python and Rust agree to the bit.
mod inputs {
    /// Parabolic sine of a phase in 65536ths of a turn, in -32768 ..= 32768.
    fn wave(phase: i64) -> i64 {
        let p = ((phase + 32_768) & 65_535) - 32_768;
        (p * (32_768 - p.abs())) >> 13
    }

    /// Uniform noise in -32768 ..= 32767 (the generator of Numerical Recipes).
    fn noise(n: usize, seed: u32) -> Vec<i64> {
        let mut state = seed;
        (0..n)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                i64::from(state >> 16) - 32_768
            })
            .collect()
    }

    pub(super) fn make(name: &str) -> Vec<f32> {
        let samples: Vec<i64> = match name {
            "glide" => {
                let n = 9000;
                let hiss = noise(n as usize, 1);
                let mut phase = 0;
                (0..n)
                    .map(|i| {
                        phase += 330 + 28_000 * i / n;
                        (wave(phase) * 18 + hiss[i as usize]) >> 5
                    })
                    .collect()
            }
            "voice" => {
                let n = 11_000;
                let breath = noise(n as usize, 2);
                let mut phase = 0;
                (0..n)
                    .map(|i| {
                        phase += 490 + wave(i * 20) / 400;
                        let harmonics: i64 = (1..=8).map(|h| wave(phase * h) / h).sum();
                        let envelope = wave(i * 6).abs();
                        (harmonics * envelope / 98_304 + breath[i as usize] / 200) * 2 / 3
                    })
                    .collect()
            }
            "burst" => {
                let mut samples = vec![0; 3000];
                samples.extend(noise(3000, 3).into_iter().map(|x| x / 3));
                samples.extend([0; 2500]);
                samples
            }
            "short" => (0..700).map(|i| wave(i * 900) / 2 + 1500).collect(),
            other => panic!("no input {other}"),
        };
        samples.into_iter().map(|s| s.clamp(-32_768, 32_767) as f32 / 32_768.0).collect()
    }
}

#[test]
fn features_are_what_the_stored_librosa_arrays_say() {
    let folder = project().join("tests/golden");
    let mut tally = Tally::default();
    let mut table = csv::Reader::from_path(folder.join("manifest.csv")).unwrap();
    for row in table.records() {
        let row = row.unwrap();
        let (file, input, rate, kind, settings) = (&row[0], &row[1], &row[2], &row[3], &row[4]);
        let (rate, settings) = (rate.parse().unwrap(), serde_json::from_str::<Value>(settings).unwrap());
        let expected = read_file(&folder.join(file)).unwrap();
        let feature: Feature = serde_json::from_value(json!({ kind: settings })).unwrap();
        let samples = inputs::make(input);
        assert_eq!(expected.shape, [feature.bins(), feature.frames(samples.len()).unwrap()], "{file}");
        let ours = values(&feature, &samples, rate);
        match &feature {
            Feature::Mfcc(mfcc) => {
                // Coefficients and deltas have tolerances of their own.
                let base = mfcc.n_mfcc * expected.shape[1];
                let wanted = expected.values.clone();
                let part = |values: &[f64]| Array {
                    shape: vec![values.len()],
                    values: values.iter().map(|v| f64::from(*v as f32)).collect(),
                };
                tally.hold("mfcc", file, &part(&wanted[..base]), &ours[..base]);
                if wanted.len() > base {
                    tally.hold("delta", file, &part(&wanted[base..]), &ours[base..]);
                }
            }
            Feature::LogMel(log_mel) if log_mel.deltas.is_change() => tally.hold("delta", file, &expected, &ours),
            Feature::Energy(energy) if energy.log => tally.hold("log-energy", file, &expected, &ours),
            _ => tally.hold(kind, file, &expected, &ours),
        }
    }
    assert!(tally.print("tests/golden") >= 60);
}

/// Settings in librosa's words as a feature, and which of its rows are meant.
fn from_librosa(feature: &str, params: &Value) -> (&'static str, Feature, std::ops::Range<usize>) {
    let mut settings = params.as_object().unwrap().clone();
    for name in ["dct_type", "norm", "width", "order", "mode"] {
        settings.shift_remove(name);
    }
    let n_mfcc = params["n_mfcc"].as_u64().unwrap_or(0) as usize;
    let (name, kind) = match feature {
        "zcr" => ("zcr", "zcr"),
        "rms" => ("rms", "rms"),
        "mel_power" => ("mel", "mel"),
        "mel_db" => ("log-mel", "log-mel"),
        "mfcc" => ("mfcc", "mfcc"),
        "mfcc_delta1" => {
            settings.insert("delta".into(), json!(true));
            ("delta", "mfcc")
        }
        "mfcc_delta2" => {
            settings.insert("delta_delta".into(), json!(true));
            ("delta", "mfcc")
        }
        "spectral_centroid" => ("spectral-centroid", "spectral-centroid"),
        "spectral_bandwidth" => ("spectral-bandwidth", "spectral-bandwidth"),
        "spectral_rolloff" => ("spectral-rolloff", "spectral-rolloff"),
        "spectral_flatness" => ("spectral-flatness", "spectral-flatness"),
        "spectral_contrast" => ("spectral-contrast", "spectral-contrast"),
        "chroma_stft" => ("chroma", "chroma"),
        "yin_f0" => ("f0", "f0"),
        other => panic!("unknown feature {other}"),
    };
    let feature: Feature = serde_json::from_value(json!({ kind: settings })).unwrap();
    let rows = if name == "delta" { n_mfcc..2 * n_mfcc } else { 0..feature.bins() };
    (name, feature, rows)
}

/// 16-bit mono as it comes after the `data` mark.
fn wav(path: PathBuf) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    let data = bytes.windows(4).position(|w| w == b"data").unwrap() + 8;
    bytes[data..].as_chunks::<2>().0.iter().map(|b| f32::from(i16::from_le_bytes(*b)) / 32_768.0).collect()
}

fn filters_match(tally: &mut Tally, file: &str, params: &Value, expected: &Array, summary: bool) {
    let number = |name: &str| params[name].as_u64().unwrap() as usize;
    let bands = MelBands { n_mels: number("n_mels"), fmin: 0.0, fmax: None, htk: false, norm: MelNorm::Slaney };
    let (rate, n_fft) = (u32::try_from(number("sr")).unwrap(), number("n_fft"));
    let filters = MelFilters::new(&bands, n_fft, rate);
    let ours: Vec<f64> = (0..filters.n_mels())
        .flat_map(|band| {
            let (first, weights) = filters.band(band);
            let weights: Vec<f64> = weights.iter().map(|w| f64::from(*w)).collect();
            if summary {
                let largest = weights.iter().copied().fold(0.0, f64::max);
                vec![first as f64, (first + weights.len() - 1) as f64, weights.iter().sum(), largest]
            } else {
                let mut row = vec![0.0; n_fft / 2 + 1];
                row[first..first + weights.len()].copy_from_slice(&weights);
                row
            }
        })
        .collect();
    tally.hold("mel-filters", file, expected, &ours);
}

#[test]
fn features_are_what_the_larger_set_of_librosa_arrays_says() {
    let folder = project().join("../shared/librosa");
    if !folder.join("manifest.csv").exists() {
        crate::skip::skipped(format_args!("{} is not here", folder.display()));
        return;
    }
    let mut tally = Tally::default();
    let mut failures = Vec::new();
    let mut table = csv::Reader::from_path(folder.join("manifest.csv")).unwrap();
    for row in table.records() {
        let row = row.unwrap();
        let (file, input, feature) = (&row[0], &row[1], &row[2]);
        let params: Value = serde_json::from_str(&row[7]).unwrap();
        let expected = read_file(&folder.join(file)).unwrap();
        if input.is_empty() {
            filters_match(&mut tally, file, &params, &expected, feature == "mel_filter_summary");
            continue;
        }
        let (name, feature, rows) = from_librosa(feature, &params);
        let samples = wav(folder.join(input));
        let frames = feature.frames(samples.len()).unwrap();
        let ours = values(&feature, &samples, RATE);
        let held = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            tally.hold(name, file, &expected, &ours[rows.start * frames..rows.end * frames]);
        }));
        failures.extend(held.err().map(|_| file.to_owned()));
    }
    assert!(failures.is_empty(), "{failures:?}");
    assert_eq!(tally.print("larger set"), 224);
}
