"""The architecture tables of the papers, as data: what each network is made of, row by row.

Only what was seen in a paper or its released code is here. The table of He et al. 2015 is as it
is printed; the others say in the same form what their papers' text and code say, and their notes
tell so. Figures that could not be verified are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.entries import (
    HE_2015,
    HE_2016,
    XIE_2016,
    ZAGORUYKO_2016,
    Figure,
    Paper,
)


class RowKind(StrEnum):
    """What a row of a table is about."""

    STEM = "stem"
    POOL = "pool"
    STAGE = "stage"
    HEAD = "head"


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        kind: What it is about.
        title: What the paper calls it ("conv2_x"); empty if it has no name there.
        size: Height and width of the map that it makes, in pixels; 1 for the head.
        stage: Number of the stage, from 1; 0 for the other kinds.
    """

    kind: RowKind
    title: str
    size: int
    stage: int = 0

    @property
    def part(self) -> str:
        """The section of a graph that the row is about."""
        if self.kind is RowKind.STAGE:
            return f"layer{self.stage}"
        return "head" if self.kind is RowKind.HEAD else "stem"


@dataclass(frozen=True, slots=True)
class Window:
    """A convolution as printed; also the max pool (it has no channels) and the linear layer.

    Attributes:
        kernel: Height and width.
        channels: Channels that it makes; classes of the linear layer; 0 for a pool.
        stride: Its step where the table prints one; within a stage none does, and it is 1.
        groups: Groups of the convolution.
    """

    kernel: int
    channels: int
    stride: int = 1
    groups: int = 1


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one cell: convolutions, and how often the block of them is repeated."""

    windows: tuple[Window, ...]
    repeats: int = 1


@dataclass(frozen=True, slots=True)
class Column:
    """One network of a table.

    Attributes:
        title: Its heading ("50-layer").
        networks: Ids of the catalogue: as published first, then others that differ in nothing
            the table prints.
        cells: One for each row of the table.
        measured: Its error where the catalogue's network has another one, or none.
    """

    title: str
    networks: tuple[str, ...]
    cells: tuple[Cell, ...]
    measured: Figure | None = None

    def figure(self, *keys: str) -> Figure | None:
        """Returns the first of these published figures that the network has."""
        known = CATALOG[self.networks[0]].published
        return next((known[key] for key in keys if key in known), None)

    @property
    def macs(self) -> Figure | None:
        """Published multiply-accumulates."""
        return self.figure("macs")

    @property
    def parameters(self) -> Figure | None:
        """Published parameters."""
        return self.figure("parameters", "weights")

    @property
    def error(self) -> Figure | None:
        """The published error that the paper compares the networks of the table by."""
        return self.measured or self.figure(
            "top1_error_10crop", "top1_error_1crop", "cifar10_error"
        )


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Attributes:
        key: Short name.
        title: What a person reads.
        paper: Where it was published.
        place: Where in the paper; empty if the table was put together here.
        rows: Its rows, from the picture to the answer.
        columns: Its networks.
        note: What one must know to read it, in one or two sentences.
    """

    key: str
    title: str
    paper: Paper
    place: str
    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    note: str


_IMAGENET_ROWS: Final = (
    Row(RowKind.STEM, "conv1", 112),
    Row(RowKind.POOL, "conv2_x", 56),
    Row(RowKind.STAGE, "conv2_x", 56, 1),
    Row(RowKind.STAGE, "conv3_x", 28, 2),
    Row(RowKind.STAGE, "conv4_x", 14, 3),
    Row(RowKind.STAGE, "conv5_x", 7, 4),
    Row(RowKind.HEAD, "", 1),
)
_CIFAR_ROWS: Final = (
    Row(RowKind.STEM, "conv1", 32),
    Row(RowKind.STAGE, "", 32, 1),
    Row(RowKind.STAGE, "", 16, 2),
    Row(RowKind.STAGE, "", 8, 3),
    Row(RowKind.HEAD, "", 1),
)
_WIDE_ROWS: Final = (
    Row(RowKind.STEM, "conv1", 32),
    Row(RowKind.STAGE, "conv2", 32, 1),
    Row(RowKind.STAGE, "conv3", 16, 2),
    Row(RowKind.STAGE, "conv4", 8, 3),
    Row(RowKind.HEAD, "avg-pool", 1),
)
_IMAGENET_STEM: Final = (Cell((Window(7, 64, stride=2),)), Cell((Window(3, 0, stride=2),)))
_CIFAR_STEM: Final = (Cell((Window(3, 16),)),)


