"""Everything that shapes leave open is stated, and nothing else."""

from __future__ import annotations

import pytest

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.models import assumptions
from resnet_studio.models.assumptions import NORMALISATIONS, of_network, usual_normalisation


def _stated(name: str, family: str = "torchvision", **changes) -> dict[str, object]:
    spec = CATALOG[name].spec.replace(**changes)
    return {each.field: each.value for each in of_network(spec, family)}


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("resnet18", {"order", "input_size"}),
        ("resnet50", {"order", "stride_on", "input_size"}),
        ("cifar_resnet20", {"shortcut", "zero_padding", "order", "stem", "input_size"}),
        ("cifar_preact_resnet164", {"stride_on", "stem", "input_size"}),
        (
            "cifar_preact_resnet110",
            {"shortcut", "zero_padding", "shared_first_activation", "stem", "input_size"},
        ),
        ("cifar_plain20", {"order", "stem", "input_size"}),
        (
            "cifar_resnet110_exclusive_gate",
            {"zero_padding", "shortcut_type", "order", "stem", "input_size"},
        ),
        ("cifar_resnet110_conv1x1", {"order", "stem", "input_size"}),
    ],
)
def test_what_shapes_leave_open_is_stated(name, fields):
    assert set(_stated(name)) == fields


def test_the_value_is_always_among_the_choices_and_the_reason_a_sentence():
    for entry in CATALOG.values():
        for each in of_network(entry.spec, "torchvision"):
            assert not each.choices or each.value in each.choices
            assert each.value == getattr(entry.spec, each.field)
            assert each.reason.endswith(".")


def test_only_a_family_that_pads_on_both_sides_speaks_for_it():
    spec = CATALOG["cifar_resnet20"].spec
    told = {
        family: next(a.told for a in of_network(spec, family) if a.field == "zero_padding")
        for family in (assumptions.FAMILY_CIFAR_A, assumptions.FAMILY_CIFAR)
    }
    assert told == {assumptions.FAMILY_CIFAR_A: True, assumptions.FAMILY_CIFAR: False}


@pytest.mark.parametrize(
    ("name", "family", "expected"),
    [
        ("resnet18", assumptions.FAMILY_TORCHVISION, "ImageNet"),
        ("cifar_resnet20", assumptions.FAMILY_CIFAR_A, "ImageNet"),
        ("cifar_resnet20", assumptions.FAMILY_CIFAR, "CIFAR-10"),
        ("wrn28_10", "Wide ResNet (block1 to block3)", "CIFAR-10"),
        ("cifar_resnet20", assumptions.FAMILY_CIFAR_4, "CIFAR-10 (deviations within pictures)"),
        ("preact_resnet50", assumptions.FAMILY_TIMM_V2, "halves"),
        ("tutorial96", assumptions.FAMILY_STUDIO, "halves"),
    ],
)
def test_each_family_has_its_usual_normalisation(name, family, expected):
    chosen, reason = usual_normalisation(CATALOG[name].spec, family)
    assert chosen == expected
    assert chosen in NORMALISATIONS
    assert reason.endswith(".")


def test_a_hundred_classes_and_a_small_stem_are_cifar_100():
    spec = CATALOG["wrn28_10"].spec.replace(classes=100)
    assert usual_normalisation(spec, "Wide ResNet (block1 to block3)")[0] == "CIFAR-100"
