"""From a graph and its folds to a drawing: where every box, wire and shortcut lies. No Qt.

A feature map is a box whose height grows with the square root of its height in pixels and whose
width with the square root of its channels: a 224 px picture and a 7 px map are both readable
then. One unit is about one pixel when a usual network is seen whole in the smallest window.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from resnet_studio.architecture.graph import (
    INPUT,
    Block,
    Layer,
    LayerKind,
    NetworkGraph,
    Section,
    Shape,
)
from resnet_studio.gui.architecture.figures import (
    Arc,
    BlockFigure,
    Box,
    Drawing,
    Part,
    SectionFigure,
    Wire,
)
from resnet_studio.gui.architecture.geometry import Rect, around
from resnet_studio.gui.architecture.outline import Folds

PICTURE_HEIGHT: Final = 232.0
"""Height of the picture: every map of the network is at most as high."""
WIDEST_MAP: Final = 25.0
"""Width at pitch 1 of a map with four times the channels of the widest stage."""
PICTURE_WIDTH: Final = 20.0
NARROWEST_MAP: Final = 1.5
NARROWEST_SHEET: Final = 7.0
"""The same at pitch 1, for networks of a thousand layers."""
NARROWEST_SECTION: Final = 98.0
"""Room for the title of a short stage beside a very long one."""
SECTION_GAP: Final = 5.0
SECTION_PADDING: Final = 6.0
COLUMN: Final = 58.0
"""Room for one convolution with its BN and ReLU, and for its label."""
PICTURE_COLUMN: Final = 0.75
"""Room for the picture, in columns."""
STRIP: Final = 4.0
"""Width of a BN or ReLU: as high as the map it works on, but no map of its own."""
SE_STRIP: Final = 7.0
"""A squeeze-and-excitation is wider than other strips: it trains more than some convolutions."""
SE_SHEET: Final = 3.0
"""Its width in a closed block, at pitch 1."""
GAP: Final = 10.0
MARGIN: Final = 6.0
SHEET_GAP: Final = 2.6
"""Between the maps of a closed block, at pitch 1; their depth is seen there."""
ARC_ROOM: Final = 13.0
LABEL_ROOM: Final = 38.0
LINE: Final = 12.0
TOP_ROOM: Final = 7.0
CARD_TITLE: Final = 34.0
CHIP_SIZE: Final = (116.0, 17.0)
NORM_CHIP: Final = 28.0
ADDITION: Final = 17.0
CHIP_GAP: Final = 4.0
MARK: Final = 7.0
STACK_CARDS: Final = 3
STACK_STEP: Final = 5.0
PITCHES: Final = (0.22, 2.6)
LARGEST_SHRINK: Final = 1.7
VERY_LONG: Final = 3.0
"""Over the width of the window, at the least usual pitch: from here on blocks are but bars."""
DEEPEST_PITCH: Final = 0.1
DEEPEST_SHRINK: Final = 4.0
"""With these, ResNet-1202 has three quarters of the usual height, and titles that can be read."""
_MARKED: Final = frozenset(
    (LayerKind.CONV, LayerKind.ZERO_PAD, LayerKind.SCALE, LayerKind.DROPOUT, LayerKind.GATE)
)
_MAPS: Final = frozenset((LayerKind.CONV, LayerKind.MAX_POOL, LayerKind.AVG_POOL, LayerKind.LINEAR))


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a feature map is drawn.

    Attributes:
        height: Units per square root of a pixel.
        width: Units per square root of a channel, at pitch 1.
        pitch: Factor of all widths of maps and of the gaps in closed blocks.
        text: Factor of the room for text, for large letters.
        room: The same for all text but that of closed blocks: larger for a network so long that
            it is shrunk when it is seen whole, with maps as much larger.
        row: Factor of all widths where layers stand in a row, in a network of a thousand layers:
            its closed blocks are but bars, and its opened ones are drawn as those of others.
    """

    height: float
    width: float
    pitch: float
    text: float = 1.0
    room: float = 1.0
    row: float = 1.0

    def map_size(self, shape: Shape) -> tuple[float, float]:
        """Returns width and height of the box of a map `(C, H, W)` or of a vector `(C,)`."""
        width = self.width * self.pitch * math.sqrt(shape[0])
        pixels = shape[1] if len(shape) > 1 else 1
        least = min(NARROWEST_MAP, NARROWEST_SHEET * self.pitch)
        return max(width, least), self.height * math.sqrt(pixels)


