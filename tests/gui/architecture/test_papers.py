from __future__ import annotations

import pytest

from resnet_studio.architecture.catalog import get
from resnet_studio.architecture.graph import build_graph
from resnet_studio.gui.architecture.papers import paper_of, papers_of


def found(network, name):
    return build_graph(get(network).spec).find(name)


@pytest.mark.parametrize(
    ("network", "name", "arxiv"),
    [
        ("seresnet50", "layer1.0.se", "1709.01507"),
        ("cifar_resnet110_exclusive_gate", "layer1.0.gate", "1603.05027"),
        ("cifar_highway20", "layer1.0.gate", "1505.00387"),
        ("cifar_resnet110_scaling", "layer1.0.shortcut_scale", "1603.05027"),
        ("cifar_resnet110_dropout", "layer1.0.shortcut_dropout", "1603.05027"),
        ("wrn28_10_dropout", "layer1.0.dropout", "1605.07146"),
        ("cifar_resnet110_stochastic", "layer1.1.drop_path", "1603.09382"),
        ("resnet50d", "layer2.0.downsample.0", "1812.01187"),
        ("resnet50d", "conv1.0", "1812.01187"),
        ("cifar_resnet20", "layer2.0.downsample", "1512.03385"),
        ("resnet18", "layer1.0.add", "1512.03385"),
        ("cifar_preact_resnet164", "bn_last", "1603.05027"),
    ],
)
def test_what_is_special_in_a_layer_has_its_paper(network, name, arxiv):
    assert arxiv in paper_of(found(network, name))


@pytest.mark.parametrize("name", ["conv1", "bn1", "layer1.0.conv1", "fc"])
def test_what_every_network_has_needs_none(name):
    assert paper_of(found("resnet18", name)) == ""


def test_a_block_names_each_of_its_papers_once():
    papers = papers_of(found("wrn28_10_dropout", "layer1.1"))
    assert len(papers) == len(set(papers)) == 3
    assert "1603.05027" in papers[0]
