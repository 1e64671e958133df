"""What a residual network is, in sixteen fields: immutable, validated, kept as JSON or TOML.

A `NetworkSpec` says everything that is needed to draw a network, to count it and to build it, and
nothing about training or pictures. The vocabulary is that of He et al. 2015 (arXiv:1512.03385).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from resnet_studio.architecture import textforms
from resnet_studio.errors import SpecError


class BlockKind(StrEnum):
    """The residual branch of a block (He et al. 2015, figure 5)."""

    BASIC = "basic"
    BOTTLENECK = "bottleneck"


class ShortcutKind(StrEnum):
    """What the shortcuts do where the shape changes (He et al. 2015, section 3.3 and 4.1).

    `NONE` is the plain network without shortcuts; `A` pads the new channels with zeros; `B`
    projects where the shape changes; `C` projects in every block.
    """

    NONE = "none"
    A = "A"
    B = "B"
    C = "C"


class StemKind(StrEnum):
    """The root of the network: 7x7/2 convolution and 3x3/2 pool, or one 3x3 convolution."""

    IMAGENET = "imagenet"
    CIFAR = "cifar"


class StridePlace(StrEnum):
    """Which convolution of a bottleneck halves the map: the first 1x1 (original) or the 3x3.

    The second is torchvision's placement, often called "v1.5".
    """

    CONV1 = "1x1"
    CONV2 = "3x3"


class Initialisation(StrEnum):
    """Which fan scales the He normal initialisation of the convolutions (arXiv:1502.01852)."""

    FAN_OUT = "fan_out"
    FAN_IN = "fan_in"


# One home for the bounds: validation, the messages and the form's spin boxes read this table.
# `depths` and `widths` bound each entry; `stages` bounds how many entries both have.
LIMITS: Final[Mapping[str, tuple[int, int]]] = {
    "stages": (1, 6),
    "depths": (1, 1000),
    "widths": (1, 8192),
    "expansion": (1, 16),
    "stem_width": (1, 2048),
    "groups": (1, 1024),
    "base_width": (1, 1024),
    "classes": (2, 100_000),
    "in_channels": (1, 64),
    "input_size": (1, 4096),
}
MAX_DEPTH: Final = 4000
"""Weighted layers; ResNet-1202 is the deepest published network."""
MAX_PARAMETERS: Final = 1_000_000_000
"""Weights of the convolutions and the linear layer: 4 GB as float32."""
MAX_MAP_ELEMENTS: Final = 1 << 28
"""Elements of the largest feature map of one picture: 1 GiB as float32."""
MAX_NAME: Final = 100
"""Characters of a name."""

_CONVOLUTIONS: Final = {BlockKind.BASIC: 2, BlockKind.BOTTLENECK: 3}
_EXPANSIONS: Final = {BlockKind.BASIC: 1, BlockKind.BOTTLENECK: 4}
# What is left out of a spec means the published network of its stem.
_STEM_DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    StemKind.IMAGENET: {"stem_width": 64, "shortcut": "B", "classes": 1000, "input_size": 224},
    StemKind.CIFAR: {"stem_width": 16, "shortcut": "A", "classes": 10, "input_size": 32},
}
_IMAGENET_DEPTHS: Final[Mapping[tuple[BlockKind, int], tuple[int, ...]]] = {
    (BlockKind.BASIC, 18): (2, 2, 2, 2),
    (BlockKind.BASIC, 34): (3, 4, 6, 3),
    (BlockKind.BOTTLENECK, 50): (3, 4, 6, 3),
    (BlockKind.BOTTLENECK, 101): (3, 4, 23, 3),
    (BlockKind.BOTTLENECK, 152): (3, 8, 36, 3),
}
_CIFAR_STAGES: Final = 3


def _bounded(name: str) -> Any:
    low, high = LIMITS[name]
    return Field(ge=low, le=high, strict=True)


def _per_stage(name: str) -> Any:
    low, high = LIMITS["stages"]
    return Field(min_length=low, max_length=high, title=name)


_Depth = Annotated[int, _bounded("depths")]
_Width = Annotated[int, _bounded("widths")]


class NetworkSpec(BaseModel):
    """A residual network. Equal specs build equal networks.

    Attributes:
        name: What the person calls it; no part of the structure.
        block: Kind of residual branch.
        depths: Blocks in each stage.
        widths: Width w of each stage; by default `stem_width` doubled from stage to stage.
        expansion: A bottleneck's output channels over w (4); a basic block has 1.
        stem: Root of the network.
        stem_width: Channels after the stem; by default 64, or 16 with the CIFAR stem.
        shortcut: Shortcut option; by default B, or A with the CIFAR stem, as published.
        stride_on: Where a bottleneck that halves the map has its stride.
        groups: Groups of a bottleneck's 3x3 convolution ("cardinality", arXiv:1611.05431).
        base_width: Channels of one group at w = 64.
        classes: Outputs of the linear layer; by default 1000, or 10 with the CIFAR stem.
        in_channels: Channels of the picture.
        input_size: Height and width of the picture in pixels; by default 224, or 32 for CIFAR.
        initialisation: Fan of the He initialisation.
        zero_init_residual: Whether the last batch normalisation of each block starts at zero, so
            that each block starts as the identity (arXiv:1706.02677).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(strict=True, min_length=1, max_length=MAX_NAME)] = "custom"
    block: BlockKind
    depths: Annotated[tuple[_Depth, ...], _per_stage("depths")]
    widths: Annotated[tuple[_Width, ...], _per_stage("widths")] = ()
    expansion: Annotated[int, _bounded("expansion")] = 1
    stem: StemKind = StemKind.IMAGENET
    stem_width: Annotated[int, _bounded("stem_width")] = 64
    shortcut: ShortcutKind = ShortcutKind.B
    stride_on: StridePlace = StridePlace.CONV2
    groups: Annotated[int, _bounded("groups")] = 1
    base_width: Annotated[int, _bounded("base_width")] = 64
    classes: Annotated[int, _bounded("classes")] = 1000
    in_channels: Annotated[int, _bounded("in_channels")] = 3
    input_size: Annotated[int, _bounded("input_size")] = 224
    initialisation: Initialisation = Initialisation.FAN_OUT
    zero_init_residual: Annotated[bool, Field(strict=True)] = False

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, values: Any) -> Any:
        """Completes what is left out from the fields that are there."""
        if not isinstance(values, Mapping):
            return values
        filled = dict(values)
        defaults = _STEM_DEFAULTS.get(_text(filled.get("stem", "imagenet")), {})
        for field, value in defaults.items():
            filled.setdefault(field, value)
        expansion = _EXPANSIONS.get(_text(filled.get("block")))  # type: ignore[call-overload]
        if expansion is not None:
            filled.setdefault("expansion", expansion)
        depths, width = filled.get("depths"), filled["stem_width"] if defaults else None
        if isinstance(depths, (list, tuple)) and type(width) is int:
            count = min(len(depths), LIMITS["stages"][1])
            filled.setdefault("widths", tuple(width << stage for stage in range(count)))
        return filled

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        """Refuses what no single field can be blamed for alone."""
        _check_name(self)
        _check_stages(self)
        _check_block(self)
        _check_shortcut(self)
        _check_size(self)
        return self

    @property
    def depth(self) -> int:
        """Weighted layers: the stem, the residual branches' convolutions and the linear layer."""
        return 2 + sum(self.depths) * _CONVOLUTIONS[self.block]

    @property
    def channels(self) -> tuple[int, ...]:
        """Output channels of each stage."""
        return tuple(width * self.expansion for width in self.widths)

    @property
    def inner_widths(self) -> tuple[int, ...]:
        """Channels inside the residual branches of each stage, by torchvision's formula."""
        if self.block is BlockKind.BASIC:
            return self.widths
        return tuple(width * self.base_width // 64 * self.groups for width in self.widths)

    def replace(self, **changes: Any) -> NetworkSpec:
        """Returns a validated copy with some fields changed.

        An expansion that is the usual one of the block follows a change of `block`.

        Raises:
            SpecError: If the changed spec is not valid.
        """
        values: dict[str, Any] = {field: getattr(self, field) for field in type(self).model_fields}
        if "block" in changes and self.expansion == _EXPANSIONS[self.block]:
            del values["expansion"]
        return parse_spec(values | changes)

    def to_json(self) -> str:
        """Returns the spec as indented JSON."""
        return textforms.dump_json(self.model_dump(mode="json"))

    @classmethod
    def from_json(cls, text: str) -> NetworkSpec:
        """Reads a spec from JSON.

        Raises:
            SpecError: If the text is not JSON or not a valid spec.
        """
        return parse_spec(textforms.parse_json(text))

    def to_toml(self) -> str:
        """Returns the spec as TOML."""
        return textforms.dump_toml(self.model_dump(mode="json"))

    @classmethod
    def from_toml(cls, text: str) -> NetworkSpec:
        """Reads a spec from TOML.

        Raises:
            SpecError: If the text is not TOML or not a valid spec.
        """
        return parse_spec(textforms.parse_toml(text))

    @classmethod
    def load(cls, path: Path | str) -> NetworkSpec:
        """Reads a `.json` or `.toml` spec file.

        Raises:
            SpecError: If the file is missing, unreadable, too large or not a valid spec.
        """
        return parse_spec(textforms.read_mapping(Path(path)))

    def save(self, path: Path | str) -> None:
        """Writes the spec as `.json` or `.toml`, atomically.

        Raises:
            SpecError: If the suffix is another one or the file cannot be written.
        """
        textforms.write_mapping(Path(path), self.model_dump(mode="json"))


def parse_spec(values: Mapping[str, Any]) -> NetworkSpec:
    """Returns the spec of a mapping of field names to plain values.

    Raises:
        SpecError: If it is not valid; the message names field, value, range and remedy.
    """
    try:
        return NetworkSpec.model_validate(values)
    except ValidationError as error:
        raise _explained(error) from None


def field_error(field: str, value: Any, spec: NetworkSpec) -> str | None:
    """Returns why `spec` would not accept `value` for `field`, or None if it would."""
    try:
        spec.replace(**{field: value})
    except SpecError as error:
        return str(error)
    return None


def depths_for(depth: int, *, block: BlockKind, stem: StemKind) -> tuple[int, ...]:
    """Returns the blocks of each stage of the published network of that depth.

    For ImageNet these are the columns of table 1 of He et al. 2015; for CIFAR 6n + 2 basic blocks
    (section 4.2) or 9n + 2 bottleneck blocks (arXiv:1603.05027), n per stage.

    Raises:
        SpecError: If there is no such network; the message names those that are nearest.
    """
    if stem is StemKind.CIFAR:
        return _cifar_depths(depth, block)
    if (depths := _IMAGENET_DEPTHS.get((block, depth))) is not None:
        return depths
    with_block = [known for kind, known in _IMAGENET_DEPTHS if kind is block]
    other = [known for kind, known in _IMAGENET_DEPTHS if kind is not block]
    other_block = next(kind for kind in BlockKind if kind is not block)
    remedy = (
        f"Set the blocks of each stage by hand for any other: the depth is "
        f"{_CONVOLUTIONS[block]} × (their sum) + 2."
    )
    if depth in other:
        remedy = f"Choose {other_block} blocks for {depth}. {remedy}"
    raise SpecError(
        f"No published ImageNet network of {block} blocks has {textforms.shown(depth)} layers; "
        f"{block}: {_listed(with_block)}; {other_block}: {_listed(other)}.",
        field="depth",
        remedy=remedy,
    )


def _cifar_depths(depth: int, block: BlockKind) -> tuple[int, ...]:
    period = _CIFAR_STAGES * _CONVOLUTIONS[block]
    deepest = (min(MAX_DEPTH, LIMITS["depths"][1] * period + 2) - 2) // period
    count, rest = divmod(depth - 2, period)
    if not rest and 1 <= count <= deepest:
        return (count,) * _CIFAR_STAGES
    near = sorted({min(max(n, 1), deepest) * period + 2 for n in (count, count + 1)})
    if rest:
        problem = f"{textforms.shown(depth)} is not {period}n + 2"
    else:
        problem = f"{textforms.shown(depth)} is outside {period + 2} to {deepest * period + 2}"
    raise SpecError(
        f"{problem}; nearest: {_listed(near)}.",
        field="depth",
        remedy=f"CIFAR networks have n {block} blocks in each of {_CIFAR_STAGES} stages.",
    )


def _check_name(spec: NetworkSpec) -> None:
    if not spec.name.isprintable() or spec.name != spec.name.strip():
        raise _JointError(
            "name",
            f"name is {textforms.shown(spec.name)}: it has control characters or outer spaces.",
            "Use letters, digits, spaces and signs on one line.",
        )


def _check_stages(spec: NetworkSpec) -> None:
    if len(spec.depths) != len(spec.widths):
        raise _JointError(
            "widths",
            f"depths names {len(spec.depths)} stages and widths {len(spec.widths)}.",
            "Give one depth and one width for each stage.",
        )
    if spec.depth > MAX_DEPTH:
        raise _JointError(
            "depths",
            f"depths {textforms.shown(spec.depths)} make {spec.depth:,} layers; "
            f"the most is {MAX_DEPTH:,}.",
            "Use fewer blocks.",
        )


def _check_block(spec: NetworkSpec) -> None:
    if spec.block is BlockKind.BASIC:
        for field, only in (("expansion", 1), ("groups", 1), ("base_width", 64)):
            if (value := getattr(spec, field)) != only:
                raise _JointError(
                    field,
                    f"{field} is {value}; with basic blocks it must be {only}.",
                    f"Set {field} to {only}, or choose bottleneck blocks.",
                )
    if 0 in spec.inner_widths:
        narrow = spec.widths[spec.inner_widths.index(0)]
        raise _JointError(
            "base_width",
            f"base_width is {spec.base_width}, which leaves a group of a stage of width {narrow} "
            f"without channels ({narrow} × {spec.base_width} / 64 is less than 1).",
            f"Use a base_width of at least {-(-64 // narrow)}.",
        )


def _check_shortcut(spec: NetworkSpec) -> None:
    if spec.shortcut is not ShortcutKind.A:
        return
    before = spec.stem_width
    for stage, after in enumerate(spec.channels, start=1):
        if after < before:
            raise _JointError(
                "shortcut",
                f"shortcut is A, which can only add channels, but stage {stage} goes from "
                f"{before} to {after}.",
                "Widen the stage, or choose shortcut B or C.",
            )
        before = after


def _check_size(spec: NetworkSpec) -> None:
    if (weights := _weights(spec)) > MAX_PARAMETERS:
        raise _JointError(
            "widths",
            f"widths {textforms.shown(spec.widths)} with depths {textforms.shown(spec.depths)} "
            f"make {weights:,} weights; the most is {MAX_PARAMETERS:,}.",
            "Use narrower stages or fewer blocks.",
        )
    if (elements := _largest_map(spec)) > MAX_MAP_ELEMENTS:
        raise _JointError(
            "input_size",
            f"input_size is {spec.input_size}, which makes a feature map of {elements:,} numbers; "
            f"the most is {MAX_MAP_ELEMENTS:,}.",
            "Use a smaller input size or narrower stages.",
        )


def _weights(spec: NetworkSpec) -> int:
    """Counts the weights of the convolutions of the residual branches, projections and head.

    The graph counts exactly; this bound must be known before a graph is built.
    """
    total = spec.channels[-1] * spec.classes
    before = spec.stem_width
    stages = zip(spec.depths, spec.inner_widths, spec.channels, strict=True)
    for blocks, inner, after in stages:
        first, rest = _branch_weights(spec, before, inner, after), 0
        if blocks > 1:
            rest = (blocks - 1) * _branch_weights(spec, after, inner, after)
        total += first + rest
        if spec.shortcut is ShortcutKind.C:
            total += (blocks - 1) * after * after
        if spec.shortcut in (ShortcutKind.B, ShortcutKind.C):
            total += before * after
        before = after
    return total


def _branch_weights(spec: NetworkSpec, before: int, inner: int, after: int) -> int:
    if spec.block is BlockKind.BASIC:
        return 9 * (before * after + after * after)
    return before * inner + 9 * inner * inner // spec.groups + inner * after


def _largest_map(spec: NetworkSpec) -> int:
    """Returns the elements of the largest feature map, each halving rounded up."""
    size = spec.input_size
    largest = spec.in_channels * size * size
    if spec.stem is StemKind.IMAGENET:
        size = -(-size // 2)
    largest = max(largest, spec.stem_width * size * size)
    if spec.stem is StemKind.IMAGENET:
        size = -(-size // 2)
    bottleneck = spec.block is BlockKind.BOTTLENECK
    for stage, (inner, after) in enumerate(zip(spec.inner_widths, spec.channels, strict=True)):
        halved = size if stage == 0 else -(-size // 2)
        # The first 1x1 of a bottleneck still works at the old size if the 3x3 has the stride.
        early = size if bottleneck and spec.stride_on is StridePlace.CONV2 else halved
        largest = max(largest, after * halved * halved, inner * early * early)
        size = halved
    return largest


class _JointError(PydanticCustomError):
    """A refusal by several fields together, in words that are shown as they are."""

    def __new__(cls, field: str, message: str, remedy: str) -> _JointError:
        context = {"field": field, "message": message, "remedy": remedy}
        return super().__new__(cls, "spec", "{message}", context)


def _explained(error: ValidationError) -> SpecError:
    details = error.errors(include_url=False)
    problems = [_explain_one(detail) for detail in details]
    first = problems[0]
    if len(problems) == 1:
        return first
    message = " ".join(problem.message for problem in problems[:4])
    if len(problems) > 4:
        message += f" There are {len(problems) - 4} more problems."
    return SpecError(message, field=first.field, remedy=first.remedy)


def _explain_one(detail: ErrorDetails) -> SpecError:
    context = detail.get("ctx", {})
    if detail["type"] == "spec":
        return SpecError(context["message"], field=context["field"], remedy=context["remedy"])
    if not detail["loc"]:
        return SpecError(
            f"A spec is a table of fields, not {textforms.shown(detail['input'])}.",
            remedy='The least is {"block": "basic", "depths": [2, 2, 2, 2]}.',
        )
    field = str(detail["loc"][0])
    if detail["type"] == "extra_forbidden":
        return _unknown_field(field)
    if detail["type"] == "missing":
        return SpecError(
            f"The field {field} is missing.", field=field, remedy=f"Give {_allowed(field)}."
        )
    where = field + "".join(f"[{part}]" for part in detail["loc"][1:])
    wanted = _allowed(field, entry=len(detail["loc"]) > 1)
    return SpecError(
        f"{where} is {textforms.shown(detail['input'])}; it must be {wanted}.",
        field=field,
        remedy=f"Change {where} to a value that is allowed.",
    )


def _unknown_field(field: str) -> SpecError:
    import difflib  # only needed to word this message

    known = list(NetworkSpec.model_fields)
    near = difflib.get_close_matches(field, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"The fields are: {', '.join(known)}."
    return SpecError(
        f"There is no field {textforms.shown(field)} in a spec.", field=field, remedy=hint
    )


def _allowed(field: str, *, entry: bool = False) -> str:
    """Returns in words what a field, or one entry of it, may be."""
    choices: Mapping[str, type[StrEnum]] = {
        "block": BlockKind,
        "stem": StemKind,
        "shortcut": ShortcutKind,
        "stride_on": StridePlace,
        "initialisation": Initialisation,
    }
    if field in choices:
        return " or ".join(f'"{choice}"' for choice in choices[field])
    if field == "name":
        return f"a text of 1 to {MAX_NAME} characters"
    if field == "zero_init_residual":
        return "true or false"
    low, high = LIMITS[field]
    if field in ("depths", "widths") and not entry:
        least, most = LIMITS["stages"]
        return f"a list of {least} to {most} whole numbers, each from {low} to {high:,}"
    return f"a whole number from {low} to {high:,}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _listed(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return str(numbers[0])
    return f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
