use super::*;
use crate::evaluate::evaluate;
use crate::record::{AuditStamp, EvaluationFile, FileName, RunDir, StoredRun, predictions_csv, runs, testing};
use std::path::Path;

/// Ten rows a speaker, so many of them right; `copies`: five clips, each with one augmented copy.
fn predictions(speakers: &[(&str, usize)], copies: bool) -> Vec<Prediction> {
    let ten = |(speaker, right): &(&str, usize)| {
        let (speaker, right) = ((*speaker).to_owned(), *right);
        (0..10).map(move |i| Prediction {
            clip: match (copies, i >= 5) {
                (true, true) => format!("{speaker}-{}.wav#1", i - 5),
                _ => format!("{speaker}-{i}.wav"),
            },
            speaker: speaker.clone(),
            truth: i % 2,
            predicted: if i < right { i % 2 } else { 2 },
            probabilities: vec![0.25, 0.25, 0.5],
        })
    };
    speakers.iter().flat_map(ten).collect()
}

struct Written<'a> {
    variant: &'a str,
    seed: u64,
    fold: Option<u32>,
    stamp: Option<&'a str>,
    settings: &'a str,
}

/// A sealed run of `protocol`, kept apart from those of the others.
fn seal(root: &Path, protocol: &str, of: Written<'_>, predictions: &[Prediction]) {
    let labels = ["anger", "joy", "sadness"].map(str::to_owned).to_vec();
    let name = testing::name(protocol, of.variant, of.seed, of.fold);
    let dir = RunDir::create(root, &name).unwrap();
    testing::fill(&dir, 0.5, None);
    let file = EvaluationFile {
        evaluation: evaluate(&labels, predictions),
        audit: AuditStamp { stamp: of.stamp.map(str::to_owned), findings: Default::default() },
        left_out: 0,
        unlisted: 0,
        best_epoch: None,
        epoch_picked_on: None,
        epochs: 3,
        parameters: 1234,
    };
    dir.write_json(FileName::Evaluation, &file).unwrap();
    dir.write(FileName::Config, testing::config(&name, of.settings).as_bytes()).unwrap();
    dir.write(FileName::Predictions, &predictions_csv(&labels, predictions)).unwrap();
    dir.seal(&crate::record::Status::begin(None)).unwrap();
}

fn run(variant: &str, seed: u64) -> Written<'_> {
    Written { variant, seed, fold: None, stamp: None, settings: "" }
}

/// The runs of `variant` under each protocol with its price.
fn account(root: &Path, variant: &str, steps: &[(&str, &str)]) -> Account {
    let all = runs(root).unwrap();
    let step = |(protocol, price): &(&str, &str)| {
        let of = |r: &&StoredRun| r.name.experiment == *protocol && r.name.variant == variant;
        Step {
            protocol: (*protocol).to_owned(),
            price: (*price).to_owned(),
            runs: all.iter().filter(of).cloned().collect(),
        }
    };
    Account { variant: variant.to_owned(), steps: steps.iter().map(step).collect() }
}

const STEPS: [(&str, &str); 3] = [("rows", ""), ("clips", "twins"), ("speakers", "speakers")];

/// Two seeds of one variant: 90 %, 60 % and, of two speakers a seed, 60 and 40 %.
fn shelf(variant: &str) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for seed in 0..2 {
        let every = |right| [("a", right), ("b", right), ("c", right), ("d", right)];
        let stamp = Some("LEAKS: twins (10 of 40), speakers shared (4 of 4)");
        let settings = "[split.rows]\ntest = 0.3\n";
        seal(root.path(), "rows", Written { stamp, settings, ..run(variant, seed) }, &predictions(&every(9), true));
        let (stamp, settings) = (Some("LEAKS: speakers shared (4 of 4)"), "[split.clips]\ntest = 0.3\n");
        seal(root.path(), "clips", Written { stamp, settings, ..run(variant, seed) }, &predictions(&every(6), false));
        let two = if seed == 0 { [("a", 7), ("b", 5)] } else { [("c", 6), ("d", 2)] };
        let settings = "[split.speakers]\ntest = 0.3\n";
        seal(root.path(), "speakers", Written { settings, ..run(variant, seed) }, &predictions(&two, false));
    }
    root
}

fn shelf_bill() -> Bill {
    let root = shelf("1d");
    bill("exp", "What is honesty worth?", &[account(root.path(), "1d", &STEPS)]).unwrap()
}

