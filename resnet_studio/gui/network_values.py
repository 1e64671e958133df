"""What the fields of the network form mean: presets, depths, lists of numbers, doubling widths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.spec import (
    BlockKind,
    NetworkSpec,
    StemKind,
    applies,
    depths_for,
)
from resnet_studio.errors import SpecError

CUSTOM = "custom"
USUAL_SIZE: Final[Mapping[StemKind, int]] = {
    StemKind.IMAGENET: 224,
    StemKind.DEEP: 224,
    StemKind.CIFAR: 32,
    StemKind.TUTORIAL: 96,
}
"""Pixels of the pictures for which a stem was published."""
DEPTH_RANGE: Final = (3, 4000)
_UNSEEN: Final = frozenset(
    ("name", "classes", "input_size", "initialisation", "zero_init_residual", "gate_bias")
)
"""Fields that do not make another network: what it is called, sees and answers, how it starts."""


def matching_preset(spec: NetworkSpec) -> str | None:
    """Returns the catalogue id with this structure, whatever the classes and the input size.

    Of several, that of the spec's own name; else the one that has most other fields alike.
    """
    found = _presets().get(structure(spec), ())
    if spec.name in found:
        return spec.name
    return max(found, key=lambda key: _alike(CATALOG[key].spec, spec), default=None)


def structure(spec: NetworkSpec) -> tuple[tuple[str, Any], ...]:
    """Returns what makes two networks the same preset: the fields that have an effect."""
    return tuple(
        (name, getattr(spec, name))
        for name in NetworkSpec.model_fields
        if name not in _UNSEEN and applies(spec, name)
    )


@cache
def _presets() -> Mapping[tuple[tuple[str, Any], ...], tuple[str, ...]]:
    """The ids of the catalogue by structure; all in one pass, as the form asks at each change."""
    found: dict[tuple[tuple[str, Any], ...], tuple[str, ...]] = {}
    for key, entry in CATALOG.items():
        alike = structure(entry.spec)
        found[alike] = (*found.get(alike, ()), key)
    return found


def _alike(first: NetworkSpec, second: NetworkSpec) -> int:
    return sum(getattr(first, name) == getattr(second, name) for name in _UNSEEN)


def named(spec: NetworkSpec) -> NetworkSpec:
    """Returns the network under the name of its preset, or as a custom one."""
    return spec.replace(name=matching_preset(spec) or CUSTOM)


# -- depths ---------------------------------------------------------------------------------------


def known_depths(spec: NetworkSpec) -> list[int]:
    """Returns the depths of the catalogue that the network can have, shallowest first.

    On ImageNet another depth may bring other blocks, as 34 and 50 do; on CIFAR any depth is one
    of either kind of block, so only those of the same kind are offered.
    """
    on_cifar = spec.stem is StemKind.CIFAR
    depths = {
        entry.spec.depth
        for entry in CATALOG.values()
        if entry.spec.stem is spec.stem
        and entry.spec.counts_projections == spec.counts_projections
        and (entry.spec.block is spec.block or not on_cifar)
    }
    return [depth for depth in sorted(depths) if _can_have(spec, depth)]


def _can_have(spec: NetworkSpec, depth: int) -> bool:
    try:
        spec.replace(**changes_for_depth(spec, str(depth), ""))
    except SpecError:
        return depth == spec.depth
    return True


def changes_for_depth(spec: NetworkSpec, text: str, complaint: str) -> dict[str, Any]:
    """Returns what makes the network as deep as was typed; nothing if it is already.

    Args:
        spec: The present network.
        text: What was typed.
        complaint: What to say of anything that is no number of layers; with {low} and {high}.

    Raises:
        SpecError: If no network of that stem has the depth; the message names the nearest.
    """
    low, high = DEPTH_RANGE
    text = text.strip()
    if not text.isdecimal() or len(text) > len(str(high)) or not low <= int(text) <= high:
        raise SpecError(complaint.format(low=low, high=high))
    if int(text) == spec.depth:
        return {}
    changes = _blocks_for_depth(spec, int(text))
    if len(changes["depths"]) != len(spec.widths):
        changes["widths"] = doubled(spec.widths[0], len(changes["depths"]))
    return changes


def _blocks_for_depth(spec: NetworkSpec, depth: int) -> dict[str, Any]:
    try:
        depths = depths_for(
            depth,
            block=spec.block,
            stem=spec.stem,
            counts_projections=spec.counts_projections,
        )
    except SpecError as refusal:
        # «Depth 34» means the published ResNet-34, whose blocks are basic. On CIFAR 57 is no
        # depth of either kind, and the refusal that names the nearest is what helps.
        other = next(kind for kind in BlockKind if kind is not spec.block)
        if spec.stem is StemKind.CIFAR:
            raise _with_other_block(refusal, depth, other) from None
        try:
            return {"block": other, "depths": depths_for(depth, block=other, stem=spec.stem)}
        except SpecError:
            raise refusal from None
    return {"depths": depths}


def _with_other_block(refusal: SpecError, depth: int, other: BlockKind) -> SpecError:
    """Returns the refusal of a depth on CIFAR; says if the other kind of block has it."""
    try:
        depths_for(depth, block=other, stem=StemKind.CIFAR)
    except SpecError:
        return refusal
    remedy = f"{refusal.remedy} Choose {other} blocks for {depth}."
    return SpecError(refusal.message, field=refusal.field, remedy=remedy)


# -- numbers --------------------------------------------------------------------------------------


def changes_for_list(spec: NetworkSpec, name: str, numbers: tuple[int, ...]) -> dict[str, Any]:
    """Returns what the numbers typed for `depths` or `widths` change.

    One width stands for all, each twice the one before; widths that double go on doubling when
    the number of stages changes.
    """
    if name == "widths":
        return {"widths": doubled(numbers[0], len(spec.depths)) if len(numbers) == 1 else numbers}
    changes: dict[str, Any] = {"depths": numbers}
    if len(numbers) != len(spec.widths) and is_doubled(spec.widths):
        changes["widths"] = doubled(spec.widths[0], len(numbers))
    return changes


def numbers_in(text: str, complaint: str) -> tuple[int, ...]:
    """Returns the whole numbers of a text such as "3, 4, 6, 3" or "[3 4 6 3]".

    Raises:
        SpecError: With `complaint`, if it is anything else.
    """
    parts = text.replace(",", " ").replace("[", " ").replace("]", " ").split()
    if not parts or not all(part.isdecimal() and len(part) < 10 for part in parts):
        raise SpecError(complaint)
    return tuple(int(part) for part in parts)


def doubled(first: int, count: int) -> tuple[int, ...]:
    """Returns `count` widths, each twice the one before."""
    return tuple(first << stage for stage in range(count))


def is_doubled(widths: tuple[int, ...]) -> bool:
    """Tells whether each width is twice the one before."""
    return widths == doubled(widths[0], len(widths))


def shown_widths(widths: tuple[int, ...]) -> str:
    """Returns the text of the width field: one number where the others follow from it."""
    return str(widths[0]) if is_doubled(widths) else listed(widths)


def listed(numbers: Iterable[int]) -> str:
    """Returns "3, 4, 6, 3"."""
    return ", ".join(map(str, numbers))
