"""What the comparison says: figures of both sides, fields in the form's words, changes in rows."""

from __future__ import annotations

import pytest

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.diff import Aspect, ChangeState, Difference, compare
from resnet_studio.gui.architecture import compare_words as words


def compared(first, second, **changes):
    return compare(CATALOG[first].spec, CATALOG[second].spec.replace(**changes))


def cells(comparison, name):
    row = comparison.rows_after.get(name) or comparison.rows_before[name]
    return [figure.cell(*row.sides) for figure in words.figures()]


def test_a_difference_too_small_for_rounded_numbers_is_told_by_itself():
    assert cells(compared("resnet50", "seresnet50"), "layer1.1") == [
        "70.4 k → 78.9 k",
        "218 M (+8.19 k)",
        "17.7 MB → 20.9 MB",
        "27",
    ]
    back = compared("seresnet50", "resnet50")
    assert cells(back, "layer1.1")[1] == "218 M (−8.19 k)"


def test_a_figure_that_one_side_lacks_is_a_dash():
    assert cells(compared("resnet18", "plain18"), "layer1.0.add") == [
        "0 → —",
        "0 → —",
        "803 kB → —",
        "27 → —",
    ]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"shortcut": "C"}, "Shortcut B → C"),
        ({"se_reduction": 16}, "SE reduction none → 16"),
        ({"input_size": 96}, "Input size 224 → 96"),
        ({"depths": (2, 2, 3, 2)}, "Blocks per stage 2, 2, 2, 2 → 2, 2, 3, 2"),
        ({"zero_init_residual": True}, "no → yes"),
    ],
    ids=str,
)
def test_fields_are_told_in_the_words_of_the_form(changes, text):
    assert text in words.fields_text(compared("resnet18", "resnet18", **changes))


def test_equal_totals_come_last_and_a_ratio_near_one_has_more_digits():
    text = words.totals_text(compared("resnet50", "resnet50d"))
    assert text.startswith("parameters ×1.0008 · MACs ×1.06")
    assert text.endswith("equal: layers")


def test_a_block_says_which_of_its_layers_differ():
    comparison = compared("resnet18", "resnet18", se_reduction=16)
    assert words.row_sentence(comparison.rows_after["layer1.0"]) == "layer1.0: changed inside: se"
    comparison = compared("resnet18", "resnet18", order="full_preactivation")
    sentence = words.row_sentence(comparison.rows_after["layer1.1"])
    assert sentence == "layer1.1: changed inside: bn1, conv1, bn2, relu2, conv2, add"
    comparison = compared("cifar_resnet110", "cifar_preact_resnet110")
    assert words.row_sentence(comparison.rows_after["layer1"]).endswith("layer1.7, …")


def test_a_layer_with_two_names_is_told_by_both():
    comparison = compared("resnet34", "resnet50")
    row = comparison.rows_after["layer1.1.relu3"]
    assert words.row_title(row) == "relu2 → relu3"
    assert words.row_sentence(row) == "layer1.1.relu2 → layer1.1.relu3: channels 64 → 256"
    deep = compared("resnet50", "resnet50c").rows_after
    assert words.row_title(deep["conv1.0"]) == "conv1 → conv1.0"
    assert words.row_title(deep["conv1.3"]) == "conv1.3"


def test_every_aspect_and_state_has_its_words():
    for aspect in Aspect:
        text = words.difference_text(Difference(aspect, "1", "2"))
        assert text == f"{aspect} 1 → 2"
    assert len({words.state_text(state) for state in ChangeState}) == len(ChangeState)
