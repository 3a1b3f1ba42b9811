import numpy as np
import pytest

from course_lib.datasets import load_elevation, load_returns, load_share_prices


def test_share_prices_are_monthly_and_missing_only_where_a_company_was_not_listed():
    dates, prices, names = load_share_prices()
    assert prices.shape == (len(dates), len(names)) == (390, 10)
    months = dates.astype("datetime64[M]")
    assert (np.diff(months).astype(int) == 1).all()
    assert np.nanmin(prices) > 0
    complete = ["IBM", "AAPL", "MSFT", "XRX", "ADBE", "^GSPC", "^IXIC"]
    assert not np.isnan(prices[:, [names.index(name) for name in complete]]).any()
    amazon = np.isnan(prices[:, names.index("AMZN")])
    assert str(dates[~amazon][0]) == "1997-06-01"
    assert not amazon[np.argmin(amazon) :].any()


def test_heights_lie_on_a_grid_of_three_seconds_with_north_at_the_top():
    heights, latitudes, longitudes = load_elevation()
    assert heights.shape == (len(latitudes), len(longitudes))
    assert (heights.min(), heights.max()) == (236, 1076)
    np.testing.assert_allclose(np.diff(latitudes), -3 / 3600, rtol=0.01)
    np.testing.assert_allclose(np.diff(longitudes), 3 / 3600, rtol=0.01)
    north_to_south = 111_200 * 3 / 3600
    assert round(north_to_south) == 93
    assert round(north_to_south * np.cos(np.radians(latitudes.mean()))) == 74


def test_returns_are_those_of_the_prices():
    months, returns, names, index = load_returns()
    dates, prices, all_names = load_share_prices()
    assert returns.shape == (len(months), len(names)) == (300, 6)
    assert not np.isnan(returns).any()
    column = prices[:, all_names.index("XRX")]
    at = int(np.flatnonzero(dates == np.datetime64("2001-01-01"))[0])
    here = int(np.flatnonzero(months == np.datetime64("2001-01"))[0])
    change = 100 * (column[at] / column[at - 1] - 1)
    assert returns[here, names.index("XRX")] == pytest.approx(change)
    market = prices[:, all_names.index("^IXIC")]
    assert index[here] == pytest.approx(100 * (market[at] / market[at - 1] - 1))


def test_only_companies_listed_before_are_in_it():
    assert load_returns("1990-02").names == ("IBM", "AAPL", "MSFT", "XRX", "ADBE")
    assert len(load_returns("2016-10").names) == 8
    for month in ("1990-01", "2030-01"):
        with pytest.raises(ValueError, match="must be a month from 1990-02 to"):
            load_returns(month)
