"""Derivatives by small steps: their values, their steps, what the check says, what is refused."""

import numpy as np
import pytest
import torch
from backends import BACKENDS
from scipy.optimize import check_grad
from scipy.optimize._numdiff import approx_derivative

from course_lib.gradient_check import (
    STEPS,
    GradientCheck,
    gradient_check,
    numerical_gradient,
    numerical_jacobian,
)

METHODS = list(STEPS)
EPS = np.finfo(float).eps


def cubes(x):
    return (x * x * x).sum()


def polar(x):
    """From radius and angle to the plane: shape (2,) to (2,)."""
    return np.stack([x[0] * np.cos(x[1]), x[0] * np.sin(x[1])])


def jacobian_of_polar(x):
    return np.array([[np.cos(x[1]), -x[0] * np.sin(x[1])], [np.sin(x[1]), x[0] * np.cos(x[1])]])


# --- values -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(), (1,), (4,), (2, 3), (2, 1, 2)])
def test_a_gradient_has_the_shape_of_its_argument(rng, method, shape):
    x = rng.normal(size=shape)
    found = numerical_gradient(cubes, x, method=method)
    assert found.shape == shape
    tolerance = {"central": 1e-9, "forward": 1e-6, "complex": 1e-14}[method]
    np.testing.assert_allclose(found, 3 * x**2, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("method", METHODS)
def test_a_jacobian_has_a_row_for_each_output(method):
    x = np.array([2.0, 0.7])
    found = numerical_jacobian(polar, x, method=method)
    np.testing.assert_allclose(found, jacobian_of_polar(x), atol=1e-7)


def test_a_jacobian_of_arrays_has_the_axes_of_the_value_first(rng):
    A, X = rng.normal(size=(2, 3)), rng.normal(size=(3, 4))
    found = numerical_jacobian(lambda X: A @ X, X)
    assert found.shape == (2, 4, 3, 4)
    np.testing.assert_allclose(found, np.einsum("ij,kl->ikjl", A, np.eye(4)), atol=1e-9)


def test_whole_numbers_and_lists_are_taken_as_doubles():
    for x in ([3, 2], np.array([3, 2]), np.array([3, 2], dtype=np.uint8)):
        found = numerical_gradient(lambda x: x[0] ** 2 * x[1], x)
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, [12, 9], rtol=1e-9)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("method", METHODS)
def test_every_kind_of_array_gives_its_own_kind(backend, dtype, method):
    x = backend.array([[0.5, -1.0], [2.0, 300.0]], dtype)
    given = []

    def f(x):
        given.append(x)
        return (x * x)[0, 0] + 0 * x[1, 1]

    if backend.kind == "strict" and method == "complex":
        xp = x.__array_namespace__()
        assert xp.isdtype(backend.array([1], "complex64").dtype, "complex floating")
    found = numerical_gradient(f, x, method=method)
    assert backend.owns(found, dtype)
    tolerance = 1e-2 if dtype == "float32" else 1e-7
    np.testing.assert_allclose(backend.numpy(found), [[1, 0], [0, 0]], atol=tolerance)
    assert all(type(one) is type(x) and one.device == x.device for one in given)
    kinds = {str(one.dtype).split(".")[-1] for one in given[1:]}
    wide = "complex128" if dtype == "float64" else "complex64"
    assert kinds == {wide if method == "complex" else dtype}


def test_a_tensor_that_tracks_gradients_may_be_checked():
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    w = torch.tensor([3.0, 4.0], dtype=torch.float64, requires_grad=True)
    assert gradient_check(lambda x: (w * x).sum(), w, x).ok
    assert x.grad is None


# --- steps ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "calls"), [("central", 2 * 3 + 1), ("forward", 3 + 1), ("complex", 3 + 1)]
)
def test_it_costs_as_many_values_as_it_says(method, calls):
    count = []
    numerical_gradient(lambda x: (count.append(1), x.sum())[1], np.ones(3), method=method)
    assert len(count) == calls


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_the_step_grows_with_the_entry(kind):
    eps, x = np.finfo(kind).eps, np.array([0.25, -8.0], dtype=kind)
    for method, power, ends in (("central", 1 / 3, (1, -1)), ("forward", 1 / 2, (1,))):
        moves = []
        numerical_gradient(lambda z, m=moves: (m.append(z - x), z.sum())[1], x, method=method)
        h = float(eps) ** power
        expected = [[s * h, 0] for s in ends] + [[0, s * 8 * h] for s in ends]
        np.testing.assert_allclose(moves[1:], expected, rtol=1e-2 if kind == np.float32 else 1e-6)
        np.testing.assert_array_equal(moves[0], [0, 0])


