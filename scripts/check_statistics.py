#!/usr/bin/env python3
"""Computes the figures of a comparison anew from the runs' predictions, and holds `serlab compare --format json` against them.

    python3 -m venv venv && venv/bin/pip install -r scripts/requirements-statistics.txt
    serlab compare EXPERIMENT --format json > comparison.json
    venv/bin/python scripts/check_statistics.py runs EXPERIMENT comparison.json
    venv/bin/python scripts/check_statistics.py --self-test

Of the document are taken which variants it compares, by which question and at which level, and which runs it left out;
everything else is computed by scripts/statistics_by_matrices.py. Ends with 1 where a number differs by more than a share of
1e-9 (p and degrees of freedom: 1e-6). Ablations are not checked: they are differences with the sign turned.
"""

import argparse
import csv
import json
import math
import pathlib
import re
import sys

import numpy as np

from statistics_by_matrices import (
    METRICS,
    Cells,
    Network,
    cells_of,
    components,
    crossed,
    expectations,
    given,
    holm,
    indicator,
    interval,
    linked,
    mean_squares,
    reach,
    settled_by,
    side_of,
    slopes,
    squares,
    t_of,
    unbiased,
    units_of,
    wilson,
)

TOLERANCE = {"p": 1e-6, "p_holm": 1e-6, "degrees": 1e-6}
FOLDER = re.compile(r"(?P<variant>.+?)-s(?P<seed>\d+)(?:-f(?P<fold>\d+))?-[0-9a-f]{8}")


