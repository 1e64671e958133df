"""The published figures of the catalogue's networks, as data.

Each table is one table of a paper, or of a release. A network without a figure here has none that
is sure: numbers quoted from memory, or of a network that differs, are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from resnet_studio.architecture.entries import Figure


@dataclass(frozen=True, slots=True)
class _Values:
    """One column: the same figure of several networks.

    Attributes:
        key: Short name of the figure.
        title: What was measured.
        source: Where it is printed.
        values: By catalogue id.
        unit: "%", "million" or "billion".
    """

    key: str
    title: str
    source: str
    values: Mapping[str, float]
    unit: str = "%"


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Two columns: the same figure for the first and the first five classes, in percent.

    Attributes:
        key: Short name of the figure, after "top1_" and "top5_".
        title: What was measured, after "Top-1 " and "Top-5 ".
        source: Where it is printed.
        values: By catalogue id, top-1 and top-5.
    """

    key: str
    title: str
    source: str
    values: Mapping[str, tuple[float, float]]


def figures(name: str) -> dict[str, Figure]:
    """Returns the published figures of a network by their keys; empty if there are none."""
    return dict(_figures(name))


def _figures(name: str) -> Iterator[tuple[str, Figure]]:
    for pairs in _PAIRS:
        if name in pairs.values:
            for rank, value in zip((1, 5), pairs.values[name], strict=True):
                title = f"Top-{rank} {pairs.title}"
                yield f"top{rank}_{pairs.key}", Figure(title, value, "%", pairs.source)
    for column in _VALUES:
        if name in column.values:
            value = column.values[name]
            yield column.key, Figure(column.title, value, column.unit, column.source)


_HE_TABLE_1 = "He et al. 2015, table 1"
_HE_TABLE_2 = "He et al. 2015, table 2"
_HE_TABLE_3 = "He et al. 2015, table 3"
_HE_TABLE_6 = "He et al. 2015, table 6"
_HE_RELEASE = "github.com/KaimingHe/deep-residual-networks, README"
_MAPPINGS_TABLE_1 = "He et al. 2016, table 1"
_MAPPINGS_TABLE_2 = "He et al. 2016, table 2"
_MAPPINGS_TABLE_3 = "He et al. 2016, table 3"
_MAPPINGS_TABLE_4 = "He et al. 2016, table 4"
_MAPPINGS_TABLE_5 = "He et al. 2016, table 5"
_XIE_RELEASE = "github.com/facebookresearch/ResNeXt, README"
_TORCH_RELEASE = "github.com/facebookarchive/fb.resnet.torch, README of the pretrained networks"
_WIDE = "Zagoruyko and Komodakis 2016"
_TORCHVISION = "torchvision 0.29, weights' metadata"
# Their figures are those of the strides on the first 1x1; they stand beside torchvision's too.
_V1 = " (stride on the first 1×1)"

_TEN_CROP_V1: Final[Mapping[str, tuple[float, float]]] = {
    "resnet50": (22.85, 6.71),
    "resnet101": (21.75, 6.05),
    "resnet152": (21.43, 5.71),
}
_ONE_CROP_V1: Final[Mapping[str, tuple[float, float]]] = {
    "resnet50": (24.7, 7.8),
    "resnet101": (23.6, 7.1),
    "resnet152": (23.0, 6.7),
}

_PAIRS: Final = (
    _Pairs(
        "error_10crop",
        "error, ten crops",
        _HE_TABLE_3,
        {
            "plain34": (28.54, 10.02),
            "resnet34_option_a": (25.03, 7.76),
            "resnet34": (24.52, 7.46),
            "resnet34_option_c": (24.19, 7.40),
            **{f"{name}_v1": pair for name, pair in _TEN_CROP_V1.items()},
        },
    ),
    _Pairs("error_10crop", f"error, ten crops{_V1}", _HE_TABLE_3, _TEN_CROP_V1),
    _Pairs(
        "error_1crop",
        "error, one crop",
        _HE_RELEASE,
        {f"{name}_v1": pair for name, pair in _ONE_CROP_V1.items()},
    ),
    _Pairs("error_1crop", f"error, one crop{_V1}", _HE_RELEASE, _ONE_CROP_V1),
    _Pairs(
        "error_1crop",
        "error, one crop",
        _TORCH_RELEASE,
        {"preact_resnet200": (21.66, 5.79)},
    ),
    _Pairs(
        "error_320",
        "error, one crop of 320",
        _MAPPINGS_TABLE_5,
        {
            "resnet152_v1": (21.3, 5.5),
            "preact_resnet152": (21.1, 5.5),
            "resnet200": (21.8, 6.0),
            "preact_resnet200": (20.7, 5.3),
        },
    ),
    _Pairs(
        "error_320_aspect",
        "error, one crop of 320, trained on distorted crops as well",
        _MAPPINGS_TABLE_5,
        {"preact_resnet200": (20.1, 4.8)},
    ),
    _Pairs(
        "accuracy_v1",
        "accuracy, torchvision's first weights",
        _TORCHVISION,
        {
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
        },
    ),
    _Pairs(
        "accuracy_v2",
        "accuracy, torchvision's second weights",
        _TORCHVISION,
        {
            "resnet50": (80.858, 95.434),
            "resnet101": (81.886, 95.780),
            "resnet152": (82.284, 96.002),
            "resnext50_32x4d": (81.198, 95.340),
            "resnext101_32x8d": (82.834, 96.228),
            "wide_resnet50_2": (81.602, 95.758),
            "wide_resnet101_2": (82.510, 96.020),
        },
    ),
)

