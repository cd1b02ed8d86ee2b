use super::*;

crate::settings! {
    /// A test table.
    pub struct Small {
        /// A count.
        pub count: usize = 3, in 1..=9;
        /// A share.
        pub share: Option<f64> = None, in above(0.0);
    }
    check: Small::not_both;
}
crate::settings! {
    /// Nothing to set.
    pub struct Empty {}
    check: ranges;
}
crate::settings! {
    /// A table with what another has.
    pub struct Wide {
        include pub small: Small = Small { count: 5, share: None };
        /// A list of kinds.
        pub things: Vec<Thing> = Vec::new();
    }
    check: ranges;
}
crate::kinds! {
    /// Test kinds.
    pub enum Thing("thing") {
        /// The small one.
        "small" => Small(Small),
        "empty-one" => Empty(Empty),
    }
}

impl Small {
    fn not_both(&self, _: &Context) -> Vec<Problem> {
        let both = self.count == 9 && self.share.is_some();
        both.then(|| Problem::new("share", "given beside a count of 9")).into_iter().collect()
    }
}

fn said(value: &impl Described) -> Vec<String> {
    let problems = value.problems(&Context::at_rate(16_000));
    problems.iter().map(|p| format!("{}: {}", p.key, p.message)).collect()
}

#[test]
fn a_kind_reads_back_as_written() {
    for text in ["[small]\ncount = 4\nshare = 0.5\n", "[small]\ncount = 3\nshare = \"none\"\n", "[empty-one]\n"] {
        let thing: Thing = toml::from_str(text).unwrap();
        assert_eq!(toml::to_string(&thing).unwrap(), text);
    }
}

#[test]
fn a_second_kind_an_unknown_one_and_a_text_are_errors() {
    let error = |text: &str| toml::from_str::<Thing>(text).unwrap_err().to_string();
    assert!(error("small = {}\nempty-one = {}").contains("a second thing beside `small`"));
    assert!(error("smal = {}").contains("unknown thing `smal`, expected one of `small`, `empty-one`"));
    assert!(error("").contains("no thing is named"));
    let text = toml::from_str::<Wide>("things = [\"small\"]").unwrap_err().to_string();
    assert!(text.contains("write { small = {} }"), "{text}");
}

#[test]
fn ranges_are_checked_and_explained() {
    assert_eq!(
        said(&Small { count: 0, share: Some(0.0) }),
        ["count: 0 is out of range; allowed: from 1 to 9", "share: 0 is out of range; allowed: above 0"]
    );
    let entries = Small::entries();
    assert_eq!(entries[0].shown_default().as_deref(), Some("3"));
    assert_eq!(entries[1].shown_default().as_deref(), Some("\"none\""));
    assert_eq!(entries[1].range.unwrap().to_string(), "above 0");
    assert_eq!(entries[1].words(), "a number or \"none\"");
}

#[test]
fn what_does_not_fit_together_is_found_at_any_depth() {
    let wide: Wide = toml::from_str("count = 9\nshare = 1\nthings = [{ small = { count = 9, share = 2 } }]").unwrap();
    assert_eq!(said(&wide), ["things[0].small.share: given beside a count of 9", "share: given beside a count of 9"]);
}

#[test]
fn an_included_table_stands_in_the_one_that_includes_it() {
    let wide: Wide = toml::from_str("share = 0.5").unwrap();
    assert_eq!(wide.small, Small { count: 5, share: Some(0.5) });
    assert_eq!(toml::to_string(&wide).unwrap(), "things = []\ncount = 5\nshare = 0.5\n");
    assert_eq!(Wide::table().names(), ["things", "count", "share"]);
    assert_eq!(Wide::table().entries[1].shown_default().as_deref(), Some("5"), "the default is the including table's");
    let error = toml::from_str::<Wide>("cuont = 2").unwrap_err().to_string();
    assert!(error.contains("unknown field `cuont`, expected one of `things`, `count`, `share`"), "{error}");
    let double = toml::from_str::<Wide>("small = {}").unwrap_err().to_string();
    assert!(double.contains("unknown field `small`"), "{double}");
}

#[test]
fn a_kind_without_words_in_the_list_has_those_of_its_settings() {
    let kinds = Thing::all();
    assert_eq!((kinds[0].doc, kinds[1].doc), ("The small one.", "Nothing to set."));
}