#[test]
fn figures_and_changes_by_hand() {
    let bill = shelf_bill();
    let [v] = bill.variants.as_slice() else { panic!("one variant") };
    assert_eq!((v.seeds.as_slice(), v.chance), ([0, 1].as_slice(), 1.0 / 3.0));
    let of = |get: fn(&ProtocolFigures) -> f64| {
        v.steps.iter().map(get).map(|x| (x * 1e6).round() / 1e6).collect::<Vec<f64>>()
    };
    assert_eq!(of(|s| s.figure(Metric::Accuracy).unwrap().mean), [0.9, 0.6, 0.5]);
    assert_eq!(of(|s| s.change(Metric::Accuracy).map_or(0.0, |c| c.value)), [0.0, -0.3, -0.1]);
    let counted: Vec<_> = v.steps.iter().map(|s| (s.rows.clone(), s.clips.clone(), s.speakers)).collect();
    assert_eq!(counted, [(vec![40; 2], vec![20; 2], 4), (vec![40; 2], vec![40; 2], 4), (vec![20; 2], vec![20; 2], 4)]);
    // All speakers and seeds lose the same to the first step: nothing is left to chance.
    let twins = v.steps[1].change(Metric::Accuracy).unwrap();
    assert!((twins.low + 0.3).abs() < 1e-9 && (twins.high + 0.3).abs() < 1e-9 && !twins.is_clear(), "nothing varied");
    let speakers = v.steps[2].change(Metric::Accuracy).unwrap();
    assert!(speakers.low < -0.3 && speakers.high > 0.0 && !speakers.is_clear(), "{speakers:?}");
    let total = v.total(Metric::Accuracy).unwrap();
    assert!((total.value + 0.4).abs() < 1e-12 && total.low < -0.4 && !total.is_clear(), "two seeds are few: {total:?}");
    assert_eq!((total.speakers, total.seeds, v.steps[1].runs), (4, 2, 2));
}

