"""Hierarchical clustering: the tree against SciPy's, against its definition, and cut."""

import tracemalloc

import numpy as np
import pytest
import scipy.cluster.hierarchy as scipy_tree
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist, pdist
from sklearn.cluster import AgglomerativeClustering as SklearnAgglomerative
from sklearn.datasets import load_digits, load_iris, make_blobs
from sklearn.metrics import adjusted_rand_score

from course_lib.cluster import AgglomerativeClustering, chaining, cut, dendrogram, linkage

METHODS = ["single", "complete", "average", "centroid", "ward"]
MONOTONE = ["single", "complete", "average", "ward"]


def points(seed, n=80, d=3):
    return np.random.default_rng(seed).normal(size=(n, d))


# --- at the solution ---------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("n", "d"), [(2, 1), (3, 2), (10, 1), (80, 3), (257, 5), (600, 2)])
def test_the_tree_is_scipys(method, n, d):
    X = points(n + d, n, d)
    ours, theirs = linkage(X, method), scipy_tree.linkage(X, method)
    np.testing.assert_array_equal(ours[:, [0, 1, 3]], theirs[:, [0, 1, 3]])
    np.testing.assert_allclose(ours[:, 2], theirs[:, 2], rtol=1e-12, atol=1e-12)
    assert scipy_tree.is_valid_linkage(ours)


@pytest.mark.parametrize("method", ["single", "complete", "average"])
@pytest.mark.parametrize("metric", ["manhattan", "cosine", "correlation"])
def test_other_metrics_are_scipys(method, metric):
    X = points(1, d=4)
    theirs = scipy_tree.linkage(X, method, {"manhattan": "cityblock"}.get(metric, metric))
    np.testing.assert_allclose(linkage(X, method, metric=metric), theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("method", ["single", "complete", "ward"])
def test_heights_on_real_data_with_ties(method):
    """Iris has equal distances; then the tree is a matter of taste, but for these its heights."""
    X = load_iris().data
    ours, theirs = linkage(X, method)[:, 2], scipy_tree.linkage(X, method)[:, 2]
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def between(X, A, B, method):
    """The distance of two clusters by its definition, with no recurrence."""
    if method == "centroid":
        return np.linalg.norm(X[A].mean(axis=0) - X[B].mean(axis=0))
    if method == "ward":
        spread = [len(R) * X[R].var(axis=0).sum() for R in (A + B, A, B)]
        return np.sqrt(2 * max(spread[0] - spread[1] - spread[2], 0))
    D = cdist(X[A], X[B])
    return {"single": D.min, "complete": D.max, "average": D.mean}[method]()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(3))
def test_every_merge_is_the_nearest_pair_by_definition(method, seed):
    X = points(seed, n=24, d=2)
    clusters = {i: [i] for i in range(24)}
    for t, (x, y, height, size) in enumerate(linkage(X, method)):
        names = list(clusters)
        least = min(
            between(X, clusters[a], clusters[b], method)
            for i, a in enumerate(names)
            for b in names[:i]
        )
        union = clusters.pop(int(x)), clusters.pop(int(y))
        assert height == pytest.approx(between(X, *union, method), rel=1e-9)
        assert height == pytest.approx(least, rel=1e-9)
        clusters[24 + t] = union[0] + union[1]
        assert len(clusters[24 + t]) == size


def test_closed_forms_of_two_pairs():
    """0, 1 and 5, 7: the last merge is 4, 7, 5.5, 5.5 and √(2·(rise of the inertia, 30.25))."""
    X = [[0.0], [1.0], [5.0], [7.0]]
    last = {method: linkage(X, method)[-1, 2] for method in METHODS}
    expected = {"single": 4, "complete": 7, "average": 5.5, "centroid": 5.5}
    assert last == pytest.approx({**expected, "ward": np.sqrt(2 * 30.25)})


def test_ward_heights_add_up_to_the_inertia():
    X = points(5)
    heights = linkage(X, "ward")[:, 2]
    assert np.sum(heights**2) / 2 == pytest.approx(len(X) * X.var(axis=0).sum(), rel=1e-12)


