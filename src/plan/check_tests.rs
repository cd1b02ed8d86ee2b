use super::*;

const COMMON: &str =
    "corpus.synth = { speakers = 6, repetitions = 1 }\nfeatures = [{ zcr = {} }]\nmodel.cnn-1d = { channels = [4] }\n";

/// What `check` says of a spec, good or bad.
fn said(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spec.toml");
    std::fs::write(&path, text).unwrap();
    let spec = Spec::load(&path, &[], &[]).unwrap();
    let said = match check(&spec, &spec.cells().unwrap()) {
        Ok(said) => said,
        Err(e) => e.to_string(),
    };
    said.replace(&folder.path().display().to_string(), "")
}

/// Six folds of one speaker each: 120 rows to train on, none to validate.
const FOLDS: &str = "split.k-fold = { folds = 6, validation = 0 }\n";

#[test]
fn the_rows_of_every_seed_and_fold_are_looked_at() {
    let with = |train: &str| said(&format!("seeds = [0, 1, 2]\n{COMMON}{FOLDS}train = {{ {train} }}\n"));
    assert_eq!(with("early_stopping = 'none', drop_last = true, batch_size = 120"), "1 variant, 18 runs, no mistakes");
    let few = with("early_stopping = 'none', drop_last = true, batch_size = 121");
    assert!(few.starts_with("variant base: train.drop_last: 120 training rows do not fill one batch of 121"), "{few}");
    assert!(few.ends_with("(set at /spec.toml:6:36)"), "{few}");
    let none = with("batch_size = 16, schedule.plateau = {}");
    assert!(none.contains("train.early_stopping: watches validation rows and there are none"), "{none}");
    assert!(none.contains("train.schedule: `plateau` watches validation rows and there are none"), "{none}");
}

#[test]
fn test_rows_that_pick_the_epoch_are_rows_to_watch() {
    let text = format!("{COMMON}{FOLDS}fit.epoch = 'test'\naudit.allow = ['selected-on-test']\n");
    assert_eq!(said(&text), "1 variant, 6 runs, no mistakes");
}

#[test]
fn what_the_settings_alone_say_is_said_without_the_corpus() {
    let gone = "corpus.ravdess.root = 'nowhere'\nfeatures = [{ zcr = {} }]\nmodel.cnn-1d = {}\n";
    for split in ["speakers", "clips", "k-fold", "leave-one-speaker-out"] {
        let found = said(&format!("{gone}split.{split}.validation = 0\n"));
        assert!(found.starts_with("variant base: train.early_stopping: watches validation rows"), "{found}");
    }
    let weights = said(&format!("{gone}clips.keep = ['angry', 'sad']\ntrain.class_weights = [1, 2, 3]\n"));
    assert!(weights.starts_with("variant base: train.class_weights: 3 for 2 classes"), "{weights}");
    let sound = said(&format!("{gone}split.k-fold = {{}}\naugment = [{{ background.folder = 'hush' }}]\n"));
    assert!(sound.starts_with("1 variant, no mistakes; what needs the corpus was not checked ("), "{sound}");
    assert!(sound.contains("; what needs the sounds was not checked (cannot read the folder of sounds "), "{sound}");
}

#[test]
fn batch_norm_over_a_single_value_is_refused_and_over_a_single_row_told() {
    let with = |model: &str, train: &str| {
        let common = COMMON.replace("model.cnn-1d = { channels = [4] }", model);
        said(&format!("seeds = [0]\n{common}{FOLDS}train = {{ early_stopping = 'none', {train} }}\n"))
    };
    // 120 rows are 7 batches of 17 and one row.
    for (model, norm) in [
        ("model.mlp = {}", "norms.0"),
        ("model.cnn-1d = { channels = [4], padding = 'valid', pool = 'none' }\nlength.frames = 3", "blocks.0.norms.0"),
    ] {
        for (train, why) in [
            ("batch_size = 17", "120 training rows in batches of 17 leave a last batch of one row; the batch norm"),
            ("batch_size = 1, drop_last = true", "every batch is one row; the batch norm"),
        ] {
            let refused = with(model, train);
            assert!(refused.starts_with(&format!("variant base: train.batch_size: {why} `{norm}`")), "{refused}");
        }
        for ways_out in ["batch_size = 17, drop_last = true", "batch_size = 16"] {
            assert_eq!(with(model, ways_out), "1 variant, 6 runs, no mistakes");
        }
    }
    assert_eq!(with("model.mlp = { batch_norm = false }", "batch_size = 17"), "1 variant, 6 runs, no mistakes");
    let told = with("model.cnn-1d = { channels = [4] }", "batch_size = 17");
    assert!(
        told.starts_with("1 variant, 6 runs, no mistakes\n  note: variant base: train.batch_size: 120 training rows"),
        "{told}"
    );
    assert_eq!(
        with("model.cnn-1d = { channels = [4], batch_norm = false }", "batch_size = 17"),
        "1 variant, 6 runs, no mistakes"
    );
}

