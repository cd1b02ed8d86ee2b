//! What holds for every kind.

use super::dsp::probe::{RATE_HZ, stream, tone};
use super::*;
use crate::kind::{Context, Described};
use proptest::prelude::*;

/// Every kind as a step with default settings; what has no default (a folder, a list of steps) is given one.
fn every_step(folder: &std::path::Path) -> Vec<Step> {
    crate::audio::write_wav(&folder.join("a.wav"), &tone(700.0, 9000), RATE_HZ).unwrap();
    crate::audio::write_wav(&folder.join("b.wav"), &[0.9, -0.4, 0.2, 0.1], 8000).unwrap();
    let step = |name: &&str| {
        let mut step = Step::from(Transform::of_name(name).unwrap());
        match &mut step.transform {
            Transform::OneOf(OneOf { of, .. }) | Transform::SomeOf(SomeOf { of, .. }) => {
                *of = ["noise", "pitch", "gain"].map(|n| Step::from(Transform::of_name(n).unwrap())).to_vec();
            }
            _ => {}
        }
        step.rewrite_folders(&mut |f| {
            *f = folder.to_owned();
            Ok(())
        })
        .unwrap();
        step
    };
    Transform::NAMES.iter().map(step).collect()
}

fn run(steps: &[Step], x: &[f32], seed: u64) -> Vec<f32> {
    let mut y = x.to_vec();
    waveform(steps, &mut y, RATE_HZ, &mut stream(seed)).unwrap();
    y
}

fn frames() -> Frames {
    Frames { bins: 20, frames: 50, data: (0..1000).map(|v| v as f32 * 0.01 - 5.0).collect() }
}

#[test]
fn every_kind_with_default_settings_is_without_problems_and_reads_back_as_written() {
    let folder = tempfile::tempdir().unwrap();
    for step in every_step(folder.path()) {
        assert_eq!(step.problems(&Context::at_rate(RATE_HZ)), [], "{step:?}");
        let text = toml::to_string(&step).unwrap();
        assert_eq!(toml::from_str::<Step>(&text).unwrap(), step, "{text}");
    }
}

#[test]
fn every_kind_is_finite_deterministic_and_leaves_something_whatever_the_clip() {
    let folder = tempfile::tempdir().unwrap();
    let mut click = vec![0.0; 3000];
    click[1234] = 1.0;
    let clips = [
        tone(440.0, 16_000),
        tone(440.0, 1),
        vec![0.3, -0.2],
        vec![0.0; 5000],
        vec![1.0; 700],
        vec![1e-30; 700],
        vec![1e6; 700],
        click,
    ];
    for step in every_step(folder.path()) {
        let steps = [step];
        for clip in &clips {
            for seed in 0..3 {
                let y = run(&steps, clip, seed);
                assert!(!y.is_empty() && y.iter().all(|v| v.is_finite()), "{steps:?} on {} samples", clip.len());
                assert_eq!(y, run(&steps, clip, seed), "{steps:?}");
            }
        }
        let masked = |seed| {
            let mut x = frames();
            spectrogram(&steps, &mut x, &[-5.0], &mut stream(seed));
            x
        };
        assert_eq!(masked(1), masked(1));
        assert!(masked(1).data.len() == 1000 && masked(1).data.iter().all(|v| v.is_finite()));
    }
}

#[test]
fn each_kind_works_at_its_own_stage_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let x = tone(440.0, 8000);
    for step in every_step(folder.path()) {
        let (name, stage, steps) = (step.transform.name(), step.transform.stage(), [step]);
        let changes_samples = (0..5).any(|seed| run(&steps, &x, seed) != x);
        let changes_frames = (0..5).any(|seed| {
            let mut y = frames();
            spectrogram(&steps, &mut y, &[9.0], &mut stream(seed));
            y != frames()
        });
        let changes_clips = (0..5).any(|seed| {
            let mut y = [frames(), frames()];
            let bands = || toml::from_str("log-mel = { n_mels = 20 }").unwrap();
            let features: [Feature; 2] = [bands(), bands()];
            clip(&steps, &features, &mut y, &mut stream(seed));
            y != [frames(), frames()]
        });
        let changes_batches = batch(&steps, 4, &mut stream(0)).is_some();
        let nothing = name == "identity";
        assert_eq!(changes_samples, stage == Stage::Waveform && !nothing, "{name}");
        assert_eq!(changes_clips, stage == Stage::Clip, "{name}");
        assert_eq!(changes_frames, stage == Stage::Spectrogram, "{name}");
        assert_eq!(changes_batches, stage == Stage::Batch, "{name}");
    }
}

