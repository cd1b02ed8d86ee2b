//! Random draws of clips that keep the label proportions, with sizes that are exact.

use super::SplitError;
use crate::kind::Problem;
use crate::seed::Stream;

/// `ceil(fraction * n)`, in double precision exactly as scikit-learn's `train_test_split` computes its test size, so that
/// published sizes come out to the clip. (It also inherits that 0.07 of 100 is 8: the product is 7.000000000000001.)
pub(super) fn share(fraction: f64, n: usize) -> usize {
    (fraction * n as f64).ceil() as usize
}

/// Both shares together must leave something to train on.
pub(super) fn check_shares(test: f64, validation: f64) -> Vec<Problem> {
    if test + validation < 1.0 {
        return Vec::new();
    }
    let message =
        format!("test {test} and validation {validation} together leave nothing to train on; allowed: below 1");
    vec![Problem::new("validation", message)]
}

/// The sizes of test and validation, checked against `n`.
pub(super) fn sizes(test: f64, validation: f64, n: usize) -> Result<[usize; 2], SplitError> {
    let sizes = [share(test, n), share(validation, n)];
    if sizes[0] + sizes[1] < n {
        return Ok(sizes);
    }
    let purpose = format!("{} to test and {} to validate with one left to train on", sizes[0], sizes[1]);
    Err(SplitError::TooFewClips { have: n, purpose })
}

/// How many of each class make up a draw of `size`: proportional to `counts`, the total exact (largest remainders).
/// Equal remainders are settled by the stream; a class is emptied only where nothing else is left to take.
pub(super) fn allocate(counts: &[usize], size: usize, stream: &mut Stream) -> Vec<usize> {
    let total: usize = counts.iter().sum();
    assert!(size <= total, "cannot draw {size} of {total}");
    if total == 0 {
        return vec![0; counts.len()];
    }
    let mut taken: Vec<usize> = counts.iter().map(|c| c * size / total).collect();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    stream.shuffle(&mut order);
    order.sort_by_key(|&c| (taken[c] + 1 >= counts[c], std::cmp::Reverse(counts[c] * size % total)));
    let missing = size - taken.iter().sum::<usize>();
    order.retain(|&c| taken[c] < counts[c]);
    order.into_iter().take(missing).for_each(|c| taken[c] += 1);
    taken
}

/// Draws groups of the given sizes one after another, each in the proportions of `labels`: returns the group of each
/// member, 1 for the first size, 2 for the second, ..., 0 for what is left. Equal labels everywhere: no stratification.
pub(super) fn draw(labels: &[usize], sizes: &[usize], stream: &mut Stream) -> Vec<usize> {
    let mut members = by_label(labels, stream);
    let mut group = vec![0; labels.len()];
    for (number, &size) in sizes.iter().enumerate() {
        let counts: Vec<usize> = members.iter().map(Vec::len).collect();
        for (class, take) in allocate(&counts, size, stream).into_iter().enumerate() {
            let kept = members[class].len() - take;
            members[class].drain(kept..).for_each(|m| group[m] = number + 1);
        }
    }
    group
}

/// Deals all members into `groups` piles like cards, label after label: pile sizes and the counts of each label differ by
/// one at most (the scheme of scikit-learn's `StratifiedKFold`).
pub(super) fn deal(labels: &[usize], groups: usize, stream: &mut Stream) -> Vec<usize> {
    let mut group = vec![0; labels.len()];
    let cards = by_label(labels, stream).into_iter().flatten();
    cards.enumerate().for_each(|(turn, member)| group[member] = turn % groups);
    group
}

/// The members of each label, shuffled.
fn by_label(labels: &[usize], stream: &mut Stream) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); labels.iter().max().map_or(0, |m| m + 1)];
    labels.iter().enumerate().for_each(|(i, &l)| members[l].push(i));
    members.iter_mut().for_each(|m| stream.shuffle(m));
    members
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seeds;
    use proptest::prelude::*;

    fn stream() -> Stream {
        Seeds::new(1).stream("split", &[])
    }

    #[test]
    fn shares_are_scikit_learns() {
        assert_eq!([share(0.3, 7442), share(0.035, 7442)], [2233, 261]);
        assert_eq!([share(0.3, 14884), share(0.035, 14884)], [4466, 521]);
        assert_eq!([share(0.2, 10), share(0.25, 10), share(0.0, 10), share(0.07, 100)], [2, 3, 0, 8]);
    }

    #[test]
    fn largest_remainders_get_what_the_floors_leave() {
        // Quotas of 5 out of 10: 2.5, 1.5, 1.0 -> floors 2, 1, 1 and one more for one of the first two.
        let taken = allocate(&[5, 3, 2], 5, &mut stream());
        assert!(taken == [3, 1, 1] || taken == [2, 2, 1], "{taken:?}");
        // Quotas of 7 out of 20: 3.5, 2.8, 0.7 -> floors 3, 2, 0; the class of two is not emptied by its one.
        assert_eq!(allocate(&[10, 8, 2], 7, &mut stream()), [3, 3, 1]);
        // Quotas of 5 out of 10: 4.5 and 0.5: the only clip of a class stays where it can be learned from.
        assert_eq!(allocate(&[9, 1], 5, &mut stream()), [5, 0]);
    }

    proptest! {
        #[test]
        fn allocations_are_exact_and_within_one_of_the_quota(
            counts in prop::collection::vec(0usize..200, 1..9), fraction in 0.0f64..=1.0, seed in 0u64..100,
        ) {
            let total: usize = counts.iter().sum();
            let size = (fraction * total as f64).floor() as usize;
            let taken = allocate(&counts, size, &mut Seeds::new(seed).stream("split", &[]));
            prop_assert_eq!(taken.iter().sum::<usize>(), size);
            for (t, c) in taken.iter().zip(&counts) {
                prop_assert!(t <= c);
                prop_assert!(total == 0 || (*t as f64 - (*c * size) as f64 / total as f64).abs() <= 1.0);
            }
        }

        #[test]
        fn dealt_piles_differ_by_one_at_most(labels in prop::collection::vec(0usize..4, 8..120), groups in 2usize..8) {
            let group = deal(&labels, groups, &mut stream());
            for label in 0..5 {
                let members = |g| group.iter().zip(&labels).filter(|(h, l)| **h == g && (label == 4 || **l == label)).count();
                let piles: Vec<usize> = (0..groups).map(members).collect();
                prop_assert!(piles.iter().max().unwrap() - piles.iter().min().unwrap() <= 1, "{:?}", piles);
            }
        }
    }
}
