"""The statistics of src/evaluate by matrices, for scripts/check_statistics.py.

Nothing is taken from src/evaluate but the formulas: what an answer adds to a metric is found by differentiation, and what a
mean square is on average by matrices: E[y' A y] = tr(A S) for values y with covariance S.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

# Metrics: functions of a confusion matrix [truth, answer], whose counts may be complex for the derivatives below.


def share(part, whole):
    """part / whole, 0 where whole is 0."""
    there = whole.real > 0
    return np.where(there, part, 0) / np.where(there, whole, 1)


def class_f1(counts):
    """2 tp / (2 tp + fp + fn) of every class."""
    return share(2 * np.diag(counts), counts.sum(1) + counts.sum(0))


def macro_f1(counts):
    """Mean F1 of the classes that occur among truths or answers."""
    return class_f1(counts).sum() / np.sum((counts.sum(1) + counts.sum(0)).real > 0)


def uar(counts):
    """Mean recall of the classes that have clips."""
    return share(np.diag(counts), counts.sum(1)).sum() / np.sum(counts.sum(1).real > 0)


METRICS = {
    "accuracy": lambda counts: np.trace(counts) / counts.sum(),
    "uar": uar,
    "weighted-f1": lambda counts: counts.sum(1) @ class_f1(counts) / counts.sum(),
    "macro-f1": macro_f1,
}


def slopes(metric, counts):
    """Derivatives of a metric by each count that is not 0, by a complex step (Squire & Trapp 1998, SIAM Review 40, 110)."""
    found, step = np.zeros(counts.shape), 1e-30
    for cell in zip(*np.nonzero(counts)):
        moved = counts.astype(complex)
        moved[cell] += 1j * step
        found[cell] = METRICS[metric](moved).imag / step
    return found


# Runs, and the answers of one side of a comparison.


@dataclass
class Network:
    """The test answers of one run."""

    seed: int
    fold: int | None
    clip: np.ndarray
    speaker: np.ndarray
    truth: np.ndarray
    predicted: np.ndarray


@dataclass
class Side:
    """A recipe's figure, that of each seed, and of each answer its place, its weight and what it adds (its pull)."""

    figure: float
    values: np.ndarray
    network: np.ndarray
    clip: np.ndarray
    speaker: np.ndarray
    weight: np.ndarray
    pull: np.ndarray


def side_of(metric, networks, classes):
    """The metric of each seed's answers together, their mean, and the first-order pull of each answer on the mean."""
    seeds = sorted({n.seed for n in networks})
    parts, values = [], []
    for seed in seeds:
        places = [i for i, n in enumerate(networks) if n.seed == seed]
        join = {k: np.concatenate([getattr(networks[i], k) for i in places]) for k in ("clip", "speaker", "truth", "predicted")}
        join["network"] = np.concatenate([np.full(len(networks[i].clip), i) for i in places])
        truth, predicted = join.pop("truth"), join.pop("predicted")
        counts = np.zeros((classes, classes))
        np.add.at(counts, (truth, predicted), 1)
        support = counts.sum(1)
        evenly = np.full(len(truth), 1 / len(truth))
        join["weight"] = 1 / (np.sum(support > 0) * support[truth]) if metric == "uar" else evenly
        join["pull"] = slopes(metric, counts)[truth, predicted]
        values.append(METRICS[metric](counts))
        parts.append(join)
    figure = np.mean(values)
    for part, value in zip(parts, values):
        part["pull"] = (part["pull"] + part["weight"] * (value - figure)) / len(seeds)
        part["weight"] = part["weight"] / len(seeds)
    return Side(figure, np.array(values), **{k: np.concatenate([p[k] for p in parts]) for k in parts[0]})


# Cells: what one speaker brought under one network.


@dataclass
class Cells:
    """Of each cell: its network, its unit, its weight, its value, and the variance that its few clips explain."""

    network: np.ndarray
    unit: np.ndarray
    weight: np.ndarray
    value: np.ndarray
    noise: np.ndarray


