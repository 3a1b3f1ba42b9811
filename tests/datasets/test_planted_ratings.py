"""Planted ratings: what was asked for is what is there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.datasets import GENRES, planted_ratings


def test_truth_and_ratings_agree():
    planted = planted_ratings(80, 60, 4, density=0.3, stars=False, noise=0)
    u, i = planted.ratings.users, planted.ratings.items
    expected = (
        3.5
        + planted.user_biases[u]
        + planted.item_biases[i]
        + np.sum(planted.user_factors[u] * planted.item_factors[i], axis=1)
    )
    np.testing.assert_allclose(planted.ratings.values, expected)
    np.testing.assert_allclose(planted.expected()[u, i], expected)
    assert planted.expected().shape == planted.ratings.shape == (80, 60)


def test_the_planted_rank():
    planted = planted_ratings(80, 60, 3, biases=0)
    singular = np.linalg.svd(planted.expected() - planted.mean, compute_uv=False)
    assert singular[2] > 1
    assert singular[3] < 1e-10


def test_sizes_of_noise_taste_and_biases():
    planted = planted_ratings(
        2000, 50, 2, noise=0.3, taste=0.6, biases=0.2, density=0.5, stars=False
    )
    u, i = planted.ratings.users, planted.ratings.items
    noise = planted.ratings.values - planted.expected()[u, i]
    np.testing.assert_allclose(noise.std(), 0.3, rtol=0.02)
    assert abs(noise.mean()) < 0.01
    np.testing.assert_allclose(planted.user_factors.std(), 0.6, rtol=0.05)
    np.testing.assert_allclose(planted.user_biases.std(), 0.2, rtol=0.05)
    assert planted_ratings(biases=0).user_biases.any() is np.False_


def test_stars_are_whole_numbers_from_one_to_five():
    values = planted_ratings(taste=1.5).ratings.values
    assert set(values) == {1, 2, 3, 4, 5}
    exact = planted_ratings(taste=1.5, stars=False).ratings.values
    np.testing.assert_array_equal(values, np.clip(np.round(exact), 1, 5))


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 30), st.integers(6, 30), st.floats(0.2, 1), st.integers(0, 1000))
def test_as_many_ratings_as_asked_for(n_users, n_items, density, seed):
    least = min(2, int(density * n_items))
    planted = planted_ratings(n_users, n_items, 2, density=density, least=least, random_state=seed)
    assert len(planted.ratings) == round(density * n_users * n_items)
    assert np.bincount(planted.ratings.users, minlength=n_users).min() >= least
    assert (np.diff(planted.ratings.times) >= 0).all()
    assert planted.ratings.times[0] >= 0


def test_everything_can_be_rated():
    assert planted_ratings(10, 8, 2, density=1).ratings.density == 1


def test_popularity_follows_its_power():
    counts = [
        np.sort(
            np.bincount(
                planted_ratings(400, 100, 2, popularity=p, density=0.05).ratings.items,
                minlength=100,
            )
        )
        for p in (0, 0.8, 1.5)
    ]
    shares = [c[-10:].sum() / c.sum() for c in counts]  # of the ten most popular films
    assert shares[0] < 0.2 < shares[1] < shares[2]
    assert shares[1] < 0.45 < shares[2]


def test_selection_prefers_what_is_liked():
    gaps = {}
    for selection in (-1, 0, 1):
        gap = []
        for seed in range(10):
            planted = planted_ratings(selection=selection, random_state=seed)
            truth = planted.expected()
            gap.append(truth[planted.ratings.users, planted.ratings.items].mean() - truth.mean())
        gaps[selection] = np.array(gap)
    assert abs(gaps[0].mean()) < 5 * gaps[0].std(ddof=1) / np.sqrt(10)
    assert gaps[1].min() > 0.15
    assert gaps[-1].max() < -0.15


def test_titles_are_different_and_of_their_genre():
    planted = planted_ratings(60, 700, 3)
    assert len(set(planted.titles)) == 700
    assert planted.genres[:4] == (*GENRES[:3], GENRES[0])
    assert planted.titles[:3] == ("Orbital Horizon", "Tender Letters", "Clumsy Neighbours")
    assert len({t for t in planted.titles[:240] if t[-1].isdigit()}) == 0  # 80 of each genre
    assert planted.titles[240] == "Orbital Horizon 2"
    assert len(set(planted_ratings(60, 400, 8).genres)) == 8
    own = np.argmax(planted.item_factors, axis=1)
    assert np.mean(own == np.arange(700) % 3) > 0.95


def test_seeds():
    one, again, other = (planted_ratings(random_state=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.ratings.values, again.ratings.values)
    np.testing.assert_array_equal(one.ratings.items, again.ratings.items)
    assert not np.array_equal(one.ratings.items, other.ratings.items)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n_users": 1}, "n_users must be a whole number of at least 2"),
        ({"n_items": 1}, "n_items must be a whole number of at least 2"),
        ({"n_factors": 9}, "n_factors must be a whole number from 1 to 8, got 9"),
        ({"noise": -1}, "noise must be a finite number of at least 0"),
        ({"taste": np.inf}, "taste must be a finite number"),
        ({"biases": -0.1}, "biases must be a finite number of at least 0"),
        ({"popularity": -0.1}, "popularity must be"),
        ({"selection": np.nan}, "selection must be a finite number"),
        ({"density": 0}, "density must be a finite number above 0"),
        ({"density": 1.1}, "density must be a finite number above 0 and at most 1"),
        (
            {"density": 0.01},
            "300 × 200 pairs at a density of 0.01 are 600 ratings, fewer than 1500",
        ),
        ({"least": 201}, "least must be a whole number from 0 to 200"),
        ({"density": 1e-9, "least": 0}, "are 0 ratings"),
    ],
)
def test_wrong_arguments_are_named(given, message):
    with pytest.raises(ValueError, match=message):
        planted_ratings(**given)
