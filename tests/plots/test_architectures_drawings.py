from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib.nn.published import MOBILENETS, WINNERS
from course_lib.plots import architectures as draw


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_each_winner_has_a_bar_of_its_error_and_a_hatch_where_features_were_made_by_hand():
    ax = draw.winners(WINNERS, 5.1)
    bars = [bar for bar in ax.patches if bar.get_width() > 0.7 and bar.get_x() > 2000]
    assert [bar.get_height() for bar in bars] == [one.error for one in WINNERS]
    assert [bar.get_hatch() for bar in bars] == ["//", "//", *6 * [None]]
    assert {"28.2 %", "ResNet\n152 layers", "SENet"} <= set(texts(ax))
    line = next(one for one in ax.lines if len(one.get_ydata()) == 2)
    assert list(line.get_ydata()) == [5.1, 5.1]
    assert "one person, 5.1 %" in [text.get_text() for text in ax.get_legend().get_texts()]


def test_rows_without_a_side_are_full():
    shapes = [(8, 4, 4), (8, 2, 2), (8, 2, 2), (8, 1, 1), (8,)]
    groups = draw.by_side(SimpleNamespace(shape=shape) for shape in shapes)
    assert {side: len(rows) for side, rows in groups.items()} == {"4": 1, "2": 2, "full": 2}


def test_a_stage_is_as_high_as_its_map_and_its_bar_is_its_share():
    figure = draw.stages([(63, 8), (1, 4)], [1e6, 3e6], ["8", "full"], "parameters")
    top, bottom = figure.axes
    assert [box.get_height() for box in top.patches] == [1, 0.5]
    assert top.patches[0].get_width() == pytest.approx(6 * top.patches[1].get_width())
    assert [bar.get_height() for bar in bottom.patches] == [25, 75]
    assert texts(bottom) == ["1 M", "3 M"]
    assert [label.get_text() for label in bottom.get_xticklabels()] == ["8", "full"]
    assert bottom.get_ylabel() == "parameters (%)"


@pytest.mark.parametrize(
    ("value", "words"), [(999, "999"), (1000, "1 k"), (1.5e6, "1.5 M"), (2e9, "2 G"), (0.5, "0.5")]
)
def test_counts_are_written_short(value, words):
    assert draw._counted(value) == words


def test_the_chosen_bar_is_filled_and_the_others_are_hatched():
    ax = draw.bars_on_log({"a": 1000, "b": 20000}, "b", "weights", (100, 1e6))
    assert [bar.get_width() for bar in ax.patches] == [1000, 20000]
    assert [bar.get_hatch() for bar in ax.patches] == ["//", ""]
    assert texts(ax) == ["1,000", "20,000"]
    assert ax.get_xscale() == "log"
    assert ax.get_xlim() == (100, 1e6)
    assert ax.yaxis_inverted()


def test_only_residual_and_dense_blocks_have_a_way_around():
    axes = draw.blocks().axes
    assert [ax.get_title() for ax in axes] == ["plain", "residual", "dense"]
    assert [len(ax.lines) for ax in axes] == [0, 1, 2]
    assert ["+" in texts(ax) for ax in axes] == [False, True, False]
    assert [texts(ax).count("‖") for ax in axes] == [0, 0, 2]


def test_the_chosen_kinds_mean_is_the_thickest_line():
    runs = {"plain": [[2.0, 1.0], [2.0, 3.0]], "residual": [[1.0, 0.5], [1.0, 0.7]]}
    ax = draw.training_losses([10, 30], runs, "residual", 2.3)
    thickest = max(ax.lines, key=lambda line: line.get_linewidth())
    assert thickest.get_label() == "residual"
    assert np.allclose(thickest.get_ydata(), [1.0, 0.6])
    mean = next(line for line in ax.lines if line.get_label() == "plain")
    assert np.allclose(mean.get_ydata(), [2.0, 2.0])
    assert mean.get_alpha() < thickest.get_alpha()
    assert mean.get_linestyle() != thickest.get_linestyle()


def test_slopes_stand_beside_their_likeness():
    left, right = draw.slopes([0, 1], [2, 3], [0, 0.5], [1, 0.2]).axes
    assert list(left.lines[0].get_ydata()) == [2, 3]
    assert list(right.lines[0].get_xdata()) == [0, 0.5]
    assert list(right.lines[0].get_ydata()) == [1, 0.2]


def test_a_circles_area_grows_with_the_parameters_and_the_chosen_name_is_bold():
    networks = {"AlexNet": (0.7, 56.5, 61.0), "ResNet-18": (1.8, 69.8, 12.0), "x": (4, 76, 25.0)}
    ax = draw.bubbles(networks, "x", "cost")
    areas = [one.get_sizes()[0] for one in ax.collections]
    assert np.allclose(np.divide(areas, areas[1]), [61 / 12, 1, 25 / 12])
    assert ax.collections[0].get_offsets()[0].tolist() == [0.7, 56.5]
    weights = {text.get_text(): text.get_weight() for text in ax.texts}
    assert weights == {"AlexNet": "normal", "ResNet-18": "normal", "x": "bold"}
    sides = {text.get_text(): (text.get_ha(), text.get_va()) for text in ax.texts}
    assert sides["AlexNet"] == ("center", "top")
    assert sides["ResNet-18"] == ("left", "center")
    assert sides["x"] == ("center", "bottom")
    assert ax.get_xscale() == "log"
    assert draw.bubbles(networks, "x", "cost", log=False).get_xscale() == "linear"


def test_the_ring_stands_on_the_chosen_mobilenet():
    ax = draw.slim_networks(MOBILENETS, 0.5, 160)
    ring = next(line for line in ax.lines if line.get_markersize() == 17)
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == (77, 59.9)
    lines = [line for line in ax.lines if line is not ring]
    assert [line.get_label() for line in lines] == [
        f"width × {w}" for w in ("1", "0.75", "0.5", "0.25")
    ]
    strongest = max(lines, key=lambda line: line.get_linewidth())
    assert strongest.get_label() == "width × 0.5"


def test_accuracies_have_bands_and_the_chosen_mean_a_ring():
    found = {"a": [[0.5, 0.7], [0.8, 1.0]], "b": [[0.1, 0.1], [0.2, 0.2]]}
    ax = draw.accuracies_by_number([5, 15], found, ("a", 15), 0.5)
    ring = next(line for line in ax.lines if line.get_markersize() == 17)
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == pytest.approx((15, 90))
    a = next(line for line in ax.lines if line.get_label() == "a")
    assert np.allclose(a.get_ydata(), [60, 90])
    low, high = (f(ax.collections[0].get_paths()[0].vertices[:, 1]) for f in (np.min, np.max))
    assert (low, high) == pytest.approx((60 - 20 / 2**0.5, 90 + 20 / 2**0.5))
    assert [label.get_text() for label in ax.get_xticklabels()] == ["5", "15"]