def test_single_linkage_is_the_minimum_spanning_tree():
    """Its cophenetic distance is the smallest possible longest step on a way between two."""
    X = points(6, n=30)
    D = cdist(X, X)
    for via in range(30):
        D = np.minimum(D, np.maximum(D[:, via, None], D[via]))
    ours = scipy_tree.cophenet(linkage(X, "single"))
    np.testing.assert_allclose(ours, D[np.triu_indices(30, 1)], rtol=1e-12)


# --- properties --------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(MONOTONE), st.integers(0, 2))
def test_heights_do_not_fall_and_every_sample_is_merged(seed, method, decimals):
    X = np.round(points(seed, n=30, d=2), decimals)
    Z = linkage(X, method)
    assert np.all(np.diff(Z[:, 2]) >= -1e-12)
    assert sorted(Z[:, :2].ravel()) == list(range(2 * 30 - 2))
    assert Z[-1, 3] == 30


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(METHODS), st.floats(0.1, 10), st.floats(-20, 20))
def test_shift_scale_and_order_of_rows_do_not_matter(seed, method, scale, shift):
    X = points(seed, n=40)
    order = np.random.default_rng(seed).permutation(40)
    Z, other = linkage(X, method), linkage(scale * X[order] + shift, method)
    np.testing.assert_allclose(other[:, 2], scale * Z[:, 2], rtol=1e-6)
    for k in (2, 7):
        assert adjusted_rand_score(cut(Z, n_clusters=k)[order], cut(other, n_clusters=k)) == 1


def test_centroid_inverts_and_then_refuses_a_height():
    X = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.9]])
    Z = linkage(X, "centroid")
    np.testing.assert_allclose(Z[:, 2], [1.0, 0.9])
    with pytest.raises(ValueError, match=r"inversions.*give n_clusters="):
        cut(Z, height=0.95)
    assert cut(Z, n_clusters=2).tolist() == [0, 0, 1]


# --- cutting and drawing -----------------------------------------------------------------------


@pytest.mark.parametrize("method", MONOTONE)
def test_cutting_is_scipys(method):
    X = points(7)
    Z = linkage(X, method)
    for k in (1, 2, 5, 79, 80):
        labels = cut(Z, n_clusters=k)
        assert len(set(labels)) == k
        theirs = scipy_tree.fcluster(Z, k, "maxclust")
        assert adjusted_rand_score(labels, theirs) == 1
    for height in (0, Z[40, 2], (Z[60, 2] + Z[61, 2]) / 2, 1e9):
        theirs = scipy_tree.fcluster(Z, height, "distance")
        labels = cut(Z, height=height)
        assert len(set(labels)) == len(set(theirs))
        assert adjusted_rand_score(labels, theirs) == 1


def test_labels_are_numbered_by_first_appearance():
    labels = cut(linkage(points(8), "average"), n_clusters=9)
    seen = list(dict.fromkeys(labels.tolist()))
    assert seen == list(range(9))


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({}, "either n_clusters= or height="),
        ({"n_clusters": 2, "height": 1.0}, "either n_clusters= or height="),
        ({"height": np.nan}, "height must be a number"),
        ({"n_clusters": 0}, "n_clusters must be a whole number from 1 to 80, got 0"),
        ({"n_clusters": 2.5}, "n_clusters must be a whole number from 1 to 80, got 2"),
        ({"n_clusters": 81}, "n_clusters must be a whole number from 1 to 80, got 81"),
    ],
)
def test_bad_cuts_are_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        cut(linkage(points(9), "single"), **kwargs)


@pytest.mark.parametrize("method", METHODS)
def test_no_lines_of_a_dendrogram_cross(method):
    """The samples of every cluster stand side by side."""
    X = points(10, n=50)
    Z = linkage(X, method)
    tree = dendrogram(Z)
    assert sorted(tree.order) == list(range(50))
    np.testing.assert_array_equal(tree.x[tree.order], np.arange(50))
    members = [{i} for i in range(50)]
    for t, (x, y) in enumerate(Z[:, :2].astype(int)):
        members.append(members[x] | members[y])
        places = sorted(tree.x[list(members[-1])])
        assert places[-1] - places[0] == len(places) - 1
        assert tree.x[50 + t] == (tree.x[x] + tree.x[y]) / 2
    np.testing.assert_array_equal(tree.height[50:], Z[:, 2])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("method", METHODS)
