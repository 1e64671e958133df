from __future__ import annotations

import pytest

from resnet_studio.architecture.graph import build_graph
from resnet_studio.gui.features.blocks_words import after_sum, form_name, notes
from resnet_studio.probe.surgery import Operation


@pytest.mark.parametrize(
    ("fields", "block", "said"),
    [
        ({}, 0, "F(x) is added to x as it is. After the sum: ReLU."),
        ({}, 1, "every second pixel of x in rows and columns and adds 4 channels of zeros."),
        ({"shortcut": "B"}, 1, "The projection mixes all channels of x"),
        ({"shortcut": "none"}, 0, "nothing is added, the block passes on F(x) alone."),
        ({"order": "full_preactivation"}, 0, "x is activated before the shortcut leaves"),
        ({"order": "full_preactivation"}, 1, "Nothing follows the sum: it is the output."),
        ({"order": "bn_after_addition"}, 0, "After the sum: BN, ReLU."),
        ({"shortcut_type": "highway", "shortcut": "B"}, 0, "g·F(x) and (1 − g)·shortcut(x)"),
        ({"shortcut_type": "shortcut_gate", "shortcut": "B"}, 0, "gate g weighs the shortcut"),
        (
            {"shortcut_type": "scaling", "shortcut_scale": 0.5, "residual_scale": 0.25},
            0,
            "The constant 0.25 is part of F(x). The constant 0.5 is part of shortcut(x).",
        ),
    ],
)
def test_what_is_special_about_a_block_is_said(qapp, tiny_spec, fields, block, said):
    assert said in notes(build_graph(tiny_spec.replace(**fields)).blocks[block])


def test_surgery_is_said_first(qapp, tiny_spec):
    block = build_graph(tiny_spec).blocks[0]
    assert notes(block, Operation(shortcut=0.0)).startswith("Surgery: the shortcut is cut")
    both = notes(block, Operation(shortcut=0.5, branch=0.0))
    assert "the shortcut is multiplied by 0.5" in both
    assert "the block is removed, F(x) = 0" in both


def test_a_gate_and_what_follows_are_named(qapp, tiny_spec):
    gated = build_graph(tiny_spec.replace(shortcut_type="highway", shortcut="B")).blocks
    assert [form_name(block) for block in gated] == [
        "gated identity shortcut",
        "gated projection shortcut",
    ]
    assert after_sum(build_graph(tiny_spec.replace(order="relu_before_addition")).blocks[0]) == ""
