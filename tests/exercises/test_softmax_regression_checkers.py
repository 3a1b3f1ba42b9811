import numpy as np
import pytest

from course_lib.exercises.checking import NotYet
from course_lib.exercises.softmax_regression import check_hinge_gradient, check_multiclass_hinge


def by_loops(f, y, delta):
    return np.array(
        [
            sum(max(0, s - row[k] + delta) for j, s in enumerate(row) if j != k)
            for row, k in zip(f, y, strict=True)
        ]
    )


def gradient_by_loops(X, y, W, delta):
    G = np.zeros(W.shape)
    for x, k in zip(X, y, strict=True):
        f = x @ W
        for j in range(W.shape[1]):
            if j != k and f[j] - f[k] + delta > 0:
                G[:, j] += x / len(X)
                G[:, k] -= x / len(X)
    return G


def test_loops_pass():
    check_multiclass_hinge(by_loops)
    check_hinge_gradient(gradient_by_loops)


def test_small_differences_of_the_loss_pass():
    def by_differences(X, y, W, delta):
        G, h = np.zeros(W.shape), 1e-6
        for place in np.ndindex(W.shape):
            step = np.zeros(W.shape)
            step[place] = h
            above, below = (by_loops(X @ V, y, delta).mean() for V in (W + step, W - step))
            G[place] = (above - below) / (2 * h)
        return G.round(8)

    check_hinge_gradient(by_differences)


@pytest.mark.parametrize("checker", [check_multiclass_hinge, check_hinge_gradient])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        pattern = name.replace("(", r"\(").replace(")", r"\)")
        with np.errstate(all="ignore"), pytest.raises(NotYet, match=pattern):
            checker(mistake)


@pytest.mark.parametrize("strange", [None, "a word", 3.0, np.zeros((2, 2))])
def test_a_strange_answer_is_no_right_one(strange):
    for checker in (check_multiclass_hinge, check_hinge_gradient):
        with pytest.raises(NotYet):
            checker(lambda *_: strange)
