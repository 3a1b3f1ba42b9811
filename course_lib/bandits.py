"""Bandits: choose among arms and see only the reward of the chosen one.

Symbols
    K            arms: the actions to choose from
    p  (K,)      chance of a reward of each arm, unknown to the player; p* is the largest
    Δ  (K,)      gaps p* − p: what one play of an arm loses on average
    T            plays, one after the other (the horizon)
    R            repetitions, played side by side
    outcomes (R, T, K)  what each arm would pay at each play; only the chosen one is shown
    plays    (R, K)     how often each arm has been played so far
    rewards  (R, K)     what it has paid so far, in sum

The regret after T plays is the sum of the gaps of the arms that were played: what was lost against
a player who knows the best arm. No policy that is good for every bandit keeps it below a multiple
of log T (Lai & Robbins 1985); UCB1 stays within one (Auer, Cesa-Bianchi & Fischer 2002); a constant
share of random plays loses a constant amount a play.

`learn_online` is the same loss of knowledge with an input: a classifier that hears "right" or
"wrong" about its answer, and not the label (a contextual bandit).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike

from course_lib.checks import check_number, check_whole

Exploration = float | Callable[[int], float]


class Policy(Protocol):
    """What `play` asks at each step: which arm next, for every repetition."""

    def choose(
        self, plays: np.ndarray, rewards: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Return the next arm of each repetition, shape (R,), from the counts (R, K) so far."""
        ...


class BernoulliBandit:
    """Arms that pay 1 or 0, each with a chance of its own.

    Parameters
    ----------
    chances : array of shape (K,)
        p, between 0 and 1; at least two arms.

    Attributes
    ----------
    chances, gaps : ndarray of shape (K,)
        p, and Δ = p* − p.

    Raises
    ------
    ValueError
        For fewer than two arms, or chances that are not between 0 and 1.

    Examples
    --------
    >>> bandit = BernoulliBandit([0.25, 0.5])
    >>> bandit.gaps, bandit.regret([0, 1, 0])
    (array([0.25, 0.  ]), array([0.25, 0.25, 0.5 ]))
    """

    def __init__(self, chances: ArrayLike):
        p = np.array(chances, dtype=float)
        if p.ndim != 1 or len(p) < 2 or not np.all((p >= 0) & (p <= 1)):
            raise ValueError(
                "chances must be one number between 0 and 1 for each of at least two arms, "
                f"got {chances!r}."
            )
        self.chances, self.gaps = p, p.max() - p

    def outcomes(self, T: int, R: int = 1, *, random_state: int = 0) -> np.ndarray:
        """Draw what every arm would pay at every play, shape (R, T, K), bool.

        Policies that play the same table have the same luck, so that their difference is theirs.
        """
        shape = (check_whole("R", R), check_whole("T", T), len(self.chances))
        return np.random.default_rng(random_state).random(shape) < self.chances

    def regret(self, arms: ArrayLike) -> np.ndarray:
        """Return the sum of the gaps of the arms played so far, after each play, (..., T)."""
        return np.cumsum(self.gaps[np.asarray(arms)], axis=-1)

    def ucb1_bound(self, T: int) -> float:
        """Return a bound on UCB1's expected regret after T plays, with the natural logarithm.

        8 ln T · Σ 1/Δ over the arms with Δ > 0, plus (1 + π²/3) ΣΔ: theorem 1 of Auer,
        Cesa-Bianchi & Fischer (2002).
        """
        T, gaps = check_whole("T", T), self.gaps[self.gaps > 0]
        return float(8 * math.log(T) * np.sum(1 / gaps) + (1 + math.pi**2 / 3) * np.sum(gaps))

    def least_slope(self) -> float:
        """Return the least regret per unit of ln T in the long run, Σ Δ/kl(p, p*).

        The sum goes over the arms with Δ > 0, and kl(p, q) = p ln(p/q) + (1−p) ln((1−p)/(1−q)).
        Lai & Robbins (1985) prove it for every policy whose regret on every bandit grows more
        slowly than any power of T. It is 0 where p* = 1, since one failure then rules an arm out.
        """
        best = self.chances.max()
        slopes = [
            gap / _kl(p, best) for p, gap in zip(self.chances, self.gaps, strict=True) if gap > 0
        ]
        return float(sum(slopes))


def _kl(p: float, q: float) -> float:
    """Return the Kullback–Leibler divergence of two coins in nats; infinite where q is certain."""
    parts = ((p, q), (1 - p, 1 - q))
    return sum(a * (math.log(a / b) if b > 0 else math.inf) for a, b in parts if a > 0)


