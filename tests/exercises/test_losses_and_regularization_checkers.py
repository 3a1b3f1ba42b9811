import numpy as np
import pytest

from course_lib.exercises.checking import NotYet
from course_lib.exercises.losses_and_regularization import check_best_weight, check_huber_gradient
from course_lib.linear_models import Lasso
from course_lib.losses import HuberLoss


def test_the_librarys_gradient_passes():
    check_huber_gradient(lambda y, f, delta: HuberLoss(delta).gradient(y, f))


def by_the_librarys_lasso(X, y, w, j, lam):
    """Return the lasso's only weight on what the other weights leave."""
    others = np.where(np.arange(len(w)) == j, 0, w)
    model = Lasso(lam, fit_intercept=False, tol=1e-14)
    return model.fit(X[:, j : j + 1], y - X @ others).coef_[0]


def test_the_librarys_lasso_passes():
    check_best_weight(by_the_librarys_lasso)


@pytest.mark.parametrize("checker", [check_huber_gradient, check_best_weight])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=name):
            checker(mistake)
