"""The roots of the papers and of the tutorial."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.models.stems import Stem, stem


def _stem(**fields) -> Stem:
    return stem(NetworkSpec(block="basic", depths=(1,), **fields))


def _through(made: Stem, size: int) -> Tensor:
    x = torch.ones(1, 3, size, size)
    for module in made:
        x = module(x)
    return x


def _present(made: Stem) -> list[str]:
    return [name for name, part in made._asdict().items() if not isinstance(part, nn.Identity)]


def test_the_imagenet_stem_is_7x7_and_a_pool():
    made = _stem()
    assert made.conv1.weight.shape == (64, 3, 7, 7)
    assert (made.conv1.stride, made.conv1.padding, made.conv1.bias) == ((2, 2), (3, 3), None)
    assert _through(made, 224).shape == (1, 64, 56, 56)


def test_the_cifar_stem_is_one_3x3_and_keeps_the_size():
    made = _stem(stem="cifar")
    assert made.conv1.weight.shape == (16, 3, 3, 3)
    assert isinstance(made.maxpool, nn.Identity)
    assert _through(made, 32).shape == (1, 16, 32, 32)


def test_the_deep_stem_is_three_3x3_and_a_pool():
    made = _stem(stem="deep")
    convolutions = [made.conv1[number] for number in (0, 3, 6)]
    assert [tuple(conv.weight.shape) for conv in convolutions] == [
        (32, 3, 3, 3),
        (32, 32, 3, 3),
        (64, 32, 3, 3),
    ]
    assert [conv.stride for conv in convolutions] == [(2, 2), (1, 1), (1, 1)]
    assert _through(made, 224).shape == (1, 64, 56, 56)


def test_an_odd_width_gives_the_deep_stem_the_smaller_half_inside():
    made = _stem(stem="deep", stem_width=7)
    assert made.conv1[0].out_channels == made.conv1[3].out_channels == 3
    assert made.conv1[6].out_channels == 7


def test_the_tutorials_stem_is_not_padded_and_has_a_bias_alone():
    made = _stem(stem="tutorial")
    assert (made.conv1.stride, made.conv1.padding) == ((2, 2), (0, 0))
    assert made.conv1.bias.shape == (64,)
    assert _present(made) == ["conv1", "maxpool"]
    assert _through(made, 96).shape == (1, 64, 22, 22)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("original", "conv1 bn1 relu maxpool"),
        ("bn_after_addition", "conv1 bn1 relu maxpool"),
        ("relu_only_preactivation", "conv1 bn1 maxpool"),
        ("full_preactivation", "conv1 maxpool"),
    ],
)
@pytest.mark.parametrize("kind", ["imagenet", "deep", "cifar"])
def test_with_preactivation_the_first_block_activates_what_the_stem_makes(kind, order, expected):
    names = expected.split()
    if kind == "cifar":
        names.remove("maxpool")
    assert _present(_stem(stem=kind, order=order)) == names


def test_a_grey_picture_has_one_channel():
    assert _stem(in_channels=1).conv1.in_channels == 1
    assert _stem(in_channels=1, stem="deep").conv1[0].in_channels == 1
