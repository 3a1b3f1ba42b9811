import numpy as np
import pytest
from matplotlib import pyplot as plt
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.exceptions import NotFittedError

from course_lib.plots import trees as draw
from course_lib.trees import DecisionTreeClassifier, DecisionTreeRegressor
from course_lib.trees.impurity import entropy, gini, information_gain


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def test_the_kept_nodes_are_those_of_the_pruned_tree():
    X, y = load_breast_cancer(return_X_y=True)
    model = DecisionTreeClassifier().fit(X, y)
    for alpha in (0.0, 0.003, 0.02, 1.0):
        kept = draw.nodes_kept(model, alpha)
        pruned = model.pruned(alpha).tree_
        assert kept.sum() == len(pruned)
        np.testing.assert_array_equal(model.tree_.size[kept], pruned.size)


def test_a_cut_returns_what_is_on_each_side():
    X, y = load_iris(return_X_y=True)
    left, right = draw.cut_on_one_feature(X[:, 2], y, 2.5, ["a", "b", "c"])
    assert (left.tolist(), right.tolist()) == ([50, 0, 0], [0, 50, 50])


def test_a_tree_is_drawn_with_a_frame_for_every_node_that_is_kept():
    X, y = load_iris(return_X_y=True)
    model = DecisionTreeClassifier(max_depth=2).fit(X, y)
    texts = [text.get_text() for text in draw.draw_tree(model).texts]
    assert sum("≤" in text for text in texts) == 2
    assert [text.strip() for text in texts[-2:]] == ["yes", "no"]
    assert len(texts) == len(model.tree_) + 2
    with pytest.raises(NotFittedError):
        draw.draw_tree(DecisionTreeClassifier())


def test_the_drawn_thresholds_lie_between_the_training_values():
    X = np.array([[2001.0], [2004], [2007], [2011]])
    model = DecisionTreeClassifier().fit(X, [0, 1, 0, 1])
    texts = [text.get_text() for text in draw.draw_tree(model).texts]
    written = sorted(float(text.split("≤")[1]) for text in texts if "≤" in text)
    assert all(low < t < high for low, t, high in zip(X[:-1, 0], written, X[1:, 0], strict=True))
    model = DecisionTreeRegressor().fit(X, [1000.1, 1000.2, 1000.3, 1000.4])
    texts = [text.get_text() for text in draw.draw_tree(model, ax=plt.figure().gca()).texts]
    means = sorted(text.split("\n")[0] for text in texts if "\n" in text and "≤" not in text)
    assert means == ["1000.1", "1000.2", "1000.3", "1000.4"]


def test_children_are_drawn_below_their_parents_and_left_means_yes():
    X, y = load_iris(return_X_y=True)
    model = DecisionTreeClassifier(max_depth=3).fit(X, y)
    tree, ax = model.tree_, draw.draw_tree(model)
    framed = [a for a in ax.patches if a.get_facecolor()[3] == 0]  # a node's frame, in its order
    x, height = np.array([artist.get_center() for artist in framed]).T
    inner = np.flatnonzero(~tree.is_leaf)
    assert len(height) == len(tree)
    assert len(inner) > 3
    for side in (tree.left, tree.right):
        np.testing.assert_allclose(height[side[inner]], height[inner] - 1)
    assert (x[tree.left[inner]] < x[inner]).all()
    assert (x[inner] < x[tree.right[inner]]).all()


def test_the_steps_go_on_beyond_the_points():
    x = np.arange(30.0)
    model = DecisionTreeRegressor(max_depth=2).fit(x[:, None], x)
    ax = draw.steps_of_a_regression_tree(x, x, [model])
    right, height = ax.lines[1].get_xydata()[-1]
    assert right > 35
    assert height == pytest.approx(model.predict([[29.0]])[0])


def wines_of_two_measurements():
    X, y = load_wine(return_X_y=True)
    return X[:, [6, 12]], np.array(list("ABC"))[y]


def test_the_splits_come_in_the_order_of_what_they_take_off_the_impurity():
    X, y = load_iris(return_X_y=True)
    tree = DecisionTreeClassifier(criterion="entropy").fit(X, y).tree_
    order, decreases = draw.best_first(tree), tree.decreases()
    assert sorted(order) == np.flatnonzero(~tree.is_leaf).tolist()
    for place, node in enumerate(order):
        done = order[:place]
        children = {int(c) for t in done for c in (tree.left[t], tree.right[t])} or {0}
        waiting = [t for t in children if t not in done and not tree.is_leaf[t]]
        assert decreases[node] == max(decreases[waiting])


