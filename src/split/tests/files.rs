//! Divisions read from files.

use super::*;

/// Splits by a file of this content; the result and the path as it appears in messages.
fn by_file(items: &[Item], content: &[u8], more: &str) -> (Result<Vec<Fold>, SplitError>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("split.csv");
    std::fs::write(&path, content).unwrap();
    let protocol = protocol(&format!("[file]\npath = \"{}\"\n{more}", path.display()));
    (split(items, Known::default(), 1, &protocol, &mut stream(0)), path.display().to_string())
}

fn problems(items: &[Item], content: &[u8]) -> Vec<String> {
    match by_file(items, content, "").0.unwrap_err() {
        SplitError::File { problems, .. } => problems.iter().map(|p| format!("{}: {}", p.line, p.message)).collect(),
        other => panic!("{other}"),
    }
}

#[test]
fn a_file_decides_and_what_it_does_not_mention_is_left_out_and_counted() {
    let corpus = Corpus::of(&[3, 3], 1);
    let items = corpus.items();
    // A byte order mark, CRLF, other names for things, spaces and a file ending.
    let content = "\u{feff}id,Speaker,split\r\ns00_000,x, Train\r\ns00_001.wav,x,dev\r\ns01_000,y,eval\r\n";
    let fold = by_file(&items, content.as_bytes(), "").0.unwrap().remove(0);
    assert_eq!(fold.number, None);
    assert_eq!(Sizes::of(&items, &fold).to_string(), "1 (+1) / 1 / 1");
    assert_eq!(fold.left_out, 3);
    assert_eq!(fold.test.rows(), [Row { clip: 3, copy: 0 }]);
}

#[test]
fn a_file_is_read_as_a_manifest_is_whatever_separates_its_cells_and_the_parts_of_its_paths() {
    let ids = ["a/x.wav", "a/y.wav", "b/x.wav", "/abs/z.wav"];
    let items: Vec<Item<'_>> = ids.iter().map(|id| Item::new(id, 0, id)).collect();
    for content in [
        "clip;partition\na/x.wav;train\n./a/y.wav;dev\nb//x.wav;test\n/abs/z.wav;test\n",
        "clip\tpartition\na\\x.wav\ttrain\n.\\a\\y.wav\tdev\nb\\x.wav\ttest\n\\abs\\z.wav\ttest\n",
        // By their place on some disk.
        "clip,partition\n/data/my corpus/a/x.wav,train\nC:\\corpus\\a\\y.wav,dev\nD:/b/x.wav,test\n/abs/z.wav,test\n",
    ] {
        let fold = by_file(&items, content.as_bytes(), "").0.unwrap().remove(0);
        let clips = |p| fold.partition(p).iter().filter(|r| r.copy == 0).map(|r| r.clip).collect::<Vec<_>>();
        assert_eq!(Partition::ALL.map(clips), [vec![0], vec![1], vec![2, 3]], "{content}");
    }
    let twice = "clip,partition\n/one/a/x.wav,train\n/other/a/x.wav,test\n";
    assert_eq!(
        problems(&items, twice.as_bytes()),
        ["3: clip `/other/a/x.wav` is already in train (line 2), here test"]
    );
    assert_eq!(
        problems(&items, b"clip,partition\n/c/x.wav,train\n"),
        ["2: the corpus has no clip `/c/x.wav`, did you mean `b/x.wav`?"]
    );
}

#[test]
fn a_quote_that_swallows_lines_is_told_by_the_line_where_it_opens() {
    let corpus = Corpus::of(&[4], 1);
    let items = corpus.items();
    let open = b"clip,partition,note\ns00_000,train,x\ns00_001,test,\"oops\ns00_002,test,x\ns00_003,test,x\n";
    assert_eq!(problems(&items, open), ["3: the quote that opens here is never closed; close or remove it"]);
    let closed = b"clip;partition;note\ns00_000;train;x\ns00_001;test;\"oops\ns00_002;test;x\ns00_003;test;x\"\n";
    let said = problems(&items, closed);
    assert!(said.len() == 1 && said[0].starts_with("3: the quote that opens here closes in line 5"), "{said:?}");
    // Two columns: what is swallowed ends up in the name of a clip.
    let said = problems(&items, b"clip,partition\ns00_000,train\n\"s00_001,test\ns00_002\",test\n");
    assert!(said.len() == 1 && said[0].starts_with("3: "), "{said:?}");
    let said = problems(&items, b"clip,partition\n\"s00_000\",train\ns00_001,\"test\ns00_002,test\n");
    assert_eq!(said, ["3: the quote that opens here is never closed; close or remove it"]);
}

