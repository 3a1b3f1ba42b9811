"""What a strategy leaves undecided is measured and drawn where it is; a walk ends in a leaf."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib import multiclass_measures as measures
from course_lib.multiclass import DecisionDAGClassifier, OneVsOneClassifier, OneVsRestClassifier
from course_lib.plots import multiclass as draw
from course_lib.plots.style import PALETTE

LIMITS = (-4, 4, -4, 4)
X, y = measures.pinwheel(3)


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def test_the_same_seed_gives_the_same_clouds_one_after_another():
    again, labels = measures.pinwheel(3)
    assert np.array_equal(X, again)
    assert labels.tolist() == ["A"] * 30 + ["B"] * 30 + ["C"] * 30
    assert not np.array_equal(X, measures.pinwheel(3, seed=1)[0])


def test_each_strategy_has_its_own_kinds_of_doubt():
    rest, one, dag = (
        many().fit(X, y)
        for many in (OneVsRestClassifier, OneVsOneClassifier, DecisionDAGClassifier)
    )
    points = np.array([[-0.5, 0.2], [-1.0, 3.0]])  # in the middle; among the points of A
    assert {k: v.tolist() for k, v in measures.undecided(rest, points).items()} == {
        "nobody": [True, False],
        "several": [False, False],
    }
    assert measures.undecided(one, points)["tied"].tolist() == [True, False]
    assert measures.undecided(dag, points) == {}
    shares = measures.undecided_shares(rest, LIMITS, resolution=40)
    assert all(0 < share < 1 for share in shares.values())


def test_maps_have_equal_axes_and_a_hatch_for_each_kind_of_doubt():
    rest, one = OneVsRestClassifier().fit(X, y), OneVsOneClassifier().fit(X, y)
    both = draw.two_strategies({"rest": rest, "one": one}, X, y, LIMITS)
    single = draw.strategy_map(rest, X, y, LIMITS)
    walked = draw.votes_and_walk(one, X, y, (0.0, 0.0), limits=LIMITS)
    maps = [*both.axes, *single.axes, walked.axes[0]]
    assert all(ax.get_aspect() == 1 for ax in maps)
    [legend] = single.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "no machine claims it",
        "several claim it",
    ]


def test_a_walk_strikes_off_the_loser_and_ends_in_a_leaf():
    duels = np.triu(-np.ones((3, 3)), 1)
    assert measures.walk(duels) == [(0, 2), (0, 1), (0, 0)]
    duels[0, 2] = 1.0
    assert measures.walk(duels) == [(0, 2), (1, 2), (1, 1)]
    one = OneVsOneClassifier().fit(X, y)
    dag = DecisionDAGClassifier().fit(X, y)
    points = np.random.default_rng(0).uniform(-4, 4, (30, 2))
    ends = [measures.walk(measures.duels_of(one, point))[-1][0] for point in points]
    assert np.array_equal(one.classes_[ends], dag.predict(points))


def test_the_walk_stands_out_in_the_graph():
    ax = draw.dag("ABC", [(0, 2), (0, 1), (0, 0)])
    assert sorted(text.get_text() for text in ax.texts) == sorted(
        ["A", "B", "C", "A or B", "A or C", "B or C"]
    )
    bold = [line for line in ax.lines if line.get_color() == PALETTE["vermillion"]]
    assert len(bold) == 2
    assert len(ax.lines) == 6


def test_bars_keep_their_axis_whatever_is_chosen():
    tables = {"trained": {"a": 3.0, "b": 45.0}}
    figure = draw.counts(tables, {"trained": 45.0}, "b")
    [ax] = figure.axes
    assert ax.get_xlim()[1] > 45
    assert [bar.get_facecolor() == bar.get_facecolor() for bar in ax.patches] == [True, True]
    assert {text.get_text() for text in ax.texts} == {"3", "45"}


def test_leaves_of_a_tree_stand_side_by_side():
    images = {k: np.full((8, 8), k / 3) for k in range(3)}
    figure = draw.tree_of_images({3: (0, 2), 4: (1, 3)}, 4, images)
    [ax] = figure.axes
    assert [text.get_text() for text in ax.texts] == ["0", "1", "2"]
    assert sorted(text.get_position()[0] for text in ax.texts) == [0, 1, 2]


def test_strips_are_drawn_under_their_sets():
    S = np.zeros((4, 192))
    S[0, 64:128] = 16  # the second picture is black
    Y = np.eye(4, 10, dtype=bool)
    Y[0, 7] = True
    figure = draw.strips_with_sets(S, Y)
    first = figure.axes[0]
    assert [ax.get_title() for ax in figure.axes[:4]] == ["{0, 7}", "{1}", "{2}", "{3}"]
    image = np.asarray(first.images[0].get_array())
    assert image.shape == (8, 24)
    assert np.all(image[:, 8:16] == 0)
    assert np.all(image[:, :8] == 1)