def lay_out(
    graph: NetworkGraph, folds: Folds | None = None, *, aspect: float = 3.2, text: float = 1.0
) -> Drawing:
    """Returns the drawing of a network; takes time linear in its depth.

    Args:
        graph: The network.
        folds: What is folded up; by default every block is shown closed.
        aspect: Width over height of the window. It sets how wide the maps are, so that a short
            network fills the window as a long one does; folding does not change it.
        text: Size of the letters over the usual size.
    """
    folds = folds if folds is not None else Folds()
    scale = _scale(graph, aspect, text)
    figures: list[SectionFigure] = []
    x = 0.0
    for index, section in enumerate(graph.sections):
        figure = _section(section, index, x, graph=graph, scale=scale, folds=folds)
        figures.append(figure)
        x = figure.rect.right + SECTION_GAP
    return _drawing(graph, folds, figures, scale)


def _drawing(
    graph: NetworkGraph, folds: Folds, figures: Sequence[SectionFigure], scale: Scale
) -> Drawing:
    content = [box.rect for figure in figures for box in figure.boxes]
    content += [block.rect for figure in figures for block in figure.blocks]
    ink = around(content)
    top, bottom = ink.y - TOP_ROOM * scale.text, ink.bottom + LABEL_ROOM * scale.text
    columns = tuple(
        SectionFigure(
            figure.section,
            figure.index,
            Rect(figure.rect.x, top, figure.rect.w, bottom - top),
            figure.blocks,
            figure.boxes,
            figure.wires,
            figure.folded,
        )
        for figure in figures
    )
    bounds = Rect(0.0, top, columns[-1].rect.right, bottom - top)
    return Drawing(graph, folds, columns, bounds, scale.pitch, scale.room)


# -- scale ----------------------------------------------------------------------------------------


def _scale(graph: NetworkGraph, aspect: float, text: float) -> Scale:
    """Chooses the pitch at which the network with closed blocks has the wanted aspect."""
    height = PICTURE_HEIGHT / math.sqrt(graph.input_size)
    width = WIDEST_MAP / math.sqrt(4 * max(graph.spec.widths))
    narrow = Scale(height, width, PITCHES[0], text, text)
    window = aspect * _closed_height(graph, narrow)
    largest = LARGEST_SHRINK
    very_long = sum(_closed_widths(graph, narrow)) > VERY_LONG * window
    if very_long:
        narrow, largest = replace(narrow, pitch=DEEPEST_PITCH), DEEPEST_SHRINK
    pitch = _pitch(graph, narrow, window)
    texts, maps = _closed_widths(graph, replace(narrow, pitch=pitch))
    shrink = 1.0
    if (excess := (texts + maps) / window) > 1:
        # Shrunk by 1 / shrink to be seen whole, it has texts x shrink + maps = window x shrink.
        # Where texts alone nearly fill the window that is too much for what little is gained.
        shrink = max(1.0, min(maps / max(window - texts, 1.0), excess**2, largest))
    row = shrink if very_long else 1.0
    return Scale(height * shrink, width, pitch, text, text * shrink, row)


def _pitch(graph: NetworkGraph, narrow: Scale, window: float) -> float:
    """Returns the pitch at which the network is as wide as the window, if there is one."""
    low, high = narrow.pitch, PITCHES[1]
    # Where even the narrowest maps are too wide, they fill at least the room that texts leave.
    wanted = max(window, 1.02 * sum(_closed_widths(graph, narrow)))
    for _ in range(12):  # the width grows with the pitch, so halving finds it
        middle = math.sqrt(low * high)
        if sum(_closed_widths(graph, replace(narrow, pitch=middle))) > wanted:
            high = middle
        else:
            low = middle
    return low


def _closed_height(graph: NetworkGraph, scale: Scale) -> float:
    first = _closed_block(graph.blocks[0], 0.0, scale=scale)
    above = max(PICTURE_HEIGHT / 2, -first.rect.y)
    return above + TOP_ROOM * scale.text + PICTURE_HEIGHT / 2 + LABEL_ROOM * scale.text


