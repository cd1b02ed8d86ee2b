//! The confusion matrix and the figures that follow from it.

use serde::{Deserialize, Serialize};

/// Counts of clips by right and answered class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    /// Row by row: `truth * classes + predicted`.
    cells: Vec<u64>,
}

/// Figures of one class. All shares are in [0, 1]; 0 where nothing is there to divide by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassFigures {
    /// The class.
    pub label: String,
    /// Clips of this class.
    pub support: u64,
    /// Share of the answers "this class" that were right.
    pub precision: f64,
    /// Share of the clips of this class that were recognised.
    pub recall: f64,
    /// Harmonic mean of both: `2 tp / (2 tp + fp + fn)`.
    pub f1: f64,
}

/// One kind of mistake.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Confused {
    /// The right class.
    pub truth: String,
    /// The class answered.
    pub predicted: String,
    /// How often.
    pub count: u64,
    /// Share of the clips of the right class.
    pub share: f64,
}

/// A share, 0 where there is nothing to divide by (scikit-learn's `zero_division` default).
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

impl Confusion {
    /// An empty matrix.
    pub fn new(classes: usize) -> Self {
        Self { classes, cells: vec![0; classes * classes] }
    }

    /// The matrix of these (truth, predicted) pairs.
    ///
    /// # Panics
    /// Where a class index is not below `classes`.
    pub fn of(classes: usize, pairs: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut confusion = Self::new(classes);
        pairs.into_iter().for_each(|(truth, predicted)| confusion.add(truth, predicted));
        confusion
    }

    /// Counts one clip.
    ///
    /// # Panics
    /// Where a class index is not below the number of classes.
    pub fn add(&mut self, truth: usize, predicted: usize) {
        let classes = self.classes;
        assert!(truth < classes && predicted < classes, "class {truth} or {predicted} of {classes} classes");
        self.cells[truth * classes + predicted] += 1;
    }

    /// Adds another matrix of as many classes: batches and folds can be counted apart.
    ///
    /// # Panics
    /// Where the number of classes differs.
    pub fn merge(&mut self, other: &Self) {
        assert_eq!(self.classes, other.classes, "both matrices have the same classes");
        self.cells.iter_mut().zip(&other.cells).for_each(|(a, b)| *a += b);
    }

    /// Clips of class `truth` answered as `predicted`.
    pub fn at(&self, truth: usize, predicted: usize) -> u64 {
        self.cells[truth * self.classes + predicted]
    }

    /// The counts as `[truth][predicted]`.
    pub fn rows(&self) -> Vec<Vec<u64>> {
        (0..self.classes).map(|t| (0..self.classes).map(|p| self.at(t, p)).collect()).collect()
    }

    /// Clips.
    pub fn n(&self) -> u64 {
        self.cells.iter().sum()
    }

    /// Clips answered right.
    pub fn right(&self) -> u64 {
        (0..self.classes).map(|c| self.at(c, c)).sum()
    }

    /// Clips of a class.
    pub fn support(&self, class: usize) -> u64 {
        (0..self.classes).map(|p| self.at(class, p)).sum()
    }

    /// How often a class was answered.
    pub fn answered(&self, class: usize) -> u64 {
        (0..self.classes).map(|t| self.at(t, class)).sum()
    }

    /// Share of answers "this class" that were right; 0 where it was never answered.
    pub fn precision(&self, class: usize) -> f64 {
        ratio(self.at(class, class), self.answered(class))
    }

    /// Share of the clips of a class that were recognised; 0 where there is none.
    pub fn recall(&self, class: usize) -> f64 {
        ratio(self.at(class, class), self.support(class))
    }

    /// `2 tp / (2 tp + fp + fn)`; 0 where the class occurs neither among truths nor among answers.
    pub fn f1(&self, class: usize) -> f64 {
        ratio(2 * self.at(class, class), self.support(class) + self.answered(class))
    }

    /// Share of clips answered right. NaN without clips.
    pub fn accuracy(&self) -> f64 {
        self.right() as f64 / self.n() as f64
    }

    /// Unweighted average recall (balanced accuracy): the mean recall of the classes that have clips; classes absent from
    /// the truth are left out of the mean. NaN without clips.
    pub fn uar(&self) -> f64 {
        mean((0..self.classes).filter(|&c| self.support(c) > 0).map(|c| self.recall(c)))
    }

    /// Mean F1, each class weighted by its clips (scikit-learn's `average="weighted"`). NaN without clips.
    pub fn weighted_f1(&self) -> f64 {
        (0..self.classes).map(|c| self.support(c) as f64 * self.f1(c)).sum::<f64>() / self.n() as f64
    }

    /// Plain mean F1 of the classes that occur among truths or answers (scikit-learn's `average="macro"`). NaN without
    /// clips.
    pub fn macro_f1(&self) -> f64 {
        mean((0..self.classes).filter(|&c| self.support(c) + self.answered(c) > 0).map(|c| self.f1(c)))
    }

    /// The figures of each class.
    ///
    /// # Panics
    /// Where there are fewer labels than classes.
    pub fn classes(&self, labels: &[String]) -> Vec<ClassFigures> {
        let figures = |c: usize| ClassFigures {
            label: labels[c].clone(),
            support: self.support(c),
            precision: self.precision(c),
            recall: self.recall(c),
            f1: self.f1(c),
        };
        (0..self.classes).map(figures).collect()
    }

    /// The largest off-diagonal cells that are not 0, `at_most` of them, largest first; equals in order of class.
    ///
    /// # Panics
    /// Where there are fewer labels than classes.
    pub fn most_confused(&self, labels: &[String], at_most: usize) -> Vec<Confused> {
        let cells = (0..self.cells.len()).map(|i| (i / self.classes, i % self.classes));
        let mut wrong: Vec<(usize, usize)> = cells.filter(|&(t, p)| t != p && self.at(t, p) > 0).collect();
        wrong.sort_by_key(|&(t, p)| (std::cmp::Reverse(self.at(t, p)), t, p));
        wrong.truncate(at_most);
        let told = |(t, p): (usize, usize)| Confused {
            truth: labels[t].clone(),
            predicted: labels[p].clone(),
            count: self.at(t, p),
            share: ratio(self.at(t, p), self.support(t)),
        };
        wrong.into_iter().map(told).collect()
    }
}

/// NaN of nothing.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0u32), |(sum, n), v| (sum + v, n + 1));
    sum / f64::from(n)
}
