"""Two specs share their structure exactly if weights mean the same in both."""

from __future__ import annotations

import pytest

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.models.structure import structure

SPEC = NetworkSpec(block="bottleneck", depths=(1, 1))


@pytest.mark.parametrize(
    "changes",
    [{"name": "x"}, {"initialisation": "fan_in"}, {"zero_init_residual": True}, {"input_size": 64}],
    ids=str,
)
def test_how_a_network_is_called_or_starts_is_no_structure(changes):
    assert structure(SPEC.replace(**changes)) == structure(SPEC)


@pytest.mark.parametrize(
    "changes",
    [{"stride_on": "1x1"}, {"shortcut": "none"}, {"classes": 9}, {"depths": (1, 2)}, {"groups": 2}],
    ids=str,
)
def test_what_a_network_computes_is(changes):
    assert structure(SPEC.replace(**changes)) != structure(SPEC)


def test_basic_blocks_have_one_place_for_the_stride():
    basic = NetworkSpec(block="basic", depths=(1, 1))
    assert structure(basic) == structure(basic.replace(stride_on="1x1"))
