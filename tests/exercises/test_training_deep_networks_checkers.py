import numpy as np
import pytest
import torch
from torch.nn.functional import batch_norm

from course_lib.exercises.checking import NotYet
from course_lib.exercises.training_deep_networks import check_batch_norm, check_clip, check_dropout
from course_lib.nn.autograd import Tensor
from course_lib.nn.layers import Dropout


def test_torch_normalises_a_batch():
    def normalised(X, gamma, beta):
        X, gamma, beta = map(torch.tensor, (X, gamma, beta))
        return batch_norm(X, None, None, gamma, beta, training=True, eps=1e-5)

    check_batch_norm(normalised)


def test_the_layer_of_the_library_drops_out():
    class Known(np.random.RandomState):
        def random_sample(self, shape):
            assert shape == self.u.shape
            return self.u

    def dropped(H, u, p):
        known = Known(0)
        known.u = u
        return Dropout(p, random_state=known)(Tensor(H)).data

    check_dropout(dropped)


def test_torch_clips_by_length():
    def clipped(g, most):
        weights = torch.zeros(g.shape, dtype=torch.float64, requires_grad=True)
        weights.grad = torch.tensor(g)
        torch.nn.utils.clip_grad_norm_([weights], most)
        return weights.grad.numpy()

    check_clip(clipped)


@pytest.mark.parametrize("checker", [check_batch_norm, check_dropout, check_clip])
def test_every_known_mistake_is_recognised_by_its_name(checker):
    for name, mistake in checker.mistakes.items():
        with pytest.raises(NotYet, match=name.replace("(", r"\(").replace(")", r"\)")):
            checker(mistake)