def test_a_given_step_is_taken():
    assert numerical_gradient(lambda x: x**2, 3.0, method="forward", step=0.5) == 6 + 1.5
    assert numerical_gradient(lambda x: x**3, 0.5, step=0.25) == 0.75 + 0.0625
    assert numerical_gradient(lambda x: x**3, 0.5, method="complex", step=0.25) == 0.75 - 0.0625


def test_the_width_is_that_of_the_numbers_as_they_are_stored():
    x = np.array(np.pi * 1e5)
    for method in ("central", "forward"):
        assert numerical_gradient(lambda x: x, x, method=method, step=1e-9) == 1


def test_the_default_step_is_near_the_best_of_each_method():
    x = np.linspace(0.5, 2, 40)
    for method in ("central", "forward"):
        errors = {
            factor: np.median(
                [
                    abs(
                        numerical_gradient(np.exp, a, method=method, step=factor * h) / np.exp(a)
                        - 1
                    )
                    for a in x
                ]
            )
            for h in [STEPS[method](EPS)]
            for factor in (1e-2, 1, 1e2)
        }
        assert errors[1] < errors[1e-2] / 5
        assert errors[1] < errors[1e2] / 5


# --- the check --------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_a_right_derivative_passes(rng, method):
    for _ in range(20):
        x = rng.choice([-1, 1]) * rng.uniform(0.5, 2, (2, 2)) * 10.0 ** rng.integers(0, 4)
        assert gradient_check(cubes, lambda x: 3 * x**2, x, method=method).ok
        assert gradient_check(cubes, 3 * x**2, x, method=method).ok
    assert gradient_check(polar, jacobian_of_polar, np.array([2.0, 0.7]), method=method).ok


def test_one_wrong_entry_is_found_and_named(rng):
    x = rng.normal(size=(3, 2))
    wrong = 3 * x**2
    wrong[2, 1] *= 1 + 1e-5
    check = gradient_check(cubes, wrong, x)
    assert not check.ok
    assert check.worst == (2, 1)
    assert check.error == pytest.approx(1e-5, rel=1e-3)
    assert check.errors.shape == (3, 2)
    assert str(check).startswith("wrong: largest relative error 1.0e-05 at entry [2, 1], given ")
    assert str(check).endswith("(allowed 1.5e-06)")


def test_the_error_is_relative_to_the_larger_of_both():
    for given in (4.0, 1.0):
        check = gradient_check(lambda x: 2 * x, given, 1.0)
        assert check.error == pytest.approx(0.5)
        assert check.worst == ()
        assert " at entry" not in str(check)
    assert gradient_check(lambda x: 2 * x, -2.0, 1.0).error == pytest.approx(2)


def test_what_rounding_hides_is_no_mistake_and_what_it_does_not_hide_is():
    def flat(x):  # a value of 10⁶ whose second entry does nothing
        return 1e6 + x[0] + 0.1 * (x[1] - x[1])

    x = np.array([0.3, 0.4])
    noise = 10 * EPS * 1e6 / (2 * EPS ** (1 / 3))
    assert gradient_check(flat, np.array([1, 0.5 * noise]), x, tol=1e-3).ok
    assert not gradient_check(flat, np.array([1, 2 * noise]), x, tol=1e-3).ok
    for method in METHODS:
        check = gradient_check(lambda x: 0 * x, 0.0, 0.5, method=method)
        assert (check.ok, check.error) == (True, 0)
    assert gradient_check(lambda x: x[0] + 0 * x[1], np.array([1, 1e-16]), x, method="complex").ok


