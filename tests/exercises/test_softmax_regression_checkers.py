import numpy as np
import pytest
from scipy.special import softmax

from course_lib.exercises.checking import NotYet
from course_lib.exercises.softmax_regression import check_multiclass_hinge, check_softmax_gradient


def by_loops(f, y, delta):
    return np.array(
        [
            sum(max(0, s - row[k] + delta) for j, s in enumerate(row) if j != k)
            for row, k in zip(f, y, strict=True)
        ]
    )


def by_scipy(X, y, W, lam):
    P = softmax(X @ W, axis=1)
    return X.T @ (P - np.eye(W.shape[1])[y]) / len(X) + lam * W


def test_a_loop_and_scipy_pass():
    check_multiclass_hinge(by_loops)
    check_softmax_gradient(by_scipy)


@pytest.mark.parametrize("checker", [check_multiclass_hinge, check_softmax_gradient])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        pattern = name.replace("(", r"\(").replace(")", r"\)")
        with np.errstate(all="ignore"), pytest.raises(NotYet, match=pattern):
            checker(mistake)


def test_an_overflow_is_found_and_named():
    def unshifted(X, y, W, lam):
        e = np.exp(X @ W)
        P = e / e.sum(axis=1, keepdims=True)
        return X.T @ (P - np.eye(W.shape[1])[y]) / len(X) + lam * W

    with np.errstate(all="ignore"), pytest.raises(NotYet, match=r"(?s)thousands: .*NaN at"):
        check_softmax_gradient(unshifted)


@pytest.mark.parametrize("strange", [None, "a word", 3.0, np.zeros((2, 2))])
def test_a_strange_answer_is_no_right_one(strange):
    for checker in (check_multiclass_hinge, check_softmax_gradient):
        with pytest.raises(NotYet):
            checker(lambda *_: strange)
