import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib.plots.calculus import growing_rectangle, stretched_twice, through_the_graph

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


@pytest.mark.parametrize("speeds", [(1, 1), (2, -1), (0, 2)])
@pytest.mark.parametrize("h", [1, 0.05])
def test_the_pieces_of_a_grown_rectangle_are_what_its_area_gains(speeds, h):
    found = growing_rectangle((4, 2), speeds, h)
    gain = (4 + speeds[0] * h) * (2 + speeds[1] * h) - 4 * 2
    assert sum(found[name] for name in ("right", "top", "corner")) == pytest.approx(gain)
    boxes = plt.gcf().axes[0].patches  # the old rectangle, three pieces, the new rectangle
    for box, name in zip(boxes[1:4], ("right", "top", "corner"), strict=True):
        assert box.get_width() * box.get_height() == pytest.approx(found[name])
        assert bool(box.get_hatch()) == (found[name] < 0)
    assert boxes[4].get_width() * boxes[4].get_height() == pytest.approx(8 + gain)
    plt.close()
    strips, corner = (found["right"] + found["top"]) / h, found["corner"] / h
    ending = f"the strips gain {strips:.4g} and the corner {corner:.4g}.".replace("-", "−")
    assert found["sentence"].endswith(ending)


@pytest.mark.parametrize(("x", "first", "second"), [(1, 2, -2), (0, -4, 0), (0.75, 0.5, -2.625)])
def test_a_short_piece_is_stretched_by_the_slopes(x, first, second):
    for h in (0.2, 1e-6):
        found = stretched_twice(x, h)
        shown = [text.get_text() for text in plt.gcf().axes[0].texts]
        plt.close()
        assert (found["first"], found["second"]) == (first, second)
        mapped = [3 * z**2 - 4 * z for z in (x, x + h)]
        stretch = (mapped[1] - mapped[0]) / h, mapped[1] + mapped[0]
        assert [f"× {one:.3f}".replace("-", "−") for one in stretch] == shown[-2:]
        numbers = f"{stretch[0]:.3f}, then by {stretch[1]:.3f}, together by {np.prod(stretch):.3f}."
        assert found["sentence"].endswith(numbers.replace("-", "−"))
    assert stretch == pytest.approx((first, second), abs=1e-5)
