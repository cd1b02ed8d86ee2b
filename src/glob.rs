//! Names by pattern: with `*` (any text) and `?` (any character).

/// Whether `name` fits `pattern` as a whole.
pub fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    // fits[j]: whether the pattern so far fits the first j characters of the name.
    let mut fits: Vec<bool> = (0..=name.len()).map(|j| j == 0).collect();
    for p in pattern {
        let before = fits.clone();
        for j in 0..=name.len() {
            fits[j] = match p {
                '*' => before[j] || (j > 0 && fits[j - 1]),
                '?' => j > 0 && before[j - 1],
                c => j > 0 && before[j - 1] && name[j - 1] == c,
            };
        }
    }
    fits[name.len()]
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_and_question_marks_stand_for_text() {
        assert!(matches("1d-*", "1d-s0") && matches("*", "") && matches("*-s?", "2d-s1") && matches("2d-s0", "2d-s0"));
        assert!(!matches("1d", "1d-s0") && !matches("?", "") && !matches("*x", "xy"));
    }
}
