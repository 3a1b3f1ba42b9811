"""What the chapter measures: against slow or known answers."""

import numpy as np
import pytest
from sklearn.model_selection import ShuffleSplit

from course_lib.decomposition import PCA
from course_lib.decomposition import measures as measure

RNG = np.random.default_rng(18)
X = RNG.normal(size=(60, 5)) @ np.diag([4.0, 3.0, 2.0, 1.0, 0.5]) + 3
SPLITS = list(ShuffleSplit(3, train_size=40, random_state=0).split(X))


def test_samples_rebuilt_are_those_of_the_inverse_transform():
    for m in range(1, 6):
        pca = PCA(m).fit(X)
        expected = pca.inverse_transform(pca.transform(X))
        np.testing.assert_allclose(measure.rebuilt(PCA().fit(X), X, m), expected)


def test_what_is_left_out_of_the_samples_is_the_variance_beyond():
    pca = PCA().fit(X)
    shares = 1 - np.cumsum(pca.explained_variance_ratio_)
    found = measure.left_out(pca, X, range(6))
    np.testing.assert_allclose(found, [1, *shares], atol=1e-12)


@pytest.mark.parametrize(("share", "count"), [(0.0, 1), (0.55, 1), (0.56, 2), (0.93, 2), (0.94, 3)])
def test_axes_for_a_share(share, count):
    cross = np.vstack([np.diag([3.0, 2.5, 1.0]), -np.diag([3.0, 2.5, 1.0])])
    assert measure.axes_for(cross, share) == count


def test_the_neighbour_sees_what_was_learned_from_the_training_rows_only():
    y = (X[:, 0] > 3).astype(int)
    seen = []

    class Spy(PCA):
        def fit(self, Z, y=None):
            seen.append(len(Z))
            return super().fit(Z)

    all_axes = measure.neighbour_accuracies(X, y, SPLITS, Spy())
    assert seen == [40, 40, 40]
    np.testing.assert_allclose(all_axes, measure.neighbour_accuracies(X, y, SPLITS))
    assert all_axes.min() > 0.7


def test_against_noise_the_rule_keeps_the_strong_axes():
    clean = measure.planted_axes(400, 20, [9, 8, 7], 0, seed=1)
    splits = list(ShuffleSplit(4, train_size=300, random_state=0).split(clean))
    columns = measure.against_noise(clean, splits, 2.0).T
    rule, best, by_rule, at_best, weighted, of_mean, came = columns
    assert list(rule) == list(best) == [3] * 4
    np.testing.assert_array_equal(by_rule, at_best)
    np.testing.assert_allclose(came, 2, rtol=0.05)
    np.testing.assert_allclose(by_rule, 2 * np.sqrt(3 / 20), rtol=0.1)  # the noise along three axes
    np.testing.assert_allclose(weighted, by_rule, rtol=0.15)
    np.testing.assert_allclose(of_mean, np.sqrt((81 + 64 + 49) / 20), rtol=0.15)


def test_against_noise_weights_gain_where_signal_and_noise_are_equal():
    clean = measure.planted_axes(2000, 6, [2] * 6, 0, seed=1)
    splits = list(ShuffleSplit(2, train_size=1000, random_state=0).split(clean))
    by_rule, _, weighted, of_mean = measure.against_noise(clean, splits, 2.0).T[2:6]
    np.testing.assert_allclose(by_rule, 2, rtol=0.05)  # an axis kept or left out costs 4
    np.testing.assert_allclose(weighted, np.sqrt(2), rtol=0.05)  # half of either
    np.testing.assert_allclose(of_mean, 2, rtol=0.05)


def test_each_distance_finds_what_lies_its_way():
    faces = np.column_stack([RNG.normal(size=(50, 2)), np.zeros((50, 3))])
    faces += 0.01 * RNG.normal(size=(50, 5))
    splits = list(ShuffleSplit(2, train_size=40, random_state=0).split(faces))
    beside = faces[:20] + np.array([0, 0, 9, 0, 0])
    along = faces[:20] * 0.001 + np.array([99, 0, 0, 0, 0])
    for others, expected in ((beside, [1, 1, 0.5]), (along, [1, None, 1])):
        areas = measure.areas_of_distances(faces, others, splits, 2)
        assert areas.shape == (2, 3)
        for column, area in zip(areas.T, expected, strict=True):
            if area is not None:
                np.testing.assert_allclose(column, area, atol=0.2 if area == 0.5 else 0)


