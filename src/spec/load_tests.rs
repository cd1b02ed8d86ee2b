//! Specs that nobody would write on purpose: each is read or refused, at once.

use super::*;
use proptest::prelude::*;

const SMALL: &str = "[corpus.synth]\n[variants.1d]\nfeatures = [{ zcr = {} }]\nmodel.cnn-1d = {}\n";

/// Files beside each other; the first is loaded, with these options.
fn load(files: &[(&str, &str)], sets: &[&str]) -> Result<Spec, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let sets: Vec<String> = sets.iter().map(|&s| s.to_owned()).collect();
    let place = format!("{}/", folder.path().display());
    Spec::load(&folder.path().join(files[0].0), &[], &sets).map_err(|e| e.to_string().replace(&place, ""))
}

fn refusal(text: &str, sets: &[&str]) -> String {
    let said = load(&[("x.toml", text)], sets).and_then(|spec| spec.cells().map(drop).map_err(|e| e.to_string()));
    said.expect_err("it is refused")
}

#[test]
fn an_option_without_a_key_is_refused_however_it_lacks_one() {
    for set in ["=1", ".=1", "[=1", "]. =1", "[0]=1", "train.epochs", ""] {
        let said = refusal(SMALL, &[set]);
        assert_eq!(said, format!("--set {set}: is not KEY=VALUE, such as train.epochs=3"));
    }
}

#[test]
fn an_option_may_name_an_entry_of_a_list_that_is_there() {
    let two = format!("seeds = [4, 5]\n{SMALL}");
    assert_eq!(load(&[("x.toml", &two)], &["seeds[1]=7"]).unwrap().outline.seeds, [4, 7]);
    let said = refusal(&two, &["seeds[2]=7"]);
    assert_eq!(said, "--set seeds[2]=7: seeds[2]: names an entry of a list that is not there");
    let named = load(&[("x.toml", &two)], &["seeds=[1]", "seeds[0]=9", "name=other"]).unwrap().outline;
    assert_eq!((named.seeds, named.name.as_str()), (vec![9], "other"));
    let variable = [("SEEDS__3".to_owned(), "7".to_owned())];
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.toml"), &two).unwrap();
    let said = Spec::load(&folder.path().join("x.toml"), &variable, &[]).unwrap_err().to_string();
    assert_eq!(said, "environment variable SERLAB_SEEDS__3: seeds[3]: names an entry of a list that is not there");
}

#[test]
fn a_key_longer_than_any_setting_is_refused_wherever_it_stands() {
    let long = vec!["a"; 50_000].join(".");
    assert!(refusal(SMALL, &[&format!("{long}=1")]).ends_with("has a longer key than any setting"));
    assert!(
        refusal(SMALL, &[&format!("a={{{long}=1}}")]).contains("a: unknown key"),
        "a value that is no TOML is a text"
    );
    assert!(refusal(&format!("{SMALL}[grid]\n\"{long}\" = [1]"), &[]).contains("no setting has so long a key"));
    assert!(refusal(&format!("{SMALL}[ablate.1d]\ndrop = [\"{long}\"]"), &[]).contains("there is no such key"));
    assert!(refusal(&format!("{}={{", vec!["a"; 70].join(".")).repeat(70), &[]).contains("x.toml:1:"));
}

#[test]
fn a_file_that_extends_itself_by_another_name_is_told_so() {
    let text = format!("extends = [\"../OWN/x.toml\", \"./../OWN/../OWN/x.toml\"]\n{SMALL}");
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().file_name().unwrap().to_str().unwrap();
    let path = folder.path().join("x.toml");
    std::fs::write(&path, text.replace("OWN", own)).unwrap();
    let said = Spec::load(&path, &[], &[]).unwrap_err().to_string();
    assert_eq!(said.matches("extends itself").count(), 2, "{said}");
}

#[test]
fn what_two_files_extend_is_read_once_and_before_both() {
    let top = format!("extends = [\"a.toml\", \"b.toml\"]\n{SMALL}");
    let files = [
        ("x.toml", top.as_str()),
        ("a.toml", "extends = \"base.toml\"\ntrain.epochs = 7"),
        ("b.toml", "extends = \"base.toml\"\nseeds = [3]"),
        ("base.toml", "train.epochs = 1\ntrain.batch_size = 5"),
    ];
    let spec = load(&files, &[]).unwrap();
    let train = &spec.cells().unwrap()[0].setup.train;
    assert_eq!((train.epochs, train.batch_size, spec.outline.seeds), (7, 5, vec![3]));
    // Each of forty files extends the next twice: read anew each time, that would be 2^40 files.
    let names: Vec<String> = (0..40).map(|i| format!("{i}.toml")).collect();
    let texts: Vec<String> = (1..41).map(|i| format!("extends = [\"{i}.toml\", \"{i}.toml\"]")).collect();
    let chain: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    assert!(load(&chain, &[]).unwrap_err().contains("more than 32 files, each extending the next"));
    let short: Vec<(&str, &str)> = chain[..30].iter().copied().chain([("30.toml", SMALL)]).collect();
    assert!(load(&short, &[]).is_ok());
}

