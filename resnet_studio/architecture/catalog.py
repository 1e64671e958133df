"""The published networks as data: spec, paper and the figures that were published for them.

Networks that torchvision has bear its names; their structure is torchvision's, which has the
stride of a bottleneck on the 3x3 convolution where He et al. have it on the first 1x1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from resnet_studio.architecture.spec import (
    BlockKind,
    NetworkSpec,
    ShortcutKind,
    StemKind,
    depths_for,
)
from resnet_studio.errors import SpecError


@dataclass(frozen=True, slots=True)
class Paper:
    """Where a network was published."""

    authors: str
    year: int
    title: str
    arxiv: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One published number.

    Attributes:
        title: What was measured, and how.
        value: The number.
        unit: "%" or "million".
        source: Where it is printed.
    """

    title: str
    value: float
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One network of the catalogue.

    Attributes:
        id: What a person types.
        title: What a person reads.
        spec: The network; its name is the id.
        paper: Where it was published.
        note: What is particular about it, in one or two sentences.
        published: Published figures by a short key.
    """

    id: str
    title: str
    spec: NetworkSpec
    paper: Paper
    note: str
    published: Mapping[str, Figure] = field(default_factory=dict)


HE_2015: Final = Paper(
    "He, Zhang, Ren, Sun", 2015, "Deep Residual Learning for Image Recognition", "1512.03385"
)
XIE_2016: Final = Paper(
    "Xie, Girshick, Dollár, Tu, He",
    2016,
    "Aggregated Residual Transformations for Deep Neural Networks",
    "1611.05431",
)
ZAGORUYKO_2016: Final = Paper("Zagoruyko, Komodakis", 2016, "Wide Residual Networks", "1605.07146")

_TABLE_2 = "He et al. 2015, table 2"
_TABLE_3 = "He et al. 2015, table 3"
_TABLE_6 = "He et al. 2015, table 6"
_HE_RELEASE = "github.com/KaimingHe/deep-residual-networks, README"
_XIE_RELEASE = "github.com/facebookresearch/ResNeXt, README"
_TORCHVISION = "torchvision 0.29, weights' metadata"

_STRIDE_NOTE = "The paper's has its strides on the first 1×1, this one, as torchvision, on the 3×3."

# Accuracy in percent (top-1, top-5) on the ImageNet validation set, one central crop of 224.
_TORCHVISION_V1: Final[Mapping[str, tuple[float, float]]] = {
    "resnet18": (69.758, 89.078),
    "resnet34": (73.314, 91.420),
    "resnet50": (76.130, 92.862),
    "resnet101": (77.374, 93.546),
    "resnet152": (78.312, 94.046),
    "resnext50_32x4d": (77.618, 93.698),
    "resnext101_32x8d": (79.312, 94.526),
    "resnext101_64x4d": (83.246, 96.454),
    "wide_resnet50_2": (78.468, 94.086),
    "wide_resnet101_2": (78.848, 94.284),
}
_TORCHVISION_V2: Final[Mapping[str, tuple[float, float]]] = {
    "resnet50": (80.858, 95.434),
    "resnet101": (81.886, 95.780),
    "resnet152": (82.284, 96.002),
    "resnext50_32x4d": (81.198, 95.340),
    "resnext101_32x8d": (82.834, 96.228),
    "wide_resnet50_2": (81.602, 95.758),
    "wide_resnet101_2": (82.510, 96.020),
}
# Error in percent (top-1, top-5), mean of ten crops. The deeper ones have option B.
_TEN_CROP: Final[Mapping[str, tuple[float, float]]] = {
    "plain34": (28.54, 10.02),
    "resnet34": (24.52, 7.46),
    "resnet50": (22.85, 6.71),
    "resnet101": (21.75, 6.05),
    "resnet152": (21.43, 5.71),
}
# Error in percent (top-1, top-5), one central crop.
_ONE_CROP: Final[Mapping[str, tuple[float, float]]] = {
    "resnet50": (24.7, 7.8),
    "resnet101": (23.6, 7.1),
    "resnet152": (23.0, 6.7),
}
# CIFAR-10 test error in percent and parameters in millions.
_CIFAR: Final[Mapping[int, tuple[float, float]]] = {
    20: (8.75, 0.27),
    32: (7.51, 0.46),
    44: (7.17, 0.66),
    56: (6.97, 0.85),
    110: (6.43, 1.7),
}


def get(name: str) -> Entry:
    """Returns the entry of that id.

    Raises:
        SpecError: If there is none; the message names those that are nearest.
    """
    if (entry := CATALOG.get(name)) is not None:
        return entry
    import difflib  # only needed to word this message

    from resnet_studio.architecture.textforms import shown

    near = difflib.get_close_matches(name.lower(), CATALOG, n=3, cutoff=0.5)
    remedy = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(CATALOG)}."
    raise SpecError(f"The catalogue has no network {shown(name)}.", field="name", remedy=remedy)


def resolve(text: str) -> NetworkSpec:
    """Returns the spec that a person named: a catalogue id, or the path of a spec file.

    Raises:
        SpecError: If it is neither, or the file is not a valid spec.
    """
    if (entry := _named(text)) is not None:
        return entry.spec
    path = Path(text)
    if path.suffix.lower() in (".json", ".toml") or len(path.parts) > 1:
        return NetworkSpec.load(path)
    return get(text).spec


def _named(text: str) -> Entry | None:
    """Returns the entry with this id or title, whatever its case, hyphens and spaces."""
    wanted = _letters(text)
    for entry in CATALOG.values():
        if wanted in (_letters(entry.id), _letters(entry.title)):
            return entry
    return None


def _letters(text: str) -> str:
    return text.casefold().translate(str.maketrans("", "", "-_ "))


def _entries() -> Iterator[Entry]:
    yield from _residual_networks()
    yield from _aggregated_networks()
    yield from _wide_networks()
    yield from _plain_networks()
    yield from _cifar_networks()


def _residual_networks() -> Iterator[Entry]:
    notes = {
        18: "The smallest of the paper; there with option A, here with option B as torchvision.",
        34: "Projections where the shape changes (option B).",
        50: f"Bottleneck blocks; as many as ResNet-34 has basic blocks. {_STRIDE_NOTE}",
        101: f"ResNet-50 with a third stage of 23 blocks. {_STRIDE_NOTE}",
        152: f"The deepest of the paper on ImageNet. {_STRIDE_NOTE}",
    }
    for depth, note in notes.items():
        block = BlockKind.BASIC if depth < 50 else BlockKind.BOTTLENECK
        name = f"resnet{depth}"
        figures = _imagenet_figures(name)
        if depth == 18:
            figures["top1_error_10crop"] = Figure(
                "Top-1 error, ten crops (option A)", 27.88, "%", _TABLE_2
            )
        spec = _imagenet(name, depth=depth, block=block)
        yield Entry(name, f"ResNet-{depth}", spec, HE_2015, note, figures)


def _aggregated_networks() -> Iterator[Entry]:
    top1 = {"resnext50_32x4d": 22.2, "resnext101_64x4d": 20.4}
    for depth, groups, base_width in ((50, 32, 4), (101, 32, 8), (101, 64, 4)):
        name = f"resnext{depth}_{groups}x{base_width}d"
        figures = _imagenet_figures(name)
        if name in top1:
            figures["top1_error_1crop"] = Figure(
                "Top-1 error, one crop", top1[name], "%", _XIE_RELEASE
            )
        spec = _imagenet(name, depth=depth, groups=groups, base_width=base_width)
        note = f"The 3×3 convolutions have {groups} groups, of {base_width} channels in stage 1."
        title = f"ResNeXt-{depth} {groups}×{base_width}d"
        yield Entry(name, title, spec, XIE_2016, note, figures)


def _wide_networks() -> Iterator[Entry]:
    for depth in (50, 101):
        name = f"wide_resnet{depth}_2"
        figures = _imagenet_figures(name)
        if depth == 50:
            figures["top1_error_1crop"] = Figure(
                "Top-1 error, one crop", 21.9, "%", "Zagoruyko and Komodakis 2016"
            )
        spec = _imagenet(name, depth=depth, base_width=128)
        note = f"ResNet-{depth} with the 3×3 convolutions twice as wide."
        yield Entry(name, f"Wide ResNet-{depth}-2", spec, ZAGORUYKO_2016, note, figures)


def _plain_networks() -> Iterator[Entry]:
    for depth in (18, 34):
        name = f"plain{depth}"
        figures = _imagenet_figures(name)
        if depth == 18:
            figures["top1_error_10crop"] = Figure("Top-1 error, ten crops", 27.94, "%", _TABLE_2)
        spec = _imagenet(name, depth=depth, block=BlockKind.BASIC, shortcut=ShortcutKind.NONE)
        note = (
            f"ResNet-{depth} without its shortcuts. Plain-34 has the higher training error of the "
            "two plain networks, ResNet-34 the lower of the two residual ones: degradation."
        )
        yield Entry(name, f"Plain-{depth}", spec, HE_2015, note, figures)


def _cifar_networks() -> Iterator[Entry]:
    for depth in _CIFAR:
        name = f"cifar_resnet{depth}"
        note = f"6n + 2 layers with n = {(depth - 2) // 6}; option A, no projections."
        if depth == 110:
            note += " The published error is the best of five runs (mean 6.61 ± 0.16 %)."
        spec = _cifar(name, depth=depth, shortcut=ShortcutKind.A)
        yield Entry(name, f"CIFAR ResNet-{depth}", spec, HE_2015, note, _cifar_figures(depth))
    for depth in _CIFAR:
        name = f"cifar_plain{depth}"
        note = f"CIFAR ResNet-{depth} without its shortcuts; as many parameters."
        if depth == 110:
            note += " He et al. report an error above 60 %."
        spec = _cifar(name, depth=depth, shortcut=ShortcutKind.NONE)
        yield Entry(name, f"CIFAR Plain-{depth}", spec, HE_2015, note)


def _imagenet(
    name: str, *, depth: int, block: BlockKind = BlockKind.BOTTLENECK, **fields: Any
) -> NetworkSpec:
    depths = depths_for(depth, block=block, stem=StemKind.IMAGENET)
    return NetworkSpec(name=name, block=block, depths=depths, **fields)


def _cifar(name: str, *, depth: int, shortcut: ShortcutKind) -> NetworkSpec:
    depths = depths_for(depth, block=BlockKind.BASIC, stem=StemKind.CIFAR)
    return NetworkSpec(
        name=name, block=BlockKind.BASIC, depths=depths, stem=StemKind.CIFAR, shortcut=shortcut
    )


def _imagenet_figures(name: str) -> dict[str, Figure]:
    found: dict[str, Figure] = {}
    tables = (
        ("error_10crop", "error, ten crops", _TEN_CROP, _TABLE_3),
        ("error_1crop", "error, one crop", _ONE_CROP, _HE_RELEASE),
        ("accuracy_v1", "accuracy, torchvision's first weights", _TORCHVISION_V1, _TORCHVISION),
        ("accuracy_v2", "accuracy, torchvision's second weights", _TORCHVISION_V2, _TORCHVISION),
    )
    for key, title, table, source in tables:
        if name in table:
            top1, top5 = table[name]
            found[f"top1_{key}"] = Figure(f"Top-1 {title}", top1, "%", source)
            found[f"top5_{key}"] = Figure(f"Top-5 {title}", top5, "%", source)
    return found


def _cifar_figures(depth: int) -> dict[str, Figure]:
    error, parameters = _CIFAR[depth]
    return {
        "cifar10_error": Figure("CIFAR-10 test error", error, "%", _TABLE_6),
        "parameters": Figure("Parameters", parameters, "million", _TABLE_6),
    }


CATALOG: Final[Mapping[str, Entry]] = MappingProxyType({entry.id: entry for entry in _entries()})
"""Every published network by its id, in the order in which lists show them."""
