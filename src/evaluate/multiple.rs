//! Tests that are read together: the more of them, the more are called by chance.

use super::Difference;

/// Corrects the p values of comparisons that are read together for their number (Holm 1979): the i-th smallest of m times m - i,
/// from i = 0, and never below a smaller one. `level` is what they are held against.
pub fn correct(differences: &mut [Difference], level: f64) {
    let tests = differences.len();
    let adjusted = holm(&differences.iter().map(|d| d.p).collect::<Vec<f64>>());
    for (d, p) in differences.iter_mut().zip(adjusted) {
        d.p_holm = p;
        d.at(level, tests);
    }
}

/// Holm's correction of p values.
///
/// Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 65-70.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let (mut adjusted, mut largest) = (vec![0.0; p.len()], 0.0f64);
    for (rank, &i) in order.iter().enumerate() {
        largest = largest.max((p[i] * (p.len() - rank) as f64).min(1.0));
        adjusted[i] = largest;
    }
    adjusted
}
