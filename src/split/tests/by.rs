//! What is kept together: speakers by default, or whatever columns a spec names.

use super::*;

/// Four speakers of twelve clips, each in two of three sessions: s00 and s01 in 1 and 2, s02 and s03 in 2 and 3.
fn sessions() -> (Corpus, Columns) {
    let corpus = Corpus::of(&[12; 4], 3);
    let session = |clip: usize, speaker: &str| {
        let first = if speaker < "s02" { 1 } else { 2 };
        Some((first + clip % 12 / 6).to_string())
    };
    let columns = corpus.column("session", session);
    (corpus, columns)
}

fn values<'a>(items: &[Item<'a>], column: &str, fold: &Fold, partition: Partition) -> BTreeSet<&'a str> {
    fold.partition(partition).iter().filter_map(|row| items[row.clip].column(column)).collect()
}

#[test]
fn groups_by_any_column_are_kept_together_and_shared_speakers_are_still_found() {
    let (corpus, columns) = sessions();
    let items = columns.items(&corpus);
    for (text, folds) in [
        ("k-fold = { folds = 3, by = \"session\", validation = 0.3 }", 3),
        ("leave-one-group-out = { by = \"session\", validation = 0.3 }", 3),
        ("speakers = { by = \"session\", test = 0.25, validation = 0.25 }", 1),
    ] {
        let protocol = protocol(text);
        let made = made(&items, 0, &protocol, 1).unwrap();
        assert_eq!((made.len(), protocol.fold_count(&items).unwrap()), (folds, folds), "{text}");
        for fold in &made {
            let of = Partition::ALL.map(|p| values(&items, "session", fold, p));
            let all: BTreeSet<&str> = of.iter().flatten().copied().collect();
            let apart: usize = of.iter().map(BTreeSet::len).sum();
            assert_eq!((apart, all.len()), (3, 3), "{text}: each session is in one partition");
            let audit = audit(&items, Known::default(), fold, &Fit::default());
            assert!(!audit.refused(&Allowed::default()).is_empty(), "{text}: the speakers are shared");
            assert!(audit.stamp().unwrap().contains("speakers shared"));
            assert!(audit.way_out(&Allowed::default(), &protocol).contains("by = [\"speaker\", ...]"));
        }
    }
}

#[test]
fn clips_that_share_a_value_of_any_of_several_columns_stay_together() {
    let corpus = Corpus::of(&[6; 6], 2);
    // s00 and s01 share a room, s02 and s03 another; s04 and s05 have rooms of their own.
    let room = |_: usize, speaker: &str| {
        Some(["a", "a", "b", "b", "c", "d"][speaker[1..].parse::<usize>().unwrap()].to_owned())
    };
    let columns = corpus.column("room", room);
    let items = columns.items(&corpus);
    let protocol = protocol("leave-one-group-out = { by = [\"speaker\", \"room\"], validation = 0.0 }");
    let made = made(&items, 0, &protocol, 0).unwrap();
    let tested: Vec<BTreeSet<&str>> = made.iter().map(|fold| speakers(&items, fold, Partition::Test)).collect();
    assert_eq!(tested, [vec!["s00", "s01"], vec!["s02", "s03"], vec!["s04"], vec!["s05"]].map(BTreeSet::from_iter));
    for fold in &made {
        assert!(audit(&items, Known::default(), fold, &Fit::default()).leaks().is_empty());
    }
}

#[test]
fn by_speaker_is_the_default_however_it_is_written_and_draws_the_same() {
    let corpus = Corpus::of(&[12, 9, 15, 12, 12, 10], 3);
    let items = corpus.items();
    let of = |text: &str| made(&items, 1, &protocol(text), 7).unwrap();
    for by in ["\"speaker\"", "\"speakers\"", "[\"speaker\"]"] {
        assert_eq!(protocol(&format!("k-fold = {{ by = {by} }}")), protocol("k-fold = {}"));
        assert_eq!(of(&format!("speakers = {{ by = {by} }}")), of("speakers = {}"));
        assert_eq!(of(&format!("leave-one-group-out = {{ by = {by} }}")), of("leave-one-speaker-out = {}"));
    }
    let written = toml::to_string(&protocol("k-fold = { by = [\"speaker\", \"room\"] }")).unwrap();
    assert!(written.contains("by = [\"speaker\", \"room\"]"), "{written}");
    assert!(toml::to_string(&protocol("k-fold = {}")).unwrap().contains("by = \"speaker\""));
}

/// The membership of every fold, as other versions of this program drew it.
#[test]
fn splits_by_speaker_are_drawn_as_ever() {
    let corpus = Corpus::of(&[12, 9, 15, 12, 12, 10, 7, 20], 3);
    let items = corpus.items();
    let prints = |text: &str| -> Vec<String> {
        let folds = made(&items, 1, &protocol(text), 42).unwrap();
        folds.iter().map(|fold| fold.fingerprint(&items)[..8].to_owned()).collect()
    };
    assert_eq!(prints("speakers = {}"), ["8690e12a"]);
    assert_eq!(prints("speakers = { test_speakers = [\"s03\"], validation = 0.2 }"), ["e40f7769"]);
    assert_eq!(prints("k-fold = { folds = 3 }"), ["f05fd8d8", "66903d37", "4f6836b1"]);
    assert_eq!(prints("k-fold = { folds = 2, by = \"clips\" }"), ["078f0278", "ebdfbfeb"]);
    assert_eq!(prints("leave-one-speaker-out = {}")[..3], ["55604a33", "1a413443", "ce8d835d"]);
}

