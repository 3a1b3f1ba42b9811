import numpy as np
import pytest

from course_lib.images import trials

CLEAN = {name: np.full((4, 4), 0.5) for name in "abc"}
DARK = {name: image - 0.2 for name, image in CLEAN.items()}


def test_the_number_is_chosen_on_the_chosen_pictures_only():
    damaged = {**DARK, "a": CLEAN["a"] - 0.1}
    number, scores = trials.tuned(lambda x, c: x + c, (0.0, 0.11, 0.21, 0.3), CLEAN, damaged, ["a"])
    assert number == 0.11
    assert np.allclose(scores, -20 * np.log10(0.09))


def test_no_choice_at_the_end_of_a_grid():
    with pytest.raises(ValueError, match=r"beyond its best number, 0\.2"):
        trials.tuned(lambda x, c: x + c, (0.0, 0.1, 0.2), CLEAN, DARK, ["a"])


def test_gains_are_paired():
    rows = trials.gains([30.0, 21.0, 26.0], [29.0, 20.0, 25.0], "abc")
    assert rows["gain"] == "1.0 ± 0.0"


def test_scratches_are_lines_of_two_or_three_pixels():
    mask = trials.scratches((64, 64), 1, random_state=3)
    runs = [run for run in (mask.sum(axis=0), mask.sum(axis=1)) if (run > 0).all()]
    assert any(np.median(run) <= 4 for run in runs)
    assert not trials.scratches((8, 8), 0).any()


def test_a_pixel_out_of_range_costs_no_more_than_white():
    assert trials.clipped_psnr([0.9], [5.0]) == pytest.approx(20)
