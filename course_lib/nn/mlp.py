"""A multilayer perceptron that classifies, trained on our own engine.

Symbols
    X        (n, d)  inputs, one sample a row
    y        (n,)    classes
    W_l, b_l         weights, biases of dense layer l: H_l = activation(H_{l−1}W_l + b_l), H_0 = X
    S        (n, K)  scores: the last layer has no activation; softmax makes probabilities of them
    lam              price λ ≥ 0 of the weights; biases have none
    eta              step η > 0

The objective is the mean cross-entropy and the price,

    F = −(1/n) Σ_i log softmax(S_i)[y_i] + ½λ Σ_l ‖W_l‖²,

and each step follows its gradient on one minibatch, found by backpropagation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from sklearn.base import ClassifierMixin

from course_lib.checks import check_whole
from course_lib.estimator import (
    Array,
    BaseEstimator,
    Integral,
    Interval,
    Real,
    StrOptions,
    check_random_state,
    fit_labels,
    labels_of,
    new_data,
    one_blas_thread,
    to_numpy,
)
from course_lib.nn.autograd import Tensor, cross_entropy, no_grad
from course_lib.nn.autograd_operations import log_softmax
from course_lib.nn.layers import ACTIVATIONS, Layer, dense_network
from course_lib.optim import Adam, Momentum, minibatches

RULES = {"adam": Adam, "momentum": Momentum, "sgd": lambda: Momentum(0.0)}


class MLPClassifier(ClassifierMixin, BaseEstimator):
    """Multilayer perceptron: dense layers, an activation between each two, softmax at the end.

    Parameters
    ----------
    hidden : sequence of int, default=(32,)
        Units of each hidden layer; none makes it softmax regression.
    activation : {"relu", "tanh", "sigmoid"}, default="relu"
    lam : float, default=0.0001
        Price λ ≥ 0 of the weights. scikit-learn's ``alpha`` is nλ (n: samples of a batch).
    rule : {"adam", "momentum", "sgd"}, default="adam"
        How a gradient becomes a step, as in `course_lib.optim`; "momentum" keeps 0.9.
    eta : float, default=0.01
        The step η.
    batch_size : int, default=32
        Samples of a minibatch; n, if there are fewer.
    n_epochs : int, default=100
        Passes over the data.
    random_state : int, RandomState or None
        It draws the initial weights, then the order of the samples in every epoch.

    Attributes
    ----------
    classes_ : array of shape (K,)
        The labels.
    network_ : Sequential
        The layers, with their weights, in the precision of X.
    coefs_, intercepts_ : list of ndarray
        W_l and b_l.
    loss_curve_ : array of shape (n_epochs,)
        F in each epoch: the mean over its samples, each at the weights that its batch met.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        For bad input, for one class only, and if the loss leaves the finite numbers.

    Notes
    -----
    The inputs are taken as they are: standardise them first. An epoch costs about 6n operations
    for each weight. NumPy only; tensors are taken to the host. See Goodfellow, Bengio and
    Courville, *Deep Learning*, chapter 6.

    Examples
    --------
    >>> X, y = np.array([[0.0, 0], [1, 1], [0, 1], [1, 0]]), np.array([0, 0, 1, 1])  # XOR
    >>> MLPClassifier((8,), n_epochs=300, random_state=0).fit(X, y).predict(X)
    array([0, 0, 1, 1])
    """

    _parameter_constraints: ClassVar[dict] = {
        "hidden": ["array-like"],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "lam": [Interval(Real, 0, None, closed="left")],
        "rule": [StrOptions(set(RULES))],
        "eta": [Interval(Real, 0, None, closed="neither")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "n_epochs": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        hidden: Any = (32,),
        *,
        activation: str = "relu",
        lam: float = 0.0001,
        rule: str = "adam",
        eta: float = 0.01,
        batch_size: int = 32,
        n_epochs: int = 100,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.hidden = hidden
        self.activation = activation
        self.lam = lam
        self.rule = rule
        self.eta = eta
        self.batch_size = batch_size
        self.n_epochs = n_epochs
        self.random_state = random_state

    def fit(self, X: Array, y: Array) -> MLPClassifier:
        """Train on inputs X (n, d) and labels y (n,), from new weights; return self."""
        X, codes = fit_labels(self, to_numpy(X), to_numpy(y))
        n, size = len(X), min(self.batch_size, len(X))
        rng = check_random_state(self.random_state)
        hidden = [check_whole("each of hidden", one) for one in self.hidden]
        widths = [X.shape[1], *hidden, len(self.classes_)]
        network = dense_network(widths, self.activation, random_state=rng, dtype=X.dtype)
        step = _steps(network, self.lam, self.eta, RULES[self.rule]())
        total, batches = np.zeros(self.n_epochs), -(-n // size)
        with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
            drawn = minibatches(n, size, random_state=rng, n_epochs=self.n_epochs)
            for k, rows in enumerate(drawn):
                total[k // batches] += step(X[rows], codes[rows]) * len(rows)
        self.network_, self.loss_curve_ = network, total / n
        return self

    @property
    def coefs_(self) -> list[np.ndarray]:
        """The weights W_l (inputs, units) of each dense layer."""
        return [parameter.data for parameter in self.network_.parameters()[::2]]

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """The biases b_l (units,) of each dense layer."""
        return [parameter.data for parameter in self.network_.parameters()[1::2]]

    def class_scores(self, X: Array) -> np.ndarray:
        """Scores of all K classes for inputs X (m, d), shape (m, K)."""
        return self._scores(X, "class_scores").data

    def decision_function(self, X: Array) -> np.ndarray:
        """`class_scores` (m, K) for inputs X (m, d); of two classes the difference S₁ − S₀ (m,)."""
        S = self._scores(X, "decision_function").data
        return S if S.shape[1] > 2 else S[:, 1] - S[:, 0]

    def predict(self, X: Array) -> np.ndarray:
        """Predict the label with the largest score for each row of X (m, d); (m,)."""
        return labels_of(self, self._scores(X, "predict").data.argmax(axis=1))

    def predict_proba(self, X: Array) -> np.ndarray:
        """Probability of each class for each row of X (m, d); (m, K), rows sum to 1."""
        return np.exp(log_softmax(self._scores(X, "predict_proba")).data)

    def predict_log_proba(self, X: Array) -> np.ndarray:
        """Logarithm of `predict_proba`, exact where that underflows; (m, K)."""
        return log_softmax(self._scores(X, "predict_log_proba")).data

    @property
    def _first(self) -> np.ndarray:
        return self.coefs_[0]

    def _scores(self, X: Array, method: str) -> Tensor:
        X = new_data(self, to_numpy(X), like="_first", method=method)
        with no_grad():
            return self.network_(Tensor(X))


def _steps(
    network: Layer, lam: float, eta: float, rule: Any
) -> Callable[[np.ndarray, np.ndarray], float]:
    """Return the function that takes one step on a batch and returns the objective before it."""
    parameters = network.parameters()
    states = [rule.start(parameter.data) for parameter in parameters]
    priced = parameters[::2] if lam else []

    def step(X: np.ndarray, y: np.ndarray) -> float:
        loss = cross_entropy(network(Tensor(X)), y)
        for W in priced:
            loss = loss + lam / 2 * (W * W).sum()
        if not np.isfinite(loss.data):
            raise ValueError(
                f"The loss became {loss.item()}: the steps are too long. Lower eta={eta:g}, or"
                " standardise the columns of X."
            )
        loss.backward()
        for i, parameter in enumerate(parameters):
            parameter.data, states[i] = rule.step(parameter.data, parameter.grad, eta, states[i])
            parameter.zero_grad()
        return loss.item()

    return step
