"""Which fields of a spec have an effect in it.

A field that has none keeps its value, so that going back and forth in a form loses nothing; it is
hidden there, and two networks that differ in nothing else are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from resnet_studio.architecture.choices import (
    BlockKind,
    ShortcutKind,
    ShortcutType,
)

if TYPE_CHECKING:
    from resnet_studio.architecture.spec import NetworkSpec


def applies(spec: NetworkSpec, field: str) -> bool:
    """Returns whether the field has any effect in this network."""
    return why_not(spec, field) == ""


def why_not(spec: NetworkSpec, field: str) -> str:
    """Returns why the field has no effect in this network, as a sentence, or nothing if it has."""
    if field not in _CONDITIONS:
        return ""
    holds, reason = _CONDITIONS[field]
    return "" if holds(spec) else reason


def _bottleneck(spec: NetworkSpec) -> bool:
    return spec.block is BlockKind.BOTTLENECK


def _basic(spec: NetworkSpec) -> bool:
    return spec.block is BlockKind.BASIC


def _residual(spec: NetworkSpec) -> bool:
    return spec.shortcut is not ShortcutKind.NONE


def _pads(spec: NetworkSpec) -> bool:
    return spec.shortcut is ShortcutKind.A and spec.shortcut_type is not ShortcutType.CONV


def _projects(spec: NetworkSpec) -> bool:
    return spec.shortcut in (ShortcutKind.B, ShortcutKind.C)


def _scales(spec: NetworkSpec) -> bool:
    return _residual(spec) and spec.shortcut_type is ShortcutType.SCALING


def _gated(spec: NetworkSpec) -> bool:
    return _residual(spec) and spec.shortcut_type.gated


def _drops(spec: NetworkSpec) -> bool:
    return _residual(spec) and spec.shortcut_type is ShortcutType.DROPOUT


def _first_is_identity(spec: NetworkSpec) -> bool:
    """Whether the first block's shortcut is the identity, so that it can pass an activation."""
    same = spec.stem_width == spec.channels[0]
    convolves = spec.shortcut is ShortcutKind.C or spec.shortcut_type is ShortcutType.CONV
    return spec.order.preactivated and _residual(spec) and same and not convolves


def _bn_ends_branch(spec: NetworkSpec) -> bool:
    return _residual(spec) and spec.order.bn_ends_branch


_Condition = tuple[Callable[["NetworkSpec"], bool], str]
_ONLY_BOTTLENECK: Final = "Only bottleneck blocks have it."
_ONLY_RESIDUAL: Final = "A plain network has no shortcuts."
_CONDITIONS: Final[Mapping[str, _Condition]] = {
    "expansion": (_bottleneck, _ONLY_BOTTLENECK),
    "stride_on": (_bottleneck, _ONLY_BOTTLENECK),
    "groups": (_bottleneck, _ONLY_BOTTLENECK),
    "base_width": (_bottleneck, _ONLY_BOTTLENECK),
    "zero_padding": (_pads, "Only shortcut A adds channels of zeros."),
    "projection": (_projects, "Only shortcuts B and C have projections."),
    "shortcut_type": (_residual, _ONLY_RESIDUAL),
    "shortcut_scale": (_scales, "Only the shortcut type scaling has it."),
    "residual_scale": (_scales, "Only the shortcut type scaling has it."),
    "gate_bias": (_gated, "Only the shortcut types with a gate have it."),
    "shortcut_dropout": (_drops, "Only the shortcut type dropout has it."),
    "shared_first_activation": (
        _first_is_identity,
        "Only pre-activation networks whose first shortcut is the identity have the choice.",
    ),
    "dropout": (_basic, "Only basic blocks have it, between their two convolutions."),
    "stochastic_depth": (_residual, _ONLY_RESIDUAL),
    "zero_init_residual": (
        _bn_ends_branch,
        "Only residual branches that end in a batch normalisation have it.",
    ),
}
