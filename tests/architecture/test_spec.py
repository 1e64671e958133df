"""A spec is valid, immutable and survives files; what is not valid is refused in plain words."""

from __future__ import annotations

import copy
import math
import pickle

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from resnet_studio.architecture.spec import (
    FRACTIONS,
    LIMITS,
    ActivationOrder,
    BlockKind,
    Initialisation,
    NetworkSpec,
    ProjectionKind,
    ShortcutKind,
    ShortcutType,
    StemKind,
    StridePlace,
    ZeroPadding,
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
        zero_padding=ZeroPadding.END,
        projection=ProjectionKind.CONV,
        shortcut_type=ShortcutType.IDENTITY,
        shortcut_scale=0.5,
        residual_scale=1.0,
        gate_bias=-6.0,
        shortcut_dropout=0.5,
        order=ActivationOrder.ORIGINAL,
        shared_first_activation=True,
        stride_on=StridePlace.CONV2,
        groups=1,
        base_width=64,
        se_reduction=0,
        dropout=0.0,
        stochastic_depth=0.0,
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


def test_a_deep_stem_brings_the_defaults_of_the_imagenet_networks():
    spec = parse_spec({"block": "bottleneck", "depths": [3, 4, 6, 3], "stem": "deep"})
    assert spec == RESNET50.replace(name="custom", stem="deep")


def test_a_tutorial_stem_brings_the_classes_and_the_size_of_the_tutorial():
    spec = parse_spec({"block": "basic", "depths": [2, 2, 2, 2], "stem": "tutorial"})
    assert (spec.stem_width, spec.widths) == (64, (64, 128, 256, 512))
    assert (spec.shortcut, spec.classes, spec.input_size) == (ShortcutKind.B, 10, 96)


@pytest.mark.parametrize("stem", StemKind)
def test_what_is_given_is_kept_whatever_the_stem(stem):
    given_fields = {"stem_width": 8, "shortcut": "C", "classes": 3, "input_size": 50}
    spec = parse_spec({"block": "basic", "depths": [1, 1], "stem": stem} | given_fields)
    assert spec.model_dump(mode="json", include=set(given_fields)) == given_fields
    assert spec.widths == (8, 16)


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


@pytest.mark.parametrize(("blocks", "depth"), [(2, 16), (4, 28), (6, 40), (8, 52)])
def test_a_wide_resnet_is_counted_with_its_projections(blocks, depth):
    wide = {"stem": "cifar", "shortcut": "B", "order": "full_preactivation"}
    spec = parse_spec({"block": "basic", "depths": [blocks] * 3} | wide)
    assert spec.counts_projections
    assert spec.depth == depth
    for field, value in (
        ("stem", "imagenet"),
        ("shortcut", "A"),
        ("order", "original"),
        ("block", "bottleneck"),
    ):
        other = spec.replace(**{field: value})
        assert not other.counts_projections
        assert other.depth == 2 + 3 * blocks * (3 if field == "block" else 2)


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


@pytest.mark.parametrize("field", FRACTIONS)
def test_a_fraction_out_of_range_is_refused_with_its_range(field):
    low, high = FRACTIONS[field]
    for wrong, hint in ((low - 0.25, f"Use {low:g} or more."), (high + 0.25, f"Use {high:g} or")):
        error = refusal(**{field: wrong})
        assert error.field == field
        assert error.message == (
            f"{field} is {wrong!r}; it must be a number from {low:g} to {high:g}."
        )
        assert hint in error.remedy


@pytest.mark.parametrize("field", FRACTIONS)
def test_the_bounds_of_a_fraction_are_allowed(field):
    for value in (*FRACTIONS[field], 0):
        changed = RESNET18.replace(**{field: value})
        assert getattr(changed, field) == value
        assert type(getattr(changed, field)) is float


@pytest.mark.parametrize("field", FRACTIONS)
@pytest.mark.parametrize("value", ["0.5", True, None, [0.5], math.nan])
def test_a_value_of_another_type_is_no_fraction(field, value):
    error = refusal(**{field: value})
    assert error.field == field
    assert repr(value) in error.message
    assert error.remedy == "Write a number, without quotes."


@pytest.mark.parametrize("value", [math.inf, -math.inf, 10**400])
def test_an_infinite_or_huge_number_is_no_fraction(value):
    assert "it must be a number from 0 to 0.95" in refusal(dropout=value).message


@pytest.mark.parametrize("field", ["se_reduction", "classes", "input_size", "stem_width"])
def test_the_bounds_of_a_whole_number_are_allowed(field):
    low, high = LIMITS[field]
    small = RESNET50.replace(widths=(1, 1, 1, 1))
    for value in (low, high):
        assert getattr(small.replace(**{field: value}), field) == value


@pytest.mark.parametrize(
    ("field", "value", "choices", "remedy"),
    [
        ("block", "Bottlneck", '"basic" or "bottleneck"', 'Did you mean "bottleneck"?'),
        (
            "stem",
            "cifra",
            '"imagenet" or "cifar" or "deep" or "tutorial"',
            'Did you mean "cifar"?',
        ),
        ("shortcut", "D", '"none" or "A" or "B" or "C"', "Choose one of these."),
        ("stride_on", 3, '"1x1" or "3x3"', "Choose one of these."),
        ("initialisation", [], '"fan_out" or "fan_in"', "Choose one of these."),
        ("zero_padding", "sides", '"end" or "both"', "Choose one of these."),
        (
            "projection",
            "avg_pool",
            '"conv" or "avgpool" or "bias"',
            'Did you mean "avgpool"?',
        ),
        (
            "shortcut_type",
            "shortcut_gates",
            '"identity" or "scaling" or "exclusive_gate" or "shortcut_gate" or "conv1x1" or '
            '"dropout" or "highway"',
            'Did you mean "shortcut_gate"?',
        ),
        (
            "order",
            "preactivation",
            '"original" or "bn_after_addition" or "relu_before_addition" or '
            '"relu_only_preactivation" or "full_preactivation" or "relu_twice"',
            'Did you mean "full_preactivation"?',
        ),
    ],
)
def test_an_unknown_choice_is_answered_with_the_choices(field, value, choices, remedy):
    error = refusal(**{field: value})
    assert (error.field, error.remedy) == (field, remedy)
    assert error.message == f"{field} is {value!r}; it must be {choices}."


@pytest.mark.parametrize("field", ["zero_init_residual", "shared_first_activation"])
@pytest.mark.parametrize("value", ["yes", 1, None])
def test_a_switch_is_true_or_false(field, value):
    error = refusal(**{field: value})
    assert error.message == f"{field} is {value!r}; it must be true or false."
    assert error.remedy == "Write true or false, without quotes."


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


# Refusals: anything


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
        (200, BOTTLENECK, StemKind.IMAGENET, (3, 24, 36, 3)),
        (50, BOTTLENECK, StemKind.DEEP, (3, 4, 6, 3)),
        (18, BASIC, StemKind.TUTORIAL, (2, 2, 2, 2)),
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


@pytest.mark.parametrize(("depth", "blocks"), [(10, 1), (16, 2), (28, 4), (40, 6)])
def test_depths_for_gives_the_stages_of_a_wide_resnet(depth, blocks):
    wide = depths_for(depth, block=BASIC, stem=StemKind.CIFAR, counts_projections=True)
    assert wide == (blocks,) * 3


def test_an_impossible_depth_of_a_wide_resnet_is_answered_with_the_nearest():
    with pytest.raises(SpecError) as caught:
        depths_for(20, block=BASIC, stem=StemKind.CIFAR, counts_projections=True)
    assert caught.value.message == "20 is not 6n + 4; nearest: 16 and 22."
    assert caught.value.remedy == "Wide ResNets have n basic blocks in each of 3 stages."


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
    assert "basic: 18 and 34; bottleneck: 50, 101, 152 and 200" in caught.value.message
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
