use super::*;
use crate::kind::Described;

fn claim(value: f64, n: Option<u64>) -> Claim {
    Claim {
        variant: "2d".into(),
        metric: Metric::Accuracy,
        value,
        n,
        decimals: Some(2),
        protocol: "clips".into(),
        source: String::new(),
    }
}

fn said(claim: &Claim) -> Vec<String> {
    claim.problems(&Context::default()).into_iter().map(|p| format!("{}: {}", p.key, p.message)).collect()
}

#[test]
fn a_claim_is_read_with_its_defaults_and_an_unknown_key_is_refused() {
    let read: Claim = toml::from_str("variant = \"2d\"\nvalue = 0.8766\nprotocol = \"clips\"\n").unwrap();
    assert_eq!(read, Claim { decimals: None, ..claim(0.8766, None) });
    assert_eq!(read.decimals(), 2, "as written");
    let coarse = Claim { value: 0.9, n: Some(144), ..read.clone() };
    assert_eq!((coarse.decimals(), coarse.impossible()), (0, None), "130 of 144 are 90 %");
    assert!(Claim { decimals: Some(2), ..coarse }.impossible().is_some(), "and not 90.00 %");
    assert_eq!(said(&read), Vec::<String>::new());
    let all = "variant = \"2d\"\nmetric = \"weighted-f1\"\nvalue = 0.592\nn = 2233\ndecimals = 1\nprotocol = \"rows\"\n\
               source = \"README\"\n";
    let read: Claim = toml::from_str(all).unwrap();
    assert_eq!((read.metric, read.n, read.decimals, read.digits()), (Metric::WeightedF1, Some(2233), Some(1), 3));
    assert_eq!(toml::to_string(&read).unwrap(), all);
    let error = toml::from_str::<Claim>("variant = \"2d\"\nvalue = 0.5\nprotocol = \"clips\"\nclips = 3").unwrap_err();
    assert!(error.message().contains("unknown field `clips`"), "{error}");
    assert!(toml::from_str::<Claim>("variant = \"2d\"\nvalue = 0.5").unwrap_err().message().contains("protocol"));
}

#[test]
fn what_cannot_be_meant_is_named_by_key() {
    let wrong = Claim {
        metric: Metric::Loss,
        value: 87.66,
        n: Some(0),
        decimals: Some(11),
        protocol: " ".into(),
        ..claim(0.5, None)
    };
    assert_eq!(
        said(&wrong),
        [
            "n: 0 is out of range; allowed: 1 or more",
            "decimals: 11 is out of range; allowed: from 0 to 10",
            "metric: `loss` is no share that runs can be held against; allowed: accuracy, uar, weighted-f1, macro-f1",
            "value: 87.66 is out of range; allowed: from 0 to 1; is it 87.66 %?",
            "protocol: it is empty; name the split that it was obtained under, such as `speakers` or `clips`",
        ]
    );
    assert_eq!(said(&claim(f64::NAN, None)), ["value: NaN is out of range; allowed: from 0 to 1"]);
    assert_eq!(said(&claim(-0.1, None)), ["value: -0.1 is out of range; allowed: from 0 to 1"]);
    assert_eq!(
        said(&claim(0.87661, None)),
        ["value: 0.87661 has more digits than a percentage with 2 decimals; round it to 4, or write decimals = 3"]
    );
    assert_eq!(
        said(&claim(0.1 + 0.2, None)),
        ["value: 0.30000000000000004 has more digits than a percentage with 2 decimals; round it to 4"]
    );
    assert_eq!(said(&claim(0.0, Some(1))), Vec::<String>::new());
    assert_eq!(said(&claim(1.0, Some(1))), Vec::<String>::new());
}

#[test]
fn the_published_figures_are_of_twice_the_clips() {
    let found = claim(0.8766, Some(2233)).impossible().unwrap();
    // 1957 / 2233 = 0.87640, 1958 / 2233 = 0.87685.
    let fit = Fit { times: 2, n: 4466, right: 3915 };
    assert_eq!(found, Impossible { n: 2233, below: 1957, above: 1958, fits: Some(fit), tried: 4 });
    assert_eq!(claim(0.5605, Some(2233)).impossible().unwrap().fits.map(|f| f.right), Some(2503));
    assert_eq!(claim(0.5920, Some(2233)).impossible(), None);
    assert_eq!(claim(0.8766, Some(4466)).impossible(), None);
}

#[test]
fn what_no_small_multiple_gives_fits_nothing_and_what_all_would_give_is_not_tried() {
    // k / 10, / 20, ... / 50: 0.1234 is none of them.
    let none = claim(0.1234, Some(10)).impossible().unwrap();
    assert_eq!((none.below, none.above, none.fits, none.tried), (1, 2, None, 5));
    // Two decimals of a share, 60 clips: with 120 of them every share is possible.
    let coarse = Claim { decimals: Some(0), ..claim(0.09, Some(60)) }.impossible().unwrap();
    assert_eq!((coarse.below, coarse.above, coarse.fits, coarse.tried), (5, 6, None, 1));
}

#[test]
fn only_an_accuracy_over_a_known_number_of_clips_can_be_impossible() {
    assert_eq!(claim(0.8766, None).impossible(), None);
    assert_eq!(claim(0.8766, Some(0)).impossible(), None);
    assert_eq!(Claim { metric: Metric::Uar, ..claim(0.8766, Some(2233)) }.impossible(), None);
    assert_eq!(claim(0.9999, Some(10)).impossible().map(|i| (i.below, i.above)), Some((9, 10)));
    assert_eq!(claim(1.0, Some(10)).impossible(), None);
}

#[test]
fn rounding_counts_as_inside() {
    let claim = Claim { decimals: Some(1), ..claim(0.877, None) };
    // From 87.65 to 87.75 % before it was rounded.
    assert!(claim.lies_in(0.8775, 0.9) && claim.lies_in(0.8, 0.8765) && claim.lies_in(0.877, 0.877));
    assert!(!claim.lies_in(0.877_501, 0.9) && !claim.lies_in(0.8, 0.876_499));
}

#[test]
fn rulings_are_written_in_their_words() {
    for ruling in
        [Ruling::Reproduced, Ruling::NotReproduced, Ruling::CannotTell, Ruling::ProtocolDiffers, Ruling::Impossible]
    {
        assert_eq!(serde_json::to_string(&ruling).unwrap(), format!("\"{ruling}\""));
    }
}