def _closed_widths(graph: NetworkGraph, scale: Scale) -> tuple[float, float]:
    """Returns how wide the columns are that their texts need, and those that their maps need."""
    ends = [*_groups(graph.stem.layers), *_groups(graph.head.layers)]
    columns = PICTURE_COLUMN + sum(_columns(group) for group in ends)
    texts = columns * (COLUMN * scale.text + GAP) + SECTION_GAP * (len(graph.sections) - 1)
    maps = 0.0
    for section in graph.stages:
        # The blocks of a stage are equally wide, but for a projection's own channels.
        last = _closed_block(section.blocks[-1], 0.0, scale=scale)
        content = last.rect.w * len(section.blocks) + 2 * SECTION_PADDING
        if content < NARROWEST_SECTION * scale.text:
            texts += NARROWEST_SECTION * scale.text
        else:
            maps += content
    return texts, maps


# -- sections -------------------------------------------------------------------------------------


def _section(
    section: Section, index: int, x: float, *, graph: NetworkGraph, scale: Scale, folds: Folds
) -> SectionFigure:
    folded = section.name in folds.folded
    start, narrowest = x + SECTION_PADDING, NARROWEST_SECTION * scale.room
    for _ in range(2):  # the second time in the middle, if the column is wider than its content
        blocks, boxes, wires = _content(section, start, graph=graph, scale=scale, folds=folds)
        right = max([box.slot[1] for box in boxes] + [block.rect.right for block in blocks])
        spare = narrowest - (right + SECTION_PADDING - x)
        if spare <= 0 or start > x + SECTION_PADDING:
            break
        start += spare / 2
    width = max(narrowest, right + SECTION_PADDING - x)
    return SectionFigure(section, index, Rect(x, 0, width, 0), blocks, boxes, wires, folded)


def _content(
    section: Section, x: float, *, graph: NetworkGraph, scale: Scale, folds: Folds
) -> tuple[tuple[BlockFigure, ...], tuple[Box, ...], tuple[Wire, ...]]:
    if section.name in folds.folded:
        return (), (_stack(section, x, scale=scale),), ()
    if section.blocks:
        return _blocks(section, x, scale=scale, folds=folds), (), ()
    boxes: list[Box] = []
    if section.layers[0].inputs == (INPUT,):
        picture = _picture(graph.input_shape, x, scale=scale)
        boxes.append(picture)
        x = picture.slot[1] + GAP
    boxes += _row(section.layers, x, scale=scale, room=scale.room)
    return (), tuple(boxes), _wires(boxes, section.input_shape)


def _picture(shape: Shape, x: float, *, scale: Scale) -> Box:
    _, height = scale.map_size(shape)
    width = max(PICTURE_WIDTH * scale.room, scale.map_size(shape)[0])
    column = PICTURE_COLUMN * COLUMN * scale.room
    rect = Rect(x + (column - width) / 2, -height / 2, width, height)
    return Box(INPUT, Part.PICTURE, rect, (x, x + column), None)


def _stack(section: Section, x: float, *, scale: Scale) -> Box:
    width, height = scale.map_size(section.output_shape)
    room = STACK_STEP * (STACK_CARDS - 1)
    column = max(NARROWEST_SECTION * scale.room - 2 * SECTION_PADDING, width + room + 2 * GAP)
    rect = Rect(x + (column - width - room) / 2, -height / 2, width + room, height)
    return Box(section.name, Part.STACK, rect, (x, x + column), None)


def _blocks(section: Section, x: float, *, scale: Scale, folds: Folds) -> tuple[BlockFigure, ...]:
    figures: list[BlockFigure] = []
    for block in section.blocks:
        make = _opened_block if block.name in folds.opened else _closed_block
        figures.append(make(block, x, scale=scale))
        x = figures[-1].rect.right
    return tuple(figures)


# -- blocks ---------------------------------------------------------------------------------------


