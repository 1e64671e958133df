"""What torchvision has trained for a network, without downloading anything.

The weights themselves are fetched by `resnet_studio.downloads` after the person agreed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import torch

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.models.structure import structure

# torchvision's file names end in the first digits of the content's SHA-256, as torch hub checks.
_HASHED_NAME = re.compile(r"-([0-9a-f]{8,64})\.pth$")
# A file with less than this part of its published size is cut off; the published one is rounded.
_WHOLE = 0.99


@dataclass(frozen=True, slots=True)
class PretrainedWeights:
    """One set of weights that torchvision offers.

    Attributes:
        network: torchvision's name of the network ("resnet50").
        name: Name of the weights ("IMAGENET1K_V2").
        url: Where they are.
        sha256_prefix: First digits of the file's SHA-256.
        size: Size of the download in bytes, as torchvision rounds it (to a kilobyte of a MiB).
        top1: Published top-1 accuracy on ImageNet's validation pictures, a fraction.
        top5: Published top-5 accuracy, a fraction.
        categories: Names of the 1,000 classes in the order of the outputs.
        resize_size: Shorter side in pixels to which the published figure's pictures were resized.
        crop_size: Side in pixels of the central crop that was then classified.
        mean: What is subtracted from each channel in [0, 1].
        std: What each channel is then divided by.
        default: Whether torchvision names them the best available.
    """

    network: str
    name: str
    url: str
    sha256_prefix: str
    size: int
    top1: float
    top5: float
    categories: tuple[str, ...]
    resize_size: int
    crop_size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    default: bool

    @property
    def file_name(self) -> str:
        """Name of the file, at the server and in the cache."""
        return Path(urlsplit(self.url).path).name

    @property
    def host(self) -> str:
        """Name of the server."""
        return urlsplit(self.url).hostname or ""

    @property
    def path(self) -> Path:
        """Where torch hub keeps the file, so that a download of any program serves all."""
        return Path(torch.hub.get_dir()) / "checkpoints" / self.file_name

    @property
    def downloaded(self) -> bool:
        """Whether the file is there and not cut off; its content is checked when it is read.

        Other programs share the folder, and some leave half a file where they were interrupted.
        """
        try:
            return self.path.is_file() and self.path.stat().st_size >= _WHOLE * self.size
        except OSError:
            return False


def pretrained_weights(spec: NetworkSpec) -> tuple[PretrainedWeights, ...]:
    """Returns torchvision's weights for this network, the best first; often there are none.

    What counts is the structure, whatever the network is called and however it would be
    initialised; a bottleneck with the stride on its first 1x1 has other weights than
    torchvision's, and another number of classes has none.
    """
    wanted = structure(spec)
    names = [entry.id for entry in CATALOG.values() if structure(entry.spec) == wanted]
    return tuple(weights for name in names for weights in _offered(name))


def all_pretrained_weights() -> tuple[PretrainedWeights, ...]:
    """Returns torchvision's weights of every network of the catalogue, in the catalogue's order.

    Of each network the best stand first.
    """
    return tuple(weights for name in CATALOG for weights in _offered(name))


def _offered(name: str) -> Iterator[PretrainedWeights]:
    # Here, because torchvision takes longer to import than torch and most uses need none of it.
    from torchvision.models import (  # type: ignore[attr-defined]
        get_model_weights,
        list_models,
    )

    if name not in list_models():
        return
    entries = get_model_weights(name)
    best = entries["DEFAULT"]
    for entry in sorted(entries, key=lambda entry: entry is not best):
        yield _described(name, entry, default=entry is best)


def _described(name: str, entry: Any, *, default: bool) -> PretrainedWeights:
    hashed = _HASHED_NAME.search(entry.url)
    steps = entry.transforms()
    published = entry.meta["_metrics"]["ImageNet-1K"]
    return PretrainedWeights(
        network=name,
        name=entry.name,
        url=entry.url,
        sha256_prefix=hashed.group(1) if hashed else "",
        size=round(entry.meta["_file_size"] * 2**20),
        top1=published["acc@1"] / 100,
        top5=published["acc@5"] / 100,
        categories=tuple(entry.meta["categories"]),
        resize_size=steps.resize_size[0],
        crop_size=steps.crop_size[0],
        mean=tuple(steps.mean),
        std=tuple(steps.std),
        default=default,
    )
