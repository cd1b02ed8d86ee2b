"""What `gpu-check` makes of the run directories it let serlab write: Markdown. Python's standard library only.

Usage: python3 gpu_check.py agreement|determinism|speed|epochs|sharing|torch|table FOLDER ... (see `main`)
"""

import csv
import json
import statistics
import sys
from pathlib import Path

# Shown as `above` where they are passed. Weights, batches and dropout masks are the same numbers on every device, so that only
# rounding is left. One batch, whole: before any step f32 sums in another order differ by some 1e-7, products in TF32 by up to
# 1e-4; after one step of Adam the same, through gradients. An epoch of many steps: Adam divides by the gradient's own size, so
# that rounding of a near-zero gradient becomes a whole step; on a CPU a learning rate changed by a millionth moves the
# first-epoch loss of the quickstart by up to 4e-4, and 1e-3 is about twice that. Validation figures are shown and not judged:
# they also pass through running statistics that have seen few batches.
TOLERANCES = {"whole batch, before any step": 1e-4, "whole batch, after one step": 1e-3, "first epoch": 1e-3}

# What holds for both networks of experiments/seed, running statistics included.
PARAMETERS = {"1d": 587_526, "2d": 1_620_102}


def runs(work, *names):
    """Run directories under the runs folders of these names, by label: EXPERIMENT/VARIANT-sSEED."""
    found = {}
    for name in names:
        for log in sorted(Path(work, "runs", name).glob("*/*/status.json")):
            found[f"{log.parent.parent.name}/{log.parent.name.rsplit('-', 1)[0]}"] = log.parent
    return found


def epochs_of(run):
    """The rows of epochs.csv, as far as it was written."""
    path = run / "epochs.csv"
    if not path.is_file():
        return []
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return [{key: float(value) if value else float("nan") for key, value in row.items()} for row in rows]


def seconds_of(run):
    """Seconds of each stage of timing.csv; nothing where the run did not end."""
    path = run / "timing.csv"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return {row["stage"]: float(row["seconds"]) for row in csv.DictReader(lines)}


def apart(a, b):
    """Relative difference of b from a."""
    return abs(b - a) / abs(a) if a else abs(b)