def test_the_first_splits_are_the_beginning_of_the_order():
    X, y = wines_of_two_measurements()
    model = DecisionTreeClassifier(criterion="entropy").fit(X, y)
    for count in (0, 1, 5, 100):
        part = draw.first_splits(model, count)
        assert part.get_n_leaves() == min(count + 1, model.get_n_leaves())
    two, three = (draw.first_splits(model, count).tree_ for count in (2, 3))
    asked = [set(tree.threshold[~tree.is_leaf]) for tree in (two, three)]
    assert asked[0] < asked[1]
    assert model.get_n_leaves() > 10  # the whole tree is untouched


def test_the_map_shows_every_split_inside_its_box_and_both_sides_have_its_number():
    X, y = wines_of_two_measurements()
    model = DecisionTreeClassifier(criterion="entropy").fit(X, y)
    part = draw.first_splits(model, 4)
    limits = (0, 5.4, 200, 1750)
    left, right = draw.map_and_tree(part, X, y, ["f", "p"], "ABC", limits).axes
    numbers = [[t.get_text() for t in ax.texts if t.get_text() in "1234"] for ax in (left, right)]
    assert numbers[0] == ["1", "2", "3", "4"]
    assert set(numbers[0]) <= set(numbers[1])
    tree, order = part.tree_, draw.best_first(part.tree_)
    lines = [line.get_xydata() for line in left.lines if len(line.get_xydata()) == 2]
    for t, ends in zip(order, lines[-4:], strict=True):
        middle = ends.mean(axis=0)
        assert middle[tree.feature[t]] == pytest.approx(tree.threshold[t])
        assert t in tree.path(middle)
    assert "split 4" in left.figure.get_suptitle()


def test_a_tree_without_splits_is_a_map_of_one_colour():
    X, y = wines_of_two_measurements()
    model = draw.first_splits(DecisionTreeClassifier().fit(X, y), 0)
    left, _ = draw.map_and_tree(model, X, y, ["f", "p"], "ABC", (0, 5.4, 200, 1750)).axes
    assert left.figure.get_suptitle() == "no split yet"


@pytest.mark.parametrize(("measure", "impurity"), [("entropy", entropy), ("Gini", gini)])
def test_the_gap_is_the_gain(measure, impurity):
    parts = [[200, 400], [200, 0]]
    ax = plt.figure().gca()
    gain = draw.gain_as_a_gap(parts, measure, ax=ax)
    assert gain == pytest.approx(information_gain(parts, impurity))
    gap = next(line for line in ax.lines if line.get_label() == "gain").get_ydata()
    assert gap[1] - gap[0] == pytest.approx(gain)
    assert gap[1] == pytest.approx(impurity([400, 400]))


def test_the_errors_see_no_gap_between_sides_of_one_answer():
    assert draw.gain_as_a_gap([[300, 100], [200, 200]], "share of errors") == pytest.approx(0)


def test_the_bars_are_the_errors_that_were_given():
    X, y = wines_of_two_measurements()
    model = DecisionTreeClassifier(max_depth=1).fit(X, y)
    figure = draw.regions_and_errors(
        model, (X, y), {"training": 0.1, "test": 0.2}, (0, 5.4, 200, 1750), worst=0.3
    )
    assert [bar.get_height() for bar in figure.axes[1].patches] == [0.1, 0.2]


def test_yes_and_no_stand_beside_the_branches_of_the_root():
    X, y = wines_of_two_measurements()
    model = DecisionTreeClassifier(max_depth=2).fit(X, y)
    words = {text.get_text().strip(): text for text in draw.draw_tree(model).texts}
    root = next(a for a in plt.gca().patches if a.get_facecolor()[3] == 0).get_center()[0]
    assert words["yes"].get_position()[0] < root < words["no"].get_position()[0]
    stump = draw.draw_tree(model.pruned(1.0), ax=plt.figure().gca())
    assert not {"yes", "no"} & {text.get_text().strip() for text in stump.texts}


def test_the_limit_of_the_rule_is_a_standard_error_above_the_least_error():
    X, y = load_iris(return_X_y=True)
    curves = {"training": [0.0, 0.05, 0.6], "held out": [0.08, 0.06, 0.6]}
    figure = draw.pruned_tree_and_errors(
        DecisionTreeClassifier().fit(X, y),
        1,
        [0.01, 0.1, 0.5],
        curves,
        "abc",
        spread=[0.03, 0.02, 0.01],
    )
    dotted = [line for line in figure.axes[1].lines if line.get_linestyle() == ":"]
    assert [line.get_ydata()[0] for line in dotted] == [pytest.approx(0.08)]
    assert 0.08 < figure.axes[1].get_ylim()[1] < 0.2


