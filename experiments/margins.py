"""Do margin losses tell new letters apart better, or only those that they were trained on?

Grey capital letters of 21 fonts on clutter, 16 × 16 pixels. In each of 12 runs 18 of the 26 letters
are drawn to train on and the other 8 are new; a run has its own split and its own first weights,
both the same for every loss, so that losses are compared within runs. A convolutional network (5
epochs) and a multilayer perceptron (10 epochs) make 32 numbers of a picture and learn by

    softmax                without biases
    softmax, twice         the same for twice as many epochs
    normalised             softmax of s cos θ: no margin
    CosFace, ArcFace       with the margins of their papers, 0.35 and 0.5
    L-Softmax, A-Softmax   m = 4; λ falls from 1000 to 5 in the first third of the steps
    L-Softmax, at once     λ = 0 from the first step, all else as chosen for L-Softmax

(the perceptron without CosFace and A-Softmax).

First, in the first three runs, a network learns 12 of the 18 letters from four fifths of their
pictures. The scale s, at a learning rate of 0.001, is the one with the smallest mean equal error
rate on the other 6 letters; the learning rate is then the one with the largest mean accuracy on the
last fifth of the pictures. Training for twice as long takes the rate of softmax. Then every run
trains on its 18 letters, and is measured on pictures that nothing was trained on or chosen by:
accuracy on the 18 letters; equal error rates of the cosines of all pairs, of the 18 letters and of
the 8 new ones; both errors on new letters at the threshold where they are equal on the 18; and the
two angles of `class_angles`, in degrees. Of L-Softmax in the perceptron, the mean length of the
embeddings and the accuracy are kept after every epoch, on the first 1,000 training pictures.
Embeddings of the first run by the convolutional network are stored beside this script
(margins.npz).

The same is done with the handwritten digits of scikit-learn, 8 × 8: a perceptron with 16 outputs,
12 runs in each of which 3 digits are new, at fixed settings.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

from course_lib import datasets
from course_lib.datasets.glyphs import LETTERS
from course_lib.nn.cnn import as_input
from course_lib.nn.many import train_many
from course_lib.nn.margin_losses import SCALE, Annealing, MarginHead, MarginNetwork
from course_lib.nn.margin_trials import ManyMarginNetworks
from course_lib.nn.training import evaluating, fit, seeded
from course_lib.nn.verification import class_angles, equal_error_rate, error_rates, pair_cosines

SEED = 0
TOLERANCE = {
    "chosen": 100,
    "tried": 0.3,
    "accuracy": 0.3,
    "eer_seen": 0.1,
    "eer_new": 0.1,
    "threshold": 0.3,
    "new_accepts": 0.3,
    "new_rejects": 0.3,
    "within": 15,
    "nearest": 20,
    "training_length": 10,
    "training_accuracy": 0.3,
}

EMBEDDINGS = Path(__file__).resolve().with_name("margins.npz")
N_RUNS, N_CHOOSING = 12, 3
N_SEEN, N_LEFT_OUT = 18, 6
D, BATCH = 32, 64
PER_LETTER, VALIDATION_PER_LETTER = 250, 50
TEST_PER_LETTER, STORED_PER_LETTER = 60, 20
EPOCHS = {"CNN": 5, "MLP": 10}
FIRST_RATE, RATES = 0.001, (0.0003, 0.001, 0.003, 0.01, 0.03)
SCALES = (2.0, 4.0, 8.0, 16.0, 32.0)
AT_ONCE = "L-Softmax, at once"
LOSSES = {
    "softmax": "softmax",
    "softmax, twice": "softmax",
    "normalised": "normalised",
    "CosFace": "CosFace",
    "ArcFace": "ArcFace",
    "L-Softmax": "L-Softmax",
    "A-Softmax": "A-Softmax",
    AT_ONCE: "L-Softmax",
}
LOSSES_OF = {
    "CNN": tuple(LOSSES),
    "MLP": ("softmax", "softmax, twice", "normalised", "ArcFace", "L-Softmax", AT_ONCE),
}
LIKE = {"softmax, twice": "softmax", AT_ONCE: "L-Softmax"}  # what is chosen for another loss
SCALED = ("normalised", "CosFace", "ArcFace")
STORED = ("softmax", "normalised", "ArcFace", "L-Softmax")
WATCHED = ("L-Softmax", AT_ONCE)
DIGIT_LOSSES = ("softmax", "normalised", "CosFace", "ArcFace", "L-Softmax", "A-Softmax")
DIGITS_SEEN, DIGITS_TRAIN, DIGITS_TEST, DIGITS_EPOCHS = 7, 120, 54, 40


def parts() -> list[str]:
    """Return the names of the parts: a network with a loss, and the digits."""
    return [*(f"{kind}: {loss}" for kind in EPOCHS for loss in LOSSES_OF[kind]), "digits"]


def part(name: str) -> dict:
    """Choose for one network and one loss, and measure all its runs."""
    torch.set_num_threads(1)
    if name == "digits":
        return learn_digits()
    kind, loss = name.split(": ")
    chosen, tried = choose(kind, LIKE.get(loss, loss))
    found, curves = [], []
    for run in range(N_RUNS):
        curve = []
        seen, new = split(run)
        watch = curve if kind == "MLP" and loss in WATCHED else None
        network = learn(kind, loss, seen, run, chosen, curve=watch)
        found.append(measure(network, seen, new))
        curves.append(curve)
        if run == 0 and kind == "CNN" and loss in STORED:
            store(loss, network, new)
    result = {"chosen": chosen, "tried": tried, "found": by_measure(found), "curves": {}}
    if any(curves):
        length, right = np.moveaxis(np.array(curves), -1, 0)  # each (runs, epochs + 1)
        result["curves"] = {"length": length.round(3).tolist(), "accuracy": right.round(3).tolist()}
    return result


def run(done: dict) -> dict:
    """Put the parts together: by measure, network and loss, the values of all runs."""
    result = {"chosen": {}, "tried": {}, "training_length": {}, "training_accuracy": {}}
    for kind, losses in LOSSES_OF.items():
        for loss in losses:
            one = done[f"{kind}: {loss}"]
            for key in ("chosen", "tried"):
                result[key].setdefault(kind, {})[loss] = one[key]
            for key, curves in one["curves"].items():
                result[f"training_{key}"][loss] = curves
            gather(result, kind, loss, one["found"])
    for loss, found in done["digits"].items():
        gather(result, "digits", loss, found)
    return result


def gather(result: dict, kind: str, loss: str, found: dict) -> None:
    """Put each measure of one network and loss in its place."""
    for key, values in found.items():
        result.setdefault(key, {}).setdefault(kind, {})[loss] = values


# --- letters -------------------------------------------------------------------------------------


def split(run: int) -> tuple[list[int], list[int]]:
    """Return the numbers of a run's 18 training letters and of its 8 new ones, in order."""
    order = np.random.RandomState([SEED, run]).permutation(len(LETTERS))
    return sorted(order[:N_SEEN].tolist()), sorted(order[N_SEEN:].tolist())


