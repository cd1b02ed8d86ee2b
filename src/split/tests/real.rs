//! CREMA-D as it is: its 91 actors, its labels, its three byte-identical pairs.

use super::*;

/// Clips, hashes of their audio, and sentences.
type Real = (Corpus, Vec<[u8; 32]>, Columns);

/// The corpus from the index of the corpus beside the project; none (with a line) where it is absent.
fn crema_d_index() -> Option<Real> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/crema-d/index.csv");
    let Ok(mut reader) = csv::Reader::from_path(&path) else {
        crate::skip::skipped(format_args!("{} is not here", path.display()));
        return None;
    };
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|h| h == name).unwrap();
    let [file, sha256, actor, sentence, emotion] = ["file", "sha256", "actor", "sentence", "emotion"].map(column);
    let (mut clips, mut contents, mut sentences) = (Vec::new(), Vec::new(), Vec::new());
    for row in reader.records().map(Result::unwrap) {
        let label = ["ANG", "DIS", "FEA", "HAP", "SAD", "NEU"].iter().position(|l| *l == &row[emotion]).unwrap();
        clips.push((row[file].trim_end_matches(".wav").to_owned(), label, row[actor].to_owned()));
        let byte = |i: usize| u8::from_str_radix(&row[sha256][2 * i..2 * i + 2], 16).unwrap();
        contents.push(std::array::from_fn(byte));
        sentences.push(row[sentence].to_owned());
    }
    let corpus = Corpus(clips);
    let sentences = corpus.column("sentence", |clip, _| Some(sentences[clip].clone()));
    Some((corpus, contents, sentences))
}

#[test]
fn the_real_crema_d_is_divided_and_audited_as_described() {
    let Some((corpus, contents, sentences)) = crema_d_index() else { return };
    let items = sentences.items(&corpus);
    assert_eq!(items.len(), 7_442);
    let known = Known { sounds: Some(&contents), ..Known::default() };
    let made = |text: &str, seed: u64| {
        let protocol = protocol(text);
        let folds = split(&items, known, 1, &protocol, &mut stream(seed)).unwrap();
        let fold = folds.into_iter().next().unwrap();
        let audit = audit(&items, known, &fold, &Fit::default());
        let allowed = Allowed { allow: [protocol.leaks_by_design(), &[FindingKind::SharedAudio]].concat() };
        assert_eq!(audit.refused(&allowed), Vec::<&Finding>::new());
        (Sizes::of(&items, &fold), audit)
    };
    for seed in 0..5 {
        let (sizes, audit) = made("speakers = {}", seed);
        assert!(sizes.test.rows().abs_diff(1_489) <= 45 && sizes.validation.rows().abs_diff(745) <= 45, "{sizes}");
        assert!(audit.stamp().is_none());
        let notices: Vec<FindingKind> = audit.findings.iter().map(|f| f.kind).collect();
        assert!(notices.contains(&FindingKind::SharedSentences), "all 12 sentences are everywhere");
        let conflict = audit.findings.iter().find(|f| f.kind == FindingKind::ConflictingLabels).unwrap();
        assert_eq!((conflict.count, conflict.examples[0].as_str()), (6, "1006_TIE_HAP_XX = 1006_TIE_NEU_XX"));

        let (sizes, audit) = made("clips = { test = 0.3, validation = 0.035 }", seed);
        assert_eq!(sizes.to_string(), "4,948 (+4,948) / 261 / 2,233");
        assert_eq!(audit.stamp().as_deref(), Some("LEAKS: speakers shared (91 of 91)"));
    }
    let (sizes, audit) = made("rows = { test = 0.3, validation = 0.035 }", 42);
    assert_eq!([sizes.train.rows(), sizes.validation.rows(), sizes.test.rows()], [9_897, 521, 4_466]);
    assert!(audit.stamp().unwrap().contains("identical audio"), "{:?}", audit.stamp());
}
