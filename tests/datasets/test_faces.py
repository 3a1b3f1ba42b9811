import numpy as np
import skimage.data

from course_lib.datasets import load_faces


def test_faces_are_scikit_images_rounded_to_bytes():
    X, y, class_names = load_faces()
    assert X.shape == (200, 25, 25, 1)
    assert X.dtype == np.uint8
    assert np.abs(X[..., 0] / 255 - skimage.data.lfw_subset()).max() <= 0.5 / 255 + 1e-12
    assert [class_names[k] for k in y] == ["face"] * 100 + ["background"] * 100


def test_faces_come_first():
    """A face is mostly darker at the eyes than below them; a piece of background has no rule."""
    X, y, _ = load_faces()
    eyes = X[:, 7:11, 5:20, 0].mean(axis=(1, 2))
    below = X[:, 12:17, 5:20, 0].mean(axis=(1, 2))
    assert (below > eyes)[y == 1].mean() > 0.8
    assert (below > eyes)[y == 0].mean() < 0.7
