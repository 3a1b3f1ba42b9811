import numpy as np
import pytest

from course_lib.exercises.checking import NotYet
from course_lib.exercises.probability import check_covariance, check_posterior
from course_lib.naive_bayes import class_moments, gaussian_log_density, log_sum_exp


def test_the_librarys_functions_pass():
    def posterior(x, means, variances, priors):
        pairs = zip(means, variances, strict=True)
        logs = [gaussian_log_density(x[None], m, v)[0] for m, v in pairs]
        J = np.log(priors) + logs
        return np.exp(J - log_sum_exp(J[None])[0])

    check_posterior(posterior)
    check_covariance(lambda X: np.cov(X.T, bias=True))


def test_the_variances_of_the_covariance_are_those_of_the_moments():
    X = check_covariance.cases["three columns"][0]
    spread = class_moments(X, np.zeros(len(X), dtype=np.int64), 1).spread[0]
    np.testing.assert_allclose(np.diag(check_covariance.reference(X)), spread / len(X))


@pytest.mark.parametrize("checker", [check_posterior, check_covariance])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=name), np.errstate(all="ignore"):
            checker(mistake)
