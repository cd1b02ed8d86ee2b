//! Names that may be one: `Angry` and `angry`, `s1` and `s01`, an umlaut in one character and in two.
//!
//! To a program these are as different as any two names; to whoever wrote them they were the same speaker or label. Nothing
//! is merged by this: it is told, and a person decides.

use std::collections::BTreeMap;

/// Groups of different names that look alike, each sorted, in the order of their first names.
pub fn alike<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<Vec<&'a str>> {
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for name in names {
        let group = groups.entry(look(name)).or_default();
        if let Err(place) = group.binary_search(&name) {
            group.insert(place, name);
        }
    }
    let mut alike: Vec<Vec<&str>> = groups.into_values().filter(|group| group.len() > 1).collect();
    alike.sort();
    alike
}

/// What a name looks like: without white space and invisible characters, in lower case, letters apart from their marks,
/// numbers without leading zeros. Two names look alike where this is the same.
pub fn look(name: &str) -> String {
    let mut look = String::with_capacity(name.len());
    let seen = |c: &char| !c.is_whitespace() && !c.is_control() && !INVISIBLE.contains(c);
    for letter in name.chars().filter(seen).flat_map(char::to_lowercase) {
        apart(letter, &mut look);
    }
    without_leading_zeros(&look)
}

/// Whether a name is what tables hold where nothing is known: nothing, `NA`, `nan`, `null`, `none`, ...
pub fn is_blank(name: &str) -> bool {
    const BLANK: [&str; 12] = ["", "na", "n/a", "#n/a", "nan", "<na>", "null", "none", "nil", "-", "?", "#value!"];
    BLANK.contains(&look(name).as_str())
}

/// Zero-width characters, joiners, the byte-order mark and the soft hyphen.
const INVISIBLE: [char; 7] = ['\u{ad}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{2060}', '\u{feff}'];

/// Letters with a mark, as Unicode takes them apart (UnicodeData.txt, canonical decompositions): the mark, letters with it,
/// the same without it. Latin, Greek, Cyrillic and Kana, small letters.
const MARKED: [(char, &str, &str); 31] = [
    ('\u{300}', "àèìòùǜǹѐѝḕṑẁầằềồờừỳἂἃἒἓἢἣἲἳὂὃὒὓὢὣὰὲὴὶὸὺὼῒῢ", "aeiouünеиēōwâăêôơưyἀἁἐἑἠἡἰἱὀὁὐὑὠὡαεηιουωϊϋ"),
    (
        '\u{301}',
        "áéíóúýćĺńŕśźǘǵǻǽǿάέήίόύώΐΰϓѓќḉḗḯḱḿṍṓṕṹẃấắếốớứἄἅἔἕἤἥἴἵὄὅὔὕὤὥ",
        "aeiouyclnrszügåæøαεηιουωϊϋϒгкçēïkmõōpũwâăêôơưἀἁἐἑἠἡἰἱὀὁὐὑὠὡ",
    ),
    ('\u{302}', "âêîôûĉĝĥĵŝŵŷẑậệộ", "aeioucghjswyzạẹọ"),
    ('\u{303}', "ãñõĩũṽẫẵẽễỗỡữỹ", "anoiuvâăeêôơưy"),
    ('\u{304}', "āēīōūǖǟǡǣǭȫȭȱȳӣӯḡḹṝᾱῑῡ", "aeiouüäȧæǫöõȯyиуgḷṛαιυ"),
    ('\u{306}', "ăĕğĭŏŭўйӂӑӗḝặᾰῐῠ", "aegiouуижаеȩạαιυ"),
    ('\u{307}', "ċėġżȧȯḃḋḟḣṁṅṗṙṡṥṧṩṫẇẋẏẛ", "cegzaobdfhmnprsśšṣtwxyſ"),
    ('\u{308}', "äëïöüÿϊϋϔёїӓӛӝӟӥӧӫӭӱӵӹḧṏṻẅẍẗ", "aeiouyιυϒеіаәжзиоөэучыhõūwxt"),
    ('\u{309}', "ảẩẳẻểỉỏổởủửỷ", "aâăeêioôơuưy"),
    ('\u{30a}', "åůẘẙ", "auwy"),
    ('\u{30b}', "őűӳ", "ouу"),
    ('\u{30c}', "čďěľňřšťžǎǐǒǔǚǧǩǯǰȟ", "cdelnrstzaiouügkʒjh"),
    ('\u{30f}', "ȁȅȉȍȑȕѷ", "aeioruѵ"),
    ('\u{311}', "ȃȇȋȏȓȗ", "aeioru"),
    ('\u{313}', "ἀἐἠἰὀὐὠῤ", "αεηιουωρ"),
    ('\u{314}', "ἁἑἡἱὁὑὡῥ", "αεηιουωρ"),
    ('\u{31b}', "ơư", "ou"),
    ('\u{323}', "ḅḍḥḳḷṃṇṛṣṭṿẉẓạẹịọợụựỵ", "bdhklmnrstvwzaeioơuưy"),
    ('\u{324}', "ṳ", "u"),
    ('\u{325}', "ḁ", "a"),
    ('\u{326}', "șț", "st"),
    ('\u{327}', "çģķļņŗşţȩḑḩ", "cgklnrstedh"),
    ('\u{328}', "ąęįųǫ", "aeiuo"),
    ('\u{32d}', "ḓḙḽṋṱṷ", "delntu"),
    ('\u{32e}', "ḫ", "h"),
    ('\u{330}', "ḛḭṵ", "eiu"),
    ('\u{331}', "ḇḏḵḻṉṟṯẕẖ", "bdklnrtzh"),
    ('\u{342}', "ἆἇἦἧἶἷὖὗὦὧᾶῆῖῗῦῧῶ", "ἀἁἠἡἰἱὐὑὠὡαηιϊυϋω"),
    ('\u{345}', "ᾀᾁᾂᾃᾄᾅᾆᾇᾐᾑᾒᾓᾔᾕᾖᾗᾠᾡᾢᾣᾤᾥᾦᾧᾲᾳᾴᾷῂῃῄῇῲῳῴῷ", "ἀἁἂἃἄἅἆἇἠἡἢἣἤἥἦἧὠὡὢὣὤὥὦὧὰαάᾶὴηήῆὼωώῶ"),
    (
        '\u{3099}',
        "がぎぐげござじずぜぞだぢづでどばびぶべぼゔゞガギグゲゴザジズゼゾダヂヅデドバビブベボヴヷヸヹヺヾ",
        "かきくけこさしすせそたちつてとはひふへほうゝカキクケコサシスセソタチツテトハヒフヘホウワヰヱヲヽ",
    ),
    ('\u{309a}', "ぱぴぷぺぽパピプペポ", "はひふへほハヒフヘホ"),
];