#[test]
fn clips_that_the_selection_leaves_out_are_counted_and_no_error() {
    let corpus = Corpus::of(&[3, 3], 1);
    let all = corpus.items();
    // Speaker s01's last two clips are filtered away.
    let (items, passed_over) = (&all[..4], ["s01_001", "s01_002"].map(str::to_owned));
    let known = Known { passed_over: &passed_over, ..Known::default() };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("split.csv");
    let content = "clip,partition\ns00_000,train\ns00_001,dev\ns01_000,test\ns01_001.wav,test\n";
    std::fs::write(&path, format!("{content}/data/s01_002.wav,test\n")).unwrap();
    let protocol = Protocol::File(File { path: path.clone(), ..File::default() });
    let fold = split(items, known, 0, &protocol, &mut stream(0)).unwrap().remove(0);
    assert_eq!((fold.passed_over, fold.left_out, fold.test.len()), (2, 1, 1));
    assert_eq!(Sizes::of(items, &fold).passed_over, 2);
    // A partition that the selection empties is an error that says so; what the corpus never had is one as ever.
    std::fs::write(&path, "clip,partition\ns00_000,train\ns01_001,test\n").unwrap();
    let said = split(items, known, 0, &protocol, &mut stream(0)).unwrap_err().to_string();
    let expected = "test would be empty: none of the 4 clips of the corpus goes there (1 that the file names are left out by `clips`)";
    assert_eq!(said, expected);
    std::fs::write(&path, format!("{content}nobody,test\n")).unwrap();
    let said = split(items, known, 0, &protocol, &mut stream(0)).unwrap_err().to_string();
    assert!(said.contains("1 problem(s)") && said.contains(":6: the corpus has no clip `nobody`"), "{said}");
}

#[test]
fn lines_are_counted_as_a_person_counts_them_whatever_ends_them() {
    let corpus = Corpus::of(&[2], 1);
    for (end, more) in [("\n", ""), ("\r\n", ""), ("\n", "\n"), ("\r\n", "\r\n")] {
        let content = ["clip,partition", more, "s00_000,train", "s00_001,test", "s00_000,test", ""].join(end).replacen(
            &format!("{end}{more}{end}"),
            &format!("{end}{more}"),
            1,
        );
        let expected = if more.is_empty() { 2 } else { 3 };
        let said = problems(&corpus.items(), content.as_bytes());
        let told = format!("{}: clip `s00_000` is already in train (line {expected}), here test", expected + 2);
        assert_eq!(said, [told], "{content:?}");
    }
}

#[test]
fn folds_of_a_file_keep_their_numbers() {
    let corpus = Corpus::of(&[2, 2], 1);
    let items = corpus.items();
    let content = "clip,partition,fold\ns00_000,train,3\ns01_000,test,3\ns01_000,train,1\ns00_000,test,1\n";
    let folds = by_file(&items, content.as_bytes(), "").0.unwrap();
    assert_eq!(folds.iter().map(|f| f.number).collect::<Vec<_>>(), [Some(1), Some(3)]);
    assert_eq!(folds[0].test.rows()[0].clip, 0);
}

#[test]
fn validation_speakers_can_be_set_aside_where_a_file_names_none() {
    let corpus = Corpus::of(&[4; 5], 1);
    let items = corpus.items();
    let part = |s: &str| if s == "s04" { "test" } else { "train" };
    let lines: String = items.iter().map(|i| format!("{},{}\n", i.id, part(i.speaker))).collect();
    let content = format!("clip,partition\n{lines}");
    let fold = by_file(&items, content.as_bytes(), "validation = 0.25").0.unwrap().remove(0);
    assert_eq!(Sizes::of(&items, &fold).speakers(), "3 / 1 / 1");
    assert!(audit(&items, Known::default(), &fold, &Fit::default()).leaks().is_empty());
    let without = by_file(&items, content.as_bytes(), "").0.unwrap().remove(0);
    assert!(without.validation.is_empty());
}

