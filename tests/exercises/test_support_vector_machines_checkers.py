import re

import numpy as np
import pytest

from course_lib.exercises.checking import NotYet
from course_lib.exercises.support_vector_machines import check_rbf_kernel, check_subgradient


def test_right_answers_pass():
    def subgradient(X, y, w, b, C):
        g = w.copy()
        for x, label in zip(X, y, strict=True):
            if label * (x @ w + b) < 1:
                g -= C / len(y) * label * x
        return g

    check_subgradient(subgradient)
    check_rbf_kernel(
        lambda X, Z, gamma: np.exp([[-gamma * np.linalg.norm(x - z) ** 2 for z in Z] for x in X])
    )


@pytest.mark.parametrize("checker", [check_subgradient, check_rbf_kernel])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=re.escape(name)):
            checker(mistake)
