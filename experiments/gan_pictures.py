"""What do the measures say while a network learns to draw digits, and whom do they believe?

A generator of 10,593 weights and a discriminator, both convolutional, play on 900 handwritten
digits of 8 × 8 pixels (scikit-learn's) for 4,000 steps of 64 pictures, from several seeds, with the
non-saturating loss. After several numbers of steps the generator with averaged weights is judged:

    confidence       largest probability that a classifier of real digits gives, the mean
    total variation  of its histogram of classes from that of real ones
    frechet          squared Fréchet distance of the classifier's 64 features
    fresh            accuracy of a new discriminator on held-out pictures; ½: it found no difference
    nearest          median distance to the nearest training picture, as a multiple of that of new
                     real pictures

The 897 digits that nobody was trained on are parted at random into two halves, five times. The
generator's pictures are compared with the first half, and so are the real ones of the second, which
gives each measure's floor. "fresh" takes all 897 beside as many fakes, and for its floor both
halves. Four generators that cheat are judged alike: one has learned the 900 training pictures by
heart, one knows 50 of them, one draws real pictures of a single class, and one blurs real pictures.
"own" is the mean probability of "real" that the game's own discriminator gave, in the last 50
steps, to real and to fake pictures.

The averaged weights of the first seed after each number of steps are stored beside this script
(gan_pictures.npz), as a ModuleDict of generators by number of steps.
"""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

from course_lib.nn import gan_pictures as pictures
from course_lib.nn.cnn import count_parameters
from course_lib.nn.gan_measures import frechet_distance, total_variation, two_sample_test
from course_lib.nn.weights import save_weights

SEED = 0
N_SEEDS = 5
TOLERANCE = {
    **{"judge": 0.03, "confidence": 0.1, "total variation": 0.15, "frechet": 60},
    **{"fresh": 0.2, "nearest": 0.3, "own": 0.4, "classes": 0.2},
}

WEIGHTS = Path(__file__).resolve().with_name("gan_pictures.npz")
LOOKS = (0, 100, 300, 600, 1000, 2000, 4000)
N_TRAIN, N_PARTINGS = 900, 5
MEASURES = ("confidence", "total variation", "frechet", "fresh", "nearest")
CHEATS = ("all by heart", "50 by heart", "one class", "blurred")


def parts() -> list[str]:
    """Return the names of the parts: the real pictures, the seeds, and the cheats."""
    return ["real", *(f"seed {k}" for k in range(N_SEEDS)), *CHEATS]


def part(name: str) -> dict:
    """Return the measures of real pictures, of a training, or of a generator that cheats."""
    torch.set_num_threads(1)
    if name == "real":
        return {"judge": judge_accuracy(), "measures": floors()}
    if name in CHEATS:
        return mean(measured(cheating(name)))
    return training(SEED + int(name.split()[1]))


def run(done: dict) -> dict:
    """Put the parts together: each measure of real pictures, of every seed's looks, of cheats."""
    seeds = [done[f"seed {k}"] for k in range(N_SEEDS)]
    players = pictures.new_picture_players(SEED)
    result = {
        "looks": LOOKS,
        "parameters": [count_parameters(player) for player in players],
        "judge": done["real"]["judge"],
    }
    for name in MEASURES:
        result[name] = {
            "real": [one[name] for one in done["real"]["measures"]],
            "seeds": [[look[name] for look in one["measures"]] for one in seeds],
            "cheats": {cheat: done[cheat][name] for cheat in CHEATS},
        }
    result["own"] = [one["own"] for one in seeds]
    result["classes"] = [one["measures"][-1]["classes"] for one in seeds]
    return result


def training(seed: int) -> dict:
    """Train from a seed; return the measures of every look, and what the game's own D said."""
    G, D = pictures.new_picture_players(seed)
    seen = pictures.train_pictures(G, D, digits()[0], looks=LOOKS, random_state=seed)
    if seed == SEED and not WEIGHTS.is_file():
        generators = {str(look.step): look.generator for look in seen}
        save_weights(nn.ModuleDict(generators), WEIGHTS)
    n = N_PARTINGS * len(digits()[2])
    found = [mean(measured(pictures.draw_pictures(look.generator, n, 100))) for look in seen]
    own = [[round(p, 3) for p in look.said_real] for look in seen[1:]]
    return {"measures": found, "own": own}


