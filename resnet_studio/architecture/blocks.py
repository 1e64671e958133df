"""The blocks of a stage: residual branch, shortcut and what follows, in every order and form.

All orders (arXiv:1603.05027, figure 4) have batch normalisation and ReLU between two convolutions;
they differ in what stands before the first, after the last, and after the addition.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from resnet_studio.architecture import layers as make
from resnet_studio.architecture.elements import Block, Layer, ShortcutForm
from resnet_studio.architecture.layers import Chain, Source
from resnet_studio.architecture.spec import (
    ActivationOrder,
    BlockKind,
    NetworkSpec,
    ProjectionKind,
    ShortcutKind,
    ShortcutType,
    StridePlace,
    ZeroPadding,
)

_RELU_ENDS_BRANCH = (ActivationOrder.RELU_BEFORE_ADDITION, ActivationOrder.RELU_TWICE)
_RELU_ENDS_BLOCK = (
    ActivationOrder.ORIGINAL,
    ActivationOrder.BN_AFTER_ADDITION,
    ActivationOrder.RELU_TWICE,
)


class _Window(NamedTuple):
    """One convolution of a residual branch."""

    kernel: int
    stride: int
    channels: int
    groups: int


@dataclass(frozen=True, slots=True)
class _Place:
    """Which block it is, and what it makes of its input."""

    name: str
    stage: int
    index: int
    first: bool
    windows: tuple[_Window, ...]
    channels: int
    stride: int
    drop_rate: float


class _BlockChain(Chain):
    """A chain that names its layers as the attributes of a block: "conv1", "bn1", "relu1", ..."""

    __slots__ = ("_bns", "_convs", "_name", "_relus")

    def __init__(self, name: str, start: Source) -> None:
        super().__init__(start)
        self._name = name
        self._convs = self._bns = self._relus = 0

    def convolve(self, window: _Window) -> None:
        self._convs += 1
        self.put(
            make.convolution(
                f"{self._name}.conv{self._convs}",
                self.end,
                window.channels,
                kernel=window.kernel,
                stride=window.stride,
                groups=window.groups,
            )
        )

    def normalise(self) -> None:
        self._bns += 1
        self.put(make.batch_norm(f"{self._name}.bn{self._bns}", self.end))

    def rectify(self) -> None:
        self._relus += 1
        self.put(make.relu(f"{self._name}.relu{self._relus}", self.end))


def stage_blocks(spec: NetworkSpec, stage: int, source: Source) -> Iterator[Block]:
    """Yields the blocks of one stage, each reading what the one before makes.

    Args:
        spec: The network.
        stage: Number of the stage, from 1.
        source: What the stage reads.
    """
    channels = spec.channels[stage - 1]
    before, every = sum(spec.depths[: stage - 1]), sum(spec.depths)
    stride = 2 if stage > 1 else 1
    windows = _windows(spec, stage, stride)
    for index in range(spec.depths[stage - 1]):
        if index == 1:
            stride, windows = 1, _windows(spec, stage, 1)
        place = _Place(
            name=f"layer{stage}.{index}",
            stage=stage,
            index=index,
            first=before + index == 0,
            windows=windows,
            channels=channels,
            stride=stride,
            drop_rate=spec.stochastic_depth * (before + index + 1) / every,
        )
        block = _block(spec, place, source)
        yield block
        source = block.end


def _block(spec: NetworkSpec, place: _Place, source: Source) -> Block:
    form = _shortcut_form(spec, place, source)
    chain = _BlockChain(place.name, source)
    _activate_input(chain, spec.order)
    entry = chain.cut() if _is_shared(spec, form, place) else ()
    split = chain.end if entry else source
    _branch(chain, spec, place)
    residual = chain.cut()
    shortcut = _shortcut(spec, form, place, split)
    if form is not ShortcutForm.NONE:
        chain.put(_addition(spec, f"{place.name}.add", chain.end, split, shortcut))
    _activate_output(chain, spec.order)
    merge = chain.cut()
    layers = (*entry, *residual, *shortcut, *merge)
    return Block(
        name=place.name,
        stage=place.stage,
        index=place.index,
        entry=entry,
        residual=residual,
        shortcut=shortcut,
        shortcut_form=form,
        merge=merge,
        input_shape=source.output_shape,
        output_shape=chain.end.output_shape,
        parameters=sum([layer.parameters for layer in layers]),
        macs=sum([layer.macs for layer in layers]),
        receptive_field=chain.end.receptive_field,
    )


# -- the residual branch --------------------------------------------------------------------------


def _activate_input(chain: _BlockChain, order: ActivationOrder) -> None:
    if order is ActivationOrder.FULL_PREACTIVATION:
        chain.normalise()
    if order.preactivated:
        chain.rectify()


def _is_shared(spec: NetworkSpec, form: ShortcutForm, place: _Place) -> bool:
    """Whether the activation of the input stands before the shortcut leaves.

    He et al. 2016 (appendix) do so in the first block, whose input the stem leaves unactivated,
    and wherever the shortcut is no identity.
    """
    if not spec.order.preactivated or form is ShortcutForm.NONE:
        return False
    if form is not ShortcutForm.IDENTITY:
        return True
    return place.first and spec.shared_first_activation


def _branch(chain: _BlockChain, spec: NetworkSpec, place: _Place) -> None:
    """Makes the residual branch from its first convolution on."""
    for number, window in enumerate(place.windows):
        if number:
            chain.normalise()
            chain.rectify()
            if spec.dropout:  # only basic blocks may have it: there is one such place
                chain.put(make.dropout(f"{place.name}.dropout", chain.end, spec.dropout))
        chain.convolve(window)
    _end_branch(chain, spec, place)


def _windows(spec: NetworkSpec, stage: int, stride: int) -> tuple[_Window, ...]:
    inner, channels = spec.inner_widths[stage - 1], spec.channels[stage - 1]
    if spec.block is BlockKind.BASIC:
        return _Window(3, stride, inner, 1), _Window(3, 1, channels, 1)
    first, second = (stride, 1) if spec.stride_on is StridePlace.CONV1 else (1, stride)
    return (
        _Window(1, first, inner, 1),
        _Window(3, second, inner, spec.groups),
        _Window(1, 1, channels, 1),
    )


def _end_branch(chain: _BlockChain, spec: NetworkSpec, place: _Place) -> None:
    """Makes what follows the last convolution of the branch."""
    if spec.order.bn_ends_branch:
        chain.normalise()
    if spec.se_reduction:
        chain.put(
            make.squeeze_excitation(f"{place.name}.se", chain.end, reduction=spec.se_reduction)
        )
    if spec.order in _RELU_ENDS_BRANCH:
        chain.rectify()
    if spec.shortcut_type is ShortcutType.SCALING and spec.residual_scale != 1:
        chain.put(make.scale(f"{place.name}.residual_scale", chain.end, spec.residual_scale))
    if spec.stochastic_depth:
        chain.put(make.drop_path(f"{place.name}.drop_path", chain.end, place.drop_rate))


# -- shortcut and addition ------------------------------------------------------------------------


def _shortcut_form(spec: NetworkSpec, place: _Place, source: Source) -> ShortcutForm:
    kind = spec.shortcut
    changes = place.stride != 1 or source.output_shape[0] != place.channels
    if kind is ShortcutKind.NONE:
        return ShortcutForm.NONE
    if kind is ShortcutKind.C or spec.shortcut_type is ShortcutType.CONV:
        return ShortcutForm.PROJECTION
    if not changes:
        return ShortcutForm.IDENTITY
    return ShortcutForm.PROJECTION if kind is ShortcutKind.B else ShortcutForm.ZERO_PAD


def _shortcut(
    spec: NetworkSpec, form: ShortcutForm, place: _Place, split: Source
) -> tuple[Layer, ...]:
    chain = Chain(split)
    name, kind = place.name, spec.shortcut_type
    if form is ShortcutForm.PROJECTION:
        _project(chain, spec, place)
    elif form is ShortcutForm.ZERO_PAD:
        both = spec.zero_padding is ZeroPadding.BOTH
        chain.put(
            make.zero_pad(
                f"{name}.downsample", split, place.channels, stride=place.stride, both_sides=both
            )
        )
    if kind is ShortcutType.SCALING:
        chain.put(make.scale(f"{name}.shortcut_scale", chain.end, spec.shortcut_scale))
    elif kind is ShortcutType.DROPOUT:
        chain.put(make.dropout(f"{name}.shortcut_dropout", chain.end, spec.shortcut_dropout))
    elif kind.gated:
        kernel = 3 if kind is ShortcutType.HIGHWAY else 1
        chain.put(
            make.gate(f"{name}.gate", split, place.channels, kernel=kernel, stride=place.stride)
        )
    return chain.cut()


def _project(chain: Chain, spec: NetworkSpec, place: _Place) -> None:
    """Makes a projection; its layers are numbered within the module "downsample"."""
    convolves = spec.shortcut_type is ShortcutType.CONV
    pools = spec.projection is ProjectionKind.AVGPOOL and not convolves
    bias = spec.projection is ProjectionKind.BIAS and not convolves
    name, stride, number = f"{place.name}.downsample", place.stride, 0
    if pools:
        if stride > 1:
            chain.put(make.average_pool(f"{name}.0", chain.end, window=stride))
        stride, number = 1, 1  # at stride 1 number 0 is an identity, which is no layer
    chain.put(
        make.convolution(
            f"{name}.{number}", chain.end, place.channels, kernel=1, stride=stride, bias=bias
        )
    )
    if not (convolves or bias or spec.order is ActivationOrder.FULL_PREACTIVATION):
        chain.put(make.batch_norm(f"{name}.{number + 1}", chain.end))


def _addition(
    spec: NetworkSpec, name: str, branch: Source, split: Source, shortcut: tuple[Layer, ...]
) -> Layer:
    gated = spec.shortcut_type.gated
    passing = shortcut[:-1] if gated else shortcut
    passed = passing[-1] if passing else split
    if not gated:
        return make.addition(name, branch, passed)
    return make.gated_addition(
        name,
        branch,
        passed,
        shortcut[-1],
        gates_branch=spec.shortcut_type is not ShortcutType.SHORTCUT_GATE,
    )


def _activate_output(chain: _BlockChain, order: ActivationOrder) -> None:
    if order is ActivationOrder.BN_AFTER_ADDITION:
        chain.normalise()
    if order in _RELU_ENDS_BLOCK:
        chain.rectify()
