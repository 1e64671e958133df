"""What torchvision offers is known without downloading it."""

from __future__ import annotations

import socket

import pytest
import torch

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.graph import build_graph
from resnet_studio.models.pretrained import pretrained_weights

NETWORKS = [
    *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
    *("resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"),
    *("wide_resnet50_2", "wide_resnet101_2"),
]


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a test of what is offered must not download")

    monkeypatch.setattr(socket, "socket", refuse)


def test_the_networks_with_weights_are_ten():
    assert [name for name in CATALOG if pretrained_weights(CATALOG[name].spec)] == NETWORKS


@pytest.mark.parametrize("name", NETWORKS)
def test_each_network_of_torchvision_has_weights_for_exactly_its_parameters(name):
    import torchvision

    spec = CATALOG[name].spec
    offered = pretrained_weights(spec)
    theirs = torchvision.models.get_model_weights(name)
    assert {weights.name for weights in offered} == {entry.name for entry in theirs}
    for weights in offered:
        entry = theirs[weights.name]
        assert weights.network == name
        assert entry.meta["num_params"] == build_graph(spec).parameters
        assert weights.url == entry.url
        assert weights.file_name.endswith(f"-{weights.sha256_prefix}.pth")
        assert len(weights.sha256_prefix) == 8
        assert len(weights.categories) == 1000
        # Two sets are stored in half precision.
        assert 1.9 < weights.size / build_graph(spec).parameters < 4.1
        assert 0.69 < weights.top1 < 0.84
        assert weights.crop_size <= weights.resize_size
    assert [weights.default for weights in offered] == [True] + [False] * (len(offered) - 1)


def test_the_figures_of_resnet50_are_the_published_ones():
    best, first = pretrained_weights(CATALOG["resnet50"].spec)
    assert (best.name, best.sha256_prefix, best.resize_size) == ("IMAGENET1K_V2", "11ad3fa6", 232)
    assert (first.name, first.sha256_prefix, first.resize_size) == (
        "IMAGENET1K_V1",
        "0676ba61",
        256,
    )
    assert best.top1 == pytest.approx(0.80858)
    assert first.size == pytest.approx(102_530_000, rel=1e-3)
    assert first.categories[281] == "tabby"
    assert first.mean == (0.485, 0.456, 0.406)
    assert first.std == (0.229, 0.224, 0.225)


def test_a_network_is_known_by_its_structure_whatever_its_name():
    spec = CATALOG["resnet50"].spec
    same = spec.replace(
        name="mine", initialisation="fan_in", zero_init_residual=True, input_size=64
    )
    assert pretrained_weights(same) == pretrained_weights(spec)


def test_where_a_basic_block_would_have_a_bottlenecks_stride_does_not_matter():
    spec = CATALOG["resnet18"].spec
    assert pretrained_weights(spec.replace(stride_on="1x1")) == pretrained_weights(spec) != ()


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": 10},
        {"stride_on": "1x1"},
        {"shortcut": "C"},
        {"in_channels": 1},
        {"depths": (3, 4, 6, 4)},
        {"expansion": 2},
        {"stem": "cifar"},
    ],
    ids=str,
)
def test_another_structure_has_none(changes):
    assert pretrained_weights(CATALOG["resnet50"].spec.replace(**changes)) == ()


@pytest.mark.parametrize("name", ["plain18", "cifar_resnet20"])
def test_networks_that_torchvision_lacks_have_none(name):
    assert pretrained_weights(CATALOG[name].spec) == ()


def test_the_file_lies_where_torch_hub_keeps_it(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    (weights,) = pretrained_weights(CATALOG["resnet18"].spec)
    assert weights.path == tmp_path / "hub" / "checkpoints" / "resnet18-f37072fd.pth"
    assert not weights.downloaded
    weights.path.parent.mkdir(parents=True)
    weights.path.touch()
    assert weights.downloaded
