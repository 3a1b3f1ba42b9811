"""Wrong solutions, one for each case of each checker: without that case, one of them would pass.

A learner's wrong function is caught by the first case that it fails. So the solutions below pass
what stands before their case, and a case that is taken out, or made easier, is noticed here.
"""

import importlib
import itertools
import math
import pkgutil
from functools import partial

import numpy as np
import pytest
from scipy.signal import convolve2d
from scipy.special import expit, softmax

from course_lib import exercises
from course_lib.cluster import update
from course_lib.exercises import lstm, probability, recurrent_networks
from course_lib.exercises.checking import Checker, NotYet
from course_lib.exercises.convolutional_networks import check_correlation, check_pool_gradient
from course_lib.exercises.generative_adversarial_networks import (
    check_transposed_convolution as check_transposed,
)
from course_lib.exercises.generative_adversarial_networks import (
    check_two_player_loop as check_loop,
)
from course_lib.exercises.logistic_regression import check_logistic_gradient
from course_lib.exercises.model_selection import check_folds
from course_lib.linear_models import soft_threshold
from course_lib.linear_models.svm import rbf_kernel, svm_subgradient
from course_lib.metrics import roc_auc
from course_lib.neighbors import distances, distances_by_product
from course_lib.trees import entropy, gini, information_gain

CHECKERS = {
    name: thing
    for module in pkgutil.iter_modules(exercises.__path__)
    for name, thing in vars(importlib.import_module(f"{exercises.__name__}.{module.name}")).items()
    if isinstance(thing, Checker)
}


# --- tensors and tables -----------------------------------------------------------------------


def standardized(train, new, ddof=0):
    spread = train.std(axis=0, ddof=ddof)
    return (new - train.mean(axis=0)) / np.where(spread > 0, spread, 1)


# --- linear regression ------------------------------------------------------------------------


def line_after(X, y, eta, steps):
    """Weights and bias after some steps of gradient descent from 0."""
    A, w = np.column_stack([X, np.ones(len(y))]), np.zeros(X.shape[1] + 1)
    for _ in range(steps):
        w = w - eta * A.T @ (A @ w - y) / len(y)
    return w


# --- margin losses ----------------------------------------------------------------------------


def margin_psi(theta, m, stretches):
    """Know the first few stretches only."""
    k = np.minimum(np.floor(m * theta / np.pi), stretches - 1)
    return (-1) ** k * np.cos(m * theta) - 2 * k


def margin_loss(Z, W, y, right=np.cos):
    """Return the losses of the samples; `right` makes the right class's cosine from its angle."""
    z, rows = Z @ W.T, np.arange(len(y))
    size = np.linalg.norm(Z, axis=1) * np.linalg.norm(W[y], axis=1)
    z[rows, y] = size * right(np.arccos(z[rows, y] / size))
    return np.log(np.exp(z).sum(axis=1)) - z[rows, y]


def units(W):
    return W / np.linalg.norm(W, axis=1, keepdims=True)


def equal_error_up_to(cosines, same, pairs):
    """Find the rate of the first few pairs only."""
    cosines, same = cosines[:pairs], same[:pairs]
    accepted = cosines >= cosines[:, None]
    accepts, rejects = accepted[:, ~same].mean(axis=1), (~accepted[:, same]).mean(axis=1)
    best = np.abs(accepts - rejects).argmin()
    return (accepts[best] + rejects[best]) / 2


# --- multilayer perceptrons -------------------------------------------------------------------


def dense_chain(X, weights, bends):
    """Bend the outputs of the first few layers only."""
    layers = list(zip(weights[::2], weights[1::2], strict=True))
    for k, (W, b) in enumerate(layers):
        X = X @ W + b
        X = np.maximum(X, 0) if k < min(bends, len(layers) - 1) else X
    return X


# --- generative adversarial networks ----------------------------------------------------------


def overwriting(x, w, stride):
    """A transposed convolution whose windows overwrite each other."""
    y = np.zeros((len(x) - 1) * stride + len(w))
    for i, value in enumerate(x):
        y[i * stride : i * stride + len(w)] = value * w
    return y


# --- image restoration ------------------------------------------------------------------------


def on_waves(g, h, gain):
    return np.fft.ifft(gain(np.fft.fft(h)) * np.fft.fft(g)).real


def with_an_even_number_of_pixels(g, h, K):
    H = np.fft.rfft(h)
    return np.fft.irfft(np.conj(H) / (np.abs(H) ** 2 + K) * np.fft.rfft(g))


def down_a_valley(cost, left=1):
    """Start in the cheapest cell of the first row and never look more than a row ahead."""
    seam = [cost[0].argmin()]
    for row in cost[1:]:
        low = max(seam[-1] - left, 0)
        seam.append(low + row[low : seam[-1] + 2].argmin())
    return np.array(seam)


# --- clustering -------------------------------------------------------------------------------


def means_of_numbers(X, a, C):
    """Average over the features too."""
    return np.array([np.full(X.shape[1], X[a == j].mean()) for j in range(len(C))])


def as_many_as_there_are(X, a, C):
    return np.array([X[a == j].mean(axis=0) for j in range(a.max() + 1)])


def filled_from_the_front(X, a, C):
    out, present = C.copy(), np.unique(a)
    out[: len(present)] = [X[a == j].mean(axis=0) for j in present]
    return out


def one_empty_at_most(X, a, C):
    counts = np.bincount(a, minlength=len(C))
    out = np.array([X[a == j].sum(axis=0) for j in range(len(C))]) / np.maximum(counts, 1)[:, None]
    smallest = np.argmin(counts)
    if counts[smallest] == 0:
        out[smallest] = C[smallest]
    return out


def ward_of_numbers(A, B):
    return math.sqrt(2 * len(A) * len(B) / (len(A) + len(B))) * abs(A.mean() - B.mean())


# --- convolutional networks -------------------------------------------------------------------


def windows_that_have_an_inside(n, F, S, P):
    return sum(i < i + F - 1 < n + 2 * P for i in range(0, n + 2 * P, S))


def pooled(X, dY, rows=None, columns=None, before=0, after=2, key=np.asarray):
    """Route dY to the largest value of windows that reach from `before` to `after`."""
    dX = np.zeros(X.shape)
    for i, j in np.ndindex(rows or dY.shape[0], columns or dY.shape[1]):
        top, left = max(2 * i + before, 0), max(2 * j + before, 0)
        window = key(X[top : 2 * i + after, left : 2 * j + after])
        u, v = np.unravel_index(np.argmax(window), window.shape)
        dX[top + u, left + v] = dY[i, j]
    return dX


