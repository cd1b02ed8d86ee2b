use super::*;
use crate::spec::read::read;
use toml::Table;

#[test]
fn the_commented_defaults_are_the_defaults() {
    let written: Table = toml::from_str(&defaults()).unwrap();
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
    assert!(toml::from_str::<Table>(&text).is_ok());
    let uncommented: String = text
        .lines()
        .skip_while(|line| !line.starts_with("# What follows"))
        .skip(1)
        .map(|line| format!("{}\n", line.trim_start_matches("# ")))
        .collect();
    assert!(toml::from_str::<Table>(&uncommented).is_ok(), "{uncommented}");
}
