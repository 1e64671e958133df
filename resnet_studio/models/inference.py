"""What network the shapes of its tensors tell of.

Works on our names and on shapes alone; nothing of the network's size is made. What comes out is a
guess to be compared, name by name, with the network that it describes; what shapes cannot tell
has the most usual value here and is stated by `resnet_studio.models.assumptions`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain, pairwise
from typing import Any, Final

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.spec import (
    LIMITS,
    ActivationOrder,
    BlockKind,
    NetworkSpec,
    ProjectionKind,
    ShortcutKind,
    ShortcutType,
    StemKind,
    ZeroPadding,
    applies,
    parse_spec,
)
from resnet_studio.models.renaming import HEAD, LAST_BN, ForeignError, Shape, starts_with_bn
from resnet_studio.models.structure import structure

_IN_BLOCK: Final = re.compile(r"layer(\d{1,4})\.(\d{1,4})\.([\w.]{1,100})")
_USUAL_EXPANSION: Final = 4
_USUAL_REDUCTIONS: Final = (16, 8, 4, 32, 2, 64)
_INPUT_SIZES: Final = {StemKind.CIFAR: 32, StemKind.TUTORIAL: 96}
# What weights of one network have in common with those of another that differs in nothing else.
_ALIKE: Final = ("classes", "in_channels")

Block = Mapping[str, Shape]
Stages = list[list[Block]]


def infer(shapes: Mapping[str, Shape]) -> NetworkSpec:
    """Returns the network with tensors of these names and shapes.

    Args:
        shapes: Shape of each tensor under our names; others may be among them.

    Raises:
        ForeignError: If they are of no residual network of this program.
        SpecError: If the network would be one that a spec does not allow.
    """
    stages = _stages(shapes)
    head = _shape(shapes, f"{HEAD}.weight", 2)
    stem = _stem(shapes)
    if "bn1.weight" in stages[0][0] and "bn1.running_mean" not in stages[0][0]:
        raise ForeignError(
            "it normalises without running means, by groups perhaps; here all is batch "
            "normalisation"
        )
    order = _order(shapes, stem["stem"])
    channels = _of_first_blocks(shapes, stages, f"conv{_convolutions(stages)}")
    values: dict[str, Any] = {
        "block": BlockKind.BASIC if _convolutions(stages) == 2 else BlockKind.BOTTLENECK,
        "depths": tuple(len(stage) for stage in stages),
        **stem,
        "order": order,
        "classes": head[0],
        "input_size": _INPUT_SIZES.get(stem["stem"], 224),
        **_branches(shapes, stages, channels),
        **_shortcuts(stages, order, [stem["stem_width"], *channels]),
        "projection": _projection(stages),
        "se_reduction": _reduction(shapes, stages, channels),
    }
    spec = _as_published(parse_spec(values))
    if applies(spec, "shared_first_activation"):
        # So in most programs, though not in the paper.
        spec = spec.replace(shared_first_activation=False)
    return named(spec)


def named(spec: NetworkSpec) -> NetworkSpec:
    """Returns the spec with the name of the catalogue's network of that structure.

    The number of classes may differ. One that differs only in where its zeros are padded is named
    so, as usual weights for CIFAR do; any other is named after its kind and depth.
    """
    if known := _known(spec):
        return spec.replace(name=known)
    if applies(spec, "zero_padding") and spec.zero_padding is ZeroPadding.BOTH:
        usual = _known(spec.replace(zero_padding=ZeroPadding.END))
        if usual:
            return spec.replace(name=f"{usual} (zeros on both sides)")
    kind = "plain network" if spec.shortcut is ShortcutKind.NONE else "ResNet"
    return spec.replace(name=f"inferred {kind}-{spec.depth}")


def _known(spec: NetworkSpec) -> str:
    """Returns the catalogue's first network of that structure, "" if it has none."""
    wanted = _trunk(spec)
    return next((entry.id for entry in CATALOG.values() if _trunk(entry.spec) == wanted), "")


