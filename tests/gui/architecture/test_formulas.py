"""What a block computes, for every order and every shortcut, as the papers write it."""

from __future__ import annotations

import pytest

from resnet_studio.architecture.catalog import CATALOG, get
from resnet_studio.architecture.graph import build_graph
from resnet_studio.gui.architecture.formulas import formula, head, source


def block(name, index="layer2.1", **changes):
    return build_graph(get(name).spec.replace(**changes)).find(index)


@pytest.mark.parametrize(
    ("order", "first", "later"),
    [
        ("original", "ReLU(F(x) + pad(x))", "ReLU(F(x) + x)"),
        ("bn_after_addition", "ReLU(BN(F(x) + pad(x)))", "ReLU(BN(F(x) + x))"),
        ("relu_before_addition", "ReLU(F(x)) + pad(x)", "ReLU(F(x)) + x"),
        ("relu_twice", "ReLU(ReLU(F(x)) + pad(x))", "ReLU(ReLU(F(x)) + x)"),
        ("relu_only_preactivation", "F(x′) + pad(x′)", "F(x′) + x"),
        ("full_preactivation", "F(x′) + pad(x′)", "F(x′) + x"),
    ],
)
def test_every_order_has_its_formula(order, first, later):
    assert formula(block("cifar_resnet20", "layer2.0", order=order)) == first
    assert formula(block("cifar_resnet20", order=order)) == later


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("original", "ReLU(F(x))"),
        ("bn_after_addition", "ReLU(BN(F(x)))"),
        ("relu_before_addition", "ReLU(F(x))"),
        ("full_preactivation", "F(x′)"),
    ],
)
def test_a_plain_block_has_no_sum(order, expected):
    assert formula(block("cifar_plain20", order=order)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"shortcut_type": "scaling", "residual_scale": 0.5}, "ReLU(0.5 F(x) + 0.5 x)"),
        ({"shortcut_type": "scaling", "residual_scale": 1.0}, "ReLU(F(x) + 0.5 x)"),
        ({"shortcut_type": "exclusive_gate"}, "ReLU(g(x) F(x) + (1 − g(x)) x)"),
        ({"shortcut_type": "highway"}, "ReLU(g(x) F(x) + (1 − g(x)) x)"),
        ({"shortcut_type": "shortcut_gate"}, "ReLU(F(x) + (1 − g(x)) x)"),
        ({"shortcut_type": "conv1x1"}, "ReLU(F(x) + Wx)"),
        ({"shortcut_type": "dropout"}, "ReLU(F(x) + drop(x))"),
        ({"shortcut": "C"}, "ReLU(F(x) + Wx)"),
        ({"se_reduction": 4}, "ReLU(SE(F(x)) + x)"),
        ({"stochastic_depth": 0.5}, "ReLU(F(x) + x)"),
    ],
)
def test_every_shortcut_type_has_its_formula(changes, expected):
    assert formula(block("cifar_resnet20", **changes)) == expected


def test_types_and_orders_are_written_together():
    gated = block(
        "cifar_resnet20",
        "layer2.0",
        order="full_preactivation",
        shortcut_type="exclusive_gate",
        se_reduction=4,
    )
    assert formula(gated) == "g(x′) SE(F(x′)) + (1 − g(x′)) pad(x′)"


def test_a_projection_that_pools_says_so():
    assert formula(block("resnet50d", "layer2.0")) == "ReLU(F(x) + W pool(x))"


def test_the_first_activation_is_the_shortcuts_as_well_where_it_is_shared():
    shared = block("cifar_preact_resnet110", "layer1.0")
    alone = block("cifar_preact_resnet110", "layer1.0", shared_first_activation=False)
    assert (formula(shared), source(shared)) == ("F(x′) + x′", "x′")
    assert (formula(alone), source(alone)) == ("F(x′) + x", "x")
    assert [layer.name for layer in head(alone)] == ["layer1.0.bn1", "layer1.0.relu1"]


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_every_block_of_the_catalogue_has_a_formula(name):
    for one in build_graph(get(name).spec).blocks:
        text = formula(one)
        assert text.count("F(") == 1
        assert text.count("(") == text.count(")")