def _closed_block(block: Block, x: float, *, scale: Scale) -> BlockFigure:
    """A block of which only the convolutions and an SE are drawn, side by side, and the addition.

    Where the activations stand is seen in the opened block.
    """
    pitch = scale.pitch
    boxes, place = _sheets(block, x + 7 * pitch, scale=scale)
    top = min(box.rect.y for box in boxes)
    arc = None
    if block.addition is not None:
        size = min(max(9.0 * pitch, 5.0), 16.0 * pitch, 11.0)
        place += 4 * pitch
        addition = _addition(block.addition, place, size)
        boxes.append(addition)
        arc = Arc(
            block.shortcut_form,
            start=x + 2.5 * pitch,
            end=addition.rect.cx,
            top=top - ARC_ROOM,
            foot=addition.rect.y,
        )
        boxes += _marks(block, arc)
        place += size
    right = place + 3 * pitch
    high = top - ARC_ROOM - 5 if arc else top - 5
    rect = Rect(x, high, right - x, -top + 16 - high)
    return BlockFigure(block, rect, tuple(boxes), _line(x, right, block), arc, opened=False)


def _sheets(block: Block, place: float, *, scale: Scale) -> tuple[list[Box], float]:
    """The maps of a closed block, and where the next thing may stand."""
    boxes: list[Box] = []
    for layer in block.residual:
        width, height = scale.map_size(layer.output_shape)
        if layer.kind is LayerKind.CONV:
            rect = Rect(place, -height / 2, width, height)
            boxes.append(Box(layer.name, Part.MAP, rect, (place, place + width), layer))
        elif layer.kind is LayerKind.SE:
            width = SE_SHEET * scale.pitch
            rect = Rect(place, -height / 2, width, height)
            boxes.append(Box(layer.name, Part.STRIP, rect, (place, place + width), layer))
        else:
            continue
        place += width + SHEET_GAP * scale.pitch
    return boxes, place


def _addition(layer: Layer, x: float, size: float) -> Box:
    return Box(layer.name, Part.ADD, Rect(x, -size / 2, size, size), (x, x + size), layer)


def _marks(block: Block, arc: Arc) -> list[Box]:
    """What is on the shortcut of a closed block; pool and BN are part of a projection's mark."""
    marked = [layer for layer in block.shortcut if layer.kind in _MARKED]
    if not marked:
        return []
    size = min(MARK, (arc.end - arc.start) * 0.4 / len(marked))
    place = (arc.start + arc.end) / 2 - size * (1.4 * len(marked) - 0.4) / 2
    marks = []
    for layer in marked:
        rect = Rect(place, arc.top - size / 2, size, size)
        marks.append(Box(layer.name, Part.MARK, rect, (arc.start, arc.end), layer))
        place += 1.4 * size
    return marks


def _line(start: float, end: float, block: Block) -> tuple[Wire, ...]:
    return (Wire(start, end, block.output_shape),)


def _opened_block(block: Block, x: float, *, scale: Scale) -> BlockFigure:
    """A block with every layer: the residual branch in a row, the shortcut's layers above it.

    An activation before the split stands left of where the shortcut leaves.
    """
    gap, margin = GAP * scale.row, MARGIN * scale.row
    place = x + margin + gap
    boxes = _row(block.entry, place, scale=scale, room=scale.room) if block.entry else []
    start = boxes[-1].slot[1] + gap if boxes else place
    boxes += _row(block.residual, start + gap, scale=scale, room=1.08 * scale.room)
    # The shapes are written above the maps.
    top = min(box.rect.y for box in boxes) - 18 * scale.room
    end = boxes[-1].slot[1]
    arc, after = None, block.merge
    if block.addition is not None:
        addition, after = (
            _addition(block.addition, end + gap / 2, ADDITION * scale.row),
            block.merge[1:],
        )
        boxes.append(addition)
        top -= CHIP_SIZE[1] * scale.room
        arc = Arc(block.shortcut_form, start, addition.rect.cx, top, addition.rect.y)
        end = addition.rect.right
    boxes += _row(after, end + gap / 2, scale=scale, room=scale.room)
    right = max(boxes[-1].slot[1], end) + margin + gap / 2
    wires = _wires(boxes, block.input_shape)
    if arc is not None:
        boxes += _chips(block.shortcut, arc, scale=scale)
    lowest = max(box.rect.bottom for box in boxes)
    bottom = lowest + (LABEL_ROOM + 6 + _extra_label(block)) * scale.room
    high = top - (CHIP_SIZE[1] / 2 + CARD_TITLE) * scale.room
    rect = Rect(x, high, right - x, bottom - high)
    return BlockFigure(block, rect, tuple(boxes), wires, arc, opened=True)