def basic(width: int, repeats: int) -> Cell:
    """Returns a stage of basic blocks: two 3x3 convolutions each."""
    return Cell((Window(3, width), Window(3, width)), repeats)


def bottleneck(
    width: int, repeats: int, *, inner: int | None = None, groups: int = 1, expansion: int = 4
) -> Cell:
    """Returns a stage of bottleneck blocks.

    Args:
        width: The channels w of which the block makes `expansion` times as many.
        repeats: Blocks in the stage.
        inner: Channels of the first two convolutions; w if None.
        groups: Groups of the 3x3 convolution.
        expansion: Output channels over w.
    """
    inside = width if inner is None else inner
    windows = (Window(1, inside), Window(3, inside, groups=groups), Window(1, width * expansion))
    return Cell(windows, repeats)


def _head(classes: int) -> tuple[Cell, ...]:
    return (Cell((Window(1, classes),)),)


def _imagenet(title: str, networks: Sequence[str], stages: Sequence[Cell]) -> Column:
    return Column(title, tuple(networks), (*_IMAGENET_STEM, *stages, *_head(1000)))


def _cifar(title: str, networks: Sequence[str], stages: Sequence[Cell]) -> Column:
    return Column(title, tuple(networks), (*_CIFAR_STEM, *stages, *_head(10)))


_WIDTHS: Final = (64, 128, 256, 512)


def _basics(depths: Sequence[int], widths: Sequence[int] = _WIDTHS) -> list[Cell]:
    return [basic(width, count) for width, count in zip(widths, depths, strict=True)]


def _bottlenecks(depths: Sequence[int], widths: Sequence[int] = _WIDTHS) -> list[Cell]:
    return [bottleneck(width, count) for width, count in zip(widths, depths, strict=True)]


