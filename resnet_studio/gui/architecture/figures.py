"""What a drawing of a network consists of, in plain numbers. No Qt, no colours, no text.

The network runs from left to right along the line y = 0; y grows downwards.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from resnet_studio.architecture.graph import (
    Block,
    Layer,
    NetworkGraph,
    Section,
    Shape,
    ShortcutForm,
)
from resnet_studio.gui.architecture.geometry import Rect
from resnet_studio.gui.architecture.outline import Folds


class Part(StrEnum):
    """What a box of the drawing stands for."""

    PICTURE = "picture"
    MAP = "map"
    STRIP = "strip"
    ADD = "add"
    CHIP = "chip"
    MARK = "mark"
    STACK = "stack"


@dataclass(frozen=True, slots=True)
class Box:
    """One box.

    Attributes:
        name: What it is called in the graph.
        part: What it stands for: a feature map, a strip (BN or ReLU), the addition, a layer on
            the shortcut (chip if opened, mark if closed), or a folded section (stack).
        rect: Where it lies.
        slot: Left and right end of the room for its label.
        layer: The layer; None for the picture and for a stack.
    """

    name: str
    part: Part
    rect: Rect
    slot: tuple[float, float]
    layer: Layer | None


@dataclass(frozen=True, slots=True)
class Wire:
    """A piece of the main line between two boxes, and what flows there."""

    start: float
    end: float
    shape: Shape


@dataclass(frozen=True, slots=True)
class Arc:
    """The shortcut of a block: up from the main line, across, and down into the addition.

    Attributes:
        form: What the shortcut is.
        start: Where it leaves the main line.
        end: The middle of the addition.
        top: Its height above the boxes.
        foot: Where it meets the upper edge of the addition.
    """

    form: ShortcutForm
    start: float
    end: float
    top: float
    foot: float


@dataclass(frozen=True, slots=True)
class BlockFigure:
    """A block: its boxes along the main line, and its shortcut above them."""

    block: Block
    rect: Rect
    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]
    arc: Arc | None
    opened: bool

    @property
    def name(self) -> str:
        """The block's name."""
        return self.block.name


@dataclass(frozen=True)
class SectionFigure:
    """A part of the network: a column of the drawing.

    Attributes:
        section: What it shows.
        index: 0 for the stem; the last is the head.
        rect: The column.
        blocks: The blocks of an unfolded stage, from left to right.
        boxes: The boxes of stem or head, or the stack of a folded section.
        wires: The main line between these boxes.
        folded: Whether it is drawn as one box.
    """

    section: Section
    index: int
    rect: Rect
    blocks: tuple[BlockFigure, ...]
    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]
    folded: bool

    @property
    def name(self) -> str:
        """The section's name."""
        return self.section.name

    @cached_property
    def _block_starts(self) -> list[float]:
        return [figure.rect.x for figure in self.blocks]

    def blocks_between(self, left: float, right: float) -> Sequence[BlockFigure]:
        """Returns the blocks that may be seen between two places, found by bisection."""
        first = max(0, bisect_right(self._block_starts, left) - 1)
        return self.blocks[first : bisect_right(self._block_starts, right)]


@dataclass(frozen=True)
class Drawing:
    """The whole drawing of one network.

    Attributes:
        graph: What is drawn.
        folds: What of it is folded up.
        sections: The columns from left to right.
        bounds: The rectangle around everything, labels included.
        pitch: Factor of all widths, chosen so that the whole fills its window.
        room: Factor of the room for text.
    """

    graph: NetworkGraph
    folds: Folds
    sections: tuple[SectionFigure, ...]
    bounds: Rect
    pitch: float
    room: float = 1.0

    def section_at(self, x: float) -> SectionFigure | None:
        """Returns the column at a place on the main line."""
        place = bisect_right([figure.rect.x for figure in self.sections], x) - 1
        if place < 0 or x > self.sections[place].rect.right:
            return None
        return self.sections[place]

    def hit(self, x: float, y: float, *, margin: float = 0.0) -> str:
        """Returns the name of the smallest thing at a point, "" for nothing.

        Inside a closed block that is the block, so that it can be hit however small it is.

        Args:
            x: Place along the main line.
            y: Height; negative is above the main line.
            margin: How far beside a box still counts as on it.
        """
        figure = self.section_at(x)
        if figure is None:
            return ""
        for block in figure.blocks_between(x, x):
            if block.rect.contains(x, y):
                return (_box_at(block.boxes, x, y, margin) if block.opened else "") or block.name
        if figure.folded:
            return figure.name
        return _box_at(figure.boxes, x, y, margin) or figure.name

    def rect_of(self, name: str) -> Rect | None:
        """Returns where a section, block or layer is drawn; None if it is folded up."""
        return self._rects.get(name)

    def boxes(self) -> Iterator[Box]:
        """Yields every box from left to right."""
        for figure in self.sections:
            yield from figure.boxes
            for block in figure.blocks:
                yield from block.boxes

    @cached_property
    def _rects(self) -> dict[str, Rect]:
        rects = {box.name: box.rect for box in self.boxes()}
        for figure in self.sections:
            rects |= {block.name: block.rect for block in figure.blocks}
            rects[figure.name] = figure.rect
        return rects


def _box_at(boxes: Sequence[Box], x: float, y: float, margin: float) -> str:
    """The box at a point; of boxes that are nearly there, the one whose middle is nearest."""
    near = [
        box
        for box in boxes
        if box.part is not Part.PICTURE and box.rect.contains(x, y, margin=margin)
    ]
    inside = [box for box in near if box.rect.contains(x, y)]
    best = min(inside or near, key=lambda box: abs(box.rect.cx - x), default=None)
    return best.name if best else ""
