//! Every protocol on small corpora, on CREMA-D's counts, and on random ones.

mod audits;
mod by;
mod errors;
mod files;
mod real;

use super::*;
use crate::kind::Described;
use crate::seed::Seeds;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A corpus that owns its names: (id, label, speaker) a clip.
pub(super) struct Corpus(pub Vec<(String, usize, String)>);

impl Corpus {
    /// `clips[s]` clips of speaker s, labels in turn.
    pub(super) fn of(clips: &[usize], classes: usize) -> Self {
        let one = |s: usize, i: usize| (format!("s{s:02}_{i:03}"), (i + s) % classes, format!("s{s:02}"));
        Self(clips.iter().enumerate().flat_map(|(s, &n)| (0..n).map(move |i| one(s, i))).collect())
    }

    pub(super) fn items(&self) -> Vec<Item<'_>> {
        self.0.iter().map(|(id, label, speaker)| Item::new(id, *label, speaker)).collect()
    }

    /// The same with what `value` says in a column; nothing where it says nothing.
    pub(super) fn column(&self, name: &str, value: impl Fn(usize, &str) -> Option<String>) -> Columns {
        let one = |(clip, (_, _, speaker)): (usize, &(String, usize, String))| {
            value(clip, speaker).map(|value| (name.to_owned(), value)).into_iter().collect()
        };
        Columns(self.0.iter().enumerate().map(one).collect())
    }
}

/// What else is known of each clip.
pub(super) struct Columns(Vec<BTreeMap<String, String>>);

impl Columns {
    pub(super) fn items<'a>(&'a self, corpus: &'a Corpus) -> Vec<Item<'a>> {
        corpus.items().into_iter().zip(&self.0).map(|(item, columns)| Item { columns, ..item }).collect()
    }
}

/// Folds of clips of which nothing is known beyond the list.
pub(super) fn made(items: &[Item], copies: u32, protocol: &Protocol, seed: u64) -> Result<Vec<Fold>, SplitError> {
    split(items, Known::default(), copies, protocol, &mut stream(seed))
}

pub(super) fn speakers<'a>(items: &[Item<'a>], fold: &Fold, partition: Partition) -> BTreeSet<&'a str> {
    fold.partition(partition).iter().map(|row| items[row.clip].speaker).collect()
}

pub(super) fn stream(seed: u64) -> Stream {
    Seeds::new(seed).stream("split", &[])
}

pub(super) fn protocol(text: &str) -> Protocol {
    toml::from_str(text).unwrap()
}

/// One protocol of every kind, able to run on `items`; the file is written to `folder`.
fn every_kind(items: &[Item], folder: &Path) -> Vec<Protocol> {
    let of = |name: &str| {
        let mut protocol = Protocol::of_name(name).unwrap();
        match &mut protocol {
            Protocol::File(s) => {
                let part = |i: usize| ["train", "test", "train", "dev"][i % 4];
                let lines: String = items.iter().enumerate().map(|(i, c)| format!("{},{}\n", c.id, part(i))).collect();
                s.path = folder.join("split.csv");
                std::fs::write(&s.path, format!("clip,partition\n{lines}")).unwrap();
            }
            Protocol::KFold(s) => s.folds = 3,
            Protocol::Speakers(_)
            | Protocol::Clips(_)
            | Protocol::Rows(_)
            | Protocol::LeaveOneSpeakerOut(_)
            | Protocol::LeaveOneGroupOut(_) => {}
        }
        protocol
    };
    let mut all: Vec<Protocol> = Protocol::NAMES.iter().map(|n| of(n)).collect();
    all.push(protocol("k-fold = { folds = 4, by = \"clips\" }"));
    all.push(protocol("clips = { test = 0.3, stratify = false }"));
    all
}

/// What must hold for every fold of every protocol.
fn assert_sound(items: &[Item], copies: u32, protocol: &Protocol, folds: &[Fold]) {
    let rows_protocol = matches!(protocol, Protocol::Rows(_));
    for fold in folds {
        let mut seen: BTreeMap<Row, Partition> = BTreeMap::new();
        for (partition, row) in fold.iter() {
            assert!(seen.insert(row, partition).is_none(), "{row:?} twice");
            assert!(partition == Partition::Train || row.copy == 0 || rows_protocol, "a copy in {partition}");
        }
        let originals = seen.keys().filter(|r| r.copy == 0).count();
        assert_eq!(originals + fold.left_out, items.len(), "complete");
        let copied = if rows_protocol { items.len() } else { fold.train.len() / (copies as usize + 1) };
        assert_eq!(seen.len() - originals, copied * copies as usize, "every training clip has all its copies");
        let audit = audit(items, Known::default(), fold, &Fit::default());
        let by_design = Allowed { allow: protocol.leaks_by_design().to_vec() };
        if !matches!(protocol, Protocol::File(_)) {
            assert_eq!(audit.refused(&by_design), Vec::<&Finding>::new(), "{}", protocol.name());
        }
    }
}

