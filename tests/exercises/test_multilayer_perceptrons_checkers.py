import numpy as np
import pytest

from course_lib.exercises.checking import NotYet
from course_lib.exercises.multilayer_perceptrons import check_bends, check_forward
from course_lib.nn.autograd import Tensor
from course_lib.nn.layers import dense_network
from course_lib.nn.piecewise import bends_through


def test_the_engine_computes_the_scores():
    def forward(X, *weights):
        widths = [len(weights[0]), *(len(b) for b in weights[1::2])]
        network = dense_network(widths, random_state=0)
        network.load_state(weights)
        return network(Tensor(X)).data

    check_forward(forward)


def test_the_library_leads_a_line_through_points():
    check_bends(lambda knots, values: bends_through(knots, values).parameters()[2].data[:, 0])


@pytest.mark.parametrize("checker", [check_forward, check_bends])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=name):
            checker(mistake)


def test_an_answer_of_another_shape_is_not_accepted():
    with pytest.raises(NotYet):
        check_bends(lambda knots, values: np.diff(values))
