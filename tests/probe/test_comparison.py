from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from resnet_studio.data.imaging import picture_from_array
from resnet_studio.errors import SpecError
from resnet_studio.probe.colours import Palette
from resnet_studio.probe.comparison import ComparedOrder, Side, common_layer, compare
from resnet_studio.probe.framing import Framing, FramingKind
from resnet_studio.probe.layer_maps import take_layer
from resnet_studio.probe.network import WeightsChoice, load_network
from resnet_studio.probe.predict import classify, prepare
from resnet_studio.probe.surgery import NO_SURGERY, operate

NEGATIVE = "negative"


@pytest.fixture
def negative(picture):
    return picture_from_array(255 - picture.rgb, name=NEGATIVE)


def test_both_sides_are_those_of_a_pass_of_their_own(tiny, picture, negative):
    own = Framing(FramingKind.BOX, (3, 3, 20, 20))
    found = compare("layer2.0.conv1", Side(tiny, picture), Side(tiny, negative, own))
    for seen, prepared in (
        (found.first, prepare(tiny, picture)),
        (found.second, prepare(tiny, negative, own)),
    ):
        expected = take_layer(tiny, prepared, "layer2.0.conv1")
        np.testing.assert_array_equal(seen.maps, expected.maps)
        np.testing.assert_array_equal(seen.crop_rgb, prepared.rgb)
    assert found.first.predictions == classify(tiny, picture)
    assert found.second.predictions == classify(tiny, negative, framing=own)


def test_the_difference_is_that_of_each_value_and_the_distance_its_mean(tiny, picture, negative):
    found = compare("layer1", Side(tiny, picture), Side(tiny, negative))
    one, two = found.first.maps, found.second.maps
    change = found.change
    np.testing.assert_array_equal(change.values, two - one)
    expected = [np.abs(two[c].astype(float) - one[c]).mean() for c in range(4)]
    np.testing.assert_allclose(change.distance, expected, rtol=1e-6)
    flat, other = one.ravel().astype(float), two.ravel().astype(float)
    assert change.relative == pytest.approx(
        np.linalg.norm(other - flat) / np.linalg.norm(flat), rel=1e-5
    )
    assert change.cosine == pytest.approx(
        flat @ other / np.linalg.norm(flat) / np.linalg.norm(other), rel=1e-5
    )
    assert found.order(ComparedOrder.DIFFERENCE)[0] == int(np.argmax(expected))
    assert found.order(ComparedOrder.FIRST)[0] == int(found.first.means.argmax())
    assert found.order(ComparedOrder.CHANNEL).tolist() == [0, 1, 2, 3]


def test_one_range_of_colours_holds_for_both_and_zero_lies_in_the_middle_of_the_difference(
    tiny, picture, negative
):
    found = compare("layer1.0.bn1", Side(tiny, picture), Side(tiny, negative))
    assert found.range.palette is Palette.DIVERGING
    assert found.range.low == -found.range.high
    assert found.change.range.low == -found.change.range.high
    after = compare("layer1", Side(tiny, picture), Side(tiny, negative))
    assert after.range.palette is Palette.SEQUENTIAL
    top = max(after.first.maps.max(), after.second.maps.max())
    assert after.range.low == 0
    assert after.range.high <= top
    assert after.range.clipped == (after.range.high < top)


def test_the_same_twice_differs_in_nothing(tiny, picture):
    change = compare("layer2", Side(tiny, picture), Side(tiny, picture)).change
    assert change.relative == 0
    assert change.cosine == pytest.approx(1)
    assert not change.distance.any()


def test_an_operated_network_is_compared_with_the_intact_one(tiny, picture):
    operated = operate(tiny, NO_SURGERY.changed("layer2.0", shortcut=0.0))
    found = compare("layer2", Side(operated, picture), Side(tiny, picture))
    assert found.change.relative > 0
    assert compare("layer1", Side(operated, picture), Side(tiny, picture)).change.relative == 0


def test_networks_of_different_shapes_are_shown_without_a_difference(tiny, tiny_spec, picture):
    wide = load_network(tiny_spec.replace(widths=(6, 8)), WeightsChoice(seed=3))
    found = compare("layer1.0.conv2", Side(tiny, picture), Side(wide, picture))
    assert found.change is None
    assert (len(found.first.maps), len(found.second.maps)) == (4, 6)
    assert found.order(ComparedOrder.DIFFERENCE).tolist() == [0, 1, 2, 3]
    assert found.as_csv() == ""


def test_a_layer_that_one_network_lacks_is_compared_in_the_block_or_stage_around_it(
    tiny, tiny_spec
):
    deep = load_network(tiny_spec.replace(depths=(1, 1, 2), widths=(4, 8, 8)))
    assert common_layer("layer2.0.conv1", deep, tiny) == "layer2.0.conv1"
    assert common_layer("layer2.0.conv3", deep, tiny) == "layer2.0"
    assert common_layer("layer2.7.conv1", deep, tiny) == "layer2"
    assert common_layer("stem", deep, tiny) == "maxpool"
    assert common_layer("head", deep, tiny) == "fc"
    with pytest.raises(SpecError, match="tiny has no layer3") as caught:
        common_layer("layer3.1.conv1", deep, tiny)
    assert "another layer" in caught.value.remedy


def test_the_table_has_the_numbers_of_each_channel(tiny, picture, negative):
    found = compare("fc", Side(tiny, picture), Side(tiny, negative))
    rows = list(csv.reader(io.StringIO(found.as_csv())))
    assert len(rows) == 6
    for channel, row in enumerate(rows[1:]):
        assert int(row[0]) == channel
        values = (found.first.means, found.second.means, found.change.distance)
        for text, value in zip(row[1:], values, strict=True):
            assert float(text) == pytest.approx(float(value[channel]), rel=1e-6)


def test_no_hook_is_left_in_the_networks(tiny, picture):
    compare("layer1", Side(tiny, picture), Side(tiny, picture))
    assert not any(module._forward_hooks for module in tiny.model.modules())
