//! SIGINT, SIGTERM and SIGUSR2 ask the runs to stop with their state saved; a second SIGINT ends the process at once.

use super::exit::Exit;
use signal_hook::consts::{SIGINT, SIGTERM};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What was asked for so far.
#[derive(Debug, Clone, Default)]
pub struct Signals {
    interrupted: Arc<AtomicBool>,
    terminated: Arc<AtomicBool>,
    warned: Arc<AtomicBool>,
}

impl Signals {
    /// Starts to listen.
    pub fn listen() -> std::io::Result<Self> {
        let signals = Self::default();
        // Registered first, so that it looks at the flag before this very signal sets it.
        signal_hook::flag::register_conditional_shutdown(
            SIGINT,
            Exit::Interrupted as i32,
            signals.interrupted.clone(),
        )?;
        signal_hook::flag::register(SIGINT, signals.interrupted.clone())?;
        signal_hook::flag::register(SIGTERM, signals.terminated.clone())?;
        #[cfg(unix)]
        signal_hook::flag::register(signal_hook::consts::SIGUSR2, signals.warned.clone())?;
        Ok(signals)
    }

    /// Whether to stop.
    pub fn stop(&self) -> bool {
        [&self.interrupted, &self.terminated, &self.warned].into_iter().any(|flag| flag.load(Ordering::Relaxed))
    }

    /// Whether it is a time limit that makes the command stop, and nobody's wish.
    pub fn is_out_of_time(&self) -> bool {
        let asked = self.interrupted.load(Ordering::Relaxed) || self.terminated.load(Ordering::Relaxed);
        self.warned.load(Ordering::Relaxed) && !asked
    }

    /// The exit code of a command that was stopped.
    pub fn exit(&self) -> Exit {
        if self.interrupted.load(Ordering::Relaxed) { Exit::Interrupted } else { Exit::Stopped }
    }
}