/// Appends a letter, taken apart as far as it can be.
fn apart(letter: char, to: &mut String) {
    let marked = |(mark, with, without): &(char, &str, &'static str)| {
        let place = with.chars().position(|c| c == letter)?;
        Some((without.chars().nth(place)?, *mark))
    };
    if let Some((base, mark)) = (!letter.is_ascii()).then(|| MARKED.iter().find_map(marked)).flatten() {
        apart(base, to);
        to.push(mark);
    } else if let Some(syllable) = u32::from(letter).checked_sub(0xAC00).filter(|s| *s < 11_172) {
        // A Hangul syllable is arithmetic: first, middle and, where there is one, last sound.
        let (first, middle, last) = (syllable / 588, syllable % 588 / 28, syllable % 28);
        let sounds = [0x1100 + first, 0x1161 + middle, 0x11A7 + last];
        to.extend(sounds.iter().take(if last == 0 { 2 } else { 3 }).filter_map(|sound| char::from_u32(*sound)));
    } else {
        to.push(letter);
    }
}

fn without_leading_zeros(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut in_number = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let leads = letter == '0' && !in_number && letters.peek().is_some_and(char::is_ascii_digit);
        if !leads {
            // Behind a decimal point zeros count.
            in_number = letter.is_ascii_digit() || in_number && matches!(letter, '.' | ',');
            kept.push(letter);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_case_space_form_or_leading_zeros_look_alike() {
        for [one, other] in [
            ["Angry", "angry"],
            ["s 1", "S1"],
            ["angry\u{a0}", "angry"],
            ["an\u{200b}gry", "angry"],
            ["s01", "s1"],
            ["007", "7"],
            ["a0", "a00"],
            ["caf\u{e9}", "cafe\u{301}"],
            ["\u{1ea4}n", "A\u{302}\u{301}n"],
            ["\u{d55c}\u{ae00}", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}"],
            ["\u{30ac}", "\u{30ab}\u{3099}"],
            ["\u{419}", "\u{438}\u{306}"],
        ] {
            assert_eq!(look(one), look(other), "{one} {other}");
        }
        for [one, other] in [["s1", "s10"], ["s1", "s11"], ["cafe", "caf\u{e9}"], ["a1b", "a10b"], ["1.05", "1.5"]] {
            assert_ne!(look(one), look(other), "{one} {other}");
        }
    }

    #[test]
    fn groups_hold_each_name_once() {
        assert_eq!(alike(["sad", "b", "Sad", "sad", "B", "c", "SAD"]), [vec!["B", "b"], vec!["SAD", "Sad", "sad"]]);
        assert_eq!(alike(["a", "a"]), Vec::<Vec<&str>>::new());
    }

    #[test]
    fn what_tables_hold_for_nothing_is_known() {
        assert!(["NA", "nan", " NaN ", "", " ", "N/A", "None", "NULL", "?"].into_iter().all(is_blank));
        assert!(!["Nancy", "n", "s0", "neutral", "nana"].into_iter().any(is_blank));
    }

    #[test]
    fn the_table_of_marks_is_whole() {
        for (mark, with, without) in MARKED {
            assert_eq!(with.chars().count(), without.chars().count(), "{mark:?}");
        }
    }
}