def choose(kind: str, loss: str) -> tuple[dict, dict]:
    """Return the scale and the rate of a loss, and the measures of all that was tried."""
    chosen, tried = {"s": SCALE, "rate": FIRST_RATE}, {}
    for key, grid in (("s", SCALES if loss in SCALED else ()), ("rate", RATES)):
        if grid:
            both = [validate(kind, loss, **(chosen | {key: value})) for value in grid]
            errors = [one[0] if key == "s" else one[1] for one in both]
            chosen = chosen | {key: grid[int(np.argmin(errors))]}
            tried[key] = dict(zip(map(str, grid), np.round(both, 4).tolist(), strict=True))
    return chosen, tried


@cache
def validate(kind: str, loss: str, s: float, rate: float) -> tuple[float, float]:
    """Return mean errors: equal error rate on letters left out, share of pictures left out."""
    errors = []
    for run in range(N_CHOOSING):
        order = np.random.RandomState([SEED, run, 1]).permutation(split(run)[0]).tolist()
        left_out, letters = order[:N_LEFT_OUT], sorted(order[N_LEFT_OUT:])
        kept = len(letters) * (PER_LETTER - VALIDATION_PER_LETTER)
        network = learn(kind, loss, letters, run, {"s": s, "rate": rate}, kept=kept)
        x, y = (one[kept:] for one in pictures_of("train", letters))
        with torch.no_grad():
            wrong = (network.head(embed(network, x)).argmax(1) != y).double().mean().item()
        x, y = pictures_of("train", left_out)
        rows = slice(N_LEFT_OUT * VALIDATION_PER_LETTER)
        errors.append(
            (equal_error_rate(*pair_cosines(embed(network, x[rows]), y[rows])).rate, wrong)
        )
    return tuple(np.mean(errors, axis=0).tolist())


