"""A field that is said to have no effect has none, and why is said in a sentence."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.graph import build_graph
from resnet_studio.architecture.spec import NetworkSpec, applies, why_not
from resnet_studio.errors import SpecError
from tests.architecture.strategies import small_specs

FIELDS = list(NetworkSpec.model_fields)
ALWAYS = {
    *("name", "block", "depths", "widths", "stem", "stem_width", "shortcut", "order"),
    *("se_reduction", "classes", "in_channels", "input_size", "initialisation"),
}
BASIC = {"dropout"}
BOTTLENECK = {"expansion", "stride_on", "groups", "base_width"}
RESIDUAL = {"shortcut_type", "stochastic_depth"}

# What applies beside ALWAYS.
EXAMPLES = {
    "plain18": BASIC,
    "resnet18": BASIC | RESIDUAL | {"projection", "zero_init_residual"},
    "resnet50": BOTTLENECK | RESIDUAL | {"projection", "zero_init_residual"},
    "resnet34_option_c": BASIC | RESIDUAL | {"projection", "zero_init_residual"},
    "resnet18_option_a": BASIC | RESIDUAL | {"zero_padding", "zero_init_residual"},
    "cifar_preact_resnet110": BASIC | RESIDUAL | {"zero_padding", "shared_first_activation"},
    "cifar_preact_resnet164": BOTTLENECK | RESIDUAL | {"projection"},
    "cifar_resnet110_bn_after": BASIC | RESIDUAL | {"zero_padding"},
    "cifar_resnet110_scaling": BASIC
    | RESIDUAL
    | {"zero_padding", "shortcut_scale", "residual_scale", "zero_init_residual"},
    "cifar_resnet110_exclusive_gate": BASIC
    | RESIDUAL
    | {"zero_padding", "gate_bias", "zero_init_residual"},
    "cifar_resnet110_shortcut_gate": BASIC
    | RESIDUAL
    | {"zero_padding", "gate_bias", "zero_init_residual"},
    "cifar_highway20": BASIC | RESIDUAL | {"zero_padding", "gate_bias", "zero_init_residual"},
    "cifar_resnet110_dropout": BASIC
    | RESIDUAL
    | {"zero_padding", "shortcut_dropout", "zero_init_residual"},
    "cifar_resnet110_conv1x1": BASIC | RESIDUAL | {"zero_init_residual"},
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_fields_that_apply_are_those_of_the_network(name):
    spec = CATALOG[name].spec
    assert {field for field in FIELDS if applies(spec, field)} == ALWAYS | EXAMPLES[name]


@given(small_specs())
def test_what_does_not_apply_is_explained_in_a_sentence(spec):
    for field in FIELDS:
        reason = why_not(spec, field)
        assert applies(spec, field) == (reason == "")
        assert not reason or (reason[0].isupper() and reason.endswith("."))


@given(small_specs(max_width=8, max_size=40), small_specs(), st.sampled_from(FIELDS))
def test_a_field_that_does_not_apply_changes_nothing_in_the_graph(spec, other, field):
    assume(not applies(spec, field))
    try:
        changed = spec.replace(**{field: getattr(other, field)})
    except SpecError:  # the other value is refused here, so it cannot have an effect
        return
    assert build_graph(changed).sections == build_graph(spec).sections


# One change of each field that shapes the network, where it applies.
EFFECTS = [
    ("cifar_resnet20", "zero_padding", "both"),
    ("resnet18", "projection", "avgpool"),
    ("resnet18", "projection", "bias"),
    ("resnet18", "shortcut_type", "scaling"),
    ("cifar_resnet110_scaling", "shortcut_scale", 0.25),
    ("cifar_resnet110_scaling", "residual_scale", 1.0),
    ("cifar_resnet110_dropout", "shortcut_dropout", 0.25),
    ("resnet18", "order", "relu_before_addition"),
    ("cifar_preact_resnet110", "shared_first_activation", False),
    ("resnet50", "stride_on", "1x1"),
    ("resnet50", "groups", 2),
    ("resnet50", "base_width", 32),
    ("resnet50", "expansion", 2),
    ("resnet18", "se_reduction", 16),
    ("resnet18", "dropout", 0.3),
    ("resnet18", "stochastic_depth", 0.5),
]


@pytest.mark.parametrize(("name", "field", "value"), EFFECTS)
def test_a_field_that_applies_changes_the_graph(name, field, value):
    spec = CATALOG[name].spec
    assert applies(spec, field)
    changed = spec.replace(**{field: value})
    assert build_graph(changed).sections != build_graph(spec).sections
