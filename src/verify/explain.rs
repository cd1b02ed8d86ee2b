//! In what else two runs differ: settings, code, corpus, machine.

use super::{Difference, RerunContext, first_difference};
use crate::record::{Build, Machine, Provenance, RecordError, StoredRun};
use std::collections::{BTreeMap, BTreeSet};
use toml::Value;

/// Why two runs differ, as far as their records tell.
#[derive(Debug)]
pub struct Explanation {
    /// Keys of the configuration whose values differ, with both; empty where one does not have the key.
    pub settings: Vec<[String; 3]>,
    /// In what code, corpus and machine differ, with both.
    pub circumstances: Vec<[String; 3]>,
    /// The first stage whose results differ; none where every byte is the same.
    pub difference: Option<Difference>,
}

/// Explains why two runs differ.
///
/// # Errors
/// A file of one of the records that cannot be read.
pub fn explain(first: &StoredRun, second: &StoredRun) -> Result<Explanation, RecordError> {
    let facts =
        |run: &StoredRun| -> Result<_, RecordError> { Ok(run.provenance()?.map(|p| facts(&p)).unwrap_or_default()) };
    Ok(Explanation {
        settings: unequal(&settings(first), &settings(second)),
        circumstances: unequal(&facts(first)?, &facts(second)?),
        difference: first_difference(&first.dir, &second.dir)?,
    })
}

/// In what this program and this machine differ from those of a record.
pub(super) fn circumstances(then: &Provenance, again: &RerunContext<'_>) -> Vec<String> {
    let now = Provenance {
        serlab: again.build.clone(),
        device: again.compute.name().to_owned(),
        threads: rayon::current_num_threads(),
        machine: Machine::this(),
        ..then.clone()
    };
    let line = |[name, then, now]: [String; 3]| match (name.as_str(), then.is_empty()) {
        ("binary", _) => "the record was made by another build of serlab".to_owned(),
        (_, true) => format!("{name} is {now}"),
        _ => format!("{name} was {then}, is {now}"),
    };
    unequal(&facts(then), &facts(&now)).into_iter().map(line).collect()
}

/// What is known of how a run was made, by name.
fn facts(of: &Provenance) -> BTreeMap<String, String> {
    let Build { version, code_version, rustc, target, profile, features, crates, binary, .. } = &of.serlab;
    let crates: Vec<String> = crates.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let machine = &of.machine;
    let cpu = format!("{} {}", machine.cpu.clone().unwrap_or_default(), machine.cpu_features.join(" "));
    [
        ("serlab", version.clone()),
        ("code", code_version.clone()),
        ("compiler", format!("{rustc}, {target}, {profile}, features {features:?}")),
        ("crates", crates.join(", ")),
        ("binary", binary.clone().unwrap_or_default()),
        ("device", of.device.clone()),
        ("threads", of.threads.to_string()),
        ("processor", cpu.trim().to_owned()),
        ("host", machine.host.clone()),
        ("commit", of.git.commit.clone().unwrap_or_default()),
        ("uncommitted changes", of.git.changed.join(", ")),
        ("corpus", of.corpus_fingerprint.clone()),
        ("split", of.split_fingerprint.clone()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// Every setting by its whole key; what names the run itself is none.
fn settings(run: &StoredRun) -> BTreeMap<String, String> {
    let mut flat = BTreeMap::new();
    let table = run.config.iter().filter(|(key, _)| *key != "run");
    table.for_each(|(key, value)| flatten(key, value, &mut flat));
    flat.insert("variant".to_owned(), run.name.variant.clone());
    flat.insert("seed".to_owned(), run.name.seed.to_string());
    flat.extend(run.name.fold.map(|fold| ("fold".to_owned(), fold.to_string())));
    flat
}

fn flatten(key: &str, value: &Value, flat: &mut BTreeMap<String, String>) {
    match value {
        Value::Table(table) if !table.is_empty() => {
            table.iter().for_each(|(name, value)| flatten(&format!("{key}.{name}"), value, flat));
        }
        Value::Array(items) if items.iter().any(Value::is_table) => {
            items.iter().enumerate().for_each(|(i, value)| flatten(&format!("{key}[{i}]"), value, flat));
        }
        other => _ = flat.insert(key.to_owned(), other.to_string()),
    }
}

/// What differs, in order of name.
fn unequal(first: &BTreeMap<String, String>, second: &BTreeMap<String, String>) -> Vec<[String; 3]> {
    let names: BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    let of = |side: &BTreeMap<String, String>, name: &String| side.get(name).cloned().unwrap_or_default();
    let all = names.into_iter().map(|name| [name.clone(), of(first, name), of(second, name)]);
    all.filter(|[_, a, b]| a != b).collect()
}
