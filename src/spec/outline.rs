//! The part of a spec that says which runs there are: variants, grid, ablations, seeds and published claims.

use super::error::{MOST_MISTAKES, article};
use super::path::KeyPath;
use super::read::Mistake;
use crate::evaluate::Claim;
use crate::kind::{Context, Described, Kinds, Node};
use crate::record::check_name;
use crate::split::Protocol;
use std::collections::BTreeSet;
use toml::{Table, Value};

/// More cells than anybody trains: a grid of so many is a slip of the pen, and without a bound would fill the memory.
const MOST_CELLS: usize = 10_000;

/// The most variants in a row, each like the next.
const LONGEST_CHAIN: usize = 32;

/// The key of a variant that names another one whose settings it takes over.
pub(super) const LIKE: &str = "like";

/// The key of the spec that crosses values with all variants.
pub(super) const GRID: &str = "grid";

/// The key of the spec that holds claims.
pub(super) const PUBLISHED: &str = "published";

/// The key of a variant, and of the spec, that holds seeds.
pub(super) const SEEDS: &str = "seeds";

crate::settings! {
    /// Which runs an experiment is made of.
    pub struct Outline {
        /// The experiment's name, and that of its folder under `runs`; the file's name where it is not given.
        pub name: String = String::new();
        /// The question that the experiment answers, for tables and reports.
        pub question: String = String::new();
        /// One run of every variant for each seed.
        pub seeds: Vec<u64> = vec![0];
        /// Named tables of settings that differ from the rest of the spec; without any there is one variant, `base`. With
        /// `like = "2d"` a variant takes over the settings of another; `seeds` of its own take the place of the spec's.
        pub variants: Table = Table::new(), as Node::Named("variant", Box::new(Node::Table(super::tree::variant)));
        /// Keys and the values each takes; every combination is run, crossed with the variants.
        pub grid: Table = Table::new(), as Node::Named("key", Box::new(Node::list(Node::Anything)));
        /// For a variant, the parts to leave out, one at a time: `[ablate.2d] drop = ["augment.noise"]`.
        pub ablate: Table = Table::new(), as Node::Named("variant", Box::new(Ablation::node()));
        /// Published claims to hold the results against.
        pub published: Vec<Claim> = Vec::new();
    }
    check: ranges;
}

crate::settings! {
    /// What is left out of a variant, one run each.
    pub struct Ablation {
        /// Keys to switch off (`model.batch_norm`, `train.early_stopping`) or list entries to remove (`augment.noise`).
        pub drop: Vec<String> = Vec::new();
    }
    check: ranges;
}

