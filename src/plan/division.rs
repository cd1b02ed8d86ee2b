//! How clips are divided, as a part of the question that a run asks.

use crate::data::Recordings;
use crate::kind::Kinds;
use crate::split::{By, Protocol};
use serde_json::{Value, json};

/// The settings of a split. Those that came after runs had their ids are no part of it where they are as by default; a column
/// by which clips are kept together enters by its content.
pub(super) fn division(protocol: &Protocol, recordings: &Recordings) -> Value {
    let mut question = json!(protocol);
    let Some(table) = question.get_mut(protocol.name()).and_then(Value::as_object_mut) else { return question };
    if protocol.kept_by().is_some() {
        // Folds of speakers were asked for in this way before there were other columns.
        let of_old = matches!(protocol, Protocol::KFold(_)).then(|| "speakers".into());
        table.remove("by");
        table.extend(by(protocol, recordings).or(of_old).map(|by| ("by".to_owned(), by)));
    }
    if let Protocol::KFold(k_fold) = protocol {
        // There are as many folds as lists, whatever the number says.
        table.remove(if k_fold.groups.is_empty() { "groups" } else { "folds" });
    }
    question
}

/// A hash of what the clips have in the columns by which they are kept together; none where that is by speakers, who are part
/// of the corpus.
pub(super) fn by(protocol: &Protocol, recordings: &Recordings) -> Option<Value> {
    protocol.kept_by().filter(|by| !by.is_speaker()).map(|by| content(by, recordings).into())
}

/// Where a clip lacks something, no run is made.
fn content(by: &By, recordings: &Recordings) -> String {
    let mut hasher = blake3::Hasher::new();
    let items = recordings.items();
    for value in by.names().iter().flat_map(|name| items.iter().map(|item| item.column(name).unwrap_or_default())) {
        hasher.update(&(value.len() as u64).to_le_bytes()).update(value.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_came_later_leave_ids_as_they_were_where_they_are_as_by_default() {
        let recordings = Recordings::list(&crate::spec::Setup::default()).unwrap();
        let of = |text: &str| division(&toml::from_str(text).unwrap(), &recordings);
        for (text, question) in [
            ("k-fold = {}", r#"{"k-fold":{"folds":5,"validation":0.1,"by":"speakers"}}"#),
            ("k-fold.by = \"clips\"", r#"{"k-fold":{"folds":5,"validation":0.1,"by":"clips"}}"#),
            ("leave-one-speaker-out = {}", r#"{"leave-one-speaker-out":{"validation":0.1}}"#),
            (
                "speakers = {}",
                r#"{"speakers":{"test":0.2,"validation":0.1,"test_speakers":[],"validation_speakers":[]}}"#,
            ),
        ] {
            assert_eq!(of(text), serde_json::from_str::<Value>(question).unwrap());
        }
        assert_eq!(of("k-fold.by = [\"speaker\"]"), of("k-fold = {}"));
        let listed = of("k-fold.groups = [[\"a\"], [\"b\"]]");
        assert!(
            listed["k-fold"].get("folds").is_none(),
            "a number that says nothing is no part of the question: {listed}"
        );
        let by = ["k-fold.by = \"sentence\"", "k-fold.by = [\"speaker\", \"sentence\"]", "k-fold.groups = [[\"a\"]]"];
        let others = by.map(of);
        assert!(others.iter().all(|question| *question != of("k-fold = {}")) && others[0] != others[1], "{others:?}");
    }
}
