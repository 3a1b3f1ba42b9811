"""The experiments on recurrent networks compare what they say they compare."""

import numpy as np
import pytest
import torch

from course_lib.nn.weights import load_weights
from experiments import stored

shakespeare, tang = (stored.load(name) for name in ("shakespeare_characters", "tang_poems"))


# --- the choice of a rate -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "trains", "name"), [(shakespeare, "descend", "plain"), (tang, "descend", "GRU")]
)
@pytest.mark.parametrize("best", [0.0004, 0.002, 0.01, 0.06, 0.2])
def test_the_grid_is_widened_until_the_best_rate_stands_inside(
    module, trains, name, best, monkeypatch
):
    asked = []

    def descend(model, rate, *rest):
        asked.append(rate)
        return [9.0, abs(np.log(rate / best))]

    monkeypatch.setattr(module, trains, descend)
    rate, tried = module.choose.__wrapped__(name)
    assert len(asked) == len(set(asked)) == len(tried)
    assert min(asked) < rate < max(asked)
    assert abs(np.log(rate / best)) < np.log(3.4) / 2 + 0.01


@pytest.mark.parametrize("name", ["shakespeare_characters", "tang_poems"])
def test_no_stored_rate_stands_at_the_end_of_its_grid(name):
    result = stored.read(name)["result"]
    for kind, rate in result["rate"].items():
        tried = sorted(map(float, result["rates_tried"][kind]))
        assert tried[0] < rate < tried[-1]


# --- Shakespeare --------------------------------------------------------------------------------


def test_no_play_that_is_judged_is_learned():
    vocabulary, train, validation, test = shakespeare.texts()
    assert len(train) > 4_800_000
    assert len(validation) == shakespeare.LOOKED_AT
    read = vocabulary.decode(train)
    for codes in (validation, test):
        lines = vocabulary.decode(codes).splitlines()
        long = [line for line in lines if len(line) > 35]
        assert sum(line in read for line in long) < 0.01 * len(long)


def test_networks_of_shakespeare_are_of_one_size_and_differ_in_their_start():
    models = {name: shakespeare.new_network(name, 0) for name in shakespeare.SIZES}
    sizes = [sum(p.numel() for p in model.parameters()) for model in models.values()]
    assert max(sizes) < 1.04 * min(sizes)
    W, V = (models[name].recurrent.weight_hh_l0.detach() for name in ("orthogonal", "plain"))
    torch.testing.assert_close(W @ W.T, torch.eye(len(W)), atol=1e-5, rtol=0)
    assert torch.linalg.eigvals(V).abs().max() < 0.7
    torch.testing.assert_close(models["plain"].head.weight, models["orthogonal"].head.weight)


def test_the_stored_weights_are_those_of_the_curve():
    result, (vocabulary, _, validation, _) = (
        stored.read("shakespeare_characters")["result"],
        (shakespeare.texts()),
    )
    kept = {str(step): shakespeare.new_network("plain", 1) for step in shakespeare.KEPT}
    models = load_weights(torch.nn.ModuleDict(kept), shakespeare.WEIGHTS)
    curve = result["curves"]["plain"][0]
    for step in shakespeare.KEPT:
        measured = shakespeare.text.perplexity(models[str(step)], validation)
        assert measured == pytest.approx(curve[step // shakespeare.BETWEEN - 1], rel=2e-3)
    assert len(vocabulary) == result["symbols"]


# --- Tang poems ---------------------------------------------------------------------------------


def test_pieces_of_one_poem_stay_together():
    vocabulary, *groups = tang.pieces()
    sizes = [len(group) for group in groups]
    assert sum(sizes) == len(tang.datasets.load_quatrains()) == 13137
    assert min(sizes) > 1200
    poems = tang.datasets.load_quatrains()
    names = {"".join(p.lines): (p.author, p.title.partition(" ")[0]) for p in poems}
    found = [{names["".join(tang.lines_of(piece[None]))] for piece in group} for group in groups]
    for k in range(3):
        assert not found[k] & found[k - 1]
    assert len(vocabulary) == 1503


def test_form_is_seen_and_what_breaks_it():
    vocabulary, train, _, test = tang.pieces()
    assert tang.judge(tang.closed(train))["form"] == 1
    assert tang.judge(tang.closed(train)) == {
        "form": 1, "copied": 1, "rhyme": pytest.approx(1, abs=0.01)
    }  # fmt: skip
    broken = tang.closed(test[:4]).copy()
    broken[0, 6] = broken[0, 5]  # a comma is gone
    broken[1, 3] = vocabulary.encode("。")[0]  # a stop too many
    broken[2, 25] = broken[2, 1]  # it goes on
    assert tang.judge(broken)["form"] == 0.25
    assert tang.judge(broken[:3]) == {"form": 0}


@pytest.mark.parametrize("discount", [None, 0.75])
@pytest.mark.parametrize("where", tang.PLACES)
def test_a_table_with_places_gives_probabilities_and_knows_where_it_is(where, discount):
    vocabulary, train, _, test = tang.pieces()
    table = tang.PlacedTable(2, len(vocabulary), tang.PLACES[where], discount)
    table.fit(train[:500].ravel())
    log_p = table.log_probabilities(test[:2].ravel())
    for at in (0, 1, 6, 7, 12, 24):
        p = table.following(test[1, :at].tolist())
        assert p.sum() == pytest.approx(1)
        if at:  # there the other way round it looks over the border of the piece
            assert np.log(p[test[1, at]]) == pytest.approx(log_p[25 + at])
    comma, stop = vocabulary.encode("，。")
    assert table.following(test[0, :6].tolist())[comma] > 0.99
    assert table.following(test[0, :12].tolist())[stop] > 0.99


def test_without_places_a_placed_table_is_the_table():
    vocabulary, train, _, test = tang.pieces()
    one = tang.PlacedTable(3, len(vocabulary), np.zeros(25, dtype=int)).fit(train[:200].ravel())
    other = tang.text.NGram(3, len(vocabulary)).fit(train[:200].ravel())
    np.testing.assert_allclose(
        one.log_probabilities(test[:9].ravel()), other.log_probabilities(test[:9].ravel())
    )
    np.testing.assert_allclose(
        one.following(test[0, :5].tolist()), other.probabilities(test[0, :5])
    )


def test_perplexity_counts_the_characters_and_a_uniform_network_finds_all_alike():
    model, test = tang.new_network("plain", 0), tang.pieces()[3][:300]
    with torch.no_grad():
        for p in model.head.parameters():
            p.zero_()
    assert tang.perplexity(model, test) == pytest.approx(1503, abs=0.1)
    with torch.no_grad():  # it likes commas: worse, though 2 of 25 symbols are commas
        model.head.bias[tang.pieces()[0].encode("，")[0]] = 20
    assert tang.perplexity(model, test) > 1e6


def test_pieces_are_drawn_from_the_network():
    model = tang.new_network("plain", 0)
    a, b = (tang.draw(model, 5, 1.0, seed) for seed in (3, 3))
    assert np.array_equal(a, b)
    assert a.shape == (5, 26)
    assert (a[:, 0] == tang.pieces()[0].encode("\n")[0]).all()
    with torch.no_grad():
        model.head.bias[7] = 1e4
    assert (tang.draw(model, 2, 1.0, 0)[:, 1:] == 7).all()
