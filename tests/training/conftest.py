"""A tiny network on tiny pictures: an epoch of it takes a hundredth of a second."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.data.augment import pipelines_for
from resnet_studio.data.sources import DataConfig
from resnet_studio.training.config import RunConfig
from resnet_studio.training.recipe import Recipe

SIZE = 8
CLASSES = ("dark", "light")


def write_pictures(folder: Path, *, each: int = 18) -> Path:
    """Writes pictures of two classes that a network can tell apart, but not at once."""
    rng = np.random.default_rng(0)
    for label, name in enumerate(CLASSES):
        (folder / name).mkdir(parents=True)
        for number in range(each):
            pixels = rng.normal(90 + 70 * label, 60, size=(SIZE, SIZE, 3)).clip(0, 255)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{number:02}.png")
    return folder


def tiny_spec(**changes: object) -> NetworkSpec:
    return NetworkSpec(
        **{
            "name": "tiny",
            "block": "basic",
            "stem": "cifar",
            "depths": (1, 1),
            "widths": (8, 16),
            "stem_width": 8,
            "shortcut": "B",
            "classes": 2,
            "input_size": SIZE,
            **changes,
        }
    )


def tiny_config(pictures: Path, *, spec: NetworkSpec | None = None, **recipe: object) -> RunConfig:
    train, validation = pipelines_for(SIZE, kind="folder")
    return RunConfig(
        network=spec or tiny_spec(),
        data=DataConfig(source="folder", path=str(pictures), validation_fraction=0.25),
        train_augment=train,
        validation_augment=validation,
        recipe=Recipe(
            **{
                "epochs": 3,
                "batch_size": 8,
                "learning_rate": 0.05,
                "warmup_epochs": 1,
                "weight_decay": 1e-3,
                "device": "cpu",
                "precision": "fp32",
                "seed": 3,
                **recipe,
            }
        ),
    )


@pytest.fixture(scope="package", autouse=True)
def one_thread():
    """Several threads on tiny tensors, beside other programs, mostly wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield threads
    torch.set_num_threads(threads)


@pytest.fixture
def all_threads(one_thread):
    """As many threads as torch chooses by itself."""
    torch.set_num_threads(one_thread)
    yield
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("pictures") / "two classes")


@pytest.fixture
def config(pictures) -> RunConfig:
    return tiny_config(pictures)


@pytest.fixture
def compiling_here():
    """Keeps torch.compile to this process: its helpers would outlive the test."""
    from torch._inductor import config

    with config.patch(compile_threads=1):
        yield