#[test]
fn the_text_is_a_bill() {
    insta::assert_snapshot!(shelf_bill().render(Format::Text), @r"
    The leak bill of exp
    What is honesty worth?

    1d
    protocol   tested rows (clips)  speakers  seeds  accuracy (%)              without   costs (points)        leak
    rows       40 (20)                     4      2  90.0 ±  0.0 [90.0, 90.0]                                  LEAK
    clips      40 (40)                     4      2  60.0 ±  0.0 [60.0, 60.0]  twins     30.0    [30.0, 30.0]  LEAK
    speakers   20 (20)                     4      2  50.0 ± 14.1  [0.6, 99.4]  speakers  10.0 [-100.0, 100.0]
    all steps                                                                            40.0 [-100.0, 100.0]
    1d: of 90.0 points, 30.0 [30.0, 30.0] are twins (nothing varied, so that it is not told apart from 0), 10.0 [-100.0, 100.0] are speakers (not told apart from 0); 50.0 remain on voices never heard (chance is 33.3).

    Mean ± standard deviation over seeds; in brackets the 95 % interval over networks and speakers. Rows and clips are those of a seed, speakers those of all.
    Costs: the figure above minus this one, seed by seed; 95 % interval (Student's t) over networks and speakers.

    The same in UAR
    variant  protocol   UAR (%)                   without   costs (points)
    1d       rows       90.0 ±  0.0 [90.0, 90.0]
             clips      60.0 ±  0.0 [60.0, 60.0]  twins     30.0    [30.0, 30.0]
             speakers   50.0 ± 14.1  [0.6, 99.4]  speakers  10.0 [-100.0, 100.0]
             all steps                                      40.0 [-100.0, 100.0]

    What each step changes (in brackets what is not a kind's default)
    step               setting  before           after
    rows -> clips      split    rows(test=0.3)   clips(test=0.3)
    clips -> speakers  split    clips(test=0.3)  speakers(test=0.3)

    Notes
    - rows: LEAKS: twins (10 of 40), speakers shared (4 of 4)
    - clips: LEAKS: speakers shared (4 of 4)
    - 1d: its steps rest on few seeds (2) or speakers (4); their intervals are known to hold from 3 seeds and 9 speakers on
    ");
}

#[test]
fn markdown_says_the_same_as_the_text() {
    insta::assert_snapshot!(shelf_bill().render(Format::Markdown), @r"
    **The leak bill of exp**

    What is honesty worth?

    **1d**

    | protocol | tested rows (clips) | speakers | seeds | accuracy (%) | without | costs (points) | leak |
    | --- | --- | ---: | ---: | --- | --- | --- | --- |
    | rows | 40 (20) | 4 | 2 | 90.0 ± 0.0 [90.0, 90.0] |  |  | LEAK |
    | clips | 40 (40) | 4 | 2 | 60.0 ± 0.0 [60.0, 60.0] | twins | 30.0 [30.0, 30.0] | LEAK |
    | speakers | 20 (20) | 4 | 2 | 50.0 ± 14.1 [0.6, 99.4] | speakers | 10.0 [-100.0, 100.0] |  |
    | all steps |  |  |  |  |  | 40.0 [-100.0, 100.0] |  |

    1d: of 90.0 points, 30.0 [30.0, 30.0] are twins (nothing varied, so that it is not told apart from 0), 10.0 [-100.0, 100.0] are speakers (not told apart from 0); 50.0 remain on voices never heard (chance is 33.3).

    Mean ± standard deviation over seeds; in brackets the 95 % interval over networks and speakers. Rows and clips are those of a seed, speakers those of all.

    Costs: the figure above minus this one, seed by seed; 95 % interval (Student's t) over networks and speakers.

    **The same in UAR**

    | variant | protocol | UAR (%) | without | costs (points) |
    | --- | --- | --- | --- | --- |
    | 1d | rows | 90.0 ± 0.0 [90.0, 90.0] |  |  |
    |  | clips | 60.0 ± 0.0 [60.0, 60.0] | twins | 30.0 [30.0, 30.0] |
    |  | speakers | 50.0 ± 14.1 [0.6, 99.4] | speakers | 10.0 [-100.0, 100.0] |
    |  | all steps |  |  | 40.0 [-100.0, 100.0] |

    **What each step changes (in brackets what is not a kind's default)**

    | step | setting | before | after |
    | --- | --- | --- | --- |
    | rows -> clips | split | rows(test=0.3) | clips(test=0.3) |
    | clips -> speakers | split | clips(test=0.3) | speakers(test=0.3) |

    **Notes**

    - rows: LEAKS: twins (10 of 40), speakers shared (4 of 4)
    - clips: LEAKS: speakers shared (4 of 4)
    - 1d: its steps rest on few seeds (2) or speakers (4); their intervals are known to hold from 3 seeds and 9 speakers on
    ");
}

#[test]
fn csv_and_json_hold_every_number_in_full() {
    let bill = shelf_bill();
    let csv = bill.render(Format::Csv);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let cell = |row: usize, key: &str| rows[row][header.iter().position(|h| h == key).unwrap()].to_owned();
    let speakers = bill.variants[0].steps[2].change(Metric::Uar).unwrap();
    assert_eq!((rows.len(), cell(2, "uar_difference")), (3, speakers.value.to_string()));
    assert_eq!(cell(2, "uar_difference_low"), speakers.low.to_string());
    assert_eq!((cell(0, "uar_difference").as_str(), cell(0, "uar_total").as_str()), ("", ""));
    assert_eq!(cell(2, "accuracy_total"), bill.variants[0].total[0].value.to_string());
    assert_eq!(
        (cell(0, "rows").as_str(), cell(0, "clips").as_str(), cell(1, "without").as_str()),
        ("40 40", "20 20", "twins")
    );
    assert!(cell(0, "stamp").starts_with("LEAKS: twins") && cell(2, "drawn") == "over networks and speakers");
    let json: serde_json::Value = serde_json::from_str(&bill.render(Format::Json)).unwrap();
    let of = &json["leak-bill"]["variants"][0];
    assert_eq!((&json["serlab"], &of["steps"][2]["changes"][1]["value"]), (&1.into(), &speakers.value.into()));
    assert_eq!(
        (&of["sentence"], of["steps"][1]["price"].as_str()),
        (&bill.variants[0].sentence.as_str().into(), Some("twins"))
    );
    let svg = bill.plot(Metric::Accuracy).svg();
    assert!(
        svg.contains("What is honesty worth?") && svg.contains("\u{2212}30.0 twins") && svg.contains("clips (LEAK)")
    );
}

#[test]
fn a_step_that_gains_is_told_as_a_gain() {
    let root = tempfile::tempdir().unwrap();
    for (protocol, right) in [("rows", 5), ("clips", 5), ("speakers", 7)] {
        seal(root.path(), protocol, run("2d", 0), &predictions(&[("a", right), ("b", right)], false));
    }
    let sentence = |steps: &[(&str, &str)]| {
        bill("exp", "", &[account(root.path(), "2d", steps)]).unwrap().variants[0].sentence.clone()
    };
    assert_eq!(
        sentence(&STEPS),
        "2d: of 50.0 points, 0.0 [0.0, 0.0] are twins (not told apart from 0); giving up speakers gained 20.0 [20.0, \
         20.0] (nothing varied, so that it is not told apart from 0); 70.0 remain on voices never heard (chance is 33.3)."
    );
    assert_eq!(
        sentence(&[("clips", ""), ("speakers", "")]),
        "2d: 50.0 points; giving up the step to `speakers` gained 20.0 [20.0, 20.0] (nothing varied, so that it is not told \
         apart from 0); 70.0 are reached on voices never heard (chance is 33.3)."
    );
    assert_eq!(sentence(&[("speakers", "")]), "2d: 70.0 points on voices never heard (chance is 33.3).");
    let text = bill("exp", "", &[account(root.path(), "2d", &STEPS)]).unwrap().render(Format::Text);
    assert!(text.contains("speakers  -20.0 [-20.0, -20.0]"), "{text}");
    assert!(text.contains("(Student's t) over speakers. One seed tells nothing of"), "{text}");
}

#[test]
fn runs_without_a_result_are_named_and_their_seeds_do_not_count() {
    let root = shelf("1d");
    let tampered = account(root.path(), "1d", &STEPS).steps[1].runs[1].dir.clone();
    std::fs::write(tampered.join("evaluation.json"), "{}").unwrap();
    seal(root.path(), "rows", run("1d", 7), &predictions(&[("a", 1)], false));
    let bill = bill("exp", "", &[account(root.path(), "1d", &STEPS)]).unwrap();
    assert_eq!(bill.variants[0].seeds, [0]);
    let told: Vec<(&str, &str, &str)> =
        bill.left_out.iter().map(|l| (l.protocol.as_str(), &l.run[..6], l.state.as_str())).collect();
    assert_eq!(
        told,
        [("clips", "clips/", "TAMPERED"), ("clips", "seed 7", "missing"), ("speakers", "seed 7", "missing")]
    );
    assert_eq!(
        bill.notes,
        [
            "1d: seed 1 counts under no protocol, for it has no result under `clips`",
            "1d: seed 7 counts under no protocol, for it has no result under `clips`, `speakers`",
            "1d: its steps rest on few seeds (1) or speakers (4); their intervals are known to hold from 3 seeds and 9 \
             speakers on",
        ]
    );
    assert!(bill.render(Format::Text).contains("TAMPERED  evaluation.json: its contents have changed"));
}

#[test]
fn folds_are_one_test_and_those_not_run_are_named() {
    let root = tempfile::tempdir().unwrap();
    let fold = |seed, fold| Written { fold: Some(fold), ..run("1d", seed) };
    for seed in 0..2 {
        seal(root.path(), "clips", run("1d", seed), &predictions(&[("a", 9), ("b", 9)], false));
        seal(root.path(), "k-fold", fold(seed, 0), &predictions(&[("a", 6)], false));
    }
    seal(root.path(), "k-fold", fold(0, 1), &predictions(&[("b", 4)], false));
    let bill = bill("exp", "", &[account(root.path(), "1d", &[("clips", ""), ("k-fold", "speakers")])]).unwrap();
    let step = &bill.variants[0].steps[1];
    // The seed that lacks a fold is not whole, and so in no figure.
    assert_eq!((step.folds, step.runs, step.rows.as_slice()), (2, 2, [20].as_slice()));
    let states: Vec<&str> = bill.left_out.iter().map(|l| l.state.as_str()).collect();
    assert_eq!(
        (bill.left_out[0].run.as_str(), states.as_slice()),
        ("seed 1, fold 1", ["missing", "incomplete"].as_slice())
    );
    let text = bill.render(Format::Text);
    assert!(text.contains("1 x 2") && text.contains("seed 1 has no result of fold 1"), "{text}");
}

#[test]
fn what_cannot_be_billed_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    seal(root.path(), "rows", run("1d", 0), &predictions(&[("a", 9)], false));
    seal(root.path(), "speakers", run("1d", 1), &predictions(&[("a", 5)], false));
    let error = |steps: &[(&str, &str)]| bill("exp", "", &[account(root.path(), "1d", steps)]).unwrap_err().to_string();
    assert_eq!(
        error(&STEPS),
        "`1d` has no result under `clips` (it was not run); run or repair it, or leave the protocol out"
    );
    assert_eq!(
        error(&[STEPS[0], STEPS[2]]),
        "the protocols of `1d` have results of different seeds (`rows`: 0; `speakers`: 1); run the same seeds under all \
         of them"
    );
    assert!(matches!(bill("exp", "", &[]), Err(ReportError::NoRuns)));
    assert!(matches!(bill("exp", "", &[account(root.path(), "1d", &[])]), Err(ReportError::NoRuns)));
}

#[test]
fn a_step_of_one_variant_does_not_depend_on_what_else_is_billed() {
    let (root, other) = (shelf("1d"), shelf("2d"));
    let (one, two) = (account(root.path(), "1d", &STEPS), account(other.path(), "2d", &STEPS));
    let both = bill("exp", "", &[two, one.clone()]).unwrap();
    assert_eq!(both.variants[1], bill("exp", "", &[one]).unwrap().variants[0]);
    let last = bill("exp", "", &[account(root.path(), "1d", &STEPS[1..])]).unwrap();
    assert_eq!(last.variants[0].total, both.variants[1].steps[2].changes);
    // Variants that share a split share the stamp, which is told once.
    let text = both.render(Format::Text);
    assert_eq!(text.matches("- rows: LEAKS: twins (10 of 40)").count(), 1, "{text}");
}
