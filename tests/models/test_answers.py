"""Answers are judged, taken out of the fields, and settle what was assumed."""

from __future__ import annotations

import pytest
import torch

from resnet_studio.architecture.spec import ProjectionKind
from resnet_studio.errors import SpecError
from resnet_studio.models.answers import (
    renumbered,
    settled,
    take_classes,
    take_normalisation,
    triple,
)
from resnet_studio.models.assumptions import NORMALISATIONS, Normalisation

CONV, AVGPOOL, BIAS = ProjectionKind.CONV, ProjectionKind.AVGPOOL, ProjectionKind.BIAS
USUAL = Normalisation((0.1, 0.1, 0.1), (0.2, 0.2, 0.2))


def test_a_mean_alone_settles_the_normalisation():
    assert settled({"mean": (0, 0, 0), "order": "original"}) == {"mean", "normalisation", "order"}
    assert settled({"order": "original"}) == {"order"}


def test_what_is_not_answered_is_the_usual():
    fields = {"mean": [0, 0.5, 1], "order": "original"}
    assert take_normalisation(fields, USUAL) == Normalisation((0.0, 0.5, 1.0), USUAL.std)
    assert fields == {"order": "original"}
    named = {"normalisation": "halves", "std": (1, 1, 1)}
    assert take_normalisation(named, USUAL) == Normalisation((0.5, 0.5, 0.5), (1.0, 1.0, 1.0))
    assert take_normalisation({"normalisation": "none"}, USUAL) == NORMALISATIONS["none"]


def test_classes_are_as_many_as_the_outputs():
    assert take_classes({"classes": ["a", "b"]}, usual=None, count=2) == ("a", "b")
    assert take_classes({}, usual=("x",), count=1) == ("x",)
    with pytest.raises(SpecError, match="names 3 classes; the file has 2"):
        take_classes({"classes": "abc"}, usual=None, count=2)


@pytest.mark.parametrize("value", [(1, 2), (1, 2, 3, 4), (1, 2, "3"), (1, 2, True), 5, None])
def test_three_numbers_are_three_numbers(value):
    with pytest.raises(SpecError) as refused:
        triple("mean", value)
    assert refused.value.field == "mean"


def test_projections_behind_a_pool_are_counted_from_one():
    tensor = torch.ones(1)
    plain = {"layer2.0.downsample.0.weight": tensor, "fc.bias": tensor}
    pooled = {"layer2.0.downsample.1.weight": tensor, "fc.bias": tensor}
    assert renumbered(plain, CONV, AVGPOOL) == pooled
    assert renumbered(pooled, AVGPOOL, CONV) == plain
    assert renumbered(plain, CONV, BIAS) is plain
