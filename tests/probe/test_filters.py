from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from resnet_studio.architecture.graph import build_graph
from resnet_studio.errors import Cancelled
from resnet_studio.probe.filters import (
    filter_pictures,
    first_filters,
    histogram,
    pooled_near_zero,
    report,
)
from resnet_studio.probe.network import load_network
from resnet_studio.probe.surgery import NO_SURGERY, operate


def test_zero_is_grey_and_the_largest_weight_of_each_filter_is_an_end_of_the_scale(tiny):
    filters = first_filters(tiny)
    assert filters.layer == "conv1"
    pictures = filter_pictures(filters, shared=False)
    assert pictures.shape == (4, 3, 3, 3)
    for weights, picture in zip(filters.weights, pictures, strict=True):
        expected = np.round(128 + 127 * weights / np.abs(weights).max()).transpose(1, 2, 0)
        np.testing.assert_array_equal(picture, expected)
        assert picture.min() == 1 or picture.max() == 255


def test_on_a_shared_scale_only_the_strongest_filter_reaches_an_end(tiny):
    filters = first_filters(tiny)
    pictures = filter_pictures(filters, shared=True).astype(int)
    reach = np.abs(pictures - 128).max(axis=(1, 2, 3))
    largest = np.abs(filters.weights).max(axis=(1, 2, 3))
    assert reach.argmax() == largest.argmax()
    assert reach.max() == 127
    np.testing.assert_allclose(reach, 127 * largest / largest.max(), atol=0.51)


def test_filters_of_zeros_are_grey_and_those_of_another_count_of_channels_too(tiny_spec):
    network = load_network(tiny_spec.replace(in_channels=1))
    with torch.no_grad():
        network.model.conv1.weight[0] = 0.0
    pictures = filter_pictures(first_filters(network), shared=False)
    assert (pictures[0] == 128).all()
    assert (pictures[..., 0] == pictures[..., 2]).all()


def test_norms_and_moments_are_those_of_torch(tiny):
    found = {layer.name: layer for layer in report(tiny).layers}
    assert list(found) == [
        layer.name for layer in build_graph(tiny.spec).layers if layer.kind in ("conv", "linear")
    ]
    for name, layer in found.items():
        weight = tiny.model.get_submodule(name).weight
        assert layer.norm == pytest.approx(float(weight.norm()), rel=1e-5)
        assert layer.std == pytest.approx(float(weight.std(unbiased=False)), rel=1e-5)
        assert (layer.low, layer.high) == (float(weight.min()), float(weight.max()))
        assert layer.shape == tuple(weight.shape)
    assert tiny.model.conv1.weight.numel() == found["conv1"].count


@pytest.mark.parametrize("fan", ["fan_out", "fan_in"])
def test_the_expected_deviation_is_that_of_fresh_weights(tiny_spec, fan):
    network = load_network(tiny_spec.replace(widths=(16, 48), stem_width=16, initialisation=fan))
    for layer in report(network).layers:
        tolerance = 4 / math.sqrt(2 * layer.count)  # four standard errors of a deviation
        assert layer.rms == pytest.approx(layer.expected_std, rel=tolerance)
        assert layer.norm == pytest.approx(layer.expected_norm, rel=tolerance)


@pytest.mark.parametrize("layer", ["layer2.0.conv2", "fc"])
def test_a_histogram_counts_every_weight_and_expects_as_many(tiny, layer):
    found = histogram(tiny, layer, bins=20)
    weight = tiny.model.get_submodule(layer).weight
    assert found.counts.sum() == weight.numel()
    values = weight.detach().numpy().ravel()
    inside = (values >= found.edges[7]) & (values < found.edges[8])
    assert found.counts[7] == inside.sum()
    assert found.expected.sum() == pytest.approx(weight.numel(), rel=0.1)


def test_weights_that_are_not_finite_are_counted_and_left_out(tiny):
    with torch.no_grad():
        tiny.model.fc.weight[0, :2] = torch.tensor([float("nan"), float("inf")])
    layer = report(tiny).layers[-1]
    assert layer.broken == 2
    assert np.isfinite([layer.mean, layer.std, layer.norm, layer.rms]).all()
    assert histogram(tiny, "fc").counts.sum() == layer.count - 2


def test_scales_near_zero_are_counted_for_the_last_normalisation_of_each_branch(tiny):
    with torch.no_grad():
        tiny.model.layer1[0].bn2.weight[:3] = torch.tensor([0.0, -0.009, 0.011])
        tiny.model.layer1[0].bn1.weight[0] = 0.0
    scales = report(tiny).scales
    by_name = {each.name: each for each in scales}
    assert [name for name in by_name if by_name[name].ends_branch] == [
        "layer1.0.bn2",
        "layer2.0.bn2",
    ]
    assert by_name["layer1.0.bn2"].near_zero == 2
    assert by_name["layer1.0.bn1"].near_zero == 1
    assert by_name["layer1.0.bn2"].block == "layer1.0"
    assert by_name["bn1"].block == ""
    assert pooled_near_zero(scales) == (2, 12)


def test_where_no_normalisation_ends_the_branch_none_is_said_to(tiny_spec):
    for changes in ({"order": "full_preactivation"}, {"shortcut": "none"}):
        scales = report(load_network(tiny_spec.replace(**changes))).scales
        assert scales
        assert not any(each.ends_branch for each in scales)


def test_an_operated_network_has_the_weights_of_the_intact_one(tiny):
    operated = operate(tiny, NO_SURGERY.changed("layer1.0", shortcut=0.0))
    assert report(operated).layers == report(tiny).layers
    assert [each.name for each in report(operated).scales] == [
        each.name for each in report(tiny).scales
    ]


def test_reading_the_weights_can_be_cancelled(tiny):
    def cancel():
        raise Cancelled

    with pytest.raises(Cancelled):
        report(tiny, cancel)
