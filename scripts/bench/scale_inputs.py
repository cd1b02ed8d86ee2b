"""The inputs of scale.sh: a grid of 10,000 runs, 1,000 sealed runs, a manifest of a million rows, 7,442 clips.

Usage: python3 scale_inputs.py BINARY FOLDER. What is there already is used again.
"""

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import wave
from pathlib import Path

LABELS = ["angry", "disgust", "fearful", "happy", "neutral", "sad"]
VARIANTS, SEEDS = 20, 50
SPEAKERS, TEST_SPEAKERS, CLIPS_A_SPEAKER = 91, 18, 82
ROWS = 1_000_000
CLIPS = 7_442
NETWORKS = """
[variants.1d]
features = [{ zcr = {} }, { energy = { log = true } }]
model.cnn-1d = { channels = [8] }

[variants.2d]
features = [{ log-mel = { n_mels = 64 } }]
model.cnn-2d = { channels = [8] }
"""


def main():
    binary, folder = os.path.abspath(sys.argv[1]), Path(sys.argv[2]).resolve()
    makers = {"grids": grids, "runs": runs, "manifest": manifest, "clips": clips, "listed": listed}
    for name, make in makers.items():
        path = folder / name
        if path.exists():
            continue
        print(f"making {path}", flush=True)
        unfinished = folder / f"{name}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        make(unfinished, binary)
        unfinished.rename(path)


def grids(folder, _):
    """10,000 runs as 1,000 settings with ten seeds, and as 10,000 settings with one."""

    def grid(name, learning_rates, seeds):
        rates = ", ".join(f"{1e-5 * (i + 1):.5f}" for i in range(learning_rates))
        text = f"""seeds = {list(range(seeds))}
[corpus.synth]
{NETWORKS}
[grid]
"train.optimizer.adam.learning_rate" = [{rates}]
"train.batch_size" = {[8 * (i + 1) for i in range(10)]}
"model.dropout" = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
"""
        (folder / name).write_text(text)

    grid("seeds.toml", 5, 10)
    grid("settings.toml", 50, 1)