#[test]
fn a_grid_of_more_cells_than_anybody_trains_is_refused_before_it_is_made() {
    let axis = |key: &str| format!("\"{key}\" = [{}]\n", vec!["1"; 1_000].join(","));
    let keys = ["train.epochs", "train.batch_size", "train.warm", "model.a", "model.b", "model.c"];
    let grid: String = keys.map(axis).concat();
    let said = refusal(&format!("{SMALL}[grid]\n{grid}"), &[]);
    assert!(said.contains("grid: more than 10000 combinations of variants, grid and ablations; name fewer"), "{said}");
    let drop = "\"model.batch_norm\",".repeat(90_000);
    let said = refusal(&format!("{SMALL}[ablate.1d]\ndrop = [{drop}]"), &[]);
    assert!(said.contains("more than 10000 combinations"), "{said}");
}

#[test]
fn a_long_row_of_variants_each_like_the_next_is_refused() {
    let row = |n: usize| -> String {
        let one = |i: usize| format!("[variants.v{i}]\nlike = \"v{}\"\n", i + 1);
        (0..n).map(one).collect::<String>()
            + &format!("[variants.v{n}]\nfeatures = [{{ zcr = {{}} }}]\nmodel.cnn-1d = {{}}\n")
    };
    assert!(load(&[("x.toml", &format!("[corpus.synth]\n{}", row(31)))], &[]).unwrap().cells().is_ok());
    let said = refusal(&format!("[corpus.synth]\n{}", row(2_000)), &[]);
    assert!(said.contains("variants.v0.like: it heads a row of more than 32 variants, each like the next"), "{said}");
    let said = refusal(
        "[corpus.synth]\n[variants.a]\nlike = \"b\"\n[variants.b]\nlike = \"c\"\n[variants.c]\nlike = \"b\"\n",
        &[],
    );
    assert_eq!(said.matches("in the end it is like itself").count(), 2, "b and c, but not a: {said}");
}

#[test]
fn very_many_mistakes_are_named_up_to_a_bound_and_soon() {
    let many = |line: &dyn Fn(usize) -> String| (0..20_000).map(line).collect::<String>();
    assert!(refusal(&many(&|i| format!("key{i} = 1\n")), &[]).lines().count() >= 200);
    let said = refusal(&format!("{SMALL}[ablate]\n{}", many(&|i| format!("no{i} = {{}}\n"))), &[]);
    assert_eq!(said.lines().count(), 200);
    assert!(refusal(&format!("seeds = [{}]\n{SMALL}", many(&|i| format!("{},", i / 2))), &[]).contains("named twice"));
    let grid = "[grid]\n\"train.epochs\" = [1, 2, 3, 4, 5, 6, 7, 8, 9]\n\"train.batch_size\" = [1, 2, 3, 4, 5, 6, 7, 8, 9]\n\
                \"model.dropout\" = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]\n";
    let said = refusal(&format!("train.epoch = 1\nstack.x = 1\n{SMALL}{grid}"), &[]);
    assert_eq!(said.lines().count(), 2, "each is wrong in 729 cells and is named once: {said}");
}

