"""Twenty films that nobody has made, and the stars that viewers with planted tastes give them.

Words used here: a film has two *traits*, for children (−1) or adults (+1), and quiet (−1) or loud
(+1); a viewer has a *taste* for each, and their dot product says how well both agree.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_lib.checks import check_whole
from course_lib.ratings import Ratings

# title: traits (adults, loud), and how good the film is for everyone, in stars
_FILMS = {
    "The Panda Who Slept In": (-0.9, -0.8, 0.4),
    "Grandma's Dumpling Cloud": (-0.7, -0.6, 0.6),
    "The Snail Express": (-1.0, -0.3, -0.2),
    "Goodnight, Little Abacus": (-0.8, -1.0, -0.3),
    "Moon Rabbit Knits": (-0.6, -0.9, 0.1),
    "Kung Fu Kindergarten": (-0.8, 0.9, 0.5),
    "Dragon Dentist": (-0.9, 0.5, 0.0),
    "Robots Love Noodles": (-0.6, 0.7, 0.3),
    "Pirates of West Lake": (-0.4, 0.8, 0.2),
    "The Great Pillow Battle": (-0.9, 0.8, -0.4),
    "Three Days in a Teahouse": (0.9, -0.9, 0.1),
    "The Last Abacus": (0.8, -0.7, 0.5),
    "Letters to a Tax Office": (1.0, -0.6, -0.5),
    "Rain over Suzhou": (0.6, -1.0, 0.3),
    "Waiting for Line 4": (0.7, -0.4, -0.1),
    "Mahjong and Thunder": (0.8, 0.6, 0.2),
    "Night Train to Harbin": (0.6, 0.5, 0.6),
    "The Hotpot Heist": (0.5, 0.9, 0.4),
    "Engine of Wrath": (0.9, 1.1, -0.3),
    "Midnight Firewall": (0.7, 0.8, 0.0),
}
FILMS = tuple(_FILMS)
FIVE_FILMS = (
    "Kung Fu Kindergarten",
    "Robots Love Noodles",
    "The Last Abacus",
    "Rain over Suzhou",
    "Night Train to Harbin",
)
"""Two loud films for children, two quiet ones for adults, and a loud one for adults."""


class FilmNight(NamedTuple):
    """Stars of invented viewers for invented films.

    Attributes
    ----------
    titles : tuple of 20 str
    ratings : Ratings
        Stars from 1 to 5, of n users for 20 items.
    traits : ndarray of shape (20, 2), float64
        For adults, and loud.
    tastes : ndarray of shape (n, 2), float64
    """

    titles: tuple[str, ...]
    ratings: Ratings
    traits: np.ndarray
    tastes: np.ndarray


def film_night(viewers: int = 300, *, random_state: int | None = 0) -> FilmNight:
    """Make the stars that viewers give to twenty films, about half of the table.

    A viewer's stars are 3.2, the film's quality, the viewer's mood, the dot product of taste and
    traits, and noise of 0.4, rounded to 1, …, 5. Whether a film is seen does not depend on them.

    Parameters
    ----------
    viewers : int, default=300
    random_state : int or None, default=0

    Returns
    -------
    FilmNight

    Raises
    ------
    TypeError, ValueError
        If `viewers` is not a whole number of at least 1.

    Examples
    --------
    >>> night = film_night(4)
    >>> night.ratings.shape, night.titles[0]
    ((4, 20), 'The Panda Who Slept In')
    """
    viewers = check_whole("viewers", viewers)
    rng = np.random.default_rng(random_state)
    numbers = np.array(list(_FILMS.values()))  # (20, 3)
    traits, quality = numbers[:, :2], numbers[:, 2]
    tastes = rng.normal(size=(viewers, 2))
    mood = 0.3 * rng.normal(size=(viewers, 1))
    liking = 3.2 + quality + mood + tastes @ traits.T  # (n, 20)
    stars = np.clip(np.round(liking + 0.4 * rng.normal(size=liking.shape)), 1, 5)
    users, items = np.nonzero(rng.random(stars.shape) >= 0.5)
    ratings = Ratings(users, items, stars[users, items], shape=stars.shape)
    return FilmNight(FILMS, ratings, traits, tastes)


def film_kinds() -> dict[str, str]:
    """Return for whom each film is, and whether it is loud, in words.

    Examples
    --------
    >>> film_kinds()["The Hotpot Heist"]
    'adults, loud'
    """
    whom, how = ("children", "adults"), ("quiet", "loud")
    return {
        title: f"{whom[adults > 0]}, {how[loud > 0]}" for title, (adults, loud, _) in _FILMS.items()
    }
