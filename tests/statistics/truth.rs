//! What recipes of a simulated world are worth, to the fourth digit.

use super::corpus::CLASSES;
use super::sample::{CLIP, EASE, Effects, Recipe, SPEAKER, World, logistic};
use serlab::evaluate::Metric;
use serlab::seed::Seeds;

/// Draws of tests that the true figure is the mean over.
const TESTS: u64 = 2_000;

impl World {
    /// The true figure of a recipe: that of other people, tested by other networks in the same way.
    pub fn truth(&self, metric: Metric, recipe: &Recipe) -> f64 {
        let recalls = EASE.map(|ease| self.recall(ease + recipe.better, recipe.luck));
        let stream = &mut Seeds::new(0).stream("truth", &[]);
        let draws = if self.corpora.len() > 1 { TESTS } else { 1 };
        let figure = |number: u64| {
            let corpus = &self.corpora[(number % self.corpora.len() as u64) as usize];
            let mut clips = [0.0; CLASSES];
            let tests = corpus.tests(recipe.split.unwrap_or(self.design.split), 1, stream);
            tests.iter().flat_map(|(.., rows)| rows).for_each(|&row| clips[corpus.rows[row].1.truth] += 1.0);
            let of_classes = recalls.iter().zip(clips).filter(|(_, n)| *n > 0.0);
            let weight = |n: f64| if metric == Metric::Uar { 1.0 } else { n };
            let (sum, all) = of_classes.fold((0.0, 0.0), |(sum, all), (r, n)| (sum + weight(n) * r, all + weight(n)));
            sum / all
        };
        (0..draws).map(figure).sum::<f64>() / draws as f64
    }

    /// The logits that are worth so much accuracy.
    pub fn worth(&self, accuracy: f64) -> f64 {
        let of = |better: f64| self.truth(Metric::Accuracy, &Recipe { better, ..Recipe::PLAIN });
        let (plain, mut low, mut high) = (of(0.0), 0.0, 4.0);
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            if of(middle) - plain < accuracy { low = middle } else { high = middle }
        }
        low
    }

    /// How many clips of such a class are right, over all draws: the mean of the logistic function of a normal number,
    /// by sums.
    fn recall(&self, ease: f64, luck: f64) -> f64 {
        const STEPS: i32 = 400;
        let Effects { recipe: d, network: h, luck: g } = self.effects;
        let sd = (SPEAKER.powi(2) + CLIP.powi(2) + d * d + h * h + (g * luck).powi(2)).sqrt();
        let at = |i: i32| 8.0 * f64::from(i) / f64::from(STEPS);
        let (sum, all) = (-STEPS..=STEPS).map(at).fold((0.0, 0.0), |(sum, all), z| {
            let density = (-0.5 * z * z).exp();
            (sum + density * logistic(ease + sd * z), all + density)
        });
        sum / all
    }
}
