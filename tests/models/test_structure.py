"""Two specs share their structure exactly if weights mean the same in both."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_studio.architecture.spec import NetworkSpec, applies
from resnet_studio.models.resnet import build_network, outline_network
from resnet_studio.models.structure import structure
from tests.architecture.strategies import small_specs

SPEC = NetworkSpec(block="bottleneck", depths=(1, 1), widths=(8, 16), stem_width=8, classes=5)
BASIC = NetworkSpec(block="basic", depths=(1, 1), stem="cifar", stem_width=8)
# Fields that may have any value where they have no effect; others must keep theirs.
_FREE = {
    *("stride_on", "zero_padding", "projection", "shortcut_scale", "residual_scale"),
    *("gate_bias", "shortcut_dropout", "shared_first_activation"),
}


@pytest.mark.parametrize(
    "changes",
    [{"name": "x"}, {"initialisation": "fan_in"}, {"zero_init_residual": True}, {"input_size": 64}],
    ids=str,
)
def test_how_a_network_is_called_or_starts_is_no_structure(changes):
    assert structure(SPEC.replace(**changes)) == structure(SPEC)


@pytest.mark.parametrize(
    "changes",
    [
        {"stride_on": "1x1"},
        {"shortcut": "none"},
        {"classes": 9},
        {"depths": (1, 2)},
        {"groups": 2},
        {"base_width": 128},
        {"expansion": 2},
        {"stem": "deep"},
        {"projection": "avgpool"},
        {"order": "relu_before_addition"},
        {"se_reduction": 4},
        {"shortcut_type": "scaling"},
        {"shortcut_type": "highway"},
    ],
    ids=str,
)
def test_what_a_network_computes_is(changes):
    assert structure(SPEC.replace(**changes)) != structure(SPEC)


@pytest.mark.parametrize(
    ("base", "changes"),
    [
        ({}, {"dropout": 0.3}),
        ({}, {"stochastic_depth": 0.5}),
        ({}, {"shortcut_type": "dropout"}),
        ({"shortcut_type": "dropout"}, {"shortcut_dropout": 0.1}),
        ({"shortcut_type": "highway"}, {"gate_bias": -2.0}),
    ],
    ids=str,
)
def test_what_only_acts_in_training_or_at_the_start_is_no_structure(base, changes):
    one = BASIC.replace(**base)
    other = one.replace(**changes)
    assert structure(other) == structure(one)
    assert _outputs_of(other, _weights(one)).equal(_outputs_of(one, _weights(one)))


@pytest.mark.parametrize(
    ("base", "changes"),
    [
        ({"shortcut": "A"}, {"zero_padding": "both"}),
        ({"shortcut_type": "scaling"}, {"shortcut_scale": 0.25}),
        ({"shortcut_type": "scaling"}, {"residual_scale": 0.25}),
        ({"shortcut_type": "exclusive_gate"}, {"shortcut_type": "shortcut_gate"}),
        ({"order": "full_preactivation"}, {"shared_first_activation": False}),
    ],
    ids=str,
)
def test_what_weights_cannot_tell_is_structure_all_the_same(base, changes):
    one = BASIC.replace(**base)
    other = one.replace(**changes)
    assert structure(other) != structure(one)
    # The same weights load into both, and give something else.
    assert not torch.allclose(_outputs_of(other, _weights(one)), _outputs_of(one, _weights(one)))


def test_basic_blocks_have_one_place_for_the_stride():
    assert structure(BASIC) == structure(BASIC.replace(stride_on="1x1"))


def test_fields_without_effect_are_no_structure():
    changes = {"shortcut_scale": 0.1, "gate_bias": 0.0, "zero_padding": "both"}
    assert structure(BASIC.replace(shortcut="B", **changes)) == structure(
        BASIC.replace(shortcut="B")
    )


@settings(max_examples=40, deadline=None)
@given(small_specs(max_width=8, max_size=32), st.data())
def test_a_field_that_does_not_apply_changes_no_output(spec, data):
    """What `structure` leaves out of any network may be anything."""
    idle = [name for name in NetworkSpec.model_fields if not applies(spec, name)]
    other = data.draw(small_specs(max_width=8))
    changes = {name: getattr(other, name) for name in idle if name in _FREE}
    changed = spec.replace(**changes)
    assert structure(changed) == structure(spec)
    there, here = outline_network(changed).state_dict(), outline_network(spec).state_dict()
    assert {n: t.shape for n, t in there.items()} == {n: t.shape for n, t in here.items()}
    weights = _weights(spec)
    assert torch.equal(_outputs_of(changed, weights), _outputs_of(spec, weights))


def _weights(spec: NetworkSpec) -> dict[str, torch.Tensor]:
    return build_network(spec, seed=1).state_dict()


def _outputs_of(spec: NetworkSpec, weights: dict[str, torch.Tensor]) -> torch.Tensor:
    network = outline_network(spec)
    network.load_state_dict(weights, strict=True, assign=True)
    size = spec.input_size
    generator = torch.Generator().manual_seed(0)
    with torch.inference_mode():
        return network.eval()(torch.randn(1, spec.in_channels, size, size, generator=generator))
