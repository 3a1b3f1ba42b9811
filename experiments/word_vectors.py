"""Do learned word vectors answer more analogies than counts do, and what do output layers cost?

Shakespeare's works, and the analogies of 63 pairs of words. Vectors of 64 numbers from windows of
two places to either side: from counts (positive pointwise mutual information and a truncated
singular value decomposition), and from skip-gram and CBOW with negative sampling. The power of the
singular values and the learning rates are chosen on the questions whose two pairs both stand at
even places of their group; all others are reported. Each repeat leaves out four works at random,
the same for all methods, and starts from its own seed.

Beside these: counts for other lengths and windows, how nearly w·u follows the shifted mutual
information, the perplexity of a model with a Huffman tree that sees three words to the left beside
n-grams of words, and milliseconds of one step with each output layer. REPEATS says how often each.
"""

import statistics
import time

import numpy as np

from course_lib.datasets import load_shakespeare
from course_lib.datasets.word_pairs import SHAKESPEARE_PAIRS
from course_lib.nn import embeddings, word_counts, word_measures
from course_lib.nn.text import NGram

SEED = 0
CHOOSING = 100  # the seed with which settings are chosen
MIN_COUNT = 5
LEFT_OUT = 4
D, WINDOW = 64, 2

RATES = (0.1, 0.2, 0.4)
POWERS = (0.0, 0.25, 0.5, 0.75, 1.0)
METHODS = {
    "counts": None,
    "skip-gram": {"model": "skip-gram", "output": "negative sampling", "epochs": 4},
    "CBOW": {"model": "cbow", "output": "negative sampling", "epochs": 6},
}
REPEATS = {"grid": 1, "agreement": 1, "left": 1, "counts": 3, "skip-gram": 3, "CBOW": 3}
LENGTHS, WINDOWS = (8, 16, 32, 64, 128, 256), (1, 2, 3, 5, 10)
AGREEMENT = {"threshold": None, "noise_power": 1.0, "negatives": 5, "epochs": 4, "d": D}
FREQUENT = 100  # occurrences of a word, for the agreement
POINTS = 1000
LEFT = {"model": "cbow", "output": "hierarchical", "sides": "left", "window": 3, "threshold": None}
SIZES, BATCH, STEPS = (1000, 5000, 20000, 80000), 256, 7
NEIGHBOURS = (
    "king queen man woman love hate sword crown thou you heaven hell death life night day father "
    "daughter blood tears eyes hand war peace rome england ship sea horse fool ghost nurse gold "
    "money sweet bitter red black run speak good three"
)

TOLERANCE = {
    "rates_tried": 0.1,
    "rate": 1.0,
    "accuracy": 0.3,
    "top5": 0.1,
    "neighbour_of_c": 0.1,
    "neighbour_of_b_and_c": 0.1,
    "grid": 0.1,
    "seconds": 1e4,
    "steps": 1e5,
    "agreement": 20.0,
    "perplexity": 30.0,
}


def parts() -> list[str]:
    """Return the names of the parts, which a run that was stopped need not repeat."""
    choices = [f"{name}, choice" for name in METHODS]
    repeats = [f"{what}, {seed}" for what in REPEATS for seed in seeds(what)]
    return ["text", "n-grams", "steps", *choices, *repeats]


def seeds(what: str) -> range:
    """Return the seeds of the repeats."""
    return range(SEED, SEED + REPEATS[what])


def part(name: str) -> dict:
    """Return the result of one part."""
    what, _, which = name.rpartition(", ")
    if what in METHODS:
        rate = _choice(what)["rate"]
        return _choice(what) if which == "choice" else _measured(what, rate, int(which))
    alone = {"text": _text, "n-grams": _n_grams, "steps": _steps}
    if name in alone:
        return alone[name]()
    return {"agreement": _agreement, "left": _left, "grid": _grid}[what](int(which))


