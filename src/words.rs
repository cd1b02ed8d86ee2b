//! Counts and names as they stand in sentences and commands; what is counted is not known here.

/// `1 clip`, `2 clips`, `2 classes`.
pub fn counted(count: usize, thing: &str) -> String {
    match (count, thing.ends_with('s')) {
        (1, _) => format!("1 {thing}"),
        (_, true) => format!("{count} {thing}es"),
        (_, false) => format!("{count} {thing}s"),
    }
}

/// `1 file is`, `2 files are`.
pub fn counted_are(count: usize, thing: &str) -> String {
    format!("{} {}", counted(count, thing), if count == 1 { "is" } else { "are" })
}

/// A name as a shell takes it for one word: in quotes where it holds more than letters, digits and what means nothing to a shell.
pub fn in_shell(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./=+,:@%".contains(c);
    match !name.is_empty() && name.chars().all(is_plain) {
        true => name.to_owned(),
        false => format!("'{}'", name.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_not_said_to_be_many() {
        assert_eq!([counted(1, "class"), counted(2, "class"), counted(0, "bin")], ["1 class", "2 classes", "0 bins"]);
        assert_eq!([counted_are(1, "file"), counted_are(3, "file")], ["1 file is", "3 files are"]);
    }

    #[test]
    fn names_that_a_shell_would_take_apart_are_quoted() {
        for plain in ["spec.toml", "runs/a-b_c/1d=2.toml", "größe.toml"] {
            assert_eq!(in_shell(plain), plain);
        }
        for (name, quoted) in [("my spec.toml", "'my spec.toml'"), ("it's", r"'it'\''s'"), ("a*", "'a*'"), ("", "''")] {
            assert_eq!(in_shell(name), quoted);
        }
    }
}
