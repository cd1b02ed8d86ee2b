//! The command line: types of arguments, one short file a verb, exit codes, and the only door to the terminal.

mod args;
mod audit;
mod claims;
mod compare;
mod corpus;
mod exit;
mod features;
mod fetch;
mod help;
mod leak_bill;
mod output;
mod plan;
mod progress;
mod reproduce;
mod requeue;
mod run;
mod runs;
mod share;
mod signals;
mod until_settled;
mod verify;
mod work;

use args::{Cli, CorpusVerb, Fetchable, Verb};
use clap::Parser;
use clap::error::ErrorKind;
use exit::{Exit, Failure};
use std::process::ExitCode;

/// What a verb returns: how it ended, or why it could not.
type Outcome = Result<Exit, Failure>;

/// The command line described, as `--help` tells it.
pub fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| output::note(&format!("serlab: a fault of its own: {panic}"))));
    std::panic::catch_unwind(run_command).unwrap_or(Exit::Failed.into())
}

fn run_command() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let asked = matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            if asked {
                output::result(&e.render().to_string())
            } else {
                output::note(e.render().to_string().trim_end())
            }
            return if asked { Exit::Done.into() } else { Exit::Usage.into() };
        }
    };
    match dispatch(cli.verb) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output::note(&failure.message);
            failure.exit.into()
        }
    }
}

fn dispatch(verb: Verb) -> Outcome {
    match verb {
        Verb::Check { specs, sets } => plan::check(&specs, &sets),
        Verb::Plan { spec, sets, why, json, folders } => plan::plan(&spec, &sets, why.as_deref(), json, &folders),
        Verb::Run { spec, work, until, .. } if until.until_settled => {
            until_settled::run(&spec, &work, usize::from(until.most_seeds))
        }
        Verb::Run { spec, work, only, .. } => run::run(&spec, &work, only.as_deref()),
        Verb::Reproduce { specs, work, format } => reproduce::reproduce(&specs, &work, format),
        Verb::Claims { corpus, n, sets, json } => claims::claims(&corpus, &n, &sets, json),
        Verb::LeakBill { spec, work, protocols, format } => leak_bill::leak_bill(&spec, &work, &protocols, format),
        Verb::List { json, folders } => runs::list(json, &folders),
        Verb::Show { run, json, folders } => runs::show(&run, json, &folders),
        Verb::Verify { run, quick, sets, device, folders } => {
            verify::verify(&verify::Request { selector: run, quick, sets, device, folders })
        }
        Verb::Diff { first, second, folders } => verify::diff([&first, &second], &folders),
        Verb::Compare { selectors, baseline, ensemble, about, format, plot, folders } => {
            compare::compare(&selectors, baseline.as_deref(), ensemble, &about, format, plot.as_deref(), &folders)
        }
        Verb::Audit { spec, sets, cache } => audit::audit(&spec, &sets, &cache),
        Verb::Features { spec, audio, output, variant, format, plot, sets } => {
            features::features(&features::Request { spec, audio, output, variant, format, plot, sets })
        }
        Verb::Corpus { verb: CorpusVerb::Stats { spec, sets, json } } => corpus::stats(&spec, &sets, json),
        Verb::Corpus { verb: CorpusVerb::Doctor { spec, sets, json } } => corpus::doctor(&spec, &sets, json),
        Verb::Corpus { verb: CorpusVerb::Fetch { corpus: Fetchable::CremaD, output, jobs, from, reference } } => {
            fetch::fetch(&fetch::Request { output, jobs: usize::from(jobs), from, reference })
        }
        Verb::Corpus { verb: CorpusVerb::Synth { output, sets } } => corpus::synth(&output, &sets),
        Verb::Init { spec, corpus } => help::init(&spec, corpus.as_deref()),
        Verb::Kinds { room } => help::kinds(room.as_deref()),
        Verb::Explain { key } => help::explain(&key),
        Verb::Schema => help::schema(),
        Verb::Completions { shell } => help::completions(shell),
    }
}