def read(folder, labels):
    """The networks of each variant: `<variant>-s<seed>[-f<fold>]-<8 hex>/predictions.csv` of the sealed runs."""
    variants = {}
    for path in sorted(folder.iterdir()):
        name = FOLDER.fullmatch(path.name)
        if not name or not (path / "seal.json").exists():
            continue
        with open(path / "predictions.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        for column in rows[0] if rows else ():
            if column.startswith("p_"):
                labels.setdefault(column[2:], len(labels))
        of = {key: np.array([row[key] for row in rows]) for key in ("clip", "speaker", "truth", "predicted")}
        index = [np.array([labels[label] for label in of[key]]) for key in ("truth", "predicted")]
        fold = None if name["fold"] is None else int(name["fold"])
        network = Network(int(name["seed"]), fold, of["clip"], of["speaker"], *index)
        variants.setdefault(name["variant"], {})[path.name] = network
    return variants


# A variant, and a difference.


def tests_of(network):
    """The clips of a network, in order."""
    return sorted(network.clip)


def same_test(networks):
    """Whether all tested the same clips."""
    return all(tests_of(n) == tests_of(networks[0]) for n in networks)


def one_a_seed(networks):
    """Whether no seed has several networks."""
    return len({n.seed for n in networks}) == len(networks)


def certain(fields):
    """Leaves out what hangs on rounding where nothing varies."""
    if fields["standard_error"] > 1e-12:
        return fields
    return {key: value for key, value in fields.items() if key not in ("degrees", "smallest_found", "settled_by")}


def error_fields(variance):
    """Standard error, degrees and components, as the document has them."""
    degrees = float(variance.degrees) if math.isfinite(variance.degrees) else None
    return {"standard_error": math.sqrt(variance.value), "degrees": degrees, "components": components(variance.parts)}


def figure(metric, networks, classes, question="recipes"):
    """A variant's figure in one metric (src/evaluate/seeds.rs)."""
    side = side_of(metric, networks, classes)
    cells = cells_of([(1, side)])
    if question == "networks" or len(networks) < 2:
        variance = given(cells_of([(1, side)], one_network=True))
    else:
        variance = crossed([cells], cells) if one_a_seed(networks) and same_test(networks) else linked(cells)
    low, high = interval(side.figure, variance, len(set(units_of(side))))
    sd = float(np.std(side.values, ddof=1)) if len(side.values) > 1 else None
    found = {"mean": side.figure, "sd": sd, "low": low, "high": high, "values": side.values.tolist()}
    return found | error_fields(variance)


def paired(baseline, variant):
    """The networks to compare, and whether all tested the same clips: else pairs of the same seed and fold."""
    if one_a_seed(baseline) and one_a_seed(variant) and same_test(baseline + variant):
        return baseline, variant, True
    partner = {(n.seed, n.fold): n for n in variant}
    pairs = [(n, partner[n.seed, n.fold]) for n in baseline if (n.seed, n.fold) in partner]
    assert pairs and all(same_test(pair) for pair in pairs), "nothing to compare, or other clips"
    return *map(list, zip(*pairs)), False


def difference(metric, baseline, variant, classes, question="recipes"):
    """A difference in one metric before it is corrected (src/evaluate/compare.rs), and its variance."""
    baseline, variant, same = paired(baseline, variant)
    recipes = question == "recipes" and len(baseline) > 1 and len(variant) > 1
    b, v = (side_of(metric, networks, classes) for networks in (baseline, variant))
    signed = [(-1, b), (1, v)]
    if not recipes:
        variance = given(cells_of(signed, one_network=True))
    elif same:
        variance = crossed([cells_of([(1, b)]), cells_of([(1, v)])], cells_of(signed, one_network=True))
    else:
        variance = linked(cells_of(signed))
    value, error, units = v.figure - b.figure, math.sqrt(variance.value), len(set(units_of(b)))
    if error > 1e-12:
        p, half = min(2 * t_of(variance.degrees).sf(abs(value) / error), 1), t_of(variance.degrees).ppf(0.975) * error
    else:
        coins = min(len(baseline), len(variant)) if recipes else units
        p, half = 1.0 if abs(value) < 1e-12 else 0.5 ** (min(coins, 1000) - 1), 0.0
    counts = [len(baseline), len(variant)]
    found = {
        "question": "recipes" if recipes else "networks", "baseline_value": b.figure, "variant_value": v.figure,
        "value": value, "low": max(value - half, -1), "high": min(value + half, 1), "p": p, **error_fields(variance),
        "level_holds": units >= 9 and (not recipes or min(counts) >= 3), "n": len(set(b.clip)),
        "speakers": len(set(b.speaker)), "seeds": [len(b.values), len(v.values)], "networks": counts,
    }  # fmt: skip
    return found, variance


def corrected(found, levels):
    """Adds p_holm, and what depends on the level that a difference is held against and on their number."""
    adjusted = holm([d["p"] for d, _ in found])
    for (d, variance), p, level in zip(found, adjusted, levels):
        strict, recipes = level / len(found), d["question"] == "recipes"
        clear = ("better" if d["value"] > 0 else "worse") if p < level else "unclear"
        d |= {"p_holm": p, "smallest_found": float(reach(variance.value, variance.degrees, strict)), "verdict": clear}
        d["settled_by"] = settled_by(variance, d["value"], strict, recipes, min(d["seeds"]), d["speakers"] if d["speakers"] > 1 else 0)
    return [d for d, _ in found]


# Holding a document against them.


class Report:
    """The largest differences by field, and what could not be checked."""

    def __init__(self):
        self.rows, self.missing, self.wrong = {}, set(), []

    def number(self, field, where, ours, theirs):
        """Compares two numbers. Gaps below 1e-12 are rounding (1e-8 where a root was taken of it). Numbers above 10,000 are of
        intervals without end: with a fraction of a degree of freedom, quantile routines stop at different heights."""
        ours, theirs = float(ours), float(theirs)
        endless = min(abs(ours), abs(theirs)) > 1e4
        gap, largest = 0.0 if endless else abs(ours - theirs), max(abs(ours), abs(theirs))
        rounding = 1e-8 if "components" in field else 1e-12
        count, absolute, relative = self.rows.get(field, (0, 0.0, 0.0))
        self.rows[field] = count + 1, max(absolute, gap), max(relative, gap / largest if gap > rounding else 0.0)
        if not gap <= max(TOLERANCE.get(field, 1e-9) * largest, rounding):
            self.wrong.append(f"{where} {field}: {ours!r} here, {theirs!r} there")

    def hold(self, field, where, ours, theirs):
        """Compares numbers, lists, tables and words."""
        if isinstance(ours, dict) and isinstance(theirs, dict):
            for key in sorted(ours):
                if key in theirs:
                    self.hold(f"{field}.{key}" if field else key, where, ours[key], theirs[key])
                else:
                    self.missing.add(f"{field}.{key}" if field else key)
        elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
            for one, other in zip(ours, theirs):
                self.hold(field, where, one, other)
        elif all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in (ours, theirs)):
            self.number(field, where, ours, theirs)
        else:
            count, *gaps = self.rows.get(field, (0, 0.0, 0.0))
            self.rows[field] = (count + 1, *gaps)
            if ours != theirs:
                self.wrong.append(f"{where} {field}: {ours!r} here, {theirs!r} there")

    def told(self):
        """Prints the table; whether nothing differs."""
        print(f"{'field':<32}{'numbers':>8}{'largest gap':>14}{'relative':>12}")
        for field, (count, absolute, relative) in sorted(self.rows.items()):
            print(f"{field:<32}{count:>8}{absolute:>14.2e}{relative:>12.2e}")
        for field in sorted(self.missing):
            print(f"not checked, the document lacks it: {field}")
        print("\n".join(self.wrong + [f"{len(self.wrong)} numbers differ"]))
        return not self.wrong


