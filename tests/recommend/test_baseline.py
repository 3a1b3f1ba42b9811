"""The baseline beside its own formulas and a dense solution."""

import numpy as np
import pytest
from rating_tables import random_ratings

from course_lib.recommend import Baseline, Ratings


def test_one_epoch_is_two_shrunk_means_in_turn():
    # μ = 3; c₀ = (2 + 1)/(10 + 2), c₁ = -3/(10 + 1); then b₀ = (2 - c₀ - 3 - c₁)/(15 + 2) …
    model = Baseline(n_epochs=1).fit(Ratings([0, 0, 1], [0, 1, 0], [5, 0, 4]))
    c = np.array([3 / 12, -3 / 11])
    b = np.array([(2 - c[0] - 3 - c[1]) / 17, (1 - c[0]) / 16])
    assert model.mean_ == 3
    np.testing.assert_allclose(model.item_biases_, c, rtol=1e-12)
    np.testing.assert_allclose(model.user_biases_, b, rtol=1e-12)
    np.testing.assert_allclose(model.predict([0, 1], [1, 1]), 3 + b + c[1], rtol=1e-12)


@pytest.mark.parametrize(("lam_users", "lam_items"), [(15, 10), (0.5, 2)])
def test_many_epochs_are_the_dense_ridge_regression(lam_users, lam_items):
    ratings = random_ratings()
    model = Baseline(lam_users, lam_items, n_epochs=500).fit(ratings)
    m, (n_users, n_items) = len(ratings), ratings.shape
    A = np.zeros((m, n_users + n_items))
    A[np.arange(m), ratings.users] = 1
    A[np.arange(m), n_users + ratings.items] = 1
    ridge = np.diag(np.repeat([lam_users, lam_items], [n_users, n_items]).astype(float))
    both = np.linalg.solve(A.T @ A + ridge, A.T @ (ratings.values - ratings.values.mean()))
    np.testing.assert_allclose(model.user_biases_, both[:n_users], atol=1e-9)
    np.testing.assert_allclose(model.item_biases_, both[n_users:], atol=1e-9)
    errors = ratings.values - model.mean_ - A @ both
    best = errors @ errors + both @ ridge @ both
    np.testing.assert_allclose(model.loss_path_[-1], best, rtol=1e-9)


def test_the_objective_never_rises_and_starts_at_the_variance():
    ratings = random_ratings()
    path = Baseline(n_epochs=8).fit(ratings).loss_path_
    assert len(path) == 9
    assert (np.diff(path) <= 1e-12 * path[0]).all()
    np.testing.assert_allclose(path[0], len(ratings) * ratings.values.var())
    assert path[-1] < path[0]


def test_who_has_no_ratings_gets_what_is_usual():
    ratings = random_ratings()
    model = Baseline().fit(ratings)
    assert model.user_biases_[-1] == model.item_biases_[-1] == 0
    assert model.predict(29, 19) == model.mean_
    np.testing.assert_allclose(model.scores_for([], []), model.mean_ + model.item_biases_)


def test_somebody_new_gets_the_bias_of_the_same_ratings():
    ratings = random_ratings()
    model = Baseline(n_epochs=3).fit(ratings)  # users have the last word in an epoch
    items, values = ratings.of(4)
    np.testing.assert_allclose(model.bias_of(items, values), model.user_biases_[4], rtol=1e-12)
    np.testing.assert_allclose(model.scores_for(items, values), model.scores([4])[0], rtol=1e-12)
    np.testing.assert_allclose(model.scores([4, 7])[1, 3], model.predict(7, 3), rtol=1e-12)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"lam_users": -1}, "lam_users"),
        ({"lam_items": np.nan}, "lam_items"),
        ({"n_epochs": 0}, "n_epochs"),
    ],
)
def test_wrong_parameters_are_named(given, name):
    with pytest.raises(ValueError, match=name):
        Baseline(**given)
