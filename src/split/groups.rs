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

/// Clips that are kept together: those that share a value in any of some columns, directly or through others.
#[derive(Debug)]
pub(super) struct Joined<'a> {
    /// A name of each group, in order: the first of its values in the first column.
    pub(super) names: Vec<&'a str>,
    /// The group of each clip.
    pub(super) of_clip: Vec<usize>,
    /// All values of the first column, in order.
    pub(super) values: Vec<&'a str>,
    /// The group of each of these values.
    pub(super) of_value: Vec<usize>,
}

impl<'a> Joined<'a> {
    /// The groups by these columns, one or more, in each of which every clip has a value.
    pub(super) fn of(columns: Vec<Groups<'a>>) -> Self {
        let mut columns = columns.into_iter();
        let first = columns.next().expect("clips are grouped by at least one column");
        let mut sets = Sets((0..first.names.len()).collect());
        for other in columns {
            let offset = sets.0.len();
            sets.0.extend(offset..offset + other.names.len());
            let pairs = first.of_clip.iter().zip(&other.of_clip);
            pairs.for_each(|(a, b)| {
                if let (Some(a), Some(b)) = (a, b) {
                    sets.join(*a, offset + b)
                }
            });
        }
        let (mut names, mut of_value) = (Vec::new(), Vec::with_capacity(first.names.len()));
        for (value, name) in first.names.iter().enumerate() {
            // The root of a set is its smallest member, a value of the first column that has come by already.
            let root = sets.root(value);
            of_value.push(if root == value { names.len() } else { of_value[root] });
            names.extend((root == value).then_some(*name));
        }
        let of_clip = first.of_clip.iter().flatten().map(|&value| of_value[value]).collect();
        Self { names, of_clip, values: first.names, of_value }
    }
}

/// Sets of numbers that are joined two by two (union-find); each number knows a smaller one of its set, or is the root.
struct Sets(Vec<usize>);

impl Sets {
    fn root(&mut self, mut member: usize) -> usize {
        while self.0[member] != member {
            self.0[member] = self.0[self.0[member]];
            member = self.0[member];
        }
        member
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
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

    #[test]
    fn clips_connected_through_any_column_are_one_group() {
        let groups = |texts: [&'static str; 5]| Groups::of(texts.map(Some));
        let (speaker, room) = (groups(["d", "a", "b", "c", "a"]), groups(["1", "2", "3", "2", "4"]));
        // a and c share room 2; b and d share nothing.
        let joined = Joined::of(vec![speaker, room]);
        assert_eq!((joined.names, joined.of_clip), (vec!["a", "b", "d"], vec![2, 0, 1, 0, 0]));
        assert_eq!((joined.values, joined.of_value), (vec!["a", "b", "c", "d"], vec![0, 1, 0, 2]));
        let chain = Joined::of(vec![
            groups(["a", "b", "c", "d", "e"]),
            groups(["1", "1", "2", "2", "3"]),
            groups(["x", "y", "y", "z", "z"]),
        ]);
        assert_eq!(chain.names, ["a"], "all five hang together through two columns");
        let alone = Joined::of(vec![groups(["b", "a", "b", "c", "c"])]);
        assert_eq!((alone.names, alone.of_clip), (vec!["a", "b", "c"], vec![1, 0, 1, 2, 2]));
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
