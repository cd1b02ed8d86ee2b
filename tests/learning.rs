//! A recipe for a corpus, what curves suggest after a run, and training rows measured as they are.

mod common;

use common::{Folder, SMALL, serlab};

/// What two epochs of one seed of the recipe need, on clips that are all shorter than a second.
const QUICK: [&str; 6] = ["--set", "seeds=[1]", "--set", "train.epochs=2", "--set", "model.resnet-2d.channels=[4,4,4]"];

#[test]
fn a_recipe_for_a_corpus_runs_and_its_seed_can_be_set() {
    let folder = Folder::new();
    folder.synthesize("my clips", &["speakers=6", "repetitions=1"]);
    let made = serlab(&folder).args(["init", "mine.toml", "--corpus", "my clips"]).run();
    assert_eq!(made.code, 0, "{}", made.all());
    assert!(
        made.out.starts_with("mine.toml written for manifest (144 clips, 6 speakers). Next: serlab plan"),
        "{}",
        made.out
    );
    let checked = serlab(&folder).args(["check", "mine.toml"]).run();
    assert_eq!(
        (checked.code, checked.out.trim()),
        (0, "mine.toml: 1 variant, 15 runs, no mistakes"),
        "{}",
        checked.all()
    );
    let run = serlab(&folder).args(["run", "mine.toml", "--only", "*-f0"]).args(QUICK).run();
    assert_eq!(run.code, 0, "{}", run.all());
    assert_eq!(folder.seals().len(), 1);

    let again = serlab(&folder).args(["init", "mine.toml", "--corpus", "my clips"]).run();
    assert!(again.code == 2 && again.err.contains("mine.toml exists; name another file"), "{}", again.all());
    let nothing = serlab(&folder).args(["init", "other.toml", "--corpus", "elsewhere"]).run();
    assert!(nothing.code == 3 && nothing.err.contains("elsewhere: there is nothing"), "{}", nothing.all());
    assert!(!folder.path().join("other.toml").exists());
}

/// A network that is far too eager, and one that cannot learn.
fn hinted(train: &str) -> String {
    let one = SMALL.replace("seeds = [0, 1]", "seeds = [0]").split("[variants.2d]").next().unwrap().to_owned();
    one.replace("epochs = 2\n", train)
}

#[test]
fn what_curves_suggest_is_one_line_a_variant_and_nothing_where_it_is_to_be_quiet() {
    let folder = Folder::new();
    let stuck = "epochs = 5\nearly_stopping = \"none\"\noptimizer.sgd.learning_rate = 1e-9\nmeasure_training = true\n";
    folder.write("stuck.toml", &hinted(stuck));
    let told = serlab(&folder).args(["run", "stuck.toml"]).run();
    assert_eq!(told.code, 0, "{}", told.all());
    let hints: Vec<&str> = told.err.lines().filter(|line| line.starts_with("hint: ")).collect();
    assert!(
        matches!(hints[..], [line] if line.starts_with("hint: 1d: never left chance (UAR of validation rows")),
        "{}",
        told.err
    );
    let epochs = std::fs::read_to_string(folder.runs()[0].join("epochs.csv")).unwrap();
    let header = epochs.lines().next().unwrap();
    assert!(header.ends_with("validation_macro_f1,unaugmented_loss,unaugmented_accuracy,unaugmented_uar,unaugmented_weighted_f1,unaugmented_macro_f1"));
    assert!(epochs.lines().all(|line| line.split(',').count() == header.split(',').count()), "{epochs}");
    let curves = std::fs::read_to_string(folder.runs()[0].join("plots/curves.svg")).unwrap();
    assert!(curves.contains("unaugmented"));

    let quiet = serlab(&folder).args(["run", "stuck.toml", "--quiet", "--runs", "quiet"]).run();
    let warned: Vec<&str> = quiet.err.lines().collect();
    assert!(quiet.code == 0 && matches!(warned[..], [line] if line.contains("clips are cropped")), "{}", quiet.all());
    assert_eq!(quiet.out.replace("quiet", "runs").replace(" --runs runs", ""), told.out);
}
