from __future__ import annotations

import torch
from torch import nn

from resnet_studio.training.buffers import Buffers


def test_buffers_of_all_types_come_back_as_they_were_noted():
    model = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 2, 1), nn.BatchNorm2d(2))
    model(torch.rand(4, 3, 5, 5))
    wanted = [buffer.clone() for buffer in model.buffers()]
    assert len({buffer.dtype for buffer in wanted}) == 2
    buffers = Buffers(model)
    places = [buffer.data_ptr() for buffer in model.buffers()]
    model(torch.rand(4, 3, 5, 5))
    assert not torch.equal(wanted[0], next(model.buffers()))
    buffers.restore()
    assert all(map(torch.equal, wanted, model.buffers()))
    assert places == [buffer.data_ptr() for buffer in model.buffers()]


def test_each_type_is_copied_in_one_go(monkeypatch):
    model = nn.Sequential(nn.BatchNorm2d(3), nn.BatchNorm2d(3))
    calls = []
    monkeypatch.setattr(
        torch, "_foreach_copy_", lambda to, _from: calls.append({each.dtype for each in to})
    )
    Buffers(model)
    assert sorted(map(len, calls)) == [1, 1]


def test_a_network_without_buffers_is_borne():
    Buffers(nn.Conv2d(3, 2, 1)).restore()
