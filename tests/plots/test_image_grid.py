import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib import plots

mpl.use("agg")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.mark.parametrize(("dtype", "white"), [("uint8", 255), ("float32", 1)])
def test_bytes_and_numbers_have_their_own_white(dtype, white):
    figure = plots.image_grid(np.zeros((2, 4, 4), dtype), ["a", "b"])
    for ax, title in zip(figure.axes, "ab", strict=True):
        assert ax.images[0].get_clim() == (0, white)
        assert ax.get_title() == title


def test_images_stand_in_rows_and_the_last_row_may_be_short():
    figure = plots.image_grid(np.zeros((7, 4, 8, 3), "uint8"), columns=3)
    assert [bool(ax.images) for ax in figure.axes] == [True] * 7 + [False] * 2
    width, height = figure.get_size_inches()
    assert height == pytest.approx(3 * width / 3 / 2)


def test_fewer_images_than_columns_fill_the_width():
    assert len(plots.image_grid(np.zeros((2, 4, 4)), columns=6).axes) == 2