#[test]
fn values_far_out_of_range_are_refused_before_anything_is_made_of_them() {
    let most = i64::MAX;
    for feature in [
        format!("mel = {{ n_mels = {most} }}"),
        format!("log-mel = {{ n_fft = {most}, hop_length = {most} }}"),
        "f0 = { frame_length = 0 }".to_owned(),
        format!("spectral-contrast = {{ n_bands = {most} }}"),
    ] {
        let said = refusal(&SMALL.replace("zcr = {}", &feature), &[&format!("audio.sample_rate_hz={most}")]);
        assert!(said.contains("features[0]") && said.contains("audio.sample_rate_hz"), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn a_spec_without_an_end_is_not_read_to_it() {
    let said = Spec::load(Path::new("/dev/zero"), &[], &[]).unwrap_err().to_string();
    assert_eq!(said, "/dev/zero: is longer than 16 MiB, which no spec is");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_and_any_options_are_read_or_refused(text in any::<String>(), sets in proptest::collection::vec("[a-z.\\[\\]0-9 =\"{]{0,20}", 0..3)) {
        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        for text in [text.clone(), format!("{SMALL}{text}"), format!("{text}\n{SMALL}")] {
            let said = load(&[("x.toml", &text)], &sets).map(|spec| spec.cells());
            prop_assert!(!said.is_err_and(|message| message.is_empty()));
        }
    }
}

#[test]
fn a_variant_may_have_seeds_of_its_own_and_hands_them_on() {
    let text = format!("{SMALL}[variants.again]\nlike = \"1d\"\nseeds = [7, 8]\n[variants.third]\nlike = \"again\"\n");
    let outline = load(&[("x.toml", &text)], &["seeds=[1]"]).unwrap().outline;
    let of = |variant: &str| outline.seeds_of(variant);
    assert_eq!((of("1d"), of("again"), of("third")), (vec![1], vec![7, 8], vec![7, 8]));
    for (wrong, why) in [
        ("[]", "the list is empty; allowed: one or more whole numbers"),
        ("[1, 1]", "a seed is named twice; the two runs would be the same"),
        ("[-1]", "allowed: one or more whole numbers from 0, such as [10, 11]"),
        ("3", "allowed: one or more whole numbers from 0, such as [10, 11]"),
    ] {
        let said = refusal(&format!("{SMALL}seeds = {wrong}\n"), &[]);
        assert!(said.contains("variants.1d.seeds") && said.contains(why), "{said}");
    }
}

#[test]
fn one_mistake_is_one_message_with_ablations_options_and_variants_like_others() {
    let ablated = format!("{SMALL}[ablate.1d]\ndrop = [\"model.batch_norm\", \"train.early_stopping\"]\n");
    assert_eq!(refusal(&format!("train.epochs = 0\n{ablated}"), &[]).lines().count(), 1);
    assert_eq!(refusal(&ablated, &["train.epochs=0"]).lines().count(), 1);
    assert_eq!(refusal(&ablated, &["train.epoch=3"]).lines().count(), 1);
    let like = format!("{SMALL}[variants.again]\nlike = \"2d\"\n[variants.third]\nlike = \"again\"\n");
    let said = refusal(&like, &[]);
    assert!(said.lines().count() == 1 && said.contains("no variant `2d`"), "{said}");
}

#[test]
fn a_kind_written_as_a_text_is_shown_as_a_table() {
    let said = refusal(&format!("train.optimizer = \"adam\"\n{SMALL}"), &[]);
    assert!(said.ends_with("the text \"adam\" stands where a table is expected; write { adam = {} }"), "{said}");
    let said = refusal(&SMALL.replace("{ zcr = {} }", "\"zcr\""), &[]);
    assert!(said.ends_with("write { zcr = {} }"), "{said}");
    let said = refusal(&format!("train.lr = 0.1\n{SMALL}"), &[]);
    assert!(said.ends_with("did you mean `train.optimizer.adam.learning_rate`?"), "{said}");
}

#[test]
fn a_reserved_name_is_told_once() {
    let said = refusal(&SMALL.replace("variants.1d", "variants.nul"), &[]);
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn a_value_that_an_ablation_changed_comes_from_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.toml");
    let text = "corpus.synth = {}\nmodel.cnn-1d = { batch_norm = true, channels = [4] }\n\
                features = [{ zcr = {} }, { log-mel = { n_mels = 20 } }]\naugment = [{ gain = {} }, { noise = {} }]\n\
                [ablate.base]\ndrop = ['model.batch_norm', 'features.zcr', 'augment.noise']\n";
    std::fs::write(&path, text).unwrap();
    let told = |sets: &[String]| {
        let cells = Spec::load(&path, &[], sets).unwrap().cells().unwrap();
        move |cell: usize, key: &str| {
            let (full, value, place) = cells[cell].origin(key)?;
            let place = place.map_or("the default".to_owned(), |p| p.to_string());
            Some(format!("{full} = {value} {}", place.rsplit('/').next().unwrap()))
        }
    };
    let said = |told: &dyn Fn(usize, &str) -> Option<String>, cell, key: &str| told(cell, key).unwrap_or_default();
    let plain = told(&[]);
    assert_eq!(said(&plain, 0, "model.batch_norm"), "model.cnn-1d.batch_norm = true x.toml:2:18");
    assert_eq!(said(&plain, 1, "model.batch_norm"), "model.cnn-1d.batch_norm = false x.toml:6:9");
    assert_eq!(said(&plain, 1, "model.channels"), "model.cnn-1d.channels = [4] x.toml:2:37");
    assert_eq!(plain(2, "features.zcr"), None, "it was left out");
    assert_eq!(said(&plain, 2, "features.log-mel.n_mels"), "features[1].log-mel.n_mels = 20 x.toml:3:41");
    assert!(said(&plain, 3, "augment").contains("gain") && !said(&plain, 3, "augment").contains("noise"));
    assert_eq!(said(&plain, 3, "train.epochs").split(" = ").next(), Some("train.epochs"));
    let set = told(&["model.batch_norm=true".to_owned()]);
    assert_eq!(said(&set, 0, "model.batch_norm"), "model.cnn-1d.batch_norm = true --set model.batch_norm=true");
    assert_eq!(said(&set, 1, "model.batch_norm"), "model.cnn-1d.batch_norm = false x.toml:6:9");
}

#[test]
fn a_missing_key_names_the_variants_that_lack_it_where_others_have_it() {
    let some = format!("{SMALL}[variants.2d]\nfeatures = [{{ zcr = {{}} }}]\n[variants.3d]\nmodel.mlp = {{}}\n");
    let said = refusal(&some, &[]);
    assert!(said.contains("features: is missing in variant `3d`; name at least one"), "{said}");
    assert!(said.contains("model: is missing in variant `2d`; name one"), "{said}");
    let all = refusal("corpus.synth = {}\nmodel.mlp = {}\n[variants.1d]\n[variants.2d]\n", &[]);
    let expected = "x.toml: features: is missing; name at least one: features = [{ zcr = {} }] (`serlab kinds features` lists them)";
    assert!(all.lines().count() == 1 && all.ends_with(expected), "{all}");
}

#[test]
fn what_is_allowed_instead_of_a_wrong_type_is_what_the_range_allows() {
    for (set, allowed) in [
        ("train.epochs=3.0", "allowed: a whole number, from 1 to 100000"),
        ("train.batch_size=\"8\"", "allowed: a whole number, from 1 to "),
        ("train.epochs=-3", "allowed: a whole number, from 1 to 100000"),
    ] {
        let said = refusal(SMALL, &[set]);
        assert!(said.contains(allowed), "{said}");
    }
}

#[test]
fn an_option_about_a_variant_that_is_not_there_makes_none() {
    let big = SMALL.replace("variants.1d", "variants.big");
    let said = refusal(&big, &["variants.bgi.train.epochs=1"]);
    assert_eq!(
        said,
        "--set variants.bgi.train.epochs=1: variants.bgi.train.epochs: no variant `bgi`; allowed: big; did you mean `big`?"
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.toml");
    let epochs = |text: &str, variable: &str| {
        std::fs::write(&path, text).unwrap();
        let cells = Spec::load(&path, &[(variable.to_owned(), "7".to_owned())], &[]).and_then(|spec| spec.cells());
        cells
            .map(|cells| cells.iter().map(|cell| cell.setup.train.epochs).collect::<Vec<_>>())
            .map_err(|e| e.to_string())
    };
    assert!(epochs(&big, "VARIANTS__BGI__TRAIN__EPOCHS").unwrap_err().contains("did you mean `big`?"));
    for name in ["big", "BIG", "Big"] {
        assert_eq!(epochs(&big.replace("big", name), "VARIANTS__BIG__TRAIN__EPOCHS"), Ok(vec![7]), "{name}");
    }
    let hyphen = big.replace("big", "\"With-Noise\"");
    assert_eq!(epochs(&hyphen, "VARIANTS__WITH_NOISE__TRAIN__EPOCHS"), Ok(vec![7]));
    let both = format!("{}{}", big.replace("big", "Big"), "[variants.BIG]\nlike = \"Big\"\n");
    let said = epochs(&both, "VARIANTS__BIG__TRAIN__EPOCHS").unwrap_err();
    assert!(said.contains("may be any of Big, BIG, which the environment cannot tell apart; use --set"), "{said}");
}

#[test]
fn keys_that_say_which_runs_there_are_come_from_somewhere_too() {
    let text = format!(
        "seeds = [3]\n{SMALL}[variants.own]\nlike = \"1d\"\nseeds = [4, 5]\n[variants.third]\nlike = \"own\"\n"
    );
    let spec = load(&[("x.toml", &text)], &[]).unwrap();
    let told = |key: &str| -> Vec<String> {
        let line = |(variant, full, value, place): (Option<String>, String, Value, Option<Place>)| {
            let place =
                place.and_then(|p| p.line_column).map_or("the default".to_owned(), |(line, _)| format!("line {line}"));
            format!("{}: {full} = {value} {place}", variant.unwrap_or_default())
        };
        spec.outline_origins(key).into_iter().map(line).collect()
    };
    assert_eq!(
        told("seeds"),
        [
            "1d: seeds = [3] line 1",
            "own: variants.own.seeds = [4, 5] line 8",
            "third: variants.own.seeds = [4, 5] line 8"
        ]
    );
    assert_eq!(told("question"), [": question = \"\" the default"]);
    assert_eq!(told("variants.own.like"), [": variants.own.like = \"1d\" line 7"]);
    assert_eq!(told("train.epochs"), [""; 0]);
}

#[test]
fn an_option_over_a_key_of_the_grid_is_refused_with_a_way_out_that_works() {
    const SPEC: &str = "corpus.synth = {}\nfeatures = [{ zcr = {} }]\nmodel.cnn-1d = {}\n";
    let epochs = format!("{SPEC}[grid]\n\"train.epochs\" = [1, 2]\n");
    for value in ["7", "abc", "1"] {
        let said = refusal(&epochs, &[&format!("train.epochs={value}")]);
        assert!(
            said.contains(&format!("--set train.epochs={value}: train.epochs: the grid has `train.epochs`")),
            "{said}"
        );
        assert!(said.contains("--set 'grid.\"train.epochs\"=["), "{said}");
    }
    let models = format!("{SPEC}[grid]\nmodel = [{{ cnn-1d = {{}} }}, {{ mlp = {{}} }}]\n");
    let said = refusal(&models, &["model.dropout=0.5"]);
    assert!(said.contains("the grid has `model`, so that this would say nothing"), "{said}");
    let said = refusal(&models, &["model.crnn={}"]);
    assert!(said.contains("the grid has `model`"), "{said}");
    let cells = |text: &str, sets: &[&str]| load(&[("a.toml", text)], sets).unwrap().cells().unwrap();
    for set in ["grid.\"train.epochs\"=[5]", "grid.train.epochs=[5]"] {
        let cells = cells(&epochs, &[set]);
        assert_eq!((cells.len(), cells[0].setup.train.epochs), (1, 5), "{set}");
    }
    assert_eq!(cells(&epochs, &["train.batch_size=4"]).len(), 2, "other keys are free");
    assert_eq!(cells(&models, &["model.mlp.dropout=0.5"]).len(), 2, "a kind that is named is that of its points");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.toml");
    std::fs::write(&path, &epochs).unwrap();
    let variable = [("TRAIN__EPOCHS".to_owned(), "7".to_owned())];
    let said = Spec::load(&path, &variable, &[]).unwrap().cells().unwrap_err().to_string();
    assert!(said.starts_with("environment variable SERLAB_TRAIN__EPOCHS: train.epochs: the grid has"), "{said}");
}

#[test]
fn a_mistake_of_the_outline_hides_no_other() {
    const SETTINGS: &str = "corpus.synth = {}\nfeatures = [{ zcr = {} }]\nmodel.cnn-1d = { chanels = [4] }\n";
    for (more, said) in [
        ("[grid]\n\"train.epochs\" = []\n", &["the list is empty"][..]),
        ("[[published]]\nvalue = 3\n", &["`variant` must be given", "`protocol` must be given", "3 is out of range"]),
        ("[[published]]\nvariant = \"base\"\n", &["`value` must be given", "`protocol` must be given"]),
    ] {
        let found = refusal(&format!("{SETTINGS}{more}"), &[]);
        assert!(found.contains("chanels: unknown key") && said.iter().all(|said| found.contains(said)), "{found}");
        assert_eq!(found.lines().count(), 1 + said.len(), "{found}");
    }
    let gone = refusal("extends = \"gone.toml\"\ntrain.epoch = 3\nseeds = \"x\"\nmodel.cnn-1d = {}\n", &[]);
    let expected = ["extends: no file", "train.epoch: unknown key", "seeds: invalid type"];
    assert!(expected.iter().all(|said| gone.contains(said)) && gone.lines().count() == 3, "{gone}");
}
