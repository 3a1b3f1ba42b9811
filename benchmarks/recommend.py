"""Rows on recommender systems: alternating least squares, and similarities of all pairs of users.

No library of the usual ones factorises only what is known, so the reference is the loop that a
person writes who has read the formulas: one small system of equations for each user and each item.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.declare import Quality, Row, agreement, function

RATINGS = 100_000
FACTORS = 16
LAM = 0.1
EPOCHS = 5
IMPLICIT = {"lam": 1.0, "alpha": 40.0}


def popular_items(n: int, items: int) -> SimpleNamespace:
    """Return 50 ratings a user of n users, on average, of items some of which are popular.

    `users`, `items` and `values` are (50n,), `counts` are how often instead of how good.
    """
    rng = np.random.default_rng(0)
    odds = -0.7 * np.log(1 + rng.permutation(items)) + rng.gumbel(size=(n, items))
    cells = np.sort(np.argpartition(-odds, 50 * n, axis=None)[: 50 * n])
    u, i = np.divmod(cells, items)
    P, Q = rng.normal(size=(n, 4)), rng.normal(size=(items, 4))
    values = 3.5 + 0.5 * np.sum(P[u] * Q[i], axis=1) + 0.5 * rng.normal(size=len(u))
    counts = rng.integers(1, 6, len(u)).astype(float)
    return SimpleNamespace(users=u, items=i, values=values, counts=counts, shape=(n, items))


def ours(data: Any, implicit: bool) -> Any:
    """Factorise with course_lib."""
    from course_lib.recommend import ImplicitALS, MatrixFactorization, Ratings

    values = data.counts if implicit else data.values
    ratings = Ratings(data.users, data.items, values, shape=data.shape)
    if implicit:
        model = ImplicitALS(FACTORS, n_epochs=EPOCHS, **IMPLICIT).fit(ratings)
    else:
        model = MatrixFactorization(FACTORS, lam=LAM, biases=False, n_epochs=EPOCHS).fit(ratings)
    return SimpleNamespace(P=model.user_factors_, Q=model.item_factors_)


def loop(data: Any, implicit: bool) -> Any:
    """Factorise by a loop over users and one over items, from the same start."""
    from scipy import sparse

    values = data.counts if implicit else data.values
    by_user = sparse.csr_array((values, (data.users, data.items)), shape=data.shape)
    by_item = by_user.T.tocsr()
    rng = np.random.default_rng(0)
    P, Q = (rng.normal(0, 0.1, (n, FACTORS)) for n in data.shape)
    solve = _implicit_rows if implicit else _ridge_rows
    for _ in range(EPOCHS):
        solve(by_user, P, Q)
        solve(by_item, Q, P)
    return SimpleNamespace(P=P, Q=Q)


def _ridge_rows(table: Any, W: np.ndarray, Z: np.ndarray) -> None:
    for row in range(len(W)):
        part = slice(*table.indptr[row : row + 2])
        known, t = Z[table.indices[part]], table.data[part]
        if len(t):
            A = known.T @ known + LAM * len(t) * np.eye(FACTORS)
            W[row] = np.linalg.solve(A, known.T @ t)


def _implicit_rows(table: Any, W: np.ndarray, Z: np.ndarray) -> None:
    G = Z.T @ Z + IMPLICIT["lam"] * np.eye(FACTORS)
    for row in range(len(W)):
        part = slice(*table.indptr[row : row + 2])
        known, more = Z[table.indices[part]], IMPLICIT["alpha"] * table.data[part]
        W[row] = np.linalg.solve(G + known.T @ (more[:, None] * known), known.T @ (1 + more))


def implicit_library(data: Any) -> Any:
    """Factorise with the library `implicit`, by three steps of conjugate gradients a row.

    It begins elsewhere, and after as many epochs its objective is higher than ours by two fifths
    (here; with exact solutions, which take it twice as long, too).
    """
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy import sparse

    confidence = 1 + IMPLICIT["alpha"] * data.counts
    table = sparse.csr_matrix((confidence, (data.users, data.items)), shape=data.shape)
    model = AlternatingLeastSquares(
        *(FACTORS, IMPLICIT["lam"]),
        alpha=1.0,
        iterations=EPOCHS,
        num_threads=1,
        random_state=0,
        dtype=np.float64,
    )
    model.fit(table, show_progress=False)
    return SimpleNamespace(P=model.user_factors, Q=model.item_factors)


def error_on_known(result: Any, data: Any) -> float:
    """Return the objective of explicit ALS."""
    p, q = result.P[data.users], result.Q[data.items]
    errors = data.values - np.sum(p * q, axis=1)
    return float(errors @ errors + LAM * (np.sum(p * p) + np.sum(q * q)))


def error_everywhere(result: Any, data: Any) -> float:
    """Return the objective of implicit ALS."""
    P, Q = result.P, result.Q
    s, c = np.sum(P[data.users] * Q[data.items], axis=1), 1 + IMPLICIT["alpha"] * data.counts
    penalty = IMPLICIT["lam"] * (np.sum(P * P) + np.sum(Q * Q))
    return float(np.sum((P.T @ P) * (Q.T @ Q)) + np.sum(c * (1 - s) ** 2 - s * s) + penalty)


def correlations(data: Any) -> np.ndarray:
    """Correlate all pairs of users over what both rated, with course_lib."""
    from course_lib.recommend import Ratings, similarities

    table = Ratings(data.users, data.items, data.values, shape=data.shape).matrix()
    return similarities(table, table, "pearson")


def correlations_of_pandas(data: Any) -> np.ndarray:
    """Correlate all pairs of users with pandas, whose missing values are left out pair by pair."""
    import pandas as pd

    table = np.full(data.shape[::-1], np.nan)
    table[data.items, data.users] = data.values
    return np.nan_to_num(pd.DataFrame(table).corr().to_numpy())


def _als(name: str, implicit: bool, objective: Any, **more: Any) -> Row:
    return Row(
        name=name,
        problem=popular_items,
        size={"n": RATINGS // 50, "items": 1_500},
        ours=function("benchmarks.recommend:ours", library="course_lib", implicit=implicit),
        references=(function("benchmarks.recommend:loop", library="NumPy", implicit=implicit),),
        quality=(Quality("objective", objective, relative=1e-9), agreement(1e-6)),
        answer=lambda result, data: result.P @ result.Q.T,
        goal=0.5,
        group="solver",  # a loop of our own says nothing about other libraries
        **more,
    )


ROWS = (
    _als("als", False, error_on_known),
    _als(
        "implicit-als",
        True,
        error_everywhere,
        fastest=function(
            "benchmarks.recommend:implicit_library", library="implicit", needs="implicit"
        ),
    ),
    Row(
        name="user-similarities",
        problem=popular_items,
        size={"n": 1_000, "items": 1_500},
        ours=function("benchmarks.recommend:correlations", library="course_lib"),
        references=(function("benchmarks.recommend:correlations_of_pandas", library="pandas"),),
        quality=(agreement(1e-6),),
        answer=lambda result, data: result,
        goal=0.5,
    ),
)
