"""Data-parallel training: several processes, each with its share of every batch.

    rank, world    number of a process, 0 … world − 1, and how many there are

Each process holds the whole model, with equal weights. At each step it computes the gradient of the
mean loss on its own share of the batch; then all take the mean of all gradients (all-reduce) and
make the same step. The shares are equally large, so that the mean of their means is the mean over
the batch: the weights are those of one process that sees it all, but for rounding.

`train_in_processes` starts the processes on this computer, with the processors' backend gloo:

    torchrun --nproc-per-node 2 -m course_lib.nn.data_parallel --out result.npz

Layers that look across the batch, such as batch normalisation, see only their share of it.

Source: Li and others, PyTorch Distributed (2020).
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from sklearn.datasets import load_digits
from torch.nn import functional as F

from course_lib.checks import check_number, check_whole
from course_lib.nn.training import seeded

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = {"linux": "lo", "darwin": "lo0"}  # Windows finds its own


class NoProcesses(RuntimeError):
    """The processes could not be started here, or did not end in time; the message says why."""


def average_gradients(model: torch.nn.Module) -> None:
    """Replace each gradient by its mean over all processes, in one message."""
    gradients = [parameter.grad for parameter in model.parameters()]
    flat = torch.cat([gradient.ravel() for gradient in gradients])
    dist.all_reduce(flat)  # now the sum
    flat /= dist.get_world_size()
    sizes = [gradient.numel() for gradient in gradients]
    for gradient, mean in zip(gradients, flat.split(sizes), strict=True):
        gradient.copy_(mean.reshape(gradient.shape))


def train_share(
    *, n_steps: int, batch_size: int, eta: float, rank: int = 0, world: int = 1
) -> dict[str, np.ndarray]:
    """Train on the digits, as one of several processes that share every batch, or alone.

    Returns
    -------
    dict
        "losses" (n_steps,) on the own share; "gradient", flat, of the first step, after the mean
        was taken; "weights", flat, after the last step; "share", the rows of each batch taken.
    """
    X, y = (torch.from_numpy(part) for part in load_digits(return_X_y=True))
    X, order = X / 16, torch.randperm(len(X), generator=torch.Generator().manual_seed(0))
    with seeded(0):  # the same weights everywhere
        layers = torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10)
        model = torch.nn.Sequential(*layers).double()
    descent = torch.optim.SGD(model.parameters(), lr=eta)
    losses, first = [], None
    for k in range(n_steps):
        batch = order[(k * batch_size + torch.arange(batch_size)) % len(order)]
        rows = batch[rank::world]  # the share
        loss = F.cross_entropy(model(X[rows]), y[rows])
        descent.zero_grad()
        loss.backward()
        if world > 1:
            average_gradients(model)
        first = _flat([one.grad for one in model.parameters()]) if first is None else first
        descent.step()
        losses.append(loss.item())
    weights = _flat([one.detach() for one in model.parameters()])
    return {"losses": np.array(losses), "gradient": first, "weights": weights, "share": len(rows)}


def train_alone(
    *, n_steps: int = 20, batch_size: int = 64, eta: float = 0.1
) -> dict[str, np.ndarray]:
    """Train in this process on whole batches; return what `train_share` does.

    >>> round(float(train_alone(n_steps=1)["losses"][0]), 1)  # not yet far from log 10
    2.3
    """
    _check(1, n_steps, batch_size, eta)
    return train_share(n_steps=n_steps, batch_size=batch_size, eta=eta)


def train_in_processes(
    n_processes: int = 2,
    *,
    n_steps: int = 20,
    batch_size: int = 64,
    eta: float = 0.1,
    seconds: float = 90,
) -> dict[str, np.ndarray]:
    """Train in several processes on this computer, by torchrun; return what they found.

    Parameters
    ----------
    n_processes : int, default=2
        It divides the batch.
    n_steps, batch_size, eta
        As in `train_alone`.
    seconds : float, default=90
        After so long the processes are ended.

    Returns
    -------
    dict
        As from `train_share`, but "losses", (n_steps,), are the means over the processes, and
        "share" is (n_processes,); "spread" is the largest difference between the weights of two
        processes.

    Raises
    ------
    NoProcesses
        If torch has no gloo here, if the processes cannot reach one another, or if time runs out.
    """
    _check(n_processes, n_steps, batch_size, eta)
    seconds = check_number("seconds", seconds, above=0)
    if not (dist.is_available() and dist.is_gloo_available()):
        raise NoProcesses("This torch was built without gloo, by which its processes talk.")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        out, log = Path(folder) / "result.npz", Path(folder) / "log.txt"
        numbers = {"out": out, "steps": n_steps, "batch": batch_size, "eta": eta}
        options = [part for name, one in numbers.items() for part in (f"--{name}", str(one))]
        command = [*_torchrun(n_processes), *options, "--seconds", str(max(1, int(seconds)))]
        code = _run(command, log, seconds)
        if code is None:
            raise NoProcesses(f"The processes had not ended after {seconds:g} s.")
        if code or not out.exists():
            said = log.read_text(encoding="utf-8", errors="replace").strip()[-1500:]
            raise NoProcesses(f"The processes ended with code {code}:\n{said}")
        with np.load(out) as found:
            return {name: found[name] for name in found.files}


def _torchrun(n_processes: int) -> list[str]:
    """Return the command line of torchrun, all of whose talk stays on the loopback address."""
    return [
        *(sys.executable, "-m", "torch.distributed.run", f"--nproc-per-node={n_processes}"),
        *("--rdzv-backend=c10d", "--rdzv-endpoint=127.0.0.1:0", "--local-addr=127.0.0.1"),
        *("-m", "course_lib.nn.data_parallel"),
    ]


def _run(command: Sequence[str], log: Path, seconds: float) -> int | None:
    """Run a command, its words to a file; return its exit status, or None where time ran out."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "USE_LIBUV": "0"}
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    if sys.platform in LOOPBACK:
        environment["GLOO_SOCKET_IFNAME"] = LOOPBACK[sys.platform]
    with log.open("wb") as words:  # a file: what holds a pipe open could outlive its end
        options = {"stdin": subprocess.DEVNULL, "stdout": words, "stderr": subprocess.STDOUT}
        process = subprocess.Popen(
            command, env=environment, start_new_session=os.name == "posix", **options
        )
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            _end(process)