def test_tolerance_and_its_default():
    assert gradient_check(lambda x: x, 1.01, 1.0, tol=0.02).ok
    assert not gradient_check(lambda x: x, 1.01, 1.0, tol=0.005).ok
    assert gradient_check(lambda x: x, 1.0, 1.0).tol == pytest.approx(100 * EPS**0.5)
    assert gradient_check(lambda x: x, 1.0, np.float32(1)).tol == pytest.approx(0.0345, abs=1e-4)


def test_an_error_as_large_as_the_tolerance_passes():
    at_the_edge = GradientCheck(np.ones(1), np.ones(1), np.array([0.25]), 0.25)
    assert at_the_edge.ok


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_derivative_that_is_not_finite_is_wrong(value):
    check = gradient_check(cubes, np.array([3.0, value]), np.ones(2))
    assert (check.ok, check.error, check.worst) == (False, np.inf, (1,))
    assert str(check).endswith("(allowed 1.5e-06)")


def test_a_mistake_made_in_every_entry_is_named(rng):
    x, A = rng.normal(size=3), rng.normal(size=(3, 3))
    for factor in (2, -1, 0.5):
        text = str(gradient_check(cubes, factor * 3 * x**2, x))
        assert text.endswith(f"; every entry is {factor:g} times what it should be")
    text = str(gradient_check(lambda x: A @ x, A.T, x))
    assert text.endswith("; it is the transpose of what it should be")
    right = str(gradient_check(lambda x: A @ x, A, x))
    assert right.startswith("right: ")
    assert right.endswith(")")
    for nothing in (A + 1, A.T + np.diag([0, 0, 1])):
        assert str(gradient_check(lambda x: A @ x, nothing, x)).endswith(")")
    assert str(gradient_check(lambda x: 0 * x.sum(), np.ones(3), x)).endswith(")")
    assert str(gradient_check(lambda x: x.sum(), 2 * np.ones(1), x[:1])).endswith(")")
    thin = lambda X: X[:, 0] * X[0, 1]  # noqa: E731 its Jacobian (2, 2, 2) has no transpose
    assert str(gradient_check(thin, np.ones((2, 2, 2)), rng.normal(size=(2, 2)))).endswith(")")


def test_a_mistake_is_named_only_if_it_is_in_the_small_entries_too():
    def steep(x):  # its derivatives are 10⁶ and 1
        return 1e6 * x[0] + x[1]

    for second in (1.9, 0.1, 2 + 1e-5):
        text = str(gradient_check(steep, np.array([2e6, second]), np.zeros(2)))
        assert text.endswith("(allowed 1.5e-06)")
    text = str(gradient_check(steep, np.array([2e6, 2.0]), np.zeros(2)))
    assert text.endswith("; every entry is 2 times what it should be")
    A = np.array([[1e6, 1.0], [3.0, 1.0]])
    for transposed, named in ((A.T, True), (A.T + np.diag([0, 0.1]), False)):
        text = str(gradient_check(lambda x: A @ x, transposed, np.zeros(2)))
        assert text.endswith("; it is the transpose of what it should be") == named


def test_a_mistake_is_named_in_spite_of_entries_that_are_noise():
    def tall(x):  # its second derivative, 1e-6, is below the noise of a value of 10⁶
        return 1e6 + 1e6 * x[0] + 1e-6 * x[1]

    for factor in (-1, 2, 5):
        given = factor * np.array([1e6, 1e-6])
        text = str(gradient_check(tall, given, np.array([0.3, 0.4])))
        assert text.endswith(f"; every entry is {factor} times what it should be")


def test_a_step_too_long_for_f_calls_a_right_derivative_wrong_and_a_smaller_one_does_not():
    assert not gradient_check(np.sin, np.cos, 1000.0).ok
    assert gradient_check(np.sin, np.cos, 1000.0, step=6e-9).ok


def test_f_may_spoil_what_it_is_given():
    def spoils(x):
        total = np.sum(x**2)
        x[:] = 7
        return total

    x = np.array([1.0, 2.0])
    assert gradient_check(spoils, lambda x: 2 * x, x).ok
    np.testing.assert_array_equal(x, [1, 2])


# --- beside others ----------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "theirs"), [("central", "3-point"), ("complex", "cs")])
def test_the_jacobian_is_scipys(rng, method, theirs):
    A = rng.normal(size=(4, 3))

    def f(x):
        return np.sin(A @ x) * x.sum()

    x = rng.normal(size=3)
    expected = approx_derivative(f, x, method=theirs)
    np.testing.assert_allclose(numerical_jacobian(f, x, method=method), expected, atol=1e-8)