def measured(x: torch.Tensor) -> list[dict]:
    """Return the measures of pictures, five times as many as in the test, a dict a parting."""
    real = digits()[2]
    fakes = x.reshape(N_PARTINGS, len(real), *x.shape[1:])
    parted = [real[order] for order in partings()]
    fresh = judged_anew(fakes, torch.stack(parted))
    half = len(real) // 2
    return [
        compared(fake[:half], one[:half]) | {"fresh": accuracy}
        for fake, one, accuracy in zip(fakes, parted, fresh, strict=True)
    ]


def floors() -> list[dict]:
    """Return all measures of real pictures, a dict a parting, rounded."""
    real = digits()[2]
    half, parted = len(real) // 2, [real[order] for order in partings()]
    halves = [(one[half : 2 * half], one[:half]) for one in parted]
    fresh = judged_anew(*(torch.stack(side) for side in zip(*halves, strict=True)))
    found = [
        compared(*pair) | {"fresh": accuracy} for pair, accuracy in zip(halves, fresh, strict=True)
    ]
    return [mean([one]) for one in found]


def judged_anew(A: torch.Tensor, B: torch.Tensor) -> list[float]:
    """Return the accuracy of a new discriminator for each parting's pictures (5, n, 1, 8, 8)."""
    return two_sample_test(
        A.flatten(2), B.flatten(2), seeds=range(N_PARTINGS), n_steps=300
    ).tolist()


def compared(x: torch.Tensor, real: torch.Tensor) -> dict:
    """Return all other measures of pictures x beside real ones, and their shares of the classes."""
    (p, features), (p_real, real_features) = (pictures.judged(judge(), one) for one in (x, real))
    shares, true = (np.bincount(one.argmax(axis=1), minlength=10) for one in (p, p_real))
    return {
        "confidence": p.max(axis=1).mean(),
        "total variation": total_variation(shares, true),
        "frechet": frechet_distance(features, real_features),
        "nearest": np.median(pictures.nearest_distances(x, digits()[0])) / usual_distance(),
        "classes": shares / len(x),
    }


def mean(found: list[dict]) -> dict:
    """Return the means over the partings."""
    means = {name: np.mean([one[name] for one in found], axis=0) for name in found[0]}
    return {name: np.round(np.float64(value), 3).tolist() for name, value in means.items()}


def cheating(name: str) -> torch.Tensor:
    """Return the pictures of a generator that cheats, five times as many as the test pictures."""
    train, _, test, labels = digits()
    chance = np.random.default_rng(SEED)
    known = {"all by heart": train, "50 by heart": train[:50], "one class": test[labels == 3]}
    if name == "blurred":
        blurred = F.avg_pool2d(F.pad(test, (1, 1, 1, 1), value=-1.0), 3, stride=1)
        return blurred[np.concatenate(partings())]
    orders = [
        chance.permutation(np.resize(np.arange(len(known[name])), len(test))) for _ in range(5)
    ]
    return known[name][np.concatenate(orders)]


@cache
def digits() -> tuple:
    """Return training pictures (n, 1, 8, 8) and classes, and those that nobody is trained on."""
    found = load_digits()
    order = np.random.default_rng(SEED).permutation(len(found.target))
    X = torch.as_tensor(found.images[order] / 8 - 1, dtype=torch.float32)[:, None]
    y = found.target[order]
    return X[:N_TRAIN], y[:N_TRAIN], X[N_TRAIN:], y[N_TRAIN:]


@cache
def partings() -> list[np.ndarray]:
    """Return five orders of the test pictures."""
    n = len(digits()[2])
    return [np.random.default_rng([SEED, k]).permutation(n) for k in range(N_PARTINGS)]


@cache
def usual_distance() -> float:
    """Return the median distance of a test picture to the nearest training picture."""
    return float(np.median(pictures.nearest_distances(digits()[2], digits()[0])))


@cache
def judge():
    """Return a classifier of real digits."""
    return pictures.new_judge(*digits()[:2], random_state=SEED)


def judge_accuracy() -> float:
    """Return the classifier's accuracy on the test pictures."""
    p, _ = pictures.judged(judge(), digits()[2])
    return round(float((p.argmax(axis=1) == digits()[3]).mean()), 4)