def units_of(side):
    """What is drawn: speakers, or clips where there is one speaker."""
    return side.speaker if len(set(side.speaker)) > 1 else side.clip


def grouped(*keys):
    """The different rows of these columns, and which of them each row is."""
    columns = [np.unique(key, return_inverse=True)[1] for key in keys]
    rows, which = np.unique(np.stack(columns, 1), axis=0, return_inverse=True)
    return rows, which.ravel()


def cells_of(signed, one_network=False):
    """Sums answers up to clips, and clips to cells; both sides of a difference are in the same cell."""
    whole = [np.concatenate(c) for c in zip(*((units_of(s), s.clip, s.network, s.weight, s.pull * i) for i, s in signed))]
    unit, clip, network, weight, pull = whole
    network = network * 0 if one_network else network
    keys, item = grouped(unit, network, clip)
    weight, pull = np.bincount(item, weight) / len(signed), np.bincount(item, pull)
    # What a clip has in common under all networks is no noise: distances from its mean, at the size of a single one.
    same = grouped(keys[:, 0], keys[:, 2])[1]
    times = np.bincount(same)[same]
    from_mean = pull / weight - (np.bincount(same, pull / weight) / np.bincount(same))[same]
    own = np.where(times > 1, from_mean * np.sqrt(times / np.maximum(times - 1, 1)), pull / weight)
    keys, cell = grouped(keys[:, 1], keys[:, 0])
    total, n = np.bincount(cell, weight), np.bincount(cell)
    spread = own - (np.bincount(cell, weight * own) / total)[cell]
    noise = np.bincount(cell, (weight * spread) ** 2) * n / np.maximum(n - 1, 1) / total**2
    return Cells(keys[:, 0], keys[:, 1], total, np.bincount(cell, pull) / total, np.where(n > 1, noise, 0))


def indicator(numbers):
    """Z: which of the different numbers each row has."""
    return np.equal.outer(numbers, np.unique(numbers)).astype(float)


def distances(weight):
    """D (I - 1 w'): weighted distances of values from their weighted mean."""
    return np.diag(weight) @ (np.eye(len(weight)) - np.outer(np.ones(len(weight)), weight))


def squares(values):
    """Sum of squares."""
    return float(np.sum(np.square(values)))


# Variances (src/evaluate/variance.rs).


@dataclass
class Variance:
    """The variance of a figure: how well it is known, of what it is made, and what of it more seeds or speakers leave."""

    value: float
    degrees: float
    parts: tuple  # speaker, network, cell, clips: variances
    of_speakers: float
    of_networks: float
    network_degrees: float
    speaker_degrees: float


def degrees_of(weight):
    """(sum w^2)^2 / sum w^4 - 1."""
    return squares(weight) ** 2 / np.sum(weight**4) - 1


def satterthwaite(value, shares, least=0.0):
    """Degrees of a sum of mean squares (Satterthwaite 1946, Biometrics Bulletin 2, 110-114), no fewer than its worst part's."""
    return max(value**2 / shares, least) if value > 1e-24 and shares > 0 else math.inf


def mean_noise(cells):
    """Mean noise of the cells, by the squares of their weights."""
    return cells.weight**2 @ cells.noise / squares(cells.weight)


def unbiased(weight):
    """c with E[c |D (I - 1 w') y|^2] = s^2 |w|^2 for independent y of variance s^2."""
    return squares(weight) / squares(distances(weight))


def given(cells):
    """Other speakers, the same networks: c times the sum of squares of the speakers' pulls."""
    z = indicator(cells.unit)
    weight, pull = z.T @ cells.weight, z.T @ (cells.weight * cells.value)
    value, degrees = unbiased(weight) * squares(pull), degrees_of(weight)
    single = value / squares(weight)
    clips = min(mean_noise(cells), single)
    parts = (single - clips, 0.0, clips, clips)
    return Variance(value, degrees if value > 0 else math.inf, parts, value, 0.0, math.inf, degrees)


