use super::*;

#[test]
fn a_setting_is_told_with_default_range_unit_and_type_in_tomls_words() {
    insta::assert_snapshot!(explain("train.early_stopping.patience").unwrap(), @r"
    train.early_stopping.patience
      Epochs in a row without improvement after which training ends.
      default: 10; allowed: from 1 to 100000; unit: epochs; a whole number
    ");
    insta::assert_snapshot!(explain("stack").unwrap(), @r#"
    stack
      How several features become one input.
      default: "channels"; "channels" or "bins" or "time"
        "channels"  Each feature is one channel, [features, bins, frames]; all have the same bins.
        "bins"      Features follow each other on the bin axis, [1, sum of bins, frames]; bins may differ. For 1D networks, which read each bin as a channel.
        "time"      Features follow each other in time, [1, bins, features * frames]; all have the same bins.
    "#);
    insta::assert_snapshot!(explain("log-mel.norm").unwrap(), @r#"
    features[].log-mel.norm
      "slaney" gives all bands about the same area, "none" peaks of 1.
      default: "slaney"; "slaney" or "none"
        "slaney"  Each filter is divided by half its width in Hz, so that all have about the same area (Slaney's Auditory Toolbox).
        "none"    Peaks of 1.
    "#);
}

#[test]
fn what_people_ask_for_is_found() {
    for key in [
        "train.early_stopping.patience",
        "train.gradient_clip.norm.max",
        "train.schedule.warm-up.then",
        "stack",
        "lr",
        "classes",
        "ablate.x.drop",
        "variants.x.like",
        "published.decimals",
        "augment.copies",
        "model.dropout",
        "log-mel",
        "optimizer",
        "clips",
    ] {
        assert!(explain(key).is_ok(), "{key}");
    }
    let wrong = explain("train.epoch").unwrap_err();
    assert_eq!(wrong, "nothing is called `train.epoch`; did you mean `train.epochs`? (`serlab kinds` lists all kinds)");
}

#[test]
fn a_room_is_found_by_its_key_and_by_what_its_kinds_are_called() {
    for name in ["corpus", "corpora", "split", "split protocols", "feature", "features", "scale", "scalers", "augment"]
        .into_iter()
        .chain(["augmentations", "model", "architectures", "optimizer", "schedule", "loss", "gradient_clip"])
    {
        assert_eq!(kinds_text(Some(name)).unwrap().matches("(written under").count(), 1, "{name}");
    }
    assert!(kinds_text(Some("modle")).unwrap_err().contains("did you mean `model`?"));
    let all = kinds_text(None).unwrap();
    assert_eq!(all.matches("(written under").count(), room_names().len());
}

#[test]
fn which_entry_of_a_list_is_meant_changes_nothing_of_what_it_is() {
    let of_any = explain("features[].log-mel.n_mels").unwrap();
    for path in ["features[0].log-mel.n_mels", "features.0.log-mel.n_mels", "features[3].n_mels"] {
        let said = explain(path).unwrap();
        assert!(said.starts_with(&of_any) || said.contains("log-mel.n_mels"), "{path}: {said}");
    }
    assert_eq!(explain("features[0].log-mel.n_mels").unwrap(), of_any);
}

#[test]
fn what_must_be_given_is_not_described_as_empty() {
    for key in ["ravdess.root", "crema-d.root", "manifest.path", "split.file.path", "background.folder"] {
        let said = explain(key).unwrap();
        assert!(said.contains("must be given") && !said.contains("default"), "{key}: {said}");
    }
    assert!(explain("manifest.root").unwrap().contains("default: \"\""));
}
