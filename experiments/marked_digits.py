"""Do gates earn their place on real pictures, where one of many must be kept?

Eight real digits of 8 × 8 pixels pass by, one row a step; a mark is 1 at the rows of one of them.
After the last step the class of that digit is asked. A plain recurrent network, with torch's start
and with an orthogonal one, and an LSTM, of about 5,300 parameters each, learn it in 2,000 updates
on 50 new strips each, at a rate that falls to 0.

Each draw splits the 1,797 digits of scikit-learn anew, into 1,000 for training, 297 for validation
and 500 for testing; all strips of a set are made of its digits, and all networks of a draw see the
same ones. A learning rate is chosen for each network on the validation strips of the first draw,
in factors of √2, the grid made longer until the best stands inside. The network with the orthogonal
start also gets 6,000 updates, in the first draw, at the best of three rates by validation.

For comparison: softmax regression on a whole strip and on the marked digit alone. And of each LSTM,
how far its input and its forget gates are open, on average over all units: before the mark, at its
rows and after it.
"""

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

from course_lib import datasets
from course_lib.linear_models import SoftmaxRegression
from course_lib.nn.recurrent import LSTM, RNN, SequenceModel
from course_lib.nn.training import fit, predict, seeded
from course_lib.optim import WarmupCosine

SEED = 0
N_DRAWS = 5
TOLERANCE = {
    **{"validation": 0.4, "rate": 0.021, "test": 0.3, "by_place": 0.4, "longer": 0.4},
    **{"whole strip": 0.03, "digit alone": 0.02, "gates": 0.2},
}

NETWORKS = {"LSTM": (LSTM, 30), "orthogonal": (RNN, 63), "plain": (RNN, 63)}
RATES = {
    "LSTM": (0.007, 0.01, 0.014),
    "orthogonal": (0.0014, 0.002, 0.0028, 0.004),
    "plain": (0.0014, 0.002, 0.0028, 0.004),
}
DIGITS, ROWS, CUTS = 8, 8, (1000, 1297)
BATCH, UPDATES, JUDGED = 50, 2000, 2000
LONG, LONG_RATES = 6000, (0.001, 0.0014, 0.002)
PRICES = (0.001, 0.01, 0.1)  # λ of softmax regression


def parts() -> list[str]:
    """Return the names of the parts: the networks, and softmax regression."""
    return [*NETWORKS, "longer", "softmax"]


def part(name: str) -> dict:
    """Return what a network reaches in every draw at the rate that it chose, or the baselines."""
    torch.set_num_threads(1)
    if name == "softmax":
        return {"draws": [baselines(SEED + k) for k in range(N_DRAWS)]}
    if name == "longer":
        tried = [learn("orthogonal", rate, SEED, LONG) for rate in LONG_RATES]
        return max(tried, key=lambda one: one["validation"])
    rate, tried, first = choose(name)
    others = [learn(name, rate, SEED + k) for k in range(1, N_DRAWS)]
    return {"rate": rate, "validation": tried, "draws": [first, *others]}


def run(done: dict) -> dict:
    """Put the parts together, by what was measured."""
    result = {"parameters": {name: count(name) for name in NETWORKS}}
    for name in NETWORKS:
        for key in ("rate", "validation"):
            result.setdefault(key, {})[name] = done[name][key]
        for key in ("test", "by_place"):
            result.setdefault(key, {})[name] = [one[key] for one in done[name]["draws"]]
    result["longer"] = done["longer"]["test"]
    result["gates"] = [one["gates"] for one in done["LSTM"]["draws"]]
    for key in ("whole strip", "digit alone"):
        result[key] = [one[key] for one in done["softmax"]["draws"]]
    return result


def choose(name) -> tuple[float, dict, dict]:
    """Return the rate that is best on validation strips, all that were tried, and what it gave."""
    found = {rate: learn(name, rate, SEED) for rate in RATES[name]}
    while True:
        tried = sorted(found)
        best = max(tried, key=lambda rate: found[rate]["validation"])
        if best not in (tried[0], tried[-1]):
            return best, {str(r): found[r]["validation"] for r in tried}, found[best]
        rate = float(f"{best / 2**0.5 if best == tried[0] else best * 2**0.5:.2g}")
        found[rate] = learn(name, rate, SEED)


