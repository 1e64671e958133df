"""The table of published data sets agrees with itself, with torchvision and with the pictures."""

from __future__ import annotations

import pytest
from sklearn.datasets import load_digits
from torchvision import datasets

from resnet_studio.architecture.catalog import resolve
from resnet_studio.data.augment import HorizontalFlip, pipelines_for
from resnet_studio.data.published import IMAGENETTE_IDS, PUBLISHED, SOURCES
from resnet_studio.data.sources import DataConfig
from resnet_studio.training.config import default_config


def test_every_source_but_a_folder_is_described():
    assert set(SOURCES) == {*PUBLISHED, "folder"}
    for known in PUBLISHED.values():
        assert len(set(known.class_names)) == len(known.class_names)
        assert len(known.class_names) in (known.classes, 0)
        assert bool(known.url) == bool(known.download_bytes)
        assert all(0 < value < 1 for value in (*known.mean, *known.std))
        assert known.statistics_source
        assert known.citation
        assert known.home.startswith("https://")


def test_the_classes_are_torchvisions():
    assert PUBLISHED["fashion_mnist"].class_names == tuple(datasets.FashionMNIST.classes)
    assert list(PUBLISHED["cifar100"].class_names) == sorted(PUBLISHED["cifar100"].class_names)
    theirs = {key: names[0] for key, names in datasets.Imagenette._WNID_TO_CLASS.items()}
    assert dict(IMAGENETTE_IDS) == theirs


def test_the_figures_of_the_digits_are_those_of_scikit_learn():
    shades = load_digits().images / 16
    known = PUBLISHED["digits"]
    assert known.mean[0] == pytest.approx(shades.mean(), abs=5e-5)
    assert known.std[0] == pytest.approx(shades.std(), abs=5e-5)
    assert known.train == len(shades)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("network", ["cifar_resnet20", "resnet18"])
def test_a_network_is_fitted_to_each_source(source, network):
    spec = resolve(network)
    config = default_config(
        spec, DataConfig(source=source), classes=7 if source == "folder" else None
    )
    known = PUBLISHED.get(source)
    assert config.network.classes == (7 if known is None else known.classes)
    small = known is not None and 0 < known.side <= 32
    usual = {"cifar_resnet20": 32, "resnet18": 64}[network] if small else spec.input_size
    assert config.network.input_size == config.train_augment.output_size == usual
    if known is not None:
        assert config.train_augment.normalise.mean == known.mean


@pytest.mark.parametrize("source", list(PUBLISHED))
@pytest.mark.parametrize("size", [32, 224])
def test_what_reads_differently_in_a_mirror_is_not_flipped(source, size):
    train, _ = pipelines_for(size, kind=source)
    flips = any(isinstance(step, HorizontalFlip) for step in train.steps)
    assert flips == PUBLISHED[source].mirrored
