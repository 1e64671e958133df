"""The state dict is found among whatever a training keeps, and the rest is named."""

from __future__ import annotations

import torch

from resnet_studio.models.containers import bounded, find_state, shortened, without_prefixes

STATE = {"conv1.weight": torch.ones(2, 3, 3, 3), "fc.weight": torch.ones(2, 2)}


def test_what_is_no_table_of_tensors_has_none():
    for nothing in (torch.ones(2), [torch.ones(2)], {}, {"a": 1}, {3: torch.ones(2)}, None):
        assert find_state(nothing) is None


def test_usual_keys_come_before_the_outermost_table_and_that_before_others():
    beside = {"picture": torch.ones(1, 3, 2, 2)}
    assert find_state({**beside, "net": STATE}).state.keys() == STATE.keys()
    assert find_state({**STATE, "unusual": {**beside}}).state.keys() == STATE.keys()


def test_a_table_with_convolutions_comes_before_one_without():
    found = find_state({"model": {"scale": torch.ones(1)}, "unusual": STATE})
    assert found.state.keys() == STATE.keys()
    assert found.ignored == ("model",)


def test_one_more_table_within_a_table_is_looked_into_and_no_third():
    found = find_state({"model": {"net": STATE, "step": 3}, "lr": 0.1})
    assert found.state.keys() == STATE.keys()
    assert set(found.ignored) == {"model.step", "lr"}
    assert find_state({"a": {"b": {"c": STATE}}}) is None


def test_keys_that_are_no_texts_are_passed_over():
    found = find_state({"state_dict": {**STATE, 7: torch.ones(1)}, 3: "three"})
    assert found.state.keys() == STATE.keys()
    assert found.ignored == ("3", "state_dict.7")


def test_classes_come_from_a_list_or_a_table_of_numbers():
    for given in (["b", "a"], ("b", "a"), {"a": 1, "b": 0}):
        found = find_state({"state_dict": STATE, "class_names": given})
        assert found.classes == ("b", "a")
        assert found.ignored == ()


def test_odd_classes_are_passed_over():
    for odd in ([1, 2], {"a": 1, "b": 1}, {"a": "0"}, "ab", ["a\n"], ["x" * 1000], [""], []):
        found = find_state({"state_dict": STATE, "classes": odd})
        assert found.classes is None
        assert found.ignored == ("classes",)


def test_prefixes_of_all_convolutions_are_taken_off_and_others_stay():
    named = {f"module.backbone.{name}": tensor for name, tensor in STATE.items()}
    beside = {"module.steps": torch.ones(1), "head.weight": torch.ones(2, 2)}
    assert set(without_prefixes(named | beside)) == {*STATE, "module.steps", "head.weight"} - {
        "module.steps"
    } | {"steps"}


def test_a_prefix_of_some_convolutions_is_a_part_of_the_names():
    named = {"backbone.conv1.weight": torch.ones(1, 1, 1, 1), "neck.weight": torch.ones(1, 1, 1, 1)}
    assert without_prefixes(named) == named


def test_very_long_and_very_many_names_are_cut():
    assert len(shortened("x" * 10_000)) == 80
    assert bounded([str(number) for number in range(1030)])[-1] == "… and 1,000 more"
    assert bounded(["one", "two"]) == ("one", "two")