#[test]
fn every_protocol_divides_disjointly_and_completely_and_the_same_way_twice() {
    let corpus = Corpus::of(&[12, 9, 15, 12, 12, 10], 3);
    let items = corpus.items();
    let folder = tempfile::tempdir().unwrap();
    for protocol in every_kind(&items, folder.path()) {
        for copies in [0, 2] {
            let folds = split(&items, Known::default(), copies, &protocol, &mut stream(5)).unwrap();
            assert_eq!(folds.len(), protocol.fold_count(&items).unwrap(), "{}", protocol.name());
            assert_sound(&items, copies, &protocol, &folds);
            assert_eq!(folds, split(&items, Known::default(), copies, &protocol, &mut stream(5)).unwrap());
        }
    }
}

#[test]
fn every_kind_reads_back_as_written_and_its_defaults_are_in_range() {
    for name in Protocol::NAMES {
        let kind = Protocol::of_name(name).unwrap();
        assert_eq!(protocol(&toml::to_string(&kind).unwrap()), kind);
        assert_eq!(
            kind.inside(&Context::default()).len(),
            usize::from(*name == "file"),
            "only the file's path has no default"
        );
    }
}

/// CREMA-D's counts: 91 speakers, five emotions of 1,271 clips and one of 1,087.
fn crema_d() -> Corpus {
    let labels = (0..6).flat_map(|l| std::iter::repeat_n(l, if l == 5 { 1087 } else { 1271 }));
    Corpus(labels.enumerate().map(|(i, l)| (format!("{i:04}"), l, format!("{}", 1001 + i % 91))).collect())
}

#[test]
fn crema_d_comes_out_in_the_published_sizes() {
    let corpus = crema_d();
    let items = corpus.items();
    let sizes = |text: &str| {
        let folds = split(&items, Known::default(), 1, &protocol(text), &mut stream(42)).unwrap();
        Sizes::of(&items, &folds[0])
    };
    let clips = sizes("clips = { test = 0.3, validation = 0.035 }");
    assert_eq!(clips.to_string(), "4,948 (+4,948) / 261 / 2,233");
    // 1271 * 2233 / 7442 = 381.37 and 1087 * 2233 / 7442 = 326.16: floors, and the one missing to the largest remainders.
    assert_eq!(clips.test.labels.iter().sum::<usize>(), 2233);
    assert!(clips.test.labels[..5].iter().all(|n| [381, 382].contains(n)) && clips.test.labels[5] == 326);
    let rows = sizes("rows = { test = 0.3, validation = 0.035 }");
    assert_eq!([rows.train.rows(), rows.validation.rows(), rows.test.rows()], [9_897, 521, 4_466]);
}

#[test]
fn whole_speakers_come_near_the_wished_sizes_and_labels() {
    let corpus = crema_d();
    let items = corpus.items();
    let fold = &split(&items, Known::default(), 0, &Protocol::of_name("speakers").unwrap(), &mut stream(1)).unwrap()[0];
    let sizes = Sizes::of(&items, fold);
    // A speaker has 81 or 82 clips: nearer than half a speaker is always possible.
    assert!(sizes.test.rows().abs_diff(1489) <= 41 && sizes.validation.rows().abs_diff(745) <= 41, "{sizes}");
    let share = |counts: &[usize], label: usize| counts[label] as f64 / counts.iter().sum::<usize>() as f64;
    for label in 0..6 {
        let whole = if label == 5 { 1087.0 } else { 1271.0 } / 7442.0;
        assert!((share(&sizes.test.labels, label) - whole).abs() < 0.01, "{sizes:?}");
    }
    let other =
        &split(&items, Known::default(), 0, &Protocol::of_name("speakers").unwrap(), &mut stream(2)).unwrap()[0];
    assert_ne!(fold.fingerprint(&items), other.fingerprint(&items));
}

