"""Small pictures of faces, and of what is none, that scikit-image carries: no download needed."""

from __future__ import annotations

import numpy as np
import skimage.data

from course_lib.datasets.images import LabeledImages

EACH = 100
"""Pictures of either kind."""


def load_faces() -> LabeledImages:
    """Load 100 faces and 100 pieces of background, grey, 25 × 25 pixels.

    They are a random choice from *Labeled Faces in the Wild*: the faces without the names of the
    persons, the pieces from the background of the same photographs (G. B. Huang, M. Mattar, H. Lee
    and E. Learned-Miller, Learning to align from scratch, NIPS 2012).

    Returns
    -------
    LabeledImages
        `X` (200, 25, 25, 1), uint8, 0 (black) to 255 (white); `y` (200,), 1 for a face; the 100
        faces come first. scikit-image's grey values are rounded to the nearest of the 256.

    Examples
    --------
    >>> X, y, class_names = load_faces()
    >>> X.shape, class_names[y[0]], class_names[y[-1]]
    ((200, 25, 25, 1), 'face', 'background')
    """
    grey = skimage.data.lfw_subset()
    X = np.round(255 * grey).astype(np.uint8)[..., None]
    return LabeledImages(X, np.repeat([1, 0], EACH), ("background", "face"))
