#!/usr/bin/env bash
# How serlab holds up with many runs, many rows and many clips: makes the inputs, measures, prints a Markdown table.
#
#   scripts/bench/scale.sh [BINARY [FOLDER]]
#
# BINARY is target/release/serlab by default. The inputs (2.5 GB) go to a temporary folder that is removed at the end, or
# to FOLDER, where they stay and are used again. Needs python3 (its standard library only) and some minutes; other work on
# the machine shows in the figures.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
binary=${1:-$here/../../target/release/serlab}
if [ ! -x "$binary" ]; then
    echo "$binary is no program; build it with: cargo build --release --locked" >&2
    exit 2
fi
if [ $# -ge 2 ]; then
    folder=$2
    mkdir -p "$folder"
else
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
fi
python3 "$here/scale_inputs.py" "$binary" "$folder" >&2
python3 "$here/scale_measure.py" "$binary" "$folder"
