//! One TOML file: its values, and where each key stands.

use super::error::{MOST_MISTAKES, Place, SpecError};
use super::path::{DEEPEST, KeyPath};
use std::collections::BTreeMap;
use toml::Table;
use toml::de::{DeTable, DeValue};

/// A parsed TOML file that remembers the line and column of every key.
#[derive(Debug, Clone)]
pub struct Document {
    /// The file's name as messages show it.
    pub name: String,
    /// The text as written.
    pub text: String,
    /// Its values.
    pub table: Table,
    places: BTreeMap<KeyPath, usize>,
}

impl Document {
    /// Parses a file's text; all syntax errors at once, or the first of very many.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<SpecError>> {
        let (tree, errors) = DeTable::parse_recoverable(text);
        let at = |offset: usize| Place::at(name, text, offset);
        let problem = |e: &toml::de::Error| {
            let start = e.span().map_or(0, |s| s.start);
            SpecError::new(at(start), "", format!("not valid TOML: {}", e.message()))
        };
        if !errors.is_empty() {
            return Err(errors.iter().take(MOST_MISTAKES).map(problem).collect());
        }
        if let Some(offset) = too_deep(tree.get_ref()) {
            let message = format!("is nested in more than {DEEPEST} tables and lists; no setting is");
            return Err(vec![SpecError::new(at(offset), "", message)]);
        }
        let table: Table = toml::from_str(text).map_err(|e| vec![problem(&e)])?;
        let mut places = BTreeMap::new();
        walk_table(tree.get_ref(), &KeyPath::default(), &mut places);
        Ok(Self { name: name.to_owned(), text: text.to_owned(), table, places })
    }

    /// Where `path` is written, or the nearest table around it that is; `None` where not even its first key is.
    pub fn place(&self, path: &KeyPath) -> Option<Place> {
        let mut path = path.clone();
        while !path.0.is_empty() {
            if let Some(offset) = self.places.get(&path) {
                return Some(Place::at(&self.name, &self.text, *offset));
            }
            path = path.parent();
        }
        None
    }
}

/// Where the first key or entry deeper than [`DEEPEST`] stands.
fn too_deep(table: &DeTable<'_>) -> Option<usize> {
    let mut open: Vec<(usize, usize, &DeValue<'_>)> =
        table.iter().map(|(key, value)| (1, key.span().start, value.get_ref())).collect();
    while let Some((depth, offset, value)) = open.pop() {
        if depth > DEEPEST {
            return Some(offset);
        }
        match value {
            DeValue::Table(t) => open.extend(t.iter().map(|(k, v)| (depth + 1, k.span().start, v.get_ref()))),
            DeValue::Array(items) => open.extend(items.iter().map(|v| (depth + 1, v.span().start, v.get_ref()))),
            _ => {}
        }
    }
    None
}

fn walk_table(table: &DeTable<'_>, at: &KeyPath, places: &mut BTreeMap<KeyPath, usize>) {
    for (key, value) in table {
        let path = at.key(key.get_ref().as_ref());
        places.insert(path.clone(), key.span().start);
        walk(value.get_ref(), &path, places);
    }
}

fn walk(value: &DeValue<'_>, at: &KeyPath, places: &mut BTreeMap<KeyPath, usize>) {
    match value {
        DeValue::Table(table) => walk_table(table, at, places),
        DeValue::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                let path = at.index(i);
                places.insert(path.clone(), item.span().start);
                walk(item.get_ref(), &path, places);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_knows_its_line_and_column() {
        let text =
            "name = \"a\"\n\n[train]\nepochs = 3\noptimizer.adam = { learning_rate = 1 }\n[[augment]]\nnoise = {}\n";
        let document = Document::parse("x.toml", text).unwrap();
        let at = |s| document.place(&KeyPath::parse(s)).unwrap().to_string();
        assert_eq!(at("train.epochs"), "x.toml:4:1");
        assert_eq!(at("train.optimizer.adam.learning_rate"), "x.toml:5:20");
        assert_eq!(at("augment[0].noise"), "x.toml:7:1");
        assert_eq!(at("train.absent"), "x.toml:3:2");
        assert!(document.place(&KeyPath::parse("model")).is_none());
    }

    #[test]
    fn what_is_nested_too_deep_is_refused_at_its_place() {
        let keys = |n: usize| vec!["a"; n].join(".");
        assert!(Document::parse("x.toml", &format!("{} = 1", keys(DEEPEST))).is_ok());
        for text in
            [format!("b = 1\n{} = 1", keys(DEEPEST + 1)), format!("b = 1\n[{}]\nx = [[[1]]]", keys(DEEPEST - 2))]
        {
            let said = Document::parse("x.toml", &text).unwrap_err()[0].to_string();
            assert!(said.contains("nested in more than 32"), "{said}");
            assert!(!said.starts_with("x.toml:1:"), "{said}");
        }
        let wide = format!("{}={{", keys(70)).repeat(70) + &"}".repeat(70);
        assert!(Document::parse("x.toml", &wide).is_err());
    }

    #[test]
    fn of_very_many_syntax_errors_the_first_are_named() {
        assert_eq!(Document::parse("x.toml", &"a,b,c\n".repeat(100_000)).unwrap_err().len(), MOST_MISTAKES);
    }

    #[test]
    fn all_syntax_errors_come_at_once() {
        let errors = Document::parse("x.toml", "a = = 1\nb = 'open\nc = 3\n").unwrap_err();
        assert!(errors.len() >= 2, "{errors:?}");
        assert!(errors[0].to_string().starts_with("x.toml:1:5: not valid TOML"), "{}", errors[0]);
    }
}
