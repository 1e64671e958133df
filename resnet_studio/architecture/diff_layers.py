"""Which layers of two blocks (or stems, or heads) belong together, and how a pair differs.

Layers are paired by what they are for, not by their place in the row: the second convolution of
one residual branch belongs to the second of the other, the ReLU after the addition to the ReLU
after the addition, a zero padding to the projection that stands in its place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from resnet_studio.architecture.elements import Block, Layer, LayerKind, Section, Shape


class Aspect(StrEnum):
    """In what a layer, block or section differs."""

    LAYER = "layer"
    BLOCKS = "blocks"
    SHORTCUT = "shortcut"
    KERNEL = "kernel"
    STRIDE = "stride"
    PADDING = "padding"
    GROUPS = "groups"
    CHANNELS_READ = "channels read"
    CHANNELS = "channels"
    MAP = "map"
    PARAMETERS = "parameters"
    READS = "reads"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which two parts differ, with both values as text."""

    aspect: Aspect
    before: str
    after: str

    def __str__(self) -> str:
        """Returns "stride 2 → 1"."""
        return f"{self.aspect} {self.before} → {self.after}"


class LayerPair(NamedTuple):
    """Two layers that belong together, or one that has no counterpart.

    Attributes:
        before: Layer of the first network; None if only the second has it.
        after: Layer of the second network; None if only the first has it.
        differences: In what the two differ; empty if they do the same, or if one is missing.
    """

    before: Layer | None
    after: Layer | None
    differences: tuple[Difference, ...] = ()


_OUTSIDE: Final = "the block's input"
_WINDOWED: Final = frozenset((LayerKind.CONV, LayerKind.MAX_POOL, LayerKind.ZERO_PAD))
_WEIGHING: Final = frozenset((LayerKind.CONV, LayerKind.LINEAR, LayerKind.GATE))
_IN_TITLES: Final = frozenset((Aspect.KERNEL, Aspect.STRIDE, Aspect.GROUPS, Aspect.CHANNELS))
"""Differences that also make the titles of two layers differ."""
_WEIGHTS: Final = frozenset((Aspect.KERNEL, Aspect.GROUPS, Aspect.CHANNELS_READ, Aspect.CHANNELS))
"""Differences that also make the number of parameters differ."""


class _Role(NamedTuple):
    """What a layer is for within its block.

    Attributes:
        layer: The layer.
        place: "branch", "shortcut" or "merge"; always "branch" in stem and head.
        kind: Its kind; a zero padding counts as the convolution that may stand in its place.
        name: Its name within the block: "conv1".
        reads: What it reads first: a name within the block, or `_OUTSIDE`.
    """

    layer: Layer
    place: str
    kind: LayerKind
    name: str
    reads: str


def own_name(layer: Layer, owner: Section | Block) -> str:
    """Returns the name of a layer within its block ("conv1"), or its whole name elsewhere."""
    return layer.name.removeprefix(f"{owner.name}.")


def paired(before: Section | Block, after: Section | Block) -> Iterator[LayerPair]:
    """Yields the layers of two blocks, stems or heads, those that belong together as pairs.

    The order is that of `after`; what only `before` has follows what it followed there.
    """
    old, new = list(_roles(before)), list(_roles(after))
    partners = _partners(old, new)
    names = {old[index].name: new[place].name for index, place in partners.items()}
    waiting = _left_behind(len(old), partners)
    yield from (LayerPair(old[index].layer, None) for index in waiting.get(None, ()))
    origins = {place: index for index, place in partners.items()}
    for place, role in enumerate(new):
        index = origins.get(place)
        if index is None:
            yield LayerPair(None, role.layer)
            continue
        yield LayerPair(old[index].layer, role.layer, _differences(old[index], role, names))
        yield from (LayerPair(old[left].layer, None) for left in waiting.get(index, ()))


# -- who belongs to whom --------------------------------------------------------------------------


def _roles(owner: Section | Block) -> Iterator[_Role]:
    shortcut = frozenset(id(layer) for layer in owner.shortcut) if isinstance(owner, Block) else ()
    merge = frozenset(id(layer) for layer in owner.merge) if isinstance(owner, Block) else ()
    known: set[str] = set()
    for layer in owner.layers:
        place = "shortcut" if id(layer) in shortcut else "merge" if id(layer) in merge else "branch"
        kind = LayerKind.CONV if layer.kind is LayerKind.ZERO_PAD else layer.kind
        source = layer.inputs[0]
        reads = source.removeprefix(f"{owner.name}.") if source in known else _OUTSIDE
        known.add(layer.name)
        yield _Role(layer, place, kind, own_name(layer, owner), reads)


