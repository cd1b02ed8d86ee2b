//! The variance of a figure, or of a difference, over speakers and trained networks that are both drawn anew.
//!
//! A cell is what one speaker brought under one network; its value is taken as
//!
//! ```text
//! value = figure + speaker + network + rest,    with variances s², m², e²
//! ```
//!
//! and the figure is the mean of the cells, each with its weight w. With W the weights of a network, V those of a speaker,
//! its variance is `m² Σ W² + s² Σ V² + e² Σ w²`: readers and cases in radiology have the same design (Dorfman, Berbaum & Metz
//! 1992; Obuchowski & Rockette 1995; Gallas 2006), and the sizes of the three variances are found from mean squares in the
//! same way. `docs/statistics.md` tells the method for readers, `tests/statistics` holds it against a million simulated tests.
//!
//! - [`crossed`]: every network was tested on the same clips. Analysis of variance.
//! - [`linked`]: networks were tested on other speakers, as folds and rotating test sets are. What differs between networks
//!   holds their speakers' luck, too; what two networks have in common by testing the same speaker is added.
//! - [`given`]: the networks are those that they are, only speakers are drawn.
//!
//! Degrees of freedom are Satterthwaite's (1946, "An approximate distribution of estimates of variance components",
//! Biometrics Bulletin 2, 110-114), with small changes that keep the level with three to five networks: see the functions.

use super::cells::Cells;

/// An estimated variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Variance {
    /// The variance of the figure.
    pub(super) value: f64,
    /// Degrees of freedom that it is known with; infinitely many where it is 0.
    pub(super) degrees: f64,
    /// Variance of a single speaker, a single network, and of the rest of a single cell (what one speaker is to one network).
    pub(super) parts: Parts,
    /// How much of `value` stays, however many seeds are added: the luck of the speakers.
    pub(super) of_speakers: f64,
    /// How much of it stays, however many speakers are added: the luck of the networks.
    pub(super) of_networks: f64,
    /// Degrees of freedom of either luck.
    pub(super) network_degrees: f64,
    /// See `network_degrees`.
    pub(super) speaker_degrees: f64,
}

/// Variances of a cell's value by source.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Parts {
    pub(super) speaker: f64,
    pub(super) network: f64,
    pub(super) cell: f64,
    /// What the finite number of a speaker's clips makes a cell vary; found from single clips, so that it may exceed `cell`.
    pub(super) clips: f64,
}

fn squares<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    values.into_iter().map(|v| v * v).sum()
}

/// How many equal weights know a variance as well, less one: `(Σ w²)² / Σ w⁴ - 1`.
fn degrees(weights: &[f64]) -> f64 {
    squares(weights).powi(2) / weights.iter().map(|w| w.powi(4)).sum::<f64>() - 1.0
}

/// What a sum of squares of weighted distances from a weighted mean must be multiplied with to be, on average, the variance of
/// the mean: S / (S - 1) for equal weights. 0 for one, of which no variance can be told.
fn correction(weights: &[f64]) -> f64 {
    let all = squares(weights);
    let within: f64 = weights.iter().map(|w| w * w * (1.0 - 2.0 * w + all)).sum();
    if within > NOTHING { all / within } else { 0.0 }
}

/// Satterthwaite's degrees of freedom: of a sum of independent variances, `shares` being the square of each over its degrees. A sum is
/// known no worse than the worse known of its parts (`least`); the shares may say so where a part is a small difference of large
/// ones.
pub(super) fn satterthwaite(value: f64, shares: f64, least: f64) -> f64 {
    if value > 0.0 && shares > 0.0 { (value * value / shares).max(least) } else { f64::INFINITY }
}

/// Variances up to this are what rounding leaves of none.
const NOTHING: f64 = 1e-24;

/// The variance, or 0 where it is no more than what rounding leaves of mean squares of this size.
fn beyond_rounding(value: f64, size: f64) -> f64 {
    if value > NOTHING && value > 1e-12 * size { value } else { 0.0 }
}

fn mean_noise(cells: &Cells) -> f64 {
    let squared = || cells.cells.iter().map(|c| c.weight * c.weight);
    cells.cells.iter().zip(squared()).map(|(c, w)| w * c.noise).sum::<f64>() / squared().sum::<f64>()
}

/// The variance where only other speakers are asked, and the networks are those that they are.
pub(super) fn given(cells: &Cells) -> Variance {
    let weights = cells.unit_weights();
    let value = beyond_rounding(correction(&weights) * squares(&cells.unit_pulls()), 0.0);
    let degrees = degrees(&weights);
    let all = value / squares(&weights);
    let clips = mean_noise(cells);
    let cell = clips.min(all);
    Variance {
        value,
        degrees: if value > 0.0 { degrees } else { f64::INFINITY },
        parts: Parts { speaker: all - cell, network: 0.0, cell, clips },
        of_speakers: value,
        of_networks: 0.0,
        network_degrees: f64::INFINITY,
        speaker_degrees: degrees,
    }
}

