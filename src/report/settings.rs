//! In which settings runs differ.

use serde::Serialize;
use std::collections::BTreeMap;

/// A setting that is not the same everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettingDifference {
    /// Dotted key, elements of lists of tables by their number: `augment.0.noise.snr_db`.
    pub key: String,
    /// The value in each of the compared configurations, as TOML; none where it is absent.
    pub values: Vec<Option<String>>,
}

/// Tables of a configuration that cannot change a result: `run` names it, `audit` says what is allowed.
pub(super) const WITHOUT_EFFECT: [&str; 2] = ["run", "audit"];

/// The settings in which configurations differ, sorted by key. Tables that cannot change a result are passed over.
pub fn differing(configs: &[&toml::Table]) -> Vec<SettingDifference> {
    let flat: Vec<BTreeMap<String, String>> = configs.iter().map(|c| flatten(c)).collect();
    let mut keys: Vec<&String> = flat.iter().flat_map(BTreeMap::keys).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter()
        .map(|key| SettingDifference { key: key.clone(), values: flat.iter().map(|f| f.get(key).cloned()).collect() })
        .filter(|d| d.values.iter().any(|v| *v != d.values[0]))
        .collect()
}

/// Every setting by its dotted key. Empty tables count, as a kind without settings is one.
pub fn flatten(config: &toml::Table) -> BTreeMap<String, String> {
    let mut flat = BTreeMap::new();
    for (key, value) in config.iter().filter(|(key, _)| !WITHOUT_EFFECT.contains(&key.as_str())) {
        walk(key, value, &mut flat);
    }
    flat
}

fn walk(key: &str, value: &toml::Value, flat: &mut BTreeMap<String, String>) {
    match value {
        toml::Value::Table(table) if !table.is_empty() => {
            table.iter().for_each(|(k, v)| walk(&format!("{key}.{k}"), v, flat));
        }
        toml::Value::Array(items) if items.iter().any(toml::Value::is_table) => {
            items.iter().enumerate().for_each(|(i, v)| walk(&format!("{key}.{i}"), v, flat));
        }
        other => {
            flat.insert(key.to_owned(), other.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let a = toml::from_str(
            "[run]\nseed = 1\n[train]\nepochs = 5\nrate = 1e-3\n[[augment]]\nnoise = { snr = [1, 2] }\n",
        );
        let b = toml::from_str("[run]\nseed = 2\n[train]\nepochs = 9\nrate = 1e-3\n[model.cnn-2d]\n");
        let (a, b) = (a.unwrap(), b.unwrap());
        let told: Vec<(String, Vec<Option<String>>)> =
            differing(&[&a, &b]).into_iter().map(|d| (d.key, d.values)).collect();
        let some = |s: &str| Some(s.to_owned());
        assert_eq!(
            told,
            [
                ("augment.0.noise.snr".to_owned(), vec![some("[1, 2]"), None]),
                ("model.cnn-2d".to_owned(), vec![None, some("{}")]),
                ("train.epochs".to_owned(), vec![some("5"), some("9")]),
            ]
        );
    }
}
