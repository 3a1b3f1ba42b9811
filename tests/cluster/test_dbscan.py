"""Density-based clustering: against scikit-learn's, against its definition, and at its edges."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist
from sklearn.cluster import DBSCAN as SklearnDBSCAN
from sklearn.datasets import load_digits, load_iris

from course_lib.cluster import DBSCAN, dbscan
from course_lib.datasets import grouped_points


def same(X, eps, min_samples):
    ours = DBSCAN(eps, min_samples=min_samples).fit(X)
    theirs = SklearnDBSCAN(eps=eps, min_samples=min_samples).fit(X)
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    np.testing.assert_array_equal(ours.core_sample_indices_, theirs.core_sample_indices_)
    return ours


@pytest.mark.parametrize("shape", ["moons", "rings", "bridge", "blobs", "bands"])
@pytest.mark.parametrize("eps", [0.1, 0.3, 0.8, 2.0])
@pytest.mark.parametrize("min_samples", [1, 2, 5, 12])
def test_labels_and_cores_are_scikit_learns(shape, eps, min_samples):
    same(grouped_points(shape, random_state=4)[0], eps, min_samples)


def test_real_data_are_clustered_as_by_scikit_learn():
    found = [same(load_iris().data, eps, 5).labels_ for eps in (0.3, 0.5, 0.9)]
    found.append(same(load_digits().data, 20.5, 5).labels_)
    assert [len(np.unique(a)) > 2 for a in found] == [True, True, False, True]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(1, 3), st.integers(1, 6))
def test_whole_numbers_with_ties_too(seed, n, d, min_samples):
    X = np.random.default_rng(seed).integers(0, 6, size=(n, d)).astype(float)
    same(X, 1.0, min_samples)


@pytest.mark.parametrize("seed", range(5))
def test_every_label_follows_from_the_definition(seed):
    X = np.random.default_rng(seed).random((60, 2))
    model = DBSCAN(0.12, min_samples=4).fit(X)
    near = cdist(X, X) <= 0.12
    core, a = near.sum(axis=1) >= 4, model.labels_
    np.testing.assert_array_equal(np.flatnonzero(core), model.core_sample_indices_)
    for s in range(60):
        others = set(a[near[s] & core])
        assert others == {a[s]} if core[s] else a[s] == min(others, default=-1)
    # and clusters hang together: growing any core sample's cluster fills the whole of it
    for j in range(a.max() + 1):
        mine = core & (a == j)
        grown = np.zeros(60, dtype=bool)
        grown[np.flatnonzero(mine)[0]] = True
        for _ in range(60):
            grown |= mine & near[grown].any(axis=0)
        np.testing.assert_array_equal(grown, mine)


def test_core_border_and_noise_on_a_line():
    X = np.array([[0.0], [1.0], [2.0], [3.0], [6.0], [20.0]])
    model = DBSCAN(1.0, min_samples=3).fit(X)
    assert model.core_sample_indices_.tolist() == [1, 2]
    assert model.labels_.tolist() == [0, 0, 0, 0, -1, -1]


def test_a_border_sample_of_two_clusters_goes_to_the_first():
    X = np.array([[0.0], [1.0], [2.0], [4.0], [14.0], [24.0], [26.0], [27.0], [28.0]])
    model = same(X, 10.0, 4)
    assert (model.labels_[0], model.labels_[4], model.labels_[-1]) == (0, 0, 1)
    same(X[::-1], 10.0, 4)


def test_all_noise_and_a_single_sample():
    assert DBSCAN(0.1, min_samples=2).fit_predict([[0.0], [1.0]]).tolist() == [-1, -1]
    assert DBSCAN(0.1, min_samples=1).fit_predict([[0.0], [1.0]]).tolist() == [0, 1]
    assert DBSCAN(0.1, min_samples=1).fit_predict([[3.0]]).tolist() == [0]


def test_tensors_and_data_of_the_order_do_not_matter():
    X, _ = grouped_points("moons", random_state=1)
    a = DBSCAN(0.2).fit_predict(X)
    np.testing.assert_array_equal(DBSCAN(0.2).fit_predict(torch.asarray(X)), a)
    order = np.random.default_rng(0).permutation(len(X))
    cores = DBSCAN(0.2).fit(X[order]).core_sample_indices_
    assert set(order[cores]) == set(DBSCAN(0.2).fit(X).core_sample_indices_)


@pytest.mark.parametrize(("eps", "min_samples"), [(0, 5), (-1, 5), (0.5, 0), ("wide", 5), (1, 2.5)])
def test_bad_parameters_are_named(eps, min_samples):
    with pytest.raises(ValueError, match="parameter of DBSCAN must be"):
        DBSCAN(eps, min_samples=min_samples).fit([[0.0], [1.0]])


@pytest.mark.parametrize("eps", [1e-200, 1e200])
def test_a_radius_without_a_square_is_refused(eps):
    with pytest.raises(ValueError, match="eps must lie between 1e-150 and 1e150"):
        DBSCAN(eps).fit([[0.0], [1.0]])


@pytest.mark.parametrize("X", [[[1e200], [-1e200]], [[0.0], [1e200]], [[-1e200], [0.0]]])
def test_samples_without_a_square_are_refused(X):
    with pytest.raises(ValueError, match="X must lie between -1e150 and 1e150"):
        DBSCAN(1.0).fit(X)


def test_a_radius_in_single_precision_is_taken_without_a_warning(recwarn):
    found = DBSCAN(np.float32(1), min_samples=2).fit_predict(np.array([[0.0], [1.0], [5.0]]))
    assert found.tolist() == [0, 0, -1]
    assert not recwarn.list


@pytest.mark.parametrize("X", [np.empty((0, 2)), np.empty((3, 0)), [[np.nan]], [1.0, 2.0]])
def test_samples_that_are_none_are_refused(X):
    with pytest.raises(ValueError, match=r"Found array with 0|contains NaN|Expected 2D"):
        DBSCAN().fit(X)


def test_defaults_are_scikit_learns():
    theirs = SklearnDBSCAN()
    assert DBSCAN().get_params() == {"eps": theirs.eps, "min_samples": theirs.min_samples}


@pytest.mark.parametrize("limit", [1e-150, 1e150])
def test_radius_and_samples_at_the_limits_are_taken(limit):
    X = np.array([[0.0], [limit], [-limit]])
    model = DBSCAN(limit, min_samples=3).fit(X)
    assert model.labels_.tolist() == [0, 0, 0]
    assert model.core_sample_indices_.tolist() == [0]


def test_clusters_are_numbered_by_their_samples_however_the_graph_is_searched(monkeypatch):
    def backwards(graph, **how):
        number, group = connected_components(graph, **how)
        return number, number - 1 - group

    X = np.array([[0.0], [9.0], [0.5], [5.0], [9.5]])
    monkeypatch.setattr(dbscan, "connected_components", backwards)
    assert DBSCAN(1.0, min_samples=2).fit_predict(X).tolist() == [0, 1, 0, -1, 1]
    assert DBSCAN(1.0, min_samples=1).fit_predict(X).tolist() == [0, 1, 0, 2, 1]


def test_the_radius_has_a_name_and_the_number_of_neighbours_needs_its_own():
    assert DBSCAN(eps=1.0, min_samples=2).fit_predict([[0.0], [1.0]]).tolist() == [0, 0]
    with pytest.raises(TypeError, match="positional"):
        DBSCAN(1.0, 2)
