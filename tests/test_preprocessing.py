"""The scaler, the imputer and the encoder: as scikit-learn's, on every kind of array."""

import re

import numpy as np
import pandas as pd
import pytest
import torch
from backends import BACKENDS
from hypothesis import given
from hypothesis import strategies as st
from sklearn import preprocessing as sk
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer as SklearnImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from course_lib import preprocessing
from course_lib.preprocessing import OneHotEncoder, SimpleImputer, StandardScaler

NAN = np.nan
HOUSES = pd.DataFrame({"rooms": [NAN, 2, 4, NAN], "alley": ["Pave", None, None, None]})


def table(rng, n=200, d=5, gaps=0.0):
    X = rng.normal(size=(n, d)) * np.logspace(-1, 4, d) + np.linspace(-50, 1000, d)
    X[rng.random((n, d)) < gaps] = NAN
    return X


# --- StandardScaler -------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("gaps", [0.0, 0.3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("block", [2**16, 35])
def test_scaler_is_scikit_learns(backend, dtype, gaps, weighted, block, rng, monkeypatch):
    monkeypatch.setattr(preprocessing, "_CACHED", block)
    X = table(rng, gaps=gaps).astype(dtype)
    w = rng.random(len(X)) if weighted else None
    theirs = sk.StandardScaler().fit(X.astype("float64"), sample_weight=w)
    tensor = backend.array(X, dtype)
    weights = None if w is None else backend.array(w)
    ours = StandardScaler().fit(tensor, sample_weight=weights)
    for name in ("mean_", "var_", "scale_"):
        assert backend.owns(getattr(ours, name), "float64")
        np.testing.assert_allclose(
            backend.numpy(getattr(ours, name)), getattr(theirs, name), rtol=1e-10
        )
    Z = ours.transform(tensor)
    assert backend.owns(Z, dtype)
    rtol = 1e-10 if dtype == "float64" else 1e-6
    np.testing.assert_allclose(
        backend.numpy(Z), theirs.transform(X.astype("float64")), rtol=rtol, atol=rtol
    )
    back = ours.inverse_transform(Z)
    assert backend.owns(back, dtype)
    np.testing.assert_allclose(backend.numpy(back), X, rtol=10 * rtol)


@pytest.mark.parametrize("gaps", [0.0, 0.5])
@pytest.mark.parametrize("weighted", [False, True])
def test_batches_are_as_good_as_all_at_once(gaps, weighted, rng):
    X = table(rng, n=101, gaps=gaps)
    X[:40, 2] = NAN  # not seen in the first batches
    w = rng.random(101) if weighted else None
    whole, parts = StandardScaler().fit(X, sample_weight=w), StandardScaler()
    for rows in np.array_split(np.arange(101), 7):
        parts.partial_fit(X[rows], sample_weight=None if w is None else w[rows])
    for name in ("mean_", "var_", "scale_", "n_samples_seen_"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-12)
    seen = np.sum(~np.isnan(X) * (1 if w is None else w[:, None]), axis=0)
    np.testing.assert_allclose(whole.n_samples_seen_, seen)


def test_fit_forgets_what_partial_fit_has_seen(rng):
    X = table(rng)
    scaler = StandardScaler().partial_fit(X + 7).fit(X)
    np.testing.assert_array_equal(scaler.mean_, StandardScaler().fit(X).mean_)
    np.testing.assert_array_equal(scaler.n_samples_seen_, np.full(5, 200.0))


@given(st.lists(st.integers(0, 3), min_size=6, max_size=6).filter(any))
def test_a_weight_is_a_number_of_copies(counts):
    X = np.array([[1.0, NAN], [2.0, 5.0], [NAN, 5.5], [4.0, 1.0], [8.0, 3.0], [9.0, 2.0]])
    weighted = StandardScaler().fit(X, sample_weight=counts)
    copied = StandardScaler().fit(np.repeat(X, counts, axis=0))
    np.testing.assert_allclose(weighted.n_samples_seen_, copied.n_samples_seen_)
    np.testing.assert_allclose(weighted.var_, copied.var_, atol=1e-12)
    seen = copied.n_samples_seen_ > 0
    np.testing.assert_allclose(weighted.mean_[seen], copied.mean_[seen])