# Table 1 does not say which shortcut option its multiply-adds are those of.
_MACS: Final[Mapping[str, float]] = {
    "resnet18_option_a": 1.8,
    "resnet18": 1.8,
    "plain34": 3.6,
    "resnet34_option_a": 3.6,
    "resnet34": 3.6,
}
_MACS_V1: Final[Mapping[str, float]] = {"resnet50": 3.8, "resnet101": 7.6, "resnet152": 11.3}

_VALUES: Final = (
    _Values("macs", "Multiply-adds", _HE_TABLE_1, _MACS, "billion"),
    _Values(
        "macs",
        "Multiply-adds",
        _HE_TABLE_1,
        {f"{name}_v1": value for name, value in _MACS_V1.items()},
        "billion",
    ),
    _Values("macs", f"Multiply-adds{_V1}", _HE_TABLE_1, _MACS_V1, "billion"),
    _Values(
        "macs_torchvision",
        "Multiply-adds",
        _TORCHVISION,
        {
            "resnet18": 1.814,
            "resnet34": 3.664,
            "resnet50": 4.089,
            "resnet101": 7.801,
            "resnet152": 11.514,
            "resnext50_32x4d": 4.230,
            "resnext101_32x8d": 16.414,
            "resnext101_64x4d": 15.460,
            "wide_resnet50_2": 11.398,
            "wide_resnet101_2": 22.753,
        },
        "billion",
    ),
    _Values(
        "parameters",
        "Parameters",
        _WIDE,
        {"wide_resnet50_2": 68.9, "preact_resnet200": 64.7},
        "million",
    ),
    _Values(
        "top1_error_10crop",
        "Top-1 error, ten crops",
        _HE_TABLE_2,
        {"plain18": 27.94, "resnet18_option_a": 27.88},
    ),
    _Values(
        "top1_error_10crop",
        "Top-1 error, ten crops (option A)",
        _HE_TABLE_2,
        {"resnet18": 27.88},
    ),
    _Values(
        "top1_error_1crop",
        "Top-1 error, one crop",
        _XIE_RELEASE,
        {"resnext50_32x4d": 22.2, "resnext101_32x4d": 21.2, "resnext101_64x4d": 20.4},
    ),
    _Values("top1_error_1crop", "Top-1 error, one crop", _WIDE, {"wide_resnet50_2": 21.9}),
    _Values("top1_accuracy", "Top-1 accuracy", "He et al. 2018", {"resnet50d": 77.16}),
    _Values(
        "cifar10_error",
        "CIFAR-10 test error",
        _HE_TABLE_6,
        {
            "cifar_resnet20": 8.75,
            "cifar_resnet32": 7.51,
            "cifar_resnet44": 7.17,
            "cifar_resnet56": 6.97,
            "cifar_resnet1202": 7.93,
        },
    ),
    _Values(
        "cifar10_error",
        "CIFAR-10 test error, best of five runs",
        _HE_TABLE_6,
        {"cifar_resnet110": 6.43},
    ),
    _Values(
        "cifar10_error_mean",
        "CIFAR-10 test error, mean of five runs",
        _HE_TABLE_6,
        {"cifar_resnet110": 6.61},
    ),
    _Values(
        "parameters",
        "Parameters",
        _HE_TABLE_6,
        {
            "cifar_resnet20": 0.27,
            "cifar_resnet32": 0.46,
            "cifar_resnet44": 0.66,
            "cifar_resnet56": 0.85,
            "cifar_resnet110": 1.7,
            "cifar_resnet1202": 19.4,
        },
        "million",
    ),
    _Values(
        "cifar10_error",
        "CIFAR-10 test error, median of five runs",
        _MAPPINGS_TABLE_1,
        {
            "cifar_resnet110_scaling": 12.35,
            "cifar_resnet110_exclusive_gate": 8.70,
            "cifar_resnet110_shortcut_gate": 6.91,
            "cifar_resnet110_conv1x1": 12.22,
        },
    ),
    _Values(
        "cifar10_error",
        "CIFAR-10 test error",
        _MAPPINGS_TABLE_2,
        {
            "cifar_resnet110_bn_after": 8.17,
            "cifar_resnet110_relu_before": 7.84,
            "cifar_resnet110_relu_only": 6.71,
            "cifar_preact_resnet110": 6.37,
            "cifar_resnet164": 5.93,
            "cifar_resnet164_bn_after": 6.50,
            "cifar_resnet164_relu_before": 6.14,
            "cifar_resnet164_relu_only": 5.91,
            "cifar_preact_resnet164": 5.46,
        },
    ),
    _Values(
        "cifar10_error",
        "CIFAR-10 test error",
        _MAPPINGS_TABLE_3,
        {"cifar_resnet1001": 7.61, "cifar_preact_resnet1001": 4.92},
    ),
    _Values(
        "cifar10_error_batch64",
        "CIFAR-10 test error, trained in batches of 64",
        _MAPPINGS_TABLE_4,
        {"cifar_preact_resnet1001": 4.62},
    ),
    _Values(
        "cifar100_error",
        "CIFAR-100 test error",
        _MAPPINGS_TABLE_3,
        {
            "cifar_resnet164": 25.16,
            "cifar_preact_resnet164": 24.33,
            "cifar_resnet1001": 27.82,
            "cifar_preact_resnet1001": 22.71,
        },
    ),
    _Values(
        "parameters",
        "Parameters",
        _MAPPINGS_TABLE_4,
        {"cifar_resnet164": 1.7, "cifar_preact_resnet164": 1.7},
        "million",
    ),
    _Values(
        "weights",
        "Parameters without those of batch normalisation",
        _MAPPINGS_TABLE_4,
        {"cifar_resnet1001": 10.2, "cifar_preact_resnet1001": 10.2},
        "million",
    ),
    _Values(
        "cifar10_error",
        "CIFAR-10 test error",
        "github.com/yueatsprograms/Stochastic_Depth, README",
        {"cifar_resnet110_stochastic": 5.23},
    ),
    _Values(
        "cifar10_error",
        "CIFAR-10 test error",
        "Huang et al. 2016, abstract",
        {"cifar_resnet1202_stochastic": 4.91},
    ),
    _Values(
        "cifar10_error",
        "CIFAR-10 test error, ZCA-whitened pictures",
        f"{_WIDE}, table 4",
        {"wrn22_8": 4.38, "wrn40_1": 6.85, "wrn40_2": 5.33},
    ),
    _Values(
        "cifar100_error",
        "CIFAR-100 test error, ZCA-whitened pictures",
        f"{_WIDE}, table 4",
        {"wrn22_8": 21.22, "wrn40_1": 30.89, "wrn40_2": 26.04},
    ),
    _Values(
        "parameters",
        "Parameters",
        f"{_WIDE}, table 4",
        {
            "wrn16_8": 11.0,
            "wrn22_8": 17.2,
            "wrn28_10": 36.5,
            "wrn40_1": 0.6,
            "wrn40_2": 2.2,
            "wrn40_4": 8.9,
        },
        "million",
    ),
    _Values(
        "cifar10_error",
        "CIFAR-10 test error",
        f"{_WIDE}, table 5",
        {"wrn16_8": 4.27, "wrn40_4": 4.53},
    ),
    _Values(
        "cifar100_error",
        "CIFAR-100 test error",
        f"{_WIDE}, table 5",
        {"wrn16_8": 20.43, "wrn40_4": 21.18},
    ),
    _Values(
        "cifar10_error",
        "CIFAR-10 test error",
        f"{_WIDE}, table 6",
        {"wrn16_4": 5.02, "wrn28_10": 4.00, "wrn28_10_dropout": 3.89, "wrn52_1": 6.43},
    ),
    _Values(
        "cifar100_error",
        "CIFAR-100 test error",
        f"{_WIDE}, table 6",
        {"wrn16_4": 24.03, "wrn28_10": 19.25, "wrn28_10_dropout": 18.85, "wrn52_1": 29.89},
    ),
)
"""A figure that two of them give would be overwritten; a test sees to it that none does."""
