"""What the present network can be compared with: variants of itself, and networks that exist.

A variant that the network's other choices do not allow is not offered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.spec import (
    ActivationOrder,
    BlockKind,
    NetworkSpec,
    ShortcutKind,
    StemKind,
    StridePlace,
)
from resnet_studio.errors import SpecError
from resnet_studio.gui.architecture.labels import tr
from resnet_studio.training.runs import RunListing

_CONVOLUTIONS: Mapping[BlockKind, int] = {BlockKind.BASIC: 2, BlockKind.BOTTLENECK: 3}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A network that the present one can be compared with.

    Attributes:
        group: Heading it stands under.
        title: What a person reads in the list.
        note: What stands beside it, in muted letters.
        spec: The network.
        network: What its drawing is called.
        comes_first: Whether it is the one before, and the present network the one after.
    """

    group: str
    title: str
    note: str
    spec: NetworkSpec
    network: str
    comes_first: bool = False


def variants(spec: NetworkSpec, name: str) -> Iterator[Candidate]:
    """Yields what differs from the present network in one choice of the papers.

    Args:
        spec: The present network.
        name: What it is called.
    """
    yield from _other_block(spec, name)
    yield from _other_shortcuts(spec, name)
    if spec.block is BlockKind.BOTTLENECK:
        yield from _other_stride(spec, name)
    yield from _other_order(spec, name)


def before_last_change(previous: NetworkSpec | None, name: str) -> Iterator[Candidate]:
    """Yields the network that undoing would bring back, if there is one."""
    if previous is not None:
        yield Candidate(
            tr("Before the last change"), name, previous.name, previous, name, comes_first=True
        )


def catalogue() -> Iterator[Candidate]:
    """Yields every network of the literature."""
    for entry in CATALOG.values():
        note = tr("{depth} layers").format(depth=entry.spec.depth)
        yield Candidate(
            tr("Networks of the literature"), entry.title, note, entry.spec, entry.title
        )


def trained(listings: Sequence[RunListing]) -> Iterator[Candidate]:
    """Yields the networks of earlier runs, the newest first; broken runs have none."""
    for listing in listings:
        if listing.config is not None:
            spec, name = listing.config.network, listing.folder.name
            yield Candidate(tr("Networks of earlier runs"), name, spec.name, spec, name)


def _variant(
    spec: NetworkSpec, title: str, network: str, *, comes_first: bool, **changes: Any
) -> Iterator[Candidate]:
    """Yields the network with these changes, unless its other choices do not allow them."""
    try:
        other = spec.replace(**changes)
    except SpecError:
        return
    note = tr("{depth} layers").format(depth=other.depth)
    yield Candidate(tr("Variants of this network"), title, note, other, network, comes_first)


def _other_block(spec: NetworkSpec, name: str) -> Iterator[Candidate]:
    basic = spec.block is BlockKind.BASIC
    kind = BlockKind.BOTTLENECK if basic else BlockKind.BASIC
    words = tr("bottleneck blocks") if basic else tr("basic blocks")
    title = tr("Basic against bottleneck: as many blocks")
    network = tr("{name} with {variant}").format(name=name, variant=words)
    yield from _variant(spec, title, network, comes_first=not basic, block=kind)
    depths = equally_deep(spec, kind)
    if depths != spec.depths:
        title = tr("Basic against bottleneck: nearly equal depth")
        network = tr("{name} with {variant}, nearly equal depth").format(name=name, variant=words)
        yield from _variant(spec, title, network, comes_first=not basic, block=kind, depths=depths)


def equally_deep(spec: NetworkSpec, kind: BlockKind) -> tuple[int, ...]:
    """Returns blocks per stage with which `kind` comes nearest to the depth of `spec`.

    Each stage keeps its share of the convolutions, rounded by largest remainder, and at least
    one block.
    """
    wanted = [count * _CONVOLUTIONS[spec.block] / _CONVOLUTIONS[kind] for count in spec.depths]
    depths = [max(1, int(count)) for count in wanted]
    missing = round(sum(wanted)) - sum(depths)
    by_remainder = sorted(
        range(len(wanted)), key=lambda stage: wanted[stage] - depths[stage], reverse=True
    )
    for stage in by_remainder[: max(0, missing)]:
        depths[stage] += 1
    return tuple(depths)


def _other_shortcuts(spec: NetworkSpec, name: str) -> Iterator[Candidate]:
    present = spec.shortcut
    if present is ShortcutKind.NONE:
        kind = ShortcutKind.A if spec.stem is StemKind.CIFAR else ShortcutKind.B
        title = tr("Plain against residual")
        network = tr("{name} with shortcuts").format(name=name)
        yield from _variant(spec, title, network, comes_first=False, shortcut=kind)
        return
    network = tr("{name} without shortcuts").format(name=name)
    title = tr("Plain against residual")
    yield from _variant(spec, title, network, comes_first=True, shortcut=ShortcutKind.NONE)
    options = (ShortcutKind.A, ShortcutKind.B, ShortcutKind.C)
    for kind in options:
        if kind is not present:
            first, second = sorted((present, kind), key=options.index)
            title = tr("Shortcut option {first} against {second}").format(
                first=first.value, second=second.value
            )
            network = tr("{name} with option {kind}").format(name=name, kind=kind.value)
            yield from _variant(spec, title, network, comes_first=kind is first, shortcut=kind)


def _other_stride(spec: NetworkSpec, name: str) -> Iterator[Candidate]:
    original = spec.stride_on is StridePlace.CONV1
    kind = StridePlace.CONV2 if original else StridePlace.CONV1
    place = tr("stride on the 3×3") if original else tr("stride on the 1×1")
    network = tr("{name}, {variant}").format(name=name, variant=place)
    title = tr("v1 (stride on the 1×1) against v1.5 (on the 3×3)")
    yield from _variant(spec, title, network, comes_first=not original, stride_on=kind)


def _other_order(spec: NetworkSpec, name: str) -> Iterator[Candidate]:
    original = spec.order is ActivationOrder.ORIGINAL
    kind = ActivationOrder.FULL_PREACTIVATION if original else ActivationOrder.ORIGINAL
    order = tr("full pre-activation") if original else tr("the original order")
    network = tr("{name} with {variant}").format(name=name, variant=order)
    title = tr("Original order against pre-activation")
    if not original and not spec.order.preactivated:
        title = tr("Original order against this one")
    yield from _variant(spec, title, network, comes_first=not original, order=kind)
