#!/usr/bin/env bash
# Runs fuzz targets one after another, each for so many seconds: run.sh SECONDS [TARGET...]
# What they find lies in fuzz/artifacts; a find belongs under tests/finds, where it is read again by every test run.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${1:-60}
shift || true
targets=("$@")
if [ ${#targets[@]} = 0 ]; then
    for path in targets/*.rs; do targets+=("$(basename "$path" .rs)"); done
fi

# Inputs that are files are written to memory where there is such a folder.
if [ -d /dev/shm ]; then export TMPDIR=${TMPDIR:-/dev/shm}; fi
export RAYON_NUM_THREADS=1
python3 seeds.py

failed=()
for target in "${targets[@]}"; do
    case $target in
        spec) dictionary=toml length=16384 ;;
        manifest | crema_d | split_file | tables) dictionary=csv length=4096 ;;
        audio_*) dictionary=audio length=16384 ;;
        *) dictionary=json length=4096 ;;
    esac
    mkdir -p "corpus/$target"
    echo "== $target, $seconds s"
    # No sanitizer: the parsers are safe Rust, and what they may allocate is counted by the targets themselves.
    cargo +nightly fuzz run --sanitizer none "$target" "corpus/$target" "seeds/$target" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len="$length" \
        -dict="dictionaries/$dictionary.dict" -print_final_stats=1 || failed+=("$target")
done

if [ ${#failed[@]} -gt 0 ]; then
    echo "found something: ${failed[*]}" >&2
    exit 1
fi
