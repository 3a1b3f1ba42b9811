import re

import numpy as np
import pytest
from scipy.special import expit

from course_lib.exercises.checking import NotYet
from course_lib.exercises.word_embeddings import (
    check_analogy,
    check_path_probability,
    check_ppmi,
)


def test_loops_find_the_mutual_information_of_pairs():
    def ppmi(C):
        out = np.zeros(C.shape)
        for i, j in np.argwhere(C > 0):
            out[i, j] = max(0, np.log(C[i, j] * C.sum() / C[i].sum() / C[:, j].sum()))
        return out

    check_ppmi(ppmi)


def test_a_loop_goes_down_the_path():
    def probability(h, U, bits):
        p = 1.0
        for u, bit in zip(U, bits, strict=True):
            p *= expit(-u @ h) if bit else expit(u @ h)
        return p

    check_path_probability(probability)


def test_a_loop_over_cosines_answers_analogies():
    def answer(E, a, b, c):
        E = [row / np.sqrt(row @ row) for row in E]
        target = E[b] - E[a] + E[c]
        others = [d for d in range(len(E)) if d not in (a, b, c)]
        return max(others, key=lambda d: E[d] @ target)

    check_analogy(answer)


@pytest.mark.parametrize("checker", [check_ppmi, check_path_probability, check_analogy])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=re.escape(name)):
            checker(mistake)