def test_one_number_weighs_all_rows(rng):
    X = table(rng)
    scaler = StandardScaler().fit(X, sample_weight=3)
    np.testing.assert_allclose(scaler.var_, StandardScaler().fit(X).var_)
    np.testing.assert_allclose(scaler.n_samples_seen_, 600)


@pytest.mark.parametrize("value", [0.0, 0.1, -1e-300, 3.7e8, 1e150])
def test_a_constant_column_is_only_centred(value):
    X = np.column_stack([np.full(1001, value), np.arange(1001)])
    scaler = StandardScaler().fit(X)
    assert scaler.scale_[0] == 1
    np.testing.assert_allclose(scaler.transform(X)[:, 0], 0, atol=abs(value) * 1e-13)
    assert scaler.transform(X)[:, 1].std() == pytest.approx(1)


def test_a_small_spread_far_from_zero_is_kept(rng):
    noise = rng.normal(size=(5000, 1))
    scaler = StandardScaler().fit(1e9 + noise)
    np.testing.assert_allclose(scaler.scale_, noise.std(), rtol=1e-6)
    single = StandardScaler().fit((1e4 + noise).astype("float32"))
    np.testing.assert_allclose(single.scale_, noise.std(), rtol=1e-3)


@pytest.mark.parametrize("weights", [None, 1.0])
def test_a_mean_that_is_rounded_does_not_spoil_the_variance(weights, rng):
    steps = rng.integers(0, 8, (999, 4))
    scaler = StandardScaler().fit(1e15 + steps, sample_weight=weights)
    np.testing.assert_allclose(scaler.var_, steps.var(axis=0), rtol=1e-9)


def test_the_spread_divides_by_n():
    assert StandardScaler().fit([[1.0], [3.0]]).var_ == pytest.approx([1.0])


@pytest.mark.parametrize(("mean", "std"), [(False, True), (True, False), (False, False)])
def test_either_step_can_be_left_out(mean, std, rng):
    X = table(rng)
    ours = StandardScaler(with_mean=mean, with_std=std).fit(X)
    theirs = sk.StandardScaler(with_mean=mean, with_std=std).fit(X)
    np.testing.assert_allclose(ours.transform(X), theirs.transform(X), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ours.inverse_transform(ours.transform(X)), X)
    assert (ours.scale_ is None) == (not std)


def test_new_rows_meet_the_mean_of_the_training_rows():
    scaler = StandardScaler().fit([[0.0], [2.0]])
    np.testing.assert_array_equal(scaler.transform([[11.0], [1.0]]), [[10.0], [0.0]])


def test_a_column_without_a_value_stays_missing():
    X = np.array([[NAN, 1.0], [NAN, 3.0]])
    scaler = StandardScaler().fit(X)
    np.testing.assert_array_equal(scaler.var_, [NAN, 1.0])
    np.testing.assert_array_equal(scaler.transform(X), [[NAN, -1.0], [NAN, 1.0]])


def test_whole_numbers_do_not_wrap_around():
    X = np.array([[250], [255]], dtype=np.uint8)
    np.testing.assert_array_equal(StandardScaler().fit_transform(X), [[-1.0], [1.0]])


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:invalid:RuntimeWarning")
def test_what_overflows_says_so():
    with pytest.raises(ValueError, match="A variance overflows float64"):
        StandardScaler().fit([[1e200], [-1e200]])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0], re.escape("sample_weight.shape == (1,), expected (2,)")),
        ([1.0, -1.0], "not negative"),
        ([0.0, 0.0], "not all zero"),
        ([1.0, NAN], "finite"),
    ],
)
def test_bad_weights(weights, message):
    with pytest.raises(ValueError, match=message):
        StandardScaler().fit([[1.0], [2.0]], sample_weight=weights)


@pytest.mark.parametrize("transformer", [StandardScaler(), SimpleImputer()])
@pytest.mark.parametrize("kind", [np.asarray, torch.asarray])
def test_infinity_is_refused(transformer, kind):
    with pytest.raises(ValueError, match="infinity"):
        transformer.fit(kind([[1.0], [np.inf]]))