def test_gains_by_chance_are_split_at_the_mark():
    ax = plt.figure().gca()
    mark = 0.1 + 0.2
    shares = draw.gains_by_chance([0.05, 0.3, mark, 0.9, 1.0], mark, "x", ax=ax)
    assert shares == pytest.approx((0.4, 0.4))
    left = [bar.get_height() for bar in ax.patches if bar.get_x() < mark - 0.01]
    assert sum(left) == 3
    assert sum(bar.get_height() for bar in ax.patches) == 5


TEN, MIXED = np.arange(10.0)[:, None], list("aabaabbbbb")


def marks(ax):
    """Return the points of each kind of mark: shape -> (m, 2), legend left out."""
    found = {}
    for line in ax.lines:
        if line.get_marker() in ("o", "s", "X", "P") and line.get_label().startswith("_"):
            found[line.get_marker()] = line.get_xydata()
    return found


def fall(step, new=([0.1], [0.2], [6.5], [2.0], [2.1], [9.0], [9.5]), named="abbbaaa", times=1):
    model = DecisionTreeClassifier(max_depth=2).fit(TEN, MIXED)
    X, y = np.repeat(np.array(new), times, axis=0), np.repeat(list(named), times)
    return model, draw.falling_samples(model, X, y, step, "x", "ab"), plt.gcf().axes


def under_way(step, **named):
    _, counts, (tree, *_) = fall(step, **named)
    return counts, np.concatenate([np.empty((0, 2)), *marks(tree).values()])


def test_groups_set_out_one_a_step_and_pass_a_branch_at_each():
    """Of 7 × 5 samples two set out at a step, a leaf of depth 1 is reached at the second."""
    counts, points = under_way(0, times=5)
    assert counts[:, 2].tolist() == [0, 0, 0]
    assert len(points) == 0
    _, points = under_way(1, times=5)
    assert len(points) == 2
    assert (points[:, 1] > 0).all()  # above the root
    assert len({float(x) for x in points[:, 0]}) == 2
    _, points = under_way(2, times=5)
    assert sorted(points[:, 1] > 0) == [False, False, True, True]
    on_branch = points[points[:, 1] < 0]
    assert (on_branch[:, 1] > -1).all()
    assert len(np.unique(on_branch, axis=0)) == 2


@pytest.mark.parametrize(("times", "together"), [(2, 1), (3, 2), (24, 9)])
def test_there_are_at_most_twenty_groups(times, together):
    _, points = under_way(1, times=times)
    assert len(points) == together


def test_a_sample_under_way_is_on_the_branch_into_its_node():
    """A branch ends in the leaf; the middle of the group has passed a third of it."""
    model, _, (ax, *_) = fall(2, new=([0.1],), named="a")
    root, left, _ = (draw.node_places(model.tree_)[t] for t in (0, *draw._children(model.tree_, 0)))
    ((x, y),) = marks(ax)["o"]
    assert x == pytest.approx(root + (left - root) * -y)
    assert y == pytest.approx(-0.32)


def test_from_its_leaf_a_sample_takes_a_step_down_the_thread():
    model, counts, (ax, *_) = fall(3, new=([9.0],), named="b")
    ((x, y),) = marks(ax)["s"]
    assert counts[:, 2].sum() == 0
    assert x == pytest.approx(draw.node_places(model.tree_)[model.tree_.right[0]])
    assert ax.get_ylim()[0] < y < -1


def test_a_shallow_leaf_is_reached_before_a_deep_one():
    landed = [fall(step, new=([0.1], [9.0]), named="ab")[1][:, 2].tolist() for step in range(6)]
    assert landed[4:] == [[0, 0, 0], [1, 0, 1]]  # the second sets out a step later
    swapped = fall(4, new=([9.0], [0.1]), named="ba")[1][:, 2].tolist()
    assert swapped == [0, 0, 1]


def test_what_lands_wrongly_hangs_below_the_line_as_the_cross_of_its_class():
    _, counts, (_, piles, table) = fall(13)
    found = marks(piles)
    wrong = np.concatenate([found["X"], found["P"]])
    assert len(wrong) == counts[:, 3].sum() == 4
    assert np.rint(found["X"][:, 0]).tolist() == [2, 2]  # a where the leaf says b
    assert np.rint(found["P"][:, 0]).tolist() == [0, 1]
    assert (wrong[:, 1] < 0).all()
    right = np.concatenate([found["o"], found["s"]])
    assert (right[:, 1] > 0).all()
    assert np.rint(right[:, 0]).tolist() == [0, 1, 2]
    assert len(np.unique(wrong, axis=0)) == 4  # none hides another
    bottom, top = piles.get_ylim()
    assert bottom < wrong[:, 1].min()
    assert right[:, 1].max() < top
    written = [[t.get_text() for t in table.texts if t.get_position()[0] == k] for k in range(3)]
    assert written == [["2", "2", "1"], ["3", "1", "2", "1"], ["5", "3", "2"]]


