import re

import numpy as np
import pytest

from course_lib.exercises.checking import NotYet
from course_lib.exercises.logistic_regression import check_logistic_gradient, check_stable_loss
from course_lib.gradient_check import numerical_gradient
from course_lib.losses import LogLoss, linear_objective


def test_the_librarys_functions_pass():
    def gradient(X, y, w, b, lam):
        wide = np.column_stack([X, np.ones(len(X))])
        return linear_objective(LogLoss(), np.append(w, b), wide, 2 * y - 1)[1][:-1] + lam * w

    check_logistic_gradient(gradient)
    check_stable_loss(lambda y, f: np.mean(np.maximum(f, 0) - y * f + np.log1p(np.exp(-abs(f)))))


def test_central_differences_pass_nearly():
    def by_differences(X, y, w, b, lam):
        def objective(v):
            f = X @ v + b
            return np.mean(np.logaddexp(0, f) - y * f) + lam / 2 * v @ v

        return numerical_gradient(objective, w)

    for arguments in check_logistic_gradient.cases.values():
        right = check_logistic_gradient.reference(*arguments)
        assert np.allclose(by_differences(*arguments), right, atol=1e-7)


@pytest.mark.parametrize("checker", [check_logistic_gradient, check_stable_loss])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=re.escape(name)):
            checker(mistake)


@pytest.mark.parametrize("checker", [check_logistic_gradient, check_stable_loss])
@pytest.mark.parametrize("strange", [lambda *_: None, lambda *_: "half", lambda *_: np.ones(9)])
def test_strange_answers_are_refused(checker, strange):
    with pytest.raises(NotYet):
        checker(strange)
