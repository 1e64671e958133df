"""Shapes tell of a network; of two that have them, the catalogue's is taken."""

from __future__ import annotations

import pytest

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.spec import MAX_NAME, NetworkSpec
from resnet_studio.models.inference import infer, named
from resnet_studio.models.outlines import shapes_of
from resnet_studio.models.renaming import ForeignError

# Of weights that mean the same, or differ in what leaves no trace, the first entry is found.
KNOWN = (
    *("resnet18", "resnet152", "resnet34_option_a", "resnet34_option_c", "resnext101_64x4d"),
    *("wide_resnet101_2", "wrn28_10", "resnet50c", "resnet101d", "seresnet152"),
    *("seresnext50_32x4d", "cifar_resnet1202", "preact_resnet200", "tutorial96"),
    *("cifar_resnet110_conv1x1", "cifar_resnet110_exclusive_gate"),
)


@pytest.mark.parametrize("name", KNOWN)
def test_a_network_of_the_catalogue_is_known_by_its_shapes(name):
    spec = infer(shapes_of(CATALOG[name].spec))
    expected = CATALOG[name].spec
    same = ("initialisation", "zero_init_residual", "dropout", "stochastic_depth")
    assert spec == expected.replace(**{field: getattr(spec, field) for field in same})


def test_another_number_of_classes_leaves_the_name():
    spec = infer(shapes_of(CATALOG["resnet50"].spec.replace(classes=5, in_channels=1)))
    assert (spec.name, spec.classes, spec.in_channels) == ("resnet50", 5, 1)


def test_a_network_outside_the_catalogue_is_named_after_its_depth():
    spec = NetworkSpec(block="basic", depths=(1, 2), name="mine")
    assert named(spec).name == "inferred ResNet-8"
    assert named(spec.replace(shortcut="none")).name == "inferred plain network-8"


def test_other_places_of_the_zeros_are_said_beside_the_name():
    both = CATALOG["cifar_resnet56"].spec.replace(zero_padding="both", classes=7)
    assert named(both).name == "cifar_resnet56 (zeros on both sides)"
    assert named(both.replace(zero_padding="end")).name == "cifar_resnet56"
    assert named(both.replace(depths=(2, 2, 1))).name == "inferred ResNet-12"
    longest = max(CATALOG, key=len)
    assert len(f"{longest} (zeros on both sides)") <= MAX_NAME


def test_what_only_a_plain_network_can_have_makes_it_plain():
    spec = NetworkSpec(block="basic", depths=(1, 1), widths=(8, 4), shortcut="none", stem="cifar")
    assert infer(shapes_of(spec)).shortcut == "none"


def test_a_stem_for_small_pictures_has_their_size():
    assert infer(shapes_of(CATALOG["cifar_resnet20"].spec)).input_size == 32
    assert infer(shapes_of(CATALOG["tutorial96"].spec)).input_size == 96


@pytest.mark.parametrize("reduction", [1, 3, 16, 64])
def test_the_reduction_of_squeezes_is_found(reduction):
    spec = CATALOG["resnet18"].spec.replace(se_reduction=reduction)
    assert infer(shapes_of(spec)).se_reduction == reduction


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fc.weight": None}, "no linear layer"),
        ({"conv1.weight": (16, 3, 5, 5)}, "5×5"),
        ({"layer1.0.bn1.running_mean": None}, "without running means"),
        ({"layer3.7.conv1.weight": (1, 1, 3, 3)}, "numbered 0, 1, 2, 7"),
        ({"layer5.0.conv1.weight": (1, 1, 3, 3)}, "numbered 1, 2, 3, 5"),
        ({"layer2.0.conv2.weight": ()}, "layer2.0.conv2.weight"),
    ],
)
def test_shapes_of_no_network_are_refused_in_words(changes, words):
    shapes = shapes_of(CATALOG["cifar_resnet20"].spec) | changes
    with pytest.raises(ForeignError, match=words):
        infer({name: shape for name, shape in shapes.items() if shape is not None})