class EpsilonGreedy:
    """Mostly the arm with the best mean so far; now and then any arm, to see.

    With probability ε the arm is drawn among all K. Otherwise it is one that was never played, or
    else the one of the largest mean; of several equally good arms the first. A constant ε > 0 goes
    on paying εΣΔ/K for each play; an ε that falls like 1/t can keep the regret within a multiple
    of log T (theorem 3 of Auer, Cesa-Bianchi & Fischer 2002).

    Parameters
    ----------
    epsilon : float in [0, 1], or callable t -> float
        ε, constant or by the number t = 1, 2, … of the play.
    """

    def __init__(self, epsilon: Exploration = 0.1):
        self.epsilon = epsilon if callable(epsilon) else _share(epsilon)

    def choose(
        self, plays: np.ndarray, rewards: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """See `Policy.choose`. Both lots are drawn at every play, needed or not."""
        R, K = plays.shape
        t = int(plays[0].sum()) + 1
        epsilon = _share(self.epsilon(t)) if callable(self.epsilon) else self.epsilon
        explores, anywhere = rng.random(R) < epsilon, rng.integers(K, size=R)
        return np.where(explores, anywhere, _greedy(plays, rewards))


class UCB1:
    """The arm of the largest mean plus a bonus for what is not known yet.

    After t plays in all, arm j has the upper confidence bound mean_j + √(2 ln t / plays_j). Each
    arm is played once first; of equal bounds the first arm wins. It needs no ε and no luck.

    Source: Auer, Cesa-Bianchi & Fischer (2002), Finite-time analysis of the multiarmed bandit
    problem, Machine Learning 47, figure 1; its regret is at most `BernoulliBandit.ucb1_bound`.
    """

    def choose(
        self, plays: np.ndarray, rewards: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """See `Policy.choose`."""
        t = plays.sum(axis=1, keepdims=True)  # (R, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            bounds = rewards / plays + np.sqrt(2 * np.log(t) / plays)
        return np.argmax(np.where(plays == 0, np.inf, bounds), axis=1)


def _greedy(plays: np.ndarray, rewards: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return np.argmax(np.where(plays == 0, np.inf, rewards / plays), axis=1)


def _share(epsilon: float) -> float:
    return check_number("epsilon", epsilon, least=0, most=1)


def play(policy: Policy, outcomes: ArrayLike, *, random_state: int = 0) -> np.ndarray:
    """Let a policy play a table of outcomes, every repetition at once.

    Parameters
    ----------
    policy : EpsilonGreedy, UCB1, or anything with their `choose`
    outcomes : array of shape (R, T, K), or (T, K) for one repetition
        What each arm would pay, from 0 to 1: of `BernoulliBandit.outcomes`, or your own.
    random_state : int, default=0
        Of the policy's own lots.

    Returns
    -------
    ndarray of shape (R, T), or (T,); int
        The arms it played. Cost: T steps of O(RK) each.

    Raises
    ------
    ValueError
        For outcomes of another shape, or outside [0, 1].

    Examples
    --------
    >>> table = np.array([[1, 0], [1, 0], [0, 1], [0, 1]])
    >>> play(EpsilonGreedy(0.0), table).tolist()  # each arm once, then the better mean
    [0, 1, 0, 0]
    """
    table = np.asarray(outcomes)
    if table.ndim not in (2, 3) or table.shape[-1] < 2 or 0 in table.shape:
        raise ValueError(f"outcomes must have the shape (R, T, K) or (T, K), got {table.shape}.")
    if table.dtype.kind not in "biuf" or not np.all((table >= 0) & (table <= 1)):
        raise ValueError("outcomes must be numbers from 0 to 1; NaN, or something else, came.")
    R, T, K = (table if table.ndim == 3 else table[None]).shape
    arms = np.empty((R, T), dtype=int)
    plays, rewards = np.zeros((R, K)), np.zeros((R, K))
    rng, each = np.random.default_rng(random_state), np.arange(R)
    for t, paid in enumerate(np.moveaxis(table.reshape(R, T, K), 1, 0)):  # paid: (R, K)
        arm = arms[:, t] = policy.choose(plays, rewards, rng)  # (R,)
        plays[each, arm] += 1
        rewards[each, arm] += paid[each, arm]
    return arms if table.ndim == 3 else arms[0]


class Online(NamedTuple):
    """What `learn_online` returns.

    Attributes
    ----------
    answers : ndarray of shape (R, T), int
        The class it said to each sample, before it heard anything about it.
    weights : ndarray of shape (len(record), R, d + 1, K)
        Its weights after as many samples as `record` says; the last row of d + 1 is the bias.
    """

    answers: np.ndarray
    weights: np.ndarray


def learn_online(
    X: ArrayLike,
    y: ArrayLike,
    K: int,
    *,
    feedback: str,
    epsilon: float = 0.0,
    eta: float = 0.01,
    record: Sequence[int] = (),
    random_state: int = 0,
) -> Online:
    """Learn to classify one sample after the other, from its label or from a reward alone.

    For each class a linear score says how likely it would be right to answer it. The answer is the
    class of the largest score, or, with probability ε, any class. One step of gradient descent on
    half the squared error moves scores towards 1 if their class is right and towards 0 if not: all
    K scores with feedback "label", only that of the answer with feedback "reward". The weights
    start at 0.

    Parameters
    ----------
    X : array of shape (R, T, d)
        Samples in the order in which they come, for each of R repetitions.
    y : array of shape (R, T), int
        Their classes, 0, …, K − 1.
    K : int
    feedback : {"label", "reward"}
    epsilon : float in [0, 1], default=0.0
    eta : float, default=0.01
        Size of a step η; a step is stable if η(‖x‖² + 1) < 2.
    record : sequence of int
        After how many samples to keep the weights, increasing, each from 0 to T.
    random_state : int, default=0

    Returns
    -------
    Online
        Cost: T steps of O(RdK).

    Raises
    ------
    ValueError
        For arrays that do not fit together, classes outside 0, …, K − 1, an unknown feedback, or a
        record that is not increasing within 0 … T.
    """
    if feedback not in ("label", "reward"):
        raise ValueError(f"feedback must be 'label' or 'reward', got {feedback!r}.")
    X, y, K = _checked(X, y, K)
    epsilon, eta = _share(epsilon), check_number("eta", eta, above=0)
    (R, T, d), kept = X.shape, _counts(record, X.shape[1])
    W, weights = np.zeros((R, d + 1, K)), np.empty((len(kept), R, d + 1, K))
    answers, each = np.empty((R, T), dtype=int), np.arange(R)
    rng = np.random.default_rng(random_state)
    for t in range(T + 1):
        if t in kept:
            weights[kept.index(t)] = W
        if t == T:
            break
        x = np.column_stack([X[:, t], np.ones(R)])  # (R, d + 1)
        scores = (x[:, None, :] @ W)[:, 0]  # (R, K)
        explores, anywhere = rng.random(R) < epsilon, rng.integers(K, size=R)
        answer = answers[:, t] = np.where(explores, anywhere, scores.argmax(axis=1))
        error = scores - np.eye(K)[y[:, t]]  # (R, K)
        if feedback == "reward":  # only whether the answer was right is known
            heard = np.zeros((R, K))
            heard[each, answer] = error[each, answer]
            error = heard
        W -= eta * x[:, :, None] * error[:, None, :]
    return Online(answers, weights)


def online_errors(weights: ArrayLike, X: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Return the share of samples that the classifiers of `learn_online` have wrong.

    Parameters
    ----------
    weights : array of shape (..., R, d + 1, K)
    X, y : arrays of shapes (R, m, d) and (R, m)
        Samples and classes for each repetition.

    Returns
    -------
    ndarray of shape (..., R)
        Each sample gets the class of the largest score, the first of equals.
    """
    W, X, y = np.asarray(weights), np.asarray(X), np.asarray(y)
    if X.ndim != 3 or y.shape != X.shape[:2] or W.shape[-3:-1] != (len(X), X.shape[2] + 1):
        raise ValueError(
            "weights must have the shape (..., R, d + 1, K), X (R, m, d) and y (R, m), "
            f"got {W.shape}, {X.shape} and {y.shape}."
        )
    scores = X @ W[..., :-1, :] + W[..., -1:, :]  # (..., R, m, K)
    return np.mean(scores.argmax(axis=-1) != y, axis=-1)


def _checked(X: ArrayLike, y: ArrayLike, K: int) -> tuple[np.ndarray, np.ndarray, int]:
    X, y, K = np.asarray(X, dtype=float), np.asarray(y), check_whole("K", K, 2)
    if X.ndim != 3 or y.shape != X.shape[:2]:
        raise ValueError(
            f"X must have the shape (R, T, d) and y (R, T), got {X.shape} and {y.shape}."
        )
    if y.dtype.kind not in "iu" or not np.all((y >= 0) & (y < K)):
        raise ValueError(f"y must hold whole numbers from 0 to K - 1 = {K - 1}.")
    return X, y, K


def _counts(record: Sequence[int], T: int) -> list[int]:
    kept = [check_whole("record", count, 0, T) for count in record]
    if any(a >= b for a, b in itertools.pairwise(kept)):
        raise ValueError(f"record must be increasing, got {list(record)}.")
    return kept
