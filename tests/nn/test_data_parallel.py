"""Two processes with half of each batch take the steps of one with the whole batch."""

import os
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
import torch.distributed as dist
from sklearn.datasets import load_digits
from torch.nn import functional as F

from course_lib.nn import data_parallel
from course_lib.nn.data_parallel import (
    NoProcesses,
    average_gradients,
    gathered,
    main,
    train_alone,
    train_in_processes,
    train_share,
)
from course_lib.nn.training import seeded

HERE = {"n_steps": 3, "batch_size": 32, "eta": 0.3}


@pytest.fixture(scope="module")
def together():
    """What two processes found; where they cannot talk to one another, the reason is told."""
    try:
        return train_in_processes(2, seconds=150, **HERE)
    except NoProcesses as reason:
        pytest.skip(str(reason))


def test_two_processes_take_the_steps_of_one(together):
    alone = train_alone(**HERE)
    for name in ("gradient", "weights", "losses"):
        np.testing.assert_allclose(together[name], alone[name], rtol=1e-9, atol=1e-12)
    assert together["share"].tolist() == [16, 16]
    assert together["spread"] == 0
    assert np.abs(together["gradient"]).max() > 1e-3


def test_alone_it_is_gradient_descent_written_out():
    X, y = (torch.from_numpy(part) for part in load_digits(return_X_y=True))
    order = torch.randperm(len(X), generator=torch.Generator().manual_seed(0))
    with seeded(0):
        one, other = torch.nn.Linear(64, 32).double(), torch.nn.Linear(32, 10).double()
    # in double precision from the start of nothing but the same draws
    parameters = [one.weight, one.bias, other.weight, other.bias]
    losses = []
    for k in range(3):
        rows = order[32 * k : 32 * (k + 1)]
        scores = F.linear(torch.relu(F.linear(X[rows] / 16, *parameters[:2])), *parameters[2:])
        loss = F.cross_entropy(scores, y[rows])
        gradients = torch.autograd.grad(loss, parameters)
        losses.append(loss.item())
        with torch.no_grad():
            for p, g in zip(parameters, gradients, strict=True):
                p -= 0.3 * g
    found = train_alone(**HERE)
    np.testing.assert_allclose(found["losses"], losses, rtol=1e-9)
    flat = torch.cat([p.detach().ravel() for p in parameters])
    np.testing.assert_allclose(found["weights"], flat, rtol=1e-9)
    assert found["share"] == 32


def test_batches_go_round_the_data():
    whole = train_share(n_steps=2, batch_size=1797, eta=0.1)
    again = train_share(n_steps=3, batch_size=1797, eta=0.1)
    np.testing.assert_allclose(whole["losses"], again["losses"][:2])
    assert again["losses"][2] < again["losses"][1] < again["losses"][0]


# --- one process that is all there are: the same code without another --------------------------


@pytest.fixture
def group_of_one(tmp_path):
    if not (dist.is_available() and dist.is_gloo_available()):
        pytest.skip("this torch was built without gloo")
    try:
        dist.init_process_group(
            "gloo", init_method=(tmp_path / "meet").as_uri(), rank=0, world_size=1
        )
    except RuntimeError as reason:
        pytest.skip(f"gloo does not start here: {reason}")
    yield
    dist.destroy_process_group()


def test_gradients_of_one_process_are_their_own_mean(group_of_one, monkeypatch):
    model = torch.nn.Linear(2, 3)
    model(torch.ones(1, 2)).sum().backward()
    before = [p.grad.clone() for p in model.parameters()]
    average_gradients(model)
    assert all(torch.equal(p.grad, g) for p, g in zip(model.parameters(), before, strict=True))
    monkeypatch.setattr(dist, "get_world_size", lambda: 4)  # as if three others had sent nothing
    average_gradients(model)
    for p, g in zip(model.parameters(), before, strict=True):
        torch.testing.assert_close(p.grad, g / 4)


