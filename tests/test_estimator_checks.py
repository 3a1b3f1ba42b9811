"""scikit-learn's own checks on every estimator of the library; none is expected to fail.

An estimator is found by itself: every public subclass of BaseEstimator that a module of course_lib
defines. One that stands in several ways (several solvers) lists them in VARIANTS.
"""

import importlib
import inspect
import pkgutil

import only
import pytest
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    ClusterMixin,
    RegressorMixin,
    TransformerMixin,
)
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import (
    _yield_all_checks,  # private, but the only list of the checks
    parametrize_with_checks,
)

import course_lib
from course_lib.decomposition import PCA
from course_lib.linear_models import (
    ElasticNet,
    LinearRegression,
    LinearSVC,
    LogisticRegression,
    SoftmaxRegression,
)
from course_lib.multiclass import (
    DecisionDAGClassifier,
    LabelTreeClassifier,
    OneVsOneClassifier,
    OneVsRestClassifier,
)
from course_lib.preprocessing import OneHotEncoder, SimpleImputer
from course_lib.trees import (
    AdaBoostClassifier,
    BaggingClassifier,
    BaggingRegressor,
    DecisionTreeClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

# Their fit takes sample_weight, and some checks pass it: so must what they wrap.
MANY_FROM_TWO = [
    {"estimator": DecisionTreeClassifier(max_depth=4)},
    {"estimator": LogisticRegression(lam=0.01)},
]
FIVE_BAGS = [{"n_estimators": 5}]
FIVE_TREES = [{"n_estimators": 5, "splitter": s} for s in ("exact", "histogram")]
TEN_TREES = [{"n_estimators": 10, "splitter": s} for s in ("histogram", "exact")]
VARIANTS = {
    **dict.fromkeys((BaggingClassifier, BaggingRegressor), FIVE_BAGS),
    **dict.fromkeys((RandomForestClassifier, RandomForestRegressor), FIVE_TREES),
    AdaBoostClassifier: [
        {"n_estimators": 10},
        {"n_estimators": 5, "estimator": DecisionTreeClassifier(max_depth=2)},
    ],
    ElasticNet: [{"solver": s} for s in ("fista", "cd")],
    GradientBoostingClassifier: TEN_TREES,
    GradientBoostingRegressor: [*TEN_TREES, {"n_estimators": 10, "loss": "absolute_error"}],
    LinearRegression: [{"solver": s} for s in ("lstsq", "qr", "normal", "gd", "sgd")],
    LinearSVC: [{"solver": s} for s in ("newton", "gd", "sgd")] + [{"loss": "squared_hinge"}],
    LogisticRegression: [{"solver": s} for s in ("newton", "lbfgs", "gd")],
    PCA: [
        *({"solver": s} for s in ("auto", "eigh", "svd", "randomized")),
        {"n_components": 0.9, "whiten": True},
    ],
    SimpleImputer: [{"strategy": s} for s in ("mean", "median", "most_frequent", "constant")],
    SoftmaxRegression: [{"solver": s} for s in ("newton-cg", "lbfgs", "gd")],
    **dict.fromkeys(
        (OneVsRestClassifier, OneVsOneClassifier, DecisionDAGClassifier, LabelTreeClassifier),
        MANY_FROM_TWO,
    ),
    OneHotEncoder: [{}, {"drop": "first", "handle_unknown": "ignore", "sparse_output": True}],
}

# Fewer checks than these mean a forgotten mixin or tag; scikit-learn 1.9 runs a few more of each.
LEAST_CHECKS = {RegressorMixin: 70, ClassifierMixin: 70, ClusterMixin: 45, TransformerMixin: 50}
LEAST_ARRAY_API_CHECKS = 20

NOT_ALGORITHMS = {"explore", "plots", "notebook", "exercises", "datasets"}


def estimator_classes():
    """Every public estimator class that a module of course_lib defines."""
    found = set()
    for module_info in pkgutil.walk_packages(course_lib.__path__, "course_lib."):
        if module_info.name.split(".")[1] in NOT_ALGORITHMS:
            continue
        module = importlib.import_module(module_info.name)
        for name, thing in inspect.getmembers(module, inspect.isclass):
            own = thing.__module__ == module_info.name and not name.startswith("_")
            if own and issubclass(thing, BaseEstimator) and not inspect.isabstract(thing):
                found.add(thing)
    return sorted(found, key=lambda cls: cls.__name__)


def estimators():
    """Every estimator in every variant; after a change, those that it or what they wrap reaches."""
    every = [cls(**kw) for cls in estimator_classes() for kw in VARIANTS.get(cls, [{}])]
    return [estimator for estimator in every if only.meant(*modules_of(estimator))]


def modules_of(estimator):
    return {type(part).__module__ for part in (estimator, *estimator.get_params().values())}


# Least squares without a regulariser has no unique answer on the collinear data of some checks, and
# says so; gradient descent says that a thousand steps do not reach its tolerance there.
@pytest.mark.filterwarnings("ignore::course_lib.estimator.IllConditionedWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(estimators())
def test_scikit_learn_check(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", estimators(), ids=repr)
def test_nothing_escapes_the_checks(estimator):
    names = [getattr(c, "func", c).__name__ for c in _yield_all_checks(estimator, legacy=True)]
    kinds = [kind for kind in LEAST_CHECKS if isinstance(estimator, kind)]
    assert kinds, f"{estimator} has none of the mixins {[k.__name__ for k in LEAST_CHECKS]}"
    array_api_checks = LEAST_ARRAY_API_CHECKS if get_tags(estimator).array_api_support else 0
    assert sum("array_api" in name for name in names) >= array_api_checks
    for kind in kinds:
        least = LEAST_CHECKS[kind] - LEAST_ARRAY_API_CHECKS + array_api_checks
        assert len(names) >= least


def test_after_a_change_what_depends_on_it_is_checked_and_no_more(monkeypatch):
    monkeypatch.setattr(only, "MODULES", ["course_lib.trees.decision_tree"])
    names = {type(estimator).__name__ for estimator in estimators()}
    assert {"DecisionTreeClassifier", "OneVsRestClassifier"} <= names  # the second wraps a tree
    assert not names & {"KMeans", "PCA", "Ridge"}


def test_every_estimator_is_found():
    assert LinearRegression in estimator_classes()
    assert set(VARIANTS) <= set(estimator_classes())