def learn(
    kind: str,
    loss: str,
    letters: list[int],
    seed: int,
    chosen: dict,
    *,
    kept: int | None = None,
    curve: list | None = None,
) -> MarginNetwork:
    """Train a network on letters, on the first `kept` pictures of them or on all.

    Into `curve` go the embeddings' mean length and the accuracy after every epoch.
    """
    x, y = (one[:kept] for one in pictures_of("train", letters))
    n_epochs = EPOCHS[kind] * (2 if loss == "softmax, twice" else 1)
    steps = n_epochs * -(-len(y) // BATCH)
    annealing = Annealing(steps // 3) if loss in ("L-Softmax", "A-Softmax") else None
    with seeded(seed):
        head = MarginHead(D, len(letters), LOSSES[loss], s=chosen["s"], annealing=annealing)
        network = MarginNetwork(new_body(kind), head)

    def look(epoch: int, network: MarginNetwork) -> None:
        with evaluating(network), torch.no_grad():
            Z = network.embed(x[:1000])
            right = (network.head(Z).argmax(1) == y[:1000]).float().mean()
            curve.append([Z.norm(dim=1).mean().item(), right.item()])

    if curve is not None:
        look(-1, network)
    fit(
        network,
        F.cross_entropy,
        (x, y, y),
        n_epochs=n_epochs,
        batch_size=BATCH,
        optimizer=torch.optim.Adam(network.parameters()),
        schedule=lambda k: chosen["rate"] * (1 if k < 0.8 * steps else 0.1),
        on_epoch=None if curve is None else look,
        random_state=seed,
        progress=False,
    )
    return network


def new_body(kind: str) -> nn.Sequential:
    """Return an untrained network that makes D numbers of a picture."""
    if kind == "CNN":
        return nn.Sequential(
            *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(32 * 16, 64), nn.ReLU(), nn.Linear(64, D)),
        )
    return nn.Sequential(
        *(nn.Flatten(), nn.Linear(256, 256), nn.ReLU()),
        *(nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, D)),
    )


def measure(network: MarginNetwork, seen: list[int], new: list[int]) -> dict:
    """Return what is measured of a network on pictures for testing."""
    x, y = pictures_of("test", seen)
    Z = embed(network, x)
    with torch.no_grad():
        right = (network.head(Z).argmax(1) == y).double().mean().item()
    x_new, y_new = pictures_of("test", new)
    return compare(Z, y, embed(network, x_new), y_new) | {"accuracy": round(right, 4)}


def compare(Z: torch.Tensor, y: torch.Tensor, Z_new: torch.Tensor, y_new: torch.Tensor) -> dict:
    """Return error rates and angles from embeddings of seen and of new classes."""
    seen, new = pair_cosines(Z, y), pair_cosines(Z_new, y_new)
    rate, threshold = equal_error_rate(*seen)
    accepts, rejects = error_rates(*new, threshold)
    angles = class_angles(Z, y)
    found = {
        "eer_seen": rate,
        "eer_new": equal_error_rate(*new).rate,
        "threshold": threshold,
        "new_accepts": accepts,
        "new_rejects": rejects,
    }
    degrees = {"within": round(angles.within, 2), "nearest": round(angles.nearest, 2)}
    return {key: round(value, 4) for key, value in found.items()} | degrees


def by_measure(found: list[dict]) -> dict:
    """Turn the measures of runs into each measure's values in all runs."""
    return {key: [one[key] for one in found] for key in found[0]}


