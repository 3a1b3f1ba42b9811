"""What in a chapter's code differs from run to run: judged by signatures, not by a list of names.

A call is *resolved* through the chapter's imports: after `from torch import nn`, `nn.Linear(2, 1)`
is torch.nn.Linear. What of scikit-learn, SciPy or course_lib takes a seed, and has None for it by
default, must be given one.
"""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from notebook_checks.chapter import Chapter
from notebook_checks.code import calls, chain, imports

_SEEDS = ("random_state", "seed", "rng")
_GLOBAL_GENERATOR = frozenset({"Generator", "default_rng", "SeedSequence", "RandomState", "PCG64"})
_TORCH_RANDOM = re.compile(r"torch\.(?:rand\w*|normal|bernoulli|multinomial|poisson)")
# Drawing into a tensor, whatever it is called; layers and models, whose first weights are drawn.
_IN_PLACE = frozenset({"normal_", "uniform_", "bernoulli_", "exponential_", "random_", "cauchy_"})
_DRAWS_WEIGHTS = re.compile(r"torch\.nn\.(?:modules\.\w+\.)?[A-Z]\w+|torch\.nn\.init\.\w+")
_DRAWS_NOTHING = re.compile(
    r".*\.(?:\w*Loss|\w*ReLU\w*|Sequential|Flatten|Unflatten|Identity|Module\w*|\w*Pool\dd|Parameter"
    r"|Sigmoid|Tanh|Softmax|LogSoftmax|GELU|SiLU|\w*Norm\w*|Upsample|ZeroPad\w*|ParameterList)"
)
_HAS_SIGNATURES = ("sklearn.", "scipy.", "course_lib.")
# Not worth importing here: seconds for torch, and every seed there is 0 by default.
_NOT_LOOKED_INTO = re.compile(r"course_lib\.(?:nn|plots|explore|exercises|notebook)\b")

# Where a seed is used only with other arguments: their names, and values that draw (None: any).
_SAG, _SHUFFLE = ("solver", {"sag", "saga", "liblinear"}), ("shuffle", {True})
_USED_WITH: dict[str, tuple[str, set[Any] | None]] = {
    **dict.fromkeys(("LogisticRegression", "LogisticRegressionCV"), _SAG),
    **dict.fromkeys(("Ridge", "RidgeClassifier", "ridge_regression"), _SAG),
    **dict.fromkeys(("Lasso", "LassoCV", "ElasticNet", "ElasticNetCV"), ("selection", {"random"})),
    **dict.fromkeys(("SVC", "NuSVC"), ("probability", {True})),
    **dict.fromkeys(("KFold", "StratifiedKFold", "StratifiedGroupKFold", "GroupKFold"), _SHUFFLE),
    "PCA": ("svd_solver", {"randomized", "arpack"}),
    "silhouette_score": ("sample_size", None),
    "GaussianProcessRegressor": ("n_restarts_optimizer", None),
    "DummyClassifier": ("strategy", {"stratified", "uniform"}),
}
_OURS_USED_WITH: dict[str, tuple[str, set[Any] | None]] = {
    **dict.fromkeys(("LinearRegression", "LinearSVC"), ("solver", {"sgd"})),
    "AdaBoostClassifier": ("estimator", None),  # a stump draws no lots
    **dict.fromkeys(
        ("GradientBoostingClassifier", "GradientBoostingRegressor"),
        ("subsample n_iter_no_change", None),
    ),
    **dict.fromkeys(("DecisionTreeClassifier", "DecisionTreeRegressor"), ("max_features", None)),
    "PCA": ("solver", {"randomized"}),
}
_UNKNOWN = object()


def unseeded(chapter: Chapter) -> Iterator[str]:
    """Yield a sentence for each call whose result differs from run to run."""
    bound = bound_names(chapter)
    seeds_in_words = "random_state" in chapter.file_text
    for code in chapter.codes:
        for call in calls(code.tree):
            parts = chain(call)
            path = resolved(parts, bound)
            why = _no_seed(call, path) or _global_chance(path)
            if why or (why := _signature_asks(call, path, seeds_in_words)):
                yield f"{code.where}: `{'.'.join(parts)}` {why}"
    yield from _torch_without_seed(chapter, bound)


def bound_names(chapter: Chapter) -> dict[str, str]:
    """Return what each imported name of a chapter stands for, by its full name."""
    names: dict[str, str] = {}
    for code in chapter.codes:
        for module, name, bound in imports(code.tree):
            whole = f"{module}.{name}".strip(".")
            # `import torch.nn` binds torch
            names[bound] = bound if not name and bound == module.split(".")[0] else whole
    return names


def resolved(parts: list[str], bound: dict[str, str]) -> str:
    """Return the full name of what is called, its own dots for what was not imported."""
    return ".".join([bound.get(parts[0], parts[0]), *parts[1:]]) if parts else ""


