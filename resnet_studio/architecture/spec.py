"""What a residual network is, field by field: immutable, validated, kept as JSON or TOML.

A `NetworkSpec` says everything that is needed to draw a network, to count it and to build it, and
nothing about training or pictures. The vocabulary is that of He et al. 2015 (arXiv:1512.03385).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from resnet_studio.architecture import textforms
from resnet_studio.architecture.checks import check_together
from resnet_studio.architecture.choices import (
    FRACTIONS,
    LIMITS,
    MAX_DEPTH,
    MAX_MAP_ELEMENTS,
    MAX_NAME,
    MAX_PARAMETERS,
    ActivationOrder,
    BlockKind,
    Initialisation,
    ProjectionKind,
    ShortcutKind,
    ShortcutType,
    StemKind,
    StridePlace,
    ZeroPadding,
)
from resnet_studio.architecture.fields import applies, why_not
from resnet_studio.architecture.messages import explained, listed
from resnet_studio.errors import SpecError

# The choices live in `choices`; who works with a spec imports everything from here.
__all__ = [
    "FRACTIONS",
    "LIMITS",
    "MAX_DEPTH",
    "MAX_MAP_ELEMENTS",
    "MAX_NAME",
    "MAX_PARAMETERS",
    "ActivationOrder",
    "BlockKind",
    "Initialisation",
    "NetworkSpec",
    "ProjectionKind",
    "ShortcutKind",
    "ShortcutType",
    "StemKind",
    "StridePlace",
    "ZeroPadding",
    "applies",
    "depths_for",
    "field_error",
    "parse_spec",
    "why_not",
]


_CONVOLUTIONS: Final = {BlockKind.BASIC: 2, BlockKind.BOTTLENECK: 3}
_EXPANSIONS: Final[Mapping[str, int]] = {BlockKind.BASIC: 1, BlockKind.BOTTLENECK: 4}
# What is left out of a spec means the published network of its stem.
_LARGE: Final = {"stem_width": 64, "shortcut": "B", "classes": 1000, "input_size": 224}
_STEM_DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    StemKind.IMAGENET: _LARGE,
    StemKind.DEEP: _LARGE,
    StemKind.CIFAR: {"stem_width": 16, "shortcut": "A", "classes": 10, "input_size": 32},
    StemKind.TUTORIAL: {"stem_width": 64, "shortcut": "B", "classes": 10, "input_size": 96},
}
_IMAGENET_DEPTHS: Final[Mapping[tuple[BlockKind, int], tuple[int, ...]]] = {
    (BlockKind.BASIC, 18): (2, 2, 2, 2),
    (BlockKind.BASIC, 34): (3, 4, 6, 3),
    (BlockKind.BOTTLENECK, 50): (3, 4, 6, 3),
    (BlockKind.BOTTLENECK, 101): (3, 4, 23, 3),
    (BlockKind.BOTTLENECK, 152): (3, 8, 36, 3),
    (BlockKind.BOTTLENECK, 200): (3, 24, 36, 3),
}
_CIFAR_STAGES: Final = 3


def _bounded(name: str) -> Any:
    low, high = LIMITS[name]
    return Field(ge=low, le=high, strict=True)


def _fraction(name: str) -> Any:
    low, high = FRACTIONS[name]
    return Field(ge=low, le=high, strict=True, allow_inf_nan=False)


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
        zero_padding: Where option A puts the new channels.
        projection: What the projections of options B and C are made of.
        shortcut_type: What every shortcut does to what it carries (arXiv:1603.05027, table 1).
        shortcut_scale: Constant on the shortcut, with the type "scaling".
        residual_scale: Constant on the residual branch, with the type "scaling".
        gate_bias: What a gate's bias starts at; the more negative, the more the shortcut passes.
        shortcut_dropout: Share of the shortcut's values that training drops, with "dropout".
        order: Where batch normalisation and ReLU stand in a block.
        shared_first_activation: Whether, with pre-activation, the first block's activation
            stands before the shortcut leaves, as in He et al. 2016.
        stride_on: Where a bottleneck that halves the map has its stride.
        groups: Groups of a bottleneck's 3x3 convolution ("cardinality", arXiv:1611.05431).
        base_width: Channels of one group at w = 64.
        se_reduction: Channels of a branch over those inside its squeeze-and-excitation
            (arXiv:1709.01507); 0 for none.
        dropout: Share of the values between the two convolutions of a basic block that training
            drops (Wide ResNet, arXiv:1605.07146).
        stochastic_depth: How often training drops the residual branch of the last block; from
            there it falls in a straight line to the first (arXiv:1603.09382).
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
    zero_padding: ZeroPadding = ZeroPadding.END
    projection: ProjectionKind = ProjectionKind.CONV
    shortcut_type: ShortcutType = ShortcutType.IDENTITY
    shortcut_scale: Annotated[float, _fraction("shortcut_scale")] = 0.5
    residual_scale: Annotated[float, _fraction("residual_scale")] = 1.0
    gate_bias: Annotated[float, _fraction("gate_bias")] = -6.0
    shortcut_dropout: Annotated[float, _fraction("shortcut_dropout")] = 0.5
    order: ActivationOrder = ActivationOrder.ORIGINAL
    shared_first_activation: Annotated[bool, Field(strict=True)] = True
    stride_on: StridePlace = StridePlace.CONV2
    groups: Annotated[int, _bounded("groups")] = 1
    base_width: Annotated[int, _bounded("base_width")] = 64
    se_reduction: Annotated[int, _bounded("se_reduction")] = 0
    dropout: Annotated[float, _fraction("dropout")] = 0.0
    stochastic_depth: Annotated[float, _fraction("stochastic_depth")] = 0.0
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
        expansion = _EXPANSIONS.get(_text(filled.get("block")))
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
        check_together(self)
        return self

    @property
    def depth(self) -> int:
        """Weighted layers: the stem, the residual branches' convolutions and the linear layer.

        Wide ResNets are named after their convolutions, a projection of each stage included and
        the linear layer not (Zagoruyko and Komodakis 2016); so they are counted here.
        """
        branches = sum(self.depths) * _CONVOLUTIONS[self.block]
        return branches + (1 + len(self.depths) if self.counts_projections else 2)

    @property
    def counts_projections(self) -> bool:
        """Whether the depth is counted as a Wide ResNet's, 6n + 4."""
        return (
            self.stem is StemKind.CIFAR
            and self.block is BlockKind.BASIC
            and self.order is ActivationOrder.FULL_PREACTIVATION
            and self.shortcut is ShortcutKind.B
        )

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
        values = textforms.read_mapping(Path(path))
        try:
            return parse_spec(values)
        except SpecError as error:
            name = textforms.shown_path(Path(path))
            raise SpecError(
                f"{name}: {error.message}", field=error.field, remedy=error.remedy
            ) from None

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
        raise explained(error, fields=NetworkSpec.model_fields) from None


