//! Through the real binary: what a design can show is said before and after, and seeds are added until a difference is settled.

mod common;

use common::{Folder, SMALL, serlab};

fn with_seeds(seeds: &str) -> String {
    let line = SMALL.lines().find(|line| line.starts_with("seeds")).expect("the spec names seeds");
    SMALL.replace(line, &format!("seeds = {seeds}"))
}

#[test]
fn a_plan_says_what_its_design_can_show() {
    let folder = Folder::new();
    let plan = |text: &str| {
        let spec = folder.write("small.toml", text);
        let planned = serlab(&folder).arg("plan").arg(spec).run();
        assert_eq!(planned.code, 0, "{}", planned.all());
        planned.out
    };
    let one = plan(&with_seeds("[0]"));
    assert!(one.contains("1 network (1 seed), tested on"), "{one}");
    assert!(one.contains("and nothing of the recipe; k-fold or more seeds would"), "{one}");
    assert!(plan(&with_seeds("[0, 1]")).contains("2 networks a side (fewer than 3)"));
    let own = format!("{SMALL}\n[variants.again]\nlike = \"2d\"\nseeds = [7, 8, 9]\n");
    let own = plan(&own);
    assert!(own.contains("again-s7-") && own.contains("again-s9-") && !own.contains("again-s0-"), "{own}");
}

#[test]
fn one_seed_is_compared_as_these_networks_and_the_notes_say_so() {
    let folder = Folder::new();
    let spec = folder.write("small.toml", &with_seeds("[0]"));
    let run = serlab(&folder).arg("run").arg(&spec).run();
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(run.out.contains("these very networks, on other speakers"), "{}", run.out);
    assert!(run.out.contains("says nothing of what training again would give"), "{}", run.out);
    let why = serlab(&folder).args(["compare", "small", "--why"]).run();
    assert!(why.code == 0 && why.out.contains("What makes them vary"), "{}", why.all());
}

#[test]
fn seeds_are_added_until_the_cap_and_the_looks_are_on_record() {
    let folder = Folder::new();
    let spec = folder.write("small.toml", &with_seeds("[5]"));
    let settle = || serlab(&folder).arg("run").arg(&spec).args(["--until-settled", "--most-seeds", "4"]).run();
    let first = settle();
    assert_eq!(first.code, 0, "{}", first.all());
    let record = std::fs::read_to_string(folder.path().join("runs/small/until-settled.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    let looks = record["until_settled"]["looks"].as_array().unwrap();
    assert_eq!(looks[0]["seeds"], 3, "one seed is no beginning: {record}");
    assert!(looks.iter().map(|l| l["level"].as_f64().unwrap()).sum::<f64>() <= 0.05 + 1e-12);
    assert!(first.out.contains("seeds were added until differences were settled"), "{}", first.out);
    let seals = folder.seals();
    let again = settle();
    assert_eq!((again.code, again.out), (0, first.out), "the same looks, nothing trained again");
    assert_eq!(folder.seals(), seals);
    let refused = serlab(&folder).arg("run").arg(&spec).args(["--until-settled", "--only", "2d*"]).run();
    assert_eq!(refused.code, 2, "{}", refused.all());
}

#[test]
fn one_variant_alone_has_nothing_to_settle_and_that_is_said_before_anything_is_trained() {
    let folder = Folder::new();
    let alone = "[corpus.synth]\n[model.mlp]\n";
    let spec = folder.write("alone.toml", &format!("features = [{{ zcr = {{}} }}]\n{alone}"));
    let refused = serlab(&folder).arg("run").arg(&spec).args(["--until-settled", "--most-seeds", "4"]).run();
    assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{}", refused.all());
    assert!(refused.err.contains("there is no difference to settle: `base` is the only variant"), "{}", refused.err);
    assert!(!refused.err.contains("seeds were added"), "{}", refused.err);
}

#[test]
fn what_looks_have_settled_is_not_said_of_other_settings() {
    let folder = Folder::new();
    let spec = folder.write("small.toml", &with_seeds("[0, 1, 2]"));
    let settle = || serlab(&folder).arg("run").arg(&spec).args(["--until-settled", "--most-seeds", "3"]).run();
    assert_eq!(settle().code, 0);
    folder.write("small.toml", &with_seeds("[0, 1, 2]").replace("epochs = 2", "epochs = 1"));
    let refused = settle();
    assert_eq!(refused.code, 2, "{}", refused.all());
    assert!(refused.err.contains("its looks were at other settings"), "{}", refused.err);
    assert!(refused.err.contains("or with another version of the code"), "{}", refused.err);
    let plain = serlab(&folder).arg("run").arg(&spec).run();
    assert!(plain.code == 0 && !plain.out.contains("seeds were added"), "{}", plain.all());
}