def _extra_label(block: Block) -> float:
    """Room for one more line of text, where more than BN and ReLU follow a convolution."""
    return LINE if any(len(group) > 3 for group in _groups(block.residual)) else 0.0


def _chips(layers: Sequence[Layer], arc: Arc, *, scale: Scale) -> list[Box]:
    """The layers on the shortcut as chips in the middle of the arc; their size is not to scale."""
    height, gap = CHIP_SIZE[1] * scale.room, CHIP_GAP * scale.row
    room = arc.end - arc.start - 24 * scale.row - gap * (len(layers) - 1)
    widths = _chip_widths(layers, room, scale.room)
    place = (arc.start + arc.end - sum(widths) - gap * (len(widths) - 1)) / 2
    chips = []
    for layer, width in zip(layers, widths, strict=True):
        rect = Rect(place, arc.top - height / 2, width, height)
        chips.append(Box(layer.name, Part.CHIP, rect, (place, rect.right), layer))
        place = rect.right + gap
    return chips


def _chip_widths(layers: Sequence[Layer], room: float, text: float) -> list[float]:
    """How wide the chips are: a BN is narrow, the others share the room that is left."""
    norm = NORM_CHIP * text
    wide = [layer for layer in layers if layer.kind is not LayerKind.BATCH_NORM]
    room -= norm * (len(layers) - len(wide))
    share = min(CHIP_SIZE[0] * text, room / max(1, len(wide)))
    return [share if layer in wide else norm for layer in layers]


# -- rows of layers -------------------------------------------------------------------------------


def _row(layers: Sequence[Layer], x: float, *, scale: Scale, room: float = 1.0) -> list[Box]:
    """Sets layers side by side; a convolution shares its column with the BN and ReLU after it."""
    boxes: list[Box] = []
    for group in _groups(layers):
        if boxes:
            x += GAP * scale.row
        boxes += _column(group, x, scale=scale, room=room)
        x = boxes[-1].slot[1]
    return boxes


def _groups(layers: Sequence[Layer]) -> list[list[Layer]]:
    groups: list[list[Layer]] = []
    for layer in layers:
        if layer.kind in _MAPS or not groups:
            groups.append([])
        groups[-1].append(layer)
    return groups


def _columns(group: Sequence[Layer]) -> float:
    """How much room a group's text needs: activations without a map before them need less."""
    return 1.0 if group[0].kind in _MAPS else 0.5


def _column(group: Sequence[Layer], x: float, *, scale: Scale, room: float) -> list[Box]:
    sizes = []
    for layer in group:
        width, height = scale.map_size(layer.output_shape)
        strip = SE_STRIP if layer.kind is LayerKind.SE else STRIP
        sizes.append((scale.row * (width if layer.kind in _MAPS else strip), height))
    content = sum(width for width, _ in sizes)
    column = max(_columns(group) * COLUMN * room, content + 6)
    place = x + (column - content) / 2
    boxes = []
    for layer, (width, height) in zip(group, sizes, strict=True):
        part = Part.MAP if layer.kind in _MAPS else Part.STRIP
        rect = Rect(place, -height / 2, width, height)
        boxes.append(Box(layer.name, part, rect, (x, x + column), layer))
        place = rect.right
    return boxes


def _wires(boxes: Sequence[Box], first: Shape) -> tuple[Wire, ...]:
    """The main line between boxes that do not touch, with the shape that flows there."""
    wires = []
    if boxes[0].part is not Part.PICTURE:
        wires.append(Wire(boxes[0].slot[0], boxes[0].rect.x, first))
    for before, after in pairwise(boxes):
        if after.rect.x > before.rect.right:
            shape = before.layer.output_shape if before.layer else first
            wires.append(Wire(before.rect.right, after.rect.x, shape))
    return tuple(wires)