def found_anywhere(X, dY):
    dX = np.zeros(X.shape)
    for i, j in np.ndindex(dY.shape):
        largest = X[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max()
        dX[tuple(np.argwhere(largest == X)[0])] = dY[i, j]
    return dX


def turned(X, W):
    Y = check_correlation.reference(X, W)
    return Y.reshape(Y.shape[::-1])


# --- decision trees ---------------------------------------------------------------------------


def two_class_gain(parts):
    def binary(counts):
        p = counts[..., :1] / counts.sum(axis=-1, keepdims=True)
        return entropy(np.concatenate([p, 1 - p], axis=-1))

    return information_gain(parts, binary)


def shifted_entropy(counts, eps):
    p = counts / counts.sum(axis=-1, keepdims=True)
    return -np.sum(p * np.log2(p + eps), axis=-1)


def threshold(x, y, risk, *, last=False, values=None):
    """Return the cut of least risk, the first of equal ones or the last."""
    values = np.unique(x) if values is None else values
    risks = [
        risk(*(np.bincount(y[side], minlength=2) for side in (x <= low, x > low)))
        for low in values[:-1]
    ]
    best = len(risks) - 1 - int(np.argmin(risks[::-1])) if last else int(np.argmin(risks))
    return (values[best] + values[best + 1]) / 2


def weighted_gini(left, right):
    return left.sum() * gini(left) + right.sum() * gini(right)


def errors(left, right):
    return left.min() + right.min()


def worse_side(left, right):
    return max(gini(left), gini(right))


def unlike_shares(left, right):
    return -abs(left[1] / left.sum() - right[1] / right.sum())


# --- bagging and random forests ---------------------------------------------------------------


def majority(p, T, ways=math.comb, least=0.0):
    chances = [ways(T, k) * p**k * (1 - p) ** (T - k) for k in range(T // 2 + 1, T + 1)]
    return max(least, sum(chances))


def ways_in_64_bits(T, k):
    factors = np.ones(k + 1, dtype=np.int64)
    factors[1:] = np.arange(T - k + 1, T + 1)
    return int(np.prod(factors)) // int(np.prod(np.arange(1, k + 1, dtype=np.int64)))


def majority_by_logarithms(p, T):
    k = np.arange(T // 2 + 1, T + 1)
    ways = np.array([math.log(math.comb(T, one)) for one in k])
    return np.sum(np.exp(ways + k * np.log(p) + (T - k) * np.log(1 - p)))


def out_of_bag(votes, bags, y, *, may=lambda bag: bag == 0, verdict, silent=None):
    wrong = []
    for v, bag, label in zip(votes.T, bags.T, y, strict=True):
        if np.any(may(bag)):
            wrong.append(verdict(v[may(bag)]) != label)
        elif silent is not None:
            wrong.append(silent != label)
    return np.mean(wrong)


def most_frequent(votes):
    return np.bincount(votes).argmax()


def last_of_most_frequent(votes):
    counts = np.bincount(votes)
    return len(counts) - 1 - counts[::-1].argmax()


# --- boosting ---------------------------------------------------------------------------------


def half_to_each_mistake(w, y, h):
    return np.where(y != h, 0.5, 0.5 / np.sum(y == h))


def shared_evenly(w, y, h):
    return np.where(y != h, 0.5 / np.sum(y != h), 0.5 / np.sum(y == h))


def never_turned_around(w, y, h):
    e = w[y != h].sum()
    new = w * np.exp(-max(0.0, np.log((1 - e) / e) / 2) * y * h)
    return new / new.sum()


def newton_step(y, p):
    return np.sum(y - p) / np.sum(p * (1 - p))


# --- image processing -------------------------------------------------------------------------


def sliding(image, kernel, p, q):
    h, w = image.shape[0] - p + 1, image.shape[1] - q + 1
    flipped = kernel[::-1, ::-1]
    return sum(flipped[a, b] * image[a : a + h, b : b + w] for a in range(p) for b in range(q))


def middle_of_three(window, sigma, r):
    """Return the bilateral filter's value for the middle of at most 3 × 3 pixels."""
    x, middle = np.arange(len(window)) - len(window) // 2, window[len(window) // 2]
    off = (window - middle[len(window) // 2]) ** 2
    w = np.exp(-np.add.outer(x**2, x**2) / (2 * sigma**2) - off / (2 * r**2))
    return np.sum(w * window) / np.sum(w)


def odd_kernels_only(image, kernel):
    p, q = kernel.shape
    out = convolve2d(image, kernel, mode="same")
    return out[p // 2 : image.shape[0] - p // 2, q // 2 : image.shape[1] - q // 2]


# --- LSTM -------------------------------------------------------------------------------------


def gate_by_gate(parameters, gates):
    """Reorder rows that hold unit after unit, as if they held gate after gate."""
    return [P.reshape(-1, gates, *P.shape[1:]).swapaxes(0, 1).reshape(P.shape) for P in parameters]


def narrow_gru(x, h, W, U, b, u):
    return lstm.check_gru_step.reference(x[: len(h)], h, W[:, : len(h)], U, b, u)


# --- recurrent networks -----------------------------------------------------------------------


def two_steps_back(x, w, u, y):
    """Go back two steps only, from the state in which they begin."""
    h = [0.0]
    for x_t in x:
        h.append(np.tanh(w * x_t + u * h[-1]))
    slope, by_w, by_u = h[-1] - y, 0.0, 0.0
    for t in range(len(x), max(len(x) - 2, 0), -1):
        delta = slope * (1 - h[t] ** 2)
        by_w, by_u, slope = by_w + delta * x[t - 1], by_u + delta * h[t - 1], delta * u
    return [by_w, by_u]


def without_half_numbers(losses, lengths):
    """Tell the padding by its content, 0.5 in the case before, instead of by the lengths."""
    return losses[losses != 0.5].mean()


# --- nearest neighbours -----------------------------------------------------------------------


def voted(weigh):
    return lambda D, codes: int(np.argmax(np.bincount(codes, weights=weigh(D))))


def place_among_the_present(D, codes):
    _, places = np.unique(codes, return_inverse=True)
    return voted(lambda D: 1 / D)(D, places)


def each_distance_once(D, codes):
    once = dict(zip(D, codes, strict=True))
    return voted(lambda D: 1 / D)(np.array(list(once)), np.array(list(once.values())))


def runs_of_a_class(D, codes):
    runs = itertools.groupby(zip(codes, 1 / D, strict=True), key=lambda pair: pair[0])
    sums = {int(code): sum(weight for _, weight in run) for code, run in runs}
    return max(sums, key=sums.get)


# --- support vector machines ------------------------------------------------------------------


def worst_sample_only(X, y, w, b, C):
    short = 1 - y * (X @ w + b)
    j = int(np.argmax(short))
    return w - C / len(y) * y[j] * X[j] * (short[j] > 0)


# --- what is learning --------------------------------------------------------------------------


def first_best(x, y, wrong, values=None):
    """Return the first cut between neighbouring values that leaves the least wrong."""
    values = np.unique(x) if values is None else values
    cuts = [(a + b) / 2 for a, b in itertools.pairwise(values)]
    return cuts[int(np.argmin([wrong(cut) for cut in cuts]))]


def first_best_between_samples(x, y):
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    wrong = [y[:i].sum() + (1 - y[i:]).sum() for i in range(1, len(x))]
    best = int(np.argmin(wrong))
    return (x[best] + x[best + 1]) / 2


def before_the_first_one(x, y):
    order = np.argsort(x)
    first = int(y[order].argmax())
    return x[order][max(first - 1, 0) : first + 1].mean()


def upper_bound(bonus):
    """Return the arm of the largest mean plus a bonus (plays, t) -> bonus; each arm once first."""

    def arm(plays, rewards):
        if 0 in plays:
            return int(np.argmin(plays))
        return int(np.argmax(rewards / plays + bonus(plays, plays.sum())))

    return arm


def fewest_plays_then_the_best(plays, rewards):
    return int(np.argmin(plays)) if np.ptp(plays) else int(np.argmax(rewards))


# --- probability ------------------------------------------------------------------------------


def only_the_first_feature(x, means, variances, priors):
    return probability._posterior(x[:1], means[:, :1], variances[:, :1], priors)


def without_logarithms(x, means, variances, priors):
    p = probability._of_densities(x, means, variances, priors)
    return p / p.sum()


def two_columns(X):
    centred = X - X.mean(axis=0)
    return np.array([[np.mean(a * b) for b in centred.T[:2]] for a in centred.T[:2]])


# --- gradient descent --------------------------------------------------------------------------


def momentum_step(w, v, g, eta, beta):
    return np.stack([w - eta * (beta * v + g), beta * v + g])


# --- one for each case ------------------------------------------------------------------------


def one_weight(X, y, w, j):
    """What is left for weight j, as a mean product with its column, and the column's curvature."""
    others = np.where(np.arange(len(w)) == j, 0, w)
    return X[:, j] @ (y - X @ others) / len(y), np.mean(X[:, j] ** 2)


def shrunk(pull, curvature, lam):
    return soft_threshold(pull, lam) / curvature


def shortfalls(f, own, delta):
    """Each score's shortfall against its row's own score, the right class's margin among them."""
    return f - own[:, None] + delta


def own_scores(f, y):
    return f[np.arange(len(y)), y]


def hinge_pull(X, y, costs, of_right=None):
    """Pull x towards the columns that cost, and off the right one, once for each or `of_right`."""
    Y = np.eye(costs.shape[1])[y]
    costs = costs * (1 - Y)
    of_right = costs.sum(axis=1) if of_right is None else of_right
    return X.T @ (costs - Y * of_right[:, None]) / len(X)


def costly(X, y, W, delta):
    return 1.0 * (shortfalls(X @ W, own_scores(X @ W, y), delta) > 0)


# --- many classes from two --------------------------------------------------------------------


def votes_of_pairs(S, K, beats=np.greater, pairs=None):
    votes = np.zeros((len(S), K))
    pairs = pairs or list(zip(*np.triu_indices(K, 1), strict=True))
    for (i, j), score in zip(pairs, S.T, strict=True):
        votes[:, i] += ~beats(score, 0)
        votes[:, j] += beats(score, 0)
    return votes


def winner_of_two_steps(duels):
    i, j = 0, len(duels) - 1
    for _ in range(2):
        if i < j:
            i, j = (i + 1, j) if duels[i, j] > 0 else (i, j - 1)
    return i


# --- principal components ---------------------------------------------------------------------


def on_axes(X, m, centred=True):
    mean = X.mean(axis=0) if centred else np.zeros(X.shape[1])
    V = np.linalg.svd(X - mean, full_matrices=False)[2][:m]
    return mean + (X - mean) @ V.T @ V


def shares(X, power=2, centred=True):
    s = np.linalg.svd(X - X.mean(axis=0) * centred, compute_uv=False) ** power
    return np.cumsum(s) / s.sum()


def first_at(parts, share):
    return int(np.argmax(parts >= share)) + 1


def shares_of_columns(X):
    parts = np.cumsum(np.sort(X.var(axis=0))[::-1])
    return parts / parts[-1]


# --- backpropagation --------------------------------------------------------------------------


def over_new_axes(G, shape):
    return G.sum(axis=tuple(range(G.ndim - len(shape))))


def over_new_axes_or_the_last(G, shape):
    G = over_new_axes(G, shape)
    return G.sum(axis=-1, keepdims=True) if shape and shape[-1] == 1 else G


def over_new_axes_or_stretched_ones(G, shape):
    if G.ndim > len(shape):
        return over_new_axes(G, shape)
    stretched = tuple(i for i, size in enumerate(shape) if size == 1)
    return G.sum(axis=stretched, keepdims=True)


# --- training deep networks -------------------------------------------------------------------


def batch_normalised(X, gamma, beta, of=lambda f, X: f(X, axis=0)):
    return gamma * (X - of(np.mean, X)) / np.sqrt(of(np.var, X) + 1e-5) + beta


def constant_features_as_they_are(X, gamma, beta):
    return np.where(X.std(axis=0) > 0, batch_normalised(X, gamma, beta), X)


# --- recommender systems ----------------------------------------------------------------------


def ridge(r, Q, lam):
    return np.linalg.solve(Q.T @ Q + lam * len(r) * np.eye(Q.shape[1]), Q.T @ r)


def ridge_on_rated(r, rated, Q, lam):
    return ridge(r[rated], Q[rated], lam)


def each_factor_alone(r, rated, Q, lam):
    return Q[rated].T @ r[rated] / (np.sum(Q[rated] ** 2, axis=0) + lam * rated.sum())


def least_squares_where_few(r, rated, Q, lam):
    few = rated.sum() < Q.shape[1]
    return np.linalg.pinv(Q[rated]) @ r[rated] if few else ridge_on_rated(r, rated, Q, lam)


def discounted(ranked, relevant):
    return sum(1 / np.log2(at + 2) for at, film in enumerate(ranked) if film in relevant)


def by_best(ranked, relevant, k, most):
    return discounted(ranked, relevant) / discounted(range(most), range(most))


# --- word vectors -----------------------------------------------------------------------------


def lifts(C, log=np.log):
    totals = C.sum(axis=1)  # the neighbours' totals too, which a symmetric table forgives
    lift = C * C.sum() / np.outer(totals, np.resize(totals, C.shape[1]))
    return np.maximum(log(np.maximum(lift, 1e-300)), 0)


def lifts_of_seen_pairs(C):
    return lifts(C) if np.all(C > 0) else np.log(np.maximum(C, 1e-300))


def down(h, U, bits, most=9):
    left = expit(U @ h)[:most]
    return np.prod(np.where(np.asarray(bits)[:most] == 0, left, 1 - left))


def down_from_a_node(h, U, bits):
    if not len(bits):
        raise ValueError("no path")
    return down(h, U, bits)


def words_that_answer(E, a, b, c, without=(), unit=True, signs=(-1, 1, 1)):
    E = E / np.linalg.norm(E, axis=1, keepdims=True) if unit else E
    scores = E @ (signs[0] * E[a] + signs[1] * E[b] + signs[2] * E[c])
    scores[list(without)] = -np.inf
    return np.argmax(scores)


PLANTED = {
    "check_ppmi": {
        "two words": partial(lifts, log=np.log2),
        "a pair that was never seen": lifts_of_seen_pairs,
        "more neighbours than words": lifts,
    },
    "check_path_probability": {
        "one node, left": lambda h, U, bits: 1 - down(h, U, bits),
        "one node, right": lambda h, U, bits: np.prod(expit(U @ h)),
        "three nodes": partial(down, most=1),
        "a word at the root": down_from_a_node,
    },
    "check_analogy": {
        "a word far from c": lambda E, a, b, c: words_that_answer(E, a, b, c, signs=(0, 0, 1)),
        "a given word lies nearest": words_that_answer,
        "vectors of different lengths": lambda E, a, b, c: words_that_answer(
            E, a, b, c, (a, b, c), unit=False
        ),
    },
    "check_learned_threshold": {
        "four values in order": lambda x, y: x.mean(),
        "values out of order": lambda x, y: first_best(
            x, y, lambda cut: np.sum((x > cut) != y), values=x
        ),
        "a single sample that says 1": lambda x, y: np.median(x),
        "an error that cannot be helped": lambda x, y: (x[y == 0].max() + x[y == 1].min()) / 2,
        "a small value that says 1": before_the_first_one,
        "two thresholds that are equally good": lambda x, y: (
            -first_best(-x, y, lambda cut: np.sum((-x < cut) != y))
        ),
        "equal values with different labels": first_best_between_samples,
        "labels that run the other way": lambda x, y: first_best(
            x,
            y,
            lambda cut: sum(min(y[s].sum(), (1 - y[s]).sum()) for s in (x <= cut, x > cut)),
        ),
    },
    "check_next_arm": {
        "an arm that was never played": lambda plays, rewards: 0,
        "equal means": upper_bound(lambda plays, t: 0 * plays),
        "as many plays each": lambda plays, rewards: int(np.argmin(plays)),
        "a mean that is much better": fewest_plays_then_the_best,
        "few plays": upper_bound(lambda plays, t: 2 * np.log(t) / plays),
        "unequal plays, half of them paid": upper_bound(
            lambda plays, t: np.sqrt(2 * np.log(plays) / plays)
        ),
        "unequal plays, nearly half of them paid": upper_bound(
            lambda plays, t: np.sqrt(2 * np.log10(t) / plays)
        ),
        "unequal plays, fewer of them paid": upper_bound(
            lambda plays, t: np.sqrt(np.log(t) / plays)
        ),
    },
    "check_standardize": {
        "the training rows themselves": lambda train, new: standardized(train, new, ddof=1),
        "other rows": lambda train, new: standardized(new, new),
        "a single row": lambda train, new: np.squeeze(standardized(train, new)),
        "a constant column": lambda train, new: (new - train.mean(axis=0)) / train.std(axis=0),
        "a constant column of 0.1": standardized,
    },
    "check_one_hot": {
        "three different codes": lambda codes, K: np.eye(K),
        "codes that repeat": lambda codes, K: np.eye(K)[list(dict.fromkeys(codes.tolist()))],
        "a value that nobody has": lambda codes, K: np.eye(codes.max() + 1)[codes],
    },
    "check_posterior": {
        "one feature, two bells alike": lambda x, means, variances, priors: priors,
        "unequal priors": probability._without_priors,
        "unequal variances": probability._without_heights,
        "three features, three classes": only_the_first_feature,
        "a sample far from both classes": without_logarithms,
    },
    "check_covariance": {
        "two columns of mean 0": lambda X: probability._covariance(X, ddof=1),
        "columns far from 0": lambda X: X.T @ X / len(X),
        "three columns": two_columns,
    },
    "check_update": {
        "one feature, two clusters": lambda X, a, C: C,
        "three clusters": means_of_numbers,
        "an empty cluster": as_many_as_there_are,
        "the first cluster empty": filled_from_the_front,
        "all samples in the middle cluster": one_empty_at_most,
    },
    "check_ward": {
        "one sample each": lambda A, B: 0.0,
        "two samples and one": lambda A, B: np.linalg.norm(A.mean(axis=0) - B.mean(axis=0)),
        "four samples and five, two features": ward_of_numbers,
    },
    "check_size": {
        "32 pixels, F = 5, S = 1, P = 2": lambda n, F, S, P: (n - F) // S + 1,
        "no padding": lambda n, F, S, P: n // S,
        "a stride that leaves pixels over": lambda n, F, S, P: n - F + 2 * P + 1,
        "a stride that leaves none over": lambda n, F, S, P: (n - F + 2 * P + 1) // S,
        "224 pixels, F = 7, S = 2, P = 3": lambda n, F, S, P: (n - F) // S + 1 + 2 * P,
        "F = 1": windows_that_have_an_inside,
        "an even F": lambda n, F, S, P: (n - 2 * (F // 2) - 1 + 2 * P) // S + 1,
        "an even F, and three quarters of a step left over": lambda n, F, S, P: (
            math.ceil((n - F + 2 * P) / S - 0.5) + 1
        ),
    },
    "check_correlation": {
        "a filter of one entry": lambda X, W: X,
        "a filter as large as the picture": lambda X, W: check_correlation.reference(X, W[::-1]),
        "a picture of 4 × 5, a filter of 2 × 3": lambda X, W: check_correlation.reference(X, W.T),
        "a picture of 4 × 5, a square filter of fractions": turned,
    },
    "check_pool_gradient": {
        "one window": lambda X, dY: np.repeat(np.repeat(dY / 4, 2, axis=0), 2, axis=1),
        "negative values": lambda X, dY: pooled(X, dY, key=np.abs),
        "four windows": lambda X, dY: check_pool_gradient.reference(X, dY.T),
        "equal values": lambda X, dY: pooled(X.T, dY.T).T,
        "a picture of 4 × 6 that grows downwards and to the right": lambda X, dY: pooled(
            X, dY, columns=len(dY)
        ),
        "a picture of 6 × 4 that falls downwards and to the right": lambda X, dY: pooled(
            X, dY, rows=min(dY.shape)
        ),
        "the same values in several windows": found_anywhere,
    },
    "check_gain": {
        "a perfect split": lambda parts: information_gain(parts, gini),
        "a useless split": lambda parts: entropy(np.sum(parts, axis=0)),
        "branches of unequal size": lambda parts: (
            entropy(np.sum(parts, axis=0)) - np.mean(entropy(parts))
        ),
        "three branches, three classes": two_class_gain,
    },
    "check_cost": {
        "one channel, one filter of 1 × 1": lambda i, o, F, s, g: (0, 0),
        "one filter of 3 × 3 on one pixel": lambda i, o, F, s, g: (F, F),
        "several filters": lambda i, o, F, s, g: (F**2, F**2),
        "several channels": lambda i, o, F, s, g: (o * F**2, o * F**2),
        "an output of 5 × 5": lambda i, o, F, s, g: (i * o * F**2, i * o * F**2 * s),
        "two groups": lambda i, o, F, s, g: (i * o * F**2, i * o * F**2 * s**2),
        "depthwise": lambda i, o, F, s, g: (
            i * o * F**2 // min(g, 2),
            i * o * F**2 // min(g, 2) * s**2,
        ),
        "AlexNet's second layer, two towers": lambda i, o, F, s, g: (
            i * o * 9 // g if F > 1 else i * o,
            (i * o * 9 // g if F > 1 else i * o) * s**2,
        ),
    },
    "check_bottleneck": {
        "one channel, squeezed to one": lambda c, s: 2 * c * s,
        "four channels, squeezed to one": lambda c, s: c * s + s * s + 9 * s**2,
        "four channels, squeezed to two": lambda c, s: 2 * c * s + 9 * s,
        "256 channels, squeezed to 64": lambda c, s: 2 * c * s + 9 * s * min(s, 8),
        "2048 channels, squeezed to 512": lambda c, s: 2 * c * s + 9 * s * min(s, 64),
    },
    "check_residual": {
        "one number, a branch of zeros": lambda x, A, B: B @ np.maximum(A @ x, 0),
        "one number": lambda x, A, B: np.maximum(x, 0),
        "a first layer that is cut off": lambda x, A, B: np.maximum(x + B @ (A @ x), 0),
        "a negative sum": lambda x, A, B: x + B @ np.maximum(A @ x, 0),
        "a negative input": lambda x, A, B: np.maximum(
            np.maximum(x, 0) + B @ np.maximum(A @ x, 0), 0
        ),
        "three numbers, two between": lambda x, A, B: np.maximum(
            x + B.ravel()[0] * np.maximum(A.ravel()[0] * x, 0), 0
        ),
    },
    "check_psi": {
        "m = 1": lambda t, m: t,
        "m = 2, an angle below π/2": lambda t, m: np.cos(t),
        "m = 2, an angle above π/2": lambda t, m: np.cos(m * t),
        "m = 3, an angle on each stretch": lambda t, m: np.where(
            m * t < np.pi, np.cos(m * t), -2 - np.cos(m * t)
        ),
        "m = 4, from 0 to π": lambda t, m: margin_psi(t, m, stretches=3),
    },
    "check_a_softmax": {
        "one embedding, m = 1": lambda Z, W, y, m: 0.0,
        "two embeddings, m = 1": lambda Z, W, y, m: margin_loss(Z, W, y).sum(),
        "a longer embedding": lambda Z, W, y, m: margin_loss(
            Z / np.linalg.norm(Z, axis=1, keepdims=True), W, y
        ).mean(),
        "longer weights": lambda Z, W, y, m: margin_loss(Z, W, y).mean(),
        "m = 2, angles below π/2": lambda Z, W, y, m: margin_loss(Z, units(W), y).mean(),
        "m = 2, an angle above π/2": lambda Z, W, y, m: margin_loss(
            Z, units(W), y, lambda t: np.cos(m * t)
        ).mean(),
        "m = 4, all kinds of angles": lambda Z, W, y, m: margin_loss(
            Z, units(W), y, lambda t: margin_psi(t, m, stretches=2)
        ).mean(),
    },
    "check_equal_error_rate": {
        "pairs that a threshold parts": lambda cosines, same: 0.25,
        "one error of each kind": lambda cosines, same: 0.0,
        "pairs in any order": lambda cosines, same: (~same[: same.sum()]).mean(),
        "more pairs of different classes": lambda cosines, same: (
            2 * ((cosines >= np.sort(cosines)[-same.sum()]) & ~same).mean()
        ),
        "sixty pairs": lambda cosines, same: equal_error_up_to(cosines, same, pairs=8),
    },
    "check_best_threshold": {
        "four values in order": lambda x, y: float(np.median(x)),
        "values out of order": lambda x, y: threshold(x, y, weighted_gini, values=x),
        "a cut that another impurity would not take": lambda x, y: threshold(x, y, errors),
        "the same from the other end": lambda x, y: threshold(x, y, errors, last=True),
        "one odd sample at the end": lambda x, y: threshold(x, y, worse_side, last=True),
        "equal values with different labels": lambda x, y: threshold(
            np.sort(x), y[np.argsort(x, kind="stable")], weighted_gini, values=np.sort(x)
        ),
        "one pure sample, beside which the rest would stay mixed": lambda x, y: threshold(
            x, y, unlike_shares
        ),
        "equal values and noise": lambda x, y: threshold(
            x, y, weighted_gini, values=np.unique(x.astype(int))
        ),
    },
    "check_majority": {
        "a single voter": lambda p, T: p**2,
        "three voters": lambda p, T: p,
        "five voters who are worse than a coin": lambda p, T: majority(p, T, least=p),
        "many voters": lambda p, T: majority(p, T, ways=ways_in_64_bits),
        "voters who are always right": majority_by_logarithms,
    },
    "check_oob_error": {
        "two trees, each without half of the samples": lambda votes, bags, y: out_of_bag(
            votes, bags, y, may=lambda bag: bag >= 0, verdict=most_frequent
        ),
        "samples that came twice or three times": lambda votes, bags, y: out_of_bag(
            votes, bags, y, may=lambda bag: bag != 1, verdict=most_frequent
        ),
        "three trees vote on one sample": lambda votes, bags, y: out_of_bag(
            votes, bags, y, verdict=lambda mine: mine[-1]
        ),
        "a sample that is in every bag": lambda votes, bags, y: out_of_bag(
            votes, bags, y, verdict=most_frequent, silent=0
        ),
        "a tie, which goes to the smaller class": lambda votes, bags, y: out_of_bag(
            votes, bags, y, verdict=last_of_most_frequent
        ),
        "nine trees and three classes": lambda votes, bags, y: out_of_bag(
            votes, bags, y, verdict=lambda mine: np.sort(mine)[(len(mine) - 1) // 2]
        ),
    },
    "check_wiener": {
        "no blur, as much noise as signal": lambda g, h, K: on_waves(g, h, lambda H: 1 / H),
        "the blur of four pixels, K = 0": lambda g, h, K: g / (1 + K),
        "the blur of four pixels, K = 0.04": lambda g, h, K: on_waves(g, h, lambda H: 1 / (H + K)),
        "a blur to one side": lambda g, h, K: on_waves(g, h, lambda H: H / (np.abs(H) ** 2 + K)),
        "nine pixels": with_an_even_number_of_pixels,
    },
    "check_seam": {
        "one row": lambda cost: np.zeros(len(cost)),
        "a straight valley": lambda cost: cost[0].argmin() + np.arange(len(cost)),
        "a valley to the right": lambda cost: np.full(len(cost), cost.sum(axis=0).argmin()),
        "a valley to the left": lambda cost: down_a_valley(cost, left=0),
        "a cheap cell too far away": lambda cost: cost.argmin(axis=1),
        "a cheap beginning that leads to a wall": down_a_valley,
        "eight rows of six": lambda cost: down_a_valley(cost[::-1])[::-1],
    },
    "check_convolve": {
        "a kernel of one number": lambda image, kernel: image,
        "one bright point": lambda image, kernel: sliding(image, kernel.T, *kernel.T.shape),
        "a row as the kernel": lambda image, kernel: sliding(image, kernel, *[len(kernel)] * 2),
        "a column as the kernel": lambda image, kernel: sliding(
            image, kernel, *sorted(kernel.shape)
        ),
        "a picture of 5 × 6": lambda image, kernel: np.minimum(
            sliding(image, kernel, *kernel.shape), 255
        ),
        "a kernel of 2 × 2 fractions": odd_kernels_only,
    },
    "check_bilateral": {
        "one pixel": lambda window, sigma, r: 0.0,
        "an edge": lambda window, sigma, r: window[len(window) // 2, len(window) // 2],
        "a window of 5 × 5": lambda window, sigma, r: middle_of_three(
            window[len(window) // 2 - 1 :, len(window) // 2 - 1 :][:3, :3]
            if len(window) > 1
            else window,
            sigma,
            r,
        ),
    },
    "check_gradient": {
        "one sample, one feature": lambda X, y, w: X @ w - y,
        "one sample, two features": lambda X, y, w: X @ (X @ w - y),
        "w = 0": lambda X, y, w: X.T @ (X @ w - y) / len(y),
        "six samples, three features": lambda X, y, w: X.T @ (X[0] @ w - y),
    },
    "check_descent": {
        "no step": lambda X, y, eta, steps: line_after(X, y, eta, max(steps, 1)),
        "one step, one sample": lambda X, y, eta, steps: 0 * line_after(X, y, eta, steps),
        "one step, six samples": lambda X, y, eta, steps: line_after(X, y, len(y) * eta, steps),
        "two steps, one feature": lambda X, y, eta, steps: line_after(
            X, y, eta * steps, min(steps, 1)
        ),
        "thirty steps, three features": lambda X, y, eta, steps: line_after(
            X, y, eta, min(steps, 20)
        ),
    },
    "check_largest_step": {
        "one sample, one feature": lambda X: 1 / np.linalg.norm(X, 2) ** 2,
        "two features of different size": lambda X: 2 / np.linalg.norm(X, 2) ** 2,
        "two samples, two features": lambda X: 2 * len(X) / np.max(np.sum(X**2, axis=0)),
        "six samples, three features": lambda X: 2 * X.shape[1] / np.linalg.norm(X, 2) ** 2,
    },
    "check_quadratic_gradient": {
        "one number": lambda A, x: A @ x,
        "a symmetric A": lambda A, x: 2 * np.diag(A) * x,
        "an A that is not symmetric": lambda A, x: 2 * A @ x,
        "three numbers": lambda A, x: np.triu(np.tril(A + A.T, 1), -1) @ x,
    },
    "check_softmax_jacobian": {
        "two equal numbers": lambda x: np.eye(len(x)),
        "two numbers": lambda x: np.eye(len(x)) / len(x) - 1 / len(x) ** 2,
        "three numbers": lambda x: np.prod(softmax(x[[0, -1]])) * (2 * np.eye(len(x)) - 1),
        "large numbers": lambda x: (
            np.diag(np.exp(x)) / np.exp(x).sum()
            - np.outer(np.exp(x), np.exp(x)) / np.exp(x).sum() ** 2
        ),
    },
    "check_momentum": {
        "a first step, v = 0": lambda w, v, g, eta, beta: np.stack([w, v]),
        "without momentum": lambda w, v, g, eta, beta: momentum_step(w, v, g, eta, 0.9),
        "four weights": lambda w, v, g, eta, beta: momentum_step(w, v, g, eta, 0.0),
    },
    "check_adam": {
        "a first step, k = 1": lambda w, g, m, v, k, eta: np.stack([w - eta * g, m, v]),
        "a tenth step": lambda w, g, m, v, k, eta: np.stack(
            [w - eta * np.sign(g), 0.1 * g, 0.001 * g**2]
        ),
    },
    "check_batch_variance": {
        "one of two": lambda values, m: np.var(values, ddof=1) / m,
        "all of four": lambda values, m: np.var(values) / m,
        "three of nine": lambda values, m: np.var(values) * (len(values) - m) / (len(values) - 1),
    },
    "check_coupled_step": {
        "one input, one unit, nothing remembered": lambda *a: lstm._coupled(*a, whole=True),
        "one input, one unit, with a memory": lambda x, h, *rest: lstm._coupled(x, 0 * h, *rest),
        "three inputs, two units": lambda x, h, c, *rest: lstm._coupled(
            x, h, c, *gate_by_gate(rest, 3)
        ),
    },
    "check_gru_step": {
        "one input, one unit": lambda *a: lstm._gru(*a, swap_update=True),
        "two inputs, three units": lambda x, h, *rest: lstm._gru(x, h, *gate_by_gate(rest, 3)),
        "three inputs, two units": narrow_gru,
    },
    "check_rnn": {
        "one step": lambda x, W, U, b: np.tanh(x @ W.T),
        "two steps, one unit": lambda x, W, U, b: np.tanh(x @ W.T + b),
        "five steps, three units": lambda x, W, U, b: recurrent_networks._rnn(x, W, U.T, b),
    },
    "check_bptt": {
        "one step": lambda x, w, u, y: recurrent_networks._bptt(x, w, u, y, bent=False),
        "two steps": lambda x, w, u, y: recurrent_networks._bptt(x, w, u, y, far=False),
        "five steps": two_steps_back,
    },
    "check_windows": {
        "windows of one step": lambda *a: recurrent_networks._windows(*a, carried=False),
        "two windows of two steps": lambda *a: recurrent_networks._windows(*a, sliding=True),
        "a last window that is shorter": lambda x, w, u, y, window: recurrent_networks._windows(
            x[: len(x) - len(x) % window], w, u, y, window
        ),
        "one window over all steps": lambda x, w, u, y, window: recurrent_networks._windows(
            x, w, u, y, min(window, len(x) - 1)
        ),
    },
    "check_masked_loss": {
        "one sequence, no padding": lambda losses, lengths: losses[:, -1].mean(),
        "two sequences, one padded": lambda losses, lengths: losses.mean(),
        "all padded, with large numbers in the padding": without_half_numbers,
    },
    "check_temperature": {
        "temperature 1": lambda logits, tau: np.exp(logits / tau) / np.exp(logits).max(),
        "temperature 2": lambda logits, tau: softmax(logits * tau),
        "temperature a half": lambda logits, tau: softmax(logits / max(tau, 1)),
        "very cold": lambda logits, tau: np.exp(logits / tau) / np.exp(logits / tau).sum(),
    },
    "check_distances": {
        "one query, one row": lambda Q, A: distances(Q, A) ** 2,
        "two queries, one row": lambda Q, A: distances(A, Q),
        "three queries, five rows": lambda Q, A: np.linalg.norm(Q - A, axis=1)[:, None],
        "forty points and themselves": lambda Q, A: np.where(
            distances_by_product(Q, A) < 1e-3, np.nan, distances(Q, A)
        ),
    },
    "check_folds": {
        "six rows, three folds": lambda n, K: np.arange(n) % K,
        "seven rows, three folds": lambda n, K: np.minimum(np.arange(n) // (n // K), K - 1),
        "eleven rows, four folds": lambda n, K: np.maximum(0, (np.arange(n) - n % K) // (n // K)),
        "as many folds as rows": lambda n, K: np.minimum(check_folds.reference(n, K), 3),
    },
    "check_auc": {
        "two positives, two negatives": lambda y, scores: 1 - roc_auc(y, scores),
        "a tie": lambda y, scores: roc_auc(y, np.argsort(np.argsort(scores))),
        "more negatives than positives": lambda y, scores: roc_auc(y, np.abs(scores)),
    },
    "check_vote": {
        "one neighbour": place_among_the_present,
        "three near ones against one far away": voted(np.asarray),
        "a near one against two far ones": voted(np.ones_like),
        "two against a slightly nearer one": lambda D, codes: codes[np.argmin(D)],
        "three equally far ones against a nearer one": each_distance_once,
        "two against one at less than half their distance": voted(lambda D: 1 / (1 + D)),
        "the same, all very near": voted(lambda D: 1 / (D + 0.1)),
        "two against one at more than half their distance, all far": voted(lambda D: D**-1.1),
        "a far one beside the nearest": runs_of_a_class,
        "a far one beside the nearest, two in between": voted(lambda D: D.min() + D.max() - D),
        "seven neighbours": lambda D, codes: voted(lambda D: 1 / D)(D[:4], codes[:4]),
    },
    "check_subgradient": {
        "one sample short of the margin": lambda X, y, w, b, C: w,
        "one sample beyond the margin": lambda X, y, w, b, C: w - C / len(y) * X.T @ y,
        "one sample that b takes beyond the margin": lambda X, y, w, b, C: svm_subgradient(
            X, y, w, 0, C=C
        )[:-1],
        "right side, inside the margin": lambda X, y, w, b, C: (
            w - C / len(y) * X.T @ (1 - y * (X @ w + b) > 0)
        ),
        "two samples, one of them beyond the margin": lambda X, y, w, b, C: svm_subgradient(
            X, y, w, b, C=C * len(y)
        )[:-1],
        "six samples, three features": worst_sample_only,
    },
    "check_rbf_kernel": {
        "one point with itself": lambda X, Z, gamma: distances(X, Z) ** 2,
        "two points, one feature": lambda X, Z, gamma: np.exp(-gamma * distances(X, Z)),
        "two points, two features": lambda X, Z, gamma: np.exp(-gamma * distances(X, Z, "l1") ** 2),
        "six rows against four": lambda X, Z, gamma: rbf_kernel(X, Z, gamma=gamma).T,
    },
    "check_logistic_gradient": {
        "one sample of class 1, f = 0": lambda X, y, w, b, lam: (
            -check_logistic_gradient.reference(X, y, w, b, lam)
        ),
        "one sample of class 0, f = 0": lambda X, y, w, b, lam: X.T @ (expit(X @ w + b) - 1),
        "a bias": lambda X, y, w, b, lam: check_logistic_gradient.reference(X, y, w, 0, lam),
        "a sure sample, on the wrong side": lambda X, y, w, b, lam: X.T @ (expit(b) - y),
        "two samples": lambda X, y, w, b, lam: X.T @ (expit(X @ w + b) - y),
        "a price": lambda X, y, w, b, lam: check_logistic_gradient.reference(X, y, w, b, 0),
        "six samples, three features": lambda X, y, w, b, lam: np.full_like(
            w, check_logistic_gradient.reference(X, y, w, b, lam).sum()
        ),
    },
    "check_stable_loss": {
        "one sample of class 1, f = 0": lambda y, f: np.mean(np.maximum(0, 1 - (2 * y - 1) * f)),
        "one sample of class 1, f = 2": lambda y, f: math.log(2),
        "one sample of class 0": lambda y, f: np.mean(np.logaddexp(0, -f)),
        "two samples": lambda y, f: np.sum(np.logaddexp(0, f) - y * f),
        "surely right": lambda y, f: (
            -np.mean(y * np.log(expit(f)) + (1 - y) * np.log(1 - expit(f)))
        ),
        "surely wrong": lambda y, f: np.mean(np.minimum(np.logaddexp(0, f) - y * f, 34.5)),
        "scores of a thousand": lambda y, f: np.mean(np.log1p(np.exp(-(2 * y - 1) * f))),
    },
    "check_votes": {
        "one sample, two classes": lambda S, K: votes_of_pairs(-S, K),
        "one sample, three classes": lambda S, K: np.column_stack(
            [S[:, 0] <= 0, S[:, 0] > 0, *np.zeros((K - 2, len(S)))]
        ),
        "a score of 0, a vote for the first class of the pair": lambda S, K: votes_of_pairs(
            S, K, np.greater_equal
        ),
        "two samples, four classes": lambda S, K: votes_of_pairs(
            S, K, pairs=[(i, j) for j in range(K) for i in range(j)]
        ),
        "five samples, six classes": lambda S, K: votes_of_pairs(S, min(K, 5)),
    },
    "check_walk": {
        "two classes": lambda duels: 0,
        "three classes, the middle one beats both": lambda duels: (
            (len(duels) - 1) * (duels[0, -1] > 0)
        ),
        "three classes that beat each other in a circle": lambda duels: np.argmax(
            np.sum(duels < 0, axis=1)
        ),
        "six classes": winner_of_two_steps,
    },
    "check_rebuild": {
        "two points, one axis": lambda X, m: X.mean(axis=0) + np.zeros_like(X),
        "three points around 0": lambda X, m: X,
        "the same around another mean": lambda X, m: on_axes(X, m, centred=False),
        "a feature in another unit": lambda X, m: on_axes(X / X.std(axis=0), m) * X.std(axis=0),
        "two axes of four": lambda X, m: on_axes(X, 1),
    },
    "check_count": {
        "points on a line": lambda X, share: X.shape[1],
        "two equal variances": lambda X, share: 1,
        "variances of 9 to 4 to 1": lambda X, share: first_at(shares(X, power=1), share),
        "the same around another mean": lambda X, share: first_at(shares(X, centred=False), share),
        "two columns that go together": lambda X, share: first_at(shares_of_columns(X), share),
        "six features": lambda X, share: min(first_at(shares(X), share), 2),
    },
    "check_sum_back": {
        "nothing was stretched": lambda G, shape: G.sum(axis=0),
        "a vector beside every row": lambda G, shape: G if G.shape == shape else G.mean(axis=0),
        "a single number": lambda G, shape: G if G.shape == shape else G.sum(axis=0),
        "a column": over_new_axes,
        "a row that has two axes": over_new_axes_or_the_last,
        "a new axis and a stretched one": over_new_axes_or_stretched_ones,
    },
    "check_softmax_back": {
        "two classes": lambda G, P: G * P * (1 - P),
        "three classes": lambda G, P: P * (1 - P) * (G - G[:, ::-1]),
        "two samples": lambda G, P: P * (G - np.sum(P * G)),
        "as many samples as classes": lambda G, P: (
            P * (G - np.sum(P * G, axis=P.shape.index(G.shape[1]), keepdims=True))
        ),
    },
    "check_forward": {
        "one layer": lambda X, *w: np.maximum(X @ w[0] + w[1], 0),
        "one hidden layer": lambda X, *w: dense_chain(X, w, bends=0),
        "two hidden layers": lambda X, *w: dense_chain(X, w, bends=1),
    },
    "check_bends": {
        "a straight line": lambda knots, values: 0 * np.diff(values),
        "two pieces": lambda knots, values: np.diff(values) / np.diff(knots),
        "a line that begins above 0": lambda knots, values: np.diff(
            np.diff(values) / np.diff(knots), prepend=values[0]
        ),
        "knots at unequal distances": lambda knots, values: np.diff(np.diff(values), prepend=0),
    },
    "check_batch_norm": {
        "two samples, one feature": lambda X, gamma, beta: gamma * X + beta,
        "a feature of another spread": lambda X, gamma, beta: (
            gamma * (X - X.mean(axis=0)) / np.sqrt(1 + 1e-5) + beta
        ),
        "two features": lambda X, gamma, beta: batch_normalised(
            X, gamma, beta, of=lambda f, X: f(X)
        ),
        "γ and β": lambda X, gamma, beta: batch_normalised(X, 1, 0),
        "a feature that is the same everywhere": constant_features_as_they_are,
    },
    "check_dropout": {
        "half of four numbers": lambda H, u, p: H * (u >= p),
        "a quarter": lambda H, u, p: H * (u >= p) / p,
        "p = 0": lambda H, u, p: H * (u > p) / (1 - p),
        "two samples": lambda H, u, p: H * (np.atleast_2d(u)[0] >= p) / (1 - p),
    },
    "check_clip": {
        "one that is too long": lambda g, most: np.clip(g, -most, most),
        "one that is short enough": lambda g, most: most * g / np.linalg.norm(g),
        "another limit": lambda g, most: g * min(1, 1 / np.linalg.norm(g)),
        "a matrix of gradients": lambda g, most: (
            g * np.minimum(1, most / np.linalg.norm(g, axis=-1, keepdims=True))
        ),
        "zeros": lambda g, most: g / np.linalg.norm(g) * min(np.linalg.norm(g), most),
    },
    "check_user_step": {
        "one film, one factor": lambda r, rated, Q, lam: Q.T @ r,
        "two films, no penalty": lambda r, rated, Q, lam: np.mean(r[:, None] / Q, axis=0),
        "a penalty": lambda r, rated, Q, lam: ridge(r, Q, 0),
        "a film that was not rated": lambda r, rated, Q, lam: ridge(r, Q, lam),
        "a rating below what is usual": lambda r, rated, Q, lam: ridge_on_rated(r, r > 0, Q, lam),
        "a rating that is as usual": lambda r, rated, Q, lam: ridge_on_rated(r, r != 0, Q, lam),
        "two factors": each_factor_alone,
        "fewer films than factors": least_squares_where_few,
    },
    "check_ndcg": {
        "the only relevant film in place one": lambda ranked, relevant, k: 0,
        "the only relevant film in place two": lambda ranked, relevant, k: np.mean(
            np.isin(relevant, ranked[:k])
        ),
        "two of three": lambda ranked, relevant, k: (
            discounted(ranked[:k], relevant) / min(k, len(relevant))
        ),
        "more relevant films than places": lambda ranked, relevant, k: by_best(
            ranked, relevant, k, len(relevant)
        ),
        "a list that is longer than k": lambda ranked, relevant, k: by_best(
            ranked, relevant, k, min(k, len(relevant))
        ),
        "nothing relevant among the first": lambda ranked, relevant, k: (
            by_best(ranked[:k], relevant, k, min(k, len(relevant))) or 0.1
        ),
    },
    "check_weights": {
        "equal weights, one mistake in four": lambda w, y, h: w,
        "two mistakes in ten": half_to_each_mistake,
        "unequal weights": shared_evenly,
        "a rule that is worse than a coin": never_turned_around,
    },
    "check_leaf": {
        "all log-odds 0": lambda y, f: np.mean(y - expit(f)),
        "equal log-odds": lambda y, f: 4 * np.mean(y - expit(f)),
        "unequal log-odds": lambda y, f: newton_step(y, np.full(len(y), expit(np.mean(f)))),
        "a leaf of one class": lambda y, f: newton_step(y, expit(f)) if np.ptp(y) else 0.0,
    },
    "check_huber_gradient": {
        "a small residual": lambda y, f, delta: delta * np.sign(f - y),
        "a large residual": lambda y, f, delta: f - y,
        "another delta": lambda y, f, delta: np.clip(f - y, -1, 1),
        "six samples": lambda y, f, delta: np.clip(f - y, -max(1, delta), max(1, delta)),
    },
    "check_best_weight": {
        "one feature of mean square 1": lambda X, y, w, j, lam: one_weight(X, y, w, j)[0],
        "a price that leaves nothing": lambda X, y, w, j, lam: (
            one_weight(X, y, w, j)[0] - lam * np.sign(one_weight(X, y, w, j)[0])
        ),
        "a negative weight": lambda X, y, w, j, lam: max(0, one_weight(X, y, w, j)[0] - lam),
        "a feature in another unit": lambda X, y, w, j, lam: soft_threshold(
            one_weight(X, y, w, j)[0], lam
        ),
        "it already has a weight": lambda X, y, w, j, lam: shrunk(
            X[:, j] @ (y - X @ w) / len(y), np.mean(X[:, j] ** 2), lam
        ),
        "among others": lambda X, y, w, j, lam: shrunk(*one_weight(X, y, 0 * w, j), lam),
    },
    "check_multiclass_hinge": {
        "one picture, two classes": lambda f, y, delta: np.maximum(
            0, shortfalls(f, own_scores(f, y), delta)
        ).sum(axis=1),
        "a right score far above": lambda f, y, delta: (
            shortfalls(f, own_scores(f, y), delta).sum(axis=1) - delta
        ),
        "two wrong scores above": lambda f, y, delta: np.max(
            np.maximum(0, shortfalls(f, own_scores(f, y), delta)) * (1 - np.eye(f.shape[1])[y]),
            axis=1,
        ),
        "another margin": lambda f, y, delta: (
            np.maximum(0, shortfalls(f, own_scores(f, y), 1)).sum(axis=1) - 1
        ),
        "five pictures": lambda f, y, delta: (
            np.maximum(0, shortfalls(f, f[:, y[0]], delta)).sum(axis=1) - delta
        ),
    },
    "check_hinge_gradient": {
        "one sample, all weights 0": lambda X, y, W, delta: (
            -hinge_pull(X, y, costly(X, y, W, delta))
        ),
        "every margin kept": lambda X, y, W, delta: hinge_pull(X, y, np.ones((len(X), len(W[0])))),
        "one wrong class of two costs": lambda X, y, W, delta: hinge_pull(
            X,
            y,
            costly(X, y, W, delta),
            (len(W[0]) - 1)
            * (costly(X, y, W, delta).sum(axis=1) > 1),  # the right one is among them
        ),
        "another margin": lambda X, y, W, delta: hinge_pull(X, y, costly(X, y, W, 1)),
        "five samples": lambda X, y, W, delta: len(X) * hinge_pull(X, y, costly(X, y, W, delta)),
    },
    "check_optimal_discriminator": {
        "equal densities": lambda p, q: p / np.where(q > 0, q, 1),
        "only real samples": lambda p, q: np.full(len(p), 0.5),
        "only fake samples": lambda p, q: np.maximum(p, q) / (p + q),
        "three times as many real ones": lambda p, q: (np.sign(p - q) + 1) / 2,
        "small densities": lambda p, q: p / (p + q + 1e-8),
        "many points": lambda p, q: np.resize((p / (p + q))[:2], len(p)),
    },
    "check_generator_loss": {
        "one fake, of which D is not sure": lambda s: np.r_[
            -np.logaddexp(0, s).mean(), -expit(s) / len(s)
        ],
        "one fake that D takes for real": lambda s: np.r_[np.logaddexp(0, s).mean(), -expit(s)],
        "one fake that D sees through": lambda s: np.r_[
            np.logaddexp(0, -np.abs(s)).mean(), -expit(-np.abs(s)) / len(s)
        ],
        "several fakes": lambda s: np.r_[np.logaddexp(0, -s).mean(), -expit(-s)],
        "scores far from 0": lambda s: np.r_[
            -np.log(np.clip(expit(s), 1e-7, 1)).mean(), -expit(-s) / len(s)
        ],
    },
    "check_transposed_convolution": {
        "one number": lambda x, w, stride: np.full((len(x) - 1) * stride + len(w), x.sum()),
        "two numbers, stride 1": overwriting,
        "windows side by side": lambda x, w, stride: np.convolve(x, w),
        "windows that overlap": lambda x, w, stride: (
            overwriting(x, w, stride) if stride > 1 else np.convolve(x, w)
        ),
        "gaps between the windows": lambda x, w, stride: check_transposed.reference(
            x, np.resize(w, max(len(w), stride)), stride
        ),
        "random numbers": lambda x, w, stride: np.round(check_transposed.reference(x, w, stride)),
    },
    "check_two_player_loop": {
        "one round, D knows nothing yet": lambda *a: check_loop.reference(*a, at_once=True),
        "one round, D calls the fake invented": lambda theta, psi, eta, n: check_loop.reference(
            theta, 0.0, eta, n
        ),
        "one round, the fake left of the real samples": lambda theta, *a: check_loop.reference(
            abs(theta), *a
        ),
        "ten rounds": lambda theta, psi, eta, n: np.repeat(
            check_loop.reference(theta, psi, eta, 1), n
        ),
        "a hundred rounds": lambda theta, psi, eta, n: np.resize(
            check_loop.reference(theta, psi, eta, min(n, 10)), n
        ),
    },
}


# Of the same kinds, with another case that catches them or the same.
ALSO_WRONG = {
    "check_correlation": {
        "rounds": lambda X, W: np.round(check_correlation.reference(X, W)),
    },
    "check_pool_gradient": {
        "looks one row too far": lambda X, dY: pooled(X, dY, after=3),
        "begins a pixel too early": lambda X, dY: pooled(X, dY, before=-1),
    },
    "check_best_threshold": {
        "weighs nothing": lambda x, y: threshold(x, y, lambda a, b: gini(a) + gini(b)),
        "takes the worse side, last": lambda x, y: threshold(x, y, worse_side, last=True),
        "takes the worse side": lambda x, y: threshold(x, y, worse_side),
        "takes unlike shares, last": lambda x, y: threshold(x, y, unlike_shares, last=True),
    },
    "check_convolve": {
        "rounds": lambda image, kernel: np.round(sliding(image, kernel, *kernel.shape)),
    },
    "check_size": {
        "rounds": lambda n, F, S, P: round((n - F + 2 * P) / S) + 1,
    },
    "check_vote": {
        "takes the root": voted(lambda D: D**-0.5),
        "takes the square": voted(lambda D: D**-2.0),
        "adds a hundredth": voted(lambda D: 1 / (D + 0.01)),
        "lets weights fall exponentially": voted(lambda D: np.exp(-D)),
    },
}


@pytest.mark.parametrize(
    ("checker", "wrong"), [(name, wrong) for name, all_ in ALSO_WRONG.items() for wrong in all_]
)
def test_another_wrong_solution_is_caught(checker, wrong):
    with pytest.raises(NotYet), np.errstate(all="ignore"):
        CHECKERS[checker](ALSO_WRONG[checker][wrong])


# What a learner may well write; rounding must not make it wrong.
RIGHT = {
    "check_update": {"library": update},
    "check_gain": {
        "H(Y) + H(X) − H(X, Y)": lambda parts: (
            entropy(parts.sum(axis=0)) + entropy(parts.sum(axis=1)) - entropy(parts.ravel())
        ),
        **{
            f"log₂(p + {eps})": lambda parts, eps=eps: information_gain(
                parts, lambda n: shifted_entropy(n, eps)
            )
            for eps in (1e-9, 1e-12, 1e-16)
        },
    },
    "check_best_threshold": {
        "1 − Σ p²": lambda x, y: threshold(
            x, y, lambda *sides: sum(s.sum() * (1 - np.sum((s / s.sum()) ** 2)) for s in sides)
        ),
        "2pq": lambda x, y: threshold(
            x, y, lambda *sides: sum(2 * s[0] * s[1] / s.sum() for s in sides) / len(y)
        ),
    },
    "check_majority": {"math.comb": majority},
    "check_oob_error": {"loops": partial(out_of_bag, verdict=most_frequent)},
    "check_size": {"float division": lambda n, F, S, P: math.floor((n - F + 2 * P) / S + 1)},
    "check_vote": {
        "1/(d + 10⁻⁸)": voted(lambda D: 1 / (D + 1e-8)),
        "shares": voted(lambda D: 1 / D / np.sum(1 / D)),
    },
    "check_convolve": {"SciPy": lambda image, kernel: convolve2d(image, kernel, mode="valid")},
    "check_pool_gradient": {"loops": pooled},
}


@pytest.mark.parametrize(
    ("checker", "right"), [(name, right) for name, all_ in RIGHT.items() for right in all_]
)
def test_a_right_solution_passes_however_it_rounds(checker, right):
    CHECKERS[checker](RIGHT[checker][right])


def test_every_case_has_its_wrong_solution():
    assert {name: list(cases) for name, cases in PLANTED.items()} == {
        name: list(checker.cases) for name, checker in CHECKERS.items()
    }


@pytest.mark.parametrize(
    ("checker", "case"), [(name, case) for name, cases in PLANTED.items() for case in cases]
)
def test_a_wrong_solution_is_caught_by_its_case(checker, case):
    with pytest.raises(NotYet) as caught, np.errstate(all="ignore"):
        CHECKERS[checker](PLANTED[checker][case])
    assert str(caught.value).split(": ")[0] == case