def _partners(old: Sequence[_Role], new: Sequence[_Role]) -> dict[int, int]:
    """Returns the index in `new` for each index in `old` that has a counterpart.

    First come layers of one name at one place, then the first with the first of a kind at one
    place, and last those of one name that have moved to another place.
    """
    partners: dict[int, int] = {}
    _pair_off(partners, old, new, key=lambda role: (role.place, role.kind, role.name))
    _pair_off(partners, old, new, key=lambda role: (role.place, role.kind))
    _pair_off(partners, old, new, key=lambda role: (role.kind, role.name))
    return partners


def _pair_off(
    partners: dict[int, int],
    old: Sequence[_Role],
    new: Sequence[_Role],
    *,
    key: Callable[[_Role], Hashable],
) -> None:
    """Adds partners among those that are left, in order, if their keys are equal."""
    taken = set(partners.values())
    if len(partners) == len(old) or len(taken) == len(new):
        return
    free: dict[Hashable, list[int]] = defaultdict(list)
    for place in reversed(range(len(new))):
        if place not in taken:
            free[key(new[place])].append(place)
    for index, role in enumerate(old):
        if index not in partners and (places := free.get(key(role))):
            partners[index] = places.pop()


def _left_behind(count: int, partners: Mapping[int, int]) -> dict[int | None, list[int]]:
    """Returns the indexes without a partner, by the last index before them that has one."""
    waiting: dict[int | None, list[int]] = defaultdict(list)
    last: int | None = None
    for index in range(count):
        if index in partners:
            last = index
        else:
            waiting[last].append(index)
    return waiting


# -- how a pair differs ---------------------------------------------------------------------------


def _differences(old: _Role, new: _Role, names: Mapping[str, str]) -> tuple[Difference, ...]:
    """Returns how a pair differs; `names` leads from names in the first block to the second's."""
    found = [*_made_differently(old.layer, new.layer)]
    before = names.get(old.reads, _OUTSIDE)
    # Behind a layer that only one of them has a layer reads something else without having moved.
    gone = old.reads not in names and old.reads != _OUTSIDE
    added = new.reads not in names.values() and new.reads != _OUTSIDE
    if before != new.reads and not gone and not added:
        found.append(Difference(Aspect.READS, before, new.reads))
    return tuple(found)


def _made_differently(before: Layer, after: Layer) -> Iterator[Difference]:
    """Yields what a person would have to change in one layer to have the other."""
    if _essence(before) == _essence(after):
        return
    if before.kind is not after.kind:
        yield Difference(Aspect.LAYER, before.title, after.title)
        yield from shape_differences(before.output_shape, after.output_shape)
        return
    found = [*_window_differences(before, after)]
    if before.kind in _WEIGHING and before.input_shape[0] != after.input_shape[0]:
        found.append(_numbers(Aspect.CHANNELS_READ, before.input_shape[0], after.input_shape[0]))
    found += shape_differences(before.output_shape, after.output_shape)
    told = {difference.aspect for difference in found}
    if before.title != after.title and not told & _IN_TITLES:  # a rate, a bias
        found.append(Difference(Aspect.LAYER, before.title, after.title))
    elif before.parameters != after.parameters and not told & _WEIGHTS:
        found.append(_numbers(Aspect.PARAMETERS, before.parameters, after.parameters))
    yield from found


def _essence(layer: Layer) -> tuple[object, ...]:
    """Returns all that a layer does; not where it stands, and not what that lets it see."""
    return (
        layer.kind,
        layer.title,
        layer.input_shape,
        layer.output_shape,
        layer.kernel,
        layer.stride,
        layer.padding,
        layer.groups,
        layer.parameters,
    )


def _window_differences(before: Layer, after: Layer) -> Iterator[Difference]:
    if before.kernel != after.kernel:
        yield Difference(Aspect.KERNEL, _square(before.kernel), _square(after.kernel))
    if before.kind not in _WINDOWED:  # the pool over the whole map has the map's step
        return
    if before.stride != after.stride:
        yield _numbers(Aspect.STRIDE, before.stride, after.stride)
    if before.kernel == after.kernel and before.padding != after.padding:
        yield _numbers(Aspect.PADDING, before.padding, after.padding)
    if before.groups != after.groups:
        yield _numbers(Aspect.GROUPS, before.groups, after.groups)


def shape_differences(before: Shape, after: Shape) -> Iterator[Difference]:
    """Yields in what two shapes differ: channels, and height and width of the map."""
    if before[0] != after[0]:
        yield _numbers(Aspect.CHANNELS, before[0], after[0])
    if before[1:] != after[1:]:
        yield Difference(Aspect.MAP, _map(before), _map(after))


def _numbers(aspect: Aspect, before: int, after: int) -> Difference:
    return Difference(aspect, f"{before:,}", f"{after:,}")


def _square(side: int) -> str:
    return f"{side}×{side}"


def _map(shape: Shape) -> str:
    return "×".join(map(str, shape[1:])) or "none"
