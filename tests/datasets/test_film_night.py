import numpy as np
import pytest

from course_lib.datasets import FILMS, film_kinds, film_night


def test_stars_are_whole_and_follow_tastes_and_traits():
    titles, ratings, traits, tastes = film_night(2000)
    assert titles == FILMS
    assert ratings.shape == (2000, 20)
    assert traits.shape == (20, 2)
    assert set(ratings.values) == {1, 2, 3, 4, 5}
    assert ratings.density == pytest.approx(0.5, abs=0.01)
    agreement = (tastes @ traits.T)[ratings.users, ratings.items]
    assert np.corrcoef(agreement, ratings.values)[0, 1] > 0.8
    np.testing.assert_array_equal(ratings.values, film_night(2000).ratings.values)


def test_what_is_seen_does_not_depend_on_the_stars():
    _, ratings, traits, tastes = film_night(20_000)
    agreement = tastes @ traits.T
    seen = agreement[ratings.users, ratings.items]
    assert seen.mean() == pytest.approx(agreement.mean(), abs=0.01)


@pytest.mark.parametrize("viewers", [0, 2.5])
def test_a_count_of_viewers_is_whole_and_positive(viewers):
    with pytest.raises((TypeError, ValueError), match="viewers"):
        film_night(viewers)


def test_kinds_are_the_signs_of_the_traits():
    titles, _, traits, _ = film_night(2)
    kinds = film_kinds()
    assert tuple(kinds) == titles
    for title, (adults, loud) in zip(titles, traits, strict=True):
        expected = ("adults" if adults > 0 else "children", "loud" if loud > 0 else "quiet")
        assert tuple(kinds[title].split(", ")) == expected
