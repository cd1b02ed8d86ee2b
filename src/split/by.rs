//! What is kept together: the columns by which whole groups of clips go to one partition.

use super::error::suggestion;
use super::groups::{Groups, Joined};
use super::{Item, SplitError};
use crate::kind::{Described, Node, Problem, text_or_list};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;

/// A column of the corpus, or several: clips that share a value in any of them are kept together. Written as one text or
/// as a list of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By(Vec<String>);

const SPEAKER: &str = "speaker";
/// Single clips instead of groups, where a protocol offers that.
const CLIPS: &str = "clips";

impl Default for By {
    fn default() -> Self {
        Self::columns([SPEAKER])
    }
}

impl By {
    /// These columns.
    pub fn columns<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Self {
        // Specs of old say "speakers".
        let singular = |name: T| Some(name.into()).filter(|name| name != "speakers").unwrap_or(SPEAKER.to_owned());
        Self(names.into_iter().map(singular).collect())
    }

    /// Their names.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Whether speakers are kept apart, and nothing else.
    pub fn is_speaker(&self) -> bool {
        self.0 == [SPEAKER]
    }

    /// Whether speakers are kept whole, whatever else is.
    pub(super) fn has_speaker(&self) -> bool {
        self.0.iter().any(|name| name == SPEAKER)
    }

    /// Whether single clips are meant.
    pub(super) fn is_clips(&self) -> bool {
        self.0 == [CLIPS]
    }

    /// No column, and single clips where groups are needed.
    pub(super) fn check(&self) -> Option<Problem> {
        if self.0.is_empty() {
            return Some(Problem::new("by", "names no column; name one that the corpus has, such as \"speaker\""));
        }
        if self.0.iter().any(|name| name.trim().is_empty()) {
            return Some(Problem::new("by", "names a column without a name; name one that the corpus has"));
        }
        if let Some(twice) = self.0.iter().enumerate().find(|(i, name)| self.0[..*i].contains(name)) {
            return Some(Problem::new("by", format!("names `{}` twice; once says the same", twice.1)));
        }
        let message = "\"clips\" keeps nothing together; name columns, or use `split.clips` or `split.k-fold`";
        self.0.iter().any(|name| name == CLIPS).then(|| Problem::new("by", message))
    }

    /// What a value of the first column is called: "speaker".
    pub(super) fn noun(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// What is kept together, in messages: "speakers", or "groups by `session`".
    pub(super) fn things(&self) -> String {
        if self.is_speaker() { "speakers".to_owned() } else { format!("groups by {}", self.quoted()) }
    }

    /// A number of what is kept together: "2 speaker(s)".
    pub(super) fn counted(&self, count: usize) -> String {
        if self.is_speaker() { format!("{count} speaker(s)") } else { format!("{count} group(s) by {}", self.quoted()) }
    }

    fn quoted(&self) -> String {
        self.0.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
    }

    /// The groups of clips that are kept together.
    pub(super) fn groups<'a>(&self, items: &[Item<'a>]) -> Result<Joined<'a>, SplitError> {
        let columns = self.0.iter().map(|name| values(name, items)).collect::<Result<Vec<_>, _>>()?;
        Ok(Joined::of(columns))
    }
}

/// The values of a column, which every clip must have.
fn values<'a>(column: &str, items: &[Item<'a>]) -> Result<Groups<'a>, SplitError> {
    let values: Vec<Option<&str>> = items.iter().map(|item| item.column(column)).collect();
    let Some(first) = values.iter().position(Option::is_none) else { return Ok(Groups::of(values)) };
    let mut there: BTreeSet<&str> = ["id", SPEAKER].into();
    items.iter().for_each(|item| there.extend(item.columns.keys().map(String::as_str)));
    let lacking = values.iter().filter(|value| value.is_none()).count();
    // A column that some clips have is spelt right.
    let hint = if lacking == items.len() { suggestion(column, there.iter().copied()) } else { String::new() };
    Err(SplitError::NoColumn {
        column: column.to_owned(),
        lacking: [lacking, items.len()],
        example: items[first].id.to_owned(),
        there: format!("{hint}; the columns are {}", there.into_iter().collect::<Vec<_>>().join(", ")),
    })
}

impl Described for By {
    fn node() -> Node {
        Node::AnyOf(vec![Node::list(Node::Text), Node::Text])
    }
}

impl Serialize for By {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(serializer),
            several => several.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for By {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let one = |name: &str| Ok(Self::columns([name]));
        text_or_list(deserializer, "a column of the corpus or a list of columns", one, Self::columns::<String>)
    }
}