def _end(process: subprocess.Popen) -> None:
    """End torchrun and what it started: asked first, when it ends its workers, then by force."""
    if process.poll() is not None:
        return
    if os.name == "nt":
        every = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        subprocess.run(every, capture_output=True, check=False)
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL) if os.name == "posix" else process.kill()
        process.wait(10)


def _check(n_processes: int, n_steps: int, batch_size: int, eta: float) -> None:
    check_whole("n_processes", n_processes), check_whole("n_steps", n_steps)
    check_whole("batch_size", batch_size), check_number("eta", eta, above=0)
    if batch_size % n_processes:
        raise ValueError(
            f"batch_size must be a multiple of the {n_processes} processes, so that all have equal"
            f" shares; got {batch_size}."
        )


def _flat(tensors: Sequence[torch.Tensor]) -> np.ndarray:
    return torch.cat([one.ravel() for one in tensors]).numpy().copy()


# --- what each of the processes does -------------------------------------------------------------


def gathered(own: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return what all processes found, put together."""
    every = [None] * dist.get_world_size()
    dist.all_gather_object(every, own)
    weights = np.stack([one["weights"] for one in every])
    return {
        "losses": np.mean([one["losses"] for one in every], axis=0),
        "gradient": own["gradient"],
        "weights": own["weights"],
        "share": np.array([one["share"] for one in every]),
        "spread": np.ptp(weights, axis=0).max(),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Take part in a training; torchrun's environment says as which process of how many."""
    parser = argparse.ArgumentParser(description="One process of a data-parallel training.")
    parser.add_argument("--out", required=True, help="the file that process 0 writes")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--eta", type=float, default=0.1)
    parser.add_argument("--seconds", type=int, default=90, help="to wait for the others")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    dist.init_process_group("gloo", timeout=timedelta(seconds=options.seconds))
    rank, world = dist.get_rank(), dist.get_world_size()
    own = train_share(
        n_steps=options.steps, batch_size=options.batch, eta=options.eta, rank=rank, world=world
    )
    found = gathered(own)
    if rank == 0:
        np.savez(options.out, **found)
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