def table(cells):
    """Values as [network, unit]; every network has tested every unit."""
    shape = len(set(cells.network)), len(set(cells.unit))
    assert shape[0] * shape[1] == len(cells.value), "a cell is missing"
    values = np.empty(shape)
    values[np.unique(cells.network, return_inverse=True)[1], np.unique(cells.unit, return_inverse=True)[1]] = cells.value
    return values


def mean_squares(values, weight):
    """Of a table: variance of the networks' figures over their number, and the share of the interaction in it."""
    n = len(values)
    centre = np.eye(n) - np.ones((n, n)) / n
    runs = squares(centre @ values @ weight) / (n * (n - 1))
    rest = unbiased(weight) * squares(centre @ values @ distances(weight).T) / (n * (n - 1))
    return runs, rest


def crossed(sides, difference):
    """All networks tested the same clips: VR + max(VS - VI, 0)."""
    z = indicator(difference.unit)
    weight = z.T @ difference.weight
    tables = [table(side) for side in sides]
    runs, rests = np.array([mean_squares(values, weight) for values in tables]).T
    rest, free, per = rests.sum(), np.array([len(t) - 1 for t in tables]), np.mean([1 / len(t) for t in tables])
    speakers = unbiased(weight) * squares(z.T @ (difference.weight * difference.value))
    known, shared = degrees_of(weight), max(speakers - rest, 0.0)
    of_runs = np.sum(runs**2 / free)
    value, cell = runs.sum() + shared, rest / (squares(weight) * per)
    luck = max(runs.sum() - rest, 0.0)
    parts = (shared / squares(weight), luck / per, cell, min(sum(mean_noise(s) for s in sides), cell))
    degrees = satterthwaite(value, of_runs + shared * speakers / known, min(free.min(), known))
    return Variance(value, degrees, parts, shared, luck, free.sum(), known)


def expectations(cells):
    """Z of network, speaker and cell; what the figure's variance takes of each, w' Z Z' w; and what the sums of squares of
    their pulls are on average of each, tr(P' Za Za' P Zb Zb') with P = D (I - 1 w')."""
    zs, p = [indicator(cells.network), indicator(cells.unit), np.eye(len(cells.weight))], distances(cells.weight)
    takes = np.array([squares(z.T @ cells.weight) for z in zs])
    shows = np.array([[squares(a.T @ p @ b) for b in zs] for a in zs])
    return zs, takes, shows


def linked(cells):
    """Networks tested other speakers: moments (Henderson 1953, Biometrics 9, 226-252, method 1)."""
    zs, takes, shows = expectations(cells)
    pulls = [z.T @ (cells.weight * cells.value) for z in zs]
    sums = np.array([squares(pull) for pull in pulls])
    # A speaker under one network only is part of the cell; so is a network with one speaker.
    kept = [i for i in (0, 1) if zs[i].shape[1] < len(cells.weight)] + [2]
    variances = np.zeros(3)
    variances[kept] = np.maximum(np.linalg.solve(shows[np.ix_(kept, kept)], sums[kept]), 0)
    network, speaker, cell = variances
    scale = takes[0] / shows[0, 0]
    between = scale * sums[0]
    left = np.maximum(takes - scale * shows[0], 0) * variances
    value = between + left[1] + left[2]
    known, by_speaker = [degrees_of(z.T @ cells.weight) for z in zs[:2]]
    shared = 0.0
    if left[1] > 0:
        shown = takes[1] / shows[1, 1] * sums[1]
        shared = (left[1] / variances[1] / takes[1] * shown) ** 2 / by_speaker
    free = max(known - 0.5, 0.5 * known) if left[1] > 0 else known
    shares = (between + left[2]) ** 2 / free + shared
    luck = takes[1] * speaker if 1 in kept else takes[2] * cell
    parts = (speaker, network, cell, min(mean_noise(cells), cell))
    degrees = satterthwaite(value, shares, min(free, by_speaker) if shared > 0 else free)
    return Variance(value, degrees, parts, min(luck, value), min(takes[0] * network, value), known, by_speaker)


