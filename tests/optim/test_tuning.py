"""The grid that must hold its best inside."""

import math

import numpy as np
import pytest

from course_lib.optim import tune


def test_finds_the_best_of_all_settings():
    tried = []

    def cost(a, b, c):
        tried.append((a, b, c))
        return (a - 2) ** 2 + (b - 20) ** 2 + c

    assert tune(cost, [1, 2, 3], [10, 20, 30, 40], [7]) == ((2, 20, 7), 7.0)
    assert len(set(tried)) == len(tried) == 12


def test_takes_the_first_of_equals_and_no_nan():
    assert tune(lambda a: 0 if a in (2, 3) else 1, [1, 2, 3, 4]) == ((2,), 0.0)
    assert tune(lambda a: math.nan if a == 1 else abs(a - 2), [0, 1, 2, 3])[0] == (2,)


@pytest.mark.parametrize("best", [1, 3])
def test_an_end_is_no_best(best):
    with pytest.raises(ValueError, match=f"The best, {best}, lies at an end"):
        tune(lambda fixed, a: abs(a - best) + fixed, [0], [1, 2, 3])


@pytest.mark.parametrize("grids", [(), ([],), ([1, 2],), ([1, 2, 3], [1, 2])])
def test_grids_that_can_have_no_inside(grids):
    with pytest.raises(ValueError, match="grids must hold"):
        tune(lambda *a: 1.0, *grids)


def test_a_cost_that_is_never_finite():
    with pytest.raises(ValueError, match="cost must be finite"):
        tune(lambda a: math.inf if a > 1 else math.nan, [1, 2, 3])


def test_an_array_holds_the_costs_of_all_settings():
    costs = np.array([[9, 9, 9], [9, 3, 2.5], [9, math.nan, 1], [9, 2, 9], [9, 9, 9]])
    with pytest.raises(ValueError, match="The best, 30, lies at an end"):
        tune(costs, range(5), [10, 20, 30])
    assert tune(costs.T[1:2], [20], range(5)) == ((20, 3), 2.0)
    for shape in ((4, 3), (5,), (3, 5)):
        with pytest.raises(ValueError, match=r"cost must have the shape of the grids, \(5, 3\)"):
            tune(np.ones(shape), range(5), [10, 20, 30])