@pytest.mark.parametrize("method", ["transform", "inverse_transform"])
def test_another_kind_of_array_or_width_is_refused(method):
    scaler = StandardScaler().fit([[1.0], [2.0]])
    with pytest.raises(ValueError, match=f"{method}.* must use the same namespace"):
        getattr(scaler, method)(torch.ones(2, 1))
    with pytest.raises(ValueError, match="2 features"):
        getattr(scaler, method)(np.ones((2, 2)))
    with pytest.raises(NotFittedError):
        getattr(StandardScaler(), method)(np.ones((2, 2)))


# --- SimpleImputer --------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent", "constant"])
@pytest.mark.parametrize("n", [40, 41])
def test_imputer_is_scikit_learns(backend, dtype, strategy, n, rng):
    X = np.round(rng.normal(size=(n, 4)), 1).astype(dtype)
    X[rng.random((n, 4)) < 0.2] = NAN
    X[:, 3] = 5
    fill = 7.5 if strategy == "constant" else None
    theirs = SklearnImputer(strategy=strategy, fill_value=fill, add_indicator=True).fit(X)
    ours = SimpleImputer(strategy, fill_value=fill, add_indicator=True)
    Z = ours.fit(backend.array(X, dtype)).transform(backend.array(X, dtype))
    assert backend.owns(Z, dtype)
    assert backend.owns(ours.statistics_, dtype)
    np.testing.assert_allclose(backend.numpy(Z), theirs.transform(X), rtol=1e-6, atol=1e-6)
    names = [f"x{j}" for j in range(4)]
    assert list(ours.get_feature_names_out(names)) == list(theirs.get_feature_names_out(names))
    plain = SimpleImputer(strategy, fill_value=fill).fit(X)
    np.testing.assert_array_equal(plain.get_feature_names_out(names), names)
    assert plain.transform(X).shape == (n, 4)


def test_of_values_equally_frequent_the_smallest_is_taken():
    X = [[3.0], [1.0], [NAN], [3.0], [1.0], [0.0]]
    assert SimpleImputer("most_frequent").fit(X).statistics_ == [1.0]
    words = np.array([["b"], ["a"], [None], ["b"], ["a"], ["c"]], dtype=object)
    assert SimpleImputer("most_frequent").fit(words).statistics_.tolist() == ["a"]


@pytest.mark.parametrize("missing", [None, NAN, pd.NA, pd.NaT])
def test_words_are_filled(missing):
    X = pd.DataFrame({"alley": ["Pave", missing, "Grvl", "Pave"], "rooms": [1, 2, 2, missing]})
    X = X.astype(object)
    filled = SimpleImputer("most_frequent").fit_transform(X)
    assert filled.tolist() == [["Pave", 1], ["Pave", 2], ["Grvl", 2], ["Pave", 2]]
    constant = SimpleImputer("constant").fit(X)
    assert constant.transform(X)[1].tolist() == ["missing_value", 2]
    gaps = SimpleImputer("most_frequent", add_indicator=True).fit_transform(X)
    assert gaps[:, 2:].tolist() == [[0, 0], [1, 0], [0, 0], [0, 1]]


def test_numbers_filled_with_a_word_become_objects():
    filled = SimpleImputer("constant", fill_value="unknown").fit_transform([[1.0], [NAN]])
    assert filled.tolist() == [[1.0], ["unknown"]]


def test_a_table_of_numbers_stays_one():
    X = pd.DataFrame({"a": [1, 2, 2], "b": [NAN, 3.0, 4.0]})
    filled = SimpleImputer("most_frequent").fit_transform(X)
    assert filled.dtype == np.float64
    np.testing.assert_array_equal(filled, [[1, 3], [2, 3], [2, 4]])
    assert SimpleImputer("constant").fit_transform(X)[0].tolist() == [1, 0]


def test_the_mean_stays_and_the_variance_shrinks(rng):
    x = rng.normal(size=(100, 1))
    x[:30] = NAN
    filled = SimpleImputer().fit_transform(x)
    assert filled.mean() == pytest.approx(np.nanmean(x))
    assert filled.var() == pytest.approx(0.7 * np.nanvar(x))


@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent"])
def test_a_column_without_a_value_has_no_filling(strategy):
    X = np.array([[1.0, NAN], [2.0, NAN]])
    with pytest.raises(ValueError, match=f"Column 1 of X has no value .* no {strategy}"):
        SimpleImputer(strategy).fit(X)
    filled = SimpleImputer("constant", fill_value=3).fit_transform(X)
    np.testing.assert_array_equal(filled, [[1, 3], [2, 3]])


