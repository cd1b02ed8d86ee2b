//! The same experiment under several split protocols, from the least to the most honest.

use super::copies;
use crate::kind::Kinds;
use crate::spec::Cell;
use crate::split::{Clips, FindingKind, Fit, Protocol, Rows, Speakers};

/// The protocols of a bill, from the least to the most honest.
pub const BILLED: [&str; 3] = ["rows", "clips", "speakers"];

/// One step of a bill: a variant under one protocol.
#[derive(Debug, Clone)]
pub struct BillStep {
    /// The protocol, with what is fitted on test rows where that is still done.
    pub protocol: String,
    /// What the step before had and this one has not; empty for the first.
    pub price: &'static str,
    /// The settings, named after variant and protocol; under the spec's own protocol after the variant alone.
    pub cell: Cell,
}

/// Why no bill can be made of a spec.
#[derive(Debug, thiserror::Error)]
pub enum BillError {
    /// Its protocol has no shares to carry over.
    #[error(
        "variant {variant}: a bill carries the shares of `split.speakers`, `split.clips` or `split.rows` from one protocol to the next; `split.{protocol}` has none, name one of the three"
    )]
    NoShares {
        /// The variant.
        variant: String,
        /// Its protocol.
        protocol: &'static str,
    },
    /// Without copies rows are clips.
    #[error(
        "variant {variant}: no augmentation makes copies, so there are no rows to mix; set `copies = 1` beside one, or leave out `rows`"
    )]
    NoCopies {
        /// The variant.
        variant: String,
    },
}

/// The steps of a variant. `protocols` are names of [`BILLED`]; of none, all that make sense are taken. Where the spec fits
/// or selects on test rows, the first step does, too, and the next one is the first that does not.
///
/// # Errors
/// See [`BillError`].
pub fn bill_steps(cell: &Cell, protocols: &[&str]) -> Result<Vec<BillStep>, BillError> {
    let copies = copies(&cell.setup);
    let wanted: Vec<&str> = match protocols {
        [] => BILLED.into_iter().filter(|p| *p != "rows" || copies > 0).collect(),
        named => BILLED.into_iter().filter(|p| named.contains(p)).collect(),
    };
    if wanted.contains(&"rows") && copies == 0 {
        return Err(BillError::NoCopies { variant: cell.name.clone() });
    }
    let fit = &cell.setup.fit;
    let mut steps: Vec<BillStep> = Vec::new();
    for name in wanted {
        let fits: &[&Fit] =
            if steps.is_empty() && *fit != Fit::default() { &[fit, &Fit::default()] } else { &[&Fit::default()] };
        for &fit in fits {
            let step = step(cell, name, fit, steps.last())?;
            steps.push(step);
        }
    }
    Ok(steps)
}

fn step(cell: &Cell, name: &str, fit: &Fit, before: Option<&BillStep>) -> Result<BillStep, BillError> {
    let is_honest = *fit == Fit::default();
    let price = match before {
        None => "",
        Some(before) if before.cell.setup.fit != *fit => "test rows seen in training",
        Some(before) if before.cell.setup.split.name() == "rows" && name == "clips" => "twins",
        Some(before) if before.cell.setup.split.name() == "rows" => "twins and speakers",
        Some(_) => "speakers",
    };
    let (own, own_fit) = (&cell.setup.split, &cell.setup.fit);
    let mut cell = cell.clone();
    cell.setup.split = protocol(&cell, name)?;
    cell.setup.fit = fit.clone();
    cell.setup.audit.allow = cell.setup.split.leaks_by_design().to_vec();
    // Where clips are drawn one by one, duplicates of the corpus are part of what the protocol costs.
    cell.setup.audit.allow.extend((name != "speakers").then_some(FindingKind::SharedAudio));
    let (mut protocol, mut suffix) = (name.to_owned(), name.to_owned());
    if !is_honest {
        cell.setup.audit.allow.extend([FindingKind::FittedOnTest, FindingKind::SelectedOnTest]);
        (protocol, suffix) = (format!("{name}, test rows seen"), format!("{name}-seen"));
    }
    // Under its own protocol the variant keeps its name, so that runs of `serlab run` are taken over.
    let is_own = *own == cell.setup.split && *own_fit == cell.setup.fit;
    cell.name = if is_own { cell.name } else { format!("{}-{suffix}", cell.name) };
    Ok(BillStep { protocol, price, cell })
}

/// The protocol called `name` with the shares of the cell's own; its own where that is the one.
fn protocol(cell: &Cell, name: &str) -> Result<Protocol, BillError> {
    let own = &cell.setup.split;
    let (test, validation) = match own {
        _ if own.name() == name => return Ok(own.clone()),
        Protocol::Speakers(s) => (s.test, s.validation),
        Protocol::Clips(s) => (s.test, s.validation),
        Protocol::Rows(s) => (s.test, s.validation),
        _ => return Err(BillError::NoShares { variant: cell.name.clone(), protocol: own.name() }),
    };
    Ok(match name {
        "rows" => Protocol::Rows(Rows { test, validation }),
        "clips" => Protocol::Clips(Clips { test, validation, ..Clips::default() }),
        _ => Protocol::Speakers(Speakers { test, validation, ..Speakers::default() }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;

    fn cells(text: &str) -> Vec<Cell> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spec.toml");
        let common = "corpus.synth = {}\nfeatures = [{ zcr = {} }]\nmodel.cnn-1d = {}\n";
        std::fs::write(&path, format!("{common}{text}")).unwrap();
        Spec::load(&path, &[], &[]).unwrap().cells().unwrap()
    }

    fn told(steps: &[BillStep]) -> Vec<(&str, &str, &str)> {
        steps.iter().map(|s| (s.cell.name.as_str(), s.protocol.as_str(), s.price)).collect()
    }

    #[test]
    fn shares_are_carried_from_the_least_to_the_most_honest_protocol() {
        let cells = cells("augment = [{ identity = {}, copies = 1 }]\n[split.speakers]\ntest = 0.3\nvalidation = 0.2");
        let steps = bill_steps(&cells[0], &[]).unwrap();
        let expected = [("base-rows", "rows", ""), ("base-clips", "clips", "twins"), ("base", "speakers", "speakers")];
        assert_eq!(told(&steps), expected);
        for step in &steps {
            let text = toml::to_string(&step.cell.setup.split).unwrap();
            assert!(text.contains("test = 0.3") && text.contains("validation = 0.2"), "{text}");
        }
        assert_eq!(steps[2].cell.setup.audit.allow, []);
        let named = bill_steps(&cells[0], &["speakers", "rows"]).unwrap();
        assert_eq!(told(&named)[1], ("base", "speakers", "twins and speakers"));
    }

    #[test]
    fn a_look_at_the_test_rows_is_the_first_step() {
        let steps = bill_steps(&cells("split.speakers = {}\nfit.epoch = \"test\"")[0], &[]).unwrap();
        let expected = [
            ("base-clips-seen", "clips, test rows seen", ""),
            ("base-clips", "clips", "test rows seen in training"),
            ("base-speakers", "speakers", "speakers"),
        ];
        assert_eq!(told(&steps), expected);
    }

    #[test]
    fn what_no_bill_can_be_made_of_says_why() {
        let said = |text: &str, protocols: &[&str]| bill_steps(&cells(text)[0], protocols).unwrap_err().to_string();
        assert!(said("split.k-fold = {}", &[]).contains("`split.k-fold` has none"));
        assert!(said("", &["rows"]).contains("set `copies = 1`"));
    }
}
