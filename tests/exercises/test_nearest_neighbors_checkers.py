import numpy as np
import pytest

from course_lib.exercises.checking import NotYet
from course_lib.exercises.nearest_neighbors import check_distances, check_vote
from course_lib.neighbors import KNeighborsClassifier, distances_by_product


def test_the_librarys_product_passes():
    check_distances(distances_by_product)


def test_the_root_of_a_negative_square_is_found_and_explained():
    def unclipped(Q, A):
        D = distances_by_product(Q, A)
        return np.where(D < 1e-3, np.nan, D)

    with pytest.raises(NotYet, match=r"(?s)themselves: .*NaN at \[0, 0\].*negative"):
        check_distances(unclipped)


def test_the_librarys_vote_passes():
    def vote(D, codes):
        """Neighbours on a line, at the distances D from 0."""
        model = KNeighborsClassifier(len(D), weights="distance").fit(np.array(D)[:, None], codes)
        return model.predict([[0.0]])[0]

    check_vote(vote)


@pytest.mark.parametrize("checker", [check_distances, check_vote])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=name.replace("‖", ".").replace("²", ".")):
            checker(mistake)
