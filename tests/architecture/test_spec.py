"""A spec is valid, immutable and survives files; what is not valid is refused in plain words."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from resnet_studio.architecture.checks import largest_map, weight_count
from resnet_studio.architecture.graph import build_graph
from resnet_studio.architecture.spec import (
    LIMITS,
    MAX_DEPTH,
    MAX_MAP_ELEMENTS,
    MAX_PARAMETERS,
    BlockKind,
    Initialisation,
    NetworkSpec,
    ShortcutKind,
    StemKind,
    StridePlace,
    depths_for,
    field_error,
    parse_spec,
)
from resnet_studio.errors import SpecError
from tests.architecture.strategies import small_specs

BASIC, BOTTLENECK = BlockKind.BASIC, BlockKind.BOTTLENECK
RESNET18 = NetworkSpec(name="resnet18", block=BASIC, depths=(2, 2, 2, 2))
RESNET50 = NetworkSpec(name="resnet50", block=BOTTLENECK, depths=(3, 4, 6, 3))


def refusal(**changes) -> SpecError:
    """Returns the error for a change of ResNet-50."""
    with pytest.raises(SpecError) as caught:
        RESNET50.replace(**changes)
    assert caught.value.remedy
    return caught.value


# What is left out


def test_block_and_depths_are_enough_for_an_imagenet_network():
    assert parse_spec({"block": "bottleneck", "depths": [3, 4, 6, 3]}) == NetworkSpec(
        name="custom",
        block=BOTTLENECK,
        depths=(3, 4, 6, 3),
        widths=(64, 128, 256, 512),
        expansion=4,
        stem=StemKind.IMAGENET,
        stem_width=64,
        shortcut=ShortcutKind.B,
        stride_on=StridePlace.CONV2,
        groups=1,
        base_width=64,
        classes=1000,
        in_channels=3,
        input_size=224,
        initialisation=Initialisation.FAN_OUT,
        zero_init_residual=False,
    )


def test_a_cifar_stem_brings_the_defaults_of_the_cifar_networks():
    spec = parse_spec({"block": "basic", "depths": [3, 3, 3], "stem": "cifar"})
    assert (spec.stem_width, spec.widths, spec.expansion) == (16, (16, 32, 64), 1)
    assert (spec.shortcut, spec.classes, spec.input_size) == (ShortcutKind.A, 10, 32)


def test_widths_follow_a_given_stem_width():
    spec = parse_spec({"block": "basic", "depths": [1, 1], "stem_width": 10})
    assert spec.widths == (10, 20)


# What follows from it


@pytest.mark.parametrize(
    ("block", "depths", "depth"),
    [
        ("basic", (2, 2, 2, 2), 18),
        ("basic", (3, 4, 6, 3), 34),
        ("bottleneck", (3, 4, 6, 3), 50),
        ("bottleneck", (3, 4, 23, 3), 101),
        ("bottleneck", (3, 8, 36, 3), 152),
        ("basic", (200, 200, 200), 1202),
    ],
)
def test_depth_is_the_number_in_the_networks_name(block, depths, depth):
    assert NetworkSpec(block=BlockKind(block), depths=depths).depth == depth


def test_inner_widths_follow_torchvisions_formula():
    resnext = RESNET50.replace(groups=32, base_width=4)
    assert resnext.inner_widths == (128, 256, 512, 1024)
    assert RESNET50.replace(base_width=128).inner_widths == (128, 256, 512, 1024)
    assert RESNET18.inner_widths == RESNET18.widths
    assert RESNET50.channels == (256, 512, 1024, 2048)


# Immutability and copies


def test_a_spec_cannot_be_changed_and_can_be_a_key():
    with pytest.raises(ValidationError):
        RESNET50.classes = 5
    assert {RESNET50: 1}[RESNET50.replace()] == 1


@given(small_specs())
def test_a_spec_survives_pickle_and_copy(spec):
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert copy.deepcopy(spec) == spec


def test_replace_returns_a_validated_copy():
    changed = RESNET50.replace(classes=5)
    assert (changed.classes, RESNET50.classes) == (5, 1000)
    with pytest.raises(SpecError):
        RESNET50.replace(classes=1)


def test_the_usual_expansion_follows_the_block():
    assert RESNET50.replace(block=BASIC).expansion == 1
    assert RESNET18.replace(block=BOTTLENECK).expansion == 4
    assert RESNET50.replace(expansion=2, block=BOTTLENECK).expansion == 2
    with pytest.raises(SpecError, match="expansion is 2"):
        RESNET50.replace(expansion=2).replace(block=BASIC)


# Refusals: one field


@pytest.mark.parametrize("field", [name for name in LIMITS if name not in ("stages", "expansion")])
def test_a_number_out_of_range_is_refused_with_its_range(field):
    low, high = LIMITS[field]
    spread = [64] * 4 if field in ("depths", "widths") else []
    for wrong, hint in ((low - 1, f"Use {low} or more"), (high + 1, f"Use {high:,} or less")):
        value = [wrong, *spread[1:]] if spread else wrong
        error = refusal(**{field: value})
        assert error.field == field
        assert f"is {wrong}; it must be a whole number from {low} to {high:,}" in error.message
        assert hint in error.remedy


@pytest.mark.parametrize("value", ["3", 3.0, True, None, [3], {}])
def test_a_value_of_another_type_is_no_number(value):
    error = refusal(classes=value)
    assert error.field == "classes"
    assert repr(value) in error.message
    assert "without quotes" in error.remedy


@pytest.mark.parametrize(
    ("field", "value", "choices", "remedy"),
    [
        ("block", "Bottlneck", '"basic" or "bottleneck"', 'Did you mean "bottleneck"?'),
        ("stem", "cifra", '"imagenet" or "cifar"', 'Did you mean "cifar"?'),
        ("shortcut", "D", '"none" or "A" or "B" or "C"', "Choose one of these."),
        ("stride_on", 3, '"1x1" or "3x3"', "Choose one of these."),
        ("initialisation", [], '"fan_out" or "fan_in"', "Choose one of these."),
    ],
)
def test_an_unknown_choice_is_answered_with_the_choices(field, value, choices, remedy):
    error = refusal(**{field: value})
    assert (error.field, error.remedy) == (field, remedy)
    assert error.message == f"{field} is {value!r}; it must be {choices}."


@pytest.mark.parametrize("value", ["yes", 1, None])
def test_zero_init_residual_is_true_or_false(value):
    assert "true or false" in refusal(zero_init_residual=value).message


@pytest.mark.parametrize("name", ["", "x" * 101, "two\nlines", " spaced ", "bell\a", 7, "\ud800"])
def test_a_name_is_one_printable_line(name):
    error = refusal(name=name)
    assert error.field == "name"
    str(error).encode()  # a lone surrogate must not reach a terminal


@pytest.mark.parametrize("value", [5, "3,4,6,3", [], [1] * 7, None, {"a": 1}])
def test_depths_are_a_list_for_up_to_six_stages(value):
    error = refusal(depths=value)
    assert error.field == "depths"
    assert "a list of 1 to 6 whole numbers" in error.message
    assert "[3, 4, 6, 3]" in error.remedy


def test_the_entry_at_fault_is_named():
    assert "depths[2] is 'six'" in refusal(depths=[3, 4, "six", 3]).message
    assert refusal(depths=[0]).message.count("depths") == 1


def test_an_unknown_field_is_answered_with_the_nearest():
    error = refusal(class_count=10)
    assert "There is no field 'class_count'" in error.message
    assert refusal(clases=10).remedy == "Did you mean classes?"
    assert "zero_init_residual" in refusal(q=1).remedy


def test_missing_fields_are_named_with_what_they_may_be():
    with pytest.raises(SpecError) as caught:
        parse_spec({"depths": [1]})
    assert caught.value.field == "block"
    assert str(caught.value) == (
        'The field block is missing; it must be "basic" or "bottleneck". Add block.'
    )


def test_several_problems_are_told_together():
    error = refusal(classes=0, stem="x")
    assert "classes is 0" in error.message
    assert "stem is 'x'" in error.message


def test_of_very_many_problems_only_the_first_are_told():
    with pytest.raises(SpecError) as caught:
        parse_spec({"block": "basic", "depths": [1], **{f"f{n}": n for n in range(5000)}})
    assert "There are 4,996 more problems." in caught.value.message
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("value", [[], "text", 5, None])
def test_what_is_no_table_of_fields_is_refused(value):
    with pytest.raises(SpecError, match="A spec is a table of fields"):
        parse_spec(value)


# Refusals: fields together


def test_depths_and_widths_must_name_the_same_stages():
    error = refusal(depths=(3, 4, 6))
    assert "depths names 3 stages and widths 4" in error.message


@pytest.mark.parametrize(("field", "value"), [("expansion", 4), ("groups", 2), ("base_width", 32)])
def test_basic_blocks_have_no_bottleneck_fields(field, value):
    with pytest.raises(SpecError) as caught:
        RESNET18.replace(**{field: value})
    assert caught.value.field == field
    assert f"{field} is {value}; with basic blocks it must be" in caught.value.message
    assert "bottleneck" in caught.value.remedy


def test_a_group_without_channels_is_refused_with_the_least_base_width():
    error = refusal(base_width=1, widths=(32, 64, 128, 256))
    assert error.field == "base_width"
    assert "at least 2" in error.remedy
    assert RESNET50.replace(base_width=2, widths=(32, 64, 128, 256)).inner_widths[0] == 1


def test_zero_padding_cannot_take_channels_away():
    error = refusal(shortcut=ShortcutKind.A, widths=(64, 32, 64, 128))
    assert error.field == "shortcut"
    assert "stage 2 goes from 256 to 128" in error.message
    assert "stage 1 goes from 2048 to 256" in refusal(shortcut="A", stem_width=2048).message


# Hostile sizes


def test_too_deep_a_network_is_refused():
    error = refusal(depths=(1000, 1000, 1000, 1000))
    assert f"the most is {MAX_DEPTH:,}" in error.message


def test_too_many_parameters_are_refused():
    error = refusal(widths=(8192, 8192, 8192, 8192))
    assert f"the most is {MAX_PARAMETERS:,}" in error.message


def test_too_large_a_map_is_refused():
    error = refusal(stem=StemKind.CIFAR, input_size=4096)
    assert error.field == "input_size"
    assert f"the most is {MAX_MAP_ELEMENTS:,}" in error.message


def test_resnet1202_and_the_widest_published_network_are_within_bounds():
    assert parse_spec({"block": "basic", "depths": [200] * 3, "stem": "cifar"}).depth == 1202
    assert RESNET50.replace(depths=(3, 4, 23, 3), groups=32, base_width=48).groups == 32


_WIDENING = {"depths": (1, 1), "widths": (1, 30), "stem": "cifar", "stem_width": 1}


@given(small_specs())
@example(parse_spec(_WIDENING | {"block": "basic"}))
@example(parse_spec(_WIDENING | {"block": "bottleneck", "expansion": 1}))
@example(parse_spec(_WIDENING | {"block": "bottleneck", "expansion": 1, "stride_on": "1x1"}))
def test_the_bounds_are_computed_as_the_graph_counts(spec):
    """The bounds of a whole network are those of its graph, whatever its size."""
    graph = build_graph(spec)
    assert weight_count(spec) == graph.conv_parameters + graph.head.macs
    shapes = [graph.input_shape, *(layer.output_shape for layer in graph.layers[:-2])]
    assert largest_map(spec) == max(c * height * width for c, height, width in shapes)


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
_FIELDS = st.sampled_from([*NetworkSpec.model_fields, "unknown"])


@settings(max_examples=300)
@given(st.dictionaries(_FIELDS, _ANYTHING, max_size=6))
@example({"depths": [10**400], "block": "basic"})
@example({"classes": 16**6000})
def test_any_mapping_gives_a_spec_or_a_spec_error(values):
    outcome = spec_or_error({"block": "basic", "depths": [1, 1]} | values)
    if isinstance(outcome, SpecError):
        assert outcome.message
        assert outcome.remedy
        assert len(str(outcome)) < 2000
        str(outcome).encode()
    else:
        assert parse_spec(outcome.model_dump()) == outcome


def spec_or_error(values) -> NetworkSpec | SpecError:
    try:
        return parse_spec(values)
    except SpecError as error:
        return error


# Published depths


@pytest.mark.parametrize(
    ("depth", "block", "stem", "depths"),
    [
        (18, BASIC, StemKind.IMAGENET, (2, 2, 2, 2)),
        (34, BASIC, StemKind.IMAGENET, (3, 4, 6, 3)),
        (50, BOTTLENECK, StemKind.IMAGENET, (3, 4, 6, 3)),
        (101, BOTTLENECK, StemKind.IMAGENET, (3, 4, 23, 3)),
        (152, BOTTLENECK, StemKind.IMAGENET, (3, 8, 36, 3)),
        (8, BASIC, StemKind.CIFAR, (1, 1, 1)),
        (110, BASIC, StemKind.CIFAR, (18, 18, 18)),
        (1202, BASIC, StemKind.CIFAR, (200, 200, 200)),
        (164, BOTTLENECK, StemKind.CIFAR, (18, 18, 18)),
        (1001, BOTTLENECK, StemKind.CIFAR, (111, 111, 111)),
    ],
)
def test_depths_for_gives_the_published_stages(depth, block, stem, depths):
    assert depths_for(depth, block=block, stem=stem) == depths
    assert NetworkSpec(block=block, depths=depths, stem=stem).depth == depth


@pytest.mark.parametrize(
    ("depth", "block", "message"),
    [
        (57, BASIC, "57 is not 6n + 2; nearest: 56 and 62."),
        (57, BOTTLENECK, "57 is not 9n + 2; nearest: 56 and 65."),
        (7, BASIC, "7 is not 6n + 2; nearest: 8."),
        (2, BASIC, "2 is outside 8 to 3998; nearest: 8."),
        (-10, BASIC, "-10 is outside 8 to 3998; nearest: 8."),
        (6002, BASIC, "6002 is outside 8 to 3998; nearest: 3998."),
        (6 * 10**30 + 2, BASIC, f"{6 * 10**30 + 2} is outside 8 to 3998; nearest: 3998."),
    ],
)
def test_an_impossible_cifar_depth_is_answered_with_the_nearest(depth, block, message):
    with pytest.raises(SpecError) as caught:
        depths_for(depth, block=block, stem=StemKind.CIFAR)
    assert (caught.value.message, caught.value.field) == (message, "depth")
    assert f"n {block} blocks" in caught.value.remedy


@given(st.integers(-100, 5000), st.sampled_from(BlockKind))
def test_every_cifar_depth_is_made_or_answered_with_depths_that_can_be_made(depth, block):
    try:
        depths = depths_for(depth, block=block, stem=StemKind.CIFAR)
    except SpecError as error:
        nearest = error.message.partition("nearest: ")[2].rstrip(".").split(" and ")
        for near in map(int, nearest):
            assert depths_for(near, block=block, stem=StemKind.CIFAR)
    else:
        assert NetworkSpec(block=block, depths=depths, stem=StemKind.CIFAR).depth == depth


def test_an_imagenet_depth_that_was_not_published_is_answered_with_those_that_were():
    with pytest.raises(SpecError) as caught:
        depths_for(57, block=BASIC, stem=StemKind.IMAGENET)
    assert "basic: 18 and 34; bottleneck: 50, 101 and 152" in caught.value.message
    assert "2 × (their sum) + 2" in caught.value.remedy


def test_a_depth_of_the_other_block_is_answered_with_that_block():
    with pytest.raises(SpecError, match="Choose bottleneck blocks for 50"):
        depths_for(50, block=BASIC, stem=StemKind.IMAGENET)


# The form


def test_field_error_is_none_for_what_is_allowed():
    assert field_error("classes", 10, RESNET50) is None
    assert field_error("block", "basic", RESNET50) is None


def test_field_error_says_why_a_value_is_not_allowed():
    assert "from 2 to 100,000" in field_error("classes", 1, RESNET50)
    assert "stage 1 goes from 2048 to 256" in field_error(
        "shortcut", "A", RESNET50.replace(stem_width=2048)
    )