def field_error(field: str, value: Any, spec: NetworkSpec) -> str | None:
    """Returns why `spec` would not accept `value` for `field`, or None if it would."""
    try:
        spec.replace(**{field: value})
    except SpecError as error:
        return str(error)
    return None


def depths_for(
    depth: int, *, block: BlockKind, stem: StemKind, counts_projections: bool = False
) -> tuple[int, ...]:
    """Returns the blocks of each stage of the published network of that depth.

    For ImageNet these are the columns of table 1 of He et al. 2015, and ResNet-200 of He et al.
    2016; for CIFAR 6n + 2 basic blocks (section 4.2), 9n + 2 bottleneck blocks
    (arXiv:1603.05027), or a Wide ResNet's 6n + 4 (arXiv:1605.07146), n per stage.

    Args:
        depth: Weighted layers.
        block: Kind of block.
        stem: Root of the network; all but CIFAR's have the networks for ImageNet.
        counts_projections: Whether a CIFAR network is counted as a Wide ResNet.

    Raises:
        SpecError: If there is no such network; the message names those that are nearest.
    """
    if stem is StemKind.CIFAR:
        return _cifar_depths(depth, block, extra=4 if counts_projections else 2)
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
        f"{block}: {listed(with_block)}; {other_block}: {listed(other)}.",
        field="depth",
        remedy=remedy,
    )


def _cifar_depths(depth: int, block: BlockKind, *, extra: int) -> tuple[int, ...]:
    period = _CIFAR_STAGES * _CONVOLUTIONS[block]
    deepest = (min(MAX_DEPTH, LIMITS["depths"][1] * period + extra) - extra) // period
    count, rest = divmod(depth - extra, period)
    if not rest and 1 <= count <= deepest:
        return (count,) * _CIFAR_STAGES
    near = sorted({min(max(n, 1), deepest) * period + extra for n in (count, count + 1)})
    if rest:
        problem = f"{textforms.shown(depth)} is not {period}n + {extra}"
    else:
        least, most = period + extra, deepest * period + extra
        problem = f"{textforms.shown(depth)} is outside {least} to {most}"
    kind = "Wide ResNets" if extra == 4 else "CIFAR networks"
    raise SpecError(
        f"{problem}; nearest: {listed(near)}.",
        field="depth",
        remedy=f"{kind} have n {block} blocks in each of {_CIFAR_STAGES} stages.",
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