def test_what_processes_found_is_put_together(group_of_one, monkeypatch):
    own = {
        "losses": np.array([1.0, 2.0]),
        "gradient": np.ones(2),
        "weights": np.array([1.0, 5.0]),
        "share": 3,
    }
    other = own | {"losses": np.array([3.0, 6.0]), "weights": np.array([1.5, 4.0]), "share": 4}

    def gather(every, mine):
        every[:] = [mine, other]

    monkeypatch.setattr(dist, "get_world_size", lambda: 2)
    monkeypatch.setattr(dist, "all_gather_object", gather)
    found = gathered(own)
    assert found["losses"].tolist() == [2, 4]
    assert found["share"].tolist() == [3, 4]
    assert found["spread"] == 1.0
    assert found["weights"].tolist() == [1.0, 5.0]


def test_a_process_writes_its_result(tmp_path, monkeypatch):
    """`main` with torchrun's environment for a world of one."""
    if not (dist.is_available() and dist.is_gloo_available()):
        pytest.skip("this torch was built without gloo")
    start, threads = dist.init_process_group, torch.get_num_threads()

    def from_file(backend, timeout):
        assert backend == "gloo"
        assert timeout.total_seconds() == 7
        place = (tmp_path / "meet").as_uri()
        start(backend, init_method=place, rank=0, world_size=1, timeout=timeout)

    monkeypatch.setattr(dist, "init_process_group", from_file)
    out = tmp_path / "out.npz"
    numbers = ["--steps", "2", "--batch", "8", "--eta", "0.2", "--seconds", "7"]
    try:
        main(["--out", str(out), *numbers])
    finally:
        torch.set_num_threads(threads)
    with np.load(out) as found:
        expected = train_alone(n_steps=2, batch_size=8, eta=0.2)
        np.testing.assert_allclose(found["weights"], expected["weights"])
        assert found["share"].tolist() == [8]
    assert not dist.is_initialized()


# --- it never hangs ------------------------------------------------------------------------------


def test_processes_that_do_not_end_are_ended(monkeypatch):
    sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
    monkeypatch.setattr(data_parallel, "_torchrun", lambda n: sleeper)
    begin = time.monotonic()
    with pytest.raises(NoProcesses, match=r"had not ended after 0\.5 s"):
        train_in_processes(2, seconds=0.5)
    assert time.monotonic() - begin < 60


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_one_that_will_not_end_is_ended_by_force(tmp_path):
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    monkey = process.wait
    process.wait = lambda timeout=None: monkey(min(timeout, 2))  # not ten seconds
    time.sleep(1)
    data_parallel._end(process)
    assert process.poll() is not None


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import sys; print('no address'); sys.exit(3)", "ended with code 3:\nno address"),
        ("pass", "ended with code 0"),
    ],
)
def test_processes_that_fail_say_why(monkeypatch, code, message):
    monkeypatch.setattr(data_parallel, "_torchrun", lambda n: [sys.executable, "-c", code])
    with pytest.raises(NoProcesses, match=message):
        train_in_processes(2, seconds=60)


def test_torch_without_gloo_is_told(monkeypatch):
    monkeypatch.setattr(dist, "is_gloo_available", lambda: False)
    with pytest.raises(NoProcesses, match="without gloo"):
        train_in_processes(2)


def test_torchrun_stays_on_the_loopback_address():
    command = data_parallel._torchrun(3)
    assert command[0] == sys.executable
    assert {"--nproc-per-node=3", "--rdzv-endpoint=127.0.0.1:0", "--local-addr=127.0.0.1"} <= set(
        command
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_processes": 0}, "n_processes must be a whole number"),
        ({"n_steps": 0}, "n_steps must be a whole number"),
        ({"batch_size": 0}, "batch_size must be a whole number"),
        ({"batch_size": 33}, "batch_size must be a multiple of the 2 processes"),
        ({"eta": 0}, "eta must be a finite number above 0"),
        ({"seconds": 0}, "seconds must be a finite number above 0"),
    ],
)
def test_errors_name_what_is_wrong(options, message):
    with pytest.raises(ValueError, match=message):
        train_in_processes(**options)
