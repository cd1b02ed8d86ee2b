//! How far the runs are: bars on a terminal, a plain line an epoch elsewhere.

use super::output;
use super::signals::Signals;
use crate::evaluate::Metric;
use crate::train::{EpochRow, Figures, Observer, ObserverError, TrainingOutline};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// Makes a listener for each run.
#[derive(Debug, Clone)]
pub struct Display {
    bars: Option<MultiProgress>,
    quiet: bool,
    signals: Signals,
}

impl Display {
    /// Bars where standard error is a terminal; nothing of progress where it is to be `quiet`.
    pub fn new(signals: Signals, quiet: bool) -> Self {
        Self { bars: (output::is_terminal() && !quiet).then(MultiProgress::new), quiet, signals }
    }

    /// A listener for the run called `name`; the rows called `picking` pick its epoch by `metric`.
    pub fn run(&self, name: String, picking: &'static str, metric: Metric) -> RunProgress {
        let bar = self.bars.as_ref().map(|bars| {
            let style = "{prefix}  [{bar:24}] {pos}/{len}  {msg}  {eta} left";
            let style = ProgressStyle::with_template(style).expect("the template is valid").progress_chars("=> ");
            bars.add(ProgressBar::new(0)).with_style(style).with_prefix(name.clone())
        });
        let (quiet, signals) = (self.quiet, self.signals.clone());
        RunProgress { name, picking, metric, bar, quiet, signals, epochs: 0, done: 0, message: String::new() }
    }

    /// Writes a line of progress, unless nothing is to be told of it.
    pub fn progress(&self, text: &str) {
        if !self.quiet {
            self.line(text);
        }
    }

    /// Writes a line without tearing a bar.
    pub fn line(&self, text: &str) {
        match &self.bars {
            Some(bars) => bars.suspend(|| output::note(text)),
            None => output::note(text),
        }
    }
}

/// Shows one run.
pub struct RunProgress {
    name: String,
    picking: &'static str,
    metric: Metric,
    bar: Option<ProgressBar>,
    quiet: bool,
    signals: Signals,
    epochs: usize,
    done: usize,
    message: String,
}

impl Observer for RunProgress {
    fn started(&mut self, outline: &TrainingOutline) {
        self.epochs = outline.epochs;
        self.done = outline.first_epoch - 1;
        match &self.bar {
            Some(bar) => {
                bar.set_length((outline.epochs * outline.steps) as u64);
                bar.set_position((self.done * outline.steps) as u64);
                bar.reset_eta();
            }
            None if self.done > 0 && !self.quiet => {
                output::note(&format!("{}: resumes after epoch {}", self.name, self.done))
            }
            None => {}
        }
    }

    fn step(&mut self, epoch: usize, step: usize, steps: usize, loss: f64) {
        if let Some(bar) = &self.bar {
            bar.set_position(((epoch - 1) * steps + step) as u64);
            bar.set_message(format!("epoch {epoch}/{}  loss {loss:.3}{}", self.epochs, self.message));
        }
    }

    fn epoch(&mut self, row: &EpochRow) -> Result<(), ObserverError> {
        let loss = |of: &Figures| if of.loss.is_nan() { String::new() } else { format!("loss {:.4}, ", of.loss) };
        let validation = row.validation.as_ref().map(|v| {
            let (picking, metric) = (self.picking, self.metric);
            format!("  {picking} {}{} {:.2} %", loss(v), metric.name(), 100.0 * v.of(metric))
        });
        let validation = validation.unwrap_or_default();
        self.message = format!("{validation}{}", if row.best { " (best)" } else { "" });
        if self.quiet {
            return Ok(());
        }
        if self.bar.is_none() && self.epochs == 0 {
            let (train, metric) = (&row.train, self.metric);
            let shown = format!("{}{} {:.2} %", loss(train), metric.name(), 100.0 * train.of(metric));
            output::note(&format!("{}: solved; training {shown}{validation}", self.name));
        } else if self.bar.is_none() {
            let (epoch, loss) = (row.epoch, row.train.loss);
            output::note(&format!("{}: epoch {epoch}/{}  loss {loss:.4}{}", self.name, self.epochs, self.message));
        }
        Ok(())
    }

    fn note(&mut self, what: &str) {
        let line = format!("{}: {what}", self.name);
        match &self.bar {
            Some(bar) => bar.suspend(|| output::note(&line)),
            None => output::note(&line),
        }
    }

    fn stop_requested(&self) -> bool {
        self.signals.stop()
    }
}

impl Drop for RunProgress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
