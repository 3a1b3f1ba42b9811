import numpy as np
import pytest

from course_lib.datasets import FILMS, film_night


def test_stars_are_whole_and_follow_tastes_and_traits():
    titles, stars, traits, tastes = film_night(2000)
    assert titles == FILMS
    assert stars.shape == (2000, 20)
    assert traits.shape == (20, 2)
    seen = ~np.isnan(stars)
    assert set(np.unique(stars[seen])) == {1, 2, 3, 4, 5}
    assert seen.mean() == pytest.approx(0.5, abs=0.01)
    agreement = tastes @ traits.T
    assert np.corrcoef(agreement[seen], stars[seen])[0, 1] > 0.8
    assert np.array_equal(stars, film_night(2000).stars, equal_nan=True)


def test_what_is_seen_does_not_depend_on_the_stars():
    _, stars, traits, tastes = film_night(20_000)
    agreement = tastes @ traits.T
    seen = ~np.isnan(stars)
    assert agreement[seen].mean() == pytest.approx(agreement[~seen].mean(), abs=0.01)


@pytest.mark.parametrize("viewers", [0, 2.5])
def test_a_count_of_viewers_is_whole_and_positive(viewers):
    with pytest.raises((TypeError, ValueError), match="viewers"):
        film_night(viewers)
