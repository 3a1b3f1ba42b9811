"""How much is lost where a 1 × 1 convolution narrows the maps, and is it because they are sparse?

The network that has read letters (experiment `transfer`, 16, 32 and 64 channels in its stages)
looks at 1,000 letters. Behind each stage the channels of all places are the rows of a matrix. The
maps then pass a 1 × 1 convolution down to r channels and another one up again: onto the r
directions of the largest variance, or onto r random directions. How many letters are still read,
without any further training? For the reason, the share of zeros behind the ReLU, and the share of
the variance that r directions keep behind it and before it, where nothing is zero; and the same of
a network that has learned nothing.
"""

import numpy as np
import torch
from torch.nn import functional as F

from course_lib import datasets
from course_lib.datasets.glyphs import LETTERS
from course_lib.nn.architectures import SmallResNet
from course_lib.nn.cnn import as_input
from course_lib.nn.training import evaluating, seeded
from course_lib.nn.weights import load_weights
from course_lib.notebook import EXPERIMENTS

SEED = 0
TOLERANCE = {"accuracy": 0.06, "zeros": 0.05, "kept": 0.05, "directions": 3}

STAGES = ("stage1", "stage2", "stage3")
SHARES = (1, 2, 4, 8, 16)  # r = C / share
RANDOM = 5  # draws of random directions


def run() -> dict:
    """Return accuracies, zeros, and shares of the variance, by stage."""
    torch.set_num_threads(1)
    x, y = letters()
    trained = load_weights(new_network(), EXPERIMENTS / "transfer.npz")
    result = {"shares": SHARES, "channels": {}}
    for name in STAGES:
        maps = behind(trained, name, x)
        C = maps.shape[1]
        result["channels"][name] = C
        result.setdefault("zeros", {})[name] = round(float((maps == 0).float().mean()), 3)
        kept = result.setdefault("kept", {}).setdefault(name, {})
        kept["behind ReLU"], directions = spectrum(maps)
        kept["before ReLU"] = spectrum(before_relu(trained, name, x))[0]
        kept["nothing learned"] = spectrum(behind(new_network(), name, x))[0]
        needed = np.cumsum(eigenvalues(maps)) / eigenvalues(maps).sum()
        result.setdefault("directions", {})[name] = int((needed < 0.99).sum()) + 1
        mean = rows(maps).mean(0)
        found = result.setdefault("accuracy", {}).setdefault(name, {"largest": [], "random": []})
        for share in SHARES:
            r = C // share
            found["largest"].append(read(trained, name, maps, mean, directions[:, :r], y))
            draws = [read(trained, name, maps, mean, some(C, r, k), y) for k in range(RANDOM)]
            found["random"].append(round(float(np.mean(draws)), 3))
    return result


def letters() -> tuple[torch.Tensor, torch.Tensor]:
    """Return 1,000 letters of the kind that the network has learned, but others."""
    pose = {"shift": 0.08, "rotation": 15.0, "scale": 0.2}
    looks = {"clutter": 0.5, "background": 1.0, "color": False, "random_state": 3}
    X, y, _ = datasets.rendered_glyphs(1000, classes=LETTERS, **pose, **looks)
    return F.avg_pool2d(as_input(X), 2), torch.as_tensor(y)


def new_network() -> SmallResNet:
    """Return the network of the experiment `transfer`, untrained."""
    with seeded(SEED):
        return SmallResNet(8, channels=1, classes=26)


def behind(model: SmallResNet, stage: str, x: torch.Tensor) -> torch.Tensor:
    """Return the maps behind a stage, (N, C, H, W)."""
    with evaluating(model), torch.no_grad():
        for name, part in model.named_children():
            x = part(x)
            if name == stage:
                return x
    raise ValueError(f"stage must be one of {STAGES}, got {stage!r}.")


def before_relu(model: SmallResNet, stage: str, x: torch.Tensor) -> torch.Tensor:
    """Return the sum of shortcut and branch that ends a stage, before its ReLU."""
    found = []
    add = getattr(model, stage)[-1].add
    handle = add.register_forward_hook(lambda layer, inputs, output: found.append(output.clone()))
    behind(model, stage, x)
    handle.remove()
    return found[0]


def rows(maps: torch.Tensor) -> torch.Tensor:
    """Return the channels of every place as a row, (N·H·W, C), in double precision."""
    return maps.movedim(1, -1).flatten(0, 2).double()


def eigenvalues(maps: torch.Tensor) -> np.ndarray:
    """Return the variances along the principal directions, from the largest."""
    return torch.linalg.eigvalsh(rows(maps).T.cov()).flip(0).clamp(min=0).numpy()


def spectrum(maps: torch.Tensor) -> tuple[list[float], torch.Tensor]:
    """Return the share of the variance that C / share directions keep, and the directions."""
    values, vectors = torch.linalg.eigh(rows(maps).T.cov())
    values, vectors = values.flip(0), vectors.flip(1)
    C = len(values)
    shares = [float(values[: C // share].sum() / values.sum()) for share in SHARES]
    return [round(share, 3) for share in shares], vectors


def some(C: int, r: int, seed: int) -> torch.Tensor:
    """Return r random orthonormal directions, (C, r)."""
    draw = torch.Generator().manual_seed(seed)
    return torch.linalg.qr(torch.randn(C, r, generator=draw, dtype=torch.float64))[0]


def read(model, stage, maps, mean, directions, y) -> float:
    """Return the accuracy if the maps pass a 1 × 1 convolution down and one up again."""
    through = (directions @ directions.T)[:, :, None, None]  # (C, C, 1, 1)
    centred = maps.double() - mean[:, None, None]
    narrowed = (F.conv2d(centred, through) + mean[:, None, None]).float()
    names = [name for name, _ in model.named_children()]
    with evaluating(model), torch.no_grad():
        for name in names[names.index(stage) + 1 :]:
            narrowed = getattr(model, name)(narrowed)
    return round(float((narrowed.argmax(1) == y).float().mean()), 3)