#[test]
fn a_clip_that_is_scaled_by_the_mean_of_a_single_value_is_refused() {
    let with = |features: &str, more: &str| {
        let common = COMMON.replace("[{ zcr = {} }]", features).replace("cnn-1d = { channels = [4] }", "mlp = {}");
        said(&format!("seeds = [0]\n{common}{more}\nscale.clip-standard = {{}}\n"))
    };
    let (zcr, mfcc) = ("[{ zcr = {} }]", "[{ mfcc = {} }]");
    let bins = with(mfcc, "length.frames = 1");
    assert!(bins.starts_with("variant base: scale.clip-standard.per: by `bin` an input of 1 x 20 x 1 "), "{bins}");
    assert!(bins.contains("would be 0. Set `per = \"channel\"`, a longer `length` or another scaler"), "{bins}");
    let single = with(zcr, "length.frames = 1");
    assert!(single.contains("every value would be 0. Set a longer `length` or another scaler"), "{single}");
    let sound = "1 variant, 1 run, no mistakes";
    assert_eq!(with(zcr, "length.frames = 2"), sound);
    assert_eq!(with(zcr, ""), sound, "how long the clips are is not known yet");
    let by_channel = said(&format!(
        "seeds = [0]\n{}length.frames = 1\nscale.clip-standard.per = 'channel'\n",
        COMMON.replace("[{ zcr = {} }]", mfcc).replace("cnn-1d = { channels = [4] }", "mlp = {}")
    ));
    assert_eq!(by_channel, sound, "what is advised is a way out");
}

#[test]
fn a_length_that_turns_out_to_be_one_frame_is_refused_before_training() {
    let spec = format!("{COMMON}scale.clip-standard = {{}}\n").replace("cnn-1d = { channels = [4] }", "mlp = {}");
    let spec: toml::Table = toml::from_str(&spec).unwrap();
    let setup: crate::spec::Setup = toml::Value::Table(spec).try_into().unwrap();
    let of = |frames| super::super::unfit(&setup, crate::model::InputShape { channels: 1, bins: 1, frames }, 6, [120]);
    assert_eq!(of(1)[0].key, "scale.clip-standard.per");
    assert!(of(2).iter().all(|problem| problem.key != "scale.clip-standard.per"));
}

#[test]
fn a_model_that_is_solved_for_wants_no_epochs_and_nothing_that_is_drawn_in_them() {
    let with = |model: &str, more: &str| {
        said(&format!("{FOLDS}{}{more}\n", COMMON.replace("model.cnn-1d = { channels = [4] }", model)))
    };
    for model in ["model.linear = {}", "model.svm = { kernel = 'linear', c = 0.1 }"] {
        assert_eq!(with(model, ""), "1 variant, 6 runs, no mistakes", "there is nothing to watch validation rows");
        assert_eq!(with(model, "train.class_weights = 'balanced'"), "1 variant, 6 runs, no mistakes");
        assert_eq!(with(model, "augment = [{ noise = {}, copies = 1 }]"), "1 variant, 6 runs, no mistakes");
        let drawn = with(model, "augment = [{ noise = {} }, { gain = {}, copies = 1 }, { mixup = {} }]");
        let kind = if model.contains("linear =") { "linear" } else { "svm" };
        let lines: Vec<&str> = drawn.lines().collect();
        let because = format!("is drawn anew in every epoch, and `{kind}` has none: it is solved for at once; ");
        let copies = "set `copies` (1 or more), which adds rows that are augmented once, or take it out for this model";
        assert!(lines[0].starts_with(&format!("variant base: augment[0]: `noise` {because}{copies}")), "{drawn}");
        let mixup = format!("variant base: augment[2]: `mixup` {because}take it out for this model (set at ");
        assert!(lines[1].starts_with(&mixup), "{drawn}");
        let idle = with(model, "train = { optimizer.sgd = {}, epochs = 3, select = 'accuracy' }");
        let note =
            format!("`epochs`, `optimizer` say nothing to `{kind}`, which is solved for at once, without epochs");
        assert!(idle.starts_with("1 variant, 6 runs, no mistakes\n  note: variant base: train.epochs: "), "{idle}");
        assert!(idle.contains(&note), "{idle}");
    }
    let blind = with("model.svm = {}", "train.select = 'loss'");
    assert!(
        blind.starts_with("variant base: train.select: `svm` gives no probabilities, and so has no loss"),
        "{blind}"
    );
    assert_eq!(with("model.linear = {}", "train.select = 'loss'"), "1 variant, 6 runs, no mistakes");
}

