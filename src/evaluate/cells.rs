//! Answers as a table of speakers by trained networks: what each speaker brought to a figure under each network.

use super::influence::{Influence, influences};
use super::{Method, Metric, Prediction};
use std::collections::{BTreeMap, BTreeSet};

/// One trained network: the answers that it gave to its test clips.
#[derive(Debug, Clone, Copy)]
pub struct Network<'a> {
    /// The seed that it was trained with. The networks of a seed (its folds) make one test of all their clips.
    pub seed: u64,
    /// The fold that it was tested on, where there are several.
    pub fold: Option<u32>,
    /// Its answers, each clip once.
    pub answers: &'a [Prediction],
}

/// Figures of one recipe: that of each seed, their mean, and what every answer adds to the mean.
#[derive(Debug)]
pub(super) struct Side<'a> {
    /// The mean over the seeds.
    pub(super) figure: f64,
    /// Each answer with its network's place in the list and its influence on the mean; networks in order, clips in order of
    /// their names.
    pub(super) answers: Vec<(usize, &'a Prediction, Influence)>,
}

impl<'a> Side<'a> {
    /// Takes the metric of each seed's answers together. None without an answer.
    ///
    /// # Panics
    /// As [`influences`] does.
    pub(super) fn of(metric: Metric, classes: usize, networks: &[Network<'a>]) -> Option<Self> {
        let mut seeds: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (place, network) in networks.iter().enumerate().filter(|(_, n)| !n.answers.is_empty()) {
            seeds.entry(network.seed).or_default().push(place);
        }
        let share = 1.0 / seeds.len() as f64;
        let tested = seeds.values().map(|places| {
            let of = |&place: &usize| sorted(networks[place].answers).into_iter().map(move |p| (place, p));
            let answers: Vec<(usize, &'a Prediction)> = places.iter().flat_map(of).collect();
            let (figure, each) = influences(metric, classes, &answers.iter().map(|(_, p)| *p).collect::<Vec<_>>());
            (figure, answers, each)
        });
        let tested: Vec<_> = tested.collect();
        let figure = tested.iter().map(|(figure, ..)| figure).sum::<f64>() / seeds.len() as f64;
        let mut all = Vec::new();
        for (of_seed, answers, each) in tested {
            // Pulls from the mean of all seeds, not of this one.
            let pull = |i: Influence| share * (i.pull + i.weight * (of_seed - figure));
            let each = each.into_iter().map(|i| Influence { weight: share * i.weight, pull: pull(i) });
            all.extend(answers.into_iter().zip(each).map(|((place, p), influence)| (place, p, influence)));
        }
        (!all.is_empty()).then_some(Self { figure, answers: all })
    }
}

/// The answers in order of clip, as files mostly have them.
pub(super) fn sorted<'a>(answers: &'a [Prediction]) -> Vec<&'a Prediction> {
    let mut clips: Vec<&'a Prediction> = answers.iter().collect();
    if !clips.is_sorted_by(|a, b| a.clip <= b.clip) {
        clips.sort_by(|a, b| a.clip.cmp(&b.clip));
    }
    clips
}

/// Whether each network has a seed of its own, as without folds.
pub(super) fn one_a_seed(networks: &[Network<'_>]) -> bool {
    networks.iter().map(|n| n.seed).collect::<BTreeSet<_>>().len() == networks.len()
}

/// Whether two tests, each [`sorted`], are of the same clips.
pub(super) fn same_clips(a: &[&Prediction], b: &[&Prediction]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.clip == b.clip)
}

/// Whether all networks of all sides have one test in common: then each side has one network a seed, and `tests`, their answers
/// [`sorted`], are of the same clips. Networks are then as good as each other, and need no partner.
pub(super) fn one_test(sides: &[&[Network<'_>]], tests: &[Vec<&Prediction>]) -> bool {
    let same = |test: &Vec<&Prediction>| {
        // Analysis of variance needs each speaker in every test.
        same_clips(&tests[0], test) && tests[0].iter().zip(test).all(|(a, b)| a.speaker == b.speaker)
    };
    sides.iter().all(|networks| one_a_seed(networks)) && tests.iter().all(same)
}

/// Names, each once, in order: their places are numbers that sort as they do.
#[derive(Debug, Default)]
struct Names<'a>(Vec<&'a str>);

impl<'a> Names<'a> {
    /// Takes up the names of a list, of which most are known and neighbours often the same, as the clips of a speaker are.
    fn add(&mut self, list: impl Iterator<Item = &'a str>) {
        let mut near = 0;
        let mut new: Vec<&str> = Vec::new();
        for name in list {
            match self.find(name, near) {
                Ok(place) => near = place,
                Err(_) if new.last() == Some(&name) => {}
                Err(_) => new.push(name),
            }
        }
        if !new.is_empty() {
            self.0.append(&mut new);
            self.0.sort();
            self.0.dedup();
        }
    }

    /// The place of a name, looked for first at `near` and behind it, where the last one was.
    fn find(&self, name: &str, near: usize) -> Result<usize, usize> {
        let at = |place: usize| self.0.get(place) == Some(&name);
        if at(near) {
            return Ok(near);
        }
        if at(near + 1) { Ok(near + 1) } else { self.0.binary_search(&name) }
    }

    fn place(&self, name: &str, near: usize) -> usize {
        self.find(name, near).expect("every name was taken up")
    }
}

/// What is drawn as a whole: speakers, or the clips of a single speaker, each with its number.
#[derive(Debug)]
pub(super) struct Units<'a> {
    pub(super) method: Method,
    names: Names<'a>,
}

