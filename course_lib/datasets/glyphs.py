"""Pictures of letters and digits, drawn from fonts: image data of any size and any difficulty.

Symbols
    n      number of pictures
    S      height and width of a picture in pixels
    K      number of classes, one character each
    F      number of fonts
    M      height and width of a stored glyph in pixels, before it is turned, scaled and shifted
    B      pictures of one block, worked on together
    u, v   position of a pixel's centre from the picture's centre, in pixels, to the right and down

The glyphs are those of the free fonts that matplotlib brings (DejaVu, STIX, Computer Modern).
Every kind of chance has a stream of its own, so that one parameter can be moved while everything
else stays: with more clutter the same digits stand in the same places.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import ImageFont

from course_lib.checks import check_number, check_whole
from course_lib.datasets.images import LabeledImages
from course_lib.images.color import LUMA

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FONTS = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique"),
    *("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "DejaVuSerif-BoldItalic"),
    *("DejaVuSansMono", "DejaVuSansMono-Bold"),
    *("DejaVuSansMono-Oblique", "DejaVuSansMono-BoldOblique"),
    *("STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta"),
    *("cmr10", "cmb10", "cmti10", "cmss10", "cmtt10"),
)

_CAPITAL = 0.55  # height of a capital letter as a share of S, at scale 1
_FINER = 1.5  # pixels of a stored glyph per pixel of the picture
_SUPERSAMPLE = 4  # a glyph is first drawn this much larger still, then averaged
_CONTRAST = 0.4  # least difference in luminance between ink and ground
_BLOCK = 128
_LUMA = LUMA.astype(np.float32)


class GlyphSplit(NamedTuple):
    """Training and test pictures of `glyph_split`; arrays as in `LabeledImages`."""

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...]


def glyph_split(
    n_train: int = 4000, n_test: int = 1000, *, clutter: float = 0.5, color: bool = True
) -> GlyphSplit:
    """Make the course's fixed split: dark digits on coloured grounds, 32 × 32, in 21 fonts.

    Every chapter with a classifier enters its row into one contest on this split, so nothing but
    its size, its clutter and its channels can be chosen. A smaller `n_train` gives the first
    pictures of a larger one, and the test pictures do not depend on it. The digits are shifted by
    up to 8 % of the picture, turned by up to 15° and up to 20 % larger or smaller.

    Parameters
    ----------
    n_train, n_test : int
    clutter : float in [0, 1], default=0.5
    color : bool, default=True

    Returns
    -------
    GlyphSplit
        `X_train` (n_train, 32, 32, 3 or 1), `y_train`, `X_test`, `y_test`, `class_names`.

    Examples
    --------
    >>> split = glyph_split(200, 100)
    >>> split.X_train.shape, split.y_test.shape, split.class_names[7]
    ((200, 32, 32, 3), (100,), '7')
    """
    pose = {"shift": 0.08, "rotation": 15.0, "scale": 0.2}
    train, test = (
        rendered_glyphs(n, **pose, clutter=clutter, background=0.5, color=color, random_state=seed)
        for n, seed in ((n_train, 2024), (n_test, 4202))
    )
    return GlyphSplit(train.X, train.y, test.X, test.y, train.class_names)


def rendered_glyphs(
    n: int,
    *,
    classes: Sequence[str] = DIGITS,
    size: int = 32,
    shift: float = 0.0,
    rotation: float = 0.0,
    scale: float = 0.0,
    clutter: float = 0.0,
    background: float = 0.0,
    color: bool = True,
    fonts: Sequence[str] = FONTS,
    random_state: int = 0,
) -> LabeledImages:
    """Draw characters in random fonts, places, directions, sizes and colours.

    All the defaults together give upright black characters in the middle of white pictures.
    Every K pictures in a row hold every class once, and the first m pictures of n are the
    pictures that m asks for.

    Parameters
    ----------
    n : int
        Number of pictures.
    classes : str or sequence of characters, default="0123456789"
        At least two, any that the fonts have; `LETTERS` are the capitals.
    size : int in [8, 256], default=32
        Height and width S in pixels. A capital letter is 0.55·S high at scale 1.
    shift : float in [0, 0.5], default=0
        Largest shift to each side, as a share of S; uniform in both directions.
    rotation : float in [0, 180], default=0
        Largest turn to either side, in degrees; uniform.
    scale : float in [0, 0.5], default=0
        The glyph's size is multiplied by a number uniform in [1 − scale, 1 + scale].
    clutter : float in [0, 1], default=0
        0 draws nothing but the glyph. 1 draws 3 patches, 4 strokes and a ring behind it and a thin
        stroke across it, lets the ground's colour change from side to side, and adds noise of
        standard deviation 0.1 (of the range from black to white). In between, each shape is there
        with this probability, and the rest shrinks in proportion.
    background : float in [0, 1], default=0
        0 is black ink on white ground. 1 gives every picture a random colour of ink and of ground,
        light on dark or dark on light, at least 0.4 apart in luminance; in between they are mixed.
    color : bool, default=True
        3 channels; False gives 1, the luminance 0.299 R + 0.587 G + 0.114 B.
    fonts : sequence of str
        Any of `FONTS`.
    random_state : int, at least 0

    Returns
    -------
    LabeledImages
        `X` (n, S, S, 3 or 1) uint8, `y` (n,) int64, `class_names`.

    Raises
    ------
    TypeError, ValueError
        For a parameter outside its range, or a character that the fonts do not have.

    Notes
    -----
    Some classes look alike when `rotation` is large: 6 and 9, N and Z.
    The pictures depend on the outlines of the fonts and on how FreeType fills them; another release
    of either may change a pixel by a few of its 255 steps. Cost O(n S²), besides O(K F S²) for the
    glyphs, which are kept for the next call.

    Examples
    --------
    >>> X, y, names = rendered_glyphs(20, classes="ABC", clutter=0.5, background=1.0)
    >>> X.shape, X.dtype, y[:3].tolist(), names
    ((20, 32, 32, 3), dtype('uint8'), [1, 2, 0], ('A', 'B', 'C'))
    """
    n, size = check_whole("n", n, 0), check_whole("size", size, 8, 256)
    check_whole("random_state", random_state, 0)
    most = {"shift": (shift, 0.5), "rotation": (rotation, 180), "scale": (scale, 0.5)}
    most |= {"clutter": (clutter, 1), "background": (background, 1)}
    for name, (value, top) in most.items():
        check_number(name, value, least=0, most=top)
    classes, fonts = _check_classes(classes), _check_fonts(fonts)
    glyphs = _stored_glyphs(classes, fonts, ceil(_FINER * _CAPITAL * size))  # (K, F, M, M)
    chance = _drawn_lots(n, len(classes), random_state)
    movement = (shift, np.radians(rotation), scale)
    X = np.empty((n, size, size, 3 if color else 1), dtype=np.uint8)
    for start in range(0, n, _BLOCK):
        block = chance.block(start, start + _BLOCK, size)
        mask = _posed(glyphs, block.labels, block.pose, size, movement)
        picture = _painted(mask, block, clutter, background, color)  # (B, C, S, S)
        X[start : start + _BLOCK] = np.moveaxis(np.rint(255 * picture.clip(0, 1)), 1, -1)
    return LabeledImages(X, chance.labels, classes)


# --- chance ---------------------------------------------------------------------------------


class _Lots(NamedTuple):
    """What chance decides about n pictures: numbers uniform in [0, 1) unless said otherwise."""

    labels: np.ndarray  # (n,) int64
    pose: np.ndarray  # (n, 5): font, shift across, shift down, turn, scale
    colors: np.ndarray  # (n, 2, 3): of ink and ground
    slopes: np.ndarray  # (n, 2, 3): change of the ground's colour across and down
    shapes: np.ndarray  # (n, number of shapes, 9): is it there; place, turn, size; colour
    noise: np.random.Generator | np.ndarray  # where to draw it; in a block (B, 1, S, S), normal

    def block(self, start: int, stop: int, size: int) -> "_Lots":
        *parts, noise = self
        *parts, labels = (part[start:stop] for part in (*parts[1:], parts[0]))
        drawn = noise.standard_normal((len(labels), 1, size, size), dtype=np.float32)
        return _Lots(labels, *parts, drawn)


def _drawn_lots(n: int, K: int, random_state: int) -> _Lots:
    """Draw row by row from one stream for each purpose: then m pictures are the first of n."""
    streams = map(np.random.default_rng, np.random.SeedSequence(random_state).spawn(6))
    labels, pose, colors, slopes, shapes, noise = streams
    rounds = labels.random((-(-n // K), K)).argsort(axis=1)  # every class once in each round
    return _Lots(
        rounds.ravel()[:n].astype(np.int64),
        pose.random((n, 5), dtype=np.float32),
        colors.random((n, 2, 3), dtype=np.float32),
        slopes.random((n, 2, 3), dtype=np.float32),
        shapes.random((n, len(_KINDS), 9), dtype=np.float32),
        noise,
    )


def _ink_and_ground(colors: np.ndarray, background: float) -> np.ndarray:
    """Mix random colours with black and white, and part them where they are too alike.

    Takes (n, 2, 3) uniform numbers, gives (n, 2, 3): ink, ground.
    """
    plain = np.array([[0.0], [1.0]], dtype=np.float32)
    colors = plain + np.float32(background) * (colors - plain)
    light = colors @ _LUMA  # (n, 2)
    gap = np.abs(light[:, 0] - light[:, 1])[:, None, None]
    # Mixing the lighter one with white and the darker one with black, a share m of each,
    # widens the gap to (1 − m) gap + m.
    end = (light >= light[:, ::-1]).astype(np.float32)
    end[:, 0] = 1 - end[:, 1]  # also where both are equal
    share = np.maximum((_CONTRAST - gap) / np.maximum(1 - gap, 1e-6), 0)
    return (colors + share * (end[:, :, None] - colors)).astype(np.float32)


# --- drawing --------------------------------------------------------------------------------


def _painted(
    mask: np.ndarray, lots: _Lots, clutter: float, background: float, color: bool
) -> np.ndarray:
    """Paint ground, shapes, ink (where the mask (B, S, S) has it), shapes and noise, in turn."""
    paints = _ink_and_ground(lots.colors, background)  # (B, 2, 3)
    slopes = np.float32(clutter) * (lots.slopes - np.float32(0.5))
    if not color:  # everything below is linear in the colours
        paints, slopes = (part @ _LUMA[:, None] for part in (paints, slopes))
    picture = _ground(paints[:, 1], slopes, mask.shape[-1])
    _draw_shapes(picture, lots.shapes, clutter, _BEHIND)
    picture += mask[:, None] * (paints[:, 0, :, None, None] - picture)
    _draw_shapes(picture, lots.shapes, clutter, _IN_FRONT)
    return picture + np.float32(0.1 * clutter) * lots.noise if clutter else picture


def _centers(size: int) -> np.ndarray:
    return np.arange(size, dtype=np.float32) - np.float32((size - 1) / 2)


def _ground(color: np.ndarray, slopes: np.ndarray, size: int) -> np.ndarray:
    """Fill with (B, C) colours that change by (B, 2, C) from side to side: (B, C, S, S)."""
    side = _centers(size) / size  # −½ … ½
    across, down = slopes[:, 0, :, None, None] * side, slopes[:, 1, :, None, None] * side[:, None]
    return color[:, :, None, None] + across + down


def _posed(
    glyphs: np.ndarray, y: np.ndarray, pose: np.ndarray, size: int, most: tuple[float, float, float]
) -> np.ndarray:
    """Turn, scale and shift the stored glyphs: shares of ink (B, S, S), by bilinear interpolation.

    Every pixel asks where it was in the stored glyph, which is the inverse of the movement.
    """
    F, M = glyphs.shape[1], glyphs.shape[2]
    font = np.minimum((pose[:, 0] * F).astype(np.intp), F - 1)
    dx, dy, turn, grow = (2 * pose[:, 1:] - 1).T[:, :, None]
    shift, rotation, scale = most
    finer = np.float32(_FINER) / (1 + np.float32(scale) * grow)  # (B, 1)
    cos, sin = (finer * f(np.float32(rotation) * turn) for f in (np.cos, np.sin))
    u, v = (_centers(size) - np.float32(shift * size) * d for d in (dx, dy))  # (B, S)
    middle = np.float32((M - 1) / 2)
    column = (cos * u)[:, None, :] + (sin * v)[:, :, None] + middle  # (B, S, S)
    row = (cos * v)[:, :, None] - (sin * u)[:, None, :] + middle
    first = ((y * F + font) * M * M)[:, None, None]
    return _bilinear(glyphs.ravel(), first, row, column, M)


def _bilinear(
    flat: np.ndarray, first: np.ndarray, row: np.ndarray, column: np.ndarray, M: int
) -> np.ndarray:
    """Read M × M pictures that start at `first` between their pixels; their rims are empty."""
    row, column = (np.clip(place, 0, M - 1.001) for place in (row, column))
    i, j = row.astype(np.int32), column.astype(np.int32)
    row -= i
    column -= j
    at = first + i * M + j
    upper = flat[at]
    upper += column * (flat[at + 1] - upper)
    lower = flat[at + M]
    lower += column * (flat[at + M + 1] - lower)
    return upper + row * (lower - upper)


# Length (of a ring: radius) and width of each kind of shape, least and most, as shares of S.
_KIND = {
    "patch": ((0.2, 0.7), (0.1, 0.5)),
    "stroke": ((0.2, 0.8), (0.04, 0.12)),
    "ring": ((0.08, 0.3), (0.04, 0.12)),
    "thin": ((0.3, 0.9), (0.03, 0.06)),
}
_KINDS = ("thin",) + ("patch",) * 3 + ("stroke",) * 4 + ("ring",)
_IN_FRONT, _BEHIND = range(1), range(1, len(_KINDS))


def _draw_shapes(
    picture: np.ndarray, shapes: np.ndarray, clutter: float, numbers: Sequence[int]
) -> None:
    """Paint shapes over (B, C, S, S) pictures."""
    for number in numbers:
        drawn = np.flatnonzero(shapes[:, number, 0] < clutter)
        if drawn.size:
            place, paint = shapes[drawn, number, 1:6], shapes[drawn, number, 6:]
            cover = _covered(place, _KINDS[number], picture.shape[-1])[:, None]
            if picture.shape[1] == 1:
                paint = paint @ _LUMA[:, None]
            below = picture[drawn]
            picture[drawn] = below + cover * (paint[:, :, None, None] - below)


def _covered(chance: np.ndarray, kind: str, size: int) -> np.ndarray:
    """Share of every pixel that lies in a shape: (B, S, S), with edges one pixel soft."""
    (short, long), (narrow, wide) = _KIND[kind]
    x, y, turn, length, width = chance.T[:, :, None]  # (B, 1)
    u, v = (_centers(size) - size * (place - np.float32(0.5)) for place in (x, y))  # (B, S)
    length = (size * (short + (long - short) * length))[:, :, None]
    width = (size * (narrow + (wide - narrow) * width))[:, :, None]
    if kind == "ring":
        from_rim = np.sqrt((u * u)[:, None, :] + (v * v)[:, :, None]) - length
        return np.clip(width / 2 + 0.5 - np.abs(from_rim), 0, 1)
    cos, sin = np.cos(np.float32(np.pi) * turn), np.sin(np.float32(np.pi) * turn)
    along = (cos * u)[:, None, :] + (sin * v)[:, :, None]
    aside = (cos * v)[:, :, None] - (sin * u)[:, None, :]
    cover = np.clip(length / 2 + 0.5 - np.abs(along), 0, 1)
    cover *= np.clip(width / 2 + 0.5 - np.abs(aside), 0, 1)
    return cover


# --- fonts ----------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _stored_glyphs(classes: tuple[str, ...], fonts: tuple[str, ...], capital: int) -> np.ndarray:
    """Draw every character in every font, capitals `capital` pixels high: (K, F, M, M) float32."""
    M = 2 * ceil(1.2 * capital)
    faces = [_face(name, _SUPERSAMPLE * capital) for name in fonts]
    glyphs = np.empty((len(classes), len(fonts), M, M), dtype=np.float32)
    for k, character in enumerate(classes):
        for f, face in enumerate(faces):
            glyphs[k, f] = _drawn(face, character, M)
    glyphs.setflags(write=False)
    return glyphs


@lru_cache(maxsize=64)
def _face(name: str, capital: int) -> ImageFont.FreeTypeFont:
    """Open a font at the size at which the letter H is `capital` pixels high."""
    path = _font_folder() / f"{name}.ttf"
    basic = ImageFont.Layout.BASIC
    _, top, _, bottom = ImageFont.truetype(path, 1000, layout_engine=basic).getbbox("H")
    return ImageFont.truetype(path, 1000 * capital / (bottom - top), layout_engine=basic)


def _font_folder() -> Path:
    """Find matplotlib's fonts without importing matplotlib: they are only data here."""
    spec = find_spec("matplotlib")
    for place in spec.submodule_search_locations if spec else ():
        folder = Path(place) / "mpl-data" / "fonts" / "ttf"
        if (folder / "DejaVuSans.ttf").is_file():
            return folder
    raise FileNotFoundError(
        "The fonts that matplotlib brings (mpl-data/fonts/ttf) were not found; install matplotlib "
        "from PyPI: python -m pip install --force-reinstall matplotlib"
    )