#[test]
fn the_split_file_of_a_run_can_be_used_again() {
    let corpus = Corpus::of(&[2, 2], 1);
    let items = corpus.items();
    let content = "clip,source_clip,speaker,label,partition\ns00_000,s00_000,s00,a,train\ns00_000#1,s00_000,s00,a,train\n\
                   s01_000,s01_000,s01,a,test\n";
    let fold = by_file(&items, content.as_bytes(), "").0.unwrap().remove(0);
    assert_eq!(Sizes::of(&items, &fold).to_string(), "1 (+1) / 0 / 1");
    let leaky = content.replace("a,test", "a,train").replace("s00_000,s00,a,train\ns01", "s00_000,s00,a,test\ns01");
    assert_eq!(
        problems(&items, leaky.as_bytes()),
        ["3: an augmented copy in test; only training clips have copies, use `split.rows`"]
    );
}

#[test]
fn all_problems_of_a_file_come_at_once_with_their_lines() {
    let corpus = Corpus::of(&[3, 3], 1);
    let items = corpus.items();
    assert_eq!(
        problems(&items, b"clip,partition,fold\ns00_000,trian,1\ns00_001,train,one\n,test,1\ns00_002,test\n"),
        [
            "2: unknown partition `trian`, expected train, validation or test, did you mean `train`?",
            "3: fold `one` is not a number from 0 up",
            "4: no clip is named",
            "5: 2 cells, the header has 3",
        ]
    );
    assert_eq!(
        problems(
            &items,
            b"clip,partition\ns00_000,train\nS00_001,test\ns00_000,test\nwav/S01_000.wav,test\nnobody,test\n"
        ),
        [
            "3: the corpus has no clip `S00_001`, did you mean `s00_001`?",
            "4: clip `s00_000` is already in train (line 2), here test",
            "5: the corpus has no clip `wav/S01_000.wav`, did you mean `s01_000`?",
            "6: the corpus has no clip `nobody`",
        ]
    );
    assert_eq!(
        problems(&items, b"clips,fodl\n"),
        [
            "1: unknown column `clips`, did you mean `clip`?",
            "1: unknown column `fodl`, did you mean `fold`?",
            "1: no column `clip` (or `id`, `file`)",
            "1: no column `partition` (or `split`, `subset`)",
        ]
    );
    assert_eq!(
        problems(&items, b"clip,partition\ns00_000,train\n\xff,test\n"),
        ["3: is not UTF-8; save the table in UTF-8"]
    );
}

#[test]
fn messages_name_the_file_and_an_empty_one_is_refused() {
    let corpus = Corpus::of(&[3, 3], 1);
    let items = corpus.items();
    let (result, path) = by_file(&items, b"clip,partition\nnobody,test\n", "");
    assert_eq!(
        result.unwrap_err().to_string(),
        format!("split file {path}: 1 problem(s)\n{path}:2: the corpus has no clip `nobody`")
    );
    let said = by_file(&items, b"clip,partition\n", "").0.unwrap_err().to_string();
    assert!(said.contains("names no clip"), "{said}");
    let said = by_file(&items, b"clip,partition\ns00_000,train\n", "").0.unwrap_err().to_string();
    assert_eq!(said, "test would be empty: none of the 6 clips of the corpus goes there");
    let said =
        split(&items, Known::default(), 0, &protocol("file = { path = \"nowhere.csv\" }"), &mut stream(0)).unwrap_err();
    assert!(said.to_string().starts_with("split file nowhere.csv: "), "{said}");
}

#[test]
fn a_file_with_a_fold_for_each_of_its_lines_takes_memory_for_its_lines_alone() {
    let corpus = Corpus::of(&[2_000, 2_000], 1);
    let items = corpus.items();
    // 40,000 folds of 4,000 clips each would be 160 million places.
    let lines: String = (0..40_000).map(|fold| format!("s00_000,train,{fold}\n")).collect();
    let said = by_file(&items, format!("clip,partition,fold\n{lines}").as_bytes(), "").0.unwrap_err().to_string();
    assert!(said.starts_with("fold 0: test would be empty"), "{said}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_text_divides_the_corpus_or_is_refused(
        text in "(clip,partition(,fold)?\r?\n)?((s00_00[0-3]|[a-z\"]{0,3}),(train|test|dev|x)?(,[0-9]{0,2})?[\r\n]{0,2}){0,6}",
        bytes in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        let corpus = Corpus::of(&[2, 2], 1);
        for content in [text.as_bytes(), &bytes] {
            match by_file(&corpus.items(), content, "").0 {
                Ok(folds) => prop_assert!(!folds.is_empty()),
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }
}
