import pytest
from matplotlib import pyplot as plt

from course_lib.plots.calculus import through_the_graph

SLOPES = {
    "forward": [
        {"x": 1, "y": 0},
        {"x": 1, "y": 0, "a": 3},
        {"x": 1, "y": 0, "a": 3, "b": 4},
        {"x": 1, "y": 0, "a": 3, "b": 4, "L": 64},
        {"x": 0, "y": 1, "a": 2},
        {"x": 0, "y": 1, "a": 2, "b": 2},
        {"x": 0, "y": 1, "a": 2, "b": 2, "L": 32},
    ],
    "reverse": [
        {},
        {},
        {},
        {"L": 1},
        {"L": 1, "b": 16},
        {"L": 1, "b": 16, "a": 16, "x": 16},
        {"L": 1, "b": 16, "a": 16, "x": 64, "y": 32},
    ],
}


@pytest.mark.parametrize("mode", SLOPES)
def test_each_step_through_the_graph_finds_its_slopes(mode):
    for step, expected in enumerate(SLOPES[mode]):
        sentence, slopes = through_the_graph(mode, step)
        plt.close()
        assert slopes == expected
        assert sentence.startswith(f"Step {step}: ")
        assert all(f"{node} {slope}" in sentence for node, slope in expected.items())
