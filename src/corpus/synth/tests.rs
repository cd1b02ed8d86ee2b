use super::*;

fn recipe(label: &str, speaker: usize) -> Recipe {
    let clip = Synth::default().clip(speaker, 1, label, 0);
    let Source::Synth(recipe) = clip.source else { panic!("a recipe") };
    *recipe
}

#[test]
fn ids_are_unique_sorted_and_as_many_as_asked_for() {
    let synth = Synth { speakers: 3, sentences: 2, repetitions: 2, ..Default::default() };
    let clips = synth.find(Files::Audio).unwrap().clips;
    assert_eq!(clips.len(), 3 * 2 * 6 * 2);
    assert!(clips.windows(2).all(|pair| pair[0].id < pair[1].id));
    assert_eq!(clips[0].id, "s001/s001_t01_angry_1.wav");
    assert_eq!((clips[0].speaker.as_str(), clips[0].column("sex")), ("s001", Some("male")));
}

#[test]
fn a_clip_is_the_same_whatever_else_is_in_the_corpus() {
    let small = Synth { speakers: 2, sentences: 1, repetitions: 1, labels: vec!["sad".into()], ..Default::default() };
    let large = Synth::default().find(Files::Audio).unwrap().clips;
    for clip in small.find(Files::Audio).unwrap().clips {
        let twin = large.iter().find(|c| c.id == clip.id).unwrap();
        assert_eq!(clip, *twin);
        assert_eq!(clip.content().unwrap(), twin.content().unwrap());
        assert_eq!(clip.audio().unwrap(), twin.audio().unwrap());
    }
}

#[test]
fn every_setting_of_a_recipe_changes_its_content_and_its_sound() {
    let plain = recipe("happy", 0);
    let others = [
        Recipe { speaker: 2, ..plain.clone() },
        Recipe { sentence: 0, ..plain.clone() },
        Recipe { label: "sad".to_owned(), ..plain.clone() },
        Recipe { repetition: 1, ..plain.clone() },
        Recipe { sample_rate_hz: 8_000, ..plain.clone() },
        Recipe { seconds: 2.0, ..plain.clone() },
        Recipe { expressiveness: 0.5, ..plain.clone() },
        Recipe { variation: 0.5, ..plain.clone() },
        Recipe { snr_db: 20.0, ..plain.clone() },
        Recipe { seed: 1, ..plain.clone() },
    ];
    for other in others {
        assert_ne!(other.content(), plain.content(), "{other:?}");
        assert_ne!(other.render().samples, plain.render().samples, "{other:?}");
    }
}

#[test]
fn every_label_at_every_rate_gives_clean_samples_of_about_the_asked_length() {
    for (label, _) in prosody::PROFILES {
        for (speaker, rate) in [(0, 8_000), (1, 16_000), (2, 22_050), (3, 48_000)] {
            for seconds in [0.5, 1.6] {
                let audio = Recipe { sample_rate_hz: rate, seconds, ..recipe(label, speaker) }.render();
                let length = audio.seconds();
                assert!((0.5 * seconds..2.2 * seconds).contains(&length), "{label} {rate}: {length} of {seconds} s");
                let peak = audio.samples.iter().fold(0.0_f32, |p, s| p.max(s.abs()));
                assert!(audio.samples.iter().all(|s| s.is_finite()) && peak < 0.99 && peak > 0.01, "{label}: {peak}");
                assert!(audio.samples.iter().all(|s| (s * 32_768.0).fract() == 0.0), "16-bit steps");
            }
        }
    }
}

#[test]
fn anger_is_louder_and_sadness_softer_than_neutral_in_the_mean() {
    let mean_db = |label: &str| {
        let level = |speaker| {
            let samples = recipe(label, speaker).render().samples;
            10.0 * (samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len() as f64).log10()
        };
        (0..40).map(level).sum::<f64>() / 40.0
    };
    let (angry, neutral, sad) = (mean_db("angry"), mean_db("neutral"), mean_db("sad"));
    assert!(angry > neutral + 2.0 && sad < neutral - 2.0, "{angry} {neutral} {sad}");
}

#[test]
fn unknown_and_repeated_labels_are_problems() {
    let labels = ["happy", "hapy", "happy"].map(str::to_owned).to_vec();
    let said: Vec<String> =
        Synth { labels, ..Default::default() }.problems(&Context::default()).into_iter().map(|p| p.message).collect();
    assert!(said[0].contains("`hapy`; did you mean `happy`?") && said[1] == "`happy` is listed twice", "{said:?}");
    assert!(Synth::default().problems(&Context::default()).is_empty());
    let said = Synth { labels: vec!["hapy".to_owned()], speakers: 0, ..Default::default() }
        .find(Files::Audio)
        .unwrap_err()
        .to_string();
    assert!(said.contains("corpus.synth.speakers: 0 is out of range") && said.contains("`hapy`"), "{said}");
    assert_eq!(Synth { labels: Vec::new(), ..Default::default() }.problems(&Context::default()).len(), 1);
}