def _stages(shapes: Mapping[str, Shape]) -> Stages:
    """Returns the shapes in each block of each stage; numbers must be without gaps."""
    found: dict[int, dict[int, dict[str, Shape]]] = {}
    for name, shape in shapes.items():
        if match := _IN_BLOCK.fullmatch(name):
            stage, block = int(match[1]), int(match[2])
            found.setdefault(stage, {}).setdefault(block, {})[match[3]] = shape
    if not found:
        raise ForeignError("it has no blocks (layer1.0.conv1.weight)")
    if sorted(found) != list(range(1, len(found) + 1)):
        raise ForeignError(f"its stages are numbered {_listed(found)}, not from 1 on without gaps")
    _check_count("stages", len(found), "stages")
    for number, blocks in found.items():
        _check_count(f"blocks in stage {number}", len(blocks), "depths")
        if sorted(blocks) != list(range(len(blocks))):
            raise ForeignError(
                f"the blocks of its stage {number} are numbered {_listed(blocks)}, not from 0 on "
                "without gaps"
            )
    return [[found[stage][n] for n in sorted(found[stage])] for stage in sorted(found)]


def _check_count(what: str, count: int, field: str) -> None:
    most = LIMITS[field][1]
    if count > most:
        raise ForeignError(f"it has {count:,} {what}; here the most is {most:,}")


def _listed(numbers: Mapping[int, Any]) -> str:
    shown = [str(number) for number in sorted(numbers)[:6]]
    return ", ".join(shown) + (", …" if len(numbers) > len(shown) else "")


def _shape(shapes: Mapping[str, Shape], name: str, axes: int) -> Shape:
    shape = shapes.get(name)
    if shape is None:
        what = "no linear layer for the classes" if name == f"{HEAD}.weight" else f"no {name}"
        raise ForeignError(f"it has {what}")
    if len(shape) != axes or 0 in shape:
        raise ForeignError(f"its {name} has the shape {'×'.join(map(str, shape)) or 'of a number'}")
    return shape


def _stem(shapes: Mapping[str, Shape]) -> dict[str, Any]:
    if "conv1.0.weight" in shapes:
        kind, first = StemKind.DEEP, _shape(shapes, "conv1.0.weight", 4)
        width = _shape(shapes, "conv1.6.weight", 4)[0]
    else:
        first = _shape(shapes, "conv1.weight", 4)
        width = first[0]
        if first[2] == 7:
            kind = StemKind.TUTORIAL if "conv1.bias" in shapes else StemKind.IMAGENET
        elif first[2] == 3:
            kind = StemKind.CIFAR
        else:
            raise ForeignError(f"its first convolution is {first[2]}×{first[3]}; here it is 7 or 3")
    return {"stem": kind, "stem_width": width, "in_channels": first[1]}


def _order(shapes: Mapping[str, Shape], stem: StemKind) -> ActivationOrder:
    if not starts_with_bn(shapes):
        twice = stem is StemKind.TUTORIAL
        return ActivationOrder.RELU_TWICE if twice else ActivationOrder.ORIGINAL
    if f"{LAST_BN}.weight" not in shapes:
        raise ForeignError(
            "its blocks begin with a normalisation and nothing normalises their last sum; here "
            "pre-activation networks end in a normalisation, as in He et al. 2016"
        )
    return ActivationOrder.FULL_PREACTIVATION


def _convolutions(stages: Stages) -> int:
    return 3 if "conv3.weight" in stages[0][0] else 2


def _of_first_blocks(shapes: Mapping[str, Shape], stages: Stages, layer: str) -> list[int]:
    """Returns the output channels of a convolution in the first block of each stage."""
    names = [f"layer{number}.0.{layer}.weight" for number in range(1, len(stages) + 1)]
    return [_shape(shapes, name, 4)[0] for name in names]


