#!/usr/bin/env python3
"""What scikit-learn answers where `linear` and `svm` are asked: a JSON file that tests/classical.rs holds serlab against.

    python3 -m venv venv && venv/bin/pip install -r scripts/requirements-classical.txt
    venv/bin/python scripts/check_classical.py golden tests/classical.json
    venv/bin/python scripts/check_classical.py ravdess FUNCTIONALS.csv target/classical.json

`golden` makes up its rows, so that they can be stored: three clouds of points. `ravdess` reads a table with a column `file` of
RAVDESS file names and numbers in the others (openSMILE's functionals; `start` and `end` are passed over), and trains on actors 1
to 19. What it writes is not to be stored: it holds the corpus' values. `just check-classical` does both.

Columns are standardised by the training rows. `margin` is how far the answer is from another one: the difference of the two
largest decisions (linear), or the smallest absolute decision between two classes (svm).
"""

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

COSTS = [0.1, 1.0, 10.0]
WEIGHTS = {"none": None, "balanced": "balanced"}


def golden():
    """Three overlapping clouds of 60, 40 and 20 training points, in six columns of which one is constant and two are alike."""
    draw = np.random.default_rng(20)
    labels = np.array([0] * 60 + [1] * 40 + [2] * 20 + [0, 1, 2] * 20)
    centres = np.array([[0, 0, 0, 5, 1, 2], [1, -1, 0.5, 5, 1, 2], [-0.5, 1, 1, 5, 1, 2]])
    rows = centres[labels] + draw.normal(size=(len(labels), 6)) * [1, 2, 0.5, 0, 30, 1]
    rows[:, 5] = rows[:, 4] / 2 + 0.1 * rows[:, 5]
    rows = rows.round(3)
    return rows[:120], labels[:120], rows[120:], labels[120:]


def ravdess(path):
    import pandas as pd

    table = pd.read_csv(path)
    parts = table["file"].str.extract(r"(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)")
    labels, actors = parts[2].astype(int).to_numpy() - 1, parts[6].astype(int).to_numpy()
    rows = table.drop(columns=[c for c in ("file", "start", "end") if c in table]).to_numpy(float)
    training = actors <= 19
    return rows[training], labels[training], rows[~training], labels[~training]


def models():
    """Each model as a spec writes it, and scikit-learn's."""
    for c in COSTS:
        for name, weights in WEIGHTS.items():
            linear = LogisticRegression(C=c, class_weight=weights, solver="lbfgs", tol=1e-10, max_iter=100_000)
            yield {"linear": {"c": c}}, name, linear
            for kernel in ("linear", "rbf"):
                svm = SVC(C=c, kernel=kernel, gamma="scale", class_weight=weights, decision_function_shape="ovo")
                yield {"svm": {"c": c, "kernel": kernel}}, name, svm


def margins(decisions, linear):
    if linear:
        ordered = np.sort(decisions, axis=1)
        return ordered[:, -1] - ordered[:, -2]
    return np.abs(decisions).min(axis=1)


def main():
    source, *paths = sys.argv[1:]
    # The numbers that serlab is fed are f32.
    rows, labels, test_rows, test_labels = golden() if source == "golden" else ravdess(paths[0])
    rows, test_rows = rows.astype(np.float32), test_rows.astype(np.float32)
    scaler = StandardScaler().fit(rows.astype(float))
    x, test_x = scaler.transform(rows.astype(float)), scaler.transform(test_rows.astype(float))
    answers = []
    for model, weights, estimator in models():
        estimator.fit(x, labels)
        predicted = estimator.predict(test_x)
        decisions = margins(estimator.decision_function(test_x), "linear" in model)
        answers.append(
            {
                "model": model,
                "class_weights": weights,
                "predicted": predicted.tolist(),
                "margin": [float(f"{m:.3g}") for m in decisions],
            }
        )
        print(f"{json.dumps(model)} {weights}: {(predicted == test_labels).mean():.4f} right")
    table = lambda rows: [[float(str(v)) for v in row] for row in rows]
    text = {
        "training": {"rows": table(rows), "labels": labels.tolist()},
        "test": {"rows": table(test_rows), "labels": test_labels.tolist()},
        "answers": answers,
    }
    Path(paths[-1]).write_text(json.dumps(text).replace("], [", "],\n[").replace('"answers"', '\n"answers"') + "\n")


if __name__ == "__main__":
    main()
