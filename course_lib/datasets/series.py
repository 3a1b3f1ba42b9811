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


class MonthlyReturns(NamedTuple):
    """By how much prices changed from month to month, in per cent.

    Attributes
    ----------
    months : ndarray of shape (n,), datetime64[M]
        Yahoo dates a month's last price by its first day: the change is that of this month.
    returns : ndarray of shape (n, m), float64
    names : tuple of m str
        Short names of the companies.
    index : ndarray of shape (n,), float64
        The return of the NASDAQ Composite.
    """

    months: np.ndarray
    returns: np.ndarray
    names: tuple[str, ...]
    index: np.ndarray


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


def load_returns(since: str = "1997-07") -> MonthlyReturns:
    """Load the monthly returns of all companies of `load_share_prices` listed before a month.

    Parameters
    ----------
    since : str, default="1997-07"
        The first month, as "YYYY-MM"; from the default on there are six companies.

    Returns
    -------
    MonthlyReturns
        `returns` (300, 6) by default.

    Raises
    ------
    ValueError
        For a month without a price in the month before it.

    Examples
    --------
    >>> months, returns, names, index = load_returns()
    >>> returns.shape, names
    ((300, 6), ('IBM', 'AAPL', 'MSFT', 'XRX', 'AMZN', 'ADBE'))
    >>> str(months[11]), float(returns[11, 4].round(1)), float(index[11].round(1))
    ('1998-06', 126.4, 6.5)
    """
    dates, prices, names = load_share_prices()
    months = dates.astype("datetime64[M]")
    if not months[0] < np.datetime64(since, "M") <= months[-1]:
        raise ValueError(f"since={since!r} must be a month from {months[1]} to {months[-1]}.")
    first = int(np.flatnonzero(months == np.datetime64(since, "M"))[0])
    returns = 100 * (prices[first:] / prices[first - 1 : -1] - 1)
    listed = [j for j, name in enumerate(names) if name[0] != "^" and not np.isnan(returns[0, j])]
    index = returns[:, names.index("^IXIC")]
    kept = tuple(names[j] for j in listed)
    return MonthlyReturns(months[first:], returns[:, listed], kept, index)


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
