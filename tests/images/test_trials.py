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


def test_each_picture_gets_its_own_best_number():
    damaged = {**DARK, "a": CLEAN["a"] - 0.1}
    grid = (0.0, 0.11, 0.21, 0.3)
    scores = trials.own_best(lambda x, c: x + c, grid, CLEAN, damaged, "ab")
    assert np.allclose(scores, 40)
    with pytest.raises(ValueError, match="best number of 'b'"):
        trials.own_best(lambda x, c: x + c, grid[:3], CLEAN, damaged, "ab")


def test_paired_gives_the_standard_error():
    d = np.random.default_rng(0).normal(size=25)
    assert trials.paired(d) == f"{d.mean():.1f} ± {d.std(ddof=1) / 5:.1f}"


def test_a_perfect_filling_is_as_rough_as_the_photo():
    photo = np.random.default_rng(0).random((16, 16))
    masks = [trials.squares(photo.shape, 5, 1, random_state=s) for s in range(3)]
    ways = {"off": lambda u, m: np.where(m, u + 0.1, u), "flat": lambda u, m: np.where(m, 0.5, u)}
    scores, rough = trials.fill_trial(ways, photo, masks)
    assert rough == pytest.approx({"off": 1.0, "flat": 0.0})
    assert scores["off"] > scores["flat"]


def test_squares_stay_off_the_border():
    masks = [trials.squares((12, 20), 6, 2, random_state=s) for s in range(20)]
    rim = np.ones((12, 20), dtype=bool)
    rim[1:-1, 1:-1] = False
    assert not any((mask & rim).any() for mask in masks)
    assert all(36 <= mask.sum() <= 72 for mask in masks)
    with pytest.raises(ValueError, match="side"):
        trials.squares((12, 20), 11, 1)


def test_denoisers_take_the_noise_away_at_some_strength():
    photo = np.tile(np.linspace(0.2, 0.8, 24), (24, 1))
    noisy = photo + np.random.default_rng(0).normal(scale=0.1, size=photo.shape)
    for name, (way, grid) in trials.denoisers(0.1).items():
        assert list(grid) == sorted(grid)
        gain = max(trials.clipped_psnr(photo, way(noisy, one)) for one in grid)
        assert gain > trials.clipped_psnr(photo, noisy) + 5, name


def test_noise_turns_the_gain_of_back_projection_around():
    photo = np.kron(np.random.default_rng(0).random((8, 8)), np.ones((4, 4)))
    lens = np.outer([0.25, 0.5, 0.25], [0.25, 0.5, 0.25])
    assert trials.enlarging_gain(photo, lens, 30) > 1
    assert trials.enlarging_gain(photo, lens, 30, noise=0.2, random_state=0) < -1
