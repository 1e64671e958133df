"""Shortcut options A, B and C do what He et al. 2015 describe, projections what theirs do."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from resnet_studio.architecture.spec import (
    ActivationOrder,
    NetworkSpec,
    ProjectionKind,
    ZeroPadding,
)
from resnet_studio.models.shortcuts import ZeroPad, shortcut

SPEC = NetworkSpec(block="basic", depths=(1,), shortcut="B")


def _x(size: int = 5) -> torch.Tensor:
    return torch.arange(2.0 * size * size).reshape(1, 2, size, size) + 1


def test_option_a_takes_every_second_pixel_and_adds_zero_channels_at_the_end():
    made = ZeroPad(2, 5, stride=2)(_x())
    assert made.shape == (1, 5, 3, 3)
    assert torch.equal(made[:, :2], _x()[:, :, ::2, ::2])
    assert (made[:, 2:] == 0).all()


def test_option_a_on_both_sides_adds_half_of_the_channels_before_the_others():
    made = ZeroPad(2, 5, stride=2, place=ZeroPadding.BOTH)(_x())
    assert made.shape == (1, 5, 3, 3)
    assert torch.equal(made[:, 1:3], _x()[:, :, ::2, ::2])
    assert (made[:, :1] == 0).all()
    assert (made[:, 3:] == 0).all()


@pytest.mark.parametrize("place", ZeroPadding)
def test_option_a_has_no_weights(place):
    assert not list(ZeroPad(2, 5, stride=2, place=place).parameters())


@pytest.mark.parametrize(
    ("option", "inputs", "outputs", "stride", "expected"),
    [
        ("none", 8, 16, 2, type(None)),
        ("A", 8, 8, 1, type(None)),
        ("A", 8, 16, 2, ZeroPad),
        ("A", 8, 8, 2, ZeroPad),
        ("B", 8, 8, 1, type(None)),
        ("B", 8, 16, 1, nn.Sequential),
        ("B", 8, 8, 2, nn.Sequential),
        ("C", 8, 8, 1, nn.Sequential),
        ("C", 8, 16, 2, nn.Sequential),
    ],
)
def test_each_option_projects_where_it_should(option, inputs, outputs, stride, expected):
    made = shortcut(SPEC.replace(shortcut=option), inputs, outputs, stride=stride)
    assert type(made) is expected
    if made is not None:
        assert made(torch.ones(2, inputs, 6, 6)).shape == (2, outputs, 6 // stride, 6 // stride)


@pytest.mark.parametrize(
    ("projection", "order", "expected"),
    [
        ("conv", "original", [nn.Conv2d, nn.BatchNorm2d]),
        ("conv", "relu_only_preactivation", [nn.Conv2d, nn.BatchNorm2d]),
        ("conv", "full_preactivation", [nn.Conv2d]),
        ("avgpool", "original", [nn.AvgPool2d, nn.Conv2d, nn.BatchNorm2d]),
        ("avgpool", "full_preactivation", [nn.AvgPool2d, nn.Conv2d]),
        ("bias", "original", [nn.Conv2d]),
        ("bias", "full_preactivation", [nn.Conv2d]),
    ],
)
def test_what_a_projection_is_made_of(projection, order, expected):
    spec = SPEC.replace(projection=projection, order=order)
    made = shortcut(spec, 8, 16, stride=2)
    assert [type(module) for module in made] == expected
    convolution = next(module for module in made if isinstance(module, nn.Conv2d))
    assert (convolution.bias is not None) == (projection == "bias")
    assert convolution.stride == ((1, 1) if projection == "avgpool" else (2, 2))


def test_a_pooled_projection_that_keeps_the_size_has_its_convolution_at_the_same_number():
    made = shortcut(SPEC.replace(projection="avgpool"), 8, 16, stride=1)
    assert [type(module) for module in made] == [nn.Identity, nn.Conv2d, nn.BatchNorm2d]


@pytest.mark.parametrize("size", [6, 7])
def test_the_pool_of_a_projection_averages_the_pixels_that_there_are(size):
    pool = shortcut(SPEC.replace(projection="avgpool"), 2, 4, stride=2)[0]
    x = _x(size)
    made = pool(x)
    assert made.shape == (1, 2, (size + 1) // 2, (size + 1) // 2)
    last = slice(-1, None) if size % 2 else slice(-2, None)
    assert torch.allclose(made[0, :, -1, -1], x[0, :, last, last].mean((1, 2)))


@pytest.mark.parametrize("order", ActivationOrder)
@pytest.mark.parametrize("stride", [1, 2])
def test_a_convolution_on_every_shortcut_has_neither_normalisation_nor_bias(order, stride):
    spec = SPEC.replace(shortcut="A", shortcut_type="conv1x1", order=order)
    made = shortcut(spec, 8, 8, stride=stride)
    assert [name for name, _ in made.named_parameters()] == ["0.weight"]
    assert made[0].weight.shape == (8, 8, 1, 1)


@pytest.mark.parametrize("projection", ProjectionKind)
def test_every_projection_halves_an_odd_map_as_the_branch_does(projection):
    made = shortcut(SPEC.replace(projection=projection), 8, 16, stride=2)
    assert made(torch.ones(2, 8, 7, 7)).shape == (2, 16, 4, 4)
