use super::*;

/// Figures in points with 4 points of interval at either side; each step costs what it does, give or take 5.
pub(super) fn variant(name: &str, rows: &[(&str, &str, f64)]) -> BillVariant {
    let row = |(i, (protocol, price, points)): (usize, &(&str, &str, f64))| {
        let change = i.checked_sub(1).map(|b| (points - rows[b].2) / 100.0);
        BillRow {
            protocol: (*protocol).to_owned(),
            tested: if i == 0 { "n = 864 (782 clips)".to_owned() } else { "n = 432 clips".to_owned() },
            value: points / 100.0,
            interval: Some(((points - 4.0).max(0.0) / 100.0, (points + 4.0).min(100.0) / 100.0)),
            price: (*price).to_owned(),
            change: change.map(|c| [c, c - 0.05, c + 0.05]),
            leaks: i + 1 < rows.len(),
        }
    };
    BillVariant { name: name.to_owned(), chance: 0.125, rows: rows.iter().enumerate().map(row).collect() }
}

const NOTE_TEXT: &str = "Means over 5 seeds (0, 1, 2, 3, 4), the same under every protocol. Whiskers: 95 % \
                         intervals; in brackets those of the steps, over networks and speakers.";

#[test]
fn nothing_is_cut_off_whatever_is_billed() {
    let typical = variant("1d", &[("rows", "", 87.7), ("clips", "twins", 63.6), ("speakers", "speakers", 59.4)]);
    let gained = variant("2d", &[("rows", "", 40.0), ("clips", "twins", 41.0), ("speakers", "speakers", 60.0)]);
    let long = variant(
        "2d-with-a-very-long-name-without-augment.background-noise",
        &[("rows-with-copies", "", 100.0), ("k-fold by clips", "selection on the test rows and twins", 0.0)],
    );
    let one = variant("single", &[("speakers", "", 59.4)]);
    let many =
        variant("m", &[("a", "", 90.0), ("b", "p1", 80.0), ("c", "p2", 70.0), ("d", "p3", 60.0), ("e", "p4", 5.0)]);
    let title =
        "Does a mel spectrogram beat ZCR + energy when no speaker is in both training and test, and by how much?";
    for (i, variants) in [
        vec![typical.clone()],
        vec![gained.clone()],
        vec![one.clone()],
        vec![typical.clone(), gained, long.clone()],
        vec![many, long, one, typical],
        Vec::new(),
    ]
    .into_iter()
    .enumerate()
    {
        for title in ["exp", title] {
            let scene = bill(&variants, "accuracy", title, NOTE_TEXT);
            assert_eq!(scene.flaws(), [""; 0], "bill {i}");
            assert!(!scene.svg().contains("NaN"));
        }
    }
}

#[test]
fn figures_that_are_not_there_are_not_drawn() {
    let mut v = variant("1d", &[("rows", "", 87.7), ("speakers", "speakers", 59.4)]);
    v.rows[0].interval = None;
    (v.rows[1].value, v.rows[1].change) = (f64::NAN, Some([f64::NAN; 3]));
    let scene = bill(&[v], "UAR", "exp", "");
    assert!(!scene.svg().contains("NaN"));
    assert_eq!(scene.flaws(), [""; 0]);
}

#[test]
fn a_loss_stands_beside_the_bar_and_a_gain_lies_within_it() {
    let rects = |points: f64| -> Vec<[f64; 4]> {
        let scene = bill(&[variant("1d", &[("a", "", 50.0), ("b", "x", points)])], "accuracy", "t", "");
        scene
            .shapes
            .iter()
            .filter_map(|s| if let Shape::Rect(at, colour) = s { (*colour != PAPER).then_some(*at) } else { None })
            .collect()
    };
    let right = |r: &[f64; 4]| r[0] + r[2];
    let [first, second, lost] = rects(30.0).try_into().unwrap();
    assert!((right(&second) - lost[0]).abs() < 1e-9 && (right(&lost) - right(&first)).abs() < 1e-9);
    let [first, second, gained] = rects(70.0).try_into().unwrap();
    assert!((gained[0] - right(&first)).abs() < 1e-9 && (right(&gained) - right(&second)).abs() < 1e-9);
    assert_eq!(rects(50.0).len(), 2);
}

#[test]
fn changes_are_told_with_their_sign_and_doubts() {
    assert_eq!([-0.2412, 0.0132, -0.0001, 0.0].map(signed), ["\u{2212}24.1", "+1.3", "0.0", "0.0"]);
    let v = variant("1d", &[("rows", "", 87.7), ("clips", "twins", 63.6), ("speakers", "speakers", 61.0)]);
    let scene = bill(&[v], "accuracy", "t", "");
    let texts: Vec<&str> = scene.texts().map(|t| t.text.as_str()).collect();
    for words in
        ["\u{2212}24.1 twins", "[\u{2212}29.1, \u{2212}19.1]", "[\u{2212}7.6, +2.4] unclear", "rows (LEAK)", "87.7"]
    {
        assert!(texts.contains(&words), "{words} in {texts:?}");
    }
    assert!(texts.contains(&"chance (12.5)"));
}

#[test]
fn a_leak_has_one_colour_in_all_variants() {
    let a = variant("a", &[("rows", "", 80.0), ("clips", "twins", 60.0), ("speakers", "speakers", 50.0)]);
    let b = variant("b", &[("clips", "", 60.0), ("speakers", "speakers", 50.0)]);
    assert_eq!(prices(&[a, b]), ["twins", "speakers"]);
}
