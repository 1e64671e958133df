"""What flows through a line of the drawing: its shape, and from where to where. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_studio.architecture.graph import Block, Shape
from resnet_studio.gui.architecture.figures import Arc, BlockFigure, Drawing, SectionFigure


@dataclass(frozen=True, slots=True)
class Flow:
    """What a line carries.

    Attributes:
        shape: Of the maps there.
        block: The block whose shortcut the line is; None on the main line.
    """

    shape: Shape
    block: Block | None = None


def flow_at(drawing: Drawing, x: float, y: float, *, margin: float) -> Flow | None:
    """Returns what flows through the line at a point; None where there is no line.

    Args:
        drawing: The drawing.
        x: Place along the main line.
        y: Height; negative is above it.
        margin: How far beside a line still counts as on it.
    """
    figure = drawing.section_at(x)
    if figure is None:
        return None
    for block in figure.blocks_between(x - margin, x + margin):
        if block.opened and any(box.rect.contains(x, y) for box in block.boxes):
            return None  # a layer on the line says more
        if block.arc is not None and _on_arc(block.arc, x, y, margin):
            return Flow(block.block.output_shape, block.block)
        if abs(y) <= margin and block.rect.x <= x <= block.rect.right:
            return _in_block(block, x)
    if abs(y) > margin or figure.folded or figure.blocks:
        return None
    return _in_section(figure, x)


def _on_arc(arc: Arc, x: float, y: float, margin: float) -> bool:
    if abs(y - arc.top) <= margin:
        return arc.start - margin <= x <= arc.end + margin
    if not arc.top <= y:
        return False
    up = abs(x - arc.start) <= margin and y < -margin
    return up or (abs(x - arc.end) <= margin and y < arc.foot)


def _in_block(figure: BlockFigure, x: float) -> Flow | None:
    if figure.opened:
        for wire in figure.wires:
            if wire.start <= x <= wire.end:
                return Flow(wire.shape)
    on_line = [box.rect for box in figure.boxes if box.rect.contains(box.rect.x, 0)]
    if x < min(rect.x for rect in on_line):
        return Flow(figure.block.input_shape)
    if x > max(rect.right for rect in on_line):
        return Flow(figure.block.output_shape)
    return None


def _in_section(figure: SectionFigure, x: float) -> Flow | None:
    for wire in figure.wires:
        if wire.start <= x <= wire.end:
            return Flow(wire.shape)
    return None
