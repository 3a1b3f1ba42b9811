"""Two photographs that scikit-learn carries: no download needed."""

import numpy as np
from sklearn.datasets import load_sample_image

PHOTOS = ("china", "flower")


def load_photo(name: str) -> np.ndarray:
    """Load a colour photograph.

    Parameters
    ----------
    name : {"china", "flower"}
        A temple in the Summer Palace in Beijing, or a dahlia.

    Returns
    -------
    ndarray of shape (427, 640, 3), float64
        Red, green and blue as the file codes them (sRGB), 0 to 1 in steps of 1/255.

    Raises
    ------
    ValueError
        For another name.

    Notes
    -----
    Both are under the Creative Commons Attribution 2.0 licence: "china" by Flickr user
    danielbuechele, "flower" by Flickr user vultilion.

    Examples
    --------
    >>> load_photo("china").shape
    (427, 640, 3)
    """
    if name not in PHOTOS:
        raise ValueError(f"there is no photo {name!r}; choose one of {list(PHOTOS)}.")
    return np.asarray(load_sample_image(f"{name}.jpg"), dtype=np.float64) / 255