def _grouped(depths: Sequence[int], *, groups: int, base_width: int) -> list[Cell]:
    """Returns ResNeXt's stages: `groups` groups of `base_width` channels in the first."""
    return [
        bottleneck(width, count, inner=width * base_width // 64 * groups, groups=groups)
        for width, count in zip(_WIDTHS, depths, strict=True)
    ]


HE_IMAGENET: Final = Table(
    "he2015",
    "ImageNet",
    HE_2015,
    "table 1",
    _IMAGENET_ROWS,
    (
        _imagenet("18-layer", ("resnet18_option_a", "resnet18", "plain18"), _basics((2, 2, 2, 2))),
        _imagenet(
            "34-layer",
            ("resnet34_option_a", "resnet34", "resnet34_option_c", "plain34"),
            _basics((3, 4, 6, 3)),
        ),
        _imagenet("50-layer", ("resnet50_v1", "resnet50"), _bottlenecks((3, 4, 6, 3))),
        _imagenet("101-layer", ("resnet101_v1", "resnet101"), _bottlenecks((3, 4, 23, 3))),
        _imagenet("152-layer", ("resnet152_v1", "resnet152"), _bottlenecks((3, 8, 36, 3))),
    ),
    "The first block of conv3_x, conv4_x and conv5_x has stride 2. FLOPs are multiply-adds.",
)


def _cifar_column(depth: int) -> Column:
    count = (depth - 2) // 6
    networks = [f"cifar_resnet{depth}"]
    if f"cifar_plain{depth}" in CATALOG:
        networks.append(f"cifar_plain{depth}")
    return _cifar(f"{depth:,}-layer", networks, _basics((count,) * 3, (16, 32, 64)))


HE_CIFAR: Final = Table(
    "he2015_cifar",
    "CIFAR-10, 6n + 2 layers",
    HE_2015,
    "section 4.2 and table 6",
    _CIFAR_ROWS,
    tuple(_cifar_column(depth) for depth in (20, 32, 44, 56, 110, 1202)),
    "The paper prints layers, 1 + 2n, 2n and 2n; here they stand as n blocks of two, after the "
    "first layer. Every shortcut is option A.",
)


def _preactivated(depth: int, stages: list[Cell]) -> Column:
    networks = (f"cifar_preact_resnet{depth}", f"cifar_resnet{depth}")
    return _cifar(f"{depth:,}-layer", networks, stages)


MAPPINGS_CIFAR: Final = Table(
    "he2016",
    "CIFAR-10, pre-activation",
    HE_2016,
    "",
    _CIFAR_ROWS,
    (
        _preactivated(110, _basics((18,) * 3, (16, 32, 64))),
        _preactivated(164, _bottlenecks((18,) * 3, (16, 32, 64))),
        _preactivated(1001, _bottlenecks((111,) * 3, (16, 32, 64))),
    ),
    "Put together from the paper's appendix and its released code: 9n + 2 layers of bottleneck "
    "blocks, and ResNet-110 with its basic ones. The 10.2 million parameters printed for 1001 "
    "layers are those without batch normalisation.",
)


def _wide_column(depth: int, factor: int) -> Column:
    count = (depth - 4) // 6
    widths = [width * factor for width in (16, 32, 64)]
    networks = [f"wrn{depth}_{factor}"]
    if f"wrn{depth}_{factor}_dropout" in CATALOG:
        networks.append(f"wrn{depth}_{factor}_dropout")
    return _cifar(f"WRN-{depth}-{factor}", networks, _basics((count,) * 3, widths))


WIDE: Final = Table(
    "wide",
    "CIFAR-10, Wide ResNets",
    ZAGORUYKO_2016,
    "",
    _WIDE_ROWS,
    tuple(
        _wide_column(depth, factor)
        for depth, factor in (
            (16, 4),
            (16, 8),
            (22, 8),
            (28, 10),
            (40, 1),
            (40, 2),
            (40, 4),
            (52, 1),
        )
    ),
    "Put together from the paper's rule: 6N + 4 layers, N blocks of two 3×3 convolutions in each "
    "stage, k times as wide. The depth counts a projection for each stage. Errors come from "
    "different tables: with ZCA-whitened pictures or without.",
)
_XIE_ERROR: Final = "github.com/facebookresearch/ResNeXt, README"
RESNEXT: Final = Table(
    "resnext",
    "ImageNet, ResNeXt",
    XIE_2016,
    "",
    _IMAGENET_ROWS,
    (
        Column(
            "ResNet-50",
            ("resnet50",),
            (*_IMAGENET_STEM, *_bottlenecks((3, 4, 6, 3)), *_head(1000)),
            Figure("Top-1 error, one crop", 23.9, "%", _XIE_ERROR),
        ),
        _imagenet(
            "ResNeXt-50 32×4d",
            ("resnext50_32x4d",),
            _grouped((3, 4, 6, 3), groups=32, base_width=4),
        ),
        _imagenet(
            "ResNeXt-101 32×4d",
            ("resnext101_32x4d",),
            _grouped((3, 4, 23, 3), groups=32, base_width=4),
        ),
        _imagenet(
            "ResNeXt-101 64×4d",
            ("resnext101_64x4d",),
            _grouped((3, 4, 23, 3), groups=64, base_width=4),
        ),
    ),
    "Put together from the released code's rule for the widths, with its README's errors. The "
    "paper's own counts of parameters and FLOPs could not be verified here and are left out.",
)
TABLES: Final = (HE_IMAGENET, HE_CIFAR, MAPPINGS_CIFAR, WIDE, RESNEXT)
"""Every table; the first are those that are printed as such."""