def run(done: dict) -> dict:
    """Put the parts together."""
    result = {"text": done["text"], "rates_tried": {}, "rate": {}, "neighbours": {}}
    for name in METHODS:
        choice = done[f"{name}, choice"]
        repeats = [done[f"{name}, {seed}"] for seed in seeds(name)]
        result["rates_tried"][name], result["rate"][name] = choice["tried"], choice["rate"]
        result["neighbours"][name] = repeats[0]["neighbours"]
        for key in ("top5", "neighbour_of_c", "neighbour_of_b_and_c", "seconds"):
            result.setdefault(key, {})[name] = [one[key] for one in repeats]
        groups = repeats[0]["accuracy"]
        result.setdefault("accuracy", {})[name] = {
            group: [one["accuracy"][group] for one in repeats] for group in groups
        }
    grids, agreements, lefts = (
        [done[f"{what}, {seed}"] for seed in seeds(what)] for what in ("grid", "agreement", "left")
    )
    cells = {
        str(d): {str(w): [one[str(d)][str(w)] for one in grids] for w in WINDOWS} for d in LENGTHS
    }
    result["grid"] = {"d": list(LENGTHS), "window": list(WINDOWS), "accuracy": cells}
    result["agreement"] = {
        key: {least: [one[key][least] for one in agreements] for least in agreements[0][key]}
        for key in ("correlation", "slope")
    } | {key: agreements[0][key] for key in ("pairs", "points", "words")}
    result["perplexity"] = done["n-grams"] | {"left_context": [one["perplexity"] for one in lefts]}
    return result | {"steps": done["steps"]}


# --- The text -----------------------------------------------------------------------------------

_KEPT: dict = {}


def texts() -> tuple[word_counts.WordVocabulary, dict[str, np.ndarray]]:
    """Return the vocabulary of all works, and each work in its codes."""
    if "works" not in _KEPT:
        words = {title: word_counts.tokenize(text) for title, text in load_shakespeare().items()}
        everything = [word for work in words.values() for word in work]
        vocabulary = word_counts.WordVocabulary(everything, min_count=MIN_COUNT)
        _KEPT["vocabulary"], _KEPT["types"] = vocabulary, len(set(everything))
        _KEPT["works"] = {title: vocabulary.encode(work) for title, work in words.items()}
        _KEPT["gaps"] = {
            title: vocabulary.encode(work, unknown="gap") for title, work in words.items()
        }
    return _KEPT["vocabulary"], _KEPT["works"]


