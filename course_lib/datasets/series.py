"""Prices of shares over time, and heights of a landscape, that matplotlib carries: no download."""

from __future__ import annotations

import csv
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

import numpy as np


class SharePrices(NamedTuple):
    """Monthly prices of eight companies and two indices.

    Attributes
    ----------
    dates : ndarray of shape (n,), datetime64[D]
        The first of each month.
    prices : ndarray of shape (n, m), float64
        In US dollars (the indices in points), adjusted for later splits and dividends; NaN where
        the company was not listed.
    names : tuple of m str
        Short names of the columns; "^GSPC" is the S&P 500, "^IXIC" the NASDAQ Composite.
    """

    dates: np.ndarray
    prices: np.ndarray
    names: tuple[str, ...]


class Elevation(NamedTuple):
    """Heights on a grid.

    Attributes
    ----------
    heights : ndarray of shape (rows, columns), float64
        In metres above the sea; the first row is the northern one.
    latitudes : ndarray of shape (rows,), float64
        In degrees north, falling.
    longitudes : ndarray of shape (columns,), float64
        In degrees east (negative: west), rising.
    """

    heights: np.ndarray
    latitudes: np.ndarray
    longitudes: np.ndarray


def load_share_prices() -> SharePrices:
    """Load 390 months of share prices, January 1990 to June 2022: eight companies, two indices.

    They are Yahoo Finance's adjusted prices, as the file `Stocks.csv` of matplotlib's sample data
    holds them; its empty rows (days on which a dividend was paid) and its last, incomplete month
    are left out.

    Returns
    -------
    SharePrices
        `prices` (390, 10).

    Examples
    --------
    >>> dates, prices, names = load_share_prices()
    >>> prices.shape, names[0], str(dates[0]), float(prices[0, 0].round(2))
    ((390, 10), 'IBM', '1990-01-01', 10.97)
    """
    text = _sample("Stocks.csv").read_text(encoding="utf-8")
    _source, head, *rows = csv.reader(text.splitlines())
    months = [row for row in rows if row[0].endswith("-01")]
    prices = [[float(number or "nan") for number in row[1:]] for row in months]
    dates = np.array([row[0] for row in months], dtype="datetime64[D]")
    return SharePrices(dates, np.array(prices), tuple(head[1:]))


def load_elevation() -> Elevation:
    """Load the heights of a landscape: the Jacksboro fault in the Appalachians, in Tennessee.

    The points lie 3 seconds of arc apart, which is 93 m from north to south and 74 m from west to
    east. It is the file `jacksboro_fault_dem.npz` of matplotlib's sample data.

    Returns
    -------
    Elevation
        `heights` (344, 403), from 236 m to 1,076 m.

    Examples
    --------
    >>> heights, latitudes, longitudes = load_elevation()
    >>> heights.shape, float(latitudes[0].round(2)), float(longitudes[0].round(2))
    ((344, 403), 36.73, -84.41)
    """
    with _sample("jacksboro_fault_dem.npz").open("rb") as file, np.load(file) as grid:
        heights = grid["elevation"].astype(np.float64)
        rows, columns = heights.shape
        # the file's ymin is the northern edge
        latitudes = np.linspace(grid["ymin"], grid["ymax"], rows)
        longitudes = np.linspace(grid["xmin"], grid["xmax"], columns)
    return Elevation(heights, latitudes, longitudes)


def _sample(name: str) -> Traversable:
    """Return a file of matplotlib's sample data, without loading its drawing."""
    return files("matplotlib").joinpath("mpl-data", "sample_data", name)
