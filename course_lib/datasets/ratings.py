"""Ratings of films that do not exist, by people with a known taste."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from course_lib.checks import check_number, check_whole
from course_lib.ratings import Ratings

GENRES = (
    *("science fiction", "romance", "comedy", "horror"),
    *("western", "crime", "fantasy", "documentary"),
)
"""The genres of planted films, one for each factor."""

_FIRST = {
    "science fiction": "Orbital Quantum Android Stellar Parallel Cryogenic Martian Electric",
    "romance": "Tender Distant Autumn Secret Parisian Faithful Moonlit Unsent",
    "comedy": "Clumsy Noisy Reluctant Backwards Borrowed Awkward Runaway Sunday",
    "horror": "Hollow Whispering Cursed Bleeding Nameless Rotten Midnight Buried",
    "western": "Dusty Lonesome Crooked Rusted Outlaw Scarlet Broken Silver",
    "crime": "Perfect Missing Marked Forged Silent Second Stolen Double",
    "fantasy": "Enchanted Dragon's Forgotten Golden Elven Winged Runic Emerald",
    "documentary": "Inside Beneath Before Saving Counting Understanding Beyond Mapping",
}
_SECOND = {
    "science fiction": "Horizon Colony Paradox Signal Engine Exodus Galaxy Protocol Dawn Memory",
    "romance": "Letters Waltz Promise Summer Hearts Kiss Wedding Station Garden Goodbye",
    "comedy": "Neighbours Wedding Burglars Holiday Uncle Waiters Landlord Orchestra Dentist Goat",
    "horror": "House Cellar Lullaby Doll Woods Mirror Harvest Nursery Chapel Scream",
    "western": "Trail Canyon Sheriff Saddle Revolver Saloon Ranch Stagecoach Creek Bounty",
    "crime": "Alibi Witness Heist Suspect Verdict Cargo Detective Ledger Harbour Informer",
    "fantasy": "Crown Forest Sword Kingdom Prophecy Tower Sorcerer Throne Amulet Gate",
    "documentary": "Glaciers Cities Bees Oceans Voters Volcanoes Factories Forests Rivers Whales",
}


@dataclass(frozen=True, eq=False)
class PlantedRatings:
    """Ratings, and the truth that they were made from.

    Attributes
    ----------
    ratings : Ratings
        With times, in days.
    titles : tuple of n_items str
    genres : tuple of n_items str
        The main genre of each film.
    mean : float
    user_biases, item_biases : arrays of shapes (n_users,) and (n_items,)
    user_factors, item_factors : arrays of shapes (n_users, f) and (n_items, f)
        Factor k is how much a user likes genre k of `GENRES`, and how much of it a film has.
    """

    ratings: Ratings
    titles: tuple[str, ...] = field(repr=False)
    genres: tuple[str, ...] = field(repr=False)
    mean: float = field(repr=False)
    user_biases: np.ndarray = field(repr=False)
    item_biases: np.ndarray = field(repr=False)
    user_factors: np.ndarray = field(repr=False)
    item_factors: np.ndarray = field(repr=False)

    def expected(self) -> np.ndarray:
        """Return what every user thinks of every film, without noise, stars or gaps: the truth.

        It is an array of shape (n_users, n_items).
        """
        usual = self.mean + self.user_biases[:, None] + self.item_biases[None, :]
        return usual + self.user_factors @ self.item_factors.T


def planted_ratings(
    n_users: int = 300,
    n_items: int = 200,
    n_factors: int = 3,
    *,
    noise: float = 0.5,
    taste: float = 0.7,
    biases: float = 0.4,
    density: float = 0.15,
    popularity: float = 0.8,
    selection: float = 0.0,
    least: int = 5,
    stars: bool = True,
    random_state: int = 0,
) -> PlantedRatings:
    """Make ratings μ + b_u + c_i + p_uᵀq_i + noise of some pairs of users and films.

    Each film has one main genre, in turn, and a little of the others; how much a user likes each
    genre is drawn independently.

    Parameters
    ----------
    n_users, n_items : int
        At least 2 each.
    n_factors : int, default=3
        f, the number of genres, 1 to 8.
    noise : float, default=0.5
        Standard deviation of the noise of a rating, in stars.
    taste : float, default=0.7
        Standard deviation, over users, of the liking of a genre, in stars.
    biases : float, default=0.4
        Standard deviation of b_u and of c_i, in stars; 0 for none.
    density : float, default=0.15
        Share of all pairs that are rated, above 0, at most 1.
    popularity : float, default=0.8
        At the start, the j-th most popular film is drawn j^-popularity times as often as the first;
        0 for films that are drawn alike. Popularity is independent of quality.
    selection : float, default=0
        People rate what they like: each star of the noiseless rating above the mean multiplies the
        odds of being rated by e^selection. With 0, ratings are missing at random.
    least : int, default=5
        Every user rates at least so many films.
    stars : bool, default=True
        Whether ratings are rounded to whole stars from 1 to 5; else they are real numbers.
    random_state : int, default=0

    Returns
    -------
    PlantedRatings
        In the order of time, from day 0: users arrive over two years, and go on at their own pace.

    Raises
    ------
    ValueError
        For a number out of range, or a density that leaves users less than `least`.

    Notes
    -----
    Cost: O(n_users · n_items).

    Examples
    --------
    >>> planted = planted_ratings(50, 40, 2)
    >>> planted.ratings, planted.titles[1], planted.genres[1]
    (Ratings(300 of 50 users for 40 items), 'Tender Letters', 'romance')
    """
    n_users = check_whole("n_users", n_users, 2)
    n_items = check_whole("n_items", n_items, 2)
    f = check_whole("n_factors", n_factors, 1, len(GENRES))
    for name, value in {"noise": noise, "taste": taste, "biases": biases}.items():
        check_number(name, value, least=0)
    check_number("popularity", popularity, least=0)
    check_number("selection", selection)
    m = round(check_number("density", density, above=0, most=1) * n_users * n_items)
    least = check_whole("least", least, 0, n_items)
    if m < max(1, least * n_users):
        raise ValueError(
            f"density must leave every user {least} ratings: {n_users} × {n_items} pairs at a "
            f"density of {density:g} are {m} ratings, fewer than {least * n_users}."
        )
    rng = np.random.default_rng(random_state)
    genre = np.arange(n_items) % f
    truth = {
        "mean": 3.5,
        "user_biases": rng.normal(0, biases, n_users),
        "item_biases": rng.normal(0, biases, n_items),
        "user_factors": rng.normal(0, taste, (n_users, f)),
        "item_factors": np.eye(f)[genre] + rng.normal(0, 0.25, (n_items, f)),
    }
    titles, genres = _titles(genre), tuple(GENRES[g] for g in genre)
    thought = PlantedRatings(None, titles, genres, **truth).expected()
    users, items = _drawn(rng, thought - 3.5, m, popularity, selection, least)
    values = thought[users, items] + rng.normal(0, noise, m)
    if stars:
        values = np.clip(np.round(values), 1, 5)
    times = _times(rng, users, n_users)
    order = np.argsort(times)
    columns = (a[order] for a in (users, items, values, times))
    return PlantedRatings(Ratings(*columns, shape=(n_users, n_items)), titles, genres, **truth)


def _drawn(
    rng: np.random.Generator,
    thought: np.ndarray,
    m: int,
    popularity: float,
    selection: float,
    least: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw m pairs without replacement, as likely as their weights; everybody's first `least` too.

    Adding Gumbel noise to log weights and keeping the largest is such a draw, all at once.
    """
    n_users, n_items = thought.shape
    places = rng.permutation(n_items) + 1
    log_odds = -popularity * np.log(places)[None, :] + selection * thought
    activity = rng.normal(0, 0.7, n_users)[:, None]
    keys = log_odds + activity + rng.gumbel(size=thought.shape)
    first = np.argsort(-keys, axis=1)[:, :least]
    np.put_along_axis(keys, first, np.inf, axis=1)
    chosen = np.argpartition(-keys, m - 1, axis=None)[:m]
    return np.divmod(np.sort(chosen), n_items)


def _times(rng: np.random.Generator, users: np.ndarray, n_users: int) -> np.ndarray:
    """Return the day of each rating: users arrive in two years, and wait between two ratings."""
    start, pace = rng.uniform(0, 700, n_users), rng.gamma(2, 2, n_users)
    return start[users] + pace[users] * rng.exponential(5, len(users))


def _titles(genre: np.ndarray) -> tuple[str, ...]:
    """Return a title for each film, of words of its genre; none occurs twice."""
    made, titles = dict.fromkeys(range(len(GENRES)), 0), []
    for g in genre.tolist():
        first, second = _FIRST[GENRES[g]].split(), _SECOND[GENRES[g]].split()
        turn, n = divmod(made[g], len(first) * len(second))
        # Both words change from film to film; after 40 pairs they would repeat, so one moves on.
        half, step = divmod(n, 40)
        title = f"{first[(step + half) % len(first)]} {second[step % len(second)]}"
        titles.append(title if turn == 0 else f"{title} {turn + 1}")
        made[g] += 1
    return tuple(titles)
