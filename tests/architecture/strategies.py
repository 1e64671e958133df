"""Hypothesis strategies: valid specs, small enough that a graph or a network takes no time."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from resnet_studio.architecture.checks import LEAST_TUTORIAL_SIZE
from resnet_studio.architecture.spec import (
    FRACTIONS,
    ActivationOrder,
    BlockKind,
    Initialisation,
    NetworkSpec,
    ProjectionKind,
    ShortcutKind,
    ShortcutType,
    StemKind,
    StridePlace,
    ZeroPadding,
)

_NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20
)


@st.composite
def small_specs(draw: Any, *, max_width: int = 32, max_size: int = 80) -> NetworkSpec:
    """Any valid combination of choices in every field, with few, narrow stages.

    Args:
        draw: Hypothesis gives it.
        max_width: Most channels of the stem and of each stage, before the expansion.
        max_size: Most pixels of the picture's height and width.
    """
    stem = draw(st.sampled_from(StemKind))
    least = LEAST_TUTORIAL_SIZE if stem is StemKind.TUTORIAL else 1
    fields = {
        **draw(_blocks()),
        **draw(_shortcuts()),
        **draw(_stages(stem, max_width=max_width)),
        "name": draw(_NAMES),
        "stem": stem,
        "order": draw(st.sampled_from(ActivationOrder)),
        "shared_first_activation": draw(st.booleans()),
        "se_reduction": draw(st.one_of(st.just(0), st.integers(1, 64))),
        "classes": draw(st.integers(2, 50)),
        "in_channels": draw(st.integers(1, 4)),
        "input_size": draw(st.integers(least, max_size)),
        "initialisation": draw(st.sampled_from(Initialisation)),
    }
    pads = fields["shortcut"] is ShortcutKind.A
    if pads and fields["shortcut_type"] is not ShortcutType.CONV:  # channels may only be added
        widths = sorted([fields["stem_width"], *fields["widths"]])
        fields["stem_width"], fields["widths"] = widths[0], widths[1:]
    if fields["order"].bn_ends_branch or fields["shortcut"] is ShortcutKind.NONE:
        fields["zero_init_residual"] = draw(st.booleans())
    return NetworkSpec(**fields)


@st.composite
def _blocks(draw: Any) -> dict[str, Any]:
    """The fields of the residual branch."""
    stride_on = draw(st.sampled_from(StridePlace))
    if draw(st.booleans()):
        dropout = draw(_rarely("dropout"))
        return {"block": BlockKind.BASIC, "stride_on": stride_on, "dropout": dropout}
    return {
        "block": BlockKind.BOTTLENECK,
        "stride_on": stride_on,
        "expansion": draw(st.integers(1, 5)),
        "groups": draw(st.integers(1, 4)),
        "base_width": draw(st.integers(64, 128)),
    }


@st.composite
def _shortcuts(draw: Any) -> dict[str, Any]:
    """The fields of the shortcut."""
    shortcut = draw(st.sampled_from(ShortcutKind))
    fields = {
        "shortcut": shortcut,
        "zero_padding": draw(st.sampled_from(ZeroPadding)),
        "projection": draw(st.sampled_from(ProjectionKind)),
        "shortcut_scale": draw(_fraction("shortcut_scale")),
        "residual_scale": draw(st.one_of(st.just(1.0), _fraction("residual_scale"))),
        "gate_bias": draw(_fraction("gate_bias")),
        "shortcut_dropout": draw(_fraction("shortcut_dropout")),
    }
    if shortcut is not ShortcutKind.NONE:
        kinds = [
            kind
            for kind in ShortcutType
            if kind is not ShortcutType.CONV or shortcut is ShortcutKind.A
        ]
        fields["shortcut_type"] = draw(st.sampled_from(kinds))
        fields["stochastic_depth"] = draw(_rarely("stochastic_depth"))
    return fields


@st.composite
def _stages(draw: Any, stem: StemKind, *, max_width: int) -> dict[str, Any]:
    """The depths and widths; three blocks in each stage at most."""
    count = draw(st.integers(1, 4))
    narrowest = 2 if stem is StemKind.DEEP else 1
    return {
        "depths": draw(st.lists(st.integers(1, 3), min_size=count, max_size=count)),
        "widths": draw(st.lists(st.integers(narrowest, max_width), min_size=count, max_size=count)),
        "stem_width": draw(st.integers(narrowest, max_width)),
    }


def _fraction(field: str) -> st.SearchStrategy[float]:
    low, high = FRACTIONS[field]
    return st.floats(low, high)


def _rarely(field: str) -> st.SearchStrategy[float]:
    """Nothing in half of the specs, so that what is random in training is often not there."""
    return st.one_of(st.just(0.0), _fraction(field))
