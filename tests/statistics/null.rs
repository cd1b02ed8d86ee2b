//! The null on real training: one recipe, trained hundreds of times on one split, is held against itself.

use serlab::evaluate::{Metric, Network, Prediction, Question, SIGNIFICANT, compare, estimate};
use serlab::record;
use std::path::Path;

/// Networks a side.
const SIZES: [usize; 4] = [2, 3, 5, 10];

/// Reads the runs of the experiment that `SERLAB_NULL_RUNS` names (a folder such as `runs/null-ravdess`), makes disjoint pairs of
/// groups of networks, and prints how many are called different, asked of recipes and asked of networks.
#[test]
#[ignore = "reads hundreds of trained runs; `just null`"]
#[expect(clippy::disallowed_methods, reason = "where the runs lie is no setting of an experiment")]
fn one_recipe_held_against_itself() {
    let folder = std::env::var("SERLAB_NULL_RUNS").expect("SERLAB_NULL_RUNS names a folder of runs");
    let runs = record::find(Path::new("."), &folder).expect("the folder holds runs");
    let mut lists: Vec<(u64, Vec<Prediction>)> = Vec::new();
    let mut classes = 0;
    for run in runs.iter().filter(|run| run.has_result()) {
        let (labels, answers) = run.predictions().expect("a sealed run has predictions");
        classes = labels.len();
        lists.push((run.name.seed, answers));
    }
    lists.sort_by_key(|(seed, _)| *seed);
    let networks: Vec<Network<'_>> =
        lists.iter().map(|(seed, answers)| Network { seed: *seed, fold: None, answers }).collect();
    println!("{} networks of one recipe on one split\n", networks.len());
    for metric in [Metric::Accuracy, Metric::Uar] {
        let found = estimate(classes, metric, &networks, Question::Recipes).expect("there are answers");
        let c = found.components;
        println!(
            "{metric}: {:.1} %; deviation of networks on all clips {:.2} points, of speakers {:.2}, of both beyond that {:.2}",
            100.0 * found.estimate.value,
            100.0 * c.network,
            100.0 * c.speaker,
            100.0 * c.speaker_by_network
        );
    }
    println!("\n| networks a side | pairs | recipes: accuracy | recipes: UAR | networks: accuracy | networks: UAR |");
    println!("|---:|---:|---:|---:|---:|---:|");
    for size in SIZES {
        let pairs: Vec<&[Network<'_>]> = networks.chunks_exact(2 * size).collect();
        let called = |metric: Metric, question: Question| {
            let different = |both: &&&[Network<'_>]| {
                let (a, b) = both.split_at(size);
                compare(classes, metric, a, b, question).expect("they tested the same clips").p < SIGNIFICANT
            };
            pairs.iter().filter(different).count()
        };
        let [a, b, c, d] = [Question::Recipes, Question::Networks]
            .map(|q| [called(Metric::Accuracy, q), called(Metric::Uar, q)])
            .concat()
            .try_into()
            .expect("four counts");
        println!("| {size} | {} | {a} | {b} | {c} | {d} |", pairs.len());
    }
}
