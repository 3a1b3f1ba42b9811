"""Does a margin help with letters that were not taught, where all settings are chosen for that?

Twelve times, with fresh pictures each time, eight of the 26 cluttered letters are new, and small
networks learn the other eighteen from 120 pictures each. Before that, each run chooses the scale s
and the learning rate of every loss for itself: of its eighteen letters six are left out, networks
learn the other twelve from 90 pictures each, and two numbers are looked at, the equal error rate of
pairs of 30 further pictures of each of the twelve, and that of pairs of the six that were left out.
The settings with the least of the one number, and those with the least of the other, learn from all
eighteen letters, and are measured on pairs of 60 further pictures of each, and of 180 of each of
the eight new letters, which nothing was chosen by.
"""

import numpy as np

from course_lib.datasets import rendered_glyphs
from course_lib.datasets.glyphs import LETTERS
from course_lib.nn.margin_losses import SCALE
from course_lib.nn.margin_trials import part_classes, trained_and_verified
from course_lib.nn.verification import equal_error_rate, pair_cosines

SEED = 0  # the runs are numbered from 0, and a run's number is what its randomness starts from
N_RUNS = 12
TOLERANCE = {
    "tried": 0.1,
    "chosen": 100,
    "eer_seen": 0.1,
    "eer_new": 0.1,
    "within": 15,
    "pixels": 0.001,
}

POSE = {"shift": 0.06, "rotation": 10.0, "scale": 0.15, "clutter": 0.3, "color": False}
LOSSES = {
    "softmax": ("softmax", None),
    "modified": ("A-Softmax", 1),  # no margin
    "normalised": ("normalised", None),
    "L-Softmax": ("L-Softmax", 4),
    "A-Softmax": ("A-Softmax", 4),
    "CosFace": ("CosFace", 0.35),
    "ArcFace": ("ArcFace", 0.5),
}
SCALED = ("normalised", "CosFace", "ArcFace")
SCALES = (1.0, 4.0, 16.0, 64.0)
RATES = (0.0003, 0.001, 0.003, 0.01, 0.03)
LEARNED, VALIDATED, TESTED = 90, 30, 60
N_NEW, N_LEFT_OUT = 8, 6
WIDTHS, N_EPOCHS = (128, 64, 32), 12
BY = {"taught": "eer_seen", "left out": "eer_new"}  # what a loss's settings are chosen by
MEASURES = ("eer_seen", "eer_new", "within")


def parts() -> list[str]:
    """Return the names of the runs, each of which is kept as soon as it is done."""
    return [f"run {run}" for run in range(N_RUNS)]


def part(name: str) -> dict:
    """Choose and measure in one run."""
    run, options = int(name.split()[1]), {"widths": WIDTHS, "n_epochs": N_EPOCHS}
    pictures, labels = letters(run)
    sizes = {"n_train": LEARNED + VALIDATED, "n_test": TESTED}
    whole = part_classes(pictures, labels, n_new=N_NEW, seed=run, **sizes)
    sizes = {"n_train": LEARNED, "n_test": VALIDATED}
    inside = part_classes(whole.X, whole.y, n_new=N_LEFT_OUT, seed=run, **sizes)
    grid = [
        (loss, s, rate)
        for loss in LOSSES
        for s in (SCALES if loss in SCALED else (SCALE,))
        for rate in RATES
    ]
    tried = learned(inside, grid, run, **options)
    chosen = {
        by: {
            loss: min((one for one in grid if one[0] == loss), key=lambda one: tried[one][key])
            for loss in LOSSES
        }
        for by, key in BY.items()
    }
    best = sorted({one for by_loss in chosen.values() for one in by_loss.values()})
    tested = learned(whole, best, run, **options)
    raw = pair_cosines(whole.X_new, whole.y_new)
    return {
        "tried": [[round(tried[one][key], 4) for one in grid] for key in BY.values()],
        "chosen": {
            by: {loss: list(one[1:]) for loss, one in found.items()} for by, found in chosen.items()
        },
        "pixels": round(equal_error_rate(*raw).rate, 4),
    } | {
        key: {
            by: {loss: round(tested[one][key], 4) for loss, one in found.items()}
            for by, found in chosen.items()
        }
        for key in MEASURES
    }


def letters(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures as rows of grey values from 0 to 1, and their letters."""
    n = 26 * (LEARNED + VALIDATED + TESTED)
    found = rendered_glyphs(n, classes=LETTERS, size=16, **POSE, random_state=seed)
    return (found.X.reshape(n, -1) / 255).astype(np.float32), found.y


def learned(parted, grid, seed: int, **options) -> dict:
    """Return what networks with losses, scales and rates reach on one parting, by all three."""
    found = trained_and_verified(
        [parted] * len(grid),
        [LOSSES[loss] for loss, _, _ in grid],
        seeds=[seed] * len(grid),
        s=[s for _, s, _ in grid],
        eta=[rate for _, _, rate in grid],
        **options,
    )
    return dict(zip(grid, found, strict=True))


def run(done: dict) -> dict:
    """Gather all runs: lists of them by what was chosen by and by loss."""
    runs = [done[name] for name in parts()]
    tried = np.mean([one["tried"] for one in runs], axis=0).round(4)
    places = iter(range(tried.shape[1]))
    by_setting = {
        loss: {
            f"{s:g}": [tried[:, next(places)].tolist() for _ in RATES]
            for s in (SCALES if loss in SCALED else (SCALE,))
        }
        for loss in LOSSES
    }
    gathered = {
        key: {by: {loss: [one[key][by][loss] for one in runs] for loss in LOSSES} for by in BY}
        for key in ("chosen", *MEASURES)
    }
    return {"tried": by_setting, "pixels": [one["pixels"] for one in runs]} | gathered
