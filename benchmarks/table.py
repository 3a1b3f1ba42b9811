"""The table: one entry a row. A new algorithm adds its line here and nothing anywhere else."""

from __future__ import annotations

from benchmarks import (
    autograd,
    bayes,
    boosting,
    clusters,
    components,
    forests,
    images,
    kernels,
    margins,
    model_selection,
    multiclass,
    neighbors,
    networks,
    problems,
    recommend,
    tables,
    texts,
    training,
)
from benchmarks.declare import (
    Row,
    agreement,
    cross_entropy_objective,
    estimator,
    function,
    held_out_error,
    held_out_mistakes,
    held_out_prediction,
    penalised_loss,
    svm_objective,
    training_error,
)
from benchmarks.layers import as_one

TALL = {"n": 20_000, "d": 64}
WIDE = {"n": 20_000, "d": 32}
BROAD = {"n": 20_000, "d": 256}

LINEAR_REGRESSION = "course_lib.linear_models.linear_regression:LinearRegression"
REGULARIZED = "course_lib.linear_models.regularized"
SKLEARN_LEAST_SQUARES = estimator("sklearn.linear_model:LinearRegression")
TORCH_LEAST_SQUARES = function(
    "benchmarks.references:torch_least_squares", library="torch", on=("torch", "cuda")
)
SAME_SOLUTION = (training_error(1e-9), held_out_error(1e-7), agreement(1e-8))
TREES = "course_lib.trees.decision_tree"
ONE_BOOSTED_TREE = estimator(  # one step of the whole length, nothing held back: a decision tree
    "xgboost:XGBClassifier",
    needs="xgboost",
    n_estimators=1,
    max_depth=8,
    learning_rate=1.0,
    reg_lambda=0.0,
    min_child_weight=0.0,
)

