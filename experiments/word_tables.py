"""What do tables of counts answer, by the vectors' length, by the window, and of a thinned text?

Shakespeare's works, and the analogies of 63 pairs of words. Vectors from counts: positive pointwise
mutual information and a truncated singular value decomposition. "Thinned" counts are of texts in
which frequent words were dropped as skip-gram drops them before each of its passes. The power of
the singular values is chosen, for each by itself, on the questions whose two pairs both stand at
even places of their group; all others are reported. Each repeat leaves out four works at random
and takes its vocabulary from the others. The choices are made without the works of one more seed.
The control answers with the word nearest to b + c.
"""

import numpy as np

from course_lib.datasets import load_shakespeare
from course_lib.datasets.word_pairs import SHAKESPEARE_PAIRS
from course_lib.nn import word_counts, word_measures

SEED = 0
CHOOSING = 100  # the seed with which settings are chosen
MIN_COUNT = 5
LEFT_OUT = 4
D, WINDOW = 64, 2
POWERS = (0.0, 0.25, 0.5, 0.75, 1.0)
THRESHOLD, PASSES = 1e-3, 4  # of the thinning
METHODS = ("counts", "counts, thinned")
REPEATS = {"counts": 10, "counts, thinned": 10, "grid": 3}
LENGTHS, WINDOWS = (8, 16, 32, 64, 128, 256), (1, 2, 3, 5, 10)
SIGNS = {"offset": (-1, 1, 1), "control": (0, 1, 1)}

TOLERANCE = {"powers": 0.05, "power": 1.0, "methods": 0.1, "grid": 0.1}


def parts() -> list[str]:
    """Return the names of the parts, which a run that was stopped need not repeat."""
    repeats = [f"{what}, {seed}" for what in REPEATS for seed in seeds(what)]
    return [*(f"{name}, choice" for name in METHODS), *repeats]


def seeds(what: str) -> range:
    """Return the seeds of the repeats."""
    return range(SEED, SEED + REPEATS[what])


def part(name: str) -> dict:
    """Return the result of one part."""
    what, _, which = name.rpartition(", ")
    if which == "choice":
        return _choice(what)
    return _grid(int(which)) if what == "grid" else _measured(what, int(which))


def run(done: dict) -> dict:
    """Put the parts together."""
    result: dict = {"powers": {}, "power": {}, "methods": {}, "grid": {}}
    for name in METHODS:
        choice = done[f"{name}, choice"]
        result["powers"][name], result["power"][name] = choice["tried"], choice["power"]
        repeats = [done[f"{name}, {seed}"] for seed in seeds(name)]
        result["methods"][name] = {
            sign: {group: [one[sign][group] for one in repeats] for group in repeats[0][sign]}
            for sign in SIGNS
        }
    grids = [done[f"grid, {seed}"] for seed in seeds("grid")]
    for sign in SIGNS:
        result["grid"][sign] = {
            str(d): {str(w): [one[sign][str(d)][str(w)] for one in grids] for w in WINDOWS}
            for d in LENGTHS
        }
    return result | {"d": list(LENGTHS), "window": list(WINDOWS)}


# --- The text -----------------------------------------------------------------------------------

_KEPT: dict = {}


def without_some(seed: int) -> tuple[np.ndarray, word_counts.WordVocabulary]:
    """Return the codes of all works but four, and the vocabulary of these works."""
    if "works" not in _KEPT:
        _KEPT["works"] = [word_counts.tokenize(text) for text in load_shakespeare().values()]
    works = _KEPT["works"]
    left_out = np.random.default_rng(seed).choice(len(works), LEFT_OUT, replace=False)
    words = [word for k, work in enumerate(works) if k not in left_out for word in work]
    vocabulary = word_counts.WordVocabulary(words, min_count=MIN_COUNT)
    return vocabulary.encode(words), vocabulary


def questions(vocabulary: word_counts.WordVocabulary) -> tuple[dict, dict]:
    """Return the questions to choose settings by, and those that are reported."""
    everything = word_measures.analogy_questions(SHAKESPEARE_PAIRS, vocabulary)
    even = {group: pairs[::2] for group, pairs in SHAKESPEARE_PAIRS.items()}
    choosing = word_measures.analogy_questions(even, vocabulary)
    reported = {
        group: np.array([q for q in all_of.tolist() if q not in choosing[group].tolist()])
        for group, all_of in everything.items()
    }
    assert sum(map(len, everything.values())) == 540, "a vocabulary lacks a word of the pairs"
    return choosing, reported


# --- The vectors --------------------------------------------------------------------------------


def _table(name: str, window: int, seed: int):
    """Return the positive pointwise mutual information of a text, thinned for each pass or not."""
    codes, vocabulary = without_some(seed)
    texts = [codes]
    if name == "counts, thinned":
        rng = np.random.default_rng(seed)
        texts = [
            word_counts.subsample(codes, vocabulary.counts, THRESHOLD, random_state=rng)
            for _ in range(PASSES)
        ]
    tables = [word_counts.cooccurrences(text, len(vocabulary), window) for text in texts]
    return word_counts.ppmi(sum(tables[1:], start=tables[0]))


def _choice(name: str) -> dict:
    """Return the accuracy of every power on the choosing questions, and the best power."""
    if name not in _KEPT:
        M, asked = _table(name, WINDOW, CHOOSING), questions(without_some(CHOOSING)[1])[0]
        tried = {}
        for p in POWERS:
            rows = word_counts.svd_vectors(M, D, p=p, random_state=CHOOSING)
            tried[p] = round(word_measures.accuracy_by_group(rows, asked)["all"], 4)
        power = max(tried, key=tried.get)
        _KEPT[name] = {"tried": {str(p): share for p, share in tried.items()}, "power": power}
    return _KEPT[name]


def _measured(name: str, seed: int) -> dict:
    """Return what the vectors of one repeat answer, by group."""
    reported = questions(without_some(seed)[1])[1]
    M = _table(name, WINDOW, seed)
    rows = word_counts.svd_vectors(M, D, p=_choice(name)["power"], random_state=seed)
    return {sign: _shares(rows, reported, three) for sign, three in SIGNS.items()}


def _grid(seed: int) -> dict:
    """Return what vectors answer by length and window, at the power that was chosen for 64."""
    reported, p = questions(without_some(seed)[1])[1], _choice("counts")["power"]
    found: dict = {sign: {str(d): {} for d in LENGTHS} for sign in SIGNS}
    for window in WINDOWS:
        M = _table("counts", window, seed)
        longest = word_counts.svd_vectors(M, max(LENGTHS), p=p, random_state=seed)
        for d in LENGTHS:  # the first d directions are those of a shorter vector
            for sign, three in SIGNS.items():
                share = _shares(longest[:, :d], reported, three)["all"]
                found[sign][str(d)][str(window)] = share
    return found


def _shares(rows: np.ndarray, asked: dict, signs: tuple[int, int, int]) -> dict:
    found = word_measures.accuracy_by_group(rows, asked, signs=signs)
    return {group: round(share, 4) for group, share in found.items()}
