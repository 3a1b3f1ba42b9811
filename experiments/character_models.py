"""Do gates read better than a plain recurrence of the same size, when all train until flat?

Four networks with about 34,000 parameters each learn the characters of the Python reference: a
plain recurrent network with torch's start and with an orthogonal one, a GRU and an LSTM. Each gets
the learning rate with which it does best on the validation text after a short training with the
first seed. Then it trains until the validation text gets no easier, at this rate, at a half of it
and at a quarter, and is measured once on the test text.
"""

import torch
from torch import nn

from course_lib import datasets
from course_lib.nn import text
from course_lib.nn.training import fit, seeded

SEED = 0
N_SEEDS = 3
TOLERANCE = {"perplexity": 0.15, "validation": 0.15, "updates": 40_000, "rates_tried": 3.0}

SIZES = {
    "plain": ("rnn", 124),
    "orthogonal": ("rnn", 124),
    "GRU": ("gru", 74),
    "LSTM": ("lstm", 64),
}
RATES = (0.001, 0.003, 0.01, 0.03, 0.1)
UPDATES = 250  # between two looks at the validation text
SHORT = 4  # looks, for the choice of the rate
PATIENCE = 3  # looks without progress before the rate is halved
HALVINGS = 2


def run() -> dict:
    """Return sizes, rates, updates and perplexities of the networks, and of tables of counts."""
    torch.set_num_threads(1)
    reference = datasets.load_python_reference()
    vocabulary = text.CharVocabulary(reference)
    codes = vocabulary.encode(reference)
    eight, nine = 8 * len(codes) // 10, 9 * len(codes) // 10
    train, validation, test = codes[:eight], codes[eight:nine], codes[nine:]
    tables = {n: text.NGram(n, len(vocabulary)).fit(train) for n in range(1, 7)}
    result = {
        "characters": [len(train), len(validation), len(test)],
        "n_grams": {str(n): round(table.perplexity(test), 3) for n, table in tables.items()},
    }
    for name in SIZES:
        for key, value in study(name, len(vocabulary), train, validation, test).items():
            result.setdefault(key, {})[name] = value
    return result


def study(name, n_symbols, train, validation, test) -> dict:
    """Choose a network's learning rate, train it with every seed, and measure it."""
    tried = []
    for rate in RATES:
        model = new_network(name, n_symbols, SEED)
        descend(model, train, validation, rate, n_epochs=SHORT, random_state=SEED)
        tried.append(text.perplexity(model, validation))
    rate = RATES[tried.index(min(tried))]
    found = {"perplexity": [], "validation": [], "updates": []}
    for seed in range(SEED, SEED + N_SEEDS):
        model = new_network(name, n_symbols, seed)
        found["updates"].append(train_until_flat(model, train, validation, rate, seed))
        found["validation"].append(round(text.perplexity(model, validation), 3))
        found["perplexity"].append(round(text.perplexity(model, test), 3))
        print(f"  {name}, seed {seed}: {found['perplexity'][-1]}", flush=True)
    parameters = sum(p.numel() for p in model.parameters())
    rates_tried = {str(rate): round(value, 3) for rate, value in zip(RATES, tried, strict=True)}
    return {"parameters": parameters, "rate": rate, "rates_tried": rates_tried, **found}


def new_network(name, n_symbols, seed) -> text.CharModel:
    """Return an untrained network."""
    kind, hidden_size = SIZES[name]
    with seeded(seed):
        model = text.CharModel(n_symbols, hidden_size, kind)
        if name == "orthogonal":
            nn.init.orthogonal_(model.recurrent.weight_hh_l0)
    return model


def train_until_flat(model, train, validation, rate, seed) -> int:
    """Train at falling rates, each until the validation text gets no easier; return the updates."""
    looks = 0
    for halving in range(HALVINGS + 1):
        random_state = (HALVINGS + 1) * seed + halving
        options = {"n_epochs": 400, "patience": PATIENCE, "random_state": random_state}
        looks += len(descend(model, train, validation, rate / 2**halving, **options))
    return UPDATES * looks


def descend(model, train, validation, rate, **options):
    """Train with Adam on random windows; an epoch ends with a look at the validation text."""
    windows = text.random_windows(train, batch_size=32, length=48, n_batches=UPDATES)
    looked_at = list(text.streams(validation, 64, 48))
    adam = torch.optim.Adam(model.parameters(), lr=rate)
    return fit(
        model,
        text.next_symbol_loss,
        windows,
        looked_at,
        optimizer=adam,
        clip=1.0,
        progress=False,
        **options,
    )
