"""The bundled tables are scikit-learn's, in the units they say."""

import numpy as np
import sklearn.datasets

from course_lib.datasets import load_diabetes


def test_diabetes_is_scikit_learns_in_its_own_units():
    table, bunch = load_diabetes(), sklearn.datasets.load_diabetes(scaled=False)
    np.testing.assert_array_equal(table.X, bunch.data)
    np.testing.assert_array_equal(table.y, bunch.target)
    assert list(table.feature_names) == list(bunch.feature_names)
    assert len(table.descriptions) == table.X.shape[1] == 10
    assert table.X.dtype == table.y.dtype == np.float64
    bmi = table.X[:, table.feature_names.index("bmi")]
    assert 15 < bmi.min() < bmi.max() < 50  # kg/m²


def test_standardized_columns_have_mean_zero_and_deviation_one():
    table, scaled = load_diabetes(standardize=True), sklearn.datasets.load_diabetes().data
    np.testing.assert_allclose(table.X.mean(axis=0), 0, atol=1e-13)
    np.testing.assert_allclose(table.X.std(axis=0), 1, rtol=1e-13)
    np.testing.assert_allclose(table.X / np.sqrt(442), scaled, atol=1e-12)
    np.testing.assert_array_equal(table.y, load_diabetes().y)


def test_every_load_is_a_new_copy():
    load_diabetes().X[:] = 0
    assert load_diabetes().X.any()
