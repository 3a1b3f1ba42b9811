"""Drawings of neighbours and folds show what they are given."""

import numpy as np
from matplotlib.colors import to_rgb

from course_lib.neighbors import KNeighborsClassifier
from course_lib.plots import nearest_neighbors as draw
from course_lib.plots.style import PALETTE


def test_query_and_its_neighbors_stand_in_order_with_frames_for_right_and_wrong():
    pictures = np.linspace(0, 1, 3)[:, None, None, None] * np.ones((3, 4, 4, 3))
    titles = ["query", "7, 1.0", "8, 2.0"]
    figure = draw.query_and_neighbors(pictures[0], pictures[1:], titles, [True, False])
    shown = [ax for ax in figure.axes if ax.images]
    assert [ax.get_title() for ax in shown] == titles
    for ax, picture in zip(shown, pictures, strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), picture)
    frames = [to_rgb(ax.spines["left"].get_edgecolor()) for ax in shown]
    assert frames == [to_rgb(PALETTE[name]) for name in ("black", "blue", "vermillion")]
    assert len(figure.axes) == 10  # of one size, however many neighbours there are


def test_folds_mark_the_samples_set_aside():
    y = np.array([0, 1, 0, 1])
    folds = [(np.array([2, 3]), np.array([0, 1])), (np.array([0, 1]), np.array([2, 3]))]
    ax = draw.folds_in_rows(y, folds).axes[0]
    aside = np.asarray(ax.collections[0].get_array()).reshape(2, 4)
    np.testing.assert_array_equal(aside, [[1, 1, 0, 0], [0, 0, 1, 1]])
    assert [text.get_text() for text in ax.texts] == list("abab") * 2
    assert [label.get_text() for label in ax.get_yticklabels()] == ["fold 1", "fold 2"]


def test_regions_show_the_ball_and_the_axes_of_its_distance():
    X, y = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([0, 1])
    ball = np.array([[0.2, 0.5], [0.5, 0.8], [0.8, 0.5], [0.2, 0.5]])
    axes = np.array([[[0.1, 0.5], [0.9, 0.5]], [[0.5, 0.1], [0.5, 0.9]]])
    model = KNeighborsClassifier(1).fit(X, y)
    figure = draw.regions_with_a_ball(model, X, y, ball, axes, (0, 1, 0, 1))
    drawn = [line.get_xydata().tolist() for line in figure.axes[0].lines]
    assert [one.tolist() for one in (ball, *axes)] == drawn[-3:]
    assert figure.axes[0].get_aspect() == 1