impl<'a> Units<'a> {
    pub(super) fn of(sides: &[&Side<'a>]) -> Self {
        let mut names = Names::default();
        sides.iter().for_each(|side| names.add(side.answers.iter().map(|(_, p, _)| p.speaker.as_str())));
        if names.0.len() > 1 {
            return Self { method: Method::Speakers, names };
        }
        Self { method: Method::Clips, names: clips(sides) }
    }

    fn name<'b>(&self, p: &'b Prediction) -> &'b str {
        if self.method == Method::Speakers { &p.speaker } else { &p.clip }
    }

    pub(super) fn len(&self) -> usize {
        self.names.0.len()
    }
}

/// The clips of these answers.
fn clips<'a>(sides: &[&Side<'a>]) -> Names<'a> {
    let mut names = Names::default();
    for network in sides.iter().flat_map(|side| side.answers.chunk_by(|a, b| a.0 == b.0)) {
        names.add(network.iter().map(|(_, p, _)| p.clip.as_str()));
    }
    names
}

/// What one unit brought under one network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cell {
    /// The unit: a speaker, or a clip.
    pub(super) unit: usize,
    /// The network, or the pair of networks that are held against each other.
    pub(super) network: usize,
    /// Its share of the figure; the shares of all cells sum to 1.
    pub(super) weight: f64,
    /// How far its own figure is from that of all cells.
    pub(super) value: f64,
    /// Which variance of `value` the few clips explain that the unit has in this cell.
    pub(super) noise: f64,
}

/// A table of cells. Of a difference, a cell holds the difference of both sides.
#[derive(Debug)]
pub(super) struct Cells {
    pub(super) cells: Vec<Cell>,
    pub(super) units: usize,
    pub(super) networks: usize,
}

impl Cells {
    /// The cells of one side (`+1`), or of a difference (`-1` and `+1`). `place` numbers the networks, or pairs of them, by
    /// side and place in its list.
    pub(super) fn of(sides: &[(f64, &Side<'_>)], units: &Units<'_>, place: impl Fn(usize, usize) -> usize) -> Self {
        struct Item {
            unit: usize,
            clip: usize,
            network: usize,
            weight: f64,
            pull: f64,
            of_run: f64,
        }
        let clips = clips(&sides.iter().map(|(_, side)| *side).collect::<Vec<_>>());
        let mut items: Vec<Item> = Vec::new();
        for (i, (sign, side)) in sides.iter().enumerate() {
            let (mut unit, mut clip) = (0, 0);
            items.extend(side.answers.iter().map(|(network, p, influence)| {
                unit = units.names.place(units.name(p), unit);
                clip = clips.place(&p.clip, clip);
                let (weight, pull) = (influence.weight / sides.len() as f64, sign * influence.pull);
                Item { unit, clip, network: place(i, *network), weight, pull, of_run: 0.0 }
            }));
        }
        // A clip that both sides tested is one item; what several networks have in common of a clip is no noise.
        items.sort_by_key(|i| (i.unit, i.clip, i.network));
        items.dedup_by(|b, a| {
            let same = (a.unit, a.clip, a.network) == (b.unit, b.clip, b.network);
            if same {
                (a.weight, a.pull) = (a.weight + b.weight, a.pull + b.pull);
            }
            same
        });
        for of_clip in items.chunk_by_mut(|a, b| (a.unit, a.clip) == (b.unit, b.clip)) {
            let times = of_clip.len() as f64;
            let mean = of_clip.iter().map(|i| i.pull / i.weight).sum::<f64>() / times;
            let (mean, scale) = if times > 1.0 { (mean, (times / (times - 1.0)).sqrt()) } else { (0.0, 1.0) };
            of_clip.iter_mut().for_each(|i| i.of_run = (i.pull / i.weight - mean) * scale);
        }
        items.sort_by_key(|i| (i.unit, i.network));
        let cell = |items: &[Item]| {
            let weight = items.iter().map(|i| i.weight).sum::<f64>();
            let n = items.len() as f64;
            let mean = items.iter().map(|i| i.weight * i.of_run).sum::<f64>() / weight;
            let squares = items.iter().map(|i| (i.weight * (i.of_run - mean)).powi(2)).sum::<f64>();
            Cell {
                unit: items[0].unit,
                network: items[0].network,
                weight,
                value: items.iter().map(|i| i.pull).sum::<f64>() / weight,
                noise: if n > 1.0 { squares * n / (n - 1.0) / (weight * weight) } else { 0.0 },
            }
        };
        let cells: Vec<Cell> = items.chunk_by(|a, b| (a.unit, a.network) == (b.unit, b.network)).map(cell).collect();
        let networks = cells.iter().map(|c| c.network + 1).max().unwrap_or(0);
        Self { cells, units: units.len(), networks }
    }

    /// What each unit weighs in all networks together.
    pub(super) fn unit_weights(&self) -> Vec<f64> {
        let mut weights = vec![0.0; self.units];
        self.cells.iter().for_each(|c| weights[c.unit] += c.weight);
        weights
    }

    /// The figures of the units over all networks, as distances from the figure, times their weights.
    pub(super) fn unit_pulls(&self) -> Vec<f64> {
        let mut pulls = vec![0.0; self.units];
        self.cells.iter().for_each(|c| pulls[c.unit] += c.weight * c.value);
        pulls
    }
}
