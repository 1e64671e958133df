"""Lets a network write over what nobody reads any more, as torchvision's networks do.

A network is built so that whatever a hook was given stays as it was. Where nothing hooks into it,
in training and in counting hits, ReLUs and additions can work in place: the bits of outputs and
gradients stay the same, an addition and a ReLU need no memory of their own, and torchvision's own
ResNet-50 is no faster.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from torch import nn

from resnet_studio.architecture.elements import Layer, LayerKind
from resnet_studio.architecture.graph import build_graph
from resnet_studio.models.layers import Add
from resnet_studio.models.resnet import ResNet

# The gradient of these needs what they read, or nothing at all, but not what they made. That of a
# ReLU needs its output: what follows one never works in place.
_OUTPUT_NOT_NEEDED: Final = (
    *(LayerKind.CONV, LayerKind.BATCH_NORM, LayerKind.SE, LayerKind.SCALE, LayerKind.DROP_PATH),
    *(LayerKind.ADD, LayerKind.MAX_POOL),
)


def work_in_place(network: ResNet) -> ResNet:
    """Makes the network's ReLUs and additions work in place where that changes nothing.

    Returns:
        The same network. What a hook on it is given may be overwritten afterwards.
    """
    graph = build_graph(network.spec)
    layers = {layer.name: layer for layer in graph.layers}
    readers = Counter(name for layer in graph.layers for name in layer.inputs)
    for layer in graph.layers:
        source = layers.get(layer.inputs[0])
        if source is not None and readers[source.name] == 1 and _may_overwrite(layer, source):
            module = network.get_submodule(layer.name)
            if isinstance(module, (nn.ReLU, Add)):  # a gated addition multiplies: nothing to gain
                module.inplace = True
    return network


def _may_overwrite(layer: Layer, source: Layer) -> bool:
    return layer.kind in (LayerKind.RELU, LayerKind.ADD) and source.kind in _OUTPUT_NOT_NEEDED
