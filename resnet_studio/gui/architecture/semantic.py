"""Semantic zoom: which parts are folded at which zoom, and which the person has folded. No Qt.

From far away a stage is one box; nearer it shows its blocks; where a block is large enough to
hold words, it shows its layers. What a person has folded or unfolded stays so at every zoom.
Between entering a level and leaving it again lies a gap, so that one turn of the wheel and the
same turn back do not flicker at its border.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import NamedTuple

from resnet_studio.architecture.graph import NetworkGraph
from resnet_studio.gui.architecture.outline import Folds

READABLE_BLOCK = 80.0
"""Pixels of a closed block's width, in letters of the usual size, from which it is unfolded."""
_LEAST_LAYERS, _MOST_LAYERS = 1.5, 6.0
"""Times the zoom that shows the network whole, between which blocks are unfolded. Above the upper
one the maps of the first stage fill the window with one colour."""
_TO_STAGES, _FROM_STAGES = 0.7, 0.85
"""Times the zoom that shows the network whole: stages are folded below, unfolded above."""
_FROM_LAYERS = 0.75
"""Times the zoom at which unfolded blocks are first shown: they are folded below."""


class Level(IntEnum):
    """How much is unfolded where the person has not said so."""

    STAGES = 0
    BLOCKS = 1
    LAYERS = 2


class Borders(NamedTuple):
    """The zooms at which levels change.

    Attributes:
        to_stages: Below it stages are folded.
        from_stages: From it stages are unfolded again.
        to_layers: From it blocks are unfolded.
        from_layers: Below it they are folded again, in the zoom of unfolded blocks.
    """

    to_stages: float
    from_stages: float
    to_layers: float
    from_layers: float


def borders(*, whole: float, block: float, reading: float, text: float) -> Borders:
    """Returns where levels change in one window.

    Args:
        whole: Zoom at which the network with closed blocks is seen whole.
        block: Mean width of a closed block in pixels, at that zoom.
        reading: Zoom at which an unfolded block is first shown.
        text: Size of the letters over the usual size.
    """
    wanted = READABLE_BLOCK * text / max(block, 1e-6)
    return Borders(
        to_stages=_TO_STAGES * whole,
        from_stages=_FROM_STAGES * whole,
        to_layers=whole * min(max(wanted, _LEAST_LAYERS), _MOST_LAYERS),
        from_layers=_FROM_LAYERS * reading,
    )


def level_at(level: Level, zoom: float, limits: Borders) -> Level:
    """Returns the level after the zoom has become `zoom`, at most one from the present one."""
    if level is Level.STAGES:
        return Level.BLOCKS if zoom >= limits.from_stages else level
    if level is Level.LAYERS:
        return Level.BLOCKS if zoom < limits.from_layers else level
    if zoom < limits.to_stages:
        return Level.STAGES
    return Level.LAYERS if zoom >= limits.to_layers else level


@dataclass(frozen=True, slots=True)
class Unfolding:
    """What decides about each part: the person, and where they said nothing, the level.

    Attributes:
        level: How much the zoom unfolds.
        said: By name of a section or block: whether the person wants it unfolded.
    """

    level: Level = Level.BLOCKS
    said: Mapping[str, bool] = field(default_factory=dict)

    def at(self, level: Level) -> Unfolding:
        """Returns the same at another level."""
        return replace(self, level=level)

    def saying(self, name: str, *, unfolded: bool) -> Unfolding:
        """Returns the same after the person folded or unfolded a part."""
        return replace(self, said={**self.said, name: unfolded})

    def folds(self, graph: NetworkGraph) -> Folds:
        """Returns what is folded now; a stage with a block that the person opened is not."""
        folded: set[str] = set()
        opened: set[str] = set()
        for section in graph.sections:
            if section.blocks:
                opened.update(block.name for block in section.blocks if self._opens(block.name))
                shown = any(self.said.get(block.name) for block in section.blocks)
            else:
                shown = True  # stem and head are folded by the person only
            if not self.said.get(section.name, shown or self.level is not Level.STAGES):
                folded.add(section.name)
        return Folds(frozenset(folded), frozenset(opened))

    def _opens(self, block: str) -> bool:
        return self.said.get(block, self.level is Level.LAYERS)


def chosen(folds: Folds) -> Unfolding:
    """Returns what a person has said who chose these folds for the whole network."""
    said = dict.fromkeys(folds.folded, False) | dict.fromkeys(folds.opened, True)
    return Unfolding(Level.BLOCKS, said)