def runs(folder, binary):
    """1,000 sealed runs: 20 variants with 50 seeds, copied from one real run, each with its own name, its own answers to
    1,476 test clips of 18 speakers (the clips of a seed are the same for all variants), and its own seal."""
    spec = folder / "scale.toml"
    spec.write_text(
        """seeds = [0]
[corpus.synth]
speakers = 6
sentences = 2
repetitions = 1
[split.speakers]
test = 0.3
validation = 0.2
[train]
epochs = 3
[variants.a]
features = [{ log-mel = { n_mels = 40 } }]
model.cnn-2d = { channels = [32, 64, 128] }
"""
    )
    made = folder / "made"
    command = [binary, "run", str(spec), "--runs", str(made), "--cache", str(folder / "cache")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (model,) = (made / "scale").iterdir()
    for variant in range(VARIANTS):
        for seed in range(SEEDS):
            run_like(model, folder / "runs" / "scale", f"v{variant:02}", variant, seed)
    shutil.rmtree(made)
    shutil.rmtree(folder / "cache")


def run_like(model, experiment, name, variant, seed):
    """A copy of the sealed run `model` under another name, sealed anew."""
    identity = hashlib.sha256(f"{name} {seed}".encode()).hexdigest()
    run = experiment / f"{name}-s{seed}-{identity[:8]}"
    shutil.copytree(model, run)
    config = (run / "config.toml").read_text()
    old = json.loads((run / "seal.json").read_text())["run"]
    replaced = config.replace(old, identity)
    replaced = replaced.replace('variant = "a"', f'variant = "{name}"').replace("seed = 0\nid", f"seed = {seed}\nid")
    replaced = replaced.replace("learning_rate = 0.001\n", f"learning_rate = {(variant + 1) / 1000}\n")
    (run / "config.toml").write_text(replaced)
    (run / "predictions.csv").write_text(predictions(variant, seed))
    (run / "split.csv").write_text(split(seed))
    for holder, more in (("seal.json", {"run": identity}), ("status.json", {})):
        kept = json.loads((run / holder).read_text()) | more
        kept["files"] = {n: hashlib.sha256((run / n).read_bytes()).hexdigest() for n in kept["files"]}
        (run / holder).write_text(json.dumps(kept, indent=2) + "\n")


def spoken(seed):
    """The test clips of a seed: name, speaker, label."""
    tested = sorted(random.Random(seed).sample(range(1001, 1001 + SPEAKERS), TEST_SPEAKERS))
    for speaker in tested:
        for i in range(CLIPS_A_SPEAKER):
            label = i % len(LABELS)
            yield f"AudioWAV/{speaker}_S{i // len(LABELS):02}_{LABELS[label][:3].upper()}_XX.wav", speaker, label


def predictions(variant, seed):
    draw = random.Random(1000 * variant + seed)
    lines = ["clip,speaker,truth,predicted," + ",".join(f"p_{label}" for label in LABELS)]
    for clip, speaker, truth in spoken(seed):
        weights = [draw.random() for _ in LABELS]
        weights[truth] += draw.random() * (0.3 + 0.02 * variant)
        predicted = max(range(len(LABELS)), key=weights.__getitem__)
        shares = ",".join(f"{w / sum(weights):.8f}" for w in weights)
        lines.append(f"{clip},{speaker},{LABELS[truth]},{LABELS[predicted]},{shares}")
    return "\n".join(lines) + "\n"


def split(seed):
    tested = {speaker for _, speaker, _ in spoken(seed)}
    lines = ["clip,source_clip,speaker,label,partition"]
    for speaker in range(1001, 1001 + SPEAKERS):
        for i in range(CLIPS_A_SPEAKER):
            label = LABELS[i % len(LABELS)]
            clip = f"AudioWAV/{speaker}_S{i // len(LABELS):02}_{label[:3].upper()}_XX.wav"
            lines.append(f"{clip},{clip},{speaker},{label},{'test' if speaker in tested else 'train'}")
    return "\n".join(lines) + "\n"


def manifest(folder, _):
    """A million rows that name a million paths of one file: it is reached through pairs of a thousand folders each."""
    for i in range(1000):
        (folder / f"a{i:03}").mkdir()
        (folder / f"b{i:03}").mkdir()
    tone(folder / "clip.wav", random.Random(0), seconds=0.1)
    with open(folder / "manifest.csv", "w") as out:
        out.write("file,label,speaker,sex,sentence\n")
        for i in range(ROWS):
            path = f"a{i // 1000:03}/../b{i % 1000:03}/../clip.wav"
            speaker = i * 2_654_435_761 % 2**32 % 1009
            sex = "female" if speaker % 2 else "male"
            out.write(f"{path},{LABELS[i % 7 % 6]},s{speaker:04},{sex},t{i % 41:02}\n")
    protocols = {"speakers": "{}", "clips": "{}", "k-fold": "{}"}
    variants = "".join(
        f"[variants.{name}]\nsplit.{name} = {settings}\nfeatures = [{{ zcr = {{}} }}]\nmodel.cnn-1d = {{ channels = [8] }}\n"
        for name, settings in protocols.items()
    )
    corpus = f"[corpus.manifest]\npath = '{folder.parent / 'manifest' / 'manifest.csv'}'\n"
    (folder / "spec.toml").write_text(corpus + variants)


def listed(folder, _):
    """A million clips that need no files: synthetic ones, of which only the recipes are looked at."""
    corpus = "[corpus.synth]\nspeakers = 980\nsentences = 17\nrepetitions = 10\n"
    for name in ["speakers", "clips", "k-fold"]:
        allow = 'audit.allow = ["shared-speakers"]\n' if name == "clips" else ""
        network = "features = [{ zcr = {} }]\nmodel.cnn-1d = { channels = [8] }\n"
        (folder / f"{name}.toml").write_text(f"{allow}{network}{corpus}[split.{name}]\n")


def clips(folder, _):
    """As many clips as CREMA-D has, and as long: 2.5 s at 16 kHz. Noise, for nothing is to be learned from them."""
    draw = random.Random(0)
    lines = ["file,label,speaker"]
    for i in range(CLIPS):
        tone(folder / f"{i:04}.wav", draw, seconds=2.5)
        lines.append(f"{i:04}.wav,{LABELS[i % 6]},s{i // 82:02}")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")
    spec = f"""[corpus.manifest]
path = '{folder.parent / 'clips' / 'manifest.csv'}'
[train]
epochs = 1
{NETWORKS}"""
    (folder / "spec.toml").write_text(spec)


def tone(path, draw, seconds):
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(draw.randbytes(2 * int(16_000 * seconds)))


main()