/// The variance of a figure (one side), or of the difference of two recipes (two sides, and `difference` of them by units),
/// whose networks were all tested on the same clips.
///
/// With VR the variance of the networks' figures over their number, summed over the sides, VS that of the speakers' values,
/// VI that of what is left in the cells (an interaction), each as a share of the figure's variance: `VR + max(VS - VI, 0)`, for
/// VR holds VI already. Degrees of freedom are Satterthwaite's; each side has a luck of its own (Welch 1947), and the square of the
/// second part is `max(VS - VI, 0) VS`, since VI is an estimate as well.
///
/// # Panics
/// Where a unit and a network have no cell in common, or a side has one network.
pub(super) fn crossed(sides: &[&Cells], difference: &Cells) -> Variance {
    let weights = difference.unit_weights();
    let correct = correction(&weights);
    let (mut runs, mut rest, mut welch, mut clips, mut pooled, mut networks) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    let mut fewest = f64::INFINITY;
    for side in sides {
        let count = side.networks;
        assert!(count > 1 && side.cells.len() == count * side.units, "every network has tested every unit");
        let own = 1.0 / count as f64;
        let mut means = vec![0.0; count];
        let mut rows = vec![0.0; side.units];
        for c in &side.cells {
            means[c.network] += weights[c.unit] * c.value;
            rows[c.unit] += c.value * own;
        }
        let degrees = (count - 1) as f64;
        let of_runs = squares(&means) * own / degrees;
        let residue = |c: &super::cells::Cell| weights[c.unit] * (c.value - rows[c.unit] - means[c.network]);
        let residues: Vec<f64> = side.cells.iter().map(residue).collect();
        rest += correct * squares(&residues) * own / degrees;
        clips += mean_noise(side);
        runs += of_runs;
        welch += of_runs * of_runs / degrees;
        pooled += degrees;
        fewest = degrees.min(fewest);
        networks += own;
    }
    // Equal numbers of networks a side, or nearly so: their mean stands for both.
    let per_network = networks / sides.len() as f64;
    let speakers = correct * squares(&difference.unit_pulls());
    let speaker_degrees = degrees(&weights);
    let shared = beyond_rounding(speakers - rest, speakers);
    let value = beyond_rounding(runs + shared, speakers + rest);
    // A single unit has no degree of freedom, and nothing shared.
    let (of_shared, least) =
        if shared > 0.0 { (shared * speakers / speaker_degrees, speaker_degrees) } else { (0.0, f64::INFINITY) };
    let squared = squares(&weights);
    let cell = rest / (squared * per_network);
    Variance {
        value,
        degrees: satterthwaite(value, welch + of_shared, fewest.min(least)),
        parts: Parts { speaker: shared / squared, network: (runs - rest).max(0.0) / per_network, cell, clips },
        of_speakers: shared,
        of_networks: (runs - rest).max(0.0),
        network_degrees: pooled,
        speaker_degrees,
    }
}