#[test]
fn a_mistake_of_many_variants_is_said_once() {
    let text = format!("{COMMON}train.batch_size = 999\ntrain.drop_last = true\ngrid.'train.epochs' = [1, 2, 3]\n");
    let found = said(&text);
    assert!(found.starts_with("variant base-epochs=1 and 2 more: train.drop_last: "), "{found}");
    assert_eq!(found.lines().count(), 1, "{found}");
}

#[test]
fn combinations_that_come_to_the_same_settings_or_name_are_refused() {
    let same = said(&format!("{COMMON}[grid]\n'length.crop' = ['centre', 'center']\n"));
    assert_eq!(
        same,
        "variant base-crop=center: grid: its settings are those of `base-crop=centre`; the two runs would be the same"
    );
    let names = "[grid]\n'train.optimizer' = [{ adam.learning_rate = 0.1 }, { adam.learning_rate = 0.2 }]\n";
    let found = said(&format!("{COMMON}{names}"));
    assert!(found.starts_with("variant base-optimizer=adam: grid: another combination has the same name"), "{found}");
    let parts = said(&format!("{COMMON}[ablate.base]\ndrop = ['model.dropout', 'model.cnn-1d.dropout']\n"));
    assert!(parts.contains(": ablate: its settings are those of `base-without-model.dropout`"), "{parts}");
    let variants = said(&format!("{COMMON}[variants.a]\n[variants.b]\n"));
    assert_eq!(variants, "2 variants, 2 runs, no mistakes", "two variants may well be the same");
}

#[test]
fn a_folder_of_sounds_that_is_there_and_cannot_be_used_is_a_mistake() {
    let sounds = tempfile::tempdir().unwrap();
    let with = || said(&format!("{COMMON}augment = [{{ background.folder = {:?} }}]\n", sounds.path()));
    assert!(with().starts_with("variant base: no audio file in or below "), "{}", with());
    crate::audio::write_wav(&sounds.path().join("hush.wav"), &[0.0; 800], 8000).unwrap();
    assert!(with().starts_with("variant base: all 1 audio files in and below "), "{}", with());
    let gone = said(&format!("{COMMON}augment = [{{ background.folder = '/nowhere/at/all' }}]\n"));
    assert!(gone.starts_with("1 variant, 1 run, no mistakes; what needs the sounds was not checked ("), "{gone}");
}

#[test]
fn columns_and_numbers_of_folds_that_say_nothing_are_refused() {
    let wrong = |split: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spec.toml");
        std::fs::write(&path, format!("{COMMON}split.{split}\n")).unwrap();
        Spec::load(&path, &[], &[]).unwrap().cells().map(drop).unwrap_err().to_string()
    };
    for kind in ["k-fold", "speakers", "leave-one-group-out"] {
        let twice = wrong(&format!("{kind}.by = ['speaker', 'sentence', 'speaker']"));
        assert!(twice.contains(&format!("split.{kind}.by: names `speaker` twice")), "{twice}");
        let empty = wrong(&format!("{kind}.by = ''"));
        assert!(empty.contains(&format!("split.{kind}.by: names a column without a name")), "{empty}");
    }
    let both = wrong("k-fold = { folds = 3, groups = [['a'], ['b'], ['c']] }");
    assert!(both.contains("split.k-fold.folds: is 3, and `groups` lists 3 folds; leave it out"), "{both}");
}

#[test]
fn leaks_that_the_settings_have_by_design_are_told_unless_they_are_allowed() {
    let with = |text: &str| said(&format!("seeds = [0]\n{COMMON}{text}\n"));
    let note = "\n  note: variant base: audit.allow: `run` will refuse the leaks that the settings have by design";
    for (text, names) in [
        ("split.clips = {}", "\"shared-speakers\""),
        ("fit.scaler = 'all'", "\"fitted-on-test\""),
        ("fit.epoch = 'test'", "\"selected-on-test\""),
        (
            "split.clips = {}\nfit = { epoch = 'test', length = 'all' }",
            "\"shared-speakers\", \"fitted-on-test\", \"selected-on-test\"",
        ),
    ] {
        let told = with(text);
        assert!(told.starts_with("1 variant, 1 run, no mistakes") && told.contains(note), "{told}");
        assert!(told.contains(&format!("named here: {names}")), "{told}");
    }
    assert_eq!(with("split.clips = {}\naudit.allow = ['shared-speakers']"), "1 variant, 1 run, no mistakes");
}

