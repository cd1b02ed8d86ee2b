# What people run while working on serlab; `just --list` shows it.

# Formatting and lints.
check:
    cargo fmt --all --check
    cargo clippy --release --locked --all-targets -- -D warnings

# All tests. Those on real recordings skip, saying so, where the recordings are absent.
test:
    cargo test --release --locked

# The API documentation.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --release --locked --no-deps

# Licences of all dependencies (needs cargo-deny).
licences:
    cargo deny check licenses

# The reference arrays of tests/golden, computed anew by librosa in a virtual environment.
golden:
    python3 -m venv target/golden
    target/golden/bin/pip install -q -r scripts/requirements-golden.txt
    target/golden/bin/python scripts/make_golden.py tests/golden

# Exactly what the continuous integration runs.
ci:
    bash .ci/run
