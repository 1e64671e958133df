from __future__ import annotations

import pytest
import torch
from torch import nn

from resnet_studio.training.buffers import Buffers, Kept


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


@pytest.mark.parametrize("condition", [False, True])
def test_tensors_of_any_memory_order_are_set_back_where_the_device_says_so(condition):
    tensors = [
        torch.rand(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
        torch.rand(3, 4).t(),
        torch.tensor(-0.0),
        torch.tensor(7),
    ]
    noted = [tensor.clone() for tensor in tensors]
    kept = Kept(tensors)
    kept.note()
    for tensor in tensors:
        tensor.fill_(torch.nan if tensor.is_floating_point() else 9)
    changed = [tensor.clone() for tensor in tensors]
    kept.restore_if(torch.tensor(condition))
    for tensor, expected in zip(tensors, noted if condition else changed, strict=True):
        torch.testing.assert_close(tensor, expected, rtol=0, atol=0, equal_nan=True)
    assert tensors[2].signbit() == condition
    assert [tensor.stride() for tensor in tensors[:2]] == [(60, 1, 15, 3), (1, 4)]


def test_a_condition_that_holds_for_several_steps_keeps_what_was_before_the_first():
    tensor = torch.tensor([1.0, 2.0])
    kept = Kept([tensor])
    for _ in range(3):
        kept.note()
        tensor.mul_(torch.inf)
        kept.restore_if(torch.tensor(True))
    assert tensor.tolist() == [1.0, 2.0]
