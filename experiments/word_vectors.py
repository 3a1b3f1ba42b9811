"""Which analogies do vectors answer that were learned from a text, and what do output layers cost?

Shakespeare's works, and the analogies of 63 pairs of words. Vectors of 64 numbers from windows of
two places to either side, by skip-gram and CBOW with negative sampling, and by CBOW with Huffman's
tree. Questions, works and vocabularies are those of word_tables, so that repeats with the same seed
may be paired. The learning rates are chosen on the choosing questions; all others are reported.

Beside these: how nearly w·u follows the shifted mutual information, and milliseconds of one step
with each output layer.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

from course_lib.datasets import load_shakespeare
from course_lib.nn import embeddings, word_counts, word_measures
from experiments.word_tables import CHOOSING, MIN_COUNT, questions, without_some

SEED = 0
D, WINDOW = 64, 2

RATES = (0.1, 0.2, 0.4)  # and on by factors of 2, until the best has worse ones on both sides
METHODS = {
    "skip-gram": {"model": "skip-gram", "output": "negative sampling", "epochs": 4},
    "CBOW": {"model": "cbow", "output": "negative sampling", "epochs": 6},
    "CBOW, tree": {"model": "cbow", "output": "hierarchical", "epochs": 6},
}
REPEATS = dict.fromkeys(METHODS, 4) | {"agreement": 3}
AGREEMENT = {"threshold": None, "noise_power": 1.0, "negatives": 5, "epochs": 4, "d": D}
FREQUENT = 100  # occurrences of a word, for the agreement
POINTS = 1000
SIZES, BATCH, STEPS = (1000, 5000, 20000, 80000), 256, 15

# Single repeats and groups of few questions differ; what the chapter claims are the means.
TOLERANCE = {
    "rates_tried": 0.1,
    "rate": 1.6,
    "mean accuracy": 0.05,
    "mean correlation": 0.01,
    "accuracy": 0.3,
    "top5": 0.15,
    "neighbour_of_c": 0.1,
    "neighbour_of_b_and_c": 0.15,
    "seconds": 1e4,
    "steps": 1e5,
    "agreement": 20.0,
}


def parts() -> list[str]:
    """Return the names of the parts, which a run that was stopped need not repeat."""
    choices = [f"{name}, choice" for name in METHODS]
    repeats = [f"{what}, {seed}" for what in REPEATS for seed in seeds(what)]
    return ["text", "steps", *choices, *repeats]


def seeds(what: str) -> range:
    """Return the seeds of the repeats."""
    return range(SEED, SEED + REPEATS[what])


def part(name: str) -> dict:
    """Return the result of one part."""
    alone = {"text": _text, "steps": _steps}
    if name in alone:
        return alone[name]()
    what, _, which = name.rpartition(", ")
    if which == "choice":
        return _choice(what)
    if what in METHODS:
        return _measured(what, _choice(what)["rate"], int(which))
    return _agreement(int(which))


def run(done: dict) -> dict:
    """Put the parts together."""
    result = {"text": done["text"], "rates_tried": {}, "rate": {}}
    for name in METHODS:
        choice = done[f"{name}, choice"]
        repeats = [done[f"{name}, {seed}"] for seed in seeds(name)]
        result["rates_tried"][name], result["rate"][name] = choice["tried"], choice["rate"]
        for key in ("top5", "neighbour_of_c", "neighbour_of_b_and_c", "seconds"):
            result.setdefault(key, {})[name] = [one[key] for one in repeats]
        result.setdefault("accuracy", {})[name] = _together([one["accuracy"] for one in repeats])
    agreements = [done[f"agreement, {seed}"] for seed in seeds("agreement")]
    result["agreement"] = {
        key: _together([one[key] for one in agreements]) for key in ("correlation", "slope")
    } | {key: agreements[0][key] for key in ("pairs", "points", "words")}
    result["mean accuracy"] = {
        name: _mean(found["all"]) for name, found in result["accuracy"].items()
    }
    found = result["agreement"]["correlation"]
    result["mean correlation"] = {least: _mean(runs) for least, runs in found.items()}
    return result | {"steps": done["steps"]}


def _mean(values: list[float]) -> float:
    return round(statistics.fmean(values), 4)


def _together(found: list[dict]) -> dict:
    """Return the values of all repeats by key."""
    return {key: [one[key] for one in found] for key in found[0]}


# --- The text -----------------------------------------------------------------------------------


def _text() -> dict:
    words = [word for work in load_shakespeare().values() for word in word_counts.tokenize(work)]
    vocabulary = word_counts.WordVocabulary(words, min_count=MIN_COUNT)
    choosing, reported = questions(vocabulary)
    numbers = {group: len(choosing[group]) + len(reported[group]) for group in reported}
    totals = [sum(map(len, some.values())) for some in (choosing, reported)]
    return {
        "words": len(words),
        "types": len(set(words)),
        "vocabulary": len(vocabulary),
        "vocabularies": [len(without_some(seed)[1]) for seed in range(10)],
        "tokens": len(vocabulary.encode(words)),
        "questions": {**numbers, "all": sum(totals), "choosing": totals[0], "reported": totals[1]},
    }


# --- Analogies ----------------------------------------------------------------------------------

_KEPT: dict = {}


def vectors(name: str, setting: float, seed: int) -> np.ndarray:
    """Return the word vectors of a method, with a learning rate."""
    codes, vocabulary = without_some(seed)
    return embeddings.train_vectors(
        codes,
        vocabulary.counts,
        d=D,
        window=WINDOW,
        eta=setting,
        random_state=seed,
        **METHODS[name],
    ).W


def _choice(name: str) -> dict:
    """Return the accuracy of every setting on the choosing questions, and the best setting."""
    if ("choice", name) not in _KEPT:
        asked = questions(without_some(CHOOSING)[1])[0]

        def accuracy(setting: float) -> float:
            rows = vectors(name, setting, CHOOSING)
            return round(word_measures.accuracy_by_group(rows, asked)["all"], 4)

        tried = _walked(accuracy, RATES)
        rate = max(tried, key=tried.get)
        tried = {str(setting): value for setting, value in tried.items()}
        _KEPT["choice", name] = {"tried": tried, "rate": rate}
    return _KEPT["choice", name]


def _walked(value: Callable[[float], float], rates: tuple[float, ...]) -> dict[float, float]:
    """Return the value of rates, and of more by factors of 2 while the largest lies at an end."""
    tried = {rate: value(rate) for rate in rates}
    while (best := max(tried, key=tried.get)) in (min(tried), max(tried)):
        beyond = best / 2 if best == min(tried) else best * 2
        tried[beyond] = value(beyond)
    return dict(sorted(tried.items()))


def _measured(name: str, setting: float, seed: int) -> dict:
    """Return what the vectors of one repeat know."""
    vocabulary = without_some(seed)[1]
    reported = questions(vocabulary)[1]
    begin = time.process_time()
    W = vectors(name, setting, seed)
    seconds = time.process_time() - begin

    def accuracy(**options) -> dict:
        found = word_measures.accuracy_by_group(W, reported, **options)
        return {group: round(share, 4) for group, share in found.items()}

    return {
        "accuracy": accuracy(),
        "top5": accuracy(top=5)["all"],
        "neighbour_of_c": accuracy(signs=(0, 0, 1))["all"],
        "neighbour_of_b_and_c": accuracy(signs=(0, 1, 1))["all"],
        "seconds": round(seconds, 1),
    }


# --- Beside the counts --------------------------------------------------------------------------


def _agreement(seed: int) -> dict:
    """Return how w·u of frequent words follows their mutual information less log K."""
    words = [word for work in load_shakespeare().values() for word in word_counts.tokenize(work)]
    vocabulary = word_counts.WordVocabulary(words, min_count=FREQUENT)
    codes = vocabulary.encode(words)
    C = word_counts.cooccurrences(codes, len(vocabulary), WINDOW)
    found = embeddings.train_vectors(
        codes, vocabulary.counts, window=WINDOW, random_state=seed, **AGREEMENT
    )
    scores, shifted, seen = word_measures.pmi_agreement(
        found.W, found.U, C, negatives=AGREEMENT["negatives"]
    )
    result: dict = {"correlation": {}, "slope": {}, "pairs": {}, "words": len(vocabulary)}
    for least in (1, 10, 100):
        x, y = shifted[seen >= least], scores[seen >= least]
        result["correlation"][str(least)] = round(float(np.corrcoef(x, y)[0, 1]), 4)
        result["slope"][str(least)] = round(float(np.polyfit(x, y, 1)[0]), 4)
        result["pairs"][str(least)] = len(x)
    often = np.flatnonzero(seen >= 100)
    some = np.sort(np.random.default_rng(SEED).choice(often, POINTS, replace=False))
    rows = np.stack([shifted[some], scores[some], seen[some]], axis=1).round(2)
    return result | {"points": rows.tolist()}


# --- Time ---------------------------------------------------------------------------------------


def _steps() -> dict:
    """Return the median milliseconds of a step of each output layer, for words by Zipf's law."""
    return {str(V): _one_size(V) for V in SIZES}


