//! What is wrong with a spec: every problem with its place, what is allowed and what was probably meant.

use std::fmt::{self, Write};

/// Where something was written: a file's line and column, an environment variable or an option.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// A file's name, `environment variable X` or `--set x`.
    pub source: String,
    /// Line and column, from 1; columns count characters.
    pub line_column: Option<(usize, usize)>,
}

impl Place {
    /// The place of a byte offset in a file's text.
    pub fn at(source: &str, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        let line = before.matches('\n').count() + 1;
        Self { source: source.to_owned(), line_column: Some((line, before[line_start..].chars().count() + 1)) }
    }

    /// A place without lines.
    pub fn whole(source: impl Into<String>) -> Self {
        Self { source: source.into(), line_column: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line_column {
            Some((line, column)) => write!(f, "{}:{line}:{column}", self.source),
            None => f.write_str(&self.source),
        }
    }
}

/// One problem of a spec.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpecError {
    /// Where it is written.
    pub place: Place,
    /// The full key; empty for a problem of the file itself.
    pub key: String,
    /// What is wrong, what is allowed, what was probably meant.
    pub message: String,
}

impl SpecError {
    /// A problem at a place.
    pub fn new(place: Place, key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place, key: key.into(), message: message.into() }
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.key.as_str() {
            "" => format!("{}: {}", self.place, self.message),
            key => format!("{}: {key}: {}", self.place, self.message),
        };
        // What a file holds must not speak to a terminal: no escape sequences, nothing that turns the text around.
        let is_unsafe = |c: char| (c.is_control() && c != '\n') || is_invisible(c);
        text.chars().try_for_each(|c| if is_unsafe(c) { write!(f, "{}", c.escape_unicode()) } else { f.write_char(c) })
    }
}

/// Characters that hide or reverse the text around them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// All problems of a spec, in the order of their lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct SpecErrors(Vec<SpecError>);

impl SpecErrors {
    /// Sorts and removes repetitions (variants share the lines of their base).
    pub fn new(mut errors: Vec<SpecError>) -> Self {
        errors.sort();
        errors.dedup();
        Self(errors)
    }

    /// The problems.
    pub fn errors(&self) -> &[SpecError] {
        &self.0
    }
}

/// Nobody reads on after so many mistakes; a file of another kind, taken for a spec, would have millions.
pub(super) const MOST_MISTAKES: usize = 200;

/// No name that is suggested is longer, in bytes; two long ones take long to compare.
const LONGEST_SUGGESTED: usize = 100;

/// The name closest to `wrong` among `names`, where one is close enough to be meant.
pub fn nearest<'n>(wrong: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let near = |name: &str| strsim::damerau_levenshtein(&wrong.to_lowercase(), &name.to_lowercase());
    let names = names.into_iter().filter(|n| n.len().max(wrong.len()) <= LONGEST_SUGGESTED);
    let (distance, name) = names.map(|n| (near(n), n)).min()?;
    (distance <= 1 + wrong.chars().count().max(name.chars().count()) / 4).then_some(name)
}

/// A type in words that a TOML file uses, from serde's or Rust's name for it.
pub fn plain_type(name: &str) -> String {
    match name {
        "usize" | "u64" | "u32" => "a whole number, 0 or more",
        "i64" | "i32" => "a whole number",
        "f64" | "f32" => "a number",
        "bool" | "a boolean" => "true or false",
        "String" | "a string" => "a text in quotes",
        "a sequence" => "a list",
        "a map" => "a table",
        _ if name.starts_with("struct ") => "a table",
        _ if name.starts_with("an array of length 2") => "a list of two values",
        other => other,
    }
    .to_owned()
}

/// A word with its article: "an array".
pub fn article(word: &str) -> String {
    let an = word.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {word}", if an { "an" } else { "a" })
}

/// Turns serde's message into the house's: problem; allowed; did you mean.
pub fn plain(message: &str) -> String {
    let Some((problem, expected)) = message.split_once(", expected ") else { return message.to_owned() };
    if !problem.starts_with("unknown ") && !problem.starts_with("no ") {
        return format!("{problem}; allowed: {}", plain_type(expected));
    }
    let names: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    let wrong = problem.split('`').nth(1).unwrap_or_default();
    let problem = problem.replacen("unknown field", "unknown key", 1).replacen("unknown variant", "unknown value", 1);
    let problem = if problem.starts_with("unknown key") { "unknown key".to_owned() } else { problem };
    if names.is_empty() {
        return format!("{problem}; allowed: none");
    }
    let meant = nearest(wrong, names.iter().copied()).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
    format!("{problem}; allowed: {}{meant}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serde_messages_become_plain_ones_with_a_suggestion() {
        let said = plain("unknown field `epoch`, expected one of `epochs`, `batch_size`");
        assert_eq!(said, "unknown key; allowed: epochs, batch_size; did you mean `epochs`?");
        let said = plain("unknown architecture `cnn-3d`, expected one of `cnn-1d`, `cnn-2d`");
        assert_eq!(said, "unknown architecture `cnn-3d`; allowed: cnn-1d, cnn-2d; did you mean `cnn-1d`?");
        let said = plain("invalid type: string \"many\", expected usize");
        assert_eq!(said, "invalid type: string \"many\"; allowed: a whole number, 0 or more");
        assert_eq!(plain("unknown field `x`, expected none"), "unknown key; allowed: none");
    }

    #[test]
    fn only_near_names_are_suggested() {
        assert_eq!(nearest("learning_rte", ["learning_rate", "beta_1"]), Some("learning_rate"));
        assert_eq!(nearest("colour", ["learning_rate", "beta_1"]), None);
    }
}
