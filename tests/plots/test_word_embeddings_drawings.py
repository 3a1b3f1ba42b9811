import itertools

import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib.plots import word_embeddings as draw


@pytest.fixture(autouse=True)
def figures_are_closed():
    yield
    plt.close("all")


def words(ax):
    return [text.get_text() for text in ax.texts]


def widths(ax):
    return [bar.get_width() for bar in ax.patches]


def test_bars_stand_in_the_order_of_the_words_with_their_values():
    ax = draw.word_bars(["day", "time"], [0.75, 0.5], label="cosine", longest=1)
    assert widths(ax) == [0.75, 0.5]
    assert words(ax) == ["0.75", "0.50"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["day", "time"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first on top
    assert ax.get_xlabel() == "cosine"
    assert ax.get_xlim()[1] > 1


def test_bars_may_have_notes_and_no_bars_say_so():
    assert words(draw.word_bars(["day"], [2], label="", notes=["twice"])) == ["twice"]
    assert words(draw.word_bars([], [], label="cosine")) == ["no word is nearer than another"]


def test_bars_make_room_for_what_lies_below_zero():
    assert draw.word_bars(["a", "b"], [-0.5, 1], label="").get_xlim()[0] == -0.5


def test_a_tree_has_its_leaves_from_left_to_right_and_its_path_is_thick():
    code = ["0", "10", "110", "111"]
    ax = draw.code_tree(["the", "king", "love", "death"], code, {"": "root"}, list("abcd"), "110")
    leaves = {
        text.get_text(): text.get_position()[0] for text in ax.texts if "\n" in text.get_text()
    }
    assert list(leaves) == ["the\na", "king\nb", "love\nc", "death\nd"]
    assert all(a < b for a, b in itertools.pairwise(leaves.values()))
    assert "root" in words(ax)
    edges = [line for line in ax.lines if len(line.get_xdata()) == 2]
    assert len(edges) == 6
    assert sum(edge.get_linewidth() == 4 for edge in edges) == 3
    assert words(ax).count("0") == words(ax).count("1") == 3


def test_a_tree_without_a_path_has_thin_edges_and_its_root_in_the_middle():
    ax = draw.code_tree(["a", "b"], ["0", "1"])
    assert all(line.get_linewidth() < 4 for line in ax.lines)
    [root] = [line for line in ax.lines if line.get_marker() == "o"]
    assert np.allclose([*root.get_xdata(), *root.get_ydata()], [0.5, 0])


def test_ways_of_unlike_lengths_take_drawings_of_one_size():
    sizes = [
        tuple(draw.decisions([1] * n, [0.5] * n, ["x"] * n, "w", rows=15).figure.get_size_inches())
        for n in (2, 15)
    ]
    assert sizes[0] == sizes[1]


def test_decisions_mark_the_way_and_multiply():
    ax = draw.decisions([1, 0], [0.25, 0.5], ["the, and", "king"], "love")
    assert np.allclose(widths(ax), [0.25, 0.75, 0.5, 0.5])
    solid = [bar.get_alpha() for bar in ax.patches]
    assert solid == [0.25, 1, 1, 0.25]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0.75", "0.38"]
    assert {"1", "0", "the, and", "king"} <= set(words(ax))
    assert "love" in ax.get_ylabel()


def test_costs_are_written_beside_their_bars():
    ax = draw.costs(["full", "tree", "noise"], [10_000, 9.63, 6], largest=1e5)
    assert words(ax) == ["10,000", "9.6", "6.0"]
    assert np.allclose(widths(ax), [9999, 8.63, 5])
    assert ax.get_xscale() == "log"


def test_two_models_show_the_same_words_on_opposite_sides():
    shown = words(draw.two_models())
    assert shown.count("sword") == 2
    assert shown.count("drew") == 2
    assert {"CBOW", "skip-gram"} <= set(shown)


def test_every_repeat_of_every_method_has_its_marker():
    scores = {"counts": [[0.1, 0.2], [0.3, 0.4]], "CBOW": [0.5, 0.6]}
    ax = draw.accuracy_by_group(["plural", "past"], scores)
    first, second = ax.lines
    assert list(first.get_xdata()) == [0.1, 0.2, 0.3, 0.4]
    assert list(second.get_xdata()) == [0.5, 0.6]
    assert np.allclose(first.get_ydata(), [-0.1, 0.9, -0.1, 0.9])
    assert first.get_marker() != second.get_marker()


def test_the_chosen_window_is_drawn_thick_with_its_repeats():
    scores = {1: [0.1, 0.2], 2: [0.15, 0.3]}
    ax = draw.accuracy_by_size(
        [8, 16], scores, window=2, size=16, three=[0.28, 0.32], control=0.16, label="right"
    )
    thick = [line for line in ax.lines if line.get_linewidth() == 3 and len(line.get_xdata())]
    assert [list(line.get_ydata()) for line in thick] == [[0.15, 0.3]]
    [repeats] = [line for line in ax.lines if line.get_marker() == "D"]
    assert list(repeats.get_xdata()) == [16, 16]
    assert list(repeats.get_ydata()) == [0.28, 0.32]
    assert ax.get_ylim()[1] > 0.3
    assert any(list(line.get_ydata()) == [0.16, 0.16] for line in ax.lines)


def test_the_forms_of_a_concept_are_joined_and_marked():
    points = np.arange(8.0).reshape(4, 2)
    ax = draw.concept_map(points, 2, ["one", "many"])
    joined = [line for line in ax.lines if line.get_color() == "#b0b0b0"]
    assert [line.get_xydata().tolist() for line in joined] == [
        points[:2].tolist(),
        points[2:].tolist(),
    ]
    marked = {line.get_label(): line.get_xydata().tolist() for line in ax.lines[2:]}
    assert marked == {"one": [[0, 1], [4, 5]], "many": [[2, 3], [6, 7]]}
    assert ax.get_aspect() == 1
    assert ax.get_xlim()[1] > 7


def test_forms_without_names_are_numbered():
    assert draw.concept_map(np.zeros((2, 2)), 2).lines[-1].get_label() == "form 2"


def test_learned_against_counted_has_equal_axes_and_the_diagonal():
    ax = draw.dots_and_pmi([0, 1, 2], [0.5, 1, 1.5])
    assert ax.get_aspect() == 1
    dots, diagonal = ax.lines
    assert list(dots.get_ydata()) == [0.5, 1, 1.5]
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata()) == [0, 2]


def test_words_lie_along_an_axis_with_two_deviations_to_each_side():
    ax = draw.along_an_axis(["sword", "fair"], [-0.2, 0.3], [0.05, 0.1], ends=("he", "she"))
    [bars] = [c for c in ax.collections if len(c.get_segments()) == 2]
    assert np.allclose([s[:, 0] for s in bars.get_segments()], [[-0.3, -0.1], [0.1, 0.5]])
    assert "he" in ax.get_xlabel()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["sword", "fair"]


def test_only_the_first_concepts_are_drawn_where_so_many_are_asked_for():
    ax = draw.concept_map(np.arange(12.0).reshape(6, 2), 3, shown=1)
    assert [line.get_xydata().tolist() for line in ax.lines[:1]] == [[[0, 1], [2, 3]]]
    assert len(ax.lines) == 4


def test_concepts_lie_in_the_plane_of_their_unit_vectors():
    vectors = np.array([[2.0, 0, 0], [0, 3, 0], [-1, 0, 0], [0, -5, 0]])
    ax = draw.concepts_in_plane(vectors, 2, "told", shown=1)
    [joined] = [line.get_xydata() for line in ax.lines if line.get_color() == "#b0b0b0"]
    assert np.allclose(np.linalg.norm(joined, axis=1), 1)
    assert np.isclose(joined[0] @ joined[1], 0)
    assert ax.get_title() == "told"
