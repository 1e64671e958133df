"""The families of residual networks for CIFAR: 6n + 2 and 9n + 2 layers, their variants, wide ones.

ResNet-110 is the network on which He et al. 2016 tried what a shortcut may do and where
activations may stand; each of their rows is a network here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from resnet_studio.architecture.entries import (
    HE_2015,
    HE_2016,
    HUANG_2016,
    SRIVASTAVA_2015,
    ZAGORUYKO_2016,
    Entry,
    Family,
    Paper,
)
from resnet_studio.architecture.published import figures
from resnet_studio.architecture.spec import (
    ActivationOrder,
    BlockKind,
    NetworkSpec,
    ShortcutKind,
    ShortcutType,
    StemKind,
    StridePlace,
    depths_for,
)

_DEPTHS: Final = (20, 32, 44, 56, 110)
_OF_BOTTLENECKS: Final = (164, 1001)
_WIDTH: Final = 16
_FAILURE = "He et al. report failure: a test error above 20 %."
# n, k, dropout
_WIDE: Final = (
    (16, 4, 0.0),
    (16, 8, 0.0),
    (22, 8, 0.0),
    (28, 2, 0.0),
    (28, 10, 0.0),
    (28, 10, 0.3),
    (40, 1, 0.0),
    (40, 2, 0.0),
    (40, 4, 0.0),
    (52, 1, 0.0),
)


def cifar_networks() -> Iterator[Entry]:
    """Yields the residual networks for CIFAR with the original order."""
    for depth in (*_DEPTHS, 1202):
        note = f"6n + 2 layers with n = {(depth - 2) // 6}; option A, no projections."
        if depth == 110:
            note += " The published error is the best of five runs (mean 6.61 ± 0.16 %)."
        if depth == 1202:
            note += " It trains, but tests worse than ResNet-110; the authors think it overfits."
        yield _entry(
            Family.CIFAR,
            f"cifar_resnet{depth}",
            f"CIFAR ResNet-{depth}",
            HE_2015,
            note,
            aliases=(f"resnet{depth}",),
            depth=depth,
        )
    for depth in _OF_BOTTLENECKS:
        note = f"9n + 2 layers of bottleneck blocks with n = {(depth - 2) // 9}, original order."
        if depth == 1001:
            note += " Worse than ResNet-164, which pre-activation turns round."
        title = f"CIFAR ResNet-{depth}"
        yield _entry(Family.CIFAR, f"cifar_resnet{depth}", title, HE_2016, note, depth=depth)


def cifar_plain_networks() -> Iterator[Entry]:
    """Yields the networks for CIFAR without shortcuts."""
    for depth in _DEPTHS:
        note = f"CIFAR ResNet-{depth} without its shortcuts; as many parameters."
        if depth == 110:
            note += " He et al. report an error above 60 %."
        yield _entry(
            Family.PLAIN,
            f"cifar_plain{depth}",
            f"CIFAR Plain-{depth}",
            HE_2015,
            note,
            aliases=(f"plain{depth}",),
            depth=depth,
            shortcut=ShortcutKind.NONE,
        )


def cifar_preactivation_networks() -> Iterator[Entry]:
    """Yields the pre-activation networks for CIFAR."""
    notes = {
        110: "Batch normalisation and ReLU before each convolution; option A.",
        164: "Bottleneck blocks with batch normalisation and ReLU before each convolution.",
        1001: "Over a thousand layers that train and test better than 164 do. The paper's 10.2 "
        "million parameters are those without batch normalisation.",
    }
    for depth, note in notes.items():
        yield _entry(
            Family.PREACTIVATION,
            f"cifar_preact_resnet{depth}",
            f"CIFAR pre-activation ResNet-{depth}",
            HE_2016,
            note,
            aliases=(f"preact_resnet{depth}", f"preresnet{depth}"),
            depth=depth,
            order=ActivationOrder.FULL_PREACTIVATION,
        )


def activation_orders() -> Iterator[Entry]:
    """Yields the orders of He et al. 2016, figure 4, that are neither original nor the best."""
    variants = (
        (
            "bn_after",
            "BN after addition",
            ActivationOrder.BN_AFTER_ADDITION,
            "Batch normalisation stands on the path of the shortcuts and hampers what they carry.",
        ),
        (
            "relu_before",
            "ReLU before addition",
            ActivationOrder.RELU_BEFORE_ADDITION,
            "Branches can only add, never take away: from block to block the signal only grows.",
        ),
        (
            "relu_only",
            "ReLU-only pre-activation",
            ActivationOrder.RELU_ONLY_PREACTIVATION,
            "The ReLU reads what no batch normalisation has scaled; about as good as the original.",
        ),
    )
    for depth in (110, 164):
        for suffix, words, order, note in variants:
            yield _entry(
                Family.ORDERS,
                f"cifar_resnet{depth}_{suffix}",
                f"CIFAR ResNet-{depth}, {words}",
                HE_2016,
                note,
                depth=depth,
                order=order,
            )


def shortcut_types() -> Iterator[Entry]:
    """Yields ResNet-110 with each shortcut of He et al. 2016, table 1, and Highway networks."""
    yield from _scaled_shortcuts()
    yield from _gated_shortcuts()
    yield _variant(
        "conv1x1",
        "1×1 shortcuts",
        "A 1×1 convolution on every shortcut could learn the identity, and does worse than it.",
        shortcut_type=ShortcutType.CONV,
    )
    yield _variant(
        "dropout",
        "dropout on shortcuts",
        f"Training drops half of what each shortcut carries. {_FAILURE}",
        shortcut_type=ShortcutType.DROPOUT,
        shortcut_dropout=0.5,
    )
    yield from _highway_networks()


def _scaled_shortcuts() -> Iterator[Entry]:
    yield _variant(
        "scaling",
        "both paths × 0.5",
        "Shortcut and branch are both halved; after 54 blocks little of the first signal is left.",
        shortcut_type=ShortcutType.SCALING,
        shortcut_scale=0.5,
        residual_scale=0.5,
    )
    yield _variant(
        "scaling_shortcut",
        "shortcuts × 0.5",
        f"Only the shortcut is halved. {_FAILURE}",
        shortcut_type=ShortcutType.SCALING,
        shortcut_scale=0.5,
        residual_scale=1.0,
    )


def _gated_shortcuts() -> Iterator[Entry]:
    yield _variant(
        "exclusive_gate",
        "exclusive gates",
        "A learned gate g(x) weighs the branch, 1 − g(x) the shortcut. With gate biases that "
        "start at 0 to −5 He et al. report failure (above 20 %), with −7 an error of 9.81 %.",
        shortcut_type=ShortcutType.EXCLUSIVE_GATE,
        gate_bias=-6.0,
    )
    yield _variant(
        "shortcut_gate",
        "shortcut-only gates",
        "A learned gate weighs the shortcut by 1 − g(x) and leaves the branch alone. With gate "
        "biases that start at 0 the published error is 12.86 %.",
        shortcut_type=ShortcutType.SHORTCUT_GATE,
        gate_bias=-6.0,
    )


def _highway_networks() -> Iterator[Entry]:
    # Srivastava et al. start the bias at -1, -2, -3 for about 10, 20, 30 layers (1507.06228).
    for depth, bias in ((20, -2.0), (32, -3.0)):
        yield _entry(
            Family.SHORTCUTS,
            f"cifar_highway{depth}",
            f"CIFAR Highway-{depth}",
            SRIVASTAVA_2015,
            "A gate T(x) weighs transform and carry: T·F + (1 − T)·x. Here a gate spans a block of "
            "two layers with batch normalisation; the paper's spans one layer and has none.",
            aliases=(f"highway{depth}",),
            depth=depth,
            shortcut_type=ShortcutType.HIGHWAY,
            order=ActivationOrder.RELU_BEFORE_ADDITION,
            gate_bias=bias,
        )


def stochastic_networks() -> Iterator[Entry]:
    """Yields the networks that are trained with stochastic depth."""
    for depth in (110, 1202):
        yield _entry(
            Family.STOCHASTIC,
            f"cifar_resnet{depth}_stochastic",
            f"CIFAR ResNet-{depth}, stochastic depth",
            HUANG_2016,
            "While training, each batch skips some branches: the first hardly ever, the last every "
            "other time. The authors' code averages pixels where option A here takes every other.",
            depth=depth,
            stochastic_depth=0.5,
        )


def cifar_wide_networks() -> Iterator[Entry]:
    """Yields the Wide ResNets for CIFAR."""
    for depth, factor, dropout in _WIDE:
        name = f"wrn{depth}_{factor}" + ("_dropout" if dropout else "")
        title = f"WRN-{depth}-{factor}" + (", dropout" if dropout else "")
        note = f"6n + 4 layers with n = {(depth - 4) // 6}, pre-activated, {factor} times as wide"
        note += f"; dropout {dropout:g} between the convolutions." if dropout else "."
        aliases = () if dropout else (f"wide_resnet{depth}_{factor}",)
        spec = _wide_spec(name, depth, factor, dropout)
        yield Entry(name, title, Family.WIDE, spec, ZAGORUYKO_2016, note, figures(name), aliases)


def _wide_spec(name: str, depth: int, factor: int, dropout: float) -> NetworkSpec:
    block, stem = BlockKind.BASIC, StemKind.CIFAR
    return NetworkSpec(
        name=name,
        block=block,
        depths=depths_for(depth, block=block, stem=stem, counts_projections=True),
        widths=tuple(_WIDTH * factor << stage for stage in range(3)),
        stem=stem,
        stem_width=_WIDTH,
        shortcut=ShortcutKind.B,
        order=ActivationOrder.FULL_PREACTIVATION,
        # As the authors' code: with k = 1 the first shortcut carries what no ReLU has cut.
        shared_first_activation=factor > 1,
        dropout=dropout,
    )


def _variant(suffix: str, words: str, note: str, **fields: Any) -> Entry:
    """Returns a variant of ResNet-110 with another type of shortcut."""
    name, title = f"cifar_resnet110_{suffix}", f"CIFAR ResNet-110, {words}"
    return _entry(Family.SHORTCUTS, name, title, HE_2016, note, depth=110, **fields)


def _entry(
    family: Family,
    name: str,
    title: str,
    paper: Paper,
    note: str,
    *,
    depth: int,
    aliases: tuple[str, ...] = (),
    **fields: Any,
) -> Entry:
    """Returns the entry of a network for CIFAR; `fields` are those of the spec."""
    block = BlockKind.BASIC
    if depth in _OF_BOTTLENECKS:  # projections, for 16 channels become 64 at once (He et al. 2016)
        block = BlockKind.BOTTLENECK
        fields |= {"shortcut": ShortcutKind.B, "stride_on": StridePlace.CONV1}
    depths = depths_for(depth, block=block, stem=StemKind.CIFAR)
    spec = NetworkSpec(name=name, block=block, depths=depths, stem=StemKind.CIFAR, **fields)
    return Entry(name, title, family, spec, paper, note, figures(name), aliases)
