"""What every recommender does alike."""

import numpy as np
import pytest
from rating_tables import counts_like, random_ratings

from course_lib.recommend import (
    Baseline,
    ImplicitALS,
    ItemBasedCF,
    MatrixFactorization,
    Ratings,
    UserBasedCF,
)

MODELS = [
    Baseline(),
    UserBasedCF(5, shrinkage=1),
    UserBasedCF(5, centring="none", similarity="pearson"),
    ItemBasedCF(5, centring="baseline"),
    MatrixFactorization(3),
    MatrixFactorization(3, solver="sgd"),
    MatrixFactorization(3, biases=False),
    ImplicitALS(3),
]
each = pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)


def fitted(model):
    return model.fit(counts_like(random_ratings()))


@each
def test_scores_are_the_predictions_of_all_items(model):
    assert fitted(model) is model
    scores = model.scores()
    assert scores.shape == (30, 20)
    assert np.isfinite(scores).all()
    users, items = np.meshgrid(np.arange(30), np.arange(20), indexing="ij")
    np.testing.assert_allclose(model.predict(users, items), scores, atol=1e-10)
    np.testing.assert_allclose(model.scores([7, 3, 7]), scores[[7, 3, 7]], atol=1e-10)
    np.testing.assert_allclose(model.predict(7, [0, 5]), scores[7, [0, 5]], atol=1e-10)
    assert np.shape(model.predict(7, 5)) == ()
    assert model.predict([], []).shape == (0,)


@each
def test_recommendations_are_the_best_unseen_items(model):
    fitted(model)
    seen, _ = model.ratings_.of(7)
    items, scores = model.recommend(7, 4)
    assert not set(items) & set(seen)
    rest = np.delete(model.scores([7])[0], seen)
    np.testing.assert_allclose(scores, np.sort(rest)[::-1][:4], atol=1e-12)
    np.testing.assert_allclose(model.scores([7])[0, items], scores)
    everything, _ = model.recommend(7, 99, exclude_seen=False)
    assert sorted(everything) == list(range(20))
    unseen, _ = model.recommend(7, 99)
    assert len(unseen) == 20 - len(seen)
    assert len(model.recommend(7)[0]) == 10


@each
def test_somebody_new_is_not_shown_what_they_rated(model):
    fitted(model)
    items, scores = model.recommend_for([4, 2], [5, 1], 6)
    assert len(items) == len(scores) == 6
    assert not {2, 4} & set(items)
    np.testing.assert_allclose(model.scores_for([4, 2], [5, 1])[items], scores)
    np.testing.assert_allclose(
        model.scores_for([2, 4], [1, 5]), model.scores_for([4, 2], [5, 1]), atol=1e-10
    )
    assert model.scores_for([], []).shape == (20,)
    assert np.isfinite(model.scores_for([], [])).all()
    assert len(model.recommend_for(range(20), np.ones(20), 3)[0]) == 0


@pytest.mark.parametrize(
    "model",
    [
        m for m in MODELS if getattr(m, "solver", "als") == "als"
    ],  # SGD draws an order over the given
    ids=lambda m: type(m).__name__,
)
def test_the_order_of_the_ratings_does_not_matter(model):
    scores = fitted(model).scores()
    ratings = model.ratings_
    again = model.fit(ratings.take(np.arange(len(ratings))[::-1])).scores()
    np.testing.assert_allclose(again, scores, atol=1e-8)


@each
def test_what_is_unknown_is_named(model):
    fitted(model)
    with pytest.raises(ValueError, match="users must be whole numbers from 0 to 29, got 30"):
        model.predict(30, 0)
    with pytest.raises(ValueError, match="items must be whole numbers from 0 to 19, got -1"):
        model.predict(0, -1)
    with pytest.raises(ValueError, match=r"users must be .* got 31"):
        model.scores([31])
    with pytest.raises(ValueError, match=r"user must be .* got 30"):
        model.recommend(30)
    with pytest.raises(ValueError, match=r"items must be .* got 20"):
        model.scores_for([20], [3])
    with pytest.raises(ValueError, match="user 0 has 2 ratings of item 2"):
        model.recommend_for([2, 2], [3, 4])
    with pytest.raises(ValueError, match="values must be finite"):
        model.scores_for([2], [np.nan])
    with pytest.raises(ValueError, match="got 1 users, 1 items, 2 values"):
        model.scores_for([2], [3, 4])
    with pytest.raises(ValueError, match="n must be a whole number of at least 1, got 0"):
        model.recommend(0, 0)


@pytest.mark.parametrize("kind", sorted({type(m) for m in MODELS}, key=lambda k: k.__name__))
def test_before_fit_and_with_other_data(kind):
    for call in (
        lambda m: m.predict(0, 0),
        lambda m: m.scores(),
        lambda m: m.recommend(0),
        lambda m: m.scores_for([0], [3]),
    ):
        with pytest.raises(AttributeError, match=f"{kind.__name__} is not fitted yet"):
            call(kind())
    with pytest.raises(TypeError, match=r"ratings must be Ratings.*got ndarray"):
        kind().fit(np.ones((3, 3)))


@each
def test_one_single_rating(model):
    model.fit(Ratings([1], [2], [4], shape=(3, 4)))
    scores = model.scores()
    assert np.isfinite(scores).all()
    if not isinstance(model, ImplicitALS) and getattr(model, "biases", True):
        np.testing.assert_allclose(scores, 4, atol=0.1)
