"""A Markdown table of what `cargo bench -p serlab-kernels` has measured last.

    python3 scripts/bench/kernels.py [target/criterion]
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NETWORKS = ("small-2d", "small-1d", "seed-2d", "seed-1d")
OPERATIONS = (
    "convolution",
    "input gradient",
    "weight gradient",
    "tail",
    "tail gradient",
    "block, inference",
    "block, training",
)


def medians(folder):
    """(group, side) -> milliseconds, of every benchmark that Criterion has kept."""
    found = {}
    for path in folder.glob("*/*/new/estimates.json"):
        names = json.loads(path.with_name("benchmark.json").read_text(encoding="utf-8"))
        estimates = json.loads(path.read_text(encoding="utf-8"))
        found[names["group_id"], names["function_id"]] = estimates["median"]["point_estimate"] / 1e6
    return found


def cell(found, group):
    """Both sides and how many times burn's is slower."""
    ours, theirs = found.get((group, "serlab")), found.get((group, "burn"))
    if ours is None or theirs is None:
        return ""
    return f"{ours:.3g} / {theirs:.3g} ({theirs / ours:.1f}x)"


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "target" / "criterion"
    found = medians(folder)
    if not found:
        sys.exit(f"{folder} holds no measurement; run `cargo bench -p serlab-kernels` first")
    print("## Kernels\n")
    print("| layer | " + " | ".join(OPERATIONS) + " |")
    print("| --- |" + " ---: |" * len(OPERATIONS))
    for network in NETWORKS:
        for layer in range(1, 10):
            cells = [cell(found, f"{network} {layer} {operation}") for operation in OPERATIONS]
            if any(cells):
                print(f"| {network} {layer} | " + " | ".join(cells) + " |")
    print("\nMilliseconds, serlab / burn's stock operations on the same backend (how many times longer burn's take);")
    print("medians. Gradients without the forward pass before them; seed-2d with 8 images a batch.")


if __name__ == "__main__":
    main()
