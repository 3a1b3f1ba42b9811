"""Narrowed maps are the maps projected on directions, and the directions hold their variance."""

import numpy as np
import torch

from course_lib.nn.training import predict
from experiments import stored

channel_rank = stored.load("channel_rank")


def test_narrowing_to_all_channels_changes_nothing_and_fewer_keep_less():
    model = channel_rank.new_network()
    x = torch.randn(20, 1, 16, 16)
    y = predict(model, x).argmax(1)
    for stage in channel_rank.STAGES:
        maps = channel_rank.behind(model, stage, x)
        kept, directions = channel_rank.spectrum(maps)
        assert kept[0] == 1
        assert kept == sorted(kept, reverse=True)
        values = channel_rank.eigenvalues(maps)
        np.testing.assert_allclose(values.sum(), channel_rank.rows(maps).var(0).sum().item())
        mean = channel_rank.rows(maps).mean(0)
        assert channel_rank.read(model, stage, maps, mean, directions, y) == 1
        C = maps.shape[1]
        assert channel_rank.read(model, stage, maps, mean, channel_rank.some(C, C, 0), y) == 1
        before = channel_rank.before_relu(model, stage, x)
        torch.testing.assert_close(before.relu(), maps)
        assert (before < 0).any()