impl Outline {
    /// Mistakes that types do not catch: names that cannot be folders, empty lists, ablations of nothing.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut found = Vec::new();
        let root = KeyPath::default();
        let mut wrong = |path: KeyPath, message: String| found.push(Mistake { path, message });
        if let Err(why) = check_name(&self.name) {
            wrong(root.key("name"), why.to_string());
        }
        if self.seeds.is_empty() {
            wrong(root.key("seeds"), "the list is empty; allowed: one or more whole numbers".to_owned());
        }
        if self.seeds.iter().collect::<BTreeSet<_>>().len() < self.seeds.len() {
            wrong(root.key("seeds"), "a seed is named twice; the two runs would be the same".to_owned());
        }
        for (name, variant) in &self.variants {
            let path = root.key("variants").key(name.clone());
            if let Err(why) = check_name(name) {
                wrong(path.clone(), why.to_string());
            }
            if !variant.is_table() {
                wrong(path, format!("{} stands where a table of settings is expected", article(variant.type_str())));
            }
        }
        found.extend(self.wrong_likes());
        found.extend(self.wrong_seeds());
        let mut wrong = |path: KeyPath, message: String| found.push(Mistake { path, message });
        for (key, values) in &self.grid {
            let path = root.key("grid").key(key.clone());
            match values {
                _ if KeyPath::parse(key).is_too_deep() => wrong(path, "no setting has so long a key".to_owned()),
                Value::Array(values) if !values.is_empty() => {
                    if let Some(value) = named_twice(values) {
                        wrong(path, format!("{value} is named twice; the two runs would be the same"));
                    }
                }
                Value::Array(_) => wrong(path, "the list is empty; allowed: one or more values".to_owned()),
                Value::Table(_) => {
                    let hint = "write the whole key in quotes: \"train.batch_size\" = [16, 32]";
                    wrong(path, format!("a table stands where a list of values is expected; {hint}"));
                }
                other => {
                    let kind = article(other.type_str());
                    wrong(path, format!("{kind} stands where a list of values is expected; write [{other}]"));
                }
            }
        }
        if self.has_too_many_cells() {
            let message = format!("more than {MOST_CELLS} combinations of variants, grid and ablations; name fewer");
            wrong(root.key(if self.grid.is_empty() { "variants" } else { "grid" }), message);
        }
        let variants: Vec<&str> = self.variant_names();
        for name in self.ablate.keys().filter(|n| !variants.contains(&n.as_str())).take(MOST_MISTAKES) {
            let meant = super::error::nearest(name, variants.iter().copied());
            let meant = meant.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
            let message = format!("no such variant; allowed: {}{meant}", variants.join(", "));
            wrong(root.key("ablate").key(name.clone()), message);
        }
        for (i, claim) in self.published.iter().enumerate() {
            let path = root.key("published").index(i);
            if !variants.contains(&claim.variant.as_str()) {
                let message = format!("no variant `{}`; allowed: {}", claim.variant, variants.join(", "));
                wrong(path.key("variant"), message);
            }
            if !Protocol::NAMES.contains(&claim.protocol.as_str()) && !claim.protocol.trim().is_empty() {
                let meant = super::error::nearest(&claim.protocol, Protocol::NAMES.iter().copied());
                let meant = meant.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
                let message = format!("no split `{}`; allowed: {}{meant}", claim.protocol, Protocol::NAMES.join(", "));
                wrong(path.key("protocol"), message);
            }
            for problem in claim.problems(&Context::default()) {
                wrong(path.key(problem.key), problem.message);
            }
        }
        found
    }

    /// Seeds of variants that are none.
    fn wrong_seeds(&self) -> Vec<Mistake> {
        let wrong = |(name, variant): (&String, &Value)| {
            let message = match read_seeds(variant.get(SEEDS)?) {
                None => "allowed: one or more whole numbers from 0, such as [10, 11]".to_owned(),
                Some(seeds) if seeds.is_empty() => "the list is empty; allowed: one or more whole numbers".to_owned(),
                Some(seeds) if seeds.iter().collect::<BTreeSet<_>>().len() < seeds.len() => {
                    "a seed is named twice; the two runs would be the same".to_owned()
                }
                Some(_) => return None,
            };
            Some(Mistake { path: KeyPath::default().key("variants").key(name.clone()).key(SEEDS), message })
        };
        self.variants.iter().filter_map(wrong).take(MOST_MISTAKES).collect()
    }

    /// The seeds of a variant: its own, those of the variant that it is like, or the spec's.
    pub fn seeds_of(&self, variant: &str) -> Vec<u64> {
        let own = |name: &&str| read_seeds(self.variants.get(*name)?.get(SEEDS)?);
        self.chain(variant).0.iter().find_map(own).unwrap_or_else(|| self.seeds.clone())
    }

    /// Variants that are like one that is not there, or like themselves in the end.
    fn wrong_likes(&self) -> Vec<Mistake> {
        let like = |variant: &Value| variant.get(LIKE).cloned();
        let mut found = Vec::new();
        for (name, variant) in &self.variants {
            let Some(other) = like(variant) else { continue };
            let path = KeyPath::default().key("variants").key(name.clone()).key(LIKE);
            let message = match other.as_str() {
                None => format!("{} stands where the name of a variant is expected", article(other.type_str())),
                Some(other) if !self.variants.contains_key(other) => {
                    let names = self.variant_names();
                    let meant = super::error::nearest(other, names.iter().copied());
                    let meant = meant.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
                    format!("no variant `{other}`; allowed: {}{meant}", names.join(", "))
                }
                Some(_) => match self.chain(name) {
                    (_, Some(again)) if again == name => "in the end it is like itself".to_owned(),
                    (chain, None) if chain.len() > LONGEST_CHAIN => {
                        format!("it heads a row of more than {LONGEST_CHAIN} variants, each like the next")
                    }
                    _ => continue,
                },
            };
            found.push(Mistake { path, message });
            if found.len() == MOST_MISTAKES {
                break;
            }
        }
        found
    }

    /// Whether a variant is like one that is not there, or like itself: what it lacks then is no mistake of its own.
    pub(super) fn has_wrong_like(&self, name: &str) -> bool {
        let (chain, again) = self.chain(name);
        let is_wrong = |name: &&str| match self.variants.get(*name).and_then(|variant| variant.get(LIKE)) {
            Some(like) => like.as_str().is_none_or(|like| !self.variants.contains_key(like)),
            None => false,
        };
        again.is_some() || chain.len() > LONGEST_CHAIN || chain.iter().any(is_wrong)
    }

    /// A variant, the one that it is like, and so on, up to one more than may be; then the first that comes again, where the
    /// chain bites its tail.
    pub(super) fn chain<'a>(&'a self, name: &'a str) -> (Vec<&'a str>, Option<&'a str>) {
        let mut chain = vec![name];
        let like = |name: &str| self.variants.get(name)?.get(LIKE)?.as_str();
        while let Some(next) = like(chain[chain.len() - 1]).filter(|_| chain.len() <= LONGEST_CHAIN) {
            if chain.contains(&next) {
                return (chain, Some(next));
            }
            chain.push(next);
        }
        (chain, None)
    }

    /// Whether there are more cells than anybody trains; see [`MOST_CELLS`].
    pub(super) fn has_too_many_cells(&self) -> bool {
        let values = |values: &Value| values.as_array().map_or(0, Vec::len);
        let points = self.grid.values().map(values).fold(1_usize, usize::saturating_mul);
        let drops = |name: &str| self.ablate.get(name)?.get("drop")?.as_array().map(Vec::len);
        let parts = self.variant_names().into_iter().map(|name| 1 + drops(name).unwrap_or(0));
        parts.fold(0, usize::saturating_add).saturating_mul(points) > MOST_CELLS
    }

    /// The variants in the order in which they were written; `base` where there are none.
    pub fn variant_names(&self) -> Vec<&str> {
        if self.variants.is_empty() { vec!["base"] } else { self.variants.keys().map(String::as_str).collect() }
    }

    /// Takes values of the grid that are named twice once, where this has been told.
    pub(super) fn forget_repeated(&mut self) {
        for (_, values) in &mut self.grid {
            let Value::Array(values) = values else { continue };
            let mut kept: Vec<Value> = Vec::new();
            for value in values.drain(..).take(MOST_CELLS) {
                if !kept.iter().any(|k| is_same(k, &value)) {
                    kept.push(value);
                }
            }
            *values = kept;
        }
    }

    /// Every combination of the grid's values: keys with values, the last key turning fastest. A key without values is a mistake,
    /// and passed over.
    pub fn points(&self) -> Vec<Vec<(String, Value)>> {
        let has_values = |(_, values): &(&String, &Value)| values.as_array().is_some_and(|values| !values.is_empty());
        self.grid.iter().filter(has_values).fold(vec![Vec::new()], |points, (key, values)| {
            let values = values.as_array().map(Vec::as_slice).unwrap_or_default();
            let with = |point: &Vec<(String, Value)>, value: &Value| {
                point.iter().cloned().chain([(key.clone(), value.clone())]).collect()
            };
            points.iter().flat_map(|p| values.iter().map(move |v| with(p, v))).collect()
        })
    }
}

/// The first value that another one before it is equal to, once both are read: `1e-3` and `0.001`, `1` and `1.0`.
fn named_twice(values: &[Value]) -> Option<&Value> {
    let places = 1..values.len().min(MOST_CELLS);
    places
        .map(|i| (&values[i], &values[..i]))
        .find(|(value, before)| before.iter().any(|b| is_same(b, value)))
        .map(|v| v.0)
}

fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Integer(whole), Value::Float(real)) | (Value::Float(real), Value::Integer(whole)) => {
            *real == *whole as f64
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        (Value::Table(a), Value::Table(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| is_same(a, b)))
        }
        _ => a == b,
    }
}

/// Seeds as TOML has them; none where an entry is no whole number from 0.
fn read_seeds(value: &Value) -> Option<Vec<u64>> {
    value.as_array()?.iter().map(|seed| seed.as_integer()?.try_into().ok()).collect()
}
