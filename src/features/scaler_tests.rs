use super::*;
use crate::kind::{Context, Described, Kinds};
use proptest::prelude::*;

const SHAPE: Shape = Shape { channels: 2, bins: 1, frames: 2 };

/// What it learns of these rows, all of one speaker.
fn fitted(scale: Scale, rows: &[Vec<f32>]) -> Scaler {
    if scale.is_by_speaker() {
        let rows = rows.iter().map(|row| (row.as_slice(), 0..2)).collect();
        return Scaler::of_speakers(scale, SHAPE, [SpeakerRows { speaker: "", rows }]).unwrap();
    }
    Scaler::fit(scale, TrainingRows::new(SHAPE, rows.iter().map(|row| (row.as_slice(), 0..2))).unwrap()).unwrap()
}

fn scaled(scaler: &Scaler, row: &[f32]) -> Vec<f32> {
    let mut row = row.to_vec();
    scaler.apply(&mut row, "").unwrap();
    row
}

#[test]
fn standard_scaling_is_by_hand_what_it_says() {
    let rows = [vec![1.0, 3.0, 10.0, 10.0], vec![3.0, 5.0, 30.0, 10.0]];
    // Bin 0 of channel 0 holds 1 3 3 5: mean 3, deviation sqrt(2). Channel 1 holds 10 10 30 10: mean 15, deviation sqrt(75).
    let by_bin = fitted(Scale::Standard(Standard { per: Per::Bin, ..Standard::default() }), &rows);
    let root = |x: f64| x.sqrt() as f32;
    assert_eq!(scaled(&by_bin, &rows[0]), [-2.0 / root(2.0), 0.0, -5.0 / root(75.0), -5.0 / root(75.0)]);
    assert_eq!(
        by_bin.offsets,
        fitted(Scale::Standard(Standard { per: Per::Channel, ..Standard::default() }), &rows).offsets
    );
    let by_element = fitted(Scale::Standard(Standard { per: Per::Element, ..Standard::default() }), &rows);
    // The last column is constant: divided by 1.
    assert_eq!(scaled(&by_element, &rows[1]), [1.0, 1.0, 1.0, 0.0]);
    assert_eq!(fitted(Scale::Standard(Standard { per: Per::All, ..Standard::default() }), &rows).offsets, [9.0]);
}

#[test]
fn what_clips_are_padded_with_counts_only_where_that_is_asked_for() {
    let rows = [[1.0, -80.0, 10.0, -80.0], [3.0, 5.0, 20.0, 30.0]];
    let own = [0..1, 0..2];
    let offsets = |per, over| {
        let rows = rows.iter().zip(&own).map(|(row, own)| (row.as_slice(), own.clone()));
        let standard = Scale::Standard(Standard { per, over });
        Scaler::fit(standard, TrainingRows::new(SHAPE, rows).unwrap()).unwrap()
    };
    assert_eq!(offsets(Per::Bin, Over::Clip).offsets, [3.0, 20.0]);
    assert_eq!(offsets(Per::All, Over::Clip).offsets, [11.5]);
    assert_eq!(offsets(Per::Element, Over::Clip).offsets, [2.0, 5.0, 15.0, 30.0]);
    assert_eq!(offsets(Per::Bin, Over::Input).offsets, [-17.75, -5.0]);
    let extremes = Scale::MinMax(MinMax { over: Over::Clip, ..MinMax::default() });
    let both = rows.iter().zip(&own).map(|(row, own)| (row.as_slice(), own.clone()));
    let scaler = Scaler::fit(extremes, TrainingRows::new(SHAPE, both).unwrap()).unwrap();
    assert_eq!(scaler.offsets, [1.0, 10.0]);
    // A frame that no training clip reaches is left as it is.
    let short = TrainingRows::new(SHAPE, [(&rows[0][..], 0..1)]).unwrap();
    let scaler = Scaler::fit(Scale::Standard(Standard { per: Per::Element, over: Over::Clip }), short).unwrap();
    assert_eq!(scaled(&scaler, &[2.0, 7.0, 11.0, 8.0]), [1.0, 7.0, 1.0, 8.0]);
}

#[test]
fn min_max_reaches_both_ends_and_leaves_others_outside() {
    let rows = [vec![0.0, 4.0, 7.0, 7.0], vec![2.0, 1.0, 7.0, 7.0]];
    let scaler = fitted(Scale::MinMax(MinMax { low: -1.0, high: 1.0, ..MinMax::default() }), &rows);
    assert_eq!(scaled(&scaler, &rows[0]), [-1.0, 1.0, -1.0, -1.0]);
    assert_eq!(scaled(&scaler, &[8.0, 2.0, 7.0, 7.0]), [3.0, 0.0, -1.0, -1.0]);
}

#[test]
fn clip_standard_learns_nothing_from_other_rows() {
    let scale = Scale::ClipStandard(ClipStandard { per: Per::Channel });
    let one = fitted(scale.clone(), &[vec![1.0, 3.0, 5.0, 5.0]]);
    let other = fitted(scale, &[vec![100.0, 0.0, -7.0, 1.0]]);
    assert_eq!(scaled(&one, &[2.0, 4.0, 9.0, 9.0]), [-1.0, 1.0, 0.0, 0.0]);
    assert_eq!(one, other);
}

