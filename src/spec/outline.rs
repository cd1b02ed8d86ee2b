//! The part of a spec that says which runs there are: variants, grid, ablations, seeds and published claims.

use super::error::article;
use super::path::KeyPath;
use super::read::Mistake;
use crate::evaluate::Claim;
use crate::kind::Kinds;
use crate::record::check_name;
use crate::split::Protocol;
use toml::{Table, Value};

/// The keys of [`Outline`].
pub const OUTLINE_KEYS: [&str; 7] = ["name", "question", "seeds", "variants", "grid", "ablate", "published"];

/// The key of a variant that names another one whose settings it takes over.
pub(super) const LIKE: &str = "like";

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
        /// `like = "2d"` a variant takes over the settings of another.
        pub variants: Table = Table::new();
        /// Keys and the values each takes; every combination is run, crossed with the variants.
        pub grid: Table = Table::new();
        /// For a variant, the parts to leave out, one at a time: `[ablate.2d] drop = ["augment.noise"]`.
        pub ablate: Table = Table::new();
        /// Published claims to hold the results against.
        pub published: Vec<Claim> = Vec::new();
    }
}

crate::settings! {
    /// What is left out of a variant, one run each.
    pub struct Ablation {
        /// Keys to switch off (`model.batch_norm`, `train.early_stopping`) or list entries to remove (`augment.noise`).
        pub drop: Vec<String> = Vec::new();
    }
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
        if self.seeds.iter().any(|s| self.seeds.iter().filter(|t| *t == s).count() > 1) {
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
        let mut wrong = |path: KeyPath, message: String| found.push(Mistake { path, message });
        for (key, values) in &self.grid {
            let path = root.key("grid").key(key.clone());
            match values {
                Value::Array(values) if !values.is_empty() => {}
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
        let variants: Vec<&str> = self.variant_names();
        for name in self.ablate.keys().filter(|n| !variants.contains(&n.as_str())) {
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
            for problem in claim.problems() {
                wrong(path.key(problem.key), problem.message);
            }
        }
        found
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
                Some(other) => {
                    let next = |name: &String| Some(like(self.variants.get(name)?)?.as_str()?.to_owned());
                    let mut chain = std::iter::successors(Some(other.to_owned()), next).take(self.variants.len());
                    if chain.all(|n| n != *name) {
                        continue;
                    }
                    "in the end it is like itself".to_owned()
                }
            };
            found.push(Mistake { path, message });
        }
        found
    }

    /// The variants in the order in which they were written; `base` where there are none.
    pub fn variant_names(&self) -> Vec<&str> {
        if self.variants.is_empty() { vec!["base"] } else { self.variants.keys().map(String::as_str).collect() }
    }

    /// Every combination of the grid's values: keys with values, the last key turning fastest.
    pub fn points(&self) -> Vec<Vec<(String, Value)>> {
        self.grid.iter().fold(vec![Vec::new()], |points, (key, values)| {
            let values = values.as_array().map(Vec::as_slice).unwrap_or_default();
            let with = |point: &Vec<(String, Value)>, value: &Value| {
                point.iter().cloned().chain([(key.clone(), value.clone())]).collect()
            };
            points.iter().flat_map(|p| values.iter().map(move |v| with(p, v))).collect()
        })
    }
}