def test_chaining_by_counting(method, seed):
    Z = linkage(points(seed, n=30), method)
    sizes, count = dict.fromkeys(range(30), 1), 0
    for t, (x, y) in enumerate(Z[:, :2].astype(int)):
        largest = max(sizes.values())
        pair = sorted((sizes.pop(x), sizes.pop(y)))
        count += pair == [1, largest] and largest > 1
        sizes[30 + t] = sum(pair)
    assert chaining(Z) == pytest.approx(count / 29)


# --- the estimator -----------------------------------------------------------------------------


@pytest.mark.parametrize("method", MONOTONE)
@pytest.mark.parametrize("data", [load_iris, load_digits])
def test_labels_are_scikit_learns(method, data):
    X = data().data[:400] + 1e-6 * points(11, len(data().data[:400]), data().data.shape[1])
    ours = AgglomerativeClustering(3, linkage=method).fit(X)
    theirs = SklearnAgglomerative(3, linkage=method).fit(X)
    assert adjusted_rand_score(ours.labels_, theirs.labels_) == 1
    assert (ours.n_clusters_, ours.n_leaves_) == (3, len(X))


def test_a_threshold_instead_of_a_number():
    X = make_blobs(90, centers=[[0, 0], [9, 0], [0, 9]], random_state=0)[0]
    model = AgglomerativeClustering(None, linkage="single", distance_threshold=2.0).fit(X)
    assert model.n_clusters_ == 3
    np.testing.assert_array_equal(model.labels_, cut(model.linkage_matrix_, height=2.0))


def test_two_samples_duplicates_and_a_constant_column():
    assert AgglomerativeClustering(2).fit_predict([[0.0], [1.0]]).tolist() == [0, 1]
    X = np.repeat(points(12, n=5), 4, axis=0)
    X[:, 1] = 7
    for method in METHODS:
        model = AgglomerativeClustering(5, linkage=method).fit(X)
        np.testing.assert_array_equal(model.labels_, np.repeat(np.arange(5), 4))
        np.testing.assert_allclose(model.linkage_matrix_[:15, 2], 0, atol=1e-7)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_clusters": 0}, "'n_clusters' parameter"),
        ({"n_clusters": 81}, "n_clusters must be a whole number from 1 to 80, got 81"),
        ({"linkage": "median"}, "'linkage' parameter"),
        ({"metric": "hamming"}, "'metric' parameter"),
        ({"linkage": "ward", "metric": "cosine"}, "speaks of means.*'average'"),
        ({"distance_threshold": 1.0}, "Exactly one of n_clusters and distance_threshold"),
        ({"n_clusters": None}, "Exactly one of n_clusters and distance_threshold"),
        ({"distance_threshold": -1.0, "n_clusters": None}, "'distance_threshold' parameter"),
    ],
)
def test_bad_parameters_are_named(params, message):
    with pytest.raises(ValueError, match=message):
        AgglomerativeClustering(**params).fit(points(13))


@pytest.mark.parametrize(
    ("X", "kwargs", "message"),
    [
        (points(1)[:1], {}, "at least 2 samples.*with 1 sample"),
        (points(1)[:, 0], {}, "at least 2 samples"),
        (np.full((3, 2), np.nan), {}, "NaN or infinity"),
        (np.zeros((3, 2)), {"method": "average", "metric": "cosine"}, "not defined"),
        (np.ones((3, 2)), {"method": "average", "metric": "correlation"}, "not defined"),
        (points(1), {"method": "median"}, "method must be one of single, complete"),
        (points(1), {"method": "single", "metric": "chebyshev"}, "metric must be one of"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value encountered")
def test_bad_data_are_refused(X, kwargs, message):
    with pytest.raises(ValueError, match=message):
        linkage(X, **kwargs)


def test_the_argument_is_not_changed():
    X = points(14)
    before = X.copy()
    for method in METHODS:
        Z = linkage(X, method)
        copy = Z.copy()
        cut(Z, n_clusters=3)
        np.testing.assert_array_equal(Z, copy)
    np.testing.assert_array_equal(X, before)
    assert pdist(X).max() > 0


@pytest.mark.parametrize("method", METHODS)
def test_the_memory_is_that_of_one_matrix_of_distances(rng, method):
    X = rng.normal(size=(700, 3))
    linkage(X[:50], method)  # what is imported or cached at first does not count
    tracemalloc.start()
    linkage(X, method)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 1.15 * 8 * len(X) ** 2
