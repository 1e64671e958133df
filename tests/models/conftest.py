"""Small networks that the tests of this folder share."""

from __future__ import annotations

import pytest
import torch

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.models.resnet import ResNet, build_network

TINY = NetworkSpec(
    name="tiny", block="basic", depths=(1, 1), stem="cifar", stem_width=8, classes=4, shortcut="B"
)


@pytest.fixture(autouse=True)
def one_thread():
    """torch's threads spin while they wait; beside other programs that costs a factor of five."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def tiny_spec() -> NetworkSpec:
    """Two stages of one basic block, 4 classes, 32 pixels."""
    return TINY


@pytest.fixture
def tiny(tiny_spec) -> ResNet:
    return build_network(tiny_spec, seed=1)
