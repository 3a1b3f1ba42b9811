import numpy as np

from course_lib.datasets import load_elevation, load_share_prices


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
