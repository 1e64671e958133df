"""torch modules built from a `NetworkSpec`, and the files of their weights.

`build_network` makes a network, `read_weights` and `load_into` fill one from a file, `identify`
tells which network a file is of,
`save_weights` writes one, and `pretrained_weights` names what torchvision offers for it. Nothing
here knows of pictures, training or windows, and nothing downloads.
"""

from __future__ import annotations

from resnet_studio.models.assumptions import NORMALISATIONS, Assumption
from resnet_studio.models.checkpoints import load_into, network_from, read_weights, save_weights
from resnet_studio.models.fitting import fits
from resnet_studio.models.identify import Identified, identify
from resnet_studio.models.pretrained import (
    PretrainedWeights,
    all_pretrained_weights,
    pretrained_weights,
)
from resnet_studio.models.resnet import ResNet, build_network, outline_network
from resnet_studio.models.weights import WeightsFile

__all__ = [
    "NORMALISATIONS",
    "Assumption",
    "Identified",
    "PretrainedWeights",
    "ResNet",
    "WeightsFile",
    "all_pretrained_weights",
    "build_network",
    "fits",
    "identify",
    "load_into",
    "network_from",
    "outline_network",
    "pretrained_weights",
    "read_weights",
    "save_weights",
]
