use super::*;
use crate::spec::Spec;
use crate::spec::read::read;
use toml::Table;

#[test]
fn the_commented_defaults_are_the_defaults() {
    let written: Table = toml::from_str(&(values() + &tables(&[]))).unwrap();
    let stand_ins: Table =
        Setup::entries().iter().filter(|e| e.required).map(|e| (e.name.to_owned(), e.default().unwrap())).collect();
    let (setup, mistakes) = read::<Setup>(written, &stand_ins);
    // What must be given stands in and is missed; nothing else is wrong.
    assert_eq!(mistakes.len(), stand_ins.len(), "{mistakes:?}");
    assert_eq!(setup.unwrap(), Setup::default());
}

#[test]
fn a_spec_to_begin_with_names_the_schema_and_reads() {
    let text = template("mine");
    assert!(text.starts_with("#:schema serlab.schema.json\n# mine: which question"));
    assert!(setups(&text).is_ok());
}

/// The settings of every cell of a spec, or what is wrong with it.
fn setups(text: &str) -> Result<Vec<Setup>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, text).unwrap();
    let cells = Spec::load(&path, &[], &[]).and_then(|spec| spec.cells()).map_err(|e| e.to_string())?;
    Ok(cells.into_iter().map(|cell| cell.setup).collect())
}

#[test]
fn each_default_can_be_changed_where_it_stands_and_holds_for_all_variants() {
    let text = template("mine");
    let lines: Vec<&str> = text.lines().collect();
    let is_setting = |line: &str| {
        line.strip_prefix("# ").is_some_and(|bare| toml::from_str::<Table>(bare).is_ok_and(|t| !t.is_empty()))
    };
    let is_table = |line: &str| line.trim_start_matches("# ").starts_with('[');
    let settings: Vec<usize> = (0..lines.len()).filter(|i| is_setting(lines[*i])).collect();
    assert!(settings.len() > 40, "{} lines", settings.len());
    let uncommented = |wanted: &[usize]| -> String {
        let bare = |(i, line): (usize, &&str)| format!("{}\n", if wanted.contains(&i) { &line[2..] } else { line });
        lines.iter().enumerate().map(bare).collect()
    };
    // The table above belongs to a line; a line before the first table has none.
    let with_table = |line: usize| -> Vec<usize> {
        let above = (0..line).rev().find(|i| is_table(lines[*i]));
        above.filter(|i| lines[*i].starts_with("# ")).into_iter().chain([line]).collect()
    };
    let as_written = setups(&text).unwrap();
    for line in &settings {
        let wanted = if is_table(lines[*line]) { vec![*line] } else { with_table(*line) };
        assert_eq!(setups(&uncommented(&wanted)).as_ref(), Ok(&as_written), "{}", lines[*line]);
    }
    assert_eq!(setups(&uncommented(&settings)), Ok(as_written), "all at once");
}
