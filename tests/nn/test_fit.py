"""The training loop: that it trains, stops, resumes, repeats itself, and says what is wrong."""

import copy
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from course_lib.nn import training
from course_lib.nn.training import (
    History,
    accuracy,
    device,
    evaluate,
    fit,
    predict,
    seeded,
)
from course_lib.optim import InverseDecay, WarmupCosine


def blobs(n=96, seed=0):
    """Three overlapping classes in the plane."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    X = np.array([[0, 0], [2, 0], [0, 2]])[y] + rng.normal(size=(n, 2))
    return X.astype(np.float32), y


def network(seed=0, dropout=0.3):
    with seeded(seed):
        return torch.nn.Sequential(
            torch.nn.Linear(2, 8),
            torch.nn.BatchNorm1d(8),
            torch.nn.ReLU(),
            torch.nn.Dropout(dropout),
            torch.nn.Linear(8, 3),
        )


def trained(n_epochs=6, model=None, **options):
    model = model or network()
    options = {"batch_size": 20, "metrics": {"accuracy": accuracy}, **options}
    history = fit(model, F.cross_entropy, blobs(), blobs(seed=1), n_epochs=n_epochs, **options)
    return model, history


def same_weights(a, b):
    states = a.state_dict(), b.state_dict()
    return all(torch.equal(states[0][name], states[1][name]) for name in states[0])


# --- it is the loop that it says it is -----------------------------------------------------------


def test_one_epoch_is_the_loop_written_out():
    X, y = (torch.as_tensor(part) for part in blobs())
    ours, theirs = network(dropout=0), network(dropout=0)
    sgd = torch.optim.SGD(ours.parameters(), lr=0.1, momentum=0.9)
    batches = [(X[i : i + 20], y[i : i + 20]) for i in range(0, 96, 20)]
    history = fit(
        ours, F.cross_entropy, batches, n_epochs=1, optimizer=sgd, metrics={"accuracy": accuracy}
    )
    step = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9)
    theirs.to(device())
    losses, right = [], 0
    for part, labels in batches:
        logits = theirs(part.to(device()))
        loss = F.cross_entropy(logits, labels.to(device()))
        step.zero_grad()
        loss.backward()
        step.step()
        losses.append(loss.item())
        right += (logits.argmax(1).cpu() == labels).sum().item()
    assert same_weights(ours, theirs)
    assert history.step_losses == losses
    assert history["loss"][0] == pytest.approx(np.average(losses, weights=[20] * 4 + [16]))
    assert history["accuracy"][0] == pytest.approx(right / 96)


def test_each_epoch_takes_each_row_once_in_another_order():
    seen = []

    class Spy(torch.nn.Linear):
        def forward(self, x):
            if self.training:
                seen.append(x[:, 0].tolist())
            return super().forward(x)

    X = np.arange(10, dtype=np.float32)[:, None]
    fit(Spy(1, 1), F.mse_loss, (X, X), n_epochs=2, batch_size=4)
    assert [len(batch) for batch in seen] == [4, 4, 2] * 2
    first, second = np.concatenate(seen[:3]).tolist(), np.concatenate(seen[3:]).tolist()
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second != list(range(10))


def test_it_learns_and_records_every_epoch():
    model, history = trained(40)
    assert len(history) == 40 == len(history["validation_loss"])
    assert len(history.step_losses) == 40 * 5
    assert history["loss"][-1] < 0.75 * history["loss"][0]
    measured = evaluate(model, F.cross_entropy, blobs(seed=1), metrics={"accuracy": accuracy})
    assert measured["loss"] == history["validation_loss"][-1]
    assert measured["accuracy"] == history["validation_accuracy"][-1] > 0.6
    assert history.best_epoch == np.argmin(history["validation_loss"])
    assert history.stopped == "epochs"
    assert history.seconds > 0


def test_the_schedule_sets_the_rate_of_every_step():
    model = network()
    sgd = torch.optim.SGD(model.parameters(), lr=7.0)
    rates = []
    sgd.register_step_pre_hook(lambda opt, *_: rates.append(opt.param_groups[0]["lr"]))
    trained(2, model, optimizer=sgd, schedule=InverseDecay(0.5))
    np.testing.assert_allclose(rates, 0.5 / (np.arange(10) + 1))


def test_clipping_bounds_the_gradient_and_records_its_length():
    model, lengths = network(), []
    sgd = torch.optim.SGD(model.parameters(), lr=0.01)

    def measure(optimizer, *_):
        lengths.append(torch.nn.utils.get_total_norm([p.grad for p in model.parameters()]).item())

    sgd.register_step_pre_hook(measure)
    _, history = trained(2, model, optimizer=sgd, clip=0.05)
    assert max(lengths) == pytest.approx(0.05, rel=1e-4)
    assert (history["gradient_norm"] > 0.05).all()


def test_several_inputs_and_batches_drawn_each_epoch():
    class Scale(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w = torch.nn.Parameter(torch.zeros(()))

        def forward(self, a, b):
            return self.w * a * b

    drawn = []

    def draw(generator):
        for _ in range(5):
            a, b = torch.rand(2, 8, 1, generator=generator)
            drawn.append(a[0, 0].item())
            yield a, b, 2 * a * b

    model = Scale()
    fit(model, F.mse_loss, draw, n_epochs=20, optimizer=torch.optim.SGD(model.parameters(), lr=1.0))
    assert model.w.item() == pytest.approx(2, abs=1e-3)
    assert len(set(drawn)) == 100
    first = list(drawn)
    fit(Scale(), F.mse_loss, draw, n_epochs=20)
    assert drawn[100:] == first


# --- stopping ------------------------------------------------------------------------------------


def test_early_stopping_puts_the_best_weights_back():
    snapshots = []
    model, history = trained(
        200,
        patience=3,
        on_epoch=lambda epoch, model: snapshots.append(copy.deepcopy(model.state_dict())),
    )
    best = int(np.argmin(history["validation_loss"]))
    assert history.stopped == "patience"
    assert history.best_epoch == best == len(history) - 4
    assert all(torch.equal(model.state_dict()[k], v) for k, v in snapshots[best].items())
    measured = evaluate(model, F.cross_entropy, blobs(seed=1))
    assert measured["loss"] == history["validation_loss"].min()


def test_a_divergence_ends_the_training():
    model = torch.nn.Linear(1, 1)
    X = np.ones((4, 1), np.float32)
    sgd = torch.optim.SGD(model.parameters(), lr=1e6)
    history = fit(model, F.mse_loss, (X, X), n_epochs=100, optimizer=sgd)
    assert history.stopped == "diverged"
    assert len(history) < 20


# --- seeds ---------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_training_and_another_another():
    (a, first), (b, second), (c, third) = trained(), trained(), trained(random_state=1)
    assert first == second
    assert same_weights(a, b)
    assert first != third
    assert not same_weights(a, c)


def test_the_callers_generators_and_settings_stay_untouched():
    torch.manual_seed(3)
    expected = torch.rand(5)
    torch.manual_seed(3)
    threads, deterministic = torch.get_num_threads(), torch.backends.cudnn.deterministic
    trained(2)
    assert torch.equal(torch.rand(5), expected)
    assert torch.get_num_threads() == threads
    assert torch.backends.cudnn.deterministic == deterministic


def test_seeded_restores_after_an_error():
    torch.manual_seed(3)
    state = torch.get_rng_state()
    with pytest.raises(RuntimeError), seeded(0):
        raise RuntimeError
    assert torch.equal(torch.get_rng_state(), state)


def test_the_number_of_threads_is_the_environments():
    code = (
        "import torch, numpy as np\n"
        "from course_lib.nn.training import fit\n"
        "X = np.ones((8, 1), np.float32)\n"
        "fit(torch.nn.Linear(1, 1), torch.nn.functional.mse_loss, (X, X), n_epochs=1)\n"
        "print(torch.get_num_threads())"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.strip() == "1"
    assert done.stderr == ""  # no bar where nobody watches


# --- checkpoints ---------------------------------------------------------------------------------


@pytest.mark.parametrize("broken_off_after", [1, 3, 5])
@pytest.mark.parametrize("patience", [None, 2])
def test_resuming_is_as_if_never_interrupted(tmp_path, broken_off_after, patience):
    path = tmp_path / "runs" / "state.pt"
    options = {"patience": patience, "schedule": WarmupCosine(0.05, steps=50, warmup=5)}

    def pull_the_plug(epoch, model):
        if epoch + 1 == broken_off_after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(10, checkpoint=path, on_epoch=pull_the_plug, **options)
    again, resumed = trained(10, network(seed=9), checkpoint=path, **options)
    whole, straight = trained(10, **options)
    assert resumed == straight
    assert same_weights(again, whole)
    assert [file.name for file in path.parent.iterdir()] == ["state.pt"]


def test_an_interruption_within_an_epoch_costs_that_epoch_only(tmp_path):
    path, calls = tmp_path / "state.pt", []

    def loss(outputs, targets):
        calls.append(1)
        if len(calls) == 20:
            raise KeyboardInterrupt
        return F.cross_entropy(outputs, targets)

    model = network()
    with pytest.raises(KeyboardInterrupt):
        fit(model, loss, blobs(), n_epochs=6, batch_size=20, checkpoint=path)
    again = network(seed=9)
    resumed = fit(again, F.cross_entropy, blobs(), n_epochs=6, batch_size=20, checkpoint=path)
    whole = network()
    assert resumed == fit(whole, F.cross_entropy, blobs(), n_epochs=6, batch_size=20)
    assert same_weights(again, whole)


def test_a_finished_run_is_loaded_and_can_be_lengthened(tmp_path):
    path = tmp_path / "state.pt"
    trained(3, checkpoint=path)
    _, loaded = trained(3, network(seed=9), checkpoint=path, on_epoch=pytest.fail)
    assert loaded == trained(3)[1]
    assert trained(6, network(seed=9), checkpoint=path)[1] == trained(6)[1]


def test_a_write_that_fails_leaves_the_last_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "state.pt"
    trained(2, checkpoint=path)
    before = path.read_bytes()

    def half(state, file):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(training.torch, "save", half)
    with pytest.raises(OSError, match="disk full"):
        trained(3, checkpoint=path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["state.pt"]


KILLED = """
import os, sys, torch
from course_lib.nn.training import fit, seeded