def _one_size(V: int) -> dict:
    rng = np.random.default_rng(SEED)
    counts = 1e9 / np.arange(1, V + 1)
    tree, share = embeddings.HuffmanTree(counts), counts / counts.sum()
    noise = embeddings.noise_distribution(counts)
    H, U = (rng.standard_normal((n, D)).astype(np.float32) for n in (BATCH, V))
    layers = {
        "full": lambda targets, drawn: embeddings.full_softmax(H, U, targets),
        "hierarchical": lambda targets, drawn: embeddings.hierarchical_softmax(
            H, U[:-1], targets, tree
        ),
        "negative sampling": lambda targets, drawn: embeddings.negative_sampling(
            H, U, targets, drawn
        ),
    }
    times: dict = {name: [] for name in layers}
    for _ in range(STEPS):
        targets, drawn = rng.choice(V, BATCH, p=share), rng.choice(V, (BATCH, 5), p=noise)
        for name, layer in layers.items():
            begin = time.process_time()
            layer(targets, drawn)
            times[name].append(1000 * (time.process_time() - begin))
    median = {name: round(statistics.median(values), 3) for name, values in times.items()}
    ratios = {
        f"full / {name}": round(median["full"] / median[name], 1) for name in list(layers)[1:]
    }
    return {"mean_length": round(tree.mean_length(counts), 3), **median, **ratios}
