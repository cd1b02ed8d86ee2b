"""What the features of benches/features.rs cost with librosa: one JSON line.

    python features.py CLIPS --seconds 5 [--cached]

CLIPS is a folder of WAV files that `cargo bench --bench features -- --clips CLIPS` has written. librosa computes its mel
filters anew for every clip; with --cached they are computed once and applied by hand.
"""

import os

# One thread, whatever a library would like; they ask when they are imported.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"

import argparse
import json
from pathlib import Path

import librosa
import numpy as np

from measure import peak_rss_mib, repeated, rounded

SAMPLE_RATE_HZ = 16_000
FRAMES = {"frame_length": 2048, "hop_length": 512}
STFT = {"n_fft": 2048, "hop_length": 512}


def features(path, filters):
    """Zero-crossing rate, root mean square and mel spectrogram in dB of one file."""
    samples, _ = librosa.load(path, sr=SAMPLE_RATE_HZ)
    zcr = librosa.feature.zero_crossing_rate(samples, **FRAMES)
    rms = librosa.feature.rms(y=samples, **FRAMES)
    if filters is None:
        mel = librosa.feature.melspectrogram(y=samples, sr=SAMPLE_RATE_HZ, n_mels=128, **STFT)
    else:
        mel = filters @ np.abs(librosa.stft(samples, **STFT)) ** 2
    return zcr, rms, librosa.power_to_db(mel)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("clips", type=Path)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--cached", action="store_true", help="compute the mel filters once")
    asked = parser.parse_args()

    paths = sorted(asked.clips.glob("*.wav"))
    if not paths:
        parser.error(f"{asked.clips} holds no WAV file; `cargo bench --bench features -- --clips {asked.clips}` writes some")
    filters = librosa.filters.mel(sr=SAMPLE_RATE_HZ, n_fft=2048, n_mels=128) if asked.cached else None

    def step():
        for path in paths:
            features(path, filters)

    step()
    count, wall, cpu = repeated(step, asked.seconds)
    clips = count * len(paths)
    line = {
        "program": f"librosa {librosa.__version__}" + (" cached" if asked.cached else ""),
        "cpu_us_per_clip": rounded(1e6 * cpu / clips),
        "wall_us_per_clip": rounded(1e6 * wall / clips),
        "peak_rss_mib": rounded(peak_rss_mib()),
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
