"""One picture of real data for each kind of learning problem, for the first chapter."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from sklearn.datasets import load_breast_cancer, load_digits, load_iris

from course_lib import datasets
from course_lib.neighbors import distances
from course_lib.plots.style import CYCLE, PALETTE
from course_lib.plots.what_is_learning import (
    next_letters,
    pictures_in_a_row,
    plain_points,
    table_of_rows,
)


class Problem(NamedTuple):
    """A kind of learning problem with one data set.

    Attributes
    ----------
    says : str
        What goes in and what comes out, in a sentence or two.
    group : str
        "supervised", "unsupervised" or "reinforcement".
    answer : str
        What a single prediction is: "number", "one class", "several classes", "order", ….
    draw : callable
        Draws the data on a new figure.
    """

    says: str
    group: str
    answer: str
    draw: Callable[[], object]


def _diabetes() -> Axes:
    table = datasets.load_diabetes()
    names = ["age", "bmi", "bp"]
    columns = [list(table.feature_names).index(name) for name in names]
    rows = [
        [f"{value:.1f}" for value in row[columns]] + [f"{y:.0f}"]
        for row, y in zip(table.X[:4], table.y, strict=False)
    ]
    return table_of_rows(["age", "body mass", "pressure", "progression"], rows)


def _tumors() -> Axes:
    cancer = load_breast_cancer()
    rows = [
        [f"{row[0]:.1f}", f"{row[1]:.1f}", f"{row[7]:.3f}", cancer.target_names[y]]
        for row, y in zip(cancer.data[17:21], cancer.target[17:21], strict=True)
    ]
    return table_of_rows(["radius", "texture", "dents", "kind"], rows)


def _digits() -> list[Axes]:
    digits = load_digits()
    return pictures_in_a_row(16 - digits.images[:10], [str(y) for y in digits.target[:10]], rows=2)


def _tags() -> list[Axes]:
    tags = {
        "astronaut": "person, flag,\nspacecraft",
        "coffee": "cup, spoon,\ntable",
        "chelsea": "cat",
    }
    photos = [datasets.load_photo(name)[:300, -400:] for name in tags]
    return pictures_in_a_row(photos, list(tags.values()))


def _hierarchy() -> list[Axes]:
    glyphs = datasets.rendered_glyphs(6, classes="3AE7K9", color=False, scale=0.2, rotation=10.0)
    names = [glyphs.class_names[y] for y in glyphs.y]
    words = [f"{'digit' if name.isdigit() else 'letter'}\n→ {name}" for name in names]
    return pictures_in_a_row(glyphs.X[..., 0], words)


def _ranking() -> list[Axes]:
    digits = load_digits()
    query, rest = digits.data[:1], digits.data[1:]
    near = distances(query, rest)[0]
    nearest = np.argsort(near)[:5]
    pictures = [digits.images[0], *digits.images[1:][nearest]]
    words = ["asked for", *(f"{place}." for place in range(1, 6))]
    return pictures_in_a_row([16 - one for one in pictures], words)


def _ratings() -> Axes:
    rows = [
        ["Ana", "5", "4", "?", "1"],
        ["Bo", "4", "?", "5", "1"],
        ["Chen", "1", "?", "2", "5"],
        ["Dora", "?", "1", "1", "4"],
    ]
    return table_of_rows(["", "space", "robots", "aliens", "romance"], rows, answer=None)


def _next_letter() -> Axes:
    text, after = datasets.load_shakespeare()["Hamlet"], "wh"
    places = (i for i in range(len(text) - 2) if text.startswith(after, i))
    counts = Counter(text[i + 2] for i in places)
    total = sum(counts.values())
    return next_letters(after, {name: count / total for name, count in counts.most_common(6)})


def _petals() -> Axes:
    flowers = load_iris().data
    return plain_points(flowers[:, 2], flowers[:, 3], "petal length (cm)", "petal width (cm)")


def _two_axes() -> Axes:
    X, y = load_digits(n_class=3, return_X_y=True)
    centered = X - X.mean(axis=0)
    axes = np.linalg.svd(centered, full_matrices=False)[2][:2]  # (2, 64)
    axes *= np.sign(axes[np.arange(2), np.abs(axes).argmax(axis=1)])[:, None]
    seen = centered @ axes.T
    ax = plain_points(*seen.T, "first new axis", "second new axis")
    for k in range(3):
        x = seen[y == k].mean(axis=0)
        box = {"boxstyle": "circle", "fc": "white", "ec": CYCLE[k]}
        ax.text(*x, str(k), fontsize=15, ha="center", va="center", bbox=box)
    return ax


def _invented() -> list[Axes]:
    digits = load_digits()
    threes = digits.data[digits.target == 3]
    mean, (_, s, V) = threes.mean(axis=0), np.linalg.svd(threes - threes.mean(axis=0))
    lots = np.random.default_rng(1).normal(size=(3, 20)) * s[:20] / len(threes) ** 0.5
    made = np.clip(mean + lots @ V[:20], 0, 16).reshape(3, 8, 8)
    pictures = [16 - one for one in itertools.chain(digits.images[[3, 13, 23]], made)]
    words = ["real", "real", "real", "made", "made", "made"]
    return pictures_in_a_row(pictures, words)


def _headlines() -> Axes:
    ax = plt.subplots(figsize=(5.6, 2.9))[1]
    shown, clicked = np.array([40, 25, 8]), np.array([12, 10, 3])
    names = ["headline A", "headline B", "headline C"]
    ax.barh(names, shown, color=PALETTE["mist"], label="shown")
    ax.barh(names, clicked, color=PALETTE["blue"], label="clicked")
    ax.invert_yaxis()
    ax.set(xlabel="readers", xlim=(0, 48))
    ax.legend(loc="lower right")
    return ax


PROBLEMS = {
    "regression": Problem(
        "Ten measurements of a patient go in, and a number comes out: how far diabetes has got a"
        " year later. The answer is in red.",
        *("supervised", "number", _diabetes),
    ),
    "binary classification": Problem(
        "Thirty measurements of a tumour go in, and one of two classes comes out.",
        *("supervised", "one class", _tumors),
    ),
    "multiclass": Problem(
        "The 64 pixels of a handwritten digit go in, and one of ten classes comes out.",
        *("supervised", "one class", _digits),
    ),
    "multilabel, tagging": Problem(
        "A photograph goes in, and every tag that fits comes out; tags do not exclude each other.",
        *("supervised", "several classes", _tags),
    ),
    "hierarchical": Problem(
        "A picture goes in. Which branch, then which class in it? To take a 3 for a 9 is a smaller"
        " mistake than to take it for an E.",
        *("supervised", "one class", _hierarchy),
    ),
    "search, ranking": Problem(
        "A digit is asked for, and 1,796 others come out in the order of their relevance, here"
        " their distance; you see the first five.",
        *("supervised", "order", _ranking),
    ),
    "recommendation": Problem(
        "Stars that people gave to films go in (these are invented), and the missing ones come"
        " out.",
        *("supervised", "number", _ratings),
    ),
    "sequence": Problem(
        "A text goes in, and what comes next comes out. These are the characters after “wh” in"
        " Hamlet.",
        *("supervised", "sequence", _next_letter),
    ),
    "clustering": Problem(
        "150 flowers go in without their species, and groups come out.",
        *("unsupervised", "groups", _petals),
    ),
    "principal components": Problem(
        "The 64 pixels of each 0, 1 and 2 go in without labels, and two numbers that keep most of"
        " the differences come out. The marks were put in afterwards.",
        *("unsupervised", "few numbers", _two_axes),
    ),
    "generating": Problem(
        "Threes go in, and new threes come out, here from a simple recipe of means and spreads.",
        *("unsupervised", "new samples", _invented),
    ),
    "reinforcement": Problem(
        "You show one of three headlines and see whether this reader clicks. Which do you show to"
        " the next? (The counts are invented.)",
        *("reinforcement", "action", _headlines),
    ),
}


_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII")


def seven_parts() -> list[Axes]:
    """Draw a small picture for each of the seven parts of the book."""
    _, axes = plt.subplots(2, 4, figsize=(5.6, 3.4))
    used = list(axes.flat[:7])
    drawings = (_bells, _line, _regions, _groups, _edges, _network, _letters)
    for number, ax, drawing in zip(_ROMAN, used, drawings, strict=False):
        drawing(ax)
        ax.set(xticks=[], yticks=[], title=number)
        ax.spines[:].set_visible(True)
    axes.flat[7].set_axis_off()
    return used


def _bells(ax: Axes) -> None:
    x = np.linspace(-3, 5, 200)
    for center, color in ((0.0, CYCLE[0]), (2.0, CYCLE[1])):
        height = np.exp(-((x - center) ** 2) / 2)
        ax.plot(x, height, color=color, lw=1.6)
        ax.fill_between(x, height, color=color, alpha=0.2, lw=0)
    ax.set(ylim=(0, 1.25))


def _line(ax: Axes) -> None:
    table = datasets.load_diabetes()
    x, y = table.X[::4, list(table.feature_names).index("bmi")], table.y[::4]
    ax.plot(x, y, "o", color=PALETTE["blue"], ms=2, alpha=0.6)
    ax.plot(x, np.polyval(np.polyfit(x, y, 1), x), color=PALETTE["black"], lw=1.6)


def _regions(ax: Axes) -> None:
    ax.set(xlim=(0, 1), ylim=(0, 1))
    for (left, low, wide, high), k in (
        ((0, 0, 0.4, 1), 0),
        ((0.4, 0, 0.6, 0.45), 1),
        ((0.4, 0.45, 0.3, 0.55), 2),
        ((0.7, 0.45, 0.3, 0.55), 1),
    ):
        box = plt.Rectangle((left, low), wide, high, fc=CYCLE[k], alpha=0.35, ec="white", lw=2)
        ax.add_patch(box)


def _groups(ax: Axes) -> None:
    flowers, species = load_iris(return_X_y=True)
    for k in range(3):
        ax.plot(*flowers[species == k, 2:].T, "o", color=CYCLE[k], ms=2.5)


def _edges(ax: Axes) -> None:
    grey = datasets.load_photo("coffee")[::4, ::4].mean(axis=2)
    rise, run = np.gradient(grey)
    edges = 1 - np.clip(4 * np.hypot(rise, run), 0, 1)
    half = grey.shape[1] // 2
    ax.imshow(np.hstack([grey[:, :half], edges[:, half:]]), cmap="gray")


def _network(ax: Axes) -> None:
    layers = [
        np.column_stack([np.full(n, x), np.arange(n) - n / 2]) for x, n in enumerate((3, 5, 2))
    ]
    for left, right in itertools.pairwise(layers):
        for a, b in itertools.product(left, right):
            ax.plot(*zip(a, b, strict=True), color=PALETTE["grey"], lw=0.6)
    for layer in layers:
        ax.plot(*layer.T, "o", color=PALETTE["blue"], ms=6)
    ax.margins(0.2)


def _letters(ax: Axes) -> None:
    ax.set(xlim=(0, 1), ylim=(0, 1))
    for height, line in ((0.7, "to be or"), (0.35, "not to b_")):
        ax.text(0.5, height, line, ha="center", va="center", fontsize=12, family="monospace")
