"""What no single field of a spec can be blamed for alone: fields that do not fit together.

Also the bounds on the whole network. They are computed from the spec, before anything of the
network's size is made, so that a hostile spec file cannot exhaust memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

from resnet_studio.architecture.choices import (
    MAX_DEPTH,
    MAX_MAP_ELEMENTS,
    MAX_PARAMETERS,
    BlockKind,
    ShortcutKind,
    ShortcutType,
    StemKind,
    StridePlace,
)
from resnet_studio.architecture.textforms import shown

if TYPE_CHECKING:
    from resnet_studio.architecture.spec import NetworkSpec

LEAST_TUTORIAL_SIZE = 11
"""Pixels of which the tutorial stem's two unpadded windows leave one."""


_PLAIN_INNER = (("groups", 1), ("base_width", 64))
"""What leaves the inner width of a bottleneck block at the width of its stage."""


def check_together(spec: NetworkSpec) -> None:
    """Refuses a spec whose fields are allowed one by one but not together.

    Raises:
        PydanticCustomError: With the field to change, the message and the remedy.
    """
    _check_name(spec)
    _check_stages(spec)
    _check_stem(spec)
    _check_block(spec)
    _check_zero_padding(spec)
    _check_shortcut_type(spec)
    _check_training_only(spec)
    _check_size(spec)


def _refusal(field: str, message: str, remedy: str) -> PydanticCustomError:
    """Returns the error of one field, in words that are shown as they are."""
    context = {"field": field, "message": message, "remedy": remedy}
    return PydanticCustomError("spec", "{message}", context)


def _check_name(spec: NetworkSpec) -> None:
    if not spec.name.isprintable() or spec.name != spec.name.strip():
        raise _refusal(
            "name",
            f"name is {shown(spec.name)}: it has control characters or outer spaces.",
            "Use letters, digits, spaces and signs on one line.",
        )


def _check_stages(spec: NetworkSpec) -> None:
    if len(spec.depths) != len(spec.widths):
        raise _refusal(
            "widths",
            f"depths names {len(spec.depths)} stages and widths {len(spec.widths)}.",
            "Give one depth and one width for each stage.",
        )
    if spec.depth > MAX_DEPTH:
        raise _refusal(
            "depths",
            f"depths {shown(spec.depths)} make {spec.depth:,} layers; the most is {MAX_DEPTH:,}.",
            "Use fewer blocks.",
        )


def _check_stem(spec: NetworkSpec) -> None:
    if spec.stem is StemKind.DEEP and spec.stem_width < 2:
        raise _refusal(
            "stem_width",
            "stem_width is 1; the deep stem's first convolutions have half of it.",
            "Use a stem_width of at least 2.",
        )
    if spec.stem is StemKind.TUTORIAL and spec.input_size < LEAST_TUTORIAL_SIZE:
        raise _refusal(
            "input_size",
            f"input_size is {spec.input_size}, of which the tutorial stem leaves nothing: its "
            "windows of 7 and 3 pixels are not padded.",
            f"Use an input_size of at least {LEAST_TUTORIAL_SIZE}.",
        )


def _check_block(spec: NetworkSpec) -> None:
    if spec.block is BlockKind.BASIC:
        for field, only in (("expansion", 1), ("groups", 1), ("base_width", 64)):
            if (value := getattr(spec, field)) != only:
                raise _refusal(
                    field,
                    f"{field} is {value}; with basic blocks it must be {only}.",
                    f"Set {field} to {only}, or choose bottleneck blocks.",
                )
    if 0 in spec.inner_widths:
        narrow = spec.widths[spec.inner_widths.index(0)]
        raise _refusal(
            "base_width",
            f"base_width is {spec.base_width}, which leaves a group of a stage of width {narrow} "
            f"without channels ({narrow} × {spec.base_width} / 64 is less than 1).",
            f"Use a base_width of at least {-(-64 // narrow)}.",
        )


def _check_zero_padding(spec: NetworkSpec) -> None:
    if spec.shortcut is not ShortcutKind.A or spec.shortcut_type is ShortcutType.CONV:
        return
    before = spec.stem_width
    for stage, after in enumerate(spec.channels, start=1):
        if after < before:
            raise _refusal(
                "shortcut",
                f"shortcut is A, which can only add channels, but stage {stage} goes from "
                f"{before} to {after}.",
                "Widen the stage, or choose shortcut B or C.",
            )
        before = after


def _check_shortcut_type(spec: NetworkSpec) -> None:
    kind = spec.shortcut_type
    if kind is ShortcutType.IDENTITY:
        return
    if spec.shortcut is ShortcutKind.NONE:
        raise _refusal(
            "shortcut_type",
            f'shortcut_type is "{kind}" and shortcut is none: a plain network has no shortcut '
            "that could do anything.",
            'Choose shortcut A, B or C, or the shortcut_type "identity".',
        )
    if kind is ShortcutType.CONV and spec.shortcut is not ShortcutKind.A:
        raise _refusal(
            "shortcut_type",
            f'shortcut_type is "{kind}" and shortcut is {spec.shortcut}: a 1×1 convolution on '
            "every shortcut leaves nothing to project.",
            "Choose shortcut A, as He et al. 2016; shortcut C is the same with batch "
            "normalisation.",
        )


