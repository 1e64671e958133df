"""The words of the form: every field of a spec has them, and every choice."""

from __future__ import annotations

import re

import pytest

from resnet_studio.architecture.catalog import CATALOG, get
from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.gui.network_form.fields import USUAL, groups, summary
from resnet_studio.gui.network_form.words import fields

KNOWN = fields()
WITHOUT_EDITOR = {"name"}


def summary_of(spec, name):
    group = next(group for group in groups() if group.name == name)
    return summary(spec, group, KNOWN)


def test_every_field_of_a_spec_stands_in_the_form_once():
    rows = [*USUAL, *(row for group in groups() for row in group.rows)]
    shown = [name for row in rows for name in row]
    assert len(shown) == len(set(shown))
    assert set(shown) == set(KNOWN)
    assert set(shown) - {"preset", "depth"} == set(NetworkSpec.model_fields) - WITHOUT_EDITOR


@pytest.mark.parametrize("name", [name for name in KNOWN if name != "preset"])
def test_every_field_has_one_sentence_and_a_paper(name):
    field = KNOWN[name]
    assert field.text.endswith(".")
    assert re.search(r"\d{4}, arXiv:\d{4}\.\d{5}", field.paper)


@pytest.mark.parametrize("name", [name for name, field in KNOWN.items() if field.choices])
def test_every_choice_of_the_spec_is_offered_and_explained(name):
    kind = NetworkSpec.model_fields[name].annotation
    assert [choice.value for choice in KNOWN[name].choices] != []
    assert {choice.value for choice in KNOWN[name].choices} == set(kind)
    for choice in KNOWN[name].choices:
        assert choice.text.endswith(".")
        assert KNOWN[name].choice(choice.value) is choice


def test_a_closed_group_says_what_is_in_it():
    plain, gated = get("resnet18").spec, get("cifar_resnet20").spec
    gated = gated.replace(shortcut_type="exclusive_gate", gate_bias=-7.0)
    assert summary_of(plain, "order") == "Original"
    assert summary_of(plain, "shortcuts") == "Identity"
    assert summary_of(gated, "shortcuts") == "Exclusive gate · Gate bias -7"
    assert summary_of(get("wrn28_10").spec.replace(dropout=0.3), "block") == "Dropout 0.3"


def test_a_closed_group_does_not_speak_of_what_has_no_effect():
    spec = CATALOG["plain18"].spec.replace(gate_bias=-3.0, shortcut_scale=0.7)
    assert summary_of(spec, "shortcuts") == ""


def test_yes_and_no_are_summed_up_in_words():
    spec = get("resnet50").spec.replace(zero_init_residual=True)
    assert summary_of(spec, "start") == "He, fan-out · Blocks start as identity"
    alone = get("cifar_preact_resnet110").spec.replace(shared_first_activation=False)
    assert summary_of(alone, "order").endswith("not: First activation is shared")
