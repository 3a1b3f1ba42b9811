"""Are the modes that a game on the ring does not cover lost, or only out of focus?

`gan_ring` calls a mode covered if at least 2 % of the samples lie within 4σ of its centre. A
generator that spreads its samples evenly along the ring, but not sharply, so fails at modes that it
does not leave out. Here every sample counts for the centre nearest to it, however far away: the
plane has eight equal sectors, and a mode is lost if fewer than 2 % of the samples are in its own.

The games are those of `gan_ring`: the same seeds, at the rates that it chose. One more is the
reverse of its slow D: with the slow G, whose rate is 0.0001, the discriminator's is 0.01. It plays
2,000 rounds like the others, and 8,000 ("slow G, longer"). At the same two rates, with as many
rounds and one step of the critic in each, stand Wasserstein's loss with clipping and with the
gradient penalty, and the plain game with the penalty R1: do they mend what the rates break?

    lost     sectors with less than 2 % of 4,000 samples, of each game
    least    the smallest share of a sector
    modes, near, fresh, samples   as in `gan_ring`
"""

import numpy as np
import torch

from course_lib.nn.gan import play
from course_lib.nn.gan_measures import covered
from experiments.gan_ring import ETA_G, RING, SEEDS, SETTINGS, UPDATES, judged, played

SEED = 0
TOLERANCE = {
    **{"lost": 8, "least": 0.2, "modes": 8, "near": 1.0, "fresh": 0.5},  # single games differ
    **{"samples": 2000, "mean lost": 2.0, "mean near": 0.3},
}
ETAS = {"momentum": 3e-3, "penalty": 1e-2, "clipping": 1e-3, "non-saturating": 1e-2}
SLOW, FAST = 1e-4, 1e-2
REMEDIES = {
    "slow G, clipping": SETTINGS["clipping"] | {"d_steps": 1},
    "slow G, penalty": SETTINGS["penalty"] | {"d_steps": 1},
    "slow G, r1": SETTINGS["r1"],
}
SLOW_G = ("slow G", "slow G, longer", *REMEDIES)
NAMES = (*ETAS, "slow D", *SLOW_G)
LONGER = 3 * UPDATES // 2  # rounds more than the 2,000


def parts() -> list[str]:
    """Return the names of the settings."""
    return list(NAMES)


def part(name: str) -> dict:
    """Return what the ten games of a setting make, and what they leave out."""
    torch.set_num_threads(1)
    rates = {"eta_G": ETA_G}  # the slow D's own is among its settings
    if name in ETAS:
        rates = {"eta_G": ETAS[name], "eta_D": ETAS[name]}
    elif name in SLOW_G:
        rates = {"eta_G": SLOW, "eta_D": FAST} | REMEDIES.get(name, {})
    game = played(name, SEEDS, **rates)
    if name == "slow G, longer":
        play(game, LONGER)
    found = judged(game, SEEDS)
    sectors = covered(game.samples(4000), RING.centers, RING.sigma, widths=1e9)
    return {kind: found[kind] for kind in ("modes", "near", "fresh", "samples")} | {
        "lost": (len(RING.centers) - sectors.modes).tolist(),
        "least": sectors.shares.min(axis=1).round(3).tolist(),
    }


def run(done: dict) -> dict:
    """Put the parts together: by kind of number, every setting's."""
    result = {kind: {name: done[name][kind] for name in NAMES} for kind in done["slow D"]}
    for kind in ("lost", "near"):
        means = {name: round(float(np.mean(done[name][kind])), 2) for name in NAMES}
        result[f"mean {kind}"] = means
    return result | {"seeds": SEEDS}
