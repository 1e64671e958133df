"""Shortcut options A, B and C do what He et al. 2015 describe."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from resnet_studio.architecture.spec import ShortcutKind
from resnet_studio.models.shortcuts import ZeroPad, shortcut


def test_option_a_takes_every_second_pixel_and_adds_zero_channels_at_the_end():
    x = torch.arange(2 * 5 * 5.0).reshape(1, 2, 5, 5) + 1
    made = ZeroPad(2, 5, stride=2)(x)
    assert made.shape == (1, 5, 3, 3)
    assert torch.equal(made[:, :2], x[:, :, ::2, ::2])
    assert (made[:, 2:] == 0).all()


def test_option_a_has_no_weights():
    assert not list(ZeroPad(2, 5, stride=2).parameters())


@pytest.mark.parametrize(
    ("kind", "inputs", "outputs", "stride", "expected"),
    [
        (ShortcutKind.NONE, 8, 16, 2, type(None)),
        (ShortcutKind.A, 8, 8, 1, type(None)),
        (ShortcutKind.A, 8, 16, 2, ZeroPad),
        (ShortcutKind.A, 8, 8, 2, ZeroPad),
        (ShortcutKind.B, 8, 8, 1, type(None)),
        (ShortcutKind.B, 8, 16, 1, nn.Sequential),
        (ShortcutKind.B, 8, 8, 2, nn.Sequential),
        (ShortcutKind.C, 8, 8, 1, nn.Sequential),
        (ShortcutKind.C, 8, 16, 2, nn.Sequential),
    ],
)
def test_each_option_projects_where_it_should(kind, inputs, outputs, stride, expected):
    made = shortcut(kind, inputs, outputs, stride=stride)
    assert type(made) is expected
    if made is not None:
        assert made(torch.ones(2, inputs, 6, 6)).shape == (2, outputs, 6 // stride, 6 // stride)