# Intervals, tests and what would settle a difference.


def t_of(degrees):
    """Student's t with at least 0.3 degrees; above a hundred thousand it is the normal distribution."""
    return stats.norm() if np.all(np.asarray(degrees) > 1e5) else stats.t(np.clip(degrees, 0.3, 1e12))


def components(parts):
    """Standard deviations by source; `cell` has the clips' part in it."""
    speaker, network, cell, clips = parts
    roots = np.sqrt([speaker, network, max(cell - clips, 0.0), clips]).tolist()
    return dict(zip(("speaker", "network", "speaker_by_network", "clips"), roots))


def wilson(right, n):
    """Wilson (1927), JASA 22, 209-212: the roots q of (right/n - q)^2 = z^2 q (1 - q) / n."""
    z2, x = stats.norm.ppf(0.975) ** 2, right / n
    return np.sort(np.roots([1 + z2 / n, -2 * x - z2 / n, x * x]).real)


def interval(value, variance, units):
    """Student's interval of a share, on the scale of its log odds; Wilson's at 0 and 1."""
    if value <= 0 or value >= 1:
        return wilson(units if value >= 1 else 0, units)
    half = t_of(variance.degrees).ppf(0.975) * math.sqrt(variance.value) / (value * (1 - value))
    odds = math.log(value / (1 - value)) + half * np.array([-1, 1])
    return 1 / (1 + np.exp(-odds))


def reach(value, degrees, level):
    """(t(1 - level / 2) + t(0.8)) SE: the difference found four times of five."""
    return (t_of(degrees).ppf(1 - level / 2) + t_of(degrees).ppf(0.8)) * np.sqrt(value)


def settled_by(v, seen, level, recipes, seeds, speakers):
    """The fewest more seeds (of 200) or speakers (of 1000) with which `seen` is found; every number is tried."""

    def finds(by_seeds, by_speakers):
        rest = max(v.value - v.of_speakers - v.of_networks, 0.0) / (by_seeds * by_speakers)
        sources = np.stack(np.broadcast_arrays(v.of_networks / by_seeds + rest, v.of_speakers / by_speakers))
        known = [(v.network_degrees + 1) * by_seeds - 1, (v.speaker_degrees + 1) * by_speakers - 1]
        known = np.maximum(np.stack(np.broadcast_arrays(*known)), 0.5)
        value, shares = sources.sum(0), np.sum(sources**2 / known, 0)
        degrees = np.where(shares > 0, value**2 / np.where(shares > 0, shares, 1), np.inf)
        return reach(value, degrees, level) <= abs(seen)

    def fewest(have, most, found):
        enough = found((have + np.arange(1, most + 1)) / have) if have else np.zeros(1, bool)
        return int(np.argmax(enough)) + 1 if enough.any() else None

    if abs(seen) < 1e-12 or v.value == 0:
        return {"more": {"seeds": None, "speakers": None}}
    if reach(v.value, v.degrees, level) <= abs(seen):
        return "settled"
    more_seeds = fewest(seeds, 200, lambda times: finds(times, 1.0)) if recipes else None
    return {"more": {"seeds": more_seeds, "speakers": fewest(speakers, 1000, lambda times: finds(1.0, times))}}


def holm(p):
    """Holm (1979), Scandinavian Journal of Statistics 6, 65-70: the greatest of m p(1), (m - 1) p(2), ... so far."""
    order, adjusted = np.argsort(p, kind="stable"), np.empty(len(p))
    adjusted[order] = np.maximum.accumulate(np.minimum(np.asarray(p)[order] * np.arange(len(p), 0, -1), 1))
    return adjusted
