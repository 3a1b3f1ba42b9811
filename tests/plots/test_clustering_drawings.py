"""The drawings of density and of the draws of k-means++ show the numbers that they are given."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib.cluster import DBSCAN
from course_lib.plots import clustering as draw


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def test_noise_is_crossed_out_and_the_circle_is_counted():
    X = np.array([[0.0, 0], [1, 0], [2, 0], [9, 0]])
    model = DBSCAN(1.0, min_samples=3).fit(X)
    ax = draw.density(X, model.labels_, model.core_sample_indices_, 1.0, 3).axes[0]
    assert [len(one.get_offsets()) for one in ax.collections] == [1, 2, 1]  # core, border, noise
    assert ax.get_title() == "in the circle: 3; a core needs 3"


def test_without_clusters_all_are_noise():
    X = np.array([[0.0, 0], [5, 0], [9, 0]])
    ax = draw.density(X, np.full(3, -1), np.array([], dtype=int), 1.0, 2).axes[0]
    assert len(ax.collections[-1].get_offsets()) == 3
    assert ax.get_title() == "in the circle: 1; a core needs 2"


def test_areas_are_the_chances_of_the_next_draw():
    X, C = np.array([[0.0, 0], [1, 0], [3, 0]]), np.array([[0.0, 0], [3, 0], [1, 0]])
    first, second = draw.shares_of_the_next_draw(X, C).axes
    np.testing.assert_allclose(first.collections[0].get_sizes(), [0, 100, 900])
    np.testing.assert_allclose(second.collections[0].get_sizes(), [0, 1000, 0])
    assert (first.get_title(), second.get_title()) == ("1 centre", "2 centres")


def test_shapes_name_the_method_and_keep_the_colours_of_the_groups():
    X, truth = np.array([[0.0, 0], [1, 0], [8, 0], [9, 0]]), np.array([0, 0, 1, 1])
    made, found = draw.shapes(X, 1 - truth, truth, "ward").axes
    assert (made.get_title(), found.get_title()) == ("made", "found by ward")
    for one, other in zip(made.collections, found.collections, strict=True):
        np.testing.assert_array_equal(one.get_offsets(), other.get_offsets())
        np.testing.assert_array_equal(one.get_facecolor(), other.get_facecolor())
