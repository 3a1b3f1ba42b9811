"""Checkers of the chapter on probability and optimisation."""

import numpy as np

from course_lib.exercises.checking import Checker


def _posterior(x, means, variances, priors) -> np.ndarray:
    logs = -0.5 * np.sum(np.log(variances) + (x - means) ** 2 / variances, axis=1)
    J = np.log(priors) + logs  # (K,)
    p = np.exp(J - np.max(J))
    return p / np.sum(p)


def _without_priors(x, means, variances, priors) -> np.ndarray:
    return _posterior(x, means, variances, np.ones(len(priors)) / len(priors))


def _without_heights(x, means, variances, priors) -> np.ndarray:
    """Leave 1/σ out of the density: every bell is as high as the others."""
    J = np.log(priors) - 0.5 * np.sum((x - means) ** 2 / variances, axis=1)
    p = np.exp(J - np.max(J))
    return p / np.sum(p)


def _variances_as_deviations(x, means, variances, priors) -> np.ndarray:
    return _posterior(x, means, np.square(variances), priors)


def _of_densities(x, means, variances, priors) -> np.ndarray:
    """Return prior times density, as it stands in the numerator of Bayes' rule."""
    logs = -0.5 * np.sum(np.log(2 * np.pi * variances) + (x - means) ** 2 / variances, axis=1)
    return priors * np.exp(logs)


check_posterior = Checker(
    task="the posteriors of one sample by naive Bayes",
    reference=_posterior,
    cases={
        "one feature, two bells alike": (
            np.array([0.5]),
            np.array([[0.0], [2.0]]),
            np.array([[4.0], [4.0]]),
            np.array([0.5, 0.5]),
        ),
        "unequal priors": (
            np.array([0.5]),
            np.array([[0.0], [2.0]]),
            np.array([[4.0], [4.0]]),
            np.array([0.2, 0.8]),
        ),
        "unequal variances": (
            np.array([0.5]),
            np.array([[0.0], [2.0]]),
            np.array([[1.0], [9.0]]),
            np.array([0.2, 0.8]),
        ),
        "three features, three classes": (
            np.array([0.5, -1.0, 2.0]),
            np.array([[0.0, 0.0, 1.0], [2.0, -1.0, 1.0], [1.0, 1.0, 3.0]]),
            np.array([[1.0, 2.0, 0.5], [9.0, 1.0, 2.0], [2.0, 2.0, 2.0]]),
            np.array([0.2, 0.5, 0.3]),
        ),
        "a sample far from both classes": (
            np.array([60.0, 60.0]),
            np.array([[0.0, 0.0], [0.0, 1.0]]),
            np.array([[1.0, 20.0], [1.0, 20.0]]),
            np.array([0.5, 0.5]),
        ),
    },
    mistakes={
        "leave out the priors": _without_priors,
        "leave out the factor 1/σ of the density": _without_heights,
        "take the variances for standard deviations": _variances_as_deviations,
        "return prior times density, which does not sum to 1": _of_densities,
    },
)


def _covariance(X: np.ndarray, ddof: int = 0) -> np.ndarray:
    centred = X - X.mean(axis=0)
    return centred.T @ centred / (len(X) - ddof)


check_covariance = Checker(
    task="the covariance matrix of a table",
    reference=_covariance,
    cases={
        "two columns of mean 0": (np.array([[1.0, 2.0], [-1.0, -3.0], [0.0, 1.0]]),),
        "columns far from 0": (np.array([[11.0, 2.0], [9.0, -3.0], [12.0, 4.0], [7.0, 1.0]]),),
        "three columns": (
            np.array([[1.0, 2.0, 0.0], [4.0, 1.0, 1.0], [2.0, 2.0, 5.0], [0.0, 3.0, 1.0]]),
        ),
    },
    mistakes={
        "divide by n − 1": lambda X: _covariance(X, ddof=1),
        "leave the means in the columns": lambda X: X.T @ X / len(X),
        "divide by the deviations, which gives correlations": lambda X: np.corrcoef(X.T),
        "forget to divide by the number of rows": lambda X: _covariance(X) * len(X),
    },
)
