"""Fields that do not fit together, and networks that are too large, are refused in plain words."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given

from resnet_studio.architecture.checks import largest_map, weight_count
from resnet_studio.architecture.elements import LayerKind
from resnet_studio.architecture.graph import build_graph
from resnet_studio.architecture.spec import (
    MAX_DEPTH,
    MAX_MAP_ELEMENTS,
    MAX_PARAMETERS,
    ActivationOrder,
    BlockKind,
    NetworkSpec,
    ShortcutKind,
    ShortcutType,
    StemKind,
    parse_spec,
)
from resnet_studio.errors import SpecError
from tests.architecture.strategies import small_specs

RESNET18 = NetworkSpec(name="resnet18", block=BlockKind.BASIC, depths=(2, 2, 2, 2))
RESNET50 = NetworkSpec(name="resnet50", block=BlockKind.BOTTLENECK, depths=(3, 4, 6, 3))
PLAIN18 = RESNET18.replace(shortcut=ShortcutKind.NONE)
CIFAR20 = NetworkSpec(block=BlockKind.BASIC, depths=(3, 3, 3), stem=StemKind.CIFAR)


def refusal(spec: NetworkSpec, **changes) -> SpecError:
    """Returns the error for a change of a network."""
    with pytest.raises(SpecError) as caught:
        spec.replace(**changes)
    assert caught.value.remedy
    return caught.value


# Stages and blocks


def test_depths_and_widths_must_name_the_same_stages():
    error = refusal(RESNET50, depths=(3, 4, 6))
    assert "depths names 3 stages and widths 4" in error.message


@pytest.mark.parametrize(("field", "value"), [("expansion", 4), ("groups", 2), ("base_width", 32)])
def test_basic_blocks_have_no_bottleneck_fields(field, value):
    error = refusal(RESNET18, **{field: value})
    assert error.field == field
    assert f"{field} is {value}; with basic blocks it must be" in error.message
    assert "bottleneck" in error.remedy


def test_a_group_without_channels_is_refused_with_the_least_base_width():
    error = refusal(RESNET50, base_width=1, widths=(32, 64, 128, 256))
    assert error.field == "base_width"
    assert "at least 2" in error.remedy
    assert RESNET50.replace(base_width=2, widths=(32, 64, 128, 256)).inner_widths[0] == 1


def test_dropout_stands_between_the_convolutions_of_a_basic_block_only():
    error = refusal(RESNET50, dropout=0.3)
    assert error.field == "dropout"
    assert "dropout is 0.3; it stands between the two 3×3 convolutions of a basic block" in (
        error.message
    )
    assert error.remedy == "Set dropout to 0, or choose basic blocks."
    assert RESNET18.replace(dropout=0.3).dropout == 0.3


# Stems


def test_half_of_a_deep_stems_width_must_be_something():
    error = refusal(RESNET18, stem=StemKind.DEEP, stem_width=1)
    assert error.field == "stem_width"
    assert "stem_width is 1" in error.message
    assert "at least 2" in error.remedy
    smallest = RESNET18.replace(stem=StemKind.DEEP, stem_width=2)
    assert build_graph(smallest).find("conv1.0").output_shape[0] == 1


def test_a_tutorial_stem_must_leave_a_pixel():
    error = refusal(RESNET18, stem=StemKind.TUTORIAL, input_size=10)
    assert error.field == "input_size"
    assert "input_size is 10" in error.message
    assert "at least 11" in error.remedy
    smallest = RESNET18.replace(stem=StemKind.TUTORIAL, input_size=11)
    assert build_graph(smallest).stem.output_shape == (64, 1, 1)


# Shortcuts


def test_zero_padding_cannot_take_channels_away():
    error = refusal(RESNET50, shortcut=ShortcutKind.A, widths=(64, 32, 64, 128))
    assert error.field == "shortcut"
    assert "stage 2 goes from 256 to 128" in error.message
    message = refusal(RESNET50, shortcut="A", stem_width=2048).message
    assert "stage 1 goes from 2048 to 256" in message


def test_a_convolution_on_every_shortcut_may_take_channels_away():
    fields = {"shortcut": "A", "shortcut_type": "conv1x1", "widths": (64, 32, 64, 128)}
    assert RESNET50.replace(**fields).channels[1] == 128


@pytest.mark.parametrize("kind", [kind for kind in ShortcutType if kind != "identity"])
def test_a_plain_network_has_no_type_of_shortcut(kind):
    error = refusal(PLAIN18, shortcut_type=kind)
    assert error.field == "shortcut_type"
    assert f'shortcut_type is "{kind}" and shortcut is none' in error.message
    assert error.remedy == 'Choose shortcut A, B or C, or the shortcut_type "identity".'


@pytest.mark.parametrize("option", [ShortcutKind.B, ShortcutKind.C])
def test_a_convolution_on_every_shortcut_leaves_nothing_to_project(option):
    error = refusal(RESNET18, shortcut=option, shortcut_type=ShortcutType.CONV)
    assert error.field == "shortcut_type"
    assert f'shortcut_type is "conv1x1" and shortcut is {option}' in error.message
    assert "Choose shortcut A" in error.remedy


@pytest.mark.parametrize("option", [ShortcutKind.A, ShortcutKind.B, ShortcutKind.C])
@pytest.mark.parametrize("kind", [kind for kind in ShortcutType if kind != "conv1x1"])
def test_every_other_type_of_shortcut_goes_with_every_option(option, kind):
    spec = RESNET18.replace(shortcut=option, shortcut_type=kind)
    assert (spec.shortcut, spec.shortcut_type) == (option, kind)


def test_a_plain_network_has_no_stochastic_depth():
    error = refusal(PLAIN18, stochastic_depth=0.5)
    assert error.field == "stochastic_depth"
    assert "stochastic_depth is 0.5; without shortcuts nothing is left" in error.message
    assert error.remedy == "Set stochastic_depth to 0, or choose shortcut A, B or C."


# Initialisation


@pytest.mark.parametrize("order", ActivationOrder)
def test_zero_init_needs_a_batch_normalisation_at_the_end_of_the_branch(order):
    spec = RESNET18.replace(order=order)
    last = [
        layer
        for layer in build_graph(spec).blocks[0].residual
        if layer.kind in (LayerKind.CONV, LayerKind.BATCH_NORM)
    ][-1]
    if last.kind is LayerKind.BATCH_NORM:
        assert spec.replace(zero_init_residual=True).zero_init_residual
        return
    error = refusal(spec, zero_init_residual=True)
    assert error.field == "zero_init_residual"
    assert f'with the order "{order}" no batch normalisation ends the residual branch' in (
        error.message
    )
    assert "Set zero_init_residual to false" in error.remedy


# Names


def test_a_refused_name_is_shown_so_that_it_can_be_printed():
    error = refusal(RESNET18, name="bell\a")
    assert "bell\\x07" in error.message
    assert error.field == "name"


# Sizes


def test_too_deep_a_network_is_refused():
    error = refusal(RESNET50, depths=(1000, 1000, 1000, 1000))
    assert f"the most is {MAX_DEPTH:,}" in error.message


def test_too_many_parameters_are_refused():
    error = refusal(RESNET50, widths=(8192, 8192, 8192, 8192))
    assert f"the most is {MAX_PARAMETERS:,}" in error.message


@pytest.mark.parametrize(
    ("changes", "field", "named", "remedy"),
    [
        ({"groups": 64}, "groups", ", groups 64 make", "Use fewer groups, a smaller base_width,"),
        ({"groups": 32, "base_width": 512}, "groups", "groups 32, base_width 512", "Use fewer"),
        (
            {"groups": 2, "base_width": 1024, "depths": (30, 40, 60, 3)},
            *("base_width", "groups 2, base_width 1024", "Use fewer groups, a smaller base_width,"),
        ),
        ({"widths": (8192,) * 4, "groups": 2}, "widths", "groups 2", "narrower stages or fewer"),
        (
            {"base_width": 1024, "depths": (3, 4, 6, 20)},
            *("base_width", ", base_width 1024 make", "Use a smaller base_width, narrower stages"),
        ),
        ({"widths": (8192,) * 4}, "widths", "(3, 4, 6, 3) make", "Use narrower stages or fewer"),
    ],
)
def test_groups_and_base_width_are_named_where_they_make_too_many_parameters(
    changes, field, named, remedy
):
    error = refusal(RESNET50, **changes)
    assert error.field == field
    assert named in error.message
    assert remedy in error.remedy


@pytest.mark.parametrize(
    "more",
    [
        {"shortcut_type": "highway"},
        {"shortcut_type": "exclusive_gate"},
        {"se_reduction": 1},
        {"shortcut": "C"},
    ],
)
def test_the_weights_of_gates_and_projections_count_as_well(more):
    wide = {"block": "basic", "depths": [13], "stem": "cifar", "stem_width": 2048, "shortcut": "B"}
    large = parse_spec(wide)
    assert weight_count(large) < MAX_PARAMETERS
    error = refusal(large, **more)
    assert error.field == "widths"
    assert f"the most is {MAX_PARAMETERS:,}" in error.message


def test_too_large_a_map_is_refused():
    error = refusal(RESNET50, stem=StemKind.CIFAR, input_size=4096)
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
@example(RESNET18.replace(stem=StemKind.DEEP, se_reduction=16))
@example(RESNET50.replace(shortcut_type=ShortcutType.HIGHWAY))
@example(CIFAR20.replace(shortcut_type=ShortcutType.CONV))
def test_the_bounds_are_computed_as_the_graph_counts(spec):
    """The bounds of a whole network are those of its graph, whatever its size."""
    graph = build_graph(spec)
    assert weight_count(spec) == sum(_weights(layer) for layer in graph.layers)
    shapes = [graph.input_shape, *(layer.output_shape for layer in graph.layers)]
    largest = max(c * height * width for c, height, width in shapes[:-1])
    if spec.stem is StemKind.TUTORIAL:  # what is not padded is smaller than the bound
        assert largest_map(spec) >= largest
    else:
        assert largest_map(spec) == largest


def _weights(layer) -> int:
    """Returns the weights without biases, which every number of the map is multiplied by once."""
    if layer.kind is LayerKind.SE:
        return layer.macs
    return layer.macs // math.prod(layer.output_shape[1:])
