//! What is known of the runs of a variant before they are trained.

use super::{Design, PlanError, Remarks, RunPlan, of_each_fold};
use crate::split::{Fold, Sizes};
use std::collections::BTreeSet;

/// What the runs of a variant can show, what one must know of their rows, and how many rows there are.
#[derive(Debug, Clone)]
pub struct Outlook {
    /// What they can show.
    pub design: Design,
    /// What one must know to read their figures.
    pub remarks: Remarks,
    /// How many rows of what each has, in the order of the runs.
    pub sizes: Vec<Sizes>,
}

impl Outlook {
    /// That of the runs of one variant.
    ///
    /// # Errors
    /// A split that does not fit the corpus.
    pub fn of(runs: &[RunPlan]) -> Result<Self, PlanError> {
        let of = |run: &RunPlan, fold: &Fold| (Tested::of(run, fold), Sizes::of(&run.recordings.items(), fold));
        let (rows, sizes): (Vec<Tested>, Vec<Sizes>) = of_each_fold(runs, of)?.into_iter().unzip();
        Ok(Self { design: Design::of(runs, &rows), remarks: Remarks::of(runs, &rows), sizes })
    }
}

/// What a run tests, and what it has no rows of.
#[derive(Debug)]
pub(super) struct Tested {
    /// The tested clips, each once, in order.
    pub(super) clips: Vec<usize>,
    /// Whether somebody is both trained on and tested on.
    pub(super) known_speakers: bool,
    /// Clips that are in no partition.
    pub(super) left_out: usize,
    /// Clips that a split file lists and the selection of clips leaves out.
    pub(super) passed_over: usize,
}

impl Tested {
    fn of(run: &RunPlan, fold: &Fold) -> Self {
        // Rows are in order of clip, and a clip may have several.
        let mut clips: Vec<usize> = fold.test.rows().iter().map(|row| row.clip).collect();
        clips.dedup();
        let speaker = |clip: usize| run.recordings.clips[clip].speaker.as_str();
        let learned: BTreeSet<&str> = fold.train.rows().iter().map(|row| speaker(row.clip)).collect();
        let known_speakers = clips.iter().any(|clip| learned.contains(speaker(*clip)));
        Self { clips, known_speakers, left_out: fold.left_out, passed_over: fold.passed_over }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{DecodedAudioHashes, Recordings};
    use crate::plan::preview;
    use crate::spec::Spec;
    use std::sync::Arc;

    fn runs(more: &str) -> Vec<RunPlan> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spec.toml");
        let common = "train.early_stopping = \"none\"\nfeatures = [{ zcr = {} }]\nmodel.mlp = {}\ncorpus.crema-d = { root = \"no\" }\n";
        std::fs::write(&path, format!("{common}{more}")).unwrap();
        let spec = Spec::load(&path, &[], &[]).unwrap();
        preview(&spec, spec.cells().unwrap(), &DecodedAudioHashes::open(None)).unwrap().plan.runs
    }

    #[test]
    fn what_is_said_of_many_folds_is_that_of_each_fold_alone() {
        let runs = runs("seeds = [3, 1]\nsplit.k-fold = { folds = 4 }");
        let outlook = Outlook::of(&runs).unwrap();
        let alone: Vec<Fold> = runs.iter().map(|run| run.fold().unwrap()).collect();
        let sizes: Vec<Sizes> = alone.iter().map(|fold| Sizes::of(&runs[0].recordings.items(), fold)).collect();
        assert_eq!(outlook.sizes, sizes);
        assert_eq!((outlook.design.seeds, outlook.design.folds, outlook.design.speakers), (2, 4, 91));
        assert_eq!(of_each_fold(&runs, |_, fold| fold.clone()).unwrap(), alone);
    }

    #[test]
    fn folds_of_each_speaker_are_told_for_many_seeds() {
        // 91 folds, each divided anew for all 91, would take the better part of a minute.
        let runs = runs("seeds = [0, 1, 2, 3, 4]\nsplit.leave-one-speaker-out = {}");
        let outlook = Outlook::of(&runs).unwrap();
        assert_eq!((outlook.sizes.len(), outlook.design.networks()), (455, 455));
    }

    #[test]
    fn cells_are_split_alike_where_clips_protocol_and_copies_are_the_same() {
        let of = |more: &str| runs(more).remove(0);
        let (plain, copied) = (of("split.k-fold = {}"), of("split.k-fold = {}\naugment = [{ gain = {}, copies = 1 }]"));
        let alike = |a: &RunPlan, b: &RunPlan, clips: &Arc<Recordings>| {
            crate::plan::split_alike((a.setup(), &plain.recordings), (b.setup(), clips))
        };
        assert!(alike(&plain, &plain, &plain.recordings) && !alike(&plain, &copied, &plain.recordings));
        assert!(!alike(&plain, &plain, &copied.recordings), "other clips");
        assert!(!alike(&plain, &of("split.k-fold = { folds = 4 }"), &plain.recordings));
    }
}
