"""Hypothesis strategies: valid specs, small enough that a graph takes no time."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from resnet_studio.architecture.spec import (
    BlockKind,
    Initialisation,
    NetworkSpec,
    ShortcutKind,
    StemKind,
    StridePlace,
)

_NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20
)


@st.composite
def small_specs(draw: Any) -> NetworkSpec:
    """Any valid combination of choices, with few, narrow stages."""
    stages = draw(st.integers(1, 4))
    block = draw(st.sampled_from(BlockKind))
    shortcut = draw(st.sampled_from(ShortcutKind))
    stem_width = draw(st.integers(1, 24))
    widths = draw(st.lists(st.integers(1, 32), min_size=stages, max_size=stages))
    if shortcut is ShortcutKind.A:  # channels may only be added
        stem_width, *widths = sorted([stem_width, *widths])
    fields: dict[str, Any] = {}
    if block is BlockKind.BOTTLENECK:
        fields = {
            "expansion": draw(st.integers(1, 5)),
            "groups": draw(st.integers(1, 4)),
            "base_width": draw(st.integers(64, 128)),
        }
    return NetworkSpec(
        name=draw(_NAMES),
        block=block,
        depths=tuple(draw(st.lists(st.integers(1, 3), min_size=stages, max_size=stages))),
        widths=tuple(widths),
        stem=draw(st.sampled_from(StemKind)),
        stem_width=stem_width,
        shortcut=shortcut,
        stride_on=draw(st.sampled_from(StridePlace)),
        classes=draw(st.integers(2, 50)),
        in_channels=draw(st.integers(1, 4)),
        input_size=draw(st.integers(1, 80)),
        initialisation=draw(st.sampled_from(Initialisation)),
        zero_init_residual=draw(st.booleans()),
        **fields,
    )
