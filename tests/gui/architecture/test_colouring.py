"""The drawing coloured by a quantity: values, sums, scale, legend."""

from __future__ import annotations

import math

import pytest
from PySide6.QtGui import QColor, QFont

from resnet_studio.architecture.catalog import get
from resnet_studio.architecture.graph import build_graph
from resnet_studio.gui.architecture import quantities
from resnet_studio.gui.architecture.colouring import SAMPLES, Shades, colour_at, range_of
from resnet_studio.gui.architecture.layout import lay_out
from resnet_studio.gui.architecture.outline import (
    Folds,
    Outline,
    every_block_opened,
    every_stage_folded,
)
from resnet_studio.gui.architecture.quantities import MeasuredTimes, Quantity
from resnet_studio.gui.architecture.style import Style, luminance
from resnet_studio.gui.theme import LIGHT
from resnet_studio.probe.colours import sequential_map

GRAPH = build_graph(get("resnet18").spec)
TIMES = MeasuredTimes({layer.name: 1e-3 for layer in GRAPH.layers}, "on a test")


def shades(quantity, folds=None, times=TIMES):
    style = Style(LIGHT, QFont(), sections=len(GRAPH.sections))
    return Shades(lay_out(GRAPH, folds), Outline(GRAPH), quantity, style=style, times=times)


def test_the_colours_are_those_of_the_feature_maps_and_only_get_lighter(qapp):
    colours = sequential_map()
    for place, sample in enumerate(SAMPLES):
        red, green, blue = colours[round(place * (len(colours) - 1) / (len(SAMPLES) - 1))]
        assert QColor(sample) == QColor(int(red), int(green), int(blue))
    light = [luminance(colour_at(step / 200)) for step in range(201)]
    assert light == sorted(light)


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        (Quantity.PARAMETERS, GRAPH.find("layer2.0").parameters),
        (Quantity.MACS, GRAPH.find("layer2.0").macs),
        (
            Quantity.MEMORY,
            4 * sum(math.prod(layer.output_shape) for layer in GRAPH.find("layer2.0").layers),
        ),
        (Quantity.FIELD, GRAPH.find("layer2.0").receptive_field.size),
        (Quantity.TIME, pytest.approx(1e-3 * len(GRAPH.find("layer2.0").layers))),
    ],
)
def test_a_closed_block_has_the_sum_of_its_layers_and_the_field_of_the_last(
    qapp, quantity, expected
):
    closed = shades(quantity)
    assert closed.number("layer2.0") == expected
    assert closed.number("layer2.0.conv1") == expected, "its maps have the block's colour"
    opened = shades(quantity, Folds(opened=frozenset(("layer2.0",))))
    assert opened.number("layer2.0.conv1") == quantities.value(
        GRAPH.find("layer2.0.conv1"), quantity, TIMES
    )


def test_a_folded_stage_has_the_sum_of_all_its_blocks(qapp):
    folded = shades(Quantity.MACS, every_stage_folded(GRAPH))
    assert folded.number("layer3.1.conv2") == GRAPH.find("layer3").macs
    assert folded.number("conv1") == GRAPH.find("conv1").macs


def test_the_range_is_that_of_what_is_drawn(qapp):
    layers = shades(Quantity.PARAMETERS, every_block_opened(GRAPH))
    trained = [layer.parameters for layer in GRAPH.layers if layer.parameters]
    assert (layers.range.low, layers.range.high) == (min(trained), max(trained))
    assert layers.range.logarithmic
    assert layers.words()[3] == "log scale"
    assert layers.tones("relu").fill == layers.nothing, "a ReLU has no parameters"


def test_values_close_together_have_a_linear_scale(qapp):
    assert not range_of([10, 19]).logarithmic
    assert range_of([10, 19]).share(14.5) == pytest.approx(0.5)
    assert range_of([10, 1000]).share(100) == pytest.approx(0.5)
    assert range_of([7, 7]).share(7) == 0.5
    assert range_of([0, 0]) is None
    assert shades(Quantity.FIELD, every_stage_folded(GRAPH)).words()[1:3] == ("7 px", "627 px")


def test_times_that_were_not_measured_are_not_made_up(qapp):
    unknown = shades(Quantity.TIME, times=quantities.NOT_MEASURED)
    assert unknown.range is None
    assert unknown.tones("layer2.0").fill == unknown.nothing
    assert "not measured" in unknown.words()[3]
    some = MeasuredTimes({"conv1": 1e-3}, "one layer only")
    assert shades(Quantity.TIME, times=some).number("layer2.0") is None


@pytest.mark.parametrize(
    ("quantity", "number", "said"),
    [
        (Quantity.PARAMETERS, 11_689_512, "11.7 M"),
        (Quantity.MACS, 1_814_073_344, "1.81 G"),
        (Quantity.MEMORY, 512, "512 B"),
        (Quantity.MEMORY, 3_211_264, "3.06 MiB"),
        (Quantity.FIELD, 435, "435 px"),
        (Quantity.TIME, 8.13e-6, "8.13 µs"),
        (Quantity.TIME, 0.0004, "0.4 ms"),
        (Quantity.TIME, 1.3, "1.3 s"),
    ],
)
def test_values_are_said_with_their_unit(quantity, number, said):
    assert quantities.text(quantity, number) == said
