//! The command line as people type it.

mod choices;
mod options;

pub use choices::{ArrayFormat, BillProtocol, DeviceName, Fetchable, Format};
pub use options::{About, Folders, Sets, UntilSettled, Work};

use clap::{Parser, Subcommand};
use options::CACHE;
use std::path::PathBuf;

/// Declarative, reproducible experiments for speech emotion recognition.
#[derive(Debug, Parser)]
#[command(name = "serlab", version, arg_required_else_help = true, max_term_width = 110)]
#[command(
    after_help = "Exit codes: 0 done; 1 the answer is no; 2 bad command or spec; 3 data missing, corrupt or leaking; \
4 a run failed; 75 stopped with state saved; 130 interrupted."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Names every mistake of specs at once; reads no audio.
    Check {
        /// The specs.
        #[arg(required = true)]
        specs: Vec<PathBuf>,
        #[command(flatten)]
        sets: Sets,
    },
    /// Shows the runs a spec resolves to, done or to do; writes nothing.
    Plan {
        /// The spec.
        spec: PathBuf,
        #[command(flatten)]
        sets: Sets,
        /// Say where the value of this key came from.
        #[arg(long, value_name = "KEY")]
        why: Option<String>,
        /// One JSON document instead of text.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        folders: Folders,
    },
    /// Runs what is not sealed yet and compares the variants.
    Run {
        /// The spec.
        spec: PathBuf,
        #[command(flatten)]
        work: Work,
        /// Only runs whose name (VARIANT-sSEED[-fFOLD]) fits this pattern (`*` and `?`).
        #[arg(long, value_name = "GLOB")]
        only: Option<String>,
        #[command(flatten)]
        until: UntilSettled,
    },
    /// Lists the runs on disk.
    List {
        /// One JSON document instead of text.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        folders: Folders,
    },
    /// Shows one run: `latest`, RUN or EXPERIMENT/RUN as they are printed, four or more digits of an id, a path; of an EXPERIMENT or a variant what all its folds and seeds confuse.
    Show {
        /// The run, or the experiment.
        run: String,
        /// One JSON document instead of text.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        folders: Folders,
    },
    /// Compares runs or whole experiments side by side.
    Compare {
        /// Experiments, runs, ids or paths.
        #[arg(required = true, value_name = "RUN|EXPERIMENT")]
        selectors: Vec<String>,
        /// The variant that the others are held against (without this the first one; of a grid the point that validation picks).
        #[arg(long)]
        baseline: Option<String>,
        /// Show the seeds of each variant as one model, too: the mean of their probabilities, where all were tested on the same clips.
        #[arg(long)]
        ensemble: bool,
        #[command(flatten)]
        about: About,
        /// How to write it.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
        /// Draw UAR into this file, too (.svg or .png): what parts are worth where there are ablations, else all variants.
        #[arg(long, value_name = "FILE")]
        plot: Option<PathBuf>,
        #[command(flatten)]
        folders: Folders,
    },
    /// Looks for leaks between the partitions of every variant; trains nothing.
    Audit {
        /// The spec.
        spec: PathBuf,
        #[command(flatten)]
        sets: Sets,
        /// The folder of cached features, which may know what clips sound like.
        #[arg(long, value_name = "DIR", default_value = CACHE)]
        cache: PathBuf,
    },
    /// Runs what is missing of specs and holds the results against their published claims: a verdict a claim.
    Reproduce {
        /// The specs.
        #[arg(required = true)]
        specs: Vec<PathBuf>,
        #[command(flatten)]
        work: Work,
        /// How to write the verdicts.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Says whether test sets of so many clips can be whole speakers of a corpus; needs no audio of the corpora that it knows.
    Claims {
        /// The name of a corpus (crema-d, ravdess, emodb, savee, tess), or a spec whose clips are counted.
        corpus: String,
        /// The number of test clips that was published (may be given several times).
        #[arg(long, value_name = "CLIPS", required = true, value_delimiter = ',')]
        n: Vec<u64>,
        #[command(flatten)]
        sets: Sets,
        /// One JSON document instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Runs the same experiment under several split protocols and says what each step of honesty costs.
    LeakBill {
        /// The spec.
        spec: PathBuf,
        #[command(flatten)]
        work: Work,
        /// The protocols, from the least to the most honest (rows only where an augmentation has copies).
        #[arg(long, value_name = "LIST", value_delimiter = ',', value_enum)]
        protocols: Vec<BillProtocol>,
        /// How to write the bill.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Runs a sealed run again from its record, compares every byte, and names the first stage that differs.
    Verify {
        /// The run.
        run: String,
        /// Integrity only: compare every file with the hash it was sealed with.
        #[arg(long)]
        quick: bool,
        /// Says where things are now, such as corpus.ravdess.root=DIR; what changes the question is refused.
        #[arg(long = "set", value_name = "KEY=VALUE")]
        sets: Vec<String>,
        /// Where to compute (as the run did without this).
        #[arg(long, value_enum)]
        device: Option<DeviceName>,
        #[command(flatten)]
        folders: Folders,
    },
    /// Explains why two runs differ: settings, code, corpus, machine, and the first stage with other results.
    Diff {
        /// A run.
        first: String,
        /// Another one.
        second: String,
        #[command(flatten)]
        folders: Folders,
    },
    /// Writes what a network would be fed for audio files, before scaling: one [channels, frames] array a feature and file.
    Features {
        /// The spec whose features are extracted.
        spec: PathBuf,
        /// WAV, FLAC, MP3 or OGG files; of external features ids of clips.
        #[arg(required = true)]
        audio: Vec<PathBuf>,
        /// The folder to write to.
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
        /// Only this variant (all of them without this).
        #[arg(long)]
        variant: Option<String>,
        /// The files' format.
        #[arg(long, value_enum, default_value_t = ArrayFormat::Npy)]
        format: ArrayFormat,
        /// Draw every array, too.
        #[arg(long)]
        plot: bool,
        #[command(flatten)]
        sets: Sets,
    },
    /// Looks at corpora or makes one.
    Corpus {
        /// What to do.
        #[command(subcommand)]
        verb: CorpusVerb,
    },
    /// Writes a spec to start from: all defaults as comments, or a recipe for a corpus.
    Init {
        /// The file to write (it must not exist).
        #[arg(default_value = "experiment.toml")]
        spec: PathBuf,
        /// A folder of clips or a CSV file that lists them: writes a recipe that learns from it, instead of all defaults.
        #[arg(long, value_name = "PATH")]
        corpus: Option<PathBuf>,
    },
    /// Lists the kinds a spec can name.
    Kinds {
        /// Only those of one room, such as features or optimizer; without one, all rooms are listed by their names.
        room: Option<String>,
    },
    /// Explains a key or a kind: meaning, default, allowed values.
    Explain {
        /// The key, such as train.epochs or log-mel.n_mels, or the kind.
        key: String,
    },
    /// Prints the JSON Schema of specs, for editors and validators.
    Schema,
    /// Writes a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// What can be done with a corpus.
#[derive(Debug, Subcommand)]
pub enum CorpusVerb {
    /// Classes, speakers, durations and rates of a spec's corpus.
    Stats {
        /// The spec.
        spec: PathBuf,
        #[command(flatten)]
        sets: Sets,
        /// One JSON document instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Finds silent, clipped, short, duplicate, unreadable and misnamed clips.
    Doctor {
        /// The spec.
        spec: PathBuf,
        #[command(flatten)]
        sets: Sets,
        /// One JSON document instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Downloads a corpus that may be had without asking; nothing is fetched by any other command.
    Fetch {
        /// Which one.
        #[arg(value_enum)]
        corpus: Fetchable,
        /// The folder to write to; what is there already is kept.
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
        /// Downloads at the same time.
        #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=32))]
        jobs: u16,
        /// Another address of the repository: a mirror.
        #[arg(long, value_name = "URL")]
        from: Option<String>,
        /// The branch or tag (master without this).
        #[arg(long = "ref", value_name = "NAME")]
        reference: Option<String>,
    },
    /// Writes the built-in synthetic corpus as WAV files with a manifest.
    Synth {
        /// The folder to write to.
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
        /// Settings of `corpus.synth`, such as speakers=24.
        #[arg(long = "set", value_name = "KEY=VALUE")]
        sets: Vec<String>,
    },
}
