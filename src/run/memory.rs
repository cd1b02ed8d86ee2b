//! Whether a training can fit into memory at all: better said before it begins than by a killed process.

use super::Compute;
use crate::model::{InputShape, LayerInfo};
use crate::spec::Setup;

/// A training that needs more memory than there is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "out of memory: this training needs at least {needed}, {what_for}, and there are {available} ({limit}); {way_out}"
)]
pub struct MemoryError {
    needed: Bytes,
    what_for: String,
    available: Bytes,
    limit: &'static str,
    way_out: String,
}

/// Bytes, as people read them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bytes(u64);

impl std::fmt::Display for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.0 as f64;
        if bytes < 1e9 { write!(f, "{:.0} MB", bytes / 1e6) } else { write!(f, "{:.1} GB", bytes / 1e9) }
    }
}

/// Refuses a training on the CPU that cannot fit. What is counted is the least that any training needs (weights, gradients,
/// the optimiser's two moments; the layers' outputs, kept for the way back), so that none is refused that would have gone. Where
/// a network is solved for, that is the columns of all `rows` training rows at once.
///
/// # Errors
/// The sizes, and what can be changed.
pub fn check(
    setup: &Setup,
    shape: InputShape,
    classes: usize,
    rows: usize,
    compute: &Compute,
) -> Result<(), MemoryError> {
    let layers = setup.model.describe(shape, classes);
    // Solving is the CPU's work wherever networks compute.
    let Some((limit, available)) = available().filter(|_| compute.is_cpu() || setup.model.is_solved()) else {
        return Ok(());
    };
    let error = match setup.model.is_solved() {
        true => least_at_once(rows, &layers, limit, available),
        false => least(setup.train.batch_size, shape, &layers, limit, available),
    };
    error.map_or(Ok(()), Err)
}

/// The columns, the first layer's output, in f64.
fn least_at_once(rows: usize, layers: &[LayerInfo], limit: &'static str, available: u64) -> Option<MemoryError> {
    let columns = layers.first()?.output_shape.iter().fold(1u64, |all, n| all.saturating_mul(*n as u64));
    let needed = (size_of::<f64>() as u64).saturating_mul(columns).saturating_mul(rows as u64);
    (needed > available).then(|| MemoryError {
        needed: Bytes(needed),
        what_for: format!("for {rows} training rows of {columns} columns at once"),
        available: Bytes(available),
        limit,
        way_out: "name fewer statistics or features with fewer bins, or run fewer --jobs".to_owned(),
    })
}

fn least(
    batch_size: usize,
    shape: InputShape,
    layers: &[LayerInfo],
    limit: &'static str,
    available: u64,
) -> Option<MemoryError> {
    const VALUE: u64 = size_of::<f32>() as u64;
    let size = |layer: &LayerInfo| layer.output_shape.iter().fold(1u64, |all, n| all.saturating_mul(*n as u64));
    let parameters = layers.iter().fold(0u64, |all, layer| all.saturating_add(layer.parameters as u64));
    let input = [shape.channels, shape.bins, shape.frames].iter().fold(1u64, |all, n| all.saturating_mul(*n as u64));
    let widest = layers.iter().max_by_key(|layer| size(layer))?;
    let values = layers.iter().filter(|layer| layer.parameters > 0).fold(input, |all, l| all.saturating_add(size(l)));
    let weights = parameters.saturating_mul(4 * VALUE);
    let rows = values.saturating_mul(VALUE).saturating_mul(batch_size as u64);
    let needed = weights.saturating_add(rows);
    (needed > available).then(|| MemoryError {
        needed: Bytes(needed),
        what_for: format!(
            "{} for the network and its optimiser and {} for {batch_size} rows of {} x {} x {} at a time",
            Bytes(weights),
            Bytes(rows),
            shape.channels,
            shape.bins,
            shape.frames
        ),
        available: Bytes(available),
        limit,
        way_out: format!(
            "make train.batch_size or the network smaller (`{}` alone is {} values a row), shorten the input with [length], or run \
             fewer --jobs",
            widest.name,
            size(widest)
        ),
    })
}