def _branches(shapes: Mapping[str, Shape], stages: Stages, channels: list[int]) -> dict[str, Any]:
    """Returns what says how wide the branches are."""
    if _convolutions(stages) == 2:
        return {"widths": tuple(channels)}
    inner = _of_first_blocks(shapes, stages, "conv2")
    reads = _shape(shapes, "layer1.0.conv2.weight", 4)[1]
    groups = max(1, inner[0] // reads)
    for expansion in _expansions(inner, channels):
        widths = tuple(width // expansion for width in channels)
        if (base := _base_width(inner, widths, groups)) is not None:
            fields = {"expansion": expansion, "groups": groups, "base_width": base}
            return {"widths": widths, **fields}
    raise ForeignError(
        f"the widths of its bottlenecks ({_numbers(inner)} inside, {_numbers(channels)} outside) "
        "are of no expansion and base width"
    )


def _expansions(inner: list[int], channels: list[int]) -> Iterator[int]:
    """Yields expansions that all channels allow, the most usual first."""
    least, most = LIMITS["expansion"]
    usual = (_USUAL_EXPANSION, channels[0] // inner[0])
    for expansion in dict.fromkeys(chain(usual, range(least, most + 1))):
        if least <= expansion <= most and not any(width % expansion for width in channels):
            yield expansion


def _base_width(inner: list[int], widths: tuple[int, ...], groups: int) -> int | None:
    """Returns the channels of a group at width 64: 64 if it may be, else the least that fits.

    A group of a stage has width × base / 64 channels, rounded down.
    """
    low, high = LIMITS["base_width"]
    for within, width in zip(inner, widths, strict=True):
        group = within // groups
        low, high = max(low, -(-64 * group // width)), min(high, (64 * group + 63) // width)
    if low > high or any(within % groups for within in inner):
        return None
    return 64 if low <= 64 <= high else low


def _numbers(values: list[int]) -> str:
    return ", ".join(map(str, values[:6]))


def _shortcuts(stages: Stages, order: ActivationOrder, channels: list[int]) -> dict[str, Any]:
    """Returns option and type of the shortcuts, told by which blocks have weights on them.

    Args:
        stages: Shapes in each block.
        order: Where the activations stand.
        channels: Those of the stem, then of each stage.
    """
    blocks = [block for stage in stages for block in stage]
    projects = ["downsample.0.weight" in b or "downsample.1.weight" in b for b in blocks]
    fields: dict[str, Any] = {"shortcut_type": _gates(blocks[0])}
    if not any(projects):
        narrows = any(after < before for before, after in pairwise(channels))
        return fields | {"shortcut": ShortcutKind.NONE if narrows else ShortcutKind.A}
    bare = "downsample.1.weight" not in blocks[0] and "downsample.0.bias" not in blocks[0]
    if all(projects) and bare and order is not ActivationOrder.FULL_PREACTIVATION:
        return {"shortcut": ShortcutKind.A, "shortcut_type": ShortcutType.CONV}
    changes = [
        index == 0 and (number > 0 or channels[0] != channels[1])
        for number, stage in enumerate(stages)
        for index in range(len(stage))
    ]
    every = all(projects) and not all(changes)
    return fields | {"shortcut": ShortcutKind.C if every else ShortcutKind.B}


def _gates(block: Block) -> ShortcutType:
    shape = block.get("gate.conv.weight")
    if shape is None or len(shape) != 4:
        return ShortcutType.IDENTITY
    return ShortcutType.HIGHWAY if shape[2] == 3 else ShortcutType.EXCLUSIVE_GATE


def _projection(stages: Stages) -> ProjectionKind:
    for block in (block for stage in stages for block in stage):
        if "downsample.0.bias" in block and len(block.get("downsample.0.weight", ())) == 4:
            return ProjectionKind.BIAS
        if len(block.get("downsample.1.weight", ())) == 4:
            return ProjectionKind.AVGPOOL
    return ProjectionKind.CONV


def _reduction(shapes: Mapping[str, Shape], stages: Stages, channels: list[int]) -> int:
    """Returns the reduction of the squeeze-and-excitations, 0 without them.

    Where none fits, as in networks that round the hidden channels up, it is the largest that
    leaves room for them all.
    """
    if "se.fc1.weight" not in stages[0][0]:
        return 0
    hidden = _of_first_blocks(shapes, stages, "se.fc1")
    high = LIMITS["se_reduction"][1]
    for reduction in chain(_USUAL_REDUCTIONS, range(1, high + 1)):
        if [max(1, width // reduction) for width in channels] == hidden:
            return reduction
    most = min(width // within for width, within in zip(channels, hidden, strict=True))
    if most < 1:
        raise ForeignError("its squeeze-and-excitations are wider inside than outside")
    return min(most, high)


def _as_published(spec: NetworkSpec) -> NetworkSpec:
    """Returns the network in the factors of the catalogue, where it has one of equal shapes.

    An expansion of 4 and a base width of 128 make the same shapes as 2 and 64.
    """
    for entry in CATALOG.values():
        if _widths(entry.spec) == _widths(spec):
            fields = ("widths", "expansion", "base_width")
            return spec.replace(**{field: getattr(entry.spec, field) for field in fields})
    return spec


def _widths(spec: NetworkSpec) -> tuple[Any, ...]:
    return (
        *(spec.block, spec.depths, spec.channels, spec.inner_widths),
        *(spec.groups, spec.stem, spec.stem_width),
    )


def _trunk(spec: NetworkSpec) -> dict[str, Any]:
    return {field: value for field, value in structure(spec).items() if field not in _ALIKE}
