use super::*;

fn config(text: &str) -> Table {
    toml::from_str(text).unwrap()
}

/// A kind with its default settings and what is said of them.
fn kind(place: &str, kind: &str, said: &str) -> Value {
    let room = room_of(&tree::at(&crate::spec::KeyPath::parse(place)).expect("there is the place").node);
    let mut settings = (room.expect("kinds are named there").kind(kind).expect("the kind exists").table)().defaults();
    settings.extend(config(said));
    Value::Table(Table::from_iter([(kind.to_owned(), Value::Table(settings))]))
}

fn default_value(key: &str) -> Value {
    tree::root().entry(key).and_then(|entry| entry.default()).expect("the key has a default")
}

fn rows(configs: &[&Table]) -> Vec<String> {
    let row = |d: SettingDifference| {
        let values: Vec<String> = d.values.into_iter().map(|v| v.unwrap_or_else(|| "-".to_owned())).collect();
        format!("{}: {}", d.key, values.join(" | "))
    };
    differing_in_brief(configs).into_iter().map(row).collect()
}

fn one_d() -> Table {
    let mut table = config("[run]\nseed = 1\n[train]\nepochs = 25\n");
    let features = [kind("features", "zcr", ""), kind("features", "energy", "log = true")];
    table.insert("features".to_owned(), features.to_vec().into());
    table.insert("model".to_owned(), kind("model", "cnn-1d", "channels = [16, 32, 64]\nkernel_size = 5\n"));
    table
}

fn two_d() -> Table {
    let mut table = config("[run]\nseed = 2\n[train]\nepochs = 20\n");
    table.insert("features".to_owned(), vec![kind("features", "log-mel", "n_mels = 40")].into());
    table.insert("model".to_owned(), kind("model", "cnn-2d", "channels = [8, 16, 32]"));
    table
}

#[test]
fn kinds_that_differ_are_told_with_what_is_not_their_default() {
    let expected = [
        "features: zcr, energy(log=true) | log-mel(n_mels=40)",
        "model: cnn-1d(channels=[16, 32, 64], kernel_size=5) | cnn-2d(channels=[8, 16, 32])",
        "train.epochs: 25 | 20",
    ];
    assert_eq!(rows(&[&one_d(), &two_d()]), expected);
    assert_eq!(rows(&[&one_d(), &one_d()]), [""; 0]);
}

#[test]
fn of_the_same_kinds_only_the_differing_keys_are_told() {
    let (a, mut b) = (two_d(), two_d());
    b["model"] = kind("model", "cnn-2d", "channels = [8]\nbatch_norm = false");
    b["features"] = vec![kind("features", "log-mel", "n_mels = 64")].into();
    let expected = [
        "features.log-mel.n_mels: 40 | 64",
        "model.cnn-2d.channels: [8, 16, 32] | [8]",
        "model.cnn-2d.batch_norm: true | false",
    ];
    assert_eq!(rows(&[&a, &b]), expected);
    b["features"] = vec![kind("features", "log-mel", ""), kind("features", "log-mel", "n_mels = 64")].into();
    assert_eq!(rows(&[&a, &b])[0], "features: log-mel(n_mels=40) | log-mel, log-mel(n_mels=64)");
}

#[test]
fn steps_of_augmentation_tell_probability_copies_and_members() {
    let step = |text: &str| config(text)["augment"].clone();
    let noise = step("[[augment]]\nprobability = 0.5\ncopies = 0\nnoise = {}\n");
    let offline = step("[[augment]]\nprobability = 1.0\ncopies = 2\nnoise = {}\n");
    let either =
        step("[[augment]]\nprobability = 1.0\ncopies = 0\n[augment.one-of]\nof = [{ noise = {} }, { pitch = {} }]\n");
    let of = |augment: &Value| Table::from_iter([("augment".to_owned(), augment.clone())]);
    assert_eq!(
        rows(&[&of(&noise), &of(&either), &of(&Value::Array(Vec::new()))]),
        ["augment: noise(probability=0.5) | one-of(of=[noise, pitch]) | none"]
    );
    let expected = ["augment[0].probability: 0.5 | 1.0", "augment[0].copies: 0 | 2"];
    assert_eq!(rows(&[&of(&noise), &of(&offline)]), expected);
}

#[test]
fn kinds_inside_a_table_and_tables_that_are_none_are_told() {
    let mut a = config("[train]\nepochs = 5\nearly_stopping = \"none\"\ngradient_clip = \"none\"\n");
    let mut b = config("[train]\nepochs = 5\nearly_stopping = { patience = 10 }\n");
    a["train"].as_table_mut().unwrap().insert("optimizer".to_owned(), kind("train.optimizer", "adam", ""));
    let sgd = kind("train.optimizer", "sgd", "momentum = 0.9\nlearning_rate = 1e-5");
    let train = b["train"].as_table_mut().unwrap();
    train.insert("gradient_clip".to_owned(), kind("train.gradient_clip", "norm", "max = 2.5"));
    train.insert("optimizer".to_owned(), sgd);
    let mut told = rows(&[&a, &b]);
    told.sort_unstable();
    let expected = [
        "train.early_stopping: none | (patience=10)",
        "train.gradient_clip: none | norm(max=2.5)",
        "train.optimizer: adam | sgd(learning_rate=1e-5, momentum=0.9)",
    ];
    assert_eq!(told, expected);
}

#[test]
fn plain_tables_are_told_key_by_key_and_absent_keys_as_such() {
    let a = config("[clips.labels]\nANG = \"anger\"\n[audio]\ntrim_db = 30.0\n");
    let b = config("[clips.labels]\n[audio]\ntrim_db = \"none\"\n");
    assert_eq!(rows(&[&a, &b]), ["clips.labels.ANG: anger | -", "audio.trim_db: 30.0 | none"]);
}

#[test]
fn a_run_is_told_by_what_is_not_a_default() {
    let mut table = one_d();
    table.insert("audio".to_owned(), default_value("audio"));
    table.insert("augment".to_owned(), Value::Array(Vec::new()));
    let mut train = default_value("train");
    train["batch_size"] = Value::Integer(16);
    train["optimizer"] = kind("train.optimizer", "sgd", "momentum = 0.9");
    table.insert("train".to_owned(), train);
    let told: Vec<String> = settings_in_brief(&table).into_iter().map(|(k, v)| format!("{k}: {v}")).collect();
    let expected = [
        "features: zcr, energy(log=true)",
        "model: cnn-1d(channels=[16, 32, 64], kernel_size=5)",
        "train: batch_size=16, optimizer=sgd(momentum=0.9)",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_kind_that_is_no_longer_known_is_told_whole() {
    let (a, b) = (config("[model.gone]\nlayers = 3\nname = \"a b\"\n"), two_d());
    assert_eq!(rows(&[&a, &b])[1], "model: (gone=(layers=3, name=\"a b\")) | cnn-2d(channels=[8, 16, 32])");
}