def test_the_filling_comes_from_the_training_rows():
    imputer = SimpleImputer().fit([[1.0], [3.0]])
    np.testing.assert_array_equal(imputer.transform([[NAN], [10.0]]), [[2.0], [10.0]])


def test_a_gap_that_fit_has_not_seen_has_no_indicator():
    imputer = SimpleImputer(add_indicator=True).fit([[1.0, NAN], [3.0, 4.0]])
    with pytest.raises(ValueError, match=re.escape("Columns [0] of X have missing values")):
        imputer.transform([[NAN, 1.0]])


@pytest.mark.parametrize("X", [[["a"], ["b"]], [[1.0], [2.0]]])
def test_an_unknown_strategy_is_named(X):
    with pytest.raises(ValueError, match="'strategy' parameter of SimpleImputer"):
        SimpleImputer("mode").fit(X)


def test_words_have_no_mean():
    with pytest.raises(ValueError, match="could not convert string to float"):
        SimpleImputer().fit([["a"], ["b"]])
    with pytest.raises(ValueError, match="fill_value must be a number"):
        SimpleImputer("constant", fill_value=[]).fit([[1.0], [NAN]])


# --- OneHotEncoder --------------------------------------------------------------------------

TABLES = {
    "whole numbers": np.array([[3, 1], [1, 1], [2, 9], [3, 1]]),
    "floats with gaps": np.array([[0.5, 1.0], [NAN, 2.0], [-1.0, NAN], [NAN, NAN]]),
    "words": np.array([["red", "S"], ["blue", "L"], ["red", "L"]]),
    "objects": np.array([["red", 1], ["blue", 2], [None, 2], [None, 1]], dtype=object),
    "objects with NaN": np.array([["red", 1], [NAN, 2], ["blue", NAN]], dtype=object),
    "truth values": np.array([[True], [False], [True]]),
    "one value": np.array([[1, 5], [1, 6]]),
    "a list": [["red", 1], ["blue", 20], ["red", 3]],
    "a data frame": pd.DataFrame({"color": ["red", "blue", NAN], "size": [1.0, NAN, 2.0]}),
    "categories": pd.DataFrame({"color": pd.Categorical(["red", "blue", "red"])}),
}


def same(ours, theirs):
    return pd.DataFrame(ours.astype(object)).equals(pd.DataFrame(theirs.astype(object)))


