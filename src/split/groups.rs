//! Clips that have something in common, found once for a corpus of any size.

use std::cmp::Ordering;

/// A text of each clip that others may have, too (its id, speaker or sentence), as a number in the order of the texts.
#[derive(Debug)]
pub(super) struct Groups<'a> {
    /// The texts, each once, in order.
    pub(super) names: Vec<&'a str>,
    /// For each clip the number of its text; none where nothing is known.
    pub(super) of_clip: Vec<Option<usize>>,
}

impl<'a> Groups<'a> {
    /// The groups of clips with these texts.
    pub(super) fn of(texts: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        // Neighbours often share their text: it is then looked at once.
        let mut names: Vec<&str> = Vec::new();
        let mut number = |text: &'a str| {
            if names.last() != Some(&text) {
                names.push(text);
            }
            names.len() - 1
        };
        let mut of_clip: Vec<Option<usize>> = texts.into_iter().map(|text| text.map(&mut number)).collect();
        if !names.is_sorted_by(|a, b| a < b) {
            let mut ordered = names.clone();
            ordered.sort_unstable();
            ordered.dedup();
            let place = |name: &&str| ordered.binary_search(name).expect("every name was collected");
            let places: Vec<usize> = names.iter().map(place).collect();
            of_clip.iter_mut().flatten().for_each(|number| *number = places[*number]);
            names = ordered;
        }
        Self { names, of_clip }
    }
}

/// The sets of members that sound the same: two or more each, in order, the sets in order of their first.
pub(super) fn alike(sounds: impl IntoIterator<Item = [u8; 32]>) -> Vec<Vec<usize>> {
    // Most sounds differ in their first eight bytes: a million are sorted by those in a fraction of a second.
    let head = |sound: &[u8; 32]| u64::from_be_bytes(sound[..8].try_into().expect("a hash has 32 bytes"));
    let sounds: Vec<[u8; 32]> = sounds.into_iter().collect();
    let mut heads: Vec<(u64, usize)> = sounds.iter().enumerate().map(|(member, sound)| (head(sound), member)).collect();
    heads.sort_unstable();
    let mut sets = Vec::new();
    for near in heads.chunk_by(|a, b| a.0 == b.0).filter(|near| near.len() > 1) {
        let mut members: Vec<usize> = near.iter().map(|(_, member)| *member).collect();
        let by_sound = |a: &usize, b: &usize| -> Ordering { sounds[*a].cmp(&sounds[*b]).then(a.cmp(b)) };
        members.sort_unstable_by(by_sound);
        let same = members.chunk_by(|a, b| sounds[*a] == sounds[*b]).filter(|same| same.len() > 1);
        sets.extend(same.map(<[usize]>::to_vec));
    }
    sets.sort_unstable();
    sets
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn sounds_that_begin_alike_are_told_apart() {
        let sound = |first: u8, last: u8| {
            let mut sound = [first; 32];
            sound[31] = last;
            sound
        };
        let sounds = [sound(7, 0), sound(1, 2), sound(1, 3), sound(7, 0), sound(1, 2), sound(9, 9), sound(1, 3)];
        assert_eq!(alike(sounds), [vec![0, 3], vec![1, 4], vec![2, 6]]);
        assert_eq!(alike([]), Vec::<Vec<usize>>::new());
    }

    proptest! {
        #[test]
        fn groups_are_numbered_in_the_order_of_their_names(texts in prop::collection::vec(prop::option::of("[a-c]{0,2}"), 0..40)) {
            let groups = Groups::of(texts.iter().map(Option::as_deref));
            let names: BTreeSet<&str> = texts.iter().flatten().map(String::as_str).collect();
            prop_assert!(groups.names.iter().eq(&names));
            let back: Vec<Option<&str>> = groups.of_clip.iter().map(|n| n.map(|n| groups.names[n])).collect();
            prop_assert!(back.into_iter().eq(texts.iter().map(Option::as_deref)));
        }

        #[test]
        fn sets_are_those_of_a_map(bytes in prop::collection::vec(0u8..9, 0..60)) {
            let mut same: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
            bytes.iter().enumerate().for_each(|(i, b)| same.entry(*b).or_default().push(i));
            let mut sets: Vec<Vec<usize>> = same.into_values().filter(|set| set.len() > 1).collect();
            sets.sort_unstable();
            prop_assert_eq!(alike(bytes.iter().map(|b| [*b; 32])), sets);
        }
    }
}