def networks_of(document, runs, experiment, labels):
    """The networks of each variant, without the runs that the document left out; each seed and fold once."""
    left_out = {run["run"].rsplit("/", 1)[-1] for run in document.get("left_out", [])}
    found = {}
    for variant, named in read(runs / experiment, labels).items():
        networks = [n for name, n in named.items() if name not in left_out]
        networks.sort(key=lambda n: (n.seed, -1 if n.fold is None else n.fold))
        if len({(n.seed, n.fold) for n in networks}) < len(networks):
            raise SystemExit(f"{variant}: several runs of one seed and fold; compare the runs of one configuration")
        found[variant] = networks
    return found


def check(document, runs, experiment):
    """Holds all figures and differences of a comparison against their recomputation."""
    labels, report = {}, Report()
    networks = networks_of(document, runs, experiment, labels)
    by_label = {v["label"]: networks[v["variant"]] for v in document["variants"]}
    differences = document["differences"]
    networks_only = bool(differences) and all(d["question"] == "networks" for d in differences)
    for variant in document["variants"]:
        for theirs in variant["figures"]:
            if theirs["metric"] not in METRICS:
                report.missing.add(f"figures in {theirs['metric']}")
                continue
            question = variant.get("question", "networks" if networks_only else "recipes")
            ours = figure(theirs["metric"], by_label[variant["label"]], len(labels), question)
            report.hold("", f"{variant['label']}, {theirs['metric']}:", certain(ours), theirs)
    sides = [(d["metric"], by_label[d["against"]], by_label[d["variant"]], len(labels), d["question"]) for d in differences]
    ours = corrected([difference(*side) for side in sides], [d["level"] for d in differences])
    for one, other in zip(ours, differences):
        where = f"{other['variant']} - {other['against']}, {other['metric']}:"
        report.hold("difference", where, certain(one), other)
    return report.told()


# The script's own algebra.


def same(what, found, expected, gap=1e-9):
    """Stops where two arrays differ."""
    if not np.allclose(found, expected, rtol=gap, atol=gap):
        raise SystemExit(f"self-test: {what}: {found}, not {expected}")
    print(f"ok: {what}")


def test_slopes():
    """A derivative is what the metric changes by, and the pulls of all answers sum to 0."""
    counts = np.array([[5.0, 2, 0, 1], [1, 7, 0, 2], [0, 0, 0, 0], [2, 1, 1, 4]])
    for name, metric in METRICS.items():
        slope, step = slopes(name, counts), np.zeros(counts.shape)
        for cell in zip(*np.nonzero(counts)):
            up, down = counts.copy(), counts.copy()
            up[cell], down[cell] = up[cell] + 1e-4, down[cell] - 1e-4
            step[cell] = (metric(up) - metric(down)) / 2e-4
        same(f"derivatives of {name} by differences", slope, step, 1e-7)
        same(f"pulls of {name} sum to 0", np.sum(slope * counts), 0)