#[test]
fn a_constant_that_rounding_blurs_is_still_constant() {
    let rows = vec![vec![0.1f32, 0.1, 1e6 + 0.1, 1e6 + 0.1]; 1001];
    let scaler = fitted(Scale::Standard(Standard { per: Per::Element, ..Standard::default() }), &rows);
    assert!(scaled(&scaler, &rows[0]).iter().all(|v| v.abs() < 1e-6));
}

#[test]
fn a_scaler_reads_back_as_written() {
    for name in Scale::NAMES {
        let scaler = fitted(Scale::of_name(name).unwrap(), &[vec![0.1, 0.7, 5.0, -3.0], vec![0.3, 1.7, 2.0, 9.0]]);
        let read: Scaler = serde_json::from_str(&serde_json::to_string(&scaler).unwrap()).unwrap();
        assert_eq!(read, scaler);
        assert_eq!(scaled(&read, &[1.0, 2.0, 3.0, 4.0]), scaled(&scaler, &[1.0, 2.0, 3.0, 4.0]));
    }
}

#[test]
fn each_speaker_has_statistics_of_all_own_frames_and_a_stranger_has_none() {
    let rows = [[1.0f32, 3.0, 10.0, 14.0], [5.0, -90.0, 18.0, -90.0], [100.0, 102.0, 7.0, 7.0]];
    let speakers = [
        SpeakerRows { speaker: "a", rows: vec![(&rows[0], 0..2), (&rows[1], 0..1)] },
        SpeakerRows { speaker: "b", rows: vec![(&rows[2], 0..2)] },
    ];
    let scale = Scale::SpeakerStandard(SpeakerStandard { per: Per::Bin });
    let scaler = Scaler::of_speakers(scale.clone(), SHAPE, speakers.clone()).unwrap();
    let by = |row: &[f32; 4], speaker: &str| {
        let mut row = *row;
        scaler.apply(&mut row, speaker).map(|()| row)
    };
    // Of speaker a, bin 0 of channel 0 holds 1 3 5 and that of channel 1 holds 10 14 18; what fills up the second clip is no one's.
    let deviation = (8.0f64 / 3.0).sqrt();
    let of = |x: f64, mean: f64, times: f64| ((x - mean) / (times * deviation)) as f32;
    assert_eq!(by(&rows[0], "a").unwrap(), [of(1., 3., 1.), of(3., 3., 1.), of(10., 14., 2.), of(14., 14., 2.)]);
    assert_eq!(by(&rows[2], "b").unwrap(), [-1.0, 1.0, 0.0, 0.0], "a constant is divided by 1");
    let stranger = by(&rows[0], "c").unwrap_err();
    assert_eq!(stranger.to_string(), "nothing is known of the speaker `c`, by whose own clips the input is scaled");
    assert!(scale.is_by_speaker() && !Scale::default().is_by_speaker());
    let text = toml::to_string(&scaler).unwrap();
    assert_eq!(toml::from_str::<Scaler>(&text).unwrap(), scaler);
}

#[test]
fn rows_that_do_not_fit_are_refused() {
    assert!(matches!(TrainingRows::new(SHAPE, []), Err(FeatureError::NoTrainingRows)));
    let short = TrainingRows::new(SHAPE, [(&[1.0f32][..], 0..1)]).unwrap_err().to_string();
    assert!(short.contains("training row 0: expected 4 values, found 1"), "{short}");
    let rows = TrainingRows::new(SHAPE, [(&[0.0, 1.0, f32::NAN, 2.0][..], 0..2)]).unwrap();
    let error = Scaler::fit(Scale::default(), rows).unwrap_err();
    assert!(matches!(error, FeatureError::NotFiniteRow { row: 0, index: 2, .. }));
    let scaler = fitted(Scale::default(), &[vec![1.0; 4]]);
    assert!(scaler.apply(&mut [0.0; 3], "").is_err());
    let mut torn = scaler;
    torn.divisors.pop();
    assert!(torn.apply(&mut [0.0; 4], "").is_err());
}

#[test]
fn settings_that_make_no_sense_are_problems() {
    assert_eq!(
        Scale::MinMax(MinMax { low: 1.0, high: 1.0, per: Per::All, ..MinMax::default() }).problems(&Context::default())
            [0]
        .key,
        "min-max.low"
    );
    assert_eq!(
        Scale::ClipStandard(ClipStandard { per: Per::Element }).problems(&Context::default())[0].key,
        "clip-standard.per"
    );
    assert!(Scale::NAMES.iter().all(|name| Scale::of_name(name).unwrap().problems(&Context::default()).is_empty()));
}

proptest! {
    #[test]
    fn standard_scaled_training_rows_have_mean_0_and_deviation_1(
        rows in prop::collection::vec(prop::collection::vec(-1e3f32..1e3, 4), 2..20)
    ) {
        for per in [Per::Bin, Per::Channel, Per::All, Per::Element] {
            let scaler = fitted(Scale::Standard(Standard { per, ..Standard::default() }), &rows);
            let run = per.run(&SHAPE);
            let after: Vec<Vec<f32>> = rows.iter().map(|row| scaled(&scaler, row)).collect();
            for group in 0..4 / run {
                let values: Vec<f64> =
                    after.iter().flat_map(|row| &row[group * run..(group + 1) * run]).map(|v| f64::from(*v)).collect();
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64;
                prop_assert!(mean.abs() < 1e-4 && (variance < 1e-6 || (variance - 1.0).abs() < 1e-4), "{mean} {variance}");
            }
        }
    }
}
