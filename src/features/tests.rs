//! What holds for every kind of feature.

use super::*;
use crate::kind::{Context, Described, Kinds};
use proptest::prelude::*;

const RATE: u32 = 16_000;

/// Every kind that is computed, with its defaults.
pub(super) fn all() -> Vec<Feature> {
    computed().map(|name| Feature::of_name(name).unwrap()).collect()
}

/// The names of these kinds.
fn computed() -> impl Iterator<Item = &'static str> {
    let is_computed = |name: &&str| Feature::of_name(name).is_some_and(|feature| !feature.is_external());
    Feature::NAMES.iter().copied().filter(is_computed)
}

fn noise(samples: usize) -> Vec<f32> {
    let mut state = 1u32;
    (0..samples)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect()
}

#[test]
fn every_kind_works_with_its_defaults_at_16_khz() {
    for feature in all() {
        assert_eq!(feature.problems(&Context::at_rate(RATE)), []);
        let frames = feature.extract(&noise(20_000), RATE).unwrap();
        assert_eq!(
            (frames.bins, frames.frames),
            (feature.bins(), feature.frames(20_000).unwrap()),
            "{}",
            feature.name()
        );
        assert_eq!(frames.data.len(), frames.bins * frames.frames);
        assert_eq!((feature.bin_names().len(), feature.hop_length().unwrap()), (frames.bins, 512));
        assert!(frames.data.iter().all(|v| v.is_finite()), "{}", feature.name());
    }
}

#[test]
fn silence_and_a_single_sample_are_finite_everywhere() {
    for feature in all() {
        for clip in [vec![0.0; 8000], vec![0.25], vec![0.0]] {
            let frames = feature.extract(&clip, RATE).unwrap();
            assert_eq!(frames.frames, feature.frames(clip.len()).unwrap());
            assert!(frames.data.iter().all(|v| v.is_finite()), "{} of {} samples", feature.name(), clip.len());
        }
    }
}

#[test]
fn in_a_silent_clip_every_frame_is_the_floor() {
    for feature in all() {
        let frames = feature.extract(&[0.0; 8000], RATE).unwrap();
        let floor = feature.floor(&frames);
        assert_eq!(floor.len(), feature.bins());
        for (bin, value) in floor.iter().enumerate() {
            for v in frames.row(bin) {
                assert!((v - value).abs() <= 1e-5 * value.abs().max(1.0), "{} bin {bin}: {v}, {value}", feature.name());
            }
        }
    }
}

#[test]
fn all_together_are_what_each_is_alone() {
    let (features, clip) = (all(), noise(9000));
    let together = extract_all(&features, &clip, RATE).unwrap();
    let extractor = Extractor::new(&features, RATE).unwrap();
    assert_eq!(extractor.extract(&clip).unwrap(), together);
    for (feature, frames) in features.iter().zip(together) {
        assert_eq!(feature.extract(&clip, RATE).unwrap(), frames, "{}", feature.name());
    }
}

#[test]
fn every_kind_refuses_what_is_no_clip() {
    for feature in all() {
        assert!(matches!(feature.extract(&[], RATE), Err(FeatureError::EmptyClip)));
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut clip = noise(100);
            clip[97] = bad;
            assert!(matches!(feature.extract(&clip, RATE), Err(FeatureError::NotFinite { index: 97, .. })));
        }
        assert_eq!(feature.frames(0), Some(0));
        assert!(matches!(feature.extract(&[0.1], 0), Err(FeatureError::Settings { .. })));
    }
}

#[test]
fn every_kind_refuses_a_hop_longer_than_its_frame_and_settings_out_of_range() {
    for name in computed() {
        let read = |text: &str| toml::from_str::<Feature>(&format!("[{name}]\n{text}")).unwrap();
        let hop = read("hop_length = 4096");
        assert_eq!(hop.inside(&Context::at_rate(RATE))[0].key, "hop_length", "{name}");
        let error = hop.extract(&[0.1; 100], RATE).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("{name} cannot be computed at 16000 Hz: hop_length: 4096 is longer")),
            "{error}"
        );
        assert!(matches!(read("hop_length = 0").extract(&[0.1], RATE), Err(FeatureError::Settings { .. })));
    }
}

#[test]
fn every_kind_refuses_to_mirror_a_clip_that_is_too_short_and_says_how_long_it_must_be() {
    for name in computed() {
        let feature: Feature = toml::from_str(&format!("[{name}]\npad_mode = \"reflect\"")).unwrap();
        assert_eq!(feature.extract(&noise(1025), RATE).unwrap().frames, 3, "{name}");
        let error = feature.extract(&noise(1024), RATE).unwrap_err().to_string();
        let says =
            "mirrors 1024 samples at each end, which needs a clip of at least 1025 samples, but this one has 1024";
        assert!(error.contains(says), "{name}: {error}");
    }
}

#[test]
fn what_is_added_at_the_ends_changes_the_outer_frames_alone() {
    let clip = noise(16_000);
    for name in computed() {
        let of = |mode: &str| {
            toml::from_str::<Feature>(&format!("[{name}]\npad_mode = \"{mode}\""))
                .unwrap()
                .extract(&clip, RATE)
                .unwrap()
        };
        let (zeros, mirrored) = (of("constant"), of("reflect"));
        for bin in 0..zeros.bins {
            // 2048 samples a frame and 512 from one to the next: two frames at each end reach beyond the clip.
            assert_eq!(zeros.row(bin)[2..29], mirrored.row(bin)[2..29], "{name}");
        }
        assert_ne!(zeros, mirrored, "{name}");
    }
}

#[test]
fn a_spec_names_a_feature_and_only_settings_it_has() {
    let feature: Feature = toml::from_str("log-mel = { n_mels = 64, ref = \"max\" }").unwrap();
    assert_eq!(
        feature,
        Feature::LogMel(LogMel {
            levels: crate::features::Levels {
                mel: crate::features::Mel { n_mels: 64, ..Default::default() },
                r#ref: Reference::Max,
                ..Default::default()
            },
            ..LogMel::default()
        })
    );
    let error = toml::from_str::<Feature>("zcr = { frame_lenght = 1 }").unwrap_err().to_string();
    assert!(error.contains("unknown field `frame_lenght`"), "{error}");
    for feature in all() {
        let text = toml::to_string(&feature).unwrap();
        assert_eq!(toml::from_str::<Feature>(&text).unwrap(), feature);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Short, odd lengths and frames at every edge: never a panic, always as many frames as announced.
    #[test]
    fn any_clip_has_the_announced_frames(samples in 1usize..3000, hop in 1usize..300, center: bool) {
        let text = format!("hop_length = {hop}\ncenter = {center}");
        for name in computed() {
            let feature: Feature = toml::from_str(&format!("[{name}]\n{text}")).unwrap();
            let frames = feature.extract(&noise(samples), RATE).unwrap();
            prop_assert_eq!(frames.frames, feature.frames(samples).unwrap(), "{}", name);
            prop_assert!(frames.data.iter().all(|v| v.is_finite()), "{}", name);
        }
    }
}
