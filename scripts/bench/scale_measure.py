"""The measurements of scale.sh: prints one Markdown table. Usage: python3 scale_measure.py BINARY FOLDER."""

import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

REPEATS = 5
BINARY, FOLDER = os.path.abspath(sys.argv[1]), Path(sys.argv[2]).resolve()
CACHE = str(FOLDER / "cache")


def run(*arguments, until=None):
    """Wall seconds, CPU seconds and peak memory in MB of one call; where `until` is given it is ended as soon as that
    returns true, and the wall time is the time until then."""
    begun = time.perf_counter()
    process = subprocess.Popen([BINARY, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    wall = None
    while until is not None and process.poll() is None:
        if until():
            wall = time.perf_counter() - begun
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.002)
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = wall or time.perf_counter() - begun
    if until is None and status != 0:
        sys.exit(f"{' '.join([BINARY, *arguments])} failed:\n{said.decode()}")
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def median(*arguments, before=lambda: None, until=None):
    measured = []
    for _ in range(REPEATS):
        before()
        measured.append(run(*arguments, until=until))
    return [statistics.median(column) for column in zip(*measured)]


def row(what, target, *arguments, **how):
    wall, cpu, memory = median(*arguments, **how)
    shown = f"{1000 * wall:.1f} ms" if wall < 0.1 else f"{wall:.2f} s"
    print(f"| {what} | {shown} (CPU {cpu:.2f} s, {memory:.0f} MB) | {target} |", flush=True)


def cached_run():
    """A run whose features are all cached, until it begins to train: until it logs how many rows it has."""
    spec, runs = str(FOLDER / "clips" / "spec.toml"), FOLDER / "begun"
    for variant in ["1d", "2d"]:
        arguments = ["run", spec, "--only", variant, "--runs", str(runs), "--cache", CACHE]

        def fresh():
            shutil.rmtree(runs, ignore_errors=True)

        def begun():
            return any(runs.glob("*/*/log.jsonl"))

        fresh()
        run(*arguments, until=begun)
        what = f"`run` of 7,442 clips, all features cached ({variant}): until training begins"
        row(what, "1 s", *arguments, before=fresh, until=begun)
        fresh()


def main():
    print("| what | median of 5 | target |\n| --- | --- | --- |")
    row("`--version`", "20 ms", "--version")
    nowhere = ["--runs", str(FOLDER / "none"), "--cache", CACHE]
    row("`plan` of 10,000 runs: 1,000 settings, 10 seeds", "1 s", "plan", str(FOLDER / "grids/seeds.toml"), *nowhere)
    row("`plan` of 10,000 runs: 10,000 settings, 1 seed", "1 s", "plan", str(FOLDER / "grids/settings.toml"), *nowhere)
    runs = ["--runs", str(FOLDER / "runs/runs")]
    row("`list` of 1,000 sealed runs, every file checked", "1 s", "list", *runs)
    row("`compare` of 1,000 sealed runs, every file checked", "1 s", "compare", "scale", *runs)
    check = ["check", str(FOLDER / "manifest/spec.toml")]
    row("`check`: a manifest of a million rows, split by speakers, clips and k-fold", "10 s, 2 GB", *check)
    for name in ["speakers", "clips", "k-fold"]:
        audit = ["audit", str(FOLDER / f"listed/{name}.toml"), "--cache", CACHE]
        row(f"`audit` of a million clips, split by {name}", "10 s, 2 GB", *audit)
    cached_run()


main()