def _no_seed(call: ast.Call, path: str) -> str:
    seeds = [keyword.value for keyword in call.keywords if keyword.arg in _SEEDS]
    if path.split(".")[-1] in ("default_rng", "RandomState", "SeedSequence"):
        seeds += call.args[:1]
        if not seeds and not call.keywords:
            return "has no seed: give it a number"
    if any(isinstance(seed, ast.Constant) and seed.value is None for seed in seeds):
        return "has no seed: give it a number"
    return "takes its seed from the clock: use torch.manual_seed" if path == "torch.seed" else ""


def _global_chance(path: str) -> str:
    if path.startswith("numpy.random.") and path.split(".")[2] not in _GLOBAL_GENERATOR:
        return "uses NumPy's global generator: draw from rng = np.random.default_rng(SEED)"
    return ""


def _signature_asks(call: ast.Call, path: str, seeds_in_words: bool) -> str:
    spread = any(keyword.arg is None for keyword in call.keywords)
    if any(isinstance(one, ast.Starred) for one in call.args) or (spread and seeds_in_words):
        return ""  # what is spread out may hold the seed
    found = _signature(path)
    if found is None:
        return _sample_of_a_table(call, path)
    seed, signature = found
    given = _arguments(call, signature)
    if seed in given or _seed_is_idle(path, given):
        return ""
    return f"draws lots: give it {seed}=SEED"


@cache
def _signature(path: str) -> tuple[str, inspect.Signature] | None:
    """Return the parameter that takes a seed, None by default, and the signature; or None."""
    if not path.startswith(_HAS_SIGNATURES) or _NOT_LOOKED_INTO.match(path):
        return None
    try:
        signature = inspect.signature(_object(path))
    except (ImportError, AttributeError, TypeError, ValueError):
        return None
    seeds = [one for one in _SEEDS if one in signature.parameters]
    if not seeds or signature.parameters[seeds[0]].default is not None:
        return None
    return seeds[0], signature


def _object(path: str) -> Any:
    parts = path.split(".")
    for end in range(len(parts) - 1, 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:end]))
        except ImportError:
            continue
        for part in parts[end:]:
            found = getattr(found, part)
        return found
    raise ImportError(path)


def _arguments(call: ast.Call, signature: inspect.Signature) -> dict[str, ast.expr]:
    named = {one.arg: one.value for one in call.keywords if one.arg}
    try:
        return signature.bind_partial(*call.args, **named).arguments
    except TypeError:  # the cell itself will fail
        return named


def _seed_is_idle(path: str, given: dict[str, ast.expr]) -> bool:
    name = path.split(".")[-1]
    if name == "KMeans" and "init" in given:  # an array of centres leaves nothing to chance
        return _constant(given["init"]) is _UNKNOWN
    table = _OURS_USED_WITH if path.startswith("course_lib.") else _USED_WITH
    if name not in table:
        return False
    names, values = table[name]
    found = [_constant(given[argument]) for argument in names.split() if argument in given]
    return all(value is not None and values is not None and value not in values for value in found)


def _constant(node: ast.expr) -> Any:
    return node.value if isinstance(node, ast.Constant) else _UNKNOWN


def _sample_of_a_table(call: ast.Call, path: str) -> str:
    # pandas: table.sample(5), table.sample(frac=0.1)
    if not path.endswith(".sample") or path.startswith(("course_lib.", "torch.")):
        return ""
    given = {keyword.arg for keyword in call.keywords}
    numbers = any(isinstance(one, ast.Constant) for one in call.args)
    if (numbers or given & {"n", "frac"}) and not given & {*_SEEDS, "generator"}:
        return "draws lots: give it random_state=SEED"
    return ""


def _torch_without_seed(chapter: Chapter, bound: dict[str, str]) -> Iterator[str]:
    """Yield at most one sentence: the first draw from torch's generator, if that is not seeded."""
    if chapter.codes and _seeds_torch(chapter.codes[0].tree):
        return
    for code in chapter.codes:
        for call in calls(code.tree):
            path = resolved(chain(call), bound)
            if _draws_from_torch(call, path):
                yield (
                    f"{code.where}: `{'.'.join(chain(call))}` draws from torch's generator: "
                    "put torch.manual_seed(SEED) into the set-up cell"
                )
                return


def _seeds_torch(tree: ast.AST) -> bool:
    return any(chain(call)[-1:] == ["manual_seed"] and call.args for call in calls(tree))


def _draws_from_torch(call: ast.Call, path: str) -> bool:
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if "generator" in given or _DRAWS_NOTHING.fullmatch(path):
        return False
    name = path.split(".")[-1]
    if name == "DataLoader":
        return "shuffle" in given
    ours = path.startswith("course_lib.nn.") and path != "course_lib.nn.autograd.Tensor"
    model = ours and name[:1].isupper()
    drawn = _TORCH_RANDOM.fullmatch(path) or _DRAWS_WEIGHTS.fullmatch(path)
    return bool(drawn) or model or name in _IN_PLACE or name in ("random_split", "dropout")
