import numpy as np
import pytest

from course_lib.exercises.checking import NotYet
from course_lib.exercises.gradient_descent import (
    check_adam,
    check_batch_variance,
    check_momentum,
)
from course_lib.optim import Adam, Momentum


def test_the_librarys_momentum_passes():
    def answer(w, v, g, eta, beta):
        return np.stack(Momentum(beta).step(w, g, eta, v))

    check_momentum(answer)


def test_the_librarys_adam_passes():
    def answer(w, g, m, v, k, eta):
        w, (_, m, v, _) = Adam().step(w, g, eta, (k - 1, m, v, v))
        return np.stack([w, m, v])

    check_adam(answer)


def test_the_mean_of_all_pairs_of_draws_passes():
    def answer(values, m):
        rng = np.random.default_rng(0)
        draws = rng.permuted(np.tile(values, (400_000, 1)), axis=1)[:, :m]
        exact = np.var(values) / m * (len(values) - m) / (len(values) - 1)
        assert np.var(draws.mean(axis=1)) == pytest.approx(exact, rel=0.01, abs=1e-12)
        return exact

    check_batch_variance(answer)


@pytest.mark.parametrize("checker", [check_momentum, check_adam, check_batch_variance])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=name):
            checker(mistake)
