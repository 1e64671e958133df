"""What torchvision offers is known without downloading it."""

from __future__ import annotations

import re
import socket
from typing import NamedTuple

import numpy as np
import pytest
import torch

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.graph import build_graph
from resnet_studio.models.pretrained import all_pretrained_weights, pretrained_weights

NETWORKS = [
    *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
    *("resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"),
    *("wide_resnet50_2", "wide_resnet101_2"),
]


class Facts(NamedTuple):
    """What the reference says of a set of weights: per cent, pixels, and sizes."""

    acc1: float
    acc5: float
    resize: int
    crop: int
    default: bool
    mebibytes: float


# From `resnet_facts.json`, "torchvision", "weights" (torchvision 0.29.2).
WEIGHTS = {
    ("resnet18", "IMAGENET1K_V1"): Facts(69.758, 89.078, 256, 224, True, 44.661),
    ("resnet34", "IMAGENET1K_V1"): Facts(73.314, 91.42, 256, 224, True, 83.275),
    ("resnet50", "IMAGENET1K_V1"): Facts(76.13, 92.862, 256, 224, False, 97.781),
    ("resnet50", "IMAGENET1K_V2"): Facts(80.858, 95.434, 232, 224, True, 97.79),
    ("resnet101", "IMAGENET1K_V1"): Facts(77.374, 93.546, 256, 224, False, 170.511),
    ("resnet101", "IMAGENET1K_V2"): Facts(81.886, 95.78, 232, 224, True, 170.53),
    ("resnet152", "IMAGENET1K_V1"): Facts(78.312, 94.046, 256, 224, False, 230.434),
    ("resnet152", "IMAGENET1K_V2"): Facts(82.284, 96.002, 232, 224, True, 230.474),
    ("resnext50_32x4d", "IMAGENET1K_V1"): Facts(77.618, 93.698, 256, 224, False, 95.789),
    ("resnext50_32x4d", "IMAGENET1K_V2"): Facts(81.198, 95.34, 232, 224, True, 95.833),
    ("resnext101_32x8d", "IMAGENET1K_V1"): Facts(79.312, 94.526, 256, 224, False, 339.586),
    ("resnext101_32x8d", "IMAGENET1K_V2"): Facts(82.834, 96.228, 232, 224, True, 339.673),
    ("resnext101_64x4d", "IMAGENET1K_V1"): Facts(83.246, 96.454, 232, 224, True, 319.318),
    ("wide_resnet50_2", "IMAGENET1K_V1"): Facts(78.468, 94.086, 256, 224, False, 131.82),
    ("wide_resnet50_2", "IMAGENET1K_V2"): Facts(81.602, 95.758, 232, 224, True, 263.124),
    ("wide_resnet101_2", "IMAGENET1K_V1"): Facts(78.848, 94.284, 256, 224, False, 242.896),
    ("wide_resnet101_2", "IMAGENET1K_V2"): Facts(82.51, 96.02, 232, 224, True, 484.747),
}


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a test of what is offered must not download")

    monkeypatch.setattr(socket, "socket", refuse)


def test_the_networks_with_weights_are_ten():
    assert [name for name in CATALOG if pretrained_weights(CATALOG[name].spec)] == NETWORKS


def test_all_of_them_are_seventeen_sets_by_their_names():
    offered = [(weights.network, weights.name) for weights in all_pretrained_weights()]
    assert sorted(offered) == sorted(WEIGHTS)
    assert len(offered) == 17
    assert [network for network, _ in offered] == sorted(
        (network for network, _ in offered), key=NETWORKS.index
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_the_best_of_each_network_stand_first(name):
    offered = pretrained_weights(CATALOG[name].spec)
    assert [weights.default for weights in offered] == [True] + [False] * (len(offered) - 1)
    assert offered[0].top1 == max(weights.top1 for weights in offered)


@pytest.mark.parametrize(("network", "name"), WEIGHTS)
def test_each_set_is_told_as_torchvision_and_the_reference_have_it(network, name):
    """Nothing is downloaded: the figures are those of two tables that were made apart."""
    import torchvision

    offered = {weights.name: weights for weights in pretrained_weights(CATALOG[network].spec)}
    weights, theirs = offered[name], torchvision.models.get_model_weights(network)[name]
    facts = WEIGHTS[network, name]
    assert weights.network == network
    assert weights.url == theirs.url
    assert weights.url.startswith("https://download.pytorch.org/models/")
    assert weights.file_name == f"{weights.file_name.split('-')[0]}-{weights.sha256_prefix}.pth"
    assert re.fullmatch("[0-9a-f]{8}", weights.sha256_prefix)
    assert weights.categories == tuple(theirs.meta["categories"])
    assert len(weights.categories) == 1000
    assert (weights.top1, weights.top5) == pytest.approx((facts.acc1 / 100, facts.acc5 / 100))
    assert (weights.resize_size, weights.crop_size) == (facts.resize, facts.crop)
    assert weights.default == facts.default
    assert weights.size == pytest.approx(facts.mebibytes * 2**20, abs=1024)
    assert theirs.meta["num_params"] == build_graph(CATALOG[network].spec).parameters


@pytest.mark.parametrize(("network", "name"), WEIGHTS)
def test_each_set_has_the_preprocessing_of_its_published_figure(network, name):
    """Within one level: torchvision's own presets resize in float32 and so round otherwise."""
    import torchvision

    from resnet_studio.data import transforms
    from resnet_studio.data.augment import draw
    from resnet_studio.probe.network import pretrained_preprocessing

    offered = {weights.name: weights for weights in pretrained_weights(CATALOG[network].spec)}
    pipeline = pretrained_preprocessing(offered[name])
    theirs = torchvision.models.get_model_weights(network)[name].transforms()
    rgb = np.random.default_rng(5).integers(0, 256, (301, 407, 3), dtype=np.uint8)
    ours = transforms.apply(pipeline, rgb, draw(pipeline, 301, 407))
    apart = (ours - theirs(torch.from_numpy(rgb).permute(2, 0, 1))).abs()
    level = 1 / 255 / min(pipeline.normalise.std)
    assert apart.shape == (3, 224, 224)
    assert apart.max() <= 1.001 * level


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
    with weights.path.open("wb") as file:
        file.truncate(weights.size)  # a hole: nothing is written
    assert weights.downloaded


def test_half_a_file_of_another_program_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    (weights,) = pretrained_weights(CATALOG["resnet18"].spec)
    weights.path.parent.mkdir(parents=True)
    with weights.path.open("wb") as file:
        file.truncate(weights.size // 2)
    assert not weights.downloaded