/// The tightest of the limits that this process knows of, in bytes left, and its name. Nothing where the system tells none.
fn available() -> Option<(&'static str, u64)> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let limits = [
        ("free on this machine", read("/proc/meminfo").and_then(|text| machine(&text))),
        ("left in this control group", group(read("/sys/fs/cgroup/memory.max"), read("/sys/fs/cgroup/memory.current"))),
        ("left of this process's `ulimit -v`", process(read("/proc/self/limits"), read("/proc/self/statm"))),
    ];
    limits.into_iter().filter_map(|(name, bytes)| Some((name, bytes?))).min_by_key(|(_, bytes)| *bytes)
}

/// `MemAvailable` and the swap beside it, of `/proc/meminfo`.
fn machine(meminfo: &str) -> Option<u64> {
    let kib = |name: &str| -> Option<u64> {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix("kB")?.trim().parse().ok()
    };
    Some(1024 * (kib("MemAvailable:")? + kib("SwapFree:").unwrap_or(0)))
}

/// Of a control group (version 2), which most containers and batch jobs are; no limit reads `max`.
fn group(max: Option<String>, current: Option<String>) -> Option<u64> {
    let bytes = |text: Option<String>| text?.trim().parse::<u64>().ok();
    Some(bytes(max)?.saturating_sub(bytes(current)?))
}

/// Address space: the soft limit less what is in use; pages of 4 KiB.
fn process(limits: Option<String>, statm: Option<String>) -> Option<u64> {
    let limits = limits?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    let limit: u64 = line.split_whitespace().next()?.parse().ok()?;
    let pages: u64 = statm?.split_whitespace().next()?.parse().ok()?;
    Some(limit.saturating_sub(4096 * pages))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_the_system_writes_them() {
        let meminfo = "MemTotal:  24000 kB\nMemAvailable:   2000 kB\nSwapFree:   48 kB\n";
        assert_eq!((machine(meminfo), machine("")), (Some(2048 * 1024), None));
        assert_eq!(group(Some("max\n".into()), Some("5\n".into())), None);
        assert_eq!(group(Some("9000\n".into()), Some("5000\n".into())), Some(4000));
        let limits = "Limit                Soft Limit           Hard Limit           Units\nMax address space         1000000    unlimited  bytes\n";
        assert_eq!(process(Some(limits.into()), Some("100 50 1 1 0 1 0".into())), Some(1_000_000 - 409_600));
        assert_eq!(process(Some(limits.replace("1000000", "unlimited")), Some("1".into())), None);
    }

    #[test]
    fn a_training_that_cannot_fit_is_refused_with_sizes_and_a_way_out() {
        let layer = |name: &str, output_shape: &[usize], parameters| LayerInfo {
            name: name.to_owned(),
            what: String::new(),
            output_shape: output_shape.to_vec(),
            parameters,
        };
        let layers = [layer("conv0", &[8, 10, 100], 100), layer("pool0", &[8, 5, 50], 0), layer("head", &[6], 1000)];
        let shape = InputShape { channels: 1, bins: 10, frames: 100 };
        // 1,100 parameters four times; per row 1,000 values of input, 8,000 of the convolution, 6 of the head.
        let needed = 4 * 4 * 1100 + 1000 * 4 * (1000 + 8000 + 6);
        assert_eq!(least(1000, shape, &layers, "free", needed), None);
        let error = least(1000, shape, &layers, "free on this machine", needed - 1).unwrap().to_string();
        assert_eq!(
            error,
            "out of memory: this training needs at least 36 MB, 0 MB for the network and its optimiser and 36 MB for 1000 rows of \
             1 x 10 x 100 at a time, and there are 36 MB (free on this machine); make train.batch_size or the network smaller \
             (`conv0` alone is 8000 values a row), shorten the input with [length], or run fewer --jobs"
        );
        assert!(least(usize::MAX, shape, &layers, "free", u64::MAX - 1).is_some(), "sizes do not overflow");
        // Solved for at once, 8,000 columns of a row take 8 bytes each, and no optimiser.
        assert_eq!(least_at_once(10, &layers, "free", 640_000), None);
        let error = least_at_once(10, &layers, "free on this machine", 639_999).unwrap().to_string();
        assert_eq!(
            error,
            "out of memory: this training needs at least 1 MB, for 10 training rows of 8000 columns at once, and there are 1 MB (free \
             on this machine); name fewer statistics or features with fewer bins, or run fewer --jobs"
        );
    }
}
