"""Three ways to ask for the number of clusters, on data whose number is known."""

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_blobs
from sklearn.metrics import silhouette_samples

from course_lib.cluster import KMeans, ask, gap_statistic, silhouettes, stability, suggested_by_gap

X4 = make_blobs(200, centers=[[0, 0], [6, 0], [0, 6], [6, 6]], cluster_std=0.8, random_state=0)[0]
KS = range(1, 8)


def test_without_a_gap_wide_enough_the_last_k_is_suggested():
    assert suggested_by_gap([1, 2, 3], [0.1, 0.5, 0.9], [0.1, 0.1, 0.1]) == 3


@pytest.mark.parametrize("k", [2, 3, 6, 40])
def test_silhouettes_are_scikit_learns(k):
    X = load_iris().data
    labels = KMeans(k, random_state=0).fit_predict(X)
    np.testing.assert_allclose(silhouettes(X, labels), silhouette_samples(X, labels), atol=1e-9)


def test_silhouettes_by_hand_and_of_one_alone():
    """0 and 1 against 4: own 1; out 4 and 3; alone 0."""
    np.testing.assert_allclose(silhouettes([[0.0], [1.0], [4.0]], list("aab")), [3 / 4, 2 / 3, 0])
    np.testing.assert_array_equal(silhouettes(np.zeros((4, 2)), [0, 0, 1, 1]), np.zeros(4))


@pytest.mark.parametrize("labels", [[0, 0, 0], [0, 1]])
def test_silhouettes_need_two_clusters_and_a_label_each(labels):
    with pytest.raises(ValueError, match="a must hold"):
        silhouettes(np.eye(3), labels)


def test_all_three_find_four_blobs():
    means = [silhouettes(X4, KMeans(k, random_state=0).fit_predict(X4)).mean() for k in KS[1:]]
    assert KS[1:][int(np.argmax(means))] == 4
    assert suggested_by_gap(KS, *gap_statistic(X4, KS, random_state=0)) == 4
    agreement = stability(X4, KS[1:], random_state=0)
    assert agreement[2] > 0.95
    assert np.all(agreement[3:] < 0.9)


def test_the_gap_finds_one_cluster_where_there_is_one():
    X = np.random.default_rng(1).normal(size=(200, 2))
    assert suggested_by_gap(KS, *gap_statistic(X, KS, random_state=0)) == 1


def test_the_gap_does_not_depend_on_the_unit_and_repeats_with_the_seed():
    gap, error = gap_statistic(X4, [2, 4], references=4, random_state=3)
    again = gap_statistic(1000 * X4, [2, 4], references=4, random_state=3)
    np.testing.assert_allclose(again, (gap, error), rtol=1e-6, atol=1e-9)


def test_asking_all_three_is_asking_each():
    advice = ask(X4, KS, repeats=4, n_init=2, random_state=5)
    assert {name: one.suggested for name, one in advice.items()} == dict.fromkeys(advice, 4)
    how = {"n_init": 2, "random_state": 5}
    gap, _ = gap_statistic(X4, KS, references=4, **how)
    np.testing.assert_array_equal(advice["gap"].values, gap)
    same = stability(X4, KS[1:], pairs=4, **how)
    np.testing.assert_array_equal(advice["stability"].values, [np.nan, *same])
    assert np.isnan(advice["silhouette"].values[0])


@pytest.mark.parametrize("ks", [[], [0, 1, 2], [3, 1, 2], [2, 2]])
@pytest.mark.parametrize("way", [ask, gap_statistic, stability])
def test_the_numbers_to_choose_from_must_rise(way, ks):
    """Out of order, the values of one k would be taken for those of another."""
    with pytest.raises(ValueError, match="ks must be rising"):
        way(X4, ks)


def test_one_cluster_alone_is_no_choice():
    with pytest.raises(ValueError, match="a number above 1"):
        ask(X4, [1])


@pytest.mark.parametrize("seed", range(10))
def test_the_gap_needs_more_different_samples_than_clusters(seed):
    """With a centre on every sample the inertia is zero, or in some runs the square of rounding."""
    with pytest.raises(ValueError, match="inertia of 20 clusters is zero"):
        gap_statistic(X4[:20], [1, 20], references=1, random_state=seed)