#[test]
fn five_folds_of_speakers_are_alike_and_test_every_clip_once() {
    let corpus = crema_d();
    let items = corpus.items();
    let folds = split(&items, Known::default(), 0, &protocol("k-fold = {}"), &mut stream(3)).unwrap();
    let mut tested: Vec<usize> = folds.iter().flat_map(|f| f.test.rows()).map(|r| r.clip).collect();
    tested.sort_unstable();
    assert!(tested.into_iter().eq(0..7442));
    for (number, fold) in folds.iter().enumerate() {
        assert_eq!(fold.number, Some(number as u32));
        let sizes = Sizes::of(&items, fold);
        // 91 speakers in five folds: 18 or 19 each.
        assert!([18, 19].contains(&sizes.test.speakers), "{}", sizes.speakers());
        assert!(sizes.validation.rows().abs_diff(sizes.train.rows() / 9) <= 82, "a tenth validates: {sizes}");
    }
}

#[test]
fn leaving_one_speaker_out_tests_each_alone_in_order_of_name() {
    let corpus = Corpus::of(&[6, 9, 12, 6], 3);
    let items = corpus.items();
    let folds =
        split(&items, Known::default(), 1, &protocol("leave-one-speaker-out = { validation = 0 }"), &mut stream(0))
            .unwrap();
    let tested = |f: &Fold| f.test.rows().iter().map(|r| items[r.clip].speaker.to_owned()).collect::<Vec<_>>();
    for (fold, (name, clips)) in folds.iter().zip([("s00", 6), ("s01", 9), ("s02", 12), ("s03", 6)]) {
        assert_eq!(tested(fold), vec![name.to_owned(); clips]);
        assert!(fold.validation.is_empty());
        assert_eq!(fold.train.len(), 2 * (33 - clips));
    }
}

#[test]
fn fixed_lists_of_speakers_are_obeyed() {
    let corpus = Corpus::of(&[12; 6], 3);
    let items = corpus.items();
    let text = "[speakers]\ntest_speakers = [\"s01\", \"s04\"]\nvalidation_speakers = [\"s02\"]";
    let fold = &split(&items, Known::default(), 0, &protocol(text), &mut stream(0)).unwrap()[0];
    assert_eq!(speakers(&items, fold, Partition::Test), BTreeSet::from(["s01", "s04"]));
    assert_eq!(speakers(&items, fold, Partition::Validation), BTreeSet::from(["s02"]));
    assert_eq!(speakers(&items, fold, Partition::Train), BTreeSet::from(["s00", "s03", "s05"]));
}

#[test]
fn byte_identical_clips_stay_together_and_sizes_do_not_change() {
    let corpus = Corpus::of(&[20; 5], 4);
    let items = corpus.items();
    let mut contents: Vec<[u8; 32]> = (0..100).map(|i| [i; 32]).collect();
    for pair in [(0, 99), (3, 50), (7, 8)] {
        contents[pair.1] = contents[pair.0];
    }
    for text in ["clips = { test = 0.3 }", "k-fold = { by = \"clips\" }", "clips = { stratify = false }"] {
        for seed in 0..10 {
            let blind = split(&items, Known::default(), 0, &protocol(text), &mut stream(seed)).unwrap();
            let folds = split(
                &items,
                Known { sounds: Some(&contents), ..Known::default() },
                0,
                &protocol(text),
                &mut stream(seed),
            )
            .unwrap();
            for (fold, blind) in folds.iter().zip(&blind) {
                let known = Known { sounds: Some(&contents), ..Known::default() };
                let audit = audit(&items, known, fold, &Fit::default());
                assert!(audit.leaks().iter().all(|f| f.kind == FindingKind::SharedSpeakers), "{:?}", audit.leaks());
                let [sizes, expected] = [fold, blind].map(|f| Sizes::of(&items, f));
                assert_eq!(sizes.to_string(), expected.to_string());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_corpus_is_divided_soundly_or_refused(
        clips in prop::collection::vec(3usize..20, 2..9), classes in 1usize..5, copies in 0u32..3, seed in 0u64..1000,
    ) {
        let corpus = Corpus::of(&clips, classes);
        let items = corpus.items();
        let folder = tempfile::tempdir().unwrap();
        for protocol in every_kind(&items, folder.path()) {
            if let Ok(folds) = split(&items, Known::default(), copies, &protocol, &mut stream(seed)) {
                assert_sound(&items, copies, &protocol, &folds);
            }
        }
    }

    #[test]
    fn test_sizes_are_exact_for_any_share(n in 20usize..400, test in 0.05f64..0.8) {
        let corpus = Corpus::of(&[n], 2);
        let items = corpus.items();
        let text = format!("clips = {{ test = {test}, validation = 0 }}");
        let fold = &split(&items, Known::default(), 0, &protocol(&text), &mut stream(0)).unwrap()[0];
        prop_assert_eq!(fold.test.len(), (test * n as f64).ceil() as usize);
    }
}