def table(header, rows):
    """A Markdown table: the first column is text, the others are figures."""
    if not rows:
        return
    print("| " + " | ".join(header) + " |\n|---|" + "---:|" * (len(header) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |")


def judged(label, epoch):
    """Which tolerance holds for an epoch of a run, if any."""
    if "-whole" in label or label.startswith("batch/"):
        return list(TOLERANCES)[epoch] if epoch < 2 else None
    return "first epoch" if epoch == 0 else None


def agreement(work):
    """cpu against cuda and wgpu, epoch by epoch."""
    base = runs(work, "cpu/quick", "cpu/seed")
    others = {device: runs(work, f"{device}/quick", f"{device}/seed") for device in ("cuda", "wgpu")}
    rows, worst = [], {device: {} for device in others}
    for label, run in base.items():
        for i, mine in enumerate(epochs_of(run)):
            row = [f"{label} epoch {i + 1}", f"{mine['train_loss']:.7f}"]
            accuracies = [mine["validation_accuracy"]]
            for device, theirs in others.items():
                there = epochs_of(theirs[label])[i : i + 1] if label in theirs else []
                if not there:
                    row += ["", ""]
                    accuracies.append(float("nan"))
                    continue
                difference = apart(mine["train_loss"], there[0]["train_loss"])
                row += [f"{there[0]['train_loss']:.7f}", f"{difference:.1e}"]
                accuracies.append(there[0]["validation_accuracy"])
                kind = judged(label, i)
                if kind:
                    worst[device][kind] = max(worst[device].get(kind, 0.0), difference)
            rows.append(row + [" / ".join("-" if a != a else f"{100 * a:.1f}" for a in accuracies)])
    for device, kinds in worst.items():
        parts = [
            f"{kind} {found:.1e} ({'within' if found <= TOLERANCES[kind] else 'ABOVE'} {TOLERANCES[kind]:.0e})"
            for kind, found in kinds.items()
        ]
        print(f"**agreement {device}: {'; '.join(parts) or 'nothing to compare'}**", end="\n\n")
    print("Largest relative differences of training losses from the CPU's. Accuracies are of validation rows.\n")
    table(["run", "loss cpu", "cuda", "differs by", "wgpu", "differs by", "accuracy (%) cpu / cuda / wgpu"], rows)
    print()


def hashes(run):
    path = run / "seal.json"
    return json.loads(path.read_text(encoding="utf-8"))["files"] if path.is_file() else None


def determinism(work):
    """Two processes with the same specs on the same device."""
    for device in ("cuda", "wgpu"):
        first, second = (runs(work, f"{device}{which}/quick", f"{device}{which}/seed") for which in ("", "-again"))
        compare_twice(device, [(label, first[label], second[label]) for label in first if label in second])


def compare_twice(what, pairs):
    """Whether runs of the same question have the same seals; else where they begin to differ."""
    same, lines = 0, []
    for label, a, b in pairs:
        if not hashes(a) or not hashes(b):
            lines.append(f"- {label}: not both finished")
        elif (a / "seal.json").read_bytes() == (b / "seal.json").read_bytes():
            same += 1
        else:
            differ = [file for file, digest in hashes(a).items() if hashes(b).get(file) != digest]
            files = [file for file in differ if not file.startswith("plots/")]
            rows = list(zip(epochs_of(a), epochs_of(b)))
            begins = next((i for i, (x, y) in enumerate(rows) if str(x) != str(y)), None)
            where = "no epoch differs" if begins is None else f"from epoch {begins + 1} of {len(rows)} on"
            last = apart(rows[-1][0]["train_loss"], rows[-1][1]["train_loss"]) if rows else float("nan")
            lines.append(f"- {label}: {where}; last training loss by {last:.1e}; files: {', '.join(files)}")
    print(f"**determinism {what}: {f'{same} of {len(pairs)} seals byte-identical' if pairs else 'nothing to compare'}**\n")
    print("".join(line + "\n" for line in lines))


def rate(run):
    """Training rows a second of a finished run, and what else its records say of speed."""
    seconds, rows = seconds_of(run), epochs_of(run)
    if not seconds or not rows:
        return None
    events = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    trained = next(e["train"] for e in events if e["event"] == "rows")
    # On a GPU backward pass and optimiser only queue their work, and the next forward pass waits for it: only the sum counts.
    step = sum(seconds[stage] for stage in ("input", "forward", "backward", "optimizer"))
    evaluation = json.loads((run / "evaluation.json").read_text(encoding="utf-8"))
    return {
        "rows": trained,
        "epochs": len(rows),
        "step": step,
        "input": seconds["input"],
        "prepare": seconds["prepare"],
        "samples_per_s": trained * len(rows) / max(step, 1e-9),
        "parameters": evaluation["parameters"],
    }


def speeds(work, device):
    """Of each network the run that warmed up, the longest one after it, and all of them."""
    found = {}
    for network in PARAMETERS:
        done = runs(work, f"speed-{device}-{network}")
        labels = [f"size/{prefix}{network}-s0" for prefix in ("", "then-", "last-")]
        first, *later = [rate(done[label]) if label in done else None for label in labels]
        later = [r for r in later if r]
        found[network] = (first, later[-1] if later else None, done)
    return found


def speed(work, device):
    """Samples a second at CREMA-D's size, without what the first run of a process pays."""
    rows, brief, notes = [], [], []
    for network, (first, timed, done) in speeds(work, device).items():
        openings = {str(epochs[0]) for run in done.values() if (epochs := epochs_of(run))}
        if len(openings) > 1:
            notes.append(f"- {network}: the first epochs of {len(done)} runs with the same seed DIFFER")
        if not timed:
            slow = f"{first['samples_per_s']:.0f} samples/s in the first epoch, compilation included" if first else ""
            notes.append(f"- {network}: {slow or 'no run ended'}")
            continue
        if timed["parameters"] != PARAMETERS[network]:
            notes.append(f"- {network}: {timed['parameters']} parameters, expected {PARAMETERS[network]}")
        brief.append(f"{network} {timed['samples_per_s']:,.0f} samples/s")
        row = [network, f"{timed['rows']:,}", str(timed["epochs"]), f"{timed['samples_per_s']:,.0f}"]
        row += [f"{timed['step'] / timed['epochs']:.2f}", f"{100 * timed['input'] / timed['step']:.0f} %"]
        row += [f"{first['step'] - first['rows'] / timed['samples_per_s']:.1f}", f"{first['prepare']:.1f}"]
        rows.append(row + [busy(work, device, network)])
    print(f"**speed {device}: {', '.join(brief) or 'no figures'}**\n")
    waiting = ["s an epoch", "waiting for rows", "warming up (s)", "features (s)"]
    table(["network", "rows", "epochs", "samples/s", *waiting, "GPU"], rows)
    print("\n" + "".join(note + "\n" for note in notes))


def busy(work, device, network):
    """What nvidia-smi saw meanwhile: median load and clock of the samples with any load, most memory."""
    path = Path(work, "raw", f"gpu-{device}-{network}.csv")
    seen = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        try:
            seen.append([float(x) for x in line.split(",")])
        except ValueError:  # "[N/A]", or a line cut short
            continue
    working = [s for s in seen if len(s) == 3 and s[0] > 0]
    if not working:
        return ""
    load, clock = (statistics.median(s[i] for s in working) for i in (0, 2))
    return f"{load:.0f} %, {max(s[1] for s in working):,.0f} MiB, {clock:.0f} MHz"


def epochs(work, seconds="6"):
    """As many epochs of the 1D network as take about so many seconds."""
    timed = speeds(work, "cuda")["1d"][1]
    print(min(60, max(2, round(float(seconds) * timed["samples_per_s"] / timed["rows"]))))


def sharing(work):
    """Five seeds at the same time against one alone."""
    lines = Path(work, "raw", "wall-microseconds.csv").read_text(encoding="utf-8").splitlines()
    walls = dict(line.rsplit(",", 1) for line in lines)
    alone, five = runs(work, "sharing-alone"), runs(work, "sharing-five")
    done = sum(bool(hashes(run)) for run in five.values())
    if done < 5 or not all(hashes(run) for run in alone.values()):
        print(f"**sharing: no figures, {done} of 5 seeds ended**")
        return
    one, all_five = (int(walls[f"train sharing-{name}"]) / 1e6 for name in ("alone", "five"))
    times = f"five seeds take {all_five / one:.2f} times as long as one ({all_five:.1f} s, {one:.1f} s; aim: under 2)"
    print(f"**sharing: {times}**\n")
    one, all_five = (max(rate(run)["step"] for run in which.values()) for which in (alone, five))
    print(f"Training alone, warming up included: {all_five:.1f} s against {one:.1f} s, {all_five / one:.2f} times.\n")
    compare_twice("of a seed among five", [(label, run, five[label]) for label, run in alone.items() if label in five])


def torch(work):
    """PyTorch beside what `speed` found."""
    ours = {network: timed["samples_per_s"] for network, (_, timed, _) in speeds(work, "cuda").items() if timed}
    path = Path(work, "raw", "torch.jsonl")
    rows, brief = [], []
    for line in map(json.loads, path.read_text(encoding="utf-8").splitlines() if path.is_file() else []):
        network, mode, mine = line["network"], line["mode"], ours.get(line["network"])
        if "error" in line:
            rows.append([f"{network}, {mode}", "failed: " + line["error"].replace("|", "/"), "", "", ""])
            continue
        ratio = f"{mine / line['samples_per_s']:.2f}" if mine else ""
        wrong = "" if line["parameters"] == PARAMETERS[network] else f" ({line['parameters']} PARAMETERS)"
        figures = [f"{line['samples_per_s']:,.0f}", f"{mine:,.0f}" if mine else "", ratio, f"{line['first_s']:.1f}"]
        rows.append([f"{network}, {mode}{wrong}", *figures])
        brief += [f"{network} {mode} {ratio}"] if ratio else []
    print(f"**serlab's speed over PyTorch's: {', '.join(brief) or 'no figures'}**\n")
    print("PyTorch at its best: batches lie on the GPU, losses are not read. serlab sends every batch, reads every loss.\n")
    table(["network, mode", "PyTorch samples/s", "serlab", "ratio", "first step (s)"], rows)
    print()


def comparison(work, name):
    """The table that `run` printed, its time, and the devices."""
    log = next(Path(work, "raw").glob(f"*-train-{name}.log")).read_text(encoding="utf-8").splitlines()
    begin = next(i for i, line in enumerate(log) if line.startswith("variant "))
    end = next((i for i, line in enumerate(log) if i > begin and not line.strip()), len(log))
    records = [json.loads((run / "provenance.json").read_text(encoding="utf-8")) for run in runs(work, name).values()]
    devices = ", ".join(sorted({record["device"] for record in records}))
    spent = "".join(line for line in log if line.startswith("time of "))
    print(f"**{name} on {devices}**: {spent}\n\n```text\n" + "\n".join(log[begin:end]) + "\n```\n")


def main():
    verbs = {f.__name__: f for f in (agreement, determinism, speed, epochs, sharing, torch)}
    verbs["table"] = comparison
    if len(sys.argv) < 2 or sys.argv[1] not in verbs:
        sys.exit(__doc__)
    verbs[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
