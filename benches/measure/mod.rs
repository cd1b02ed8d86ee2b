//! What the benchmark programs share: how they are called, and what they measure of their own process.

use std::time::Instant;

/// What a program was asked to do.
pub struct Request {
    /// Words that are no options, in order.
    pub words: Vec<String>,
    /// How long to measure.
    pub seconds: f64,
    /// Threads to compute with; none where it was not said.
    pub threads: Option<usize>,
    /// Where audio files are to be written; none for a folder that is deleted afterwards.
    pub clips: Option<String>,
}

impl Request {
    /// Reads the command line. `cargo bench` adds `--bench`; without it and without anything else (`cargo test --benches`)
    /// the program is only tried out: nothing is measured for longer than it takes once.
    ///
    /// # Errors
    /// An option that is unknown or has no proper value.
    pub fn from_command_line() -> Result<Self, String> {
        let mut request = Self { words: Vec::new(), seconds: 0.0, threads: None, clips: None };
        let (mut words, mut seconds, mut benching) = (std::env::args().skip(1), None, false);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--bench" => benching = true,
                "--seconds" => seconds = Some(number(&word, &value()?)?),
                "--threads" => request.threads = Some(number(&word, &value()?)?),
                "--clips" => request.clips = Some(value()?),
                option if option.starts_with('-') => {
                    return Err(format!("{option} is not known; allowed: --seconds, --threads, --clips"));
                }
                _ => request.words.push(word),
            }
        }
        let usual = if benching || !request.words.is_empty() { 5.0 } else { 0.0 };
        request.seconds = seconds.unwrap_or(usual);
        Ok(request)
    }
}

fn number<T: std::str::FromStr>(option: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{option} {text}: not a number"))
}

/// A moment: wall clock, and CPU seconds of all threads of this process until then.
#[derive(Clone, Copy)]
pub struct Mark {
    at: Instant,
    cpu_seconds: Option<f64>,
}

/// What has passed between two moments.
#[derive(Clone, Copy)]
pub struct Span {
    /// By the clock on the wall.
    pub wall_seconds: f64,
    /// Computed by all threads together; none where the system does not tell.
    pub cpu_seconds: Option<f64>,
}

impl Mark {
    /// This moment.
    #[expect(clippy::disallowed_methods, reason = "time is what a benchmark measures")]
    pub fn now() -> Self {
        Self { at: Instant::now(), cpu_seconds: cpu_seconds() }
    }

    /// From here to a later moment.
    pub fn until(self, end: Self) -> Span {
        let cpu_seconds = self.cpu_seconds.zip(end.cpu_seconds).map(|(from, to)| to - from);
        Span { wall_seconds: (end.at - self.at).as_secs_f64(), cpu_seconds }
    }

    /// Seconds since this moment.
    pub fn elapsed_seconds(self) -> f64 {
        self.at.elapsed().as_secs_f64()
    }
}

/// CPU seconds of all threads, finished ones included; Linux counts them in hundredths.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field, the program's name, may hold spaces; behind its bracket user and system time are fields 12 and 13.
    let mut fields = stat.rsplit(')').next()?.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / 100.0)
}

/// The most memory this process ever had resident, in MiB; none where the system does not tell.
pub fn peak_rss_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

/// `value` with as many decimals as are worth reading.
pub fn rounded(value: f64) -> f64 {
    let scale = 10f64.powi(4 - (value.abs().max(1e-12).log10().floor() as i32));
    (value * scale).round() / scale
}
