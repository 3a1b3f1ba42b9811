"""The drawings of forests show the trees, the votes and the formula that they are given."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from course_lib.plots import forests as draw
from course_lib.plots.style import PALETTE
from course_lib.trees import RandomForestClassifier
from course_lib.trees.votes import history_of_errors, majority_right

RNG = np.random.default_rng(15)
X = RNG.normal(size=(50, 2))
y = (X[:, 0] > 0).astype(int)
PARTS = {
    1: {"bias2": 3.0, "rho": 0.1, "variance": 8.0},
    4: {"bias2": 1.0, "rho": 0.5, "variance": 6.0},
}


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def test_the_right_map_is_the_mean_of_the_trees():
    shares = np.zeros((3, 4, 4))
    shares[0], shares[2, 0, 0] = 1.0, 1.0
    figure = draw.tree_and_vote(shares, 3, X, y, (-2, 2, -2, 2))
    maps = [np.asarray(ax.collections[0].get_array()).reshape(4, 4) for ax in figure.axes]
    assert np.array_equal(maps[0], shares[2])
    assert np.allclose(maps[1], shares.mean(axis=0))
    assert [ax.get_title() for ax in figure.axes] == ["tree 3 alone", "the vote of 3 trees"]


def test_bars_of_a_jury_are_split_at_one_half():
    figure = draw.jury(11, 0.6, 0.1)
    left, right = figure.axes
    green = [bar for bar in left.patches if to_hex(bar.get_facecolor()) == PALETTE["green"]]
    assert len(green) == 6
    chance = sum(bar.get_height() for bar in green) / 100
    assert chance == pytest.approx(majority_right(11, 0.6, 0.1))
    [dot] = [line for line in right.lines if line.get_marker() == "o"]
    assert dot.get_ydata()[0] == pytest.approx(100 * chance)


def test_stacked_bars_add_up_to_the_error_and_the_chosen_one_is_framed():
    figure = draw.parts_of_the_error(PARTS, 4, 5, [1, 5], [6.0, 3.6])
    left, right = figure.axes
    tops = [bar.get_y() + bar.get_height() for bar in right.patches]
    assert max(tops) == pytest.approx(3.0 + 0.8 + 7.2 / 5)
    frame = right.patches[-1]
    assert frame.get_height() == pytest.approx(1.0 + 3.0 + 3.0 / 5)
    curve = left.lines[0]
    assert curve.get_ydata()[[0, -1]] == pytest.approx([6.0, 3.6])


def test_bags_show_who_votes_and_what_is_decided():
    labels = np.where(RNG.random(50) < 0.3, 1 - y, y)  # so that some votes are wrong
    forest = RandomForestClassifier(25, random_state=0).fit(X, labels)
    curves = history_of_errors(forest, X, labels, X, labels)
    figure = draw.out_of_bag(forest, X, labels, 3, {"oob": curves[0], "new": curves[2]})
    above, below = figure.axes
    codes = np.asarray(above.collections[0].get_array()).reshape(draw.SAMPLES, draw.COLUMNS)
    assert set(np.unique(codes[:, :3])) == {1, 2, 3}
    verdicts = len(above.lines) + sum(text.get_text() == "no vote" for text in above.texts)
    assert verdicts == draw.SAMPLES
    for row in range(draw.SAMPLES):
        if np.all(codes[row, :3] == 1):
            assert any(text.get_position()[1] == row + 0.5 for text in above.texts)
    assert [line.get_label() for line in below.get_legend().get_lines()] == ["oob", "new"]


def test_later_trees_are_not_shown_yet():
    forest = RandomForestClassifier(25, random_state=0).fit(X, y)
    curves = {"oob": np.full(25, np.nan), "new": np.zeros(25)}
    above = draw.out_of_bag(forest, X, y, 2, curves).axes[0]
    codes = np.asarray(above.collections[0].get_array()).reshape(draw.SAMPLES, draw.COLUMNS)
    assert np.all(codes[:, 2:] == 0)
    assert np.all(codes[:, :2] > 0)


def test_importances_are_ordered_by_the_first_panel():
    values = {"own": [0.1, 0.5, 0.4], "lost": [3.0, 1.0, 2.0]}
    errors = {"own": [0.0, 0.1, 0.1], "lost": [1.0, 1.0, 1.0]}
    left, right = draw.importances(["a", "b", "c"], values, errors, most=2).axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["c", "b"]
    assert [bar.get_width() for bar in right.patches] == [2.0, 1.0]


def test_the_first_picture_of_a_row_has_a_frame():
    images = RNG.random((6, 4, 4))
    figure = draw.neighbours_in_rows(images, list("abcdef"), [[0, 2, 3], [1, 4, 5]], title="near")
    framed = [
        to_hex(ax.spines["left"].get_edgecolor()) == PALETTE["vermillion"] for ax in figure.axes
    ]
    assert framed == [True, False, False, True, False, False]
    assert [ax.get_title() for ax in figure.axes] == ["a", "c", "d", "b", "e", "f"]


def test_errors_of_forests_have_a_line_each():
    ax = draw.errors_of_forests({"whole": [[30, 20], [28, 22]], "large": [[26, 18]] * 2})
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["whole", "large"]
    assert ax.lines[0].get_ydata().tolist() == [29, 21]


def test_close_votes_begin_with_the_closest():
    forest = RandomForestClassifier(25, random_state=0).fit(X, y)
    names = np.array(["down", "up"])[y]
    figure = draw.close_votes(forest, (X, X, names, names), (1, 2), rows=2, nearest=3)
    sure = np.sort(forest.predict_proba(X), axis=1)
    closest = np.argmin(sure[:, 1] - sure[:, 0])
    titles = [ax.get_title() for ax in figure.axes]
    assert len(titles) == 8
    assert titles[0] == names[closest]
    assert np.array_equal(figure.axes[0].images[0].get_array().ravel(), X[closest])
    # every training sample is nearest to itself
    assert np.array_equal(figure.axes[1].images[0].get_array().ravel(), X[closest])


def test_one_sample_takes_its_way_through_every_tree():
    forest = RandomForestClassifier(5, random_state=0).fit(X, y)
    pixels, *trees = draw.one_sample(forest, X, 7, (1, 2)).axes
    assert np.array_equal(pixels.images[0].get_array().ravel(), X[7])
    for ax, tree, rows in zip(trees, forest.estimators_, forest.estimators_samples_, strict=True):
        every, taken = ax.collections
        assert len(every.get_segments()) == len(tree.tree_) - 1
        assert len(taken.get_segments()) == len(tree.tree_.path(X[7])) - 1
        times = np.sum(rows == 7)
        says = f"in the bag {times} ×" if times else f"says {tree.predict(X[7:8])[0]}"
        assert ax.get_title().endswith(says)


def test_steps_have_a_panel_a_set_and_a_mean():
    predictions = RNG.normal(size=(2, 4, 9))
    sets = [(X[:20, :1], X[:20, 1]), (X[20:, :1], X[20:, 1])]
    figure = draw.steps_and_means(np.arange(9), predictions, sets, np.zeros(9))
    assert len(figure.axes) == 2
    for ax, each in zip(figure.axes, predictions, strict=True):
        assert len(ax.lines) == 1 + 4 + 1 + 1
        assert np.allclose(ax.lines[5].get_ydata(), each.mean(axis=0))
