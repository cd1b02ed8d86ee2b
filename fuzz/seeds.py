"""Writes a few whole inputs for each fuzz target to seeds/, so that fuzzing does not begin with nothing.

Only the standard library is needed: python3 seeds.py
"""

import json
import math
import shutil
import struct
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE / "seeds"
REPOSITORY = HERE.parent


def seed(target, name, content):
    """Writes one input; text is UTF-8."""
    folder = ROOT / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def specs():
    for path in sorted(REPOSITORY.glob("experiments/**/*.toml")):
        seed("spec", "-".join(path.relative_to(REPOSITORY / "experiments").parts), path.read_bytes())
    seed("spec", "defaults", (REPOSITORY / "src/spec/defaults.toml").read_bytes())
    small = '[corpus.synth]\n[variants.1d]\nfeatures = [{ zcr = {} }]\nmodel.cnn-1d = {}\n'
    seed("spec", "small", small)
    seed("spec", "set", "#set train.epochs=3\n#set seeds[0]=1\n#env TRAIN__EPOCHS=3\nseeds = [1, 2]\n" + small)
    grid = '[grid]\n"train.batch_size" = [16, 32]\n"model.dropout" = [0.1]\n[ablate.1d]\ndrop = ["model.batch_norm"]\n'
    seed("spec", "grid", small + '[variants.2d]\nlike = "1d"\n' + grid)
    claim = '[[published]]\nvariant = "1d"\nvalue = 0.5\nn = 10\nprotocol = "clips"\nsource = "x"\n'
    seed("spec", "claim", small + claim)
    steps = 'augment = [{ noise = {} }, { one-of = { steps = [{ gain = {} }] } }]\nlength = { max_frames = 100 }\n'
    seed("spec", "steps", steps + small)


def lists():
    for name, end in [("unix", "\n"), ("windows", "\r\n")]:
        for mark, between in [("comma", ","), ("semicolon", ";"), ("tab", "\t")]:
            rows = [["file", "label", "speaker", "age"], ["a.wav", "happy", "1", "30"], ["./b.wav", '"sad"', "2", ""]]
            seed("manifest", f"{name}-{mark}", end.join(between.join(row) for row in rows) + end)
    seed("manifest", "mark", "\ufefffile,label,speaker\na.wav,x,1\n\nb.wav,x\n")
    index = "file,actor,agreement,voice_A,Sex\n1001_DFA_ANG_XX.wav,1001,0.8,3,Male\n"
    people = "ActorID,Age,Sex,Race,Ethnicity\n1001,51,Male,Caucasian,Not Hispanic\n"
    seed("crema_d", "both", index + "\0" + people)
    whole = "clip,partition\na,train\nb,train\nc,test\nd,test\ne,validation\n"
    seed("split_file", "plain", whole)
    seed("split_file", "folds", "id,split,fold\n" + "".join(
        f"{clip},{'test' if (i // 2) == fold else 'train'},{fold}\n" for fold in range(3) for i, clip in enumerate("abcdef")
    ))
    seed("split_file", "run", "clip,source_clip,speaker,label,partition\na,a,x,l,train\na#1,a,x,l,train\nb,b,x,m,train\n"
         "c,c,y,l,test\n")
    seed("tables", "split", "\0clip,source_clip,speaker,label,partition\na+noise,a,03,joy,train\n")
    seed("tables", "predictions", '\1clip,speaker,truth,predicted,p_joy,"p_a, b"\nx,1,joy,"a, b",0.25,0.75\n')
    seed("tables", "epochs", "\2epoch,learning_rate,train_loss\n1,0.001,1.25\n2,0.0005,\n")


def chunk(name, body):
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def recordings():
    samples = [int(20_000 * math.sin(0.2 * i)) for i in range(64)]
    kinds = {
        "u8": (1, 1, bytes((s >> 8) + 128 for s in samples)),
        "s16": (1, 2, struct.pack("<64h", *samples)),
        "s24": (1, 3, b"".join(struct.pack("<i", s * 256)[:3] for s in samples)),
        "s32": (1, 4, struct.pack("<64i", *(s * 65_536 for s in samples))),
        "f32": (3, 4, struct.pack("<64f", *(s / 32_768 for s in samples))),
        "f64": (3, 8, struct.pack("<64d", *(s / 32_768 for s in samples))),
        "alaw": (6, 1, bytes(i * 4 % 256 for i in range(64))),
        "mulaw": (7, 1, bytes(i * 4 % 256 for i in range(64))),
    }
    for name, (tag, width, data) in kinds.items():
        for channels in (1, 2):
            block = channels * width
            form = struct.pack("<HHIIHH", tag, channels, 16_000, 16_000 * block, block, 8 * width)
            seed("audio_wav", f"{name}-{channels}", chunk(b"fmt ", form) + chunk(b"LIST", b"INFO") + chunk(b"data", data))
            guid = struct.pack("<HHI", 22, 8 * width, 0) + struct.pack("<H", tag)
            guid += bytes([0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71])
            extended = struct.pack("<HHIIHH", 0xFFFE, *struct.unpack("<HHIIHH", form)[1:]) + guid
            long = struct.pack("<QQQI", 2**33, len(data), 64, 0)
            seed("audio_wav", f"{name}-{channels}-long", chunk(b"ds64", long) + chunk(b"fmt ", extended) + b"data"
                 + b"\xff\xff\xff\xff" + data)
    for path in (REPOSITORY / "src/audio/testdata").iterdir():
        seed("audio_compressed", path.name, path.read_bytes())
        # The beginning alone is mutated far more often.
        seed("audio_compressed", f"{path.name}-begin", path.read_bytes()[:700])
    seed("audio_compressed", "wav", b"RIFF\0\0\0\0WAVE" + (ROOT / "audio_wav/s16-1").read_bytes())