#[test]
fn rows_that_are_mixed_without_copies_are_a_mistake() {
    let with = |text: &str| {
        said(&format!("seeds = [0]\n{COMMON}audit.allow = ['twins', 'shared-speakers']\nsplit.rows = {{}}\n{text}"))
    };
    let none = with("");
    assert!(none.starts_with("variant base: split.rows: no augmentation makes copies"), "{none}");
    assert_eq!(with("augment = [{ identity = {}, copies = 1 }]\n"), "1 variant, 1 run, no mistakes");
    let ablated = with("augment = [{ identity = {}, copies = 1 }]\nablate.base.drop = ['augment.identity']\n");
    assert_eq!(ablated, "2 variants, 2 runs, no mistakes");
}

/// What is wrong with one variant's settings alone, key and message.
fn mistakes(text: &str) -> Vec<String> {
    let setup: crate::spec::Setup = toml::from_str(text).unwrap();
    setup.mistakes().into_iter().map(|problem| format!("{}: {}", problem.key, problem.message)).collect()
}

#[test]
fn views_beside_what_is_out_of_range_or_has_no_mean_are_told_and_break_nothing() {
    let keys = |text: String| -> Vec<String> {
        mistakes(&text).iter().map(|line| line.split(": ").next().unwrap().to_owned()).collect()
    };
    let zero = COMMON.replace("zcr = {}", "zcr = { hop_length = 0 }");
    assert_eq!(keys(format!("{zero}views.crops = 2\n")), ["features[0].zcr.hop_length"]);
    let svm = COMMON.replace("cnn-1d = { channels = [4] }", "svm = {}");
    assert_eq!(keys(format!("{svm}views.stretch = [0.9, 1.1]\n")), ["views.stretch"]);
    assert_eq!(keys(format!("{COMMON}views.stretch = [0.9, 1.1]\n")), Vec::<String>::new());
}

#[test]
fn places_that_are_drawn_are_refused_where_there_are_no_epochs() {
    let with =
        |more: &str| said(&format!("{FOLDS}{}{more}\n", COMMON.replace("cnn-1d = { channels = [4] }", "linear = {}")));
    let placed = with("length = { place = 'random', crop = 'random' }");
    assert!(
        placed.contains("length.place: \"random\" is drawn anew in every epoch, and `linear` has none"),
        "{placed}"
    );
    assert!(placed.contains("length.crop: \"random\" is drawn anew in every epoch"), "{placed}");
    assert_eq!(with("length.place = 'centre'"), "1 variant, 6 runs, no mistakes");
}

#[test]
fn steps_that_would_leave_all_clips_as_they_are_and_statistics_of_nobodys_frames_are_refused() {
    let with = |more: &str| mistakes(&format!("{COMMON}{more}\n")).join("\n");
    let steps = with("augment = [{ frame-stretch = {} }, { bin-warp = {} }, { level-shift = {} }]");
    assert!(steps.contains("augment[1].bin-warp: no feature has bands of frequency to warp"), "{steps}");
    assert!(steps.contains("augment[2].level-shift: no feature is a level in dB"), "{steps}");
    assert!(!steps.contains("augment[0]"), "{steps}");
    let between = with("stack = 'time'\nscale.standard.over = 'clip'");
    assert!(between.contains("scale.standard.over: features that follow each other in time"), "{between}");
    let element = with("scale.min-max = { per = 'element', over = 'clip' }");
    assert!(element.contains("scale.min-max.over: with `per = \"element\"` each column"), "{element}");
}

#[test]
fn arrays_of_unknown_bins_may_have_those_of_the_features_beside_them() {
    let mel = "features = [{ log-mel = { n_mels = 40 } }, { external = { folder = 'mel', time = 'last' } }]";
    let text = COMMON.replace("features = [{ zcr = {} }]", mel).replace("cnn-1d", "cnn-2d");
    let said = said(&format!("{FOLDS}train.early_stopping = 'none'\n{text}"));
    assert_eq!(said, "1 variant, 6 runs, no mistakes");
}