def without_some(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the codes of all works but four, and the counts of the words in them."""
    vocabulary, works = texts()
    left_out = np.random.default_rng(seed).choice(len(works), LEFT_OUT, replace=False)
    codes = np.concatenate([work for k, work in enumerate(works.values()) if k not in left_out])
    return codes, np.bincount(codes, minlength=len(vocabulary))


def questions() -> tuple[dict, dict]:
    """Return the questions to choose settings by, and those that are reported."""
    vocabulary, _ = texts()
    everything = word_measures.analogy_questions(SHAKESPEARE_PAIRS, vocabulary)
    even = {group: pairs[::2] for group, pairs in SHAKESPEARE_PAIRS.items()}
    choosing = word_measures.analogy_questions(even, vocabulary)
    reported = {
        group: np.array([q for q in all_of.tolist() if q not in choosing[group].tolist()])
        for group, all_of in everything.items()
    }
    return choosing, reported


def _text() -> dict:
    vocabulary, works = texts()
    choosing, reported = questions()
    numbers = {group: len(choosing[group]) + len(reported[group]) for group in reported}
    totals = [sum(map(len, some.values())) for some in (choosing, reported)]
    return {
        "words": sum(map(len, _KEPT["gaps"].values())),
        "types": _KEPT["types"],
        "vocabulary": len(vocabulary),
        "tokens": sum(map(len, works.values())),
        "pairs": sum(map(len, SHAKESPEARE_PAIRS.values())),
        "questions": {**numbers, "all": sum(totals), "choosing": totals[0], "reported": totals[1]},
    }


# --- Analogies ----------------------------------------------------------------------------------


def vectors(name: str, setting: float, seed: int) -> np.ndarray:
    """Return the word vectors of a method: its setting is a power or a learning rate."""
    codes, counts = without_some(seed)
    if METHODS[name] is None:
        M = word_counts.ppmi(word_counts.cooccurrences(codes, len(counts), WINDOW))
        return word_counts.svd_vectors(M, D, p=setting, random_state=seed)
    return embeddings.train_vectors(
        codes, counts, d=D, window=WINDOW, eta=setting, random_state=seed, **METHODS[name]
    ).W


def _choice(name: str) -> dict:
    """Return the accuracy of every setting on the choosing questions, and the best setting."""
    if ("choice", name) not in _KEPT:
        tried = {}
        for setting in POWERS if METHODS[name] is None else RATES:
            found = word_measures.accuracy_by_group(
                vectors(name, setting, CHOOSING), questions()[0]
            )
            tried[setting] = round(found["all"], 4)
        rate = max(tried, key=tried.get)
        tried = {str(setting): value for setting, value in tried.items()}
        _KEPT["choice", name] = {"tried": tried, "rate": rate}
    return _KEPT["choice", name]


def _measured(name: str, setting: float, seed: int) -> dict:
    """Return what the vectors of one repeat know."""
    vocabulary, reported = texts()[0], questions()[1]
    begin = time.process_time()
    W = vectors(name, setting, seed)
    seconds = time.process_time() - begin

    def accuracy(**options) -> dict:
        found = word_measures.accuracy_by_group(W, reported, **options)
        return {group: round(share, 4) for group, share in found.items()}

    near = {
        word: vocabulary.decode(word_measures.nearest(W, vocabulary.code(word), 8)[0])
        for word in NEIGHBOURS.split()
    }
    return {
        "accuracy": accuracy(),
        "top5": accuracy(top=5)["all"],
        "neighbour_of_c": accuracy(signs=(0, 0, 1))["all"],
        "neighbour_of_b_and_c": accuracy(signs=(0, 1, 1))["all"],
        "seconds": round(seconds, 1),
        "neighbours": near,
    }


def _grid(seed: int) -> dict:
    """Return the accuracy of vectors from counts by length and window, S to the power ½."""
    codes, counts = without_some(seed)
    found: dict = {str(d): {} for d in LENGTHS}
    for window in WINDOWS:
        M = word_counts.ppmi(word_counts.cooccurrences(codes, len(counts), window))
        longest = word_counts.svd_vectors(M, max(LENGTHS), random_state=seed)
        for d in LENGTHS:  # the first d directions are those of a shorter vector
            share = word_measures.accuracy_by_group(longest[:, :d], questions()[1])["all"]
            found[str(d)][str(window)] = round(share, 4)
    return found


# --- Beside the counts --------------------------------------------------------------------------


def _agreement(seed: int) -> dict:
    """Return how w·u of frequent words follows their mutual information less log K."""
    vocabulary, works = texts()
    n_words = int(np.count_nonzero(vocabulary.counts >= FREQUENT))
    codes = np.concatenate(list(works.values()))
    codes = codes[codes < n_words]
    C = word_counts.cooccurrences(codes, n_words, WINDOW)
    K = AGREEMENT["negatives"]
    found = embeddings.train_vectors(
        codes, vocabulary.counts[:n_words], window=WINDOW, random_state=seed, **AGREEMENT
    )
    scores, shifted, seen = word_measures.pmi_agreement(found.W, found.U, C, negatives=K)
    result: dict = {"correlation": {}, "slope": {}, "pairs": {}, "words": n_words}
    for least in (1, 10, 100):
        x, y = shifted[seen >= least], scores[seen >= least]
        result["correlation"][str(least)] = round(float(np.corrcoef(x, y)[0, 1]), 4)
        result["slope"][str(least)] = round(float(np.polyfit(x, y, 1)[0]), 4)
        result["pairs"][str(least)] = len(x)
    often = np.flatnonzero(seen >= 100)
    some = np.sort(np.random.default_rng(SEED).choice(often, POINTS, replace=False))
    rows = np.stack([shifted[some], scores[some], seen[some]], axis=1).round(2)
    return result | {"points": rows.tolist()}


# --- Language models ----------------------------------------------------------------------------


def _splits() -> tuple[np.ndarray, np.ndarray, int]:
    """Return training and test text, where what is not in the vocabulary is one more word."""
    vocabulary, _ = texts()
    works = {
        title: np.where(codes < 0, len(vocabulary), codes) for title, codes in _KEPT["gaps"].items()
    }
    train = [codes for title, codes in works.items() if title not in ("The Tempest", "King Lear")]
    return np.concatenate(train), works["The Tempest"], len(vocabulary) + 1


def _n_grams() -> dict:
    train, test, n_symbols = _splits()
    plain = {n: NGram(n, n_symbols).fit(train).perplexity(test) for n in (1, 2, 3)}
    kneser = {n: NGram(n, n_symbols, discount=0.75).fit(train).perplexity(test) for n in (2, 3)}
    return {
        "symbols": n_symbols,
        "test_words": len(test),
        "n_grams": {str(n): round(value, 1) for n, value in plain.items()},
        "Kneser-Ney": {str(n): round(value, 1) for n, value in kneser.items()},
    }


def _left(seed: int) -> dict:
    train, test, n_symbols = _splits()
    counts = np.bincount(train, minlength=n_symbols)
    found = embeddings.train_vectors(train, counts, d=D, epochs=4, random_state=seed, **LEFT)
    value = embeddings.perplexity(found, test, LEFT["window"], sides="left")
    return {"perplexity": round(value, 1)}


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