def test_a_share_keeps_noise_that_the_rule_leaves_out():
    clean = measure.planted_axes(400, 20, [9, 8, 7], 0, seed=1)
    splits = list(ShuffleSplit(2, train_size=300, random_state=0).split(clean))
    rule, share = (measure.against_noise(clean, splits, 2.0, share=s) for s in (None, 0.95))
    assert np.all(share[:, 0] > rule[:, 0])
    assert np.all(share[:, 2] > rule[:, 2])
    np.testing.assert_array_equal(share[:, [1, 3, 4, 5, 6]], rule[:, [1, 3, 4, 5, 6]])


def test_the_rules_choose_as_their_functions_do():
    tables = [measure.planted_axes(60, 10, [5, 4], 1, seed) for seed in range(3)]
    least, simplest, share = measure.axes_chosen(tables, range(6)).values()
    assert list(least) == list(simplest) == [2] * 3
    assert list(share) == [measure.axes_for(X, 0.9) for X in tables]


def test_mean_areas_are_those_of_each_count():
    faces, others = RNG.normal(size=(20, 6)), RNG.normal(size=(5, 6))
    splits = list(ShuffleSplit(2, train_size=10, random_state=0).split(faces))
    means = measure.mean_areas(faces, others, splits, (1, 3))
    expected = measure.areas_of_distances(faces, others, splits, 3).mean(axis=0)
    np.testing.assert_allclose(means[1], expected)
    assert means.shape == (2, 3)


def test_little_detail_tells_smooth_images_whatever_they_show():
    faces = RNG.normal(size=(10, 5, 5))
    splits = list(ShuffleSplit(3, train_size=5, random_state=0).split(faces))
    smooth = np.full((4, 5, 5), 9.0) + 0.01 * RNG.normal(size=(4, 5, 5))
    assert measure.area_of_little_detail(faces, smooth, splits) == 1
    assert measure.area_of_little_detail(faces, 9 * smooth + 99 * faces[:4], splits) == 0


def test_planted_axes_have_their_strengths_and_noise():
    planted = measure.planted_axes(20_000, 6, [5, 3], 0.5, seed=3)
    variance = PCA().fit(planted).explained_variance_
    np.testing.assert_allclose(variance, [25.25, 9.25, *[0.25] * 4], rtol=0.05)
    again = measure.planted_axes(20_000, 6, [5, 3], 0.5, seed=3)
    np.testing.assert_array_equal(planted, again)


def test_the_fault_is_in_the_difference_of_the_sensors():
    readings, fault = measure.two_sensors(2000, seed=0)
    np.testing.assert_allclose(readings.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(readings.std(axis=0), 1)
    apart = readings[:, 0] - readings[:, 1]
    assert apart[fault == 1].min() > apart[fault == 0].max() - 0.1
    assert np.corrcoef(readings.sum(axis=1), fault)[0, 1] < 0.05


def test_one_score_alone_is_right_if_it_is_the_right_one():
    readings, fault = measure.two_sensors(400, seed=1)
    loud, quiet = measure.right_by_score(readings, fault, range(200), range(200, 400), 2)
    assert 0.35 < loud < 0.65
    assert quiet > 0.98


def test_the_first_axis_is_that_of_pca_and_without_centring_it_is_not():
    origin, v = measure.first_axis(X)
    np.testing.assert_allclose(origin, X.mean(axis=0))
    np.testing.assert_allclose(v, PCA(1).fit(X).components_[0])
    far, w = measure.first_axis(X + 1000, centred=False)
    assert not far.any()
    assert measure.degrees_between(w, (X + 1000).mean(axis=0)) < 0.1
    assert measure.degrees_between(v, -v) == 0
    assert measure.degrees_between(v, v) == pytest.approx(0, abs=1e-5)