def _check_training_only(spec: NetworkSpec) -> None:
    """Refuses what would only act while the network is trained, where it cannot act."""
    if spec.dropout and spec.block is not BlockKind.BASIC:
        raise _refusal(
            "dropout",
            f"dropout is {spec.dropout:g}; it stands between the two 3×3 convolutions of a basic "
            "block (Zagoruyko and Komodakis 2016).",
            "Set dropout to 0, or choose basic blocks.",
        )
    if spec.stochastic_depth and spec.shortcut is ShortcutKind.NONE:
        raise _refusal(
            "stochastic_depth",
            f"stochastic_depth is {spec.stochastic_depth:g}; without shortcuts nothing is left "
            "when a block is dropped.",
            "Set stochastic_depth to 0, or choose shortcut A, B or C.",
        )
    if (
        spec.zero_init_residual
        and spec.shortcut is not ShortcutKind.NONE
        and not spec.order.bn_ends_branch
    ):
        raise _refusal(
            "zero_init_residual",
            f'zero_init_residual is true; with the order "{spec.order}" no batch normalisation '
            "ends the residual branch that could start at zero.",
            'Set zero_init_residual to false, or choose the order "original".',
        )


def _check_size(spec: NetworkSpec) -> None:
    if (weights := weight_count(spec)) > MAX_PARAMETERS:
        raise _too_many_weights(spec, weights)
    if (elements := largest_map(spec)) > MAX_MAP_ELEMENTS:
        raise _refusal(
            "input_size",
            f"input_size is {spec.input_size}, which makes a feature map of {elements:,} numbers; "
            f"the most is {MAX_MAP_ELEMENTS:,}.",
            "Use a smaller input size or narrower stages.",
        )


def _too_many_weights(spec: NetworkSpec, weights: int) -> PydanticCustomError:
    """Returns the error of what is at fault: the inner width of the blocks, or the stages."""
    changed = {field: only for field, only in _PLAIN_INNER if getattr(spec, field) != only}
    field = "widths"
    if _allowed(spec, **changed):
        alone = (field for field, only in changed.items() if _allowed(spec, **{field: only}))
        field = next(alone, next(iter(changed)))
    named = "".join(f", {field} {getattr(spec, field)}" for field in changed)
    ways = ["fewer groups"] if spec.groups > 1 else []
    ways += ["a smaller base_width", "narrower stages"] if changed else ["narrower stages"]
    return _refusal(
        field,
        f"widths {shown(spec.widths)} with depths {shown(spec.depths)}{named} make {weights:,} "
        f"weights; the most is {MAX_PARAMETERS:,}.",
        f"Use {', '.join(ways)} or fewer blocks.",
    )


def _allowed(spec: NetworkSpec, **changes: int) -> bool:
    return weight_count(spec.model_copy(update=changes)) <= MAX_PARAMETERS


def weight_count(spec: NetworkSpec) -> int:
    """Returns the weights of all convolutions and linear layers, without biases.

    The graph says the same, but this must be known before anything of that size is made.
    """
    total = _stem_weights(spec)
    before = spec.stem_width
    stages = zip(spec.depths, spec.inner_widths, spec.channels, strict=True)
    for stage, (blocks, inner, after) in enumerate(stages):
        total += _branch_weights(spec, before, inner, after)
        total += _shortcut_weights(spec, before, after, changes=stage > 0 or before != after)
        again = _branch_weights(spec, after, inner, after)
        again += _shortcut_weights(spec, after, after, changes=False)
        total += (blocks - 1) * again
        before = after
    return total + before * spec.classes


def _stem_weights(spec: NetworkSpec) -> int:
    if spec.stem is StemKind.DEEP:
        half = spec.stem_width // 2
        return 9 * half * (spec.in_channels + half + spec.stem_width)
    kernel = 3 if spec.stem is StemKind.CIFAR else 7
    return kernel * kernel * spec.in_channels * spec.stem_width


def _branch_weights(spec: NetworkSpec, before: int, inner: int, after: int) -> int:
    gate = 2 * after * max(1, after // spec.se_reduction) if spec.se_reduction else 0
    if spec.block is BlockKind.BASIC:
        return 9 * (before * after + after * after) + gate
    return before * inner + 9 * inner * inner // spec.groups + inner * after + gate


def _shortcut_weights(spec: NetworkSpec, before: int, after: int, *, changes: bool) -> int:
    projects = spec.shortcut is ShortcutKind.C or (spec.shortcut is ShortcutKind.B and changes)
    layers = int(projects or spec.shortcut_type is ShortcutType.CONV)
    if spec.shortcut_type.gated:
        layers += 9 if spec.shortcut_type is ShortcutType.HIGHWAY else 1
    return layers * before * after


def largest_map(spec: NetworkSpec) -> int:
    """Returns the elements of the largest feature map, each halving rounded up."""
    size = spec.input_size
    largest = spec.in_channels * size * size
    if spec.stem is not StemKind.CIFAR:  # without padding the tutorial's is smaller still
        size = -(-size // 2)
    largest = max(largest, spec.stem_width * size * size)
    if spec.stem is not StemKind.CIFAR:
        size = -(-size // 2)
    bottleneck = spec.block is BlockKind.BOTTLENECK
    for stage, (inner, after) in enumerate(zip(spec.inner_widths, spec.channels, strict=True)):
        halved = size if stage == 0 else -(-size // 2)
        # The first 1x1 of a bottleneck still works at the old size if the 3x3 has the stride.
        early = size if bottleneck and spec.stride_on is StridePlace.CONV2 else halved
        largest = max(largest, after * halved * halved, inner * early * early)
        size = halved
    return largest
