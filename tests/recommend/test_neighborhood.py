"""Neighbours beside loops over pairs of users, as the formulas are written."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rating_tables import random_ratings
from scipy import sparse

from course_lib.recommend import Baseline, ItemBasedCF, Ratings, UserBasedCF, similarities
from course_lib.recommend.neighborhood import CENTRINGS, SIMILARITIES

KINDS = [UserBasedCF, ItemBasedCF]


def similarity_of_two(x, y, kind, shrinkage):
    """Two rows with NaN where nothing is known."""
    both = ~np.isnan(x) & ~np.isnan(y)
    n, x, y = both.sum(), x[both], y[both]
    if kind == "pearson" and n:
        x, y = x - x.mean(), y - y.mean()
    size = np.sqrt(np.sum(x**2) * np.sum(y**2))
    cosine = np.sum(x * y) / size if size > 1e-9 else 0.0
    return round(cosine * n / max(n + shrinkage, 1), 12)  # what is equal is equal


def usual(ratings, centring):
    """What is usual for every pair, (n_users, n_items)."""
    table = np.full(ratings.shape, np.nan)
    table[ratings.users, ratings.items] = ratings.values
    mean = ratings.values.mean()
    if centring == "none":
        return table, np.zeros(ratings.shape)
    if centring == "baseline":
        return table, Baseline().fit(ratings).scores()
    axis = 1 if centring == "user" else 0
    counts = (~np.isnan(table)).sum(axis=axis, keepdims=True)
    means = np.nansum(table, axis=axis, keepdims=True) / np.maximum(counts, 1)
    return table, np.broadcast_to(np.where(counts > 0, means, mean), ratings.shape)


def predicted(ratings, by_users, k, kind, centring, shrinkage):
    """All predictions, one at a time."""
    table, a = usual(ratings, centring)
    e = table - a
    fallback = Baseline().fit(ratings).scores()
    E = e if by_users else e.T
    n = len(E)
    S = np.array(
        [
            [similarity_of_two(E[p], E[q], kind, shrinkage) * (p != q) for q in range(n)]
            for p in range(n)
        ]
    )
    result = np.empty(ratings.shape)
    for u in range(ratings.n_users):
        for i in range(ratings.n_items):
            row, column = (u, i) if by_users else (i, u)
            voters = [v for v in range(n) if not np.isnan(E[v, column]) and S[row, v] > 0]
            voters = sorted(voters, key=lambda v: (-S[row, v], v))[:k]
            if np.isnan(table[u]).all() or (not voters and centring == "none"):
                result[u, i] = fallback[u, i]
            elif not voters:
                result[u, i] = a[u, i]
            else:
                s = S[row, voters]
                result[u, i] = a[u, i] + np.sum(s * E[voters, column]) / np.sum(s)
    return S, result


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("similarity", SIMILARITIES)
@pytest.mark.parametrize("centring", CENTRINGS)
@pytest.mark.parametrize(("k", "shrinkage"), [(3, 0.0), (40, 4.0)])
def test_all_predictions_are_those_of_the_loop(kind, similarity, centring, k, shrinkage):
    ratings = random_ratings(14, 11, 0.45, seed=3)
    model = kind(k, similarity=similarity, centring=centring, shrinkage=shrinkage).fit(ratings)
    S, expected = predicted(ratings, kind.by_users, k, similarity, centring, shrinkage)
    np.testing.assert_allclose(model.similarities_, S, atol=1e-10)
    np.testing.assert_allclose(model.scores(), expected, atol=1e-8)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.sampled_from(SIMILARITIES), st.floats(0, 20))
def test_similarities_are_symmetric_and_bounded(seed, kind, shrinkage):
    table = random_ratings(12, 10, 0.4, seed).matrix()
    S = similarities(table, table, kind, shrinkage)
    np.testing.assert_allclose(S, S.T, atol=1e-12)
    assert (abs(S) <= 1).all()
    rows = similarities(table[[3, 7]], table, kind, shrinkage)
    np.testing.assert_allclose(rows, S[[3, 7]], atol=1e-12)


def test_similarities_worked_by_hand():
    table = Ratings([0, 0, 0, 1, 1, 1, 2], [0, 1, 2, 0, 1, 3, 2], [1, 2, 5, 2, 5, 1, 4]).matrix()
    cosine = similarities(table, table)
    np.testing.assert_allclose(cosine[0, 1], (2 + 10) / np.sqrt(5 * 29))  # over items 0 and 1
    assert cosine[0, 2] == 1  # one item in common
    assert cosine[1, 2] == 0  # none
    pearson = similarities(table, table, "pearson")
    np.testing.assert_allclose(pearson[0, 1], 1)  # two points lie on a line
    assert pearson[0, 2] == 0  # one point does not vary
    np.testing.assert_allclose(similarities(table, table, "pearson", 3)[0, 1], 2 / 5)


@pytest.mark.parametrize("level", [0.1, 3.3, 1e6])
def test_a_row_without_variation_has_no_correlation(level):
    """Rounding must not make a correlation of what is constant."""
    users = np.repeat([0, 1], 7)
    values = np.concatenate([np.full(7, level), np.random.default_rng(0).normal(size=7)])
    table = Ratings(users, np.tile(np.arange(7), 2), values).matrix()
    S = similarities(table, table, "pearson")
    assert S[0, 1] == S[1, 0] == S[0, 0] == 0
    np.testing.assert_allclose(S[1, 1], 1)


def test_pearsons_correlation_is_numpys_where_all_is_known():
    X = np.random.default_rng(0).normal(3, 1, size=(5, 30))
    users, items = np.divmod(np.arange(150), 30)
    table = Ratings(users, items, X.ravel()).matrix()
    np.testing.assert_allclose(similarities(table, table, "pearson"), np.corrcoef(X), atol=1e-10)


def test_who_shifts_and_stretches_stays_similar():
    ratings = random_ratings(10, 12, 0.9)
    other = ratings.values.copy()
    mine = ratings.users == 3
    other[mine] = 2 * other[mine] - 5
    changed = Ratings(ratings.users, ratings.items, other, shape=ratings.shape)
    one, two = (UserBasedCF(similarity="pearson").fit(r).similarities_ for r in (ratings, changed))
    np.testing.assert_allclose(one, two, atol=1e-10)


def test_users_on_the_table_are_items_on_its_transpose():
    ratings = random_ratings()
    turned = Ratings(ratings.items, ratings.users, ratings.values, shape=ratings.shape[::-1])
    users = UserBasedCF(4, centring="item").fit(ratings)
    items = ItemBasedCF(4, centring="user").fit(turned)
    np.testing.assert_allclose(users.similarities_, items.similarities_, atol=1e-12)
    known = (ratings.users, ratings.items)
    np.testing.assert_allclose(users.predict(*known), items.predict(*known[::-1]), atol=1e-12)


def test_equal_neighbours_the_first_ones_have_a_say():
    # Users 1 to 3 are alike to user 0 in every way but what they say of item 2.
    users, items = [0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3], [0, 1, 0, 1, 2, 0, 1, 2, 0, 1, 2]
    ratings = Ratings(users, items, [4, 2, 4, 2, 1, 4, 2, 3, 4, 2, 5])
    for k, said in ((1, 1), (2, 2), (3, 3), (9, 3)):
        model = UserBasedCF(k, centring="none", shrinkage=0).fit(ratings)
        np.testing.assert_allclose(model.predict(0, 2), said)


def test_behind_better_neighbours_the_first_of_equals_has_a_say():
    # Users 1 and 2 are like user 0; users 3 and 4 have the cosine 0.8 both.
    users, items = [0, 0, *np.repeat([1, 2, 3, 4], 3)], [0, 1, *[0, 1, 2] * 4]
    ratings = Ratings(users, items, [4, 2, 4, 2, 1, 4, 2, 2, 2, 4, 3, 2, 4, 5])
    for k, said in ((2, 1.5), (3, (1 + 2 + 0.8 * 3) / 2.8), (4, (3 + 0.8 * 3 + 0.8 * 5) / 3.6)):
        model = UserBasedCF(k, centring="none", shrinkage=0).fit(ratings)
        np.testing.assert_allclose(model.predict(0, 2), said)


@pytest.mark.parametrize("kind", KINDS)
def test_neighbours_are_the_most_similar(kind):
    model = kind(4, shrinkage=0).fit(random_ratings())
    rows, s = model.neighbors(2)
    assert len(rows) == 4
    np.testing.assert_allclose(s, np.sort(model.similarities_[2])[::-1][:4])
    np.testing.assert_allclose(model.similarities_[2, rows], s)
    everybody, s = model.neighbors(2, 99)
    assert (s > 0).all()
    assert len(everybody) == (model.similarities_[2] > 0).sum()
    assert 2 not in everybody
    assert model.neighbors(2, 1)[0][0] == rows[0]
    n = len(model.similarities_)
    with pytest.raises(ValueError, match=f"row must be whole numbers from 0 to {n - 1}, got {n}"):
        model.neighbors(n)
    with pytest.raises(AttributeError, match="not fitted yet"):
        kind().neighbors(0)


@pytest.mark.parametrize("centring", CENTRINGS)
def test_somebody_new_with_the_ratings_of_a_user(centring):
    """Items: as that user. Users: as that user, but with the twin for a neighbour."""
    ratings = random_ratings(12, 10, 0.5)
    items, values = ratings.of(4)
    model = ItemBasedCF(3, centring=centring, shrinkage=2).fit(ratings)
    if centring != "baseline":  # whose biases of users and items are learned together
        np.testing.assert_allclose(
            model.scores_for(items, values), model.scores([4])[0], atol=1e-10
        )
    twins = UserBasedCF(1, centring=centring, shrinkage=1).fit(ratings)
    found = twins.scores_for(items, values)[items]
    if centring == "baseline":
        assert np.corrcoef(found, values)[0, 1] > 0.9
    else:
        np.testing.assert_allclose(found, values, atol=1e-10)


def test_nobody_similar_leaves_what_is_usual():
    ratings = Ratings([0, 0, 1, 1, 2], [0, 1, 0, 1, 2], [5, 1, 1, 5, 4])  # opposite tastes
    by_user = UserBasedCF(shrinkage=0).fit(ratings)
    assert by_user.predict(0, 2) == by_user.user_means_[0] == 3
    bare = UserBasedCF(centring="none", shrinkage=0).fit(ratings)
    assert bare.predict(2, 0) == bare.baseline_.predict(2, 0)
    assert ItemBasedCF(centring="item").fit(ratings).predict(2, 0) == 3
    np.testing.assert_allclose(
        bare.scores_for([2], [4])[:2], bare.baseline_.scores_for([2], [4])[:2]
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n_neighbors": 0}, "n_neighbors must be a whole number of at least 1, got 0"),
        ({"similarity": "jaccard"}, "similarity must be one of cosine, pearson; got 'jaccard'"),
        ({"centring": "all"}, "centring must be one of none, user, item, baseline; got 'all'"),
        ({"shrinkage": -1}, "shrinkage must be a finite number of at least 0, got -1"),
    ],
)
def test_wrong_parameters_are_named(kind, given, message):
    with pytest.raises(ValueError, match=message):
        kind(**given)


def test_similarities_name_a_wrong_kind():
    table = random_ratings().matrix()
    with pytest.raises(ValueError, match="similarity must be one of"):
        similarities(table, table, "euclid")
    with pytest.raises(ValueError, match="shrinkage must be"):
        similarities(table, table, shrinkage=-1)


def test_small_whole_numbers_do_not_wrap_around():
    table = sparse.coo_array(np.array([[100, 90, 0], [120, 7, 3]], dtype=np.int8))
    for kind in SIMILARITIES:
        exact = similarities(table.astype(float), table.astype(float), kind)
        np.testing.assert_array_equal(similarities(table, table, kind), exact)
    with pytest.raises(ValueError, match=r"same columns, got shapes \(2, 3\), \(3, 2\)"):
        similarities(table, table.T)


def test_a_small_variation_far_from_zero_is_seen():
    X = 1e3 + 1e-3 * np.random.default_rng(0).normal(size=(4, 20))
    users, items = np.divmod(np.arange(80), 20)
    table = Ratings(users, items, X.ravel()).matrix()
    np.testing.assert_allclose(similarities(table, table, "pearson"), np.corrcoef(X), atol=1e-6)
