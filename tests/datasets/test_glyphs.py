"""Rendered glyphs: what each parameter promises, and that nothing else moves with it."""

import numpy as np
import pytest

from course_lib.datasets import FONTS, LETTERS, glyph_split, rendered_glyphs

HARD = {"shift": 0.1, "rotation": 15, "scale": 0.2, "clutter": 0.6, "background": 1.0}


def ink(X):
    """Share of ink of each pixel of black glyphs on white ground: (n, S, S)."""
    return 1 - X[..., 0] / 255


def centers(X):
    weight = ink(X)
    place = np.arange(X.shape[1]) - (X.shape[1] - 1) / 2
    total = weight.sum((1, 2))
    return (weight * place).sum((1, 2)) / total, (weight * place[:, None]).sum((1, 2)) / total


def boxes(X):
    """First and last row with ink of each picture: (n, 2)."""
    rows = ink(X).max(axis=2) > 0.25
    return np.column_stack([rows.argmax(1), X.shape[1] - 1 - rows[:, ::-1].argmax(1)])


def luminance(X):
    return X @ np.array([0.299, 0.587, 0.114]) / 255


def test_form_of_the_result():
    X, y, names = rendered_glyphs(25, **HARD)
    assert (X.shape, X.dtype, y.shape, y.dtype) == ((25, 32, 32, 3), np.uint8, (25,), np.int64)
    assert names == tuple("0123456789")
    assert rendered_glyphs(0).X.shape == (0, 32, 32, 3)
    assert rendered_glyphs(2, size=8, color=False).X.shape == (2, 8, 8, 1)


def test_every_round_of_k_pictures_holds_every_class():
    y = rendered_glyphs(53, classes="ABCDE").y
    assert (np.sort(y[:50].reshape(10, 5), axis=1) == np.arange(5)).all()
    assert not (y[:50].reshape(10, 5) == y[:5]).all()


