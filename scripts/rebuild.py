#!/usr/bin/env python3
"""From a WAV file to a run's own probabilities without serlab: numpy and the files of the run.

    scripts/rebuild.py runs/EXPERIMENT/RUN CLIP.wav...

It reads runs of an `mlp` on `zcr` and `energy`, and WAV files of 16 bits at the run's sample rate. docs/input.md tells what
`input.json` holds for other ones. Python 3.11 or later.
"""

import json
import pathlib
import sys
import tomllib
import wave

import numpy as np


def samples(path, sample_rate_hz):
    """Mono samples in [-1, 1]."""
    with wave.open(str(path)) as file:
        if (file.getframerate(), file.getsampwidth()) != (sample_rate_hz, 2):
            sys.exit(f"{path}: expected 16 bits at {sample_rate_hz} Hz")
        values = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
    return (values / 32768).mean(axis=1)


def frames(x, s):
    """The clip cut into frames, [frames, frame_length]."""
    if s["center"]:
        x = np.pad(x, s["frame_length"] // 2, mode=s["pad_mode"])
    return np.lib.stride_tricks.sliding_window_view(x, s["frame_length"])[:: s["hop_length"]]


def zcr(x, s):
    negative = frames(x, s) < 0
    return (negative[:, 1:] != negative[:, :-1]).sum(axis=1) / s["frame_length"]


def energy(x, s):
    value = (frames(x, s) ** 2).sum(axis=1) / (s["frame_length"] if s["scale"] == "mean" else 1)
    if s["log"]:
        value = 10 * np.log10(np.maximum(value, s["amin"]))
        value = value if s["top_db"] == "none" else np.maximum(value, value.max() - s["top_db"])
    return value


def fitted(row, length, padding):
    """A feature's one bin, cropped at its end or filled up to `length`."""
    if padding["rule"] == "fixed":
        fill = padding["values"][0]
    elif padding["rule"] == "level":
        silence, below = padding["silence"], padding["below_highest"]
        fill = silence if below is None else max(silence, row.max() - below)
    else:
        sys.exit(f"padding by {padding['rule']} is not written here")
    return np.concatenate([row[:length], np.full(max(0, length - len(row)), fill)])


def network_input(x, recipe):
    """What the network was fed: [channels * bins, frames], scaled."""
    if (recipe["version"], recipe["crop"], recipe["place"]) != (2, "start", "start") or recipe["audio"]["trim_db"] != "none":
        sys.exit("another version, clips in the centre and trimmed clips are not written here")
    rows = []
    for entry in recipe["features"]:
        ((kind, settings),) = entry["feature"].items()
        row = {"zcr": zcr, "energy": energy}[kind](x, settings)
        rows.append(fitted(row, recipe["length"]["frames"], entry["padding"]))
    scaler = recipe["scaler"]
    if not scaler["offset"]:
        sys.exit("only a scaler that was fitted is written here")
    values = np.array(rows, np.float32).reshape(len(scaler["offset"]), -1)
    scaled = (values - np.array(scaler["offset"])[:, None]) / np.array(scaler["divisor"])[:, None] + scaler["low"]
    return scaled.reshape(-1, recipe["shape"][2])


def weights(path):
    """The tensors of a safetensors file by name."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    part = lambda t: data[start + t["data_offsets"][0] : start + t["data_offsets"][1]]
    return {name: np.frombuffer(part(t), "<f4").reshape(t["shape"]) for name, t in header.items()}


def probabilities(x, w, model):
    """The network's answer to one input: statistics over time, dense layers, softmax."""
    if (model["order"], model["activation"]) != ("norm-first", "relu"):
        sys.exit("only norm-first and relu are written here")
    statistic = {"mean": x.mean(1), "sd": x.std(1), "min": x.min(1), "max": x.max(1)}
    y = np.concatenate([statistic[name] for name in model["statistics"]])
    for i in range(len(model["hidden"])):
        y = w[f"hidden.{i}.weight"] @ y + w[f"hidden.{i}.bias"]
        if model["batch_norm"]:
            deviation = np.sqrt(w[f"norms.{i}.running_var"] + model["batch_norm_epsilon"])
            y = (y - w[f"norms.{i}.running_mean"]) / deviation * w[f"norms.{i}.weight"] + w[f"norms.{i}.bias"]
        y = np.maximum(y, 0)
    y = w["head.output.weight"] @ y + w["head.output.bias"]
    e = np.exp(y - y.max())
    return e / e.sum()


def main():
    run, clips = pathlib.Path(sys.argv[1]), sys.argv[2:]
    recipe = json.loads((run / "input.json").read_text())
    model = tomllib.loads((run / "config.toml").read_text())["model"]["mlp"]
    w = weights(run / "model.safetensors")
    print("clip", *(f"p_{label}" for label in recipe["labels"]), sep=",")
    for clip in clips:
        x = network_input(samples(clip, recipe["audio"]["sample_rate_hz"]), recipe)
        print(clip, *probabilities(x, w, model), sep=",")


main()
