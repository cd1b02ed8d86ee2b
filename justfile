# What people run while working on serlab; `just --list` shows it.

# Formats every file, also those of kinds, which `cargo fmt` does not find.
fmt:
    git ls-files '*.rs' | grep -v '^vendor/' | xargs rustfmt --edition 2024

# Formatting and lints.
check:
    git ls-files '*.rs' | grep -v '^vendor/' | xargs rustfmt --edition 2024 --check
    cargo clippy --release --locked --workspace --all-targets -- -D warnings

# All tests. Those on real recordings skip, saying so, where the recordings are absent.
test:
    cargo test --release --locked

# The API documentation.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --release --locked --no-deps

# The schema of specs, the reference and the manual, written anew from the sources.
documents:
    SERLAB_WRITE_DOCUMENTS=1 cargo test --release --locked --test documents

# The schema in the hands of a validator, taplo's linter and its language server (TAPLO names one that has it:
# `cargo install taplo-cli --version 0.10.0 --locked --features lsp`).
check-schema:
    "${PYTHON:-python3}" -m venv target/schema
    target/schema/bin/pip install -q -r scripts/requirements-schema.txt
    target/schema/bin/python scripts/check_schema.py

# Licences of all dependencies (needs cargo-deny).
licences:
    cargo deny check licenses

# The reference arrays of tests/golden, computed anew by librosa in a virtual environment.
golden:
    python3 -m venv target/golden
    target/golden/bin/pip install -q -r scripts/requirements-golden.txt
    target/golden/bin/python scripts/make_golden.py tests/golden

# `linear` and `svm` beside scikit-learn: the made-up rows of tests/classical.json, written anew, and a table of RAVDESS functionals
# where one is named.
check-classical FUNCTIONALS="":
    "${PYTHON:-python3}" -m venv target/classical
    target/classical/bin/pip install -q -r scripts/requirements-classical.txt
    target/classical/bin/python scripts/check_classical.py golden tests/classical.json
    cargo test --release --locked --test classical
    test -z "{{FUNCTIONALS}}" || target/classical/bin/python scripts/check_classical.py ravdess {{FUNCTIONALS}} target/classical/ravdess.json
    test -z "{{FUNCTIONALS}}" || SERLAB_CLASSICAL="$PWD/target/classical/ravdess.json" cargo test --release --locked --test classical -- --ignored --nocapture

# Speed beside burn, PyTorch and librosa, and at scale: medians, as tables in target/bench (most of an hour).
bench *ARGS: _peers
    target/bench/venv/bin/python scripts/bench/compare.py --python target/bench/venv/bin/python {{ARGS}} | tee target/bench/speed.md
    rm -rf target/bench/criterion
    CRITERION_HOME=$PWD/target/bench/criterion cargo bench --locked -p serlab-kernels
    python3 scripts/bench/kernels.py target/bench/criterion | tee target/bench/kernels.md
    cargo build --release --locked
    bash scripts/bench/scale.sh target/release/serlab | tee target/bench/scale.md

# The first of these at a glance: few and short runs, whose figures are not worth quoting.
bench-quick: _peers
    target/bench/venv/bin/python scripts/bench/compare.py --python target/bench/venv/bin/python --repeats 2 --seconds 1 --out target/bench/quick

# What serlab is compared with; PyTorch from its own index of CPU builds, where that answers. PYTHON names a Python 3.12 or later.
_peers:
    mkdir -p target/bench
    "${PYTHON:-python3}" -m venv target/bench/venv
    grep '^torch==' scripts/bench/requirements.txt | xargs target/bench/venv/bin/pip install -q --retries 0 --index-url https://download.pytorch.org/whl/cpu || true
    target/bench/venv/bin/pip install -q -r scripts/bench/requirements.txt

# Exactly what the continuous integration runs.
ci:
    bash .ci/run

# All fuzz targets, each for so many seconds (needs nightly and cargo-fuzz).
fuzz SECONDS="600":
    fuzz/run.sh {{SECONDS}}

# The longest fault test: the quickstart killed a hundred times (some minutes).
kill:
    cargo test --release --locked --test kill -- --ignored --nocapture

# The statistics of comparison held against simulated tests: false positives, coverage, power (an hour or more with 2000 draws;
# SERLAB_SIMULATE_DRAWS=400 for a look).
simulate:
    cargo test --release --locked --test statistics -- --ignored --nocapture --test-threads 1 simulate

# One recipe, trained hundreds of times (experiments/null-ravdess.toml), held against itself.
null RUNS="runs/null-ravdess":
    SERLAB_NULL_RUNS="$(realpath {{RUNS}})" cargo test --release --locked --test statistics -- --ignored --nocapture one_recipe

# Every figure of a comparison, computed once more by numpy and scipy from the same predictions.
check-statistics EXPERIMENT RUNS="runs":
    "${PYTHON:-python3}" -m venv target/statistics
    target/statistics/bin/pip install -q -r scripts/requirements-statistics.txt
    cargo run --release --locked -- compare {{EXPERIMENT}} --runs {{RUNS}} --format json > target/statistics/comparison.json
    target/statistics/bin/python scripts/check_statistics.py {{RUNS}} {{EXPERIMENT}} target/statistics/comparison.json