#[test]
fn identity_and_probability_0_leave_every_byte_and_an_empty_clip_stays_empty() {
    let folder = tempfile::tempdir().unwrap();
    let x = tone(440.0, 4000);
    assert_eq!(run(&[Step::from(Transform::Identity(Identity {}))], &x, 0), x);
    let mut steps = every_step(folder.path());
    assert!(run(&steps, &[], 0).is_empty());
    steps.iter_mut().for_each(|s| s.probability = 0.0);
    assert_eq!(run(&steps, &x, 0), x);
}

#[test]
fn a_step_is_applied_as_often_as_its_probability_says() {
    let steps = [Step { probability: 0.3, ..Step::from(Transform::Polarity(Polarity {})) }];
    let applied = (0..4000).filter(|seed| run(&steps, &[1.0], *seed)[0] < 0.0).count();
    assert!((1100..1300).contains(&applied), "{applied}");
}

#[test]
fn leaving_a_step_out_does_not_change_what_the_others_draw() {
    let gain = |text: &str| toml::from_str::<Step>(text).unwrap();
    let (noise, loud, flip) = (gain("noise = {}"), gain("gain = {}"), gain("polarity = {}\nprobability = 0.5"));
    let without_noise: Vec<f32> = run(&[loud.clone(), flip.clone()], &[0.0, 1.0], 3);
    // Noise on a clip of zeros adds nothing, so that only the other draws are seen.
    let zeros = run(&[noise.clone(), loud.clone(), flip.clone()], &[0.0; 4], 3);
    assert_eq!(zeros, [0.0; 4]);
    let mut with = vec![0.0, 1.0];
    let mut draws = at_stage(&[noise, loud.clone(), flip.clone()], Stage::Waveform, &mut stream(3))
        .map(|(step, own)| (step.clone(), own))
        .collect::<Vec<_>>();
    for (step, own) in &mut draws[1..] {
        step.waveform(&mut with, RATE_HZ, own).unwrap();
    }
    assert_eq!(with, without_noise);
    // Two steps of one kind draw apart from each other.
    let twice = run(&[loud.clone(), loud.clone()], &[1.0], 3)[0];
    assert_ne!(twice, run(&[loud], &[1.0], 3)[0].powi(2));
}

#[test]
fn a_clip_with_nan_is_reported_with_the_step_that_met_it() {
    let mut x = vec![0.1, f32::NAN, 0.2];
    let error = waveform(&[Step::from(Transform::Identity(Identity {}))], &mut x, RATE_HZ, &mut stream(0)).unwrap_err();
    assert!(error.to_string().contains("`identity` turned a clip of 3 samples into 3, of which number 1 is NaN"));
}

#[test]
fn a_content_key_follows_every_setting_and_the_sounds_but_not_their_place() {
    let key = |text: &str| content_key(&[toml::from_str(text).unwrap()]).unwrap();
    assert_eq!(key("gain = {}"), key("gain = { gain_db = [-12, 12] }"));
    let others =
        ["gain = { gain_db = [-12, 11] }", "gain = {}\nprobability = 0.9", "gain = {}\ncopies = 1", "speed = {}"];
    assert!(others.iter().all(|o| key(o) != key("gain = {}")));
    let at = |sound: &[f32]| {
        let folder = tempfile::tempdir().unwrap();
        crate::audio::write_wav(&folder.path().join("n.wav"), sound, RATE_HZ).unwrap();
        key(&format!("one-of = {{ of = [{{ background = {{ folder = {:?} }} }}] }}", folder.path().to_str().unwrap()))
    };
    assert_eq!(at(&[0.1, 0.2]), at(&[0.1, 0.2]));
    assert_ne!(at(&[0.1, 0.2]), at(&[0.1, 0.3]));
    let missing = toml::from_str("background = { folder = \"/nowhere\" }").unwrap();
    assert!(content_key(&[missing]).unwrap_err().to_string().contains("/nowhere"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn no_clip_makes_any_kind_panic_or_leave_the_finite(
        x in prop::collection::vec(-1.0f32..1.0, 1..2500),
        seed in any::<u64>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        for step in every_step(folder.path()) {
            let y = run(&[step], &x, seed);
            prop_assert!(!y.is_empty() && y.iter().all(|v| v.is_finite()));
        }
    }
}
