"""What a single layer makes of a picture, beside what torch's own hooks say."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from resnet_studio.architecture.graph import build_graph
from resnet_studio.probe.layer_maps import LayerMaps, stopping_at, take_layer
from resnet_studio.probe.network import load_network
from resnet_studio.probe.predict import classify, prepare
from resnet_studio.probe.surgery import NO_SURGERY, operate

FAMILIES = {
    "basic": {},
    "bottleneck": {"block": "bottleneck", "stem": "imagenet", "input_size": 64},
    "full pre-activation": {"order": "full_preactivation"},
    "squeeze-and-excitation": {"se_reduction": 2},
    "gates": {"shortcut_type": "highway"},
    "zero padding": {"shortcut": "A"},
    "plain": {"shortcut": "none"},
    "deep stem, average pool": {"stem": "deep", "projection": "avgpool", "input_size": 64},
}


def _look(network, picture, layer: str) -> LayerMaps:
    return take_layer(network, prepare(network, picture), layer)


def _by_hooks(network, picture) -> dict[str, np.ndarray]:
    """Returns the output of every module, from hooks of torch's and one whole pass."""
    found: dict[str, np.ndarray] = {}
    handles = [
        module.register_forward_hook(
            lambda _module, _inputs, output, name=name: found.update({name: output[0].numpy()})
        )
        for name, module in network.model.named_modules()
    ]
    with torch.inference_mode():
        network.model(prepare(network, picture).batch)
    for handle in handles:
        handle.remove()
    return found


def _no_hooks(network) -> bool:
    return not any(module._forward_hooks for module in network.model.modules())


@pytest.mark.parametrize("family", FAMILIES)
def test_every_layer_gives_what_a_hook_of_torch_sees_to_the_bit(tiny_spec, picture, family):
    network = load_network(tiny_spec.replace(**FAMILIES[family]))
    graph, expected = build_graph(network.spec), _by_hooks(network, picture)
    for layer in graph.layers:
        found = _look(network, picture, layer.name)
        shape = (*layer.output_shape, 1, 1)[:3]
        assert found.maps.shape == shape, layer.name
        np.testing.assert_array_equal(found.maps, expected[layer.name].reshape(shape))
        assert not found.maps.flags.writeable
    assert _no_hooks(network)


def test_an_operated_network_shows_the_operated_sum(tiny, picture):
    cut = operate(tiny, NO_SURGERY.changed("layer1.0", shortcut=0.0))
    sums = [_look(each, picture, "layer1.0.add").maps for each in (tiny, cut)]
    branch = _look(cut, picture, "layer1.0.bn2").maps
    np.testing.assert_array_equal(sums[1], branch)
    assert not np.array_equal(sums[0], sums[1])


def test_a_stage_and_a_block_can_be_looked_at_as_well(tiny, picture):
    relu = _look(tiny, picture, "layer2.0.relu2").maps
    for name in ("layer2", "layer2.0"):
        np.testing.assert_array_equal(_look(tiny, picture, name).maps, relu)


def test_nothing_after_the_layer_is_computed(tiny, picture):
    expected = _look(tiny, picture, "layer1.0.conv1").maps
    tiny.model.layer2 = torch.nn.Linear(3, 5)  # would not fit
    found = _look(tiny, picture, "layer1.0.conv1").maps
    np.testing.assert_array_equal(found, expected)
    with pytest.raises(RuntimeError):
        _look(tiny, picture, "avgpool")
    assert _no_hooks(tiny)


def test_a_pass_of_another_thread_goes_through_to_its_end(tiny, picture):
    alone, found, kept = classify(tiny, picture), [], []
    with stopping_at(tiny.model, "layer1.0.conv1", kept.append):
        other = threading.Thread(target=lambda: found.append(classify(tiny, picture)))
        other.start()
        other.join()
        assert not kept
        tiny.model(prepare(tiny, picture).batch)
        pytest.fail("this thread's pass should have ended at the layer")
    assert found == [alone]
    assert len(kept) == 1


@pytest.mark.parametrize("name", ["layer9.0.conv1", ""])
def test_a_layer_that_is_not_there_is_an_error_with_its_name(tiny, picture, name):
    with pytest.raises(KeyError, match=f"no layer '{name}'"):
        _look(tiny, picture, name)
