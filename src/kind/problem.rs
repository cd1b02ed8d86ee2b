//! What is wrong with a value, and what is known of those around it.

/// One thing wrong with a value: `key` is relative to it (empty: the value itself).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Dotted path of the setting inside the value.
    pub key: String,
    /// What is wrong and what is allowed.
    pub message: String,
}

impl Problem {
    /// A problem at `key`.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into() }
    }

    /// The same problem seen from the table that holds this one under `parent`, or from the list at `parent`.
    pub fn under(mut self, parent: &str) -> Self {
        let joint = if self.key.is_empty() || self.key.starts_with('[') { "" } else { "." };
        self.key = format!("{parent}{joint}{}", self.key);
        self
    }
}

/// What a value's own check may ask of the settings around it.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    /// The rate that clips are brought to, in Hz.
    pub sample_rate_hz: u32,
    /// Passes over the training rows, at most.
    pub epochs: usize,
}

impl Default for Context {
    /// 16 kHz, and as many epochs as one likes.
    fn default() -> Self {
        Self::at_rate(16_000)
    }
}

impl Context {
    /// Around something that only the rate matters to.
    pub fn at_rate(sample_rate_hz: u32) -> Self {
        Self { sample_rate_hz, epochs: usize::MAX }
    }
}
