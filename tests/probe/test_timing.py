"""Times of layers: one for each, of the pass that was asked for, and nothing left behind."""

from __future__ import annotations

import pytest

from resnet_studio.architecture.graph import build_graph
from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.errors import Cancelled
from resnet_studio.probe.network import load_network
from resnet_studio.probe.timing import time_layers


@pytest.fixture(scope="module")
def network():
    spec = NetworkSpec(
        name="tiny",
        block="basic",
        stem="cifar",
        depths=(1, 1),
        widths=(4, 8),
        stem_width=4,
        classes=3,
        input_size=16,
    )
    return load_network(spec)


def hooks(network):
    return sum(
        len(module._forward_hooks) + len(module._forward_pre_hooks)
        for module in network.model.modules()
    )


def test_every_layer_of_the_graph_has_a_time_and_together_they_fit_into_the_pass(network):
    told = []
    times = time_layers(network, passes=3, warm_ups=1, progress=lambda *done: told.append(done))
    assert set(times.seconds) == {layer.name for layer in build_graph(network.spec).layers}
    assert all(seconds > 0 for seconds in times.seconds.values())
    assert (times.passes, times.warm_ups, times.input_shape) == (3, 1, (1, 3, 16, 16))
    assert times.threads >= 1
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert hooks(network) == 0


def test_one_pass_takes_longer_than_its_layers(network):
    times = time_layers(network, passes=1, warm_ups=0)
    assert sum(times.seconds.values()) < times.whole


def test_cancelling_leaves_no_hook_behind(network):
    def cancel():
        raise Cancelled

    with pytest.raises(Cancelled):
        time_layers(network, check=cancel)
    assert hooks(network) == 0


def test_without_a_pass_there_is_nothing_to_measure(network):
    with pytest.raises(ValueError, match="passes is 0"):
        time_layers(network, passes=0)