@pytest.mark.parametrize("X", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("drop", [None, "first", "if_binary"])
@pytest.mark.parametrize("sparse", [False, True])
def test_encoder_is_scikit_learns(X, drop, sparse):
    ours = OneHotEncoder(drop=drop, sparse_output=sparse).fit(X)
    theirs = sk.OneHotEncoder(drop=drop, sparse_output=sparse).fit(X)
    for mine, other in zip(ours.categories_, theirs.categories_, strict=True):
        assert same(mine, other)
    Z, theirs_Z = ours.transform(X), theirs.transform(X)
    assert hasattr(Z, "toarray") == sparse
    if sparse:
        Z, theirs_Z = Z.toarray(), theirs_Z.toarray()
    assert Z.dtype == np.float64
    np.testing.assert_array_equal(Z, theirs_Z)
    assert list(ours.get_feature_names_out()) == list(theirs.get_feature_names_out())
    back = ours.inverse_transform(ours.transform(X))
    assert same(back, theirs.inverse_transform(theirs.transform(X)))
    if drop is None:
        assert ours.drop_idx_ is None
    else:
        expected = [-1 if j is None else j for j in theirs.drop_idx_]
        assert ours.drop_idx_.tolist() == expected


def test_missing_values_of_every_kind_are_one_value():
    X = np.array([["a"], [None], [NAN], [pd.NA], ["b"]], dtype=object)
    encoder = OneHotEncoder().fit(X)
    np.testing.assert_array_equal(
        encoder.transform(X), [[1, 0, 0], [0, 0, 1], [0, 0, 1], [0, 0, 1], [0, 1, 0]]
    )
    np.testing.assert_array_equal(encoder.transform(np.array([[pd.NaT]], object)), [[0, 0, 1]])


@pytest.mark.parametrize(
    ("seen", "new", "strangers"),
    [
        ([["a"], ["b"]], [["a"], ["c"], ["c"]], "['c']"),
        ([[1], [2]], [[2], [5]], "[5]"),
        ([[1.0], [2.0]], [[NAN]], "[nan]"),
        ([["a"], ["b"]], np.array([[None]], dtype=object), "[None]"),
        (np.array([["a"], ["b"]]), np.array([[1.0]]), "[1.0]"),
        (np.array([[1.0]]), np.array([["a"]]), "['a']"),
        ([[3]], [[9], [8], [7], [6], [5], [4]], "[9, 8, 7, 6, 5]"),
    ],
)
def test_an_unknown_value_is_named_or_all_zeros(seen, new, strangers):
    with pytest.raises(ValueError, match=re.escape(f"unknown categories {strangers} in column 0")):
        OneHotEncoder().fit(seen).transform(new)
    ignoring = OneHotEncoder(handle_unknown="ignore").fit(seen)
    known = np.isin(np.asarray(new, dtype=object), np.asarray(seen, dtype=object))[:, 0]
    np.testing.assert_array_equal(ignoring.transform(new).sum(axis=1), known)
    back = ignoring.inverse_transform(ignoring.transform(new))
    assert all(value is None for value in back[~known, 0])


def test_an_unknown_value_beside_a_dropped_one_is_all_zeros():
    encoder = OneHotEncoder(drop="first", handle_unknown="ignore").fit([[1, 1], [2, 2], [3, 1]])
    np.testing.assert_array_equal(
        encoder.transform([[1, 9], [3, 2], [0, 1]]), [[0, 0, 0], [0, 1, 1], [0, 0, 0]]
    )


def test_the_error_shows_only_some_of_many_known_values():
    encoder = OneHotEncoder().fit(np.arange(100)[:, None])
    with pytest.raises(ValueError, match=re.escape("[0, 1, 2, 3, 4] …")):
        encoder.transform([[100]])
    with pytest.raises(ValueError, match=re.escape("has seen [0, 1, 2, 3, 4]. ")):
        OneHotEncoder().fit(np.arange(5)[:, None]).transform([[100]])


def test_inverse_transform_needs_a_one_somewhere():
    encoder = OneHotEncoder().fit([[1, 4], [2, 5]])
    with pytest.raises(ValueError, match="Row 1 of X has no value for column 1"):
        encoder.inverse_transform([[1, 0, 1, 0], [1, 0, 0, 0]])
    with pytest.raises(ValueError, match="X has 3 columns, but transform"):
        encoder.inverse_transform(np.ones((1, 3)))
    assert encoder.inverse_transform([[0.2, 0.8, 0.9, 0.1]]).tolist() == [[2, 4]]


def test_what_the_encoder_refuses():
    with pytest.raises(TypeError, match="not tensors"):
        OneHotEncoder().fit(torch.ones(3, 1))
    with pytest.raises(ValueError, match="Column 1 of X must be uniformly words or numbers"):
        OneHotEncoder().fit(np.array([[1, 1], [2, "a"]], dtype=object))
    with pytest.raises(ValueError, match="infinity"):
        OneHotEncoder().fit([[np.inf]])
    with pytest.raises(NotFittedError):
        OneHotEncoder().transform([[1]])
    with pytest.raises(NotFittedError):
        OneHotEncoder().inverse_transform([[1]])
    encoder = OneHotEncoder().fit(pd.DataFrame({"a": [1], "b": [2]}))
    with pytest.raises(ValueError, match="feature names"):
        encoder.transform(pd.DataFrame({"b": [2], "a": [1]}))


# --- together -------------------------------------------------------------------------------


def test_the_three_work_in_a_pipeline_of_scikit_learn():
    houses = HOUSES.assign(rooms=[NAN, 2, 4, 6.0])
    ours = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["rooms"]),
            ("words", OneHotEncoder(), ["alley"]),
        ],
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    Z = ours.fit_transform(houses)
    assert list(Z.columns) == ["rooms", "alley_Pave", f"alley_{HOUSES['alley'][1]}"]
    np.testing.assert_allclose(Z["rooms"], np.array([0, -2, 0, 2]) / np.sqrt(2))
    np.testing.assert_array_equal(Z["alley_Pave"], [1, 0, 0, 0])
    model = make_pipeline(ours, Ridge()).fit(houses, [1, 2, 3, 4])
    assert model.predict(houses).shape == (4,)