def _drawn(face: ImageFont.FreeTypeFont, character: str, M: int) -> np.ndarray:
    """Draw a character, its ink in the middle of (M, M), and average it down to that size."""
    ink = face.getmask(character, mode="L")
    absent = face.getmask("\uffff", mode="L")  # no character: what the font draws for unknown ones
    if ink.getbbox() is None or (ink.size == absent.size and bytes(ink) == bytes(absent)):
        raise ValueError(
            "classes must be visible characters that every font in `fonts` has; "
            f"{face.getname()[0]} has no {character!r}."
        )
    width, height = ink.size
    large = _SUPERSAMPLE * M
    if max(width, height) > large - 2 * _SUPERSAMPLE:
        raise ValueError(f"classes: {character!r} is too large to be drawn.")
    sheet = np.zeros((large, large), dtype=np.float32)
    top, left = (large - height) // 2, (large - width) // 2
    sheet[top : top + height, left : left + width] = np.array(ink).reshape(height, width)
    return sheet.reshape(M, _SUPERSAMPLE, M, _SUPERSAMPLE).mean(axis=(1, 3)) / 255


# --- checks ---------------------------------------------------------------------------------


def _check_classes(classes: Sequence[str]) -> tuple[str, ...]:
    found = tuple(classes) if isinstance(classes, Iterable) else (classes,)
    if not all(isinstance(one, str) and len(one) == 1 for one in found):
        raise ValueError(f"classes must be single characters, as in 'ABC'; got {classes!r}.")
    if len(found) < 2 or len(set(found)) < len(found):
        raise ValueError(f"classes must be at least 2 different characters, got {classes!r}.")
    return found


def _check_fonts(fonts: Sequence[str]) -> tuple[str, ...]:
    if isinstance(fonts, str):
        raise TypeError(f"fonts must be a sequence of names; for one font, pass ({fonts!r},).")
    if not fonts or (unknown := [name for name in fonts if name not in FONTS]):
        got = f"unknown: {unknown}" if fonts else "got none"
        raise ValueError(f"fonts must be some of {', '.join(FONTS)}; {got}.")
    return tuple(fonts)