def embed(network: MarginNetwork, x: torch.Tensor) -> torch.Tensor:
    """Return the embeddings of pictures."""
    with evaluating(network), torch.no_grad():
        return network.embed(x)


def store(loss: str, network: MarginNetwork, new: list[int]) -> None:
    """Put the embeddings of the pictures "stored" into the file beside this script."""
    kept = {}
    if EMBEDDINGS.exists():
        with np.load(EMBEDDINGS) as file:
            kept = dict(file)
    kept |= {loss: embed(network, pictures("stored")[0]).numpy().astype(np.float16)}
    np.savez_compressed(EMBEDDINGS, **(kept | {"new": np.array(new)}))


@cache
def pictures(name: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Return pictures of all letters and which letter each is."""
    per_letter = {"train": PER_LETTER, "test": TEST_PER_LETTER, "stored": STORED_PER_LETTER}[name]
    X, y, _ = datasets.rendered_glyphs(
        len(LETTERS) * per_letter,
        classes=LETTERS,
        size=16,
        shift=0.06,
        rotation=10.0,
        scale=0.15,
        clutter=0.3,
        color=False,
        random_state={"train": 0, "test": 1, "stored": 2}[name],
    )
    return as_input(X), torch.as_tensor(y)


def pictures_of(name: str, letters: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the pictures of some letters, and the place of each picture's letter among them."""
    x, y = pictures(name)
    letters = torch.tensor(sorted(letters))
    kept = torch.isin(y, letters)
    return x[kept], torch.searchsorted(letters, y[kept])


# --- digits --------------------------------------------------------------------------------------


def learn_digits() -> dict:
    """Return by loss what was measured in each run, all networks trained side by side."""
    runs = [digits_of(run) for run in range(N_RUNS)]
    X = np.stack([one[0] for one in runs] * len(DIGIT_LOSSES))
    y = np.stack([one[1] for one in runs] * len(DIGIT_LOSSES))
    n_steps = DIGITS_EPOCHS * -(-X.shape[1] // BATCH)
    networks = ManyMarginNetworks(
        [64, 128, 64, 16],
        DIGITS_SEEN,
        [(loss, None) for loss in DIGIT_LOSSES for _ in runs],
        annealing=Annealing(n_steps // 3),
        seeds=[*range(N_RUNS)] * len(DIGIT_LOSSES),
    )
    train_many(
        networks,
        X,
        y,
        eta=0.001,
        n_steps=n_steps,
        batch_size=BATCH,
        rule="adam",
        schedule=lambda k: 1.0 if k < 0.8 * n_steps else 0.1,
    )
    X_test, X_new = (np.stack([one[i] for one in runs] * len(DIGIT_LOSSES)) for i in (2, 4))
    with torch.no_grad():
        Z, Z_new = networks.embed(X_test), networks.embed(X_new)
        guesses = networks(X_test).argmax(-1).numpy()
    found = []
    for i, _ in enumerate(networks.seeds):
        y_test, y_new = runs[i % N_RUNS][3], runs[i % N_RUNS][5]
        right = float((guesses[i] == y_test).mean())
        found.append(compare(Z[i], y_test, Z_new[i], y_new) | {"accuracy": round(right, 4)})
    return {
        loss: by_measure(found[i * N_RUNS : (i + 1) * N_RUNS])
        for i, loss in enumerate(DIGIT_LOSSES)
    }


def digits_of(run: int) -> list[np.ndarray]:
    """Return X and y for training, for testing and of the 3 new digits, of one run."""
    X, y = load_digits(return_X_y=True)
    draw = np.random.RandomState([SEED, run, 2])
    digits = draw.permutation(10)
    rows = [draw.permutation(np.flatnonzero(y == digit)) for digit in digits]
    both = DIGITS_TRAIN + DIGITS_TEST
    places = (
        [one[:DIGITS_TRAIN] for one in rows[:DIGITS_SEEN]],
        [one[DIGITS_TRAIN:both] for one in rows[:DIGITS_SEEN]],
        [one[:both] for one in rows[DIGITS_SEEN:]],
    )
    found = []
    for one in places:
        found += [X[np.concatenate(one)] / 16, np.repeat(np.arange(len(one)), len(one[0]))]
    return found