def new_network(name, seed) -> SequenceModel:
    """Return an untrained network, an LSTM with forget bias 1."""
    layer, hidden_size = NETWORKS[name]
    with seeded(seed):
        model = SequenceModel(layer(9, hidden_size, batch_first=True), 10)
        if name == "orthogonal":
            nn.init.orthogonal_(model.recurrent.weight_hh_l0)
    return model


def count(name) -> int:
    """Return the number of a network's parameters."""
    return sum(p.numel() for p in new_network(name, SEED).parameters())


def digits(draw) -> dict:
    """Return the pictures and labels of the three sets of a draw."""
    known = load_digits()
    order = np.random.default_rng(draw).permutation(len(known.target))
    sets = zip(("train", "validation", "test"), np.split(order, CUTS), strict=True)
    return {which: (known.images[at] / 16, known.target[at]) for which, at in sets}


def strips(draw, which, n=JUDGED) -> tuple:
    """Return the strips of a set on which networks are judged."""
    return datasets.marked_pictures(*digits(draw)[which], n, length=DIGITS, random_state=draw)


def learn(name, rate, draw, updates=UPDATES) -> dict:
    """Train a network; return its shares of right answers, by place, and what its gates do."""
    model, train = new_network(name, draw), digits(draw)["train"]
    own = model.recurrent
    model.recurrent = twin(own)

    def batches(generator):
        for seed in torch.randint(2**31, (updates,), generator=generator).tolist():
            X, y, _ = datasets.marked_pictures(*train, BATCH, length=DIGITS, random_state=seed)
            yield torch.as_tensor(X), torch.as_tensor(y)

    fit(
        model,
        F.cross_entropy,
        batches,
        n_epochs=1,
        optimizer=torch.optim.Adam(model.parameters(), fused=True),
        schedule=WarmupCosine(rate, steps=updates, warmup=updates // 10),
        clip=1.0,
        random_state=draw,
        progress=False,
    )
    model.cpu()
    right = {}
    for which in ("validation", "test"):
        X, y, places = strips(draw, which)
        right[which] = predict(model, X).argmax(1).cpu().numpy() == y
    found = {which: round(float(each.mean()), 4) for which, each in right.items()}
    by_place = [right["test"][places == at].mean() for at in range(DIGITS)]
    found["by_place"] = np.round(by_place, 4).tolist()
    if isinstance(own, LSTM):
        own.load_state_dict(model.recurrent.state_dict())
        found["gates"] = openness(own, torch.as_tensor(X[:500]), places[:500])
    return found


def twin(layer) -> nn.Module:
    """Return torch's layer of the same weights, which takes half as long."""
    made = getattr(nn, type(layer).__name__)(layer.input_size, layer.hidden_size, batch_first=True)
    made.load_state_dict(layer.state_dict())
    return made


@torch.no_grad()
def openness(layer, X, places) -> dict:
    """Return the mean of input and forget gates before, at and after the marked rows."""
    trace, step = layer.trace(X), np.arange(DIGITS * ROWS)[:, None] // ROWS
    when = {"before": step < places, "at": step == places, "after": step > places}
    mean = {gate: trace[gate].mean(dim=2).numpy() for gate in "if"}  # (T, B)
    return {
        gate: {key: round(float(values[at].mean()), 3) for key, at in when.items()}
        for gate, values in mean.items()
    }


def baselines(draw) -> dict:
    """Return what softmax regression gets right on test strips, and on their marked digits."""
    sets = {which: strips(draw, which) for which in ("validation", "test")}
    train = digits(draw)["train"]
    sets["train"] = datasets.marked_pictures(*train, 5000, length=DIGITS, random_state=draw)
    found = {}
    for key, see in {"whole strip": whole, "digit alone": alone}.items():
        seen = {which: (see(X, places), y) for which, (X, y, places) in sets.items()}
        models = [SoftmaxRegression(lam=lam, solver="lbfgs", tol=1e-4) for lam in PRICES]
        best = max(
            (m.fit(*seen["train"]) for m in models), key=lambda m: m.score(*seen["validation"])
        )
        found[key] = round(float(best.score(*seen["test"])), 4)
    return found


def whole(X, places) -> np.ndarray:
    """Return all numbers of each strip."""
    return X.reshape(len(X), -1)


def alone(X, places) -> np.ndarray:
    """Return the pixels of the marked digit of each strip."""
    pixels = X[..., :-1].reshape(len(X), DIGITS, -1)
    return pixels[np.arange(len(X)), places]
