"""Descent: walk downhill along the negative gradient.

Symbols
    w      (d,)  parameters; w₀ is where the walk starts
    g(w)   (d,)  gradient of the objective, exact or estimated from a minibatch
    f(w)         objective (the loss)
    eta          step (learning rate) η_k > 0 of step k = 0, 1, 2, …

`descend` takes steps and records the walk: along the gradient itself, or by another `rule` such as
`Momentum` or `Adam`. The schedules say how the step changes; `Backtracking` finds it by trying.
`minibatches` draws the samples that a stochastic gradient looks at. `lbfgs` estimates the curvature
from the gradients it has met, and needs no step at all. `Bowl` is least squares with its theory.
`tune` tries a grid and takes no best at its end.

Arrays of any array-API namespace will do; schedules and indices live on the host.
"""

from course_lib.optim.bowl import Bowl, digits_gone
from course_lib.optim.descent import Descent, descend
from course_lib.optim.lbfgs import lbfgs, lbfgs_direction
from course_lib.optim.line_search import Backtracking
from course_lib.optim.rules import (
    AdaGrad,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    RMSProp,
    Rule,
)
from course_lib.optim.samples import minibatches
from course_lib.optim.schedules import (
    Constant,
    InverseDecay,
    RecursiveDecay,
    Schedule,
    StepDecay,
    WarmupCosine,
)
from course_lib.optim.tuning import tune

__all__ = [
    "AdaGrad",
    "Adam",
    "AdamW",
    "Backtracking",
    "Bowl",
    "Constant",
    "Descent",
    "InverseDecay",
    "Momentum",
    "Nesterov",
    "RMSProp",
    "RecursiveDecay",
    "Rule",
    "Schedule",
    "StepDecay",
    "WarmupCosine",
    "descend",
    "digits_gone",
    "lbfgs",
    "lbfgs_direction",
    "minibatches",
    "tune",
]
