//! `reproduce`, `claims` and `leak-bill` through the binary: verdicts, exit codes, and what they leave on disk.

mod common;

use common::{Folder, serlab};
use insta::assert_snapshot;

/// Three tiny networks near chance; `claims` are its `[[published]]` tables.
fn spec(claims: &str) -> String {
    format!(
        r#"
name = "tiny"
seeds = [0, 1, 2]

[corpus.synth]
speakers = 8

[split.speakers]
test = 0.3
validation = 0.2

[train]
epochs = 2
batch_size = 16

[variants.1d]
features = [{{ zcr = {{}} }}, {{ energy = {{}} }}]
model.cnn-1d = {{ channels = [4, 8], head = [8] }}

{claims}"#
    )
}

fn claim(value: f64, more: &str) -> String {
    format!("[[published]]\nvariant = \"1d\"\nvalue = {value}\nsource = \"a paper\"\n{more}\n")
}

#[test]
fn each_kind_of_claim_gets_its_verdict_and_only_all_reproduced_is_done() {
    let folder = Folder::new();
    let holds = claim(0.14, "protocol = \"speakers\"\ndecimals = 0");
    let path = folder.write("tiny.toml", &spec(&holds));
    let done = serlab(&folder).arg("reproduce").arg(&path).run();
    assert_eq!(done.code, 0, "{}", done.all());
    assert!(
        done.out.contains("1d, accuracy: REPRODUCED") && done.out.contains("1 of 1 claim reproduced"),
        "{}",
        done.out
    );
    assert_eq!(folder.seals().len(), 3);

    let others = [
        claim(0.97, "protocol = \"speakers\""),
        claim(0.592, "protocol = \"clips\"\nn = 2233"),
        claim(0.8766, "protocol = \"rows\"\nn = 2233"),
    ];
    let path = folder.write("tiny.toml", &spec(&format!("{holds}{}", others.concat())));
    let no = serlab(&folder).arg("reproduce").arg(&path).run();
    assert_eq!(no.code, 1, "{}", no.all());
    for said in [
        "1d, accuracy: REPRODUCED",
        "1d, accuracy: NOT REPRODUCED",
        "1d, accuracy: PROTOCOL DIFFERS",
        "1d, accuracy: IMPOSSIBLE",
        "3915 of 4466 would be (2 x 2233)",
        "1 of 4 claims reproduced",
    ] {
        assert!(no.out.contains(said), "{said}: {}", no.out);
    }
    assert!(no.err.contains("3 runs, 3 done, 0 to do"), "nothing is run twice: {}", no.err);
    let json = serlab(&folder).arg("reproduce").arg(&path).args(["--format", "json"]).run();
    let document: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let verdicts: Vec<&str> =
        document["claims"]["judged"].as_array().unwrap().iter().map(|j| j["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["REPRODUCED", "NOT REPRODUCED", "PROTOCOL DIFFERS", "IMPOSSIBLE"]);
}

#[test]
fn a_spec_without_claims_or_with_an_impossible_one_says_so() {
    let folder = Folder::new();
    let path = folder.write("tiny.toml", &spec(""));
    let none = serlab(&folder).arg("reproduce").arg(&path).run();
    assert!(none.code == 2 && none.err.contains("no [[published]] claim"), "{}", none.all());
    let path = folder.write("tiny.toml", &spec(&claim(56.05, "protocol = \"clip\"")));
    let wrong = serlab(&folder).arg("check").arg(&path).run();
    assert_eq!(wrong.code, 2);
    for said in ["is it 56.05 %?", "no split `clip`", "did you mean `clips`?"] {
        assert!(wrong.err.contains(said), "{said}: {}", wrong.err);
    }
}

#[test]
fn a_bill_runs_every_protocol_once_and_draws_what_honesty_costs() {
    let folder = Folder::new();
    let text = spec("[[augment]]\nidentity = {}\ncopies = 1\n").replace("seeds = [0, 1, 2]", "seeds = [0, 1]");
    let path = folder.write("tiny.toml", &text);
    let bill = serlab(&folder).arg("leak-bill").arg(&path).run();
    assert_eq!(bill.code, 0, "{}", bill.all());
    for said in ["rows", "clips", "speakers", "twins", "chance is 16.7", "LEAKS: twins", "leak-bill.svg"] {
        assert!(bill.out.contains(said), "{said}: {}", bill.out);
    }
    assert_eq!(folder.seals().len(), 6);
    let plot = std::fs::read_to_string(folder.path().join("runs/tiny/leak-bill.svg")).unwrap();
    assert!(plot.contains("LEAK"));
    let again = serlab(&folder).arg("leak-bill").arg(&path).args(["--format", "json"]).run();
    assert!(again.err.contains("6 done, 0 to do"), "{}", again.err);
    let document: serde_json::Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!(document["serlab"], 1);

    let path = folder.write("plain.toml", &spec(""));
    let refused = serlab(&folder).arg("leak-bill").arg(&path).args(["--protocols", "rows,speakers"]).run();
    assert!(refused.code == 2 && refused.err.contains("set `copies = 1`"), "{}", refused.all());
}

#[test]
fn a_size_of_a_test_set_is_held_against_what_whole_speakers_of_a_corpus_can_have() {
    let folder = Folder::new();
    let asked = |args: &[&str]| serlab(&folder).arg("claims").args(args).run();
    assert_snapshot!(asked(&["crema-d", "--n", "1488", "--n", "1470,7442"]).shown(), @r"
    exit code: 1
    ----- stdout -----
    1,488 clips cannot be whole speakers of crema-d (91 speakers, 7,442 clips): speakers were shared between training and test, or at least 50 clips left out; the nearest sizes that can be are 1,476 and 1,538
    1,470 clips can be whole speakers of crema-d (91 speakers, 7,442 clips), such as 18 with 17 x 82 + 1 x 76 clips
    7,442 clips are all speakers of crema-d (91 speakers, 7,442 clips), as where each is tested once, in one of several folds
    That a size can be does not show that speakers were kept apart: so can 1,042 of the 7,441 sizes of crema-d
    ----- stderr -----
    ");
    assert_snapshot!(asked(&["crema-d", "--n", "1556"]).shown(), @r"
    exit code: 0
    ----- stdout -----
    1,556 clips can be whole speakers of crema-d (91 speakers, 7,442 clips), such as 19 with 17 x 82 + 2 x 81 clips
    That a size can be does not show that speakers were kept apart: so can 1,042 of the 7,441 sizes of crema-d
    ----- stderr -----
    ");
    assert_snapshot!(asked(&["tess", "--n", "560"]).shown(), @r"
    exit code: 1
    ----- stdout -----
    560 clips cannot be whole speakers of tess (2 speakers, 2,800 clips): speakers were shared between training and test, or at least 840 clips left out; the smallest size that can be is 1,400
    ----- stderr -----
    ");
    assert_snapshot!(asked(&["emodb", "--n", "34"]).shown(), @r"
    exit code: 1
    ----- stdout -----
    34 clips cannot be whole speakers of emodb (10 speakers, 535 clips): speakers were shared between training and test, or at least 1 clip left out; the smallest size that can be is 35
    ----- stderr -----
    ");
    for (corpus, n, code) in [("ravdess", "288", 1), ("ravdess", "300", 0), ("savee", "96", 1), ("savee", "120", 0)] {
        assert_eq!(asked(&[corpus, "--n", n]).code, code, "{corpus} {n}");
    }
    let json = asked(&["crema-d", "--n", "1488,1470", "--json"]);
    assert_eq!(json.code, 1);
    let document: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(document["serlab"], 1);
    let sizes = &document["sizes"];
    assert_eq!(
        sizes[0],
        serde_json::json!({
            "corpus": "crema-d", "speakers": 91, "clips": 7442, "possible_sizes": 1042, "n": 1488, "possible": false,
            "example": null, "missing": 50, "below": 1476, "above": 1538,
        })
    );
    let example = serde_json::json!([{ "speakers": 17, "clips": 82 }, { "speakers": 1, "clips": 76 }]);
    assert_eq!(
        (&sizes[1]["example"], &sizes[1]["possible"], &sizes[1]["missing"]),
        (&example, &true.into(), &0.into())
    );
}

#[test]
fn a_spec_is_asked_for_the_clips_that_it_uses() {
    let folder = Folder::new();
    let spec = folder.write("tiny.toml", &spec("[clips]\nkeep = [\"angry\", \"sad\"]\n"));
    assert_snapshot!(serlab(&folder).arg("claims").arg(&spec).args(["--n", "40", "--n", "48"]).run().shown(), @r"
    exit code: 1
    ----- stdout -----
    40 clips cannot be whole speakers of synth in tiny.toml (8 speakers, 128 clips): speakers were shared between training and test, or at least 8 clips left out; the nearest sizes that can be are 32 and 48
    48 clips can be whole speakers of synth in tiny.toml (8 speakers, 128 clips), such as 3 with 3 x 16 clips
    That a size can be does not show that speakers were kept apart: so can 7 of the 127 sizes of synth in tiny.toml
    ----- stderr -----
    ");
    let text = std::fs::read_to_string(folder.path().join(&spec)).unwrap();
    let path = folder.write("two.toml", &format!("{text}[variants.2d]\nlike = \"1d\"\nclips.keep = [\"angry\"]\n"));
    assert_snapshot!(serlab(&folder).arg("claims").arg(&path).args(["--n", "8"]).run().shown(), @r"
    exit code: 1
    ----- stdout -----
    8 clips cannot be whole speakers of synth in two.toml, variant 1d (8 speakers, 128 clips): speakers were shared between training and test, or at least 8 clips left out; the smallest size that can be is 16
    8 clips can be whole speakers of synth in two.toml, variant 2d (8 speakers, 64 clips), such as 1 with 1 x 8 clips
    That a size can be does not show that speakers were kept apart: so can 7 of the 63 sizes of synth in two.toml, variant 2d
    ----- stderr -----
    ");
    // Of a corpus that is not there by what is known of it.
    let lists = "seeds = [0]\nfeatures = [{ zcr = {} }]\nmodel.cnn-1d = {}\n[corpus.ravdess]\nroot = \"nowhere\"\n";
    let path = folder.write("ravdess.toml", lists);
    assert_snapshot!(serlab(&folder).arg("claims").arg(&path).args(["--n", "288"]).run().shown(), @r"
    exit code: 1
    ----- stdout -----
    288 clips cannot be whole speakers of ravdess in ravdess.toml (24 speakers, 1,440 clips): speakers were shared between training and test, or at least 12 clips left out; the nearest sizes that can be are 240 and 300
    ----- stderr -----
    By the published list of clips, for the corpus is not whole here: corpus.ravdess: nowhere is not a folder; name the one that holds the corpus
    ");
    let path = folder.write("ravdess.toml", &format!("{lists}[clips]\nkeep = [\"sad\", \"happy\"]\n"));
    let absent = serlab(&folder).arg("claims").arg(&path).args(["--n", "288"]).run();
    assert!(absent.code == 3 && absent.err.contains("nowhere is not a folder"), "{}", absent.all());
}

#[test]
fn a_size_or_a_corpus_that_there_is_not_is_one_error_with_the_way_out() {
    let folder = Folder::new();
    let asked = |args: &[&str]| serlab(&folder).arg("claims").args(args).run().shown();
    assert_snapshot!(asked(&["ravdess", "--n", "0", "--n", "2880"]), @r"
    exit code: 2
    ----- stdout -----

    ----- stderr -----
    --n 0: a test set has at least one clip; say how many, such as --n 288
    --n 2880: ravdess has no more than 1,440 clips; ask for the test clips of one run, without augmented copies
    ");
    assert_snapshot!(asked(&["crema", "--n", "300"]), @r"
    exit code: 2
    ----- stdout -----

    ----- stderr -----
    `crema` is neither a spec file nor a corpus whose clips are known without it (crema-d, ravdess, emodb, savee, tess); did you mean `crema-d`?
    ");
    assert_snapshot!(asked(&["synth", "--n", "300"]), @r"
    exit code: 2
    ----- stdout -----

    ----- stderr -----
    `synth` has no clips of its own; name a spec file that says which, or one of crema-d, ravdess, emodb, savee, tess
    ");
    assert!(asked(&["ravdess"]).contains("--n <CLIPS>"));
    let set = asked(&["ravdess", "--n", "300", "--set", "clips.keep=[\"sad\"]"]);
    assert!(set.contains("exit code: 2") && set.contains("name a spec to set something in"), "{set}");
}

#[test]
fn a_claim_of_speakers_apart_is_impossible_on_a_size_that_no_speakers_have() {
    let folder = Folder::new();
    let claims = [
        claim(0.14, "protocol = \"speakers\"\nn = 90\ndecimals = 0"),
        claim(0.14, "protocol = \"clips\"\nn = 90\ndecimals = 0"),
    ];
    let path = folder.write("tiny.toml", &spec(&claims.concat()));
    let no = serlab(&folder).arg("reproduce").arg(&path).run();
    assert_eq!(no.code, 1, "{}", no.all());
    for said in [
        "1d, accuracy: IMPOSSIBLE provided that all clips were in use: 90 clips cannot be whole speakers of the corpus (8 \
         speakers, 384 clips)",
        "against the split `speakers`, or at least 6 clips left out; 48 and 96 are the nearest sizes that can be",
        "90 clips cannot be whole speakers of the corpus (8 speakers, 384 clips): consistent with the split `clips`",
        "1d, accuracy: PROTOCOL DIFFERS",
    ] {
        assert!(no.out.contains(said), "{said}: {}", no.out);
    }
}