saved, batches, write = [], [], torch.save

def loss(outputs, targets):
    batches.append(1)
    if sys.argv[2] == "in an epoch" and len(batches) == 8:
        os._exit(9)  # as after kill -9, no handler runs and nothing is tidied
    return torch.nn.functional.mse_loss(outputs, targets)

def save(state, file):
    saved.append(1)
    write(state, file)
    if sys.argv[2] == "in a write" and len(saved) == 2:
        file.truncate(file.tell() // 2)
        os._exit(9)

torch.save = save
X = torch.linspace(-1, 1, 50)[:, None]
with seeded(0):
    net = torch.nn.Sequential(torch.nn.Linear(1, 4), torch.nn.Dropout(0.5), torch.nn.Linear(4, 1))
history = fit(net, loss, (X, X), n_epochs=4, batch_size=10, checkpoint=sys.argv[1])
print(history.step_losses, net[0].weight.tolist())
"""


def test_a_killed_process_resumes_where_its_last_epoch_ended(tmp_path):
    def train(file, when):
        # A child that computes elsewhere, or in another order, would differ by rounding.
        environment = {**os.environ, "COURSE_DEVICE": "cpu", "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-c", KILLED, str(tmp_path / file), when]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout or done.stderr

    whole = train("whole.pt", "never")
    assert whole[0] == 0, whole[1]
    assert train("state.pt", "in an epoch") == (9, "")
    assert train("state.pt", "in a write") == (9, "")
    assert (tmp_path / ".state.pt.new").exists()  # half written, and written over below
    assert train("state.pt", "never") == whole
    assert sorted(file.name for file in tmp_path.iterdir()) == ["state.pt", "whole.pt"]


@pytest.mark.parametrize(
    "change", [{"random_state": 1}, {"batch_size": 8}, {"clip": 1.0}, {"patience": 2}]
)
def test_the_checkpoint_of_another_run_is_refused(tmp_path, change):
    path = tmp_path / "state.pt"
    trained(1, checkpoint=path)
    (name,) = change
    with pytest.raises(ValueError, match=rf"belongs to a run with {name} ="):
        trained(2, checkpoint=path, **change)


def test_what_is_no_checkpoint_is_refused(tmp_path):
    path = tmp_path / "state.pt"
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(ValueError, match="is no checkpoint"):
        trained(1, checkpoint=path)
    for other in ({"weights": 1}, torch.zeros(3), [1]):
        torch.save(other, path)
        with pytest.raises(ValueError, match="is no checkpoint"):
            trained(1, checkpoint=path)
    path.unlink()
    trained(1, checkpoint=path)
    state = torch.load(path, weights_only=True)
    torch.save({name: state[name] for name in state if name != "history"}, path)
    with pytest.raises(ValueError, match="is no checkpoint"):
        trained(1, checkpoint=path)
    torch.save(state, path)
    with pytest.raises(ValueError, match="belongs to another model"):
        fit(
            torch.nn.Linear(2, 3),
            F.cross_entropy,
            blobs(),
            n_epochs=2,
            batch_size=20,
            checkpoint=path,
        )


# --- data, modes, small things -------------------------------------------------------------------


def test_evaluation_changes_nothing_and_does_not_depend_on_batches():
    model = network()
    model[1].eval()  # a mixture of modes must survive
    state, modes = copy.deepcopy(model.state_dict()), [m.training for m in model.modules()]
    whole = evaluate(model, F.cross_entropy, blobs())
    parts = evaluate(model, F.cross_entropy, blobs(), batch_size=7)
    assert whole == pytest.approx(parts)
    assert [m.training for m in model.modules()] == modes
    assert all(torch.equal(model.state_dict()[name], value) for name, value in state.items())


def test_predictions_are_those_of_the_model():
    model, _ = trained(1)
    X = torch.as_tensor(blobs()[0], device=device())
    with torch.no_grad():
        torch.testing.assert_close(predict(model, X.cpu().numpy(), batch_size=10), model(X))
    assert not predict(model, X).requires_grad


def test_the_bar_is_shown_where_it_is_wanted(capsys, monkeypatch):
    monkeypatch.setattr(training, "_is_watched", lambda: True)
    trained(2)
    assert "2/2" in capsys.readouterr().err
    trained(2, progress=False)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("explorers", "expected"), [("live", True), ("page", False), ("check", False)]
)
def test_in_a_notebook_only_a_person_is_shown_a_bar(monkeypatch, explorers, expected):
    monkeypatch.setitem(sys.modules, "ipykernel", object())
    monkeypatch.setenv("COURSE_EXPLORE", explorers)
    assert training._is_watched() is expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_epochs": 0}, "n_epochs must be a whole number of at least 1, got 0"),
        ({"batch_size": 2.5}, "batch_size must be a whole number"),
        ({"patience": 0}, "patience must be"),
        ({"n_epochs": True}, "n_epochs must be a whole number"),
        ({"random_state": -1}, "random_state must be a whole number of at least 0, got -1"),
        ({"clip": -1.0}, "clip must be a finite number above 0"),
        ({"clip": float("nan")}, "clip must be a finite number above 0"),
    ],
)
def test_arguments_out_of_range(options, message):
    with pytest.raises(ValueError, match=message):
        trained(**options)


def test_unusable_data():
    X, y = blobs()
    model = network()
    for data, message in [
        ((X, y[:-1]), r"one length > 0; got \[95, 96\]"),
        ((X[:0], y[:0]), r"one length > 0; got \[0\]"),
        (iter([(X, y)]), "is an iterator"),
        (X, r"train must be a tuple of arrays, such as \(X, y\)"),
        ([], r"one length > 0|no batch"),
        (lambda generator: [], "train gave no batch"),
    ]:
        with pytest.raises(ValueError, match=message):
            fit(model, F.cross_entropy, data, n_epochs=1)
    with pytest.raises(ValueError, match="patience watches the validation loss"):
        fit(model, F.cross_entropy, (X, y), n_epochs=1, patience=2)


def test_what_was_not_recorded():
    with pytest.raises(KeyError, match="validation_loss"):
        History(rows=[{"loss": 1.0}])["validation_loss"]
