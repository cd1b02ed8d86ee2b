"""What `gpu-check` needs before it runs anything. Python's standard library only.

Usage: python3 gpu_specs.py specs FOLDER REPOSITORY [yes]   writes the specs; a last argument: tiny ones, to rehearse
       python3 gpu_specs.py unpack FILE.xz FILE             what `xz -d` does, where there is no xz
"""

import lzma
import shutil
import sys
from pathlib import Path


def specs(work, repo, rehearse=""):
    """Writes the specs: the quickstart and the seed's networks in small, the seed's networks at CREMA-D's size."""
    few = bool(rehearse)
    quick = f"""extends = "{repo}/experiments/quickstart.toml"
name = "quick"
seeds = {[0] if few else [0, 1]}
corpus.synth.speakers = {8 if few else 24}
split.speakers = {{ test = 0.25, validation = 0.17 }}
[variants.1d]
train.epochs = 3
[variants.2d]
train.epochs = 3
[variants.1d-whole]                          # one batch an epoch: the first loss is that of the initial weights
like = "1d"
train = {{ epochs = 2, batch_size = 4096 }}
[variants.2d-whole]
like = "2d"
train = {{ epochs = 2, batch_size = 4096 }}
"""
    seed = f"""extends = "{repo}/experiments/seed/base.toml"
split.clips = {{ test = 0.3, validation = 0.035 }}
audit.allow = ["shared-speakers"]
train.early_stopping = "none"
"""
    # 36 clips, 24 of them for training: one batch of either network.
    batch = seed + """name = "batch"
seeds = [0]
corpus.synth = { speakers = 3, sentences = 2, repetitions = 1, seconds = 2.5 }
[variants.1d]
train.epochs = 2
[variants.2d]
train.epochs = 2
"""
    # 7,440 clips, the multiple of six labels that is nearest to 7,442. A process is timed after its first run, and the longest
    # run that there was time for counts.
    size = seed + f"""name = "size"
seeds = [0, 1, 2, 3, 4]
corpus.synth = {{ speakers = {4 if few else 62}, sentences = {2 if few else 10}, repetitions = 2, seconds = 2.5 }}
"""
    for network, epochs in (("1d", (1, 2, 3) if few else (1, 5, 20)), ("2d", (1, 2, 3) if few else (1, 2, 6))):
        for prefix, count in zip(("", "then-", "last-"), epochs):
            like = f'like = "{network}"\n' if prefix else ""
            size += f"[variants.{prefix}{network}]\n{like}train.epochs = {count}\n"
    for name, text in (("quick", quick), ("batch", batch), ("size", size)):
        Path(work, f"{name}.toml").write_text(text, encoding="utf-8")


def unpack(source, target):
    """What `xz -d` does, where there is no xz."""
    with lzma.open(source) as packed, open(target, "wb") as plain:
        shutil.copyfileobj(packed, plain)


if __name__ == "__main__":
    {"specs": specs, "unpack": unpack}[sys.argv[1]](*sys.argv[2:])
