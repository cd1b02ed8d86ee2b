//! What features cost a clip: one JSON line.
//!
//! ```text
//! cargo bench --bench features -- --seconds 5 --threads 2
//! ```
//!
//! Clips of 2.7 s at 16 kHz are decoded from WAV files, then zero-crossing rate, root mean square and a mel spectrogram of
//! 128 bands in dB are computed (frames of 2048 samples, 512 apart). Besides, for comparison: the Fourier transforms
//! alone, which no arrangement of the rest can do without. `scripts/bench/features.py` is the same with librosa.

mod measure;

use measure::{Mark, Request, Span, peak_rss_mib, rounded};
use rayon::prelude::*;
use realfft::RealFftPlanner;
use serde_json::json;
use serlab::audio::{AudioSettings, decode, write_wav};
use serlab::features::{Extractor, Feature, Frames, LogMel, Rms, Zcr};
use serlab::seed::Seeds;
use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SAMPLE_RATE_HZ: u32 = 16_000;
const SAMPLES: usize = 43_200;
/// Enough that their 5 MB do not stay in the cache nearest to the processor, few enough to stay in memory.
const CLIPS: usize = 64;

type Failure = Box<dyn Error + Send + Sync>;

/// Something like a voice: a gliding tone with overtones, louder and softer five times a second, over noise.
fn voice(clip: usize) -> Vec<f32> {
    let mut stream = Seeds::new(1).stream("voice", &[clip as u64]);
    let (pitch_hz, mut phase) = (stream.between(90.0, 250.0), 0.0f64);
    (0..SAMPLES)
        .map(|i| {
            let seconds = i as f64 / f64::from(SAMPLE_RATE_HZ);
            phase += std::f64::consts::TAU * pitch_hz * (1.0 + 0.1 * seconds.sin()) / f64::from(SAMPLE_RATE_HZ);
            // sin(k phase) from the two before it.
            let (mut last, mut tone, mut tones) = (0.0, phase.sin(), 0.0);
            for k in 1..=12 {
                tones += tone / f64::from(k);
                (last, tone) = (tone, 2.0 * phase.cos() * tone - last);
            }
            let level = 0.15 * (1.0 + (10.0 * std::f64::consts::PI * seconds).sin());
            (level * tones + 0.003 * stream.normal()) as f32
        })
        .collect()
}

/// Writes the clips; their paths.
fn write_clips(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    std::fs::create_dir_all(folder)?;
    (0..CLIPS)
        .map(|clip| {
            let path = folder.join(format!("clip-{clip:02}.wav"));
            write_wav(&path, &voice(clip), SAMPLE_RATE_HZ)?;
            Ok(path)
        })
        .collect()
}

/// Repeats `round`, which takes every clip once, until the time is over; what a clip took.
fn a_clip(seconds: f64, mut round: impl FnMut() -> Result<(), Failure>) -> Result<Span, Failure> {
    round()?;
    let begun = Mark::now();
    let mut rounds = 0;
    while rounds == 0 || begun.elapsed_seconds() < seconds {
        round()?;
        rounds += 1;
    }
    let (span, clips) = (begun.until(Mark::now()), f64::from(rounds) * CLIPS as f64);
    Ok(Span { wall_seconds: span.wall_seconds / clips, cpu_seconds: span.cpu_seconds.map(|s| s / clips) })
}

/// The transforms of a clip and nothing else: 2048 real values in f64, once a frame.
fn transforms(frames: usize) -> impl FnMut() -> Result<(), Failure> {
    let plan = RealFftPlanner::<f64>::new().plan_fft_forward(2048);
    let source: Vec<f64> = voice(0)[..2048].iter().map(|x| f64::from(*x)).collect();
    let (mut input, mut output) = (plan.make_input_vec(), plan.make_output_vec());
    let mut scratch = plan.make_scratch_vec();
    move || {
        for _ in 0..CLIPS * frames {
            // The transform overwrites its input.
            input.copy_from_slice(&source);
            plan.process_with_scratch(black_box(&mut input), &mut output, &mut scratch)?;
            black_box(&output);
        }
        Ok(())
    }
}

fn main() -> Result<(), Failure> {
    let request = Request::from_command_line()?;
    if !request.words.is_empty() {
        return Err(format!("{:?}: expected options alone", request.words).into());
    }
    let temporary = tempfile::tempdir()?;
    let clips = write_clips(request.clips.as_deref().map_or(temporary.path(), Path::new))?;

    let features = [Feature::Zcr(Zcr::default()), Feature::Rms(Rms::default()), Feature::LogMel(LogMel::default())];
    let extractor = Extractor::new(&features, SAMPLE_RATE_HZ)?;
    let audio = AudioSettings::default();
    let extract = |path: &PathBuf| -> Result<Vec<Frames>, Failure> {
        Ok(black_box(extractor.extract(&audio.prepare(decode(path)?)?)?))
    };
    let frames = extract(&clips[0])?[0].frames;

    let third = request.seconds / 3.0;
    let one = a_clip(third, || clips.iter().try_for_each(|path| extract(path).map(drop)))?;
    let threads = match request.threads {
        Some(threads) => threads,
        None => std::thread::available_parallelism()?.get(),
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let all = a_clip(third, || pool.install(|| clips.par_iter().try_for_each(|path| extract(path).map(drop))))?;
    let fft = a_clip(third, transforms(frames))?;

    let microseconds = |seconds: f64| rounded(1e6 * seconds);
    let line = json!({
        "program": concat!("serlab ", env!("CARGO_PKG_VERSION")),
        "clip_seconds": SAMPLES as f64 / f64::from(SAMPLE_RATE_HZ),
        "cpu_us_per_clip": one.cpu_seconds.map(microseconds),
        "wall_us_per_clip": microseconds(one.wall_seconds),
        "threads": threads,
        "wall_us_per_clip_all_threads": microseconds(all.wall_seconds),
        "fft_us_per_clip": fft.cpu_seconds.map(microseconds),
        "peak_rss_mib": peak_rss_mib().map(rounded),
    });
    println!("{line}");
    Ok(())
}