def test_the_verdicts_are_scipys_and_torchs(rng):
    x = rng.normal(size=5)
    t = torch.tensor(x, requires_grad=True)

    class Cubes(torch.autograd.Function):
        factor = 3.0

        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return cubes(x)

        @staticmethod
        def backward(ctx, upstream):
            (x,) = ctx.saved_tensors
            return upstream * Cubes.factor * x**2

    for factor, right in ((3.0, True), (3.01, False)):
        Cubes.factor = factor
        assert gradient_check(cubes, lambda x, a=factor: a * x**2, x).ok == right
        assert (check_grad(cubes, lambda x, a=factor: a * x**2, x) < 1e-5) == right
        assert torch.autograd.gradcheck(Cubes.apply, t, raise_exception=False) == right


# --- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: numerical_gradient(cubes, 1.0, method="two"), r"\['central', 'forward', 'complex"),
        (lambda: numerical_gradient(cubes, 1.0, step=0), "step must be a finite number above 0"),
        (lambda: gradient_check(cubes, 3.0, 1.0, tol=0), "tol must be a finite number above 0"),
        (lambda: numerical_gradient(cubes, []), "at least one number.* it is empty"),
        (lambda: numerical_gradient(cubes, [1, np.nan]), "finite; it holds NaN or infinity"),
        (lambda: numerical_gradient(cubes, [1j]), "pass real numbers"),
        (lambda: numerical_gradient(lambda x: 2 * x, [1, 2]), r"one number.* shape \(2,\): sum"),
        (
            lambda: numerical_gradient(lambda x: np.log(x[1, 0]), [[1.0], [1e-9]]),
            r"finite beside x; it is not where entry \[1, 0\] of x is -6",
        ),
        *(
            (
                lambda method=method: gradient_check(
                    lambda x: np.sin(x) / x, 0.0, 0.0, method=method
                ),
                "f must be finite at x, where",
            )
            for method in METHODS
        ),
        (  # one of its two values is
            lambda: numerical_jacobian(lambda x: np.stack([x, np.sin(x) / x]), 0.0),
            "f must be finite at x, where",
        ),
        (
            lambda: numerical_jacobian(lambda x: x[x >= 1], [1.0, 2.0]),
            r"keep the shape of its value, \(2,\) at x; got \(1,\) beside",
        ),
        (
            lambda: numerical_gradient(lambda x: np.abs(x), 1.0, method="complex"),
            "drops the imaginary part",
        ),
        (lambda: numerical_gradient(cubes, 1.0, step=1e-17), "1.0e-17 is lost beside x = 1"),
        (
            lambda: numerical_gradient(cubes, 1.0, step=1e-17, method="forward"),
            "1.0e-17 is lost beside x = 1",
        ),
        (lambda: gradient_check(cubes, np.ones(1), 1.0), r"x.shape = \(\), got \(1,\)"),
        (
            lambda: gradient_check(lambda x: x[:1], np.ones((2, 1)), [1.0, 2.0]),
            r"f\(x\).shape \+ x.shape = \(1, 2\), got \(2, 1\)",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_cannot_be_differentiated_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_options_go_by_name_and_a_result_stays_as_it_is():
    for call in (numerical_gradient, numerical_jacobian):
        with pytest.raises(TypeError, match="positional"):
            call(cubes, 1.0, "central")
        np.testing.assert_allclose(call(f=cubes, x=1.0), 3)
    with pytest.raises(TypeError, match="positional"):
        gradient_check(cubes, 3.0, 1.0, "central")
    check = gradient_check(f=cubes, derivative=3.0, x=1.0)
    with pytest.raises(AttributeError, match="cannot assign"):
        check.tol = 1.0


def test_of_entries_that_are_wrong_alike_the_largest_is_named():
    x = np.array([1.0, -30.0, 2.0])
    for factor in (0.5, -1.0, 3.0):
        check = gradient_check(lambda x: np.sum(x**2), factor * 2 * x, x)
        assert check.worst == (1,)
        assert check.error == np.max(check.errors)