def test_one_seed_one_result_and_another_seed_another():
    first, again = (rendered_glyphs(30, **HARD).X for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert (first != rendered_glyphs(30, **HARD, random_state=1).X).any(axis=(1, 2, 3)).all()


@pytest.mark.parametrize("m", [1, 127, 128, 129, 255])
def test_fewer_pictures_are_the_first_of_more(m):
    many, few = rendered_glyphs(300, **HARD), rendered_glyphs(m, **HARD)
    np.testing.assert_array_equal(few.X, many.X[:m])
    np.testing.assert_array_equal(few.y, many.y[:m])


def test_without_clutter_the_ground_is_plain_and_the_ink_is_black():
    X = rendered_glyphs(100).X
    assert (X[:, 0] == 255).all()
    assert (X.min(axis=(1, 2, 3)) <= 20).all()
    assert np.ptp(X, axis=-1).max() == 0


def test_the_ink_is_in_the_middle_and_a_capital_is_as_high_as_promised():
    X = rendered_glyphs(60, classes="HE", size=64).X
    top, bottom = boxes(X).T
    assert np.abs(bottom - top + 1 - 0.55 * 64).max() <= 2
    assert np.abs(top + bottom - 63).max() <= 2


def test_shift_moves_by_up_to_its_share_and_nothing_else():
    still, moved = (rendered_glyphs(400, size=48, shift=s) for s in (0.0, 0.15))
    dx, dy = (b - a for a, b in zip(centers(still.X), centers(moved.X), strict=True))
    for d in (dx, dy):
        assert 6.9 < d.max() <= 7.3  # 0.15 · 48 = 7.2 pixels
        assert -7.3 <= d.min() < -6.9
        assert abs(d.mean()) < 4 * 7.2 / np.sqrt(3 * 400)
    assert abs(np.corrcoef(dx, dy)[0, 1]) < 0.2
    np.testing.assert_array_equal(still.y, moved.y)


def test_scale_changes_heights_within_its_range():
    still, scaled = (
        rendered_glyphs(300, classes="HE", size=96, scale=s, fonts=FONTS[:1]).X for s in (0, 0.4)
    )
    height = np.diff(boxes(scaled)) / np.diff(boxes(still))
    assert 1.33 < height.max() < 1.45
    assert 0.55 < height.min() < 0.67


def test_rotation_turns_the_main_axis_by_up_to_its_angle():
    """The axis of a bar comes from its second moments."""
    X = rendered_glyphs(300, classes="|I", size=64, rotation=40, fonts=FONTS[:1])
    weight = ink(X.X[X.y == 0])
    place = np.arange(64) - 31.5
    xx = (weight * place**2).sum((1, 2))
    yy = (weight * place[:, None] ** 2).sum((1, 2))
    xy = (weight * place * place[:, None]).sum((1, 2))
    angle = np.degrees(np.arctan2(-2 * xy, yy - xx) / 2)  # from the vertical
    assert 37 < angle.max() < 41
    assert -41 < angle.min() < -37


def test_background_parts_ink_and_ground_by_what_it_promises():
    X = rendered_glyphs(400, size=48, background=1.0, fonts=["DejaVuSans-Bold"]).X
    light = luminance(X).reshape(400, -1)
    ground = light[:, 0]
    gap = np.abs(light - ground[:, None]).max(axis=1)
    assert gap.min() > 0.38
    assert 0.2 < (light.mean(1) > ground).mean() < 0.8, "light on dark as well as dark on light"
    assert (X[:, :1] == X[:, :1, :1]).all()
    assert np.ptp(X[:, 0, 0], axis=0).min() > 200


def test_more_clutter_changes_more_and_keeps_label_and_pose():
    clean, *cluttered = (
        rendered_glyphs(200, **(HARD | {"clutter": c})) for c in (0, 0.25, 0.5, 0.75, 1.0)
    )
    change = [np.abs(luminance(one.X) - luminance(clean.X)).mean() for one in cluttered]
    assert change[0] > 0.02
    assert (np.diff(change) > 0.01).all()
    assert all((one.y == clean.y).all() for one in cluttered)


def test_a_grey_picture_is_the_luminance_of_the_coloured_one():
    grey, colored = (rendered_glyphs(50, **(HARD | {"clutter": 0}), color=c).X for c in (0, 1))
    assert np.abs(grey[..., 0] / 255 - luminance(colored)).max() < 2 / 255


def test_fonts_differ_and_can_be_chosen():
    looks = {rendered_glyphs(2, classes="AR", fonts=[name]).X.tobytes() for name in FONTS}
    assert len(looks) == len(FONTS)
    some = rendered_glyphs(100, fonts=FONTS[:3])
    pairs = {(label, X.tobytes()) for label, X in zip(some.y.tolist(), some.X, strict=True)}
    assert 25 <= len(pairs) <= 30  # 10 digits in 3 fonts


def test_every_digit_and_letter_of_a_font_looks_different():
    X, y, _ = rendered_glyphs(36, classes="0123456789" + LETTERS, fonts=FONTS[:1])
    assert len({one.tobytes() for one in X}) == len(set(y.tolist())) == 36


def test_the_split_is_fixed_and_its_parts_do_not_meet():
    small, large = glyph_split(60, 40), glyph_split(100, 40)
    np.testing.assert_array_equal(small.X_train, large.X_train[:60])
    np.testing.assert_array_equal(small.X_test, large.X_test)
    train, test = ({x.tobytes() for x in X} for X in (large.X_train, large.X_test))
    assert not train & test


def test_clutter_makes_the_contest_harder():
    """Nearest neighbours on raw pixels lose much of what they can do on plain grounds."""
    from sklearn.neighbors import KNeighborsClassifier

    scores = []
    for clutter in (0.0, 0.5):
        X, y, Z, t, _ = glyph_split(1500, 400, clutter=clutter)
        model = KNeighborsClassifier(1).fit(X.reshape(len(X), -1) / 255, y)
        scores.append(model.score(Z.reshape(len(Z), -1) / 255, t))
    assert scores[0] > scores[1] + 0.15
    assert scores[1] < 0.5


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"classes": 3}, ValueError, "classes must be single characters, as in 'ABC'; got 3"),
        ({"n": -1}, ValueError, "n must be a whole number of at least 0, got -1"),
        ({"n": 2.0}, TypeError, "n must be a whole number"),
        ({"size": 7}, ValueError, "size must be a whole number from 8 to 256, got 7"),
        (
            {"shift": 0.6},
            ValueError,
            r"shift must be a finite number of at least 0 and at most 0\.5, got 0\.6",
        ),
        (
            {"rotation": -1},
            ValueError,
            "rotation must be a finite number of at least 0 and at most 180",
        ),
        ({"scale": float("nan")}, ValueError, "scale must be a finite number"),
        (
            {"clutter": 1.1},
            ValueError,
            "clutter must be a finite number of at least 0 and at most 1",
        ),
        ({"clutter": "much"}, TypeError, "clutter must be a finite number"),
        ({"background": 2}, ValueError, "background must be a finite number"),
        ({"random_state": -1}, ValueError, "random_state must be a whole number of at least 0"),
        ({"classes": "A"}, ValueError, "at least 2 different characters"),
        ({"classes": "AA"}, ValueError, "at least 2 different characters"),
        ({"classes": ["AB", "C"]}, ValueError, "must be single characters"),
        ({"classes": "A\N{CJK UNIFIED IDEOGRAPH-4E2D}"}, ValueError, "has no '\u4e2d'"),
        ({"classes": "A "}, ValueError, "visible characters"),
        ({"fonts": "cmr10"}, TypeError, "for one font, pass"),
        ({"fonts": []}, ValueError, "fonts must be some of"),
        ({"fonts": ["Comic"]}, ValueError, r"unknown: \['Comic'\]"),
    ],
)
def test_bad_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        rendered_glyphs(**({"n": 2} | arguments))
