//! Byte-identical clips (CREMA-D has three such pairs, RAVDESS one) must not end up on two sides of a random draw.

use super::groups::alike;

/// Brings clips of equal content into one group, each in exchange for another clip of the same stratum, so that all
/// group sizes and label counts stay what they are.
///
/// `group`, `clips` and `strata` run in parallel: the group, the clip index and the stratum of each member. The first
/// clip of a set of twins stays, the others come to it; a twin for which nothing can be exchanged stays too, and the
/// audit will say so.
pub(super) fn reunite(group: &mut [usize], clips: &[usize], strata: &[usize], sounds: Option<&[[u8; 32]]>) {
    let Some(sounds) = sounds else { return };
    // In order of the corpus, not of the hashes: the outcome should not hang on the hash function.
    let sets = alike(clips.iter().map(|&clip| sounds[clip]));
    let mut fixed = vec![false; clips.len()];
    sets.iter().flatten().for_each(|&m| fixed[m] = true);
    for set in sets {
        let home = group[set[0]];
        for &member in &set[1..] {
            if group[member] == home {
                continue;
            }
            let fits = |&other: &usize| !fixed[other] && group[other] == home && strata[other] == strata[member];
            // The next one in the corpus, around its end.
            if let Some(other) = (member..clips.len()).chain(0..member).find(fits) {
                group.swap(member, other);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twins_come_together_and_sizes_stay() {
        let content = |n: u8| [n; 32];
        let sounds: Vec<[u8; 32]> = [1, 2, 3, 1, 5, 6].map(content).to_vec();
        let strata = [0, 0, 0, 1, 1, 1];
        let mut group = vec![0, 0, 1, 1, 0, 1];
        reunite(&mut group, &[0, 1, 2, 3, 4, 5], &strata, Some(&sounds));
        assert_eq!(group, [0, 0, 1, 0, 1, 1]);
    }

    #[test]
    fn a_twin_that_nothing_can_be_exchanged_for_stays() {
        let mut group = vec![0, 1];
        reunite(&mut group, &[0, 1], &[0, 1], Some(&[[7; 32], [7; 32]]));
        assert_eq!(group, [0, 1]);
    }
}
