//! Options that several verbs share.

use super::choices::DeviceName;
use clap::Args;
use std::path::PathBuf;

/// Where features are cached unless it is said.
pub(super) const CACHE: &str = ".cache/serlab";

/// Whether seeds are added.
#[derive(Debug, Args)]
pub struct UntilSettled {
    /// Add seeds until every difference is settled, at looks fixed beforehand, whose levels sum to 5 % (not for variants with
    /// seeds of their own).
    #[arg(long, conflicts_with = "only")]
    pub until_settled: bool,
    /// The most seeds of a variant for --until-settled.
    #[arg(long, default_value_t = 12, requires = "until_settled", value_parser = clap::value_parser!(u16).range(3..=200))]
    pub most_seeds: u16,
}

/// What a comparison is about.
#[derive(Debug, Args)]
pub struct About {
    /// Ask of these very networks how they compare on other speakers, and not of the recipes, which would be trained again.
    #[arg(long)]
    pub networks: bool,
    /// Say what makes figures and differences vary: speakers, networks, clips.
    #[arg(long)]
    pub why: bool,
}

/// How a spec is carried out.
#[derive(Debug, Args)]
pub struct Work {
    #[command(flatten)]
    pub sets: Sets,
    /// Where to train.
    #[arg(long, value_enum, default_value_t = DeviceName::Auto)]
    pub device: DeviceName,
    /// Runs at the same time.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: u16,
    #[command(flatten)]
    pub checkpoints: Checkpoints,
    /// Take over runs that a process of another machine did not let go; only if it is known to be gone.
    #[arg(long)]
    pub take_over: bool,
    /// Tell nothing of progress and give no hints: results, warnings and errors alone.
    #[arg(long)]
    pub quiet: bool,
    #[command(flatten)]
    pub folders: Folders,
}

/// How often the state of a training is saved, so that it can go on after a crash. No choice changes a result.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct Checkpoints {
    /// Save the state of a training every so many minutes (1 without this).
    #[arg(long, value_name = "MINUTES", value_parser = minutes)]
    pub checkpoint_minutes: Option<f64>,
    /// Save it every so many epochs instead.
    #[arg(long, value_name = "EPOCHS", value_parser = clap::value_parser!(u32).range(1..))]
    pub checkpoint_epochs: Option<u32>,
}

impl From<&Checkpoints> for crate::run::CheckpointEvery {
    fn from(chosen: &Checkpoints) -> Self {
        match (chosen.checkpoint_minutes, chosen.checkpoint_epochs) {
            (_, Some(epochs)) => Self::Epochs(epochs as usize),
            (Some(minutes), None) => Self::Seconds(60.0 * minutes),
            (None, None) => Self::default(),
        }
    }
}

fn minutes(text: &str) -> Result<f64, String> {
    let minutes = text.parse().ok().filter(|minutes: &f64| minutes.is_finite() && *minutes >= 0.0);
    minutes.ok_or_else(|| "expected minutes from 0, such as 0.5".to_owned())
}

/// Settings given on the command line.
#[derive(Debug, Args)]
pub struct Sets {
    /// Overrides one setting of every variant, such as train.epochs=3 (may be given several times).
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
}

/// Where results and intermediate files lie.
#[derive(Debug, Clone, Args)]
pub struct Folders {
    /// The folder of all runs.
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub runs: PathBuf,
    /// The folder of cached features.
    #[arg(long, value_name = "DIR", default_value = CACHE)]
    pub cache: PathBuf,
}