/// The variance of a figure, or of a difference between pairs of networks, where networks were tested on other speakers.
///
/// With U the pulls of the networks, of the speakers and of the cells, the sums of their squares are what the three variances
/// make them on average; that gives three equations (Henderson's first method, 1953; Gallas 2006), without the assumption
/// that every speaker is under every network. The figure's variance is then that which shows between networks, and of the
/// speakers' what does not show there, since networks share them. With one fold a speaker nothing is shared, and what is left
/// is Student's t of the folds. Degrees of freedom are Satterthwaite's, with half a degree less for the networks where speakers
/// are shared: with three of them the first part may come out small by luck, and the sum would claim the speakers' degrees.
///
/// # Panics
/// With fewer than two networks.
pub(super) fn linked(cells: &Cells) -> Variance {
    let (networks, units) = (cells.networks, cells.units);
    assert!(networks > 1, "a variance of one network");
    let mut table = vec![vec![0.0; units]; networks];
    let (mut of_network, mut pulls) = (vec![0.0; networks], vec![0.0; networks]);
    for c in &cells.cells {
        table[c.network][c.unit] += c.weight;
        of_network[c.network] += c.weight;
        pulls[c.network] += c.weight * c.value;
    }
    let of_unit = cells.unit_weights();
    let each: Vec<f64> = cells.cells.iter().map(|c| c.weight).collect();
    // What the variance of the figure takes of each source, and the sums of squares.
    let takes = [squares(&of_network), squares(&of_unit), squares(&each)];
    let squared_pulls: f64 = cells.cells.iter().map(|c| (c.weight * c.value).powi(2)).sum();
    let sums = [squares(&pulls), squares(&cells.unit_pulls()), squared_pulls];
    let within = |weights: &[f64], all: f64| -> f64 { weights.iter().map(|w| w * w * (1.0 - 2.0 * w + all)).sum() };
    let across: f64 = (0..networks)
        .map(|m| (0..units).map(|s| (table[m][s] - of_network[m] * of_unit[s]).powi(2)).sum::<f64>())
        .sum();
    let cells_of = |weights: &[f64], own: &dyn Fn(usize) -> f64| -> f64 {
        weights.iter().enumerate().map(|(i, w)| own(i) * (1.0 - 2.0 * w) + w * w * takes[2]).sum()
    };
    let by_cell = |own: &dyn Fn(&super::cells::Cell) -> f64, all: f64| -> f64 {
        cells.cells.iter().map(|c| c.weight * c.weight * (1.0 - 2.0 * own(c) + all)).sum()
    };
    let shows = [
        [within(&of_network, takes[0]), across, cells_of(&of_network, &|m| squares(&table[m]))],
        [across, within(&of_unit, takes[1]), cells_of(&of_unit, &|s| table.iter().map(|t| t[s] * t[s]).sum())],
        [
            by_cell(&|c| of_network[c.network], takes[0]),
            by_cell(&|c| of_unit[c.unit], takes[1]),
            by_cell(&|c| c.weight, takes[2]),
        ],
    ];
    let (nested, alone) = (cells.cells.len() == units, cells.cells.len() == networks);
    // A speaker under one network only is part of the cell; so is a network with one speaker.
    let [network, speaker, cell] = match (alone, nested) {
        (true, true) => [0.0, 0.0, sums[2] / shows[2][2]],
        (false, true) => {
            let [network, cell] = pair([[shows[0][0], shows[0][2]], [shows[2][0], shows[2][2]]], [sums[0], sums[2]]);
            [network, 0.0, cell]
        }
        (true, false) => {
            let [speaker, cell] = pair([[shows[1][1], shows[1][2]], [shows[2][1], shows[2][2]]], [sums[1], sums[2]]);
            [0.0, speaker, cell]
        }
        (false, false) => three(shows, sums),
    }
    .map(|variance| if variance.is_finite() { variance.max(0.0) } else { 0.0 });
    let scale = takes[0] / shows[0][0];
    let between = scale * sums[0];
    let hidden = (takes[1] - scale * shows[0][1]).max(0.0);
    let missed = (takes[2] - scale * shows[0][2]).max(0.0) * cell;
    let value = beyond_rounding(between + hidden * speaker + missed, sums.iter().sum());
    let network_degrees = degrees(&of_network);
    let speaker_degrees = degrees(&of_unit);
    let (known, shared) = if hidden * speaker > 0.0 {
        let all = takes[1] / shows[1][1] * sums[1];
        // Networks of very unequal weight may have less than half a degree.
        ((network_degrees - 0.5).max(0.5 * network_degrees), (hidden / takes[1] * all).powi(2) / speaker_degrees)
    } else {
        (network_degrees, 0.0)
    };
    let clips = mean_noise(cells);
    let least = if shared > 0.0 { known.min(speaker_degrees) } else { known };
    Variance {
        value,
        degrees: satterthwaite(value, (between + missed).powi(2) / known + shared, least),
        parts: Parts { speaker, network, cell, clips },
        of_speakers: if nested { takes[2] * cell } else { takes[1] * speaker }.min(value),
        of_networks: (takes[0] * network).min(value),
        network_degrees,
        speaker_degrees,
    }
}

/// Solves two linear equations; not finite where they are one.
fn pair(m: [[f64; 2]; 2], q: [f64; 2]) -> [f64; 2] {
    let whole = m[0][0] * m[1][1] - m[0][1] * m[1][0];
    [(q[0] * m[1][1] - m[0][1] * q[1]) / whole, (m[0][0] * q[1] - q[0] * m[1][0]) / whole]
}

/// Solves three linear equations by Cramer's rule.
fn three(m: [[f64; 3]; 3], q: [f64; 3]) -> [f64; 3] {
    let minor = |m: &[[f64; 3]; 3], a: usize, b: usize| m[1][a] * m[2][b] - m[1][b] * m[2][a];
    let determinant =
        |m: &[[f64; 3]; 3]| m[0][0] * minor(m, 1, 2) - m[0][1] * minor(m, 0, 2) + m[0][2] * minor(m, 0, 1);
    let whole = determinant(&m);
    std::array::from_fn(|column| {
        let mut with = m;
        with.iter_mut().zip(q).for_each(|(row, q)| row[column] = q);
        determinant(&with) / whole
    })
}