def test_crossed():
    """The variance of a balanced design is right on average: by tr(A S), A found from the variance of single cells."""
    weight, n, parts = np.array([0.5, 0.2, 0.2, 0.1]), 3, (2.0, 3.0, 5.0)
    z_network, z_unit = np.kron(np.eye(n), np.ones((4, 1))), np.kron(np.ones((n, 1)), np.eye(4))
    each = np.kron(np.ones(n) / n, weight)
    blend = np.eye(3 * 4) - np.outer(np.ones(12), each)

    def on_average(of_square):
        # A quadratic form at all sums of two columns of a root of S: tr(A S) is the sum over the columns.
        sources = [(parts[0], z_unit), (parts[1], z_network), (parts[2], np.eye(12))]
        return sum(size * sum(of_square(blend @ column) for column in z.T) for size, z in sources)

    def shown(values, which):
        runs, rest = mean_squares(values.reshape(n, 4), weight)
        speakers = unbiased(weight) * squares(weight * values.reshape(n, 4).mean(0))
        return (runs, rest, runs + speakers - rest)[which]

    by_rest, by_run = parts[2] * squares(weight) / n, parts[1] / n
    whole = parts[0] * squares(weight) + by_run + by_rest
    for which, (name, expected) in enumerate([("networks", by_run + by_rest), ("rest", by_rest), ("figure", whole)]):
        same(f"crossed, {name}: mean square on average", on_average(lambda y, i=which: shown(y, i)), expected)


def test_linked():
    """Traces by their definition; moments give back the variances that made them; folds are a t test of the folds."""
    network, unit = np.array([0, 0, 1, 1, 2, 2, 2]), np.array([0, 1, 1, 2, 0, 2, 3])
    weight = np.array([0.1, 0.2, 0.15, 0.15, 0.1, 0.2, 0.1])
    zs, takes, shows = expectations(Cells(network, unit, weight, weight, weight))
    p = np.diag(weight) - np.outer(weight, weight)
    traces = [[np.trace(p.T @ a @ a.T @ p @ b @ b.T) for b in zs] for a in zs]
    same("linked, sums of squares on average: traces", shows, traces)
    same("linked, what the figure takes", takes, [weight @ z @ z.T @ weight for z in zs])
    same("linked, moments", np.linalg.solve(shows, shows @ [2.0, 3, 5]), [2, 3, 5])
    values = np.array([0.3, 0.1, -0.2, 0.4, -0.6])
    folds = linked(Cells(np.arange(5), np.arange(5), np.full(5, 0.2), values, values * 0))
    same("linked, one speaker a fold", [folds.value, folds.degrees], [values.var(ddof=1) / 5, 4])


def test_tables():
    """Published examples, and a crossed design against Student's test of its networks where speakers are alike."""
    same("Holm", holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])
    same("Wilson, 8 of 10", wilson(8, 10), [0.4901625, 0.9433178], 1e-6)
    same("indicator", indicator(np.array([7, 5, 7])), [[0, 1], [1, 0], [0, 1]])
    of_network = np.array([0.1, -0.3, 0.2])
    grid = np.repeat(np.arange(3), 4), np.tile(np.arange(4), 3)
    side = Cells(*grid, np.full(12, 1 / 12), np.repeat(of_network, 4), np.zeros(12))
    none = Cells(np.zeros(4, int), np.arange(4), np.full(4, 0.25), np.zeros(4), np.zeros(4))
    both = crossed([side, side], none)
    same("crossed, speakers alike", [both.value, both.degrees], [2 * of_network.var(ddof=1) / 3, 4])


def main():
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--self-test", action="store_true", help="checks the algebra of these scripts")
    parser.add_argument("runs", nargs="?", type=pathlib.Path)
    parser.add_argument("experiment", nargs="?")
    parser.add_argument("comparison", nargs="?", type=pathlib.Path)
    args = parser.parse_args()
    if args.self_test:
        for test in (test_slopes, test_crossed, test_linked, test_tables):
            test()
        return 0
    if args.comparison is None:
        parser.error("name the folder of runs, the experiment and the comparison")
    document = json.loads(args.comparison.read_text(encoding="utf-8"))["comparison"]
    return 0 if check(document, args.runs, args.experiment) else 1


if __name__ == "__main__":
    sys.exit(main())
