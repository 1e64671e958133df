from __future__ import annotations

import pytest

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.errors import SpecError
from resnet_studio.gui.network_values import (
    CUSTOM,
    doubled,
    known_depths,
    matching_preset,
    named,
    numbers_in,
    shown_widths,
)


@pytest.mark.parametrize("text", ["3, 4, 6, 3", "3,4,6,3", "3 4 6 3", "[3, 4, 6, 3]"])
def test_numbers_may_be_typed_in_any_usual_way(text):
    assert numbers_in(text, "") == (3, 4, 6, 3)


@pytest.mark.parametrize("text", ["", " , ", "3, x", "3.5", "-1", "12345678901"])
def test_anything_else_is_refused_with_the_words_of_the_form(text):
    with pytest.raises(SpecError, match="whole numbers"):
        numbers_in(text, "Type whole numbers.")


def test_doubling_widths_are_shown_as_their_first():
    assert doubled(64, 4) == (64, 128, 256, 512)
    assert shown_widths((64, 128, 256, 512)) == "64"
    assert shown_widths((64, 128, 256, 500)) == "64, 128, 256, 500"


def test_a_network_is_named_by_its_preset_whatever_its_classes():
    spec = CATALOG["resnet50"].spec.replace(name="mine", classes=7)
    assert matching_preset(spec) == "resnet50"
    assert named(spec).name == "resnet50"
    assert named(spec.replace(depths=(3, 4, 6, 4))).name == CUSTOM


def test_the_depths_offered_suit_the_stem():
    assert known_depths(CATALOG["resnet18"].spec) == [18, 34, 50, 101, 152]
    assert known_depths(CATALOG["cifar_resnet20"].spec) == [20, 32, 44, 56, 110]