#[test]
fn a_column_that_clips_lack_is_named_with_those_there_are_and_a_clip() {
    let corpus = Corpus::of(&[3, 3], 1);
    let some = corpus.column("session", |clip, _| (clip > 1).then(|| "1".to_owned()));
    let items = some.items(&corpus);
    let refusal = |text: &str| made(&items, 0, &protocol(text), 0).unwrap_err().to_string();
    assert_eq!(
        refusal("k-fold = { folds = 2, by = \"session\" }"),
        "by = `session`: 2 of 6 clips have no such column, `s00_000` for one; the columns are id, session, speaker; name one \
         that every clip has, or fill it"
    );
    let said = refusal("leave-one-group-out = { by = [\"speaker\", \"sesion\"] }");
    assert!(
        said.starts_with("by = `sesion`: 6 of 6 clips have no such column, `s00_000` for one, did you mean `session`?"),
        "{said}"
    );
    assert!(protocol("leave-one-group-out = { by = \"room\" }").fold_count(&items).is_err());
    assert!(refusal("speakers = { by = [] }").contains("split.speakers: by: names no column"));
    assert!(refusal("leave-one-group-out = { by = \"clips\" }").contains("by: \"clips\" keeps nothing together"));
    let wrong = toml::from_str::<Protocol>("k-fold = { by = 3 }").unwrap_err().to_string();
    assert!(wrong.contains("expected a column of the corpus or a list of columns"), "{wrong}");
}

#[test]
fn folds_are_those_that_lists_give_and_together_they_must_name_all() {
    let corpus = Corpus::of(&[6; 5], 2);
    let items = corpus.items();
    let of = |lists: &str| made(&items, 0, &protocol(&format!("k-fold = {{ validation = 0, groups = {lists} }}")), 0);
    let folds = of("[[\"s00\", \"s03\"], [\"s04\"], [\"s01\", \"s02\"]]").unwrap();
    let tested: Vec<BTreeSet<&str>> = folds.iter().map(|fold| speakers(&items, fold, Partition::Test)).collect();
    assert_eq!(tested, [vec!["s00", "s03"], vec!["s04"], vec!["s01", "s02"]].map(BTreeSet::from_iter));
    assert_eq!(speakers(&items, &folds[1], Partition::Train), BTreeSet::from(["s00", "s01", "s02", "s03"]));
    assert_eq!(protocol("k-fold = { groups = [[\"a\"], [\"b\"], [\"c\"]] }").fold_count(&items).unwrap(), 3);

    let said = |lists: &str| of(lists).unwrap_err().to_string();
    assert_eq!(
        said("[[\"s00\"], [\"s03\"]]"),
        "split.k-fold.groups: no list has `s01`, `s02`, `s04`; name each in one list, or leave their clips out \
         (`clips.filter`)"
    );
    assert!(
        said("[[\"s00\"], [\"s3\"]]").contains("split.k-fold.groups[1]: unknown speaker `s3`, did you mean `s03`?")
    );
    assert!(said("[[\"s00\"], [\"s01\", \"s00\"]]").contains("groups[1]: `s00` is in groups[0] too"));
    assert!(said("[[\"s00\"]]").contains("holds one list") && said("[[\"s00\"], []]").contains("an empty list"));
    let clips = protocol("k-fold = { by = \"clips\", groups = [[\"s00\"], [\"s01\"]] }").inside(&Context::default());
    assert!(clips[0].key == "groups" && clips[0].message.contains("`by = \"clips\"` makes none"), "{clips:?}");
}

#[test]
fn a_list_that_names_a_part_of_what_hangs_together_is_refused() {
    let corpus = Corpus::of(&[6; 4], 2);
    let room = |_: usize, speaker: &str| Some(if speaker < "s02" { "a".to_owned() } else { format!("of {speaker}") });
    let columns = corpus.column("room", room);
    let items = columns.items(&corpus);
    let by = "by = [\"speaker\", \"room\"], validation = 0";
    let of = |more: &str| made(&items, 0, &protocol(&format!("{more} }}")), 0);
    let said = of(&format!("speakers = {{ {by}, test_speakers = [\"s01\", \"s02\"]")).unwrap_err().to_string();
    assert_eq!(
        said,
        "split.speakers.test_speakers: what it names hangs together with `s00` (groups by `speaker` and `room`); name these in \
         the list, too"
    );
    let fold = of(&format!("speakers = {{ {by}, test_speakers = [\"s01\", \"s00\"]")).unwrap().remove(0);
    assert_eq!(speakers(&items, &fold, Partition::Test), BTreeSet::from(["s00", "s01"]));
    let said =
        of(&format!("k-fold = {{ {by}, groups = [[\"s00\", \"s02\"], [\"s01\", \"s03\"]]")).unwrap_err().to_string();
    assert!(
        said.contains("groups[0]: what it names hangs together with `s01`") && said.contains("with `s00`"),
        "{said}"
    );
}
