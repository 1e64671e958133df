from __future__ import annotations

import numpy as np
import pytest

from resnet_studio.architecture.spec import parse_spec
from resnet_studio.data.imaging import picture_from_array
from resnet_studio.probe.network import load_network


@pytest.fixture
def tiny_spec():
    """A CIFAR-style network of two stages that computes in a millisecond."""
    return parse_spec(
        {
            "name": "tiny",
            "block": "basic",
            "stem": "cifar",
            "depths": (1, 1),
            "stem_width": 4,
            "widths": (4, 8),
            "classes": 5,
            "input_size": 32,
        }
    )


@pytest.fixture
def tiny_pooled_spec():
    """The same with the ImageNet stem, whose maps are taken after the pool."""
    return parse_spec(
        {
            "name": "tiny_pooled",
            "block": "bottleneck",
            "depths": (1, 2),
            "stem_width": 4,
            "widths": (4, 8),
            "classes": 5,
            "input_size": 64,
        }
    )


@pytest.fixture
def tiny(tiny_spec):
    return load_network(tiny_spec)


@pytest.fixture
def picture():
    """Noise, wider than high."""
    rng = np.random.default_rng(7)
    return picture_from_array(rng.integers(0, 256, (40, 56, 3), dtype=np.uint8), name="noise")
