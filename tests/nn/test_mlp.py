"""The multilayer perceptron against torch, scikit-learn and its own promises."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits, make_moons
from sklearn.neural_network import MLPClassifier as SklearnMLP
from sklearn.utils import check_random_state
from test_layers import torch_twin
from torch.nn import functional as F

from course_lib.gradient_check import gradient_check
from course_lib.linear_models import SoftmaxRegression
from course_lib.nn.autograd import Tensor, cross_entropy
from course_lib.nn.layers import dense_network
from course_lib.nn.mlp import MLPClassifier
from course_lib.optim import minibatches

OPTIMISERS = {
    "adam": lambda parameters, eta: torch.optim.Adam(parameters, lr=eta),
    "momentum": lambda parameters, eta: torch.optim.SGD(parameters, lr=eta, momentum=0.9),
    "sgd": lambda parameters, eta: torch.optim.SGD(parameters, lr=eta),
}


def moons(n=150, seed=0):
    return make_moons(n, noise=0.2, random_state=seed)


@pytest.mark.parametrize("rule", OPTIMISERS)
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_the_loss_curve_is_that_of_torch_from_the_same_weights(rule, activation):
    (X, y), lam, eta, epochs, size = moons(), 0.01, 0.02, 8, 32
    options = {"activation": activation, "lam": lam, "rule": rule, "eta": eta, "batch_size": size}
    model = MLPClassifier((10, 6), n_epochs=epochs, random_state=3, **options).fit(X, y)

    rng = check_random_state(3)
    start = dense_network([2, 10, 6, 2], activation, random_state=rng)
    network = torch_twin(start, activation)
    optimiser = OPTIMISERS[rule](network.parameters(), eta)
    curve = np.zeros(epochs)
    inputs, labels = torch.tensor(X), torch.tensor(y)
    for k, rows in enumerate(minibatches(len(X), size, random_state=rng, n_epochs=epochs)):
        price = sum((p**2).sum() for p in network.parameters() if p.ndim == 2)
        loss = F.cross_entropy(network(inputs[rows]), labels[rows]) + lam / 2 * price
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        curve[k // 5] += loss.item() * len(rows) / len(X)
    np.testing.assert_allclose(model.loss_curve_, curve, rtol=1e-8)
    for mine, theirs in zip(model.network_.state(), network.parameters(), strict=True):
        np.testing.assert_allclose(mine, theirs.detach().numpy().T, rtol=1e-6, atol=1e-8)


def test_it_separates_what_no_line_separates():
    X, y = moons(400)
    X_test, y_test = moons(1000, seed=1)
    ours = MLPClassifier((32,), random_state=0).fit(X, y)
    theirs = SklearnMLP((32,), learning_rate_init=0.01, max_iter=100, batch_size=32, random_state=0)
    theirs.n_iter_no_change = 1000
    with pytest.warns(UserWarning, match="Maximum iterations"):
        theirs.fit(X, y)
    assert ours.score(X_test, y_test) > SoftmaxRegression().fit(X, y).score(X_test, y_test) + 0.05
    assert ours.score(X_test, y_test) > theirs.score(X_test, y_test) - 0.02
    assert ours.loss_curve_.shape == (100,)
    assert ours.loss_curve_[-10:].mean() < ours.loss_curve_[0] / 3


def test_without_hidden_layers_it_is_softmax_regression():
    X, y = load_digits(return_X_y=True)
    X, y = X[:300, 10:30] / 16, y[:300]
    model = MLPClassifier(
        (), lam=0.05, rule="momentum", eta=0.2, batch_size=300, n_epochs=400, random_state=0
    )
    expected = SoftmaxRegression(lam=0.05).fit(X, y)
    np.testing.assert_allclose(
        model.fit(X, y).predict_proba(X), expected.predict_proba(X), atol=1e-4
    )
    assert model.loss_curve_[-1] == pytest.approx(expected.loss_path_[-1], rel=1e-6)


def test_the_gradient_of_the_whole_objective_is_right():
    X, y = moons(20)
    network = dense_network([2, 4, 2], "tanh", random_state=0)
    W = network.layers[0].W

    def loss(values):
        W.data = values
        return cross_entropy(network(Tensor(X)), y) + 0.05 * (W * W).sum()

    start = W.data.copy()
    loss(start).backward()
    check = gradient_check(lambda values: loss(values).item(), W.grad, start)
    assert check.ok, str(check)


def test_what_is_predicted_belongs_together():
    X, y = load_digits(return_X_y=True)
    X, words = X[:200] / 16, np.array(list("abcdefghij"))[y[:200]]
    model = MLPClassifier((16,), n_epochs=20, random_state=0).fit(X, words)
    S, P = model.class_scores(X), model.predict_proba(X)
    np.testing.assert_allclose(P, torch.softmax(torch.tensor(S), 1).numpy(), atol=1e-12)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), P, atol=1e-12)
    np.testing.assert_array_equal(model.predict(X), model.classes_[P.argmax(axis=1)])
    np.testing.assert_array_equal(model.decision_function(X), S)
    assert [W.shape for W in model.coefs_] == [(64, 16), (16, 10)]
    assert [b.shape for b in model.intercepts_] == [(16,), (10,)]
    H = np.maximum(X @ model.coefs_[0] + model.intercepts_[0], 0)
    np.testing.assert_allclose(H @ model.coefs_[1] + model.intercepts_[1], S, atol=1e-12)
    two = MLPClassifier(n_epochs=2, random_state=0).fit(*moons())
    S = two.class_scores(X[:, :2])
    np.testing.assert_array_equal(two.decision_function(X[:, :2]), S[:, 1] - S[:, 0])


def test_precision_is_kept_and_tensors_are_taken():
    X, y = moons()
    single = MLPClassifier(n_epochs=3, random_state=0).fit(X.astype(np.float32), y)
    assert single.coefs_[0].dtype == single.predict_proba(X).dtype == np.float32
    double = MLPClassifier(n_epochs=3, random_state=0).fit(X, y)
    np.testing.assert_allclose(single.predict_proba(X), double.predict_proba(X), atol=1e-4)
    tensors = MLPClassifier(n_epochs=3, random_state=0).fit(torch.tensor(X), torch.tensor(y))
    np.testing.assert_allclose(tensors.loss_curve_, double.loss_curve_)


def test_single_samples_are_batches_too():
    X, y = moons(20)
    model = MLPClassifier((3,), batch_size=1, n_epochs=1, rule="sgd", random_state=0).fit(X, y)
    rng = check_random_state(0)
    network = dense_network([2, 3, 2], random_state=rng)
    losses = []
    for (row,) in minibatches(20, 1, random_state=rng, n_epochs=1):
        loss = cross_entropy(network(Tensor(X[[row]])), y[[row]])
        for W in network.parameters()[::2]:
            loss = loss + 0.00005 * (W * W).sum()
        loss.backward()
        for one in network.parameters():
            one.data -= 0.01 * one.grad
        network.zero_grad()
        losses.append(loss.item())
    assert model.loss_curve_ == pytest.approx([np.mean(losses)])


def test_a_larger_price_makes_smaller_weights():
    X, y = moons()
    norms = [
        sum(np.sum(W**2) for W in MLPClassifier(lam=lam, random_state=0).fit(X, y).coefs_)
        for lam in (0, 0.01, 0.1)
    ]
    assert norms[0] > 1.5 * norms[1] > 2 * norms[2]


def test_the_random_state_decides_everything():
    X, y = moons()
    model = MLPClassifier(n_epochs=3, random_state=0)
    first = model.fit(X, y).loss_curve_
    np.testing.assert_array_equal(model.fit(X, y).loss_curve_, first)  # and starts anew
    assert (
        np.abs(clone(model).set_params(random_state=1).fit(X, y).loss_curve_ - first).min() > 1e-6
    )


def test_a_copy_by_pickle_predicts_and_trains_on():
    X, y = moons()
    model = pickle.loads(pickle.dumps(MLPClassifier(n_epochs=3, random_state=0).fit(X, y)))
    loss = cross_entropy(model.network_(Tensor(X)), y)
    loss.backward()
    assert all(parameter.grad is not None for parameter in model.network_.parameters())


def test_errors_name_what_is_wrong():
    X, y = moons()
    for hidden in ((0,), (3, 2.5)):
        with pytest.raises(ValueError, match="each of hidden must be a whole number of at least 1"):
            MLPClassifier(hidden).fit(X, y)
    for out in ({"lam": -0.1}, {"eta": 0}, {"batch_size": 0}, {"n_epochs": 0}):
        with pytest.raises(ValueError, match=f"The '{next(iter(out))}' parameter of MLPClassifier"):
            MLPClassifier(**out).fit(X, y)
    with pytest.raises(
        ValueError, match="The 'rule' parameter of MLPClassifier must be a str among"
    ):
        MLPClassifier(rule="newton").fit(X, y)
    with pytest.raises(
        ValueError, match=r"The loss became .*: the steps are too long\. Lower eta=1e"
    ):
        MLPClassifier(rule="sgd", eta=1e6, random_state=0).fit(1000 * X, y)
    with pytest.raises(ValueError, match="one class"):
        MLPClassifier().fit(X, np.zeros(len(X)))
