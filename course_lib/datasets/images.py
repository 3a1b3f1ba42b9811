"""The form in which every set of labelled pictures is handed out."""

from typing import NamedTuple

import numpy as np

from course_lib.checks import check_whole


class LabeledImages(NamedTuple):
    """Pictures with one label each; unpacks as ``X, y, class_names``.

    Attributes
    ----------
    X : ndarray of shape (n, height, width, channels), uint8
        Pictures, 0 (black) to 255 (white); 3 channels are red, green, blue. Divide by 255 before
        computing: differences of uint8 wrap around.
    y : ndarray of shape (n,), int64
        Labels: positions in `class_names`.
    class_names : tuple of K str
    """

    X: np.ndarray
    y: np.ndarray
    class_names: tuple[str, ...]


def check_subset(subset: str, n: int | None, available: dict[str, int]) -> int:
    """Return how many of the pictures of a subset are asked for; n=None asks for all."""
    if subset not in available:
        raise ValueError(
            f"subset must be one of {', '.join(map(repr, available))}, got {subset!r}."
        )
    most = available[subset]
    if n is None:
        return most
    return check_whole(f"n for subset={subset!r}", n, 1, most)
