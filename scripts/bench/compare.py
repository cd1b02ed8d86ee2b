"""serlab against PyTorch and librosa, side by side on this machine; prints Markdown tables.

    python3 scripts/bench/compare.py [networks] [features] --python VENV/bin/python

The programs alternate (serlab, its peer, serlab, its peer, ...), each in a process of its own, so that a machine that
slows down slows down both; ratios are taken within such pairs. Needs nothing but the standard library; --python names the
interpreter that has what requirements.txt lists.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
NETWORKS = ("small-2d", "small-1d", "recipe-2d", "seed-2d", "seed-1d")
MODES = ("train", "infer")


def build(manifest):
    """Builds the programs of benches/; where each of them is."""
    command = ["cargo", "bench", "--locked", "--no-run", "--message-format=json", "--manifest-path", manifest]
    command += ["--bench", "networks", "--bench", "features"]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    messages = [json.loads(line) for line in out.splitlines()]
    return {m["target"]["name"]: m["executable"] for m in messages if m.get("executable")}


def measured(command):
    """What a program says of itself: its last line, JSON."""
    out = subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(out.splitlines()[-1])


def alternated(commands, repeats, record):
    """Runs all commands in turn, again and again; the results of each. Every result is also kept in a file."""
    results = [[] for _ in commands]
    for _ in range(repeats):
        for command, kept in zip(commands, results):
            line = measured(command)
            kept.append(line)
            record.write(json.dumps(line) + "\n")
            record.flush()
            print(json.dumps(line), file=sys.stderr)
    return results


def values(results, key):
    """One figure of every run."""
    return [result[key] for result in results]


def middle(numbers):
    """The median, to three digits."""
    return digits(statistics.median(numbers))


def spread(numbers):
    """The median with the smallest and the largest."""
    return f"{statistics.median(numbers):.2f} ({min(numbers):.2f} to {max(numbers):.2f})"


def digits(number):
    """Three digits, or all before the point."""
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}"


def ratios(above, below):
    """One a pair of runs."""
    return [a / b for a, b in zip(above, below)]


def table(head, rows):
    """A Markdown table whose numbers stand on the right."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def machine():
    """Processor and cores, system, load and date."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        name = models[0].split(":", 1)[1].strip() if models else name
    when = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    load = f", load average {os.getloadavg()[0]:.1f} before" if hasattr(os, "getloadavg") else ""
    return f"{name}, {os.cpu_count()} cores, {platform.system()} {platform.release()}{load}; {when}"


def version(command):
    """The first line that a program prints about itself; nothing where there is no such program."""
    try:
        out = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return out.stdout.strip().splitlines()[0] if out.stdout.strip() else ""


def tools(python):
    """What was built with what, and the interpreter of the peers."""
    commit = version(["git", "describe", "--always", "--dirty"])
    parts = [f"commit {commit}" if commit else "", version(["rustc", "--version"]), version([python, "--version"])]
    return ", ".join(part for part in parts if part)


def networks(asked, programs, record):
    """Training and inference of all networks; of 2D ones with PyTorch's images in either memory layout, of the recipe's
    also in half precision."""
    rows = []
    for name in NETWORKS:
        for mode in MODES:
            options = [name, mode, "--seconds", asked.seconds, "--threads", asked.threads]
            commands = [[programs["networks"], *options], [asked.python, HERE / "networks.py", *options]]
            if name.endswith("2d"):
                commands.append([*commands[1], "--channels-last"])
            if name == "recipe-2d":
                commands.append([*commands[2], "--bf16"])
            ours, *others = alternated(commands, asked.repeats, record)
            for theirs, layout in zip(others, ("", ", channels last", ", channels last, bf16")):
                speed = [values(results, "samples_per_second") for results in (ours, theirs)]
                memory = [values(results, "peak_rss_mib") for results in (ours, theirs)]
                cpu = [values(results, "cpu_seconds_per_sample") for results in (theirs, ours)]
                row = [f"{name}{layout}", mode, *map(middle, speed), spread(ratios(*speed))]
                row.append(spread(ratios(*cpu)) if all(sum(cpu, [])) else "")
                rows.append(row + [middle(mib) if all(mib) else "" for mib in memory])
    head = ["network", "mode", "serlab, samples/s", "PyTorch, samples/s", "ratio", "CPU time ratio"]
    head += ["serlab, peak MiB", "PyTorch, peak MiB"]
    threads = f"{asked.threads} thread{'' if asked.threads == 1 else 's'}"
    note = (
        f"{ours[0]['program']} and {others[0][0]['program']}, {threads}, f32; median of n = {asked.repeats} runs of about "
        f"{asked.seconds:g} s, alternating. Ratios are serlab's speed over PyTorch's and PyTorch's CPU seconds a sample "
        "over serlab's (above 1: serlab is ahead), with their range. Batches of 32 (2D), 64 (small-1d) and 128 (seed-1d). "
        "Channels last: PyTorch with the memory layout of images that is not its default; bf16: under autocast, serlab in f32 all "
        "the same."
    )
    return "Training and inference", table(head, rows), note


def features(asked, programs, record):
    """Features of clips."""
    clips = asked.out / "clips"
    ours = [programs["features"], "--seconds", asked.seconds, "--clips", clips]
    librosa = [asked.python, HERE / "features.py", clips, "--seconds", asked.seconds]
    ours, plain, cached = alternated([ours, librosa, [*librosa, "--cached"]], asked.repeats, record)
    if None in values(ours, "cpu_us_per_clip"):
        sys.exit("CPU time is read from /proc, which this system does not have; compare features on Linux")
    own = values(ours, "cpu_us_per_clip")
    rows = [["serlab", middle(own), "1", middle(values(ours, "peak_rss_mib"))]]
    for name, results in (("librosa", plain), ("librosa, mel filters computed once", cached)):
        cpu = values(results, "cpu_us_per_clip")
        rows.append([name, middle(cpu), spread(ratios(cpu, own)), middle(values(results, "peak_rss_mib"))])
    fft = values(ours, "fft_us_per_clip")
    rows.append(["the Fourier transforms alone (realfft)", middle(fft), spread(ratios(fft, own)), ""])
    head = ["", "CPU microseconds a clip", "relative to serlab", "peak MiB"]
    wall = middle(values(ours, "wall_us_per_clip_all_threads"))
    note = (
        f"A clip of {ours[0]['clip_seconds']:g} s at 16 kHz: WAV to ZCR, RMS and 128 mel bands in dB, one thread. "
        f"{ours[0]['program']} with {ours[0]['threads']} threads: {wall} microseconds of wall time a clip. "
        f"{plain[0]['program']}; median of n = {asked.repeats} runs of about {asked.seconds:g} s, alternating, with range."
    )
    return "Features", table(head, rows), note


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="*", help="networks, features; both by default")
    parser.add_argument("--python", default=sys.executable, help="an interpreter with PyTorch and librosa")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5, help="of one run")
    parser.add_argument("--threads", type=int, default=2, help="of networks")
    parser.add_argument("--out", type=Path, default=ROOT / "target" / "bench", help="where the tables go")
    parser.add_argument("--manifest-path", default=str(ROOT / "Cargo.toml"), help="of the serlab that is measured")
    asked = parser.parse_args()
    chapters = {"networks": networks, "features": features}
    what = asked.what or list(chapters)
    if unknown := [name for name in what if name not in chapters]:
        parser.error(f"{unknown}: expected networks or features")

    asked.out.mkdir(parents=True, exist_ok=True)
    programs = build(asked.manifest_path)
    for name in what:
        where = machine()
        with open(asked.out / f"{name}.jsonl", "w", encoding="utf-8") as record:
            title, rows, note = chapters[name](asked, programs, record)
        text = f"## {title}\n\n{rows}\n\n{note}\n{where}; {tools(asked.python)}.\n"
        (asked.out / f"{name}.md").write_text(text, encoding="utf-8")
        print(text)


if __name__ == "__main__":
    main()
