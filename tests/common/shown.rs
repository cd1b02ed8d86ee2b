//! What a command did, as one text for a snapshot.

use super::Ended;

impl Ended {
    /// Exit code, standard output and standard error in one text. What differs from run to run is replaced at its width, so
    /// that columns stay: ids by `x`, the digits of times by `0`.
    pub fn shown(&self) -> String {
        let (out, err) = (redacted(&self.out), redacted(&self.err));
        format!("exit code: {}\n----- stdout -----\n{out}\n----- stderr -----\n{err}", self.code)
    }
}

fn redacted(text: &str) -> String {
    let lines = text.trim_end().lines().map(|line| {
        let words: Vec<String> = line.split(' ').map(without_id).collect();
        let is_time = |i: usize| {
            words.get(i + 1).is_some_and(|unit| ["s", "ms", "min", "h"].contains(&unit.trim_end_matches([',', ':'])))
        };
        let shown = words.iter().enumerate().map(|(i, word)| {
            if is_time(i) {
                word.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
            } else {
                word.clone()
            }
        });
        shown.collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A word whose end `-1a2b3c4d` is the id of a run.
fn without_id(word: &str) -> String {
    match word.rsplit_once('-') {
        Some((start, id)) if id.len() == 8 && id.chars().all(|c| c.is_ascii_hexdigit()) => format!("{start}-xxxxxxxx"),
        _ => word.to_owned(),
    }
}