def way_and_ring(step, x=0.1):
    """Return model, way, ring and axes of one sample that falls alone."""
    model = DecisionTreeClassifier(max_depth=2).fit(TEN, MIXED)
    draw.falling_samples(model, np.array([[x]]), np.array(["a"]), step, "x", "ab", ringed=0)
    ax = plt.gcf().axes[0]
    ways = [line.get_xydata() for line in ax.lines if line.get_lw() > 2]
    return model, ways, hollow(ax), ax


def hollow(ax):
    return [line.get_xydata() for line in ax.lines if line.get_markerfacecolor() == "none"]


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_the_way_of_one_sample_leads_from_the_root_to_where_it_is(step):
    """It passes two questions; at the fourth step it is on the thread of its leaf."""
    model, (way,), (ring,), _ = way_and_ring(step)
    x, height = draw.node_places(model.tree_), -model.tree_.depths()
    nodes = model.tree_.path(np.array([0.1]))[: step - 1]
    np.testing.assert_allclose(way[:-1], np.reshape([(x[t], height[t]) for t in nodes], (-1, 2)))
    np.testing.assert_allclose(way[-1:], ring)


def test_the_way_of_what_has_landed_ends_below_its_leaf_and_the_ring_is_in_the_pile():
    model, (way,), rings, ax = way_and_ring(5)
    leaf = model.tree_.path(np.array([0.1]))[-1]
    assert rings == []
    piles = plt.gcf().axes[1]
    mark, ring = (line.get_xydata() for line in piles.lines if line.get_marker() == "o")
    np.testing.assert_array_equal(hollow(piles), [ring])
    np.testing.assert_array_equal(ring, mark)
    assert len(way) == 4
    assert way[-1].tolist() == [draw.node_places(model.tree_)[leaf], ax.get_ylim()[0]]


def test_before_it_sets_out_a_sample_has_no_way():
    assert way_and_ring(0)[1:3] == ([], [])


def test_what_a_falling_sample_has_just_answered_and_what_its_leaf_calls_it():
    model = DecisionTreeClassifier(max_depth=2).fit(TEN, MIXED)
    low, high, words = np.array([[0.1]]), np.array([[9.0]]), (["height"], ["good", "bad"])
    said = [draw.latest_answer(model, low, 0, step, *words) for step in range(7)]
    first, second = (f"height 0.1 ≤ {t:g}, yes" for t in (4.5, 1.5))
    called = [f"{second}, and so it is called good"] * 3
    assert said == ["nothing yet", "nothing yet", first, second, *called]
    right = "height 9 > 4.5, no"
    assert draw.latest_answer(model, high, 0, 2, *words) == right
    assert draw.latest_answer(model, high, 0, 3, *words) == f"{right}, and so it is called bad"
    two = np.concatenate([low, high])  # the second sets out a step later
    assert draw.latest_answer(model, two, 1, 2, *words) == "nothing yet"


def test_a_pile_stays_within_the_column_of_its_leaf():
    many = np.linspace(5, 9, 60)[:, None]
    _, _, (tree, piles, _) = fall(30, new=many, named="b" * 50 + "a" * 10)
    points = np.concatenate(list(marks(piles).values()))
    assert len(np.unique(points, axis=0)) == 60
    assert (np.abs(points[:, 0] - 2) < 0.5).all()
    assert points[:, 1].max() < piles.get_ylim()[1]
    assert points[:, 1].min() > piles.get_ylim()[0]
    assert tree.get_xlim() == piles.get_xlim()
    written = [text.get_text() for text in tree.get_legend().get_texts()]
    assert written == ["a", "b", "a in a wrong leaf", "b in a wrong leaf"]


def test_a_tree_without_room_for_words_has_its_first_question_beside_it():
    y = np.arange(20) % 2
    X = np.stack([np.arange(20.0), y > 5], axis=1)
    model = DecisionTreeClassifier().fit(X, y)
    draw.falling_samples(model, X, y, 0, ["height", "never"], "ab")
    (words,) = (t.get_text() for t in plt.gcf().axes[0].texts if "first" in t.get_text())
    assert words == f"first question:\nheight ≤ {model.tree_.threshold[0]:g}"
