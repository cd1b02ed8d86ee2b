use crate::evaluate::Metric;
use crate::record::{FileName, RunDir, Status, runs, testing};
use crate::report::{Asked, Comparison, Format, compare};
use std::collections::BTreeMap;
use std::path::Path;

fn seal(root: &Path, variant: &str, seed: u64, accuracy: f64, more: &str) {
    let name = testing::name("exp", variant, seed, None);
    let dir = RunDir::create(root, &name).unwrap();
    testing::fill(&dir, accuracy, None);
    dir.write(FileName::Config, testing::config(&name, more).as_bytes()).unwrap();
    dir.seal(&Status::begin(None)).unwrap();
}

/// A variant with an ablation, and one of two configurations.
fn shelf() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for seed in 0..3 {
        let more = 0.1 * (seed % 2) as f64;
        seal(root.path(), "2d", seed, 0.8 + more, "");
        seal(
            root.path(),
            "2d-without-augment.noise",
            seed,
            0.3 + more,
            "ablates = \"2d\"\nwithout = \"augment.noise\"\n",
        );
    }
    seal(root.path(), "1d", 0, 0.5, "[train]\nepochs = 5\n");
    seal(root.path(), "1d", 1, 0.6, "[train]\nepochs = 9\n");
    root
}

fn rows(c: &Comparison) -> Vec<BTreeMap<String, String>> {
    let csv = c.render(Format::Csv, false);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

#[test]
fn csv_fills_what_an_ablation_is_worth() {
    let root = shelf();
    let c = compare(&runs(root.path()).unwrap(), &Asked { baseline: Some("2d"), ..Asked::default() }).unwrap();
    let rows = rows(&c);
    let row = rows.iter().find(|row| row["without"] == "augment.noise").unwrap();
    let part = c.ablations[0].parts.iter().find(|p| p.metric == Metric::Uar).unwrap();
    assert_eq!((row["label"].as_str(), row["against"].as_str()), ("2d-without-augment.noise", "2d"));
    assert_eq!(row["uar_difference"].parse::<f64>().unwrap(), -part.worth);
    assert!(!row["uar_difference_p"].is_empty() && !row["accuracy_difference_p_holm"].is_empty());
    assert_eq!((row["uar_difference_verdict"].as_str(), row["uar_difference_level"].as_str()), ("worse", "0.05"));
    // Held against the baseline as well, in a row of its own.
    let plain = rows.iter().filter(|row| row["label"] == "2d-without-augment.noise" && row["without"].is_empty());
    assert_eq!(plain.count(), 1);
}

#[test]
fn csv_tells_configurations_of_a_variant_apart() {
    let root = shelf();
    let c = compare(&runs(root.path()).unwrap(), &Asked::default()).unwrap();
    let rows = rows(&c);
    let labels: Vec<&String> = rows.iter().filter(|row| row["variant"] == "1d").map(|row| &row["label"]).collect();
    assert!(
        labels.len() == 2 && labels.iter().all(|l| l.starts_with("1d (config ")) && labels[0] != labels[1],
        "{labels:?}"
    );
}