ROWS = (
    Row(
        name="least-squares",
        problem=problems.regression,
        size=TALL,
        ours=estimator(LINEAR_REGRESSION),
        references=(SKLEARN_LEAST_SQUARES, TORCH_LEAST_SQUARES),
        quality=SAME_SOLUTION,
        answer=held_out_prediction,
        goal=1.0,
        array_api=True,
        fastest=estimator("sklearnex.linear_model:LinearRegression", needs="sklearnex"),
    ),
    *(
        Row(
            name=f"least-squares-{solver}",
            problem=problems.regression,
            size=TALL,
            ours=estimator(LINEAR_REGRESSION, solver=solver),
            references=(SKLEARN_LEAST_SQUARES, TORCH_LEAST_SQUARES),
            quality=SAME_SOLUTION,
            answer=held_out_prediction,
            group="solver",
            array_api=True,
        )
        for solver in ("qr", "normal")
    ),
    Row(
        name="ridge",
        problem=problems.regression,
        size=TALL,
        # Its price is for the mean of the losses: lam = alpha / n. So d grows.
        ours=estimator(f"{REGULARIZED}:Ridge", lam=1 / TALL["n"]),
        references=(estimator("sklearn.linear_model:Ridge", alpha=1.0),),
        quality=SAME_SOLUTION,
        answer=held_out_prediction,
        goal=0.9,
        grows="d",
        array_api=True,
        fastest=estimator("sklearnex.linear_model:Ridge", needs="sklearnex", alpha=1.0),
    ),
    *(
        Row(
            name=name,
            problem=problems.regression,
            size=size,
            ours=estimator(f"{REGULARIZED}:{kind}", lam=0.01),
            references=(estimator(f"sklearn.linear_model:{kind}", alpha=0.01),),
            quality=(penalised_loss(1e-6, 0.01, l1_ratio), held_out_error(1e-3)),
            answer=held_out_prediction,
            goal=goal,
            group=group,
            array_api=True,
        )
        for kind, l1_ratio, name, size, goal, group in (
            ("Lasso", 1.0, "lasso", BROAD, 0.3, "classical"),
            ("ElasticNet", 0.5, "elastic-net", BROAD, 0.3, "classical"),
            ("Lasso", 1.0, "lasso-small", {"n": 500, "d": 256}, 2.0, "solver"),
        )
    ),
    Row(
        name="sgd-regression",
        problem=problems.regression,
        size=TALL,
        ours=estimator(
            LINEAR_REGRESSION, solver="sgd", n_epochs=5, batch_size=64, eta=0.02, random_state=0
        ),
        references=(
            estimator(
                "sklearn.linear_model:SGDRegressor",
                max_iter=5,
                tol=None,
                penalty=None,
                random_state=0,
            ),
        ),
        quality=(training_error(0.01), held_out_error(0.005)),
        answer=held_out_prediction,
        goal=2.0,
        array_api=True,
    ),
    *(
        Row(
            name=f"linear-svm-{loss.replace('_', '-')}",
            problem=problems.two_noisy_classes,
            size=TALL,
            # Its C is spread over the n samples: C = n is scikit-learn's C = 1. So d grows.
            ours=estimator("course_lib.linear_models.svm:LinearSVC", C=float(TALL["n"]), loss=loss),
            references=(estimator("sklearn.svm:LinearSVC", loss=loss, random_state=0),),
            quality=(svm_objective(1e-6, power), held_out_mistakes(0.002)),
            answer=held_out_prediction,
            goal=goal,
            grows="d",
            array_api=True,
        )
        for loss, power, goal in (("hinge", 1, 0.1), ("squared_hinge", 2, 0.3))
    ),
    Row(
        name="softmax",
        problem=problems.ten_noisy_classes,
        size=TALL,
        # lam = 1 / n is scikit-learn's C = 1. So d grows.
        ours=estimator(
            "course_lib.linear_models.softmax_regression:SoftmaxRegression", lam=1 / TALL["n"]
        ),
        # With its own 100 steps it ends before it is done.
        references=(estimator("sklearn.linear_model:LogisticRegression", max_iter=1000),),
        quality=(cross_entropy_objective(1e-6, 1 / TALL["n"]), held_out_mistakes(0.01)),
        answer=held_out_prediction,
        goal=0.9,
        grows="d",
        array_api=True,
    ),
    *(
        Row(
            name=name,
            problem=problems.two_noisy_classes,
            size=TALL,
            # Its price is for the mean of the losses: lam = 1/(nC). So d grows. At this tolerance
            # both solvers end nearer to the optimum than scikit-learn's does at its own.
            ours=estimator(
                "course_lib.linear_models.logistic_regression:LogisticRegression",
                lam=1 / TALL["n"],
                solver=solver,
                tol=1e-4,
            ),
            references=(estimator("sklearn.linear_model:LogisticRegression"),),
            quality=(cross_entropy_objective(1e-6, 1 / TALL["n"]), held_out_mistakes(0.002)),
            answer=held_out_prediction,
            goal=1.0,
            group=group,
            grows="d",
            array_api=True,
        )
        for name, solver, group in (
            ("logistic-regression", "newton", "classical"),
            ("logistic-regression-lbfgs", "lbfgs", "solver"),
        )
    ),
    *(
        Row(
            name=f"decision-tree{name}",
            problem=problems.curved_classes,
            size=WIDE,
            ours=estimator(f"{TREES}:DecisionTreeClassifier", splitter=splitter, max_depth=8),
            references=(
                estimator("sklearn.tree:DecisionTreeClassifier", max_depth=8, random_state=0),
            ),
            # The 5,000 rows kept out tell error rates apart to about 0.0065, one standard error.
            quality=(held_out_mistakes(0.01),),
            answer=held_out_prediction,
            goal=goal,
            group=group,
            fastest=ONE_BOOSTED_TREE,
        )
        for name, splitter, goal, group in (
            ("", "exact", 0.5, "classical"),
            ("-histogram", "histogram", 0.2, "solver"),
        )
    ),
    Row(
        name="regression-tree",
        problem=problems.curved,
        size=WIDE,
        ours=estimator(f"{TREES}:DecisionTreeRegressor", max_depth=8),
        references=(estimator("sklearn.tree:DecisionTreeRegressor", max_depth=8, random_state=0),),
        quality=(training_error(1e-3), held_out_error(1e-2)),
        answer=held_out_prediction,
        goal=0.5,
    ),
    Row(
        name="convolution",
        problem=problems.pictures,
        size={"n": 32, "channels": 16, "filters": 32, "side": 32},
        ours=function("benchmarks.layers:numpy_convolution", library="course_lib"),
        references=(function("benchmarks.layers:torch_convolution", library="torch", on=("cpu",)),),
        quality=(agreement(1e-4),),
        answer=as_one,
        goal=4.0,
        group="network",
    ),
    Row(
        name="lstm",
        problem=problems.sequences,
        size={"T": 100, "B": 32, "d": 32, "h": 64},
        ours=function("benchmarks.layers:lstm", library="course_lib", whose="ours"),
        references=(
            function("benchmarks.layers:lstm", library="torch", on=("cpu",), whose="theirs"),
        ),
        quality=(agreement(1e-4),),
        answer=as_one,
        goal=3.5,
        group="network",
        grows="T",
    ),
    Row(
        name="rnn",
        problem=problems.sequences,
        size={"T": 100, "B": 32, "d": 32, "h": 64},
        ours=function("benchmarks.layers:rnn", library="course_lib", whose="ours"),
        references=(
            function("benchmarks.layers:rnn", library="torch", on=("cpu",), whose="theirs"),
        ),
        quality=(agreement(1e-4),),
        answer=as_one,
        goal=1.5,
        group="network",
        grows="T",
    ),
    *margins.ROWS,
    *autograd.ROWS,
    Row(
        name="multilayer-perceptron",
        problem=problems.ten_noisy_classes,
        size={"n": 10_000, "d": 64},
        # Twenty epochs of Adam for both; scikit-learn's alpha is divided by the batch's samples.
        ours=estimator(
            "course_lib.nn.mlp:MLPClassifier",
            on=("cpu",),
            hidden=(100,),
            lam=1e-4 / 200,
            eta=0.001,
            batch_size=200,
            n_epochs=20,
            random_state=0,
        ),
        references=(
            estimator(
                "sklearn.neural_network:MLPClassifier",
                on=("cpu",),
                max_iter=20,
                n_iter_no_change=20,
                random_state=0,
            ),
        ),
        quality=(held_out_mistakes(0.02),),
        answer=held_out_prediction,
        goal=1.1,
        group="network",
    ),
    *networks.ROWS,
    *images.ROWS,
    *model_selection.ROWS,
    *neighbors.ROWS,
    *tables.ROWS,
    *bayes.ROWS,
    *boosting.ROWS,
    *clusters.ROWS,
    *components.ROWS,
    *kernels.ROWS,
    *multiclass.ROWS,
    *forests.ROWS,
    *recommend.ROWS,
    *training.ROWS,
    *texts.ROWS,
)