def safetensors(tensors, metadata=None):
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, shape in tensors.items():
        count = math.prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + 4 * count]}
        data += struct.pack(f"<{count}f", *(0.5 * i for i in range(count)))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def npy(version, shape, letter):
    text = f"{{'descr': '<{letter}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    values = math.prod(shape)
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + bytes(values * int(letter[1]))


def binaries():
    net = {
        "head.output.bias": [2], "head.output.weight": [2, 2], "hidden.0.bias": [2], "hidden.0.weight": [2, 2],
        "norms.0.bias": [2], "norms.0.running_mean": [2], "norms.0.running_var": [2], "norms.0.weight": [2],
    }
    seed("weights", "some", safetensors(net, {"labels": "[]"}))
    seed("weights", "none", safetensors({}))
    for version, shape, letter in [(1, (6,), "f4"), (2, (2, 3), "f8"), (3, (0, 3), "f4"), (1, (), "f4")]:
        seed("npy", f"{version}{letter}", npy(version, shape, letter))
    arrays = struct.pack("<IQQQQ", 2, 2, 3, 1, 4) + struct.pack("<10f", *range(10))
    seed("feature_cache", "content", b"\1" + arrays)
    seed("feature_cache", "empty", b"\1" + struct.pack("<I", 0))
    seed("feature_cache", "entry", b"\0serlab\0F" + struct.pack("<I", 1) + bytes(32) + arrays + bytes(32))
    seed("heard", "content", b"\1" + bytes(range(128)))
    seed("heard", "raw", b"\0" + bytes(160))
    watch = {"best": 0.5, "waited": 1}
    figures = ["loss", "accuracy", "uar", "weighted_f1", "macro_f1"]
    row = {"epoch": 1, "learning_rate": 0.001, "best": True, "losses": [0.5, 0.25]}
    row |= {f"{part}_{name}": 0.5 for part in ("train", "validation") for name in figures}
    head = {
        "identity": "abc", "epoch": 1, "plateau": {"watch": watch, "cooling": 0, "scale": 1.0}, "stop": watch,
        "best": [1, 0.5], "history": [row], "layout": [None, {"rank": 1, "tensors": [["m", [2]]], "scalars": [["t", 3]]}],
    }
    text = json.dumps(head).encode()
    section = lambda part: struct.pack("<Q", len(part)) + part
    content = section(text) + section(b"net") + section(b"") + section(bytes(8))
    seed("checkpoint_content", "head", content)
    front = b"serlabck" + struct.pack("<QI", 52 + len(content), 1)
    seed("checkpoint", "unsealed", front + content + bytes(32))


def runs():
    name = "variant-s3-f1-abababab"
    seed("run_name", "fold", f"experiment/{name}")
    seed("run_name", "plain", "1d-vs-2d/lr=0.001-s0-0123abcd")
    seed("run_name", "bad", "../x/..\\CON/nul.txt/C:/a./\u202e/\u00fcber")
    config = '[run]\nexperiment = "e"\nvariant = "v"\nseed = 0\nfold = 1\nid = "%s"\n[train]\nepochs = 3\n' % ("ab" * 32)
    status = {
        "state": "sealed", "why": None, "started": "1970-01-02T00:00:00Z", "started_unix": 86_400, "ended": None,
        "ended_unix": None, "host": "h", "pid": 1, "files": {},
    }
    estimate = {"value": 0.5, "low": None, "high": 0.75, "method": "wilson"}
    evaluation = {
        "labels": ["anger", "joy"], "n": 4, "speakers": 1, "accuracy": estimate, "accuracy_over_speakers": estimate,
        "uar": estimate, "weighted_f1": estimate, "macro_f1": estimate,
        "classes": [{"label": "joy", "support": 2, "precision": 0.5, "recall": 0.5, "f1": 0.5}],
        "confusion": [[1, 1], [1, 1]],
        "most_confused": [{"truth": "joy", "predicted": "anger", "count": 1, "share": 0.5}],
        "audit": {"stamp": None, "shared": 3}, "left_out": 0, "best_epoch": 1, "epochs": 1, "parameters": 1,
    }
    provenance = {
        "version": 1,
        "serlab": {"version": "0.1.0", "code_version": "1", "commit": None, "rustc": "", "target": "", "profile": "",
                   "features": [], "lockfile_sha256": "", "crates": {}},
        "git": {"commit": None, "branch": "main", "detached": False, "dirty": True, "changed": ["a"], "untracked": [],
                "notes": []}, "device": "cpu", "threads": 2,
        "machine": {"host": "h", "os": "linux", "arch": "x86_64", "cpu": None, "cpu_features": [], "processors": 2},
        "command_line": [], "corpus_fingerprint": "", "split_fingerprint": "",
    }
    seal = {"version": 1, "run": "ab" * 32, "files": {"config.toml": "00" * 32, "plots/curves.svg": "00" * 32}}
    parts = [
        config, json.dumps(evaluation), "clip,speaker,truth,predicted,p_joy\nx,1,joy,joy,1\n", "epoch,train_loss\n1,0.5\n",
        "clip,source_clip,speaker,label,partition\na,a,s,joy,test\n", json.dumps(provenance), json.dumps(status),
        json.dumps(seal),
    ]
    for number, part in enumerate(parts):
        seed("run_directory", str(number), bytes([number]) + part.encode())


if __name__ == "__main__":
    shutil.rmtree(ROOT, ignore_errors=True)
    specs()
    lists()
    recordings()
    binaries()
    runs()
