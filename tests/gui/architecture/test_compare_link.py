"""Places, cameras and folds of one drawing led over to the other."""

from __future__ import annotations

import pytest
from hypothesis import given

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.diff import compare
from resnet_studio.gui.architecture.camera import Camera
from resnet_studio.gui.architecture.compare_link import (
    Anchors,
    anchors,
    camera_there,
    folds_there,
)
from resnet_studio.gui.architecture.geometry import Rect
from resnet_studio.gui.architecture.layout import lay_out
from resnet_studio.gui.architecture.outline import Folds, every_block_opened
from tests.architecture.strategies import small_specs

WINDOW = Rect(0, 50, 800, 100)


def drawn(first, second, **changes):
    comparison = compare(CATALOG[first].spec, CATALOG[second].spec.replace(**changes))
    return comparison, lay_out(comparison.before), lay_out(comparison.after)


def test_where_a_block_begins_its_counterpart_begins():
    comparison, before, after = drawn("resnet34", "resnet50")
    there, back = anchors(comparison, before, after)
    for name in ("layer1", "layer2.0", "layer3.4", "head"):
        x, y = before.rect_of(name).x, after.rect_of(name).x
        assert there.led_over(x) == pytest.approx(y)
        assert back.led_over(y) == pytest.approx(x)


def test_between_two_anchors_a_place_is_led_over_in_proportion():
    leading = Anchors([0.0, 10.0, 10.0, 20.0], [0.0, 30.0, 50.0, 60.0])
    assert leading.led_over(5) == 15
    assert leading.led_over(15) == 55
    assert leading.led_over(-10) == -30  # beside the drawing the first and last scale go on
    assert leading.led_over(30) == 70


def test_blocks_without_counterpart_lie_between_the_last_pair_and_the_end_of_the_stage():
    comparison, before, after = drawn("cifar_resnet20", "cifar_resnet32")
    _, back = anchors(comparison, before, after)
    extra = after.rect_of("layer2.4").cx
    assert before.rect_of("layer2.2").right <= back.led_over(extra)
    assert back.led_over(extra) <= before.rect_of("layer2").right


def test_opened_blocks_lead_over_by_their_convolutions_in_whatever_order_they_stand():
    comparison = compare(
        CATALOG["resnet18"].spec, CATALOG["resnet18"].spec.replace(order="full_preactivation")
    )
    before = lay_out(comparison.before, every_block_opened(comparison.before))
    after = lay_out(comparison.after, every_block_opened(comparison.after))
    there, _ = anchors(comparison, before, after)
    for layer in ("layer2.1.conv1", "layer2.1.conv2", "layer2.1.add"):
        x, y = before.rect_of(layer).x, after.rect_of(layer).x
        assert there.led_over(x) == pytest.approx(y)


@given(small_specs(), small_specs())
def test_anchors_never_go_backwards_in_either_drawing(first, second):
    comparison = compare(first, second)
    there, _ = anchors(comparison, lay_out(comparison.before), lay_out(comparison.after))
    assert list(there.here) == sorted(there.here)
    assert list(there.there) == sorted(there.there)


def test_the_other_camera_has_the_counterpart_in_the_middle_of_its_window():
    comparison, before, after = drawn("resnet34", "resnet50")
    there, _ = anchors(comparison, before, after)
    x = before.rect_of("layer3.2").x
    camera = Camera(3.0, WINDOW.cx - 3.0 * x, WINDOW.cy + 12)
    other = Rect(0, 80, 600, 200)
    led = camera_there(camera, WINDOW, there=other, zoom_ratio=0.5, leading=there)
    assert led.zoom == 1.5
    assert led.to_screen(after.rect_of("layer3.2").x, 0) == pytest.approx((other.cx, other.cy + 6))


def test_folds_are_led_over_by_name_and_others_stay_as_they_are():
    folds = Folds(folded=frozenset({"layer1"}), opened=frozenset({"layer2.0", "layer2.9"}))
    other = Folds(opened=frozenset({"layer2.1", "layer2.7"}))
    names = {"layer1": "layer1", "layer2.0": "layer2.0", "layer2.1": "layer2.1"}
    led = folds_there(folds, other, names=names, own={"layer2.7"})
    assert led == Folds(folded=frozenset({"layer1"}), opened=frozenset({"layer2.0", "layer2.7"}))
