#!/usr/bin/env python3
"""Makes tests/golden: what librosa computes of four small inputs, as .npy files and a manifest.

    python3 -m venv venv && venv/bin/pip install -r scripts/requirements-golden.txt
    venv/bin/python scripts/make_golden.py tests/golden

Inputs are made of whole numbers by the formulas below, which src/features/golden_tests.rs repeats: no audio is stored. A
manifest row is a feature as a spec would write it (kind and settings), so the test needs to know nothing of librosa.
"""

import csv
import json
import pathlib
import sys
import warnings

import librosa
import numpy as np

RATE = 16000


def wave(phase):
    """Parabolic sine of a phase in 65536ths of a turn, in -32768..32768."""
    p = ((phase + 32768) & 65535) - 32768
    return (p * (32768 - abs(p))) >> 13


def noise(n, seed):
    """Uniform noise in -32768..32767 (the generator of Numerical Recipes)."""
    state, out = seed, []
    for _ in range(n):
        state = (state * 1664525 + 1013904223) % 2**32
        out.append((state >> 16) - 32768)
    return out


def toward_zero(a, b):
    """Division as Rust does it."""
    return int(a / b) if abs(a) < 2**52 else (abs(a) // b) * (1 if a >= 0 else -1)


def glide():
    n, phase, out = 9000, 0, []
    hiss = noise(n, 1)
    for i in range(n):
        phase += 330 + 28000 * i // n
        out.append((wave(phase) * 18 + hiss[i]) >> 5)
    return out


def voice():
    n, phase, out = 11000, 0, []
    breath = noise(n, 2)
    for i in range(n):
        phase += 490 + toward_zero(wave(i * 20), 400)
        harmonics = sum(toward_zero(wave(phase * h), h) for h in range(1, 9))
        envelope = abs(wave(i * 6))
        value = toward_zero(harmonics * envelope, 98304) + toward_zero(breath[i], 200)
        out.append(toward_zero(value * 2, 3))
    return out


def burst():
    return [0] * 3000 + [toward_zero(x, 3) for x in noise(3000, 3)] + [0] * 2500


def short():
    return [toward_zero(wave(i * 900), 2) + 1500 for i in range(700)]


INPUTS = {"glide": glide, "voice": voice, "burst": burst, "short": short}


def samples(name):
    return (np.clip(np.array(INPUTS[name]()), -32768, 32767) / 32768).astype(np.float32)


def pick(settings, *names):
    return {n: settings[n] for n in names if n in settings}


def mel(y, sr, s):
    extra = pick(s, "n_mels", "n_fft", "hop_length", "win_length", "fmin", "fmax", "htk", "power", "center", "pad_mode")
    if s.get("norm") == "none":
        extra["norm"] = None
    return librosa.feature.melspectrogram(y=y, sr=sr, **extra)


def decibels(power, s):
    top_db = None if s.get("top_db") == "none" else s.get("top_db", 80.0)
    reference = np.max if s.get("ref") == "max" else s.get("ref", 1.0)
    return librosa.power_to_db(power, ref=reference, amin=s.get("amin", 1e-10), top_db=top_db)


def log_mel(y, sr, s):
    levels = decibels(mel(y, sr, s), s)
    order = s.get("delta_order", 0)
    return librosa.feature.delta(levels, width=s.get("delta_width", 9), order=order) if order else levels


def mfcc(y, sr, s):
    levels = decibels(mel(y, sr, s), s)
    base = librosa.feature.mfcc(S=levels, n_mfcc=s.get("n_mfcc", 20), lifter=s.get("lifter", 0))
    width = s.get("delta_width", 9)
    parts = [base]
    if s.get("delta"):
        parts.append(librosa.feature.delta(base, width=width, order=1))
    if s.get("delta_delta"):
        parts.append(librosa.feature.delta(base, width=width, order=2))
    return np.concatenate(parts)


def energy(y, sr, s):
    """librosa has none: from its framing, in f64."""
    length = s.get("frame_length", 2048)
    if s.get("center", True):
        y = np.pad(y, length // 2, mode=s.get("pad_mode", "constant"))
    squares = librosa.util.frame(y, frame_length=length, hop_length=s.get("hop_length", 512)).astype(np.float64) ** 2
    value = squares.sum(axis=0, keepdims=True)
    if s.get("scale") != "sum":
        value /= length
    return decibels(value, s) if s.get("log") else value


def zcr(y, sr, s):
    """librosa repeats the edge samples, whatever its version; other padding is done before."""
    if "pad_mode" not in s:
        return librosa.feature.zero_crossing_rate(y, **s)
    y = np.pad(y, s["frame_length"] // 2, mode=s["pad_mode"])
    return librosa.feature.zero_crossing_rate(y, center=False, **pick(s, "frame_length", "hop_length"))


FEATURES = {
    "zcr": zcr,
    "energy": energy,
    "rms": lambda y, sr, s: librosa.feature.rms(y=y, **s),
    "mel": mel,
    "log-mel": log_mel,
    "mfcc": mfcc,
    "spectral-centroid": lambda y, sr, s: librosa.feature.spectral_centroid(y=y, sr=sr, **s),
    "spectral-bandwidth": lambda y, sr, s: librosa.feature.spectral_bandwidth(y=y, sr=sr, **s),
    "spectral-rolloff": lambda y, sr, s: librosa.feature.spectral_rolloff(y=y, sr=sr, **s),
    "spectral-flatness": lambda y, sr, s: librosa.feature.spectral_flatness(y=y, **s),
    "spectral-contrast": lambda y, sr, s: librosa.feature.spectral_contrast(y=y, sr=sr, **s),
    "chroma": lambda y, sr, s: librosa.feature.chroma_stft(y=y, sr=sr, **({"tuning": 0.0} | s)),
    "f0": lambda y, sr, s: librosa.yin(y, sr=sr, **({"fmin": 65.0, "fmax": 600.0, "frame_length": 2048} | s))[None],
}

SMALL = {"n_fft": 512, "hop_length": 160, "win_length": 400}
SMALL_FRAMES = {"frame_length": 400, "hop_length": 160}
# Every feature with its defaults (64 bands, to keep the files small), and once with settings far from them.
JOBS = [
    ("zcr", {}),
    ("zcr", SMALL_FRAMES | {"center": False}),
    ("energy", {}),
    ("energy", SMALL_FRAMES | {"center": False, "scale": "sum"}),
    ("energy", SMALL_FRAMES | {"log": True, "top_db": 60.0}),
    ("rms", {}),
    ("rms", {"frame_length": 501, "hop_length": 163, "center": False}),
    ("mel", {"n_mels": 64}),
    ("mel", SMALL | {"n_mels": 40, "htk": True, "norm": "none", "power": 1.0, "fmin": 50.0, "fmax": 7000.0}),
    ("log-mel", {"n_mels": 64}),
    ("log-mel", SMALL | {"n_mels": 40, "ref": "max", "top_db": "none", "center": False}),
    ("log-mel", SMALL | {"n_mels": 26, "ref": "max", "top_db": 60.0, "delta_order": 1}),
    ("log-mel", {"n_mels": 40, "delta_order": 2, "delta_width": 5}),
    ("mfcc", {"n_mels": 64}),
    ("mfcc", SMALL | {"n_mels": 40, "n_mfcc": 13, "lifter": 22.0, "delta": True, "delta_delta": True}),
    ("spectral-centroid", {}),
    ("spectral-centroid", SMALL),
    ("spectral-bandwidth", {}),
    ("spectral-bandwidth", SMALL | {"p": 3.0}),
    ("spectral-rolloff", {}),
    ("spectral-rolloff", SMALL | {"roll_percent": 0.5}),
    ("spectral-flatness", {}),
    ("spectral-flatness", SMALL | {"power": 1.0}),
    ("spectral-contrast", {}),
    ("spectral-contrast", SMALL | {"linear": True, "n_bands": 4, "fmin": 300.0, "quantile": 0.1}),
    ("chroma", {}),
    ("chroma", {"n_fft": 1024, "hop_length": 400, "n_chroma": 24, "tuning": 0.2}),
    ("f0", {}),
]
# The same samples taken for another rate: bands and bins then lie elsewhere.
OTHER_RATE = [
    (22050, "log-mel", {"n_mels": 64, "n_fft": 1024, "hop_length": 256}),
    (8000, "mfcc", {"n_mels": 40, "n_mfcc": 13, "n_fft": 256, "hop_length": 80}),
    (22050, "spectral-rolloff", {}),
    (22050, "chroma", {}),
]
# Every feature of a clip that is mirrored at its ends, as librosa did by default before 0.10.
MIRRORED = [
    (RATE, "zcr", SMALL_FRAMES | {"pad_mode": "reflect"}),
    (RATE, "zcr", SMALL_FRAMES | {"pad_mode": "constant"}),
    (RATE, "energy", {"pad_mode": "reflect"}),
    (RATE, "energy", SMALL_FRAMES | {"pad_mode": "edge"}),
    (RATE, "rms", {"pad_mode": "reflect"}),
    (RATE, "mel", SMALL | {"n_mels": 40, "pad_mode": "reflect"}),
    (RATE, "mel", SMALL | {"n_mels": 40, "pad_mode": "edge"}),
    (RATE, "log-mel", SMALL | {"n_mels": 40, "pad_mode": "reflect"}),
    (RATE, "mfcc", SMALL | {"n_mels": 40, "n_mfcc": 13, "pad_mode": "reflect"}),
    (RATE, "spectral-centroid", {"pad_mode": "reflect"}),
    (RATE, "spectral-bandwidth", {"pad_mode": "reflect"}),
    (RATE, "spectral-rolloff", {"pad_mode": "reflect"}),
    (RATE, "spectral-flatness", {"pad_mode": "reflect"}),
    (RATE, "spectral-contrast", {"pad_mode": "reflect"}),
    (RATE, "chroma", {"pad_mode": "reflect"}),
    (RATE, "f0", {"pad_mode": "reflect"}),
]


def is_too_short(y, settings):
    """serlab refuses what numpy would mirror several times."""
    pad = settings.get("n_fft", settings.get("frame_length", 2048)) // 2
    return settings.get("pad_mode") == "reflect" and len(y) <= pad


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.npy"):
        old.unlink()
    warnings.filterwarnings("ignore")
    rows = []
    jobs = [(RATE, kind, settings) for kind, settings in JOBS]
    for name in INPUTS:
        y = samples(name)
        others = jobs + (OTHER_RATE if name == "voice" else [])
        numbered = list(enumerate(others)) + list(enumerate(MIRRORED, start=len(jobs) + len(OTHER_RATE)))
        for number, (rate, kind, settings) in numbered:
            if is_too_short(y, settings):
                continue
            try:
                value = FEATURES[kind](y, rate, settings)
            except librosa.ParameterError as error:
                print(f"{name} {kind} {settings}: left out, {error}", file=sys.stderr)
                continue
            file = f"{name}_{number:02}_{kind}.npy"
            np.save(folder / file, np.ascontiguousarray(value))
            rows.append([file, name, rate, kind, json.dumps(settings)])
    with open(folder / "manifest.csv", "w", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["file", "input", "sample_rate_hz", "feature", "settings"])
        table.writerows(rows)
    (folder / "README.md").write_text(
        f"Made by `scripts/make_golden.py` with librosa {librosa.__version__} and NumPy {np.__version__}; do not edit.\n"
    )
    print(len(rows), "arrays", sum(f.stat().st_size for f in folder.iterdir()), "bytes")


main()
