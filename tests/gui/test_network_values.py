from __future__ import annotations

import re

import pytest

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.errors import SpecError
from resnet_studio.gui.network_values import (
    CUSTOM,
    changes_for_depth,
    changes_for_list,
    doubled,
    known_depths,
    matching_preset,
    named,
    numbers_in,
    shown_widths,
    structure,
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


def test_the_depths_offered_suit_stem_block_and_way_of_counting():
    assert {18, 34, 50, 101, 152} <= set(known_depths(CATALOG["resnet18"].spec))
    assert {20, 32, 44, 56, 110, 1202} <= set(known_depths(CATALOG["cifar_resnet20"].spec))
    assert {164, 1001} <= set(known_depths(CATALOG["cifar_preact_resnet164"].spec))
    assert {16, 22, 28, 40} <= set(known_depths(CATALOG["wrn28_10"].spec))


def test_every_depth_that_is_offered_can_be_chosen():
    for entry in CATALOG.values():
        spec = entry.spec
        for depth in known_depths(spec):
            changed = spec.replace(**changes_for_depth(spec, str(depth), ""))
            assert changed.depth == depth


def test_depths_that_bring_other_blocks_are_not_offered_where_these_cannot_be():
    assert 34 in known_depths(CATALOG["resnet50"].spec)
    assert 34 not in known_depths(CATALOG["resnext50_32x4d"].spec)


@pytest.mark.parametrize(
    ("name", "depth", "said"),
    [
        ("cifar_resnet20", "57", "57 is not 6n + 2; nearest: 56 and 62"),
        ("cifar_preact_resnet164", "165", "165 is not 9n + 2; nearest: 164 and 173"),
        ("wrn28_10", "29", "29 is not 6n + 4; nearest: 28 and 34"),
        ("resnet50", "51", "No published ImageNet network"),
    ],
)
def test_a_depth_that_no_network_has_is_refused_with_the_nearest(name, depth, said):
    with pytest.raises(SpecError, match=re.escape(said)):
        changes_for_depth(CATALOG[name].spec, depth, "")


def test_a_depth_that_the_other_block_has_is_refused_with_that_hint():
    with pytest.raises(SpecError, match="Choose bottleneck blocks for 1001"):
        changes_for_depth(CATALOG["cifar_resnet20"].spec, "1001", "")
    with pytest.raises(SpecError, match="nearest") as refusal:
        changes_for_depth(CATALOG["cifar_resnet20"].spec, "57", "")
    assert "Choose" not in refusal.value.remedy


def test_the_numbers_of_a_wide_network_are_its_widths():
    spec = CATALOG["wrn28_10"].spec
    assert shown_widths(spec.widths) == "160"
    assert changes_for_list(spec, "widths", (32,)) == {"widths": (32, 64, 128)}


def test_widths_that_double_go_on_doubling_with_more_stages():
    spec = CATALOG["resnet18"].spec
    assert changes_for_list(spec, "depths", (1, 1, 1, 1, 1))["widths"] == doubled(64, 5)
    uneven = spec.replace(widths=(64, 64, 128, 128))
    assert "widths" not in changes_for_list(uneven, "depths", (1, 1))


def test_fields_without_effect_make_no_other_network():
    spec = CATALOG["resnet18"].spec
    assert structure(spec.replace(gate_bias=-3.0, shortcut_scale=0.7)) == structure(spec)
    assert structure(spec.replace(order="full_preactivation")) != structure(spec)


def test_of_several_presets_alike_the_one_that_was_chosen_keeps_its_name():
    for key, entry in CATALOG.items():
        assert matching_preset(entry.spec) == key
    nameless = CATALOG["tutorial96"].spec.replace(name="mine")
    assert matching_preset(nameless) == "tutorial96"
