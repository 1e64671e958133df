"""What the row of maps shows of a block, apart from the widget: values, colours and places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, QSize
from PySide6.QtGui import QImage

from resnet_studio.gui.features.blocks_layout import Frame, Tiles, all_channels, one_channel
from resnet_studio.gui.features.blocks_words import after_sum, part_title
from resnet_studio.gui.features.colour_bar import Scale
from resnet_studio.gui.features.images import levels_image, number, scaled
from resnet_studio.probe.colours import Palette
from resnet_studio.probe.mosaic import Grid, lay_out, to_levels
from resnet_studio.probe.residual import Dissection, Part, Reach, beside, channel_lengths, reach

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Look:
    """How the maps are shown.

    Attributes:
        every: All channels as tiles instead of one.
        own_scale: Each map has a colour scale of its own instead of one for all five.
    """

    every: bool = False
    own_scale: bool = False


@dataclass(frozen=True, slots=True)
class Pointed:
    """What the cursor points at.

    Attributes:
        channel: Channel of F(x) and what follows.
        across: Place within the map, 0 at the left to 1 at the right.
        down: Place within the map, 0 at the top to 1 at the bottom.
    """

    channel: int
    across: float
    down: float


class BlockScene:
    """The maps of one block, laid out.

    Attributes:
        found: The block.
        look: How it is shown.
        channel: The channel that is shown, or marked among all.
        boxes: Where each map is drawn, from left to right.
        tiles: How all channels lie within a box; one channel is one tile.
    """

    def __init__(self, found: Dissection, look: Look, channel: int) -> None:
        self.found = found
        self.look = look
        self.channel = channel
        self.boxes: tuple[QRectF, ...] = ()
        self.tiles = Tiles(1, 1.0, 1.0)

    def arrange(self, frame: Frame) -> None:
        """Lays the maps out in a room."""
        shapes = [maps.shape for maps in self.found.maps.values()]
        aspect = shapes[0][1] / shapes[0][2]
        if self.look.every:
            counts = [channels for channels, _, _ in shapes]
            self.tiles, self.boxes = all_channels(frame, counts, aspect)
        else:
            self.tiles, self.boxes = one_channel(frame, aspect)

    # -- what there is ------------------------------------------------------------------------

    @property
    def parts(self) -> tuple[Part, ...]:
        """The maps that are shown, from left to right."""
        return tuple(self.found.maps)

    def signs(self) -> list[str]:
        """Returns what stands between the maps; a blank where a line may end."""
        follows = after_sum(self.found.reading.block)
        last = f"{follows} →" if follows else "="
        return ["", "+", "=", last] if Part.SHORTCUT in self.found.maps else ["→", last]

    def own_channel(self, part: Part, channel: int) -> int | None:
        """Returns which channel of a map belongs to `channel` of the sum; None for none."""
        return beside(self.found.reading.block, channel) if part is Part.INPUT else channel

    def value(self, part: Part, at: Pointed) -> tuple[float, int, int] | None:
        """Returns value, row and column of what is pointed at in one of the maps.

        A larger input is read where the shortcut reads it: every `stride`-th row and column.
        """
        own = self.own_channel(part, at.channel)
        if own is None:
            return None
        values = self.found.maps[part][own]
        height, width = self.found.maps[Part.OUTPUT].shape[1:]
        row = int(at.down * height) * -(-values.shape[0] // height)
        column = int(at.across * width) * -(-values.shape[1] // width)
        return float(values[row, column]), row, column

    def channel_text(self, part: Part) -> str:
        """Returns the length of the shown channel of a map in words."""
        own = self.own_channel(part, self.channel)
        if own is None:
            return "—"
        length = float(channel_lengths(self.found.maps[part][own : own + 1])[0])
        text = translate("BlockMaps", "no. {number}: {length}")
        return text.format(number=own, length=number(length))

    def describe(self, at: Pointed) -> str:
        """Returns channel, places and values of what is pointed at, a line for each map."""
        lines = [translate("BlockMaps", "channel {number}").format(number=at.channel)]
        text = translate("BlockMaps", "{name}: {value} at row {row}, column {column}")
        for part in self.parts:
            found = self.value(part, at)
            if found is not None:
                value, row, column = found
                lines.append(
                    text.format(name=part_title(part), value=number(value), row=row, column=column)
                )
        return "\n".join(lines)

    # -- colours ------------------------------------------------------------------------------

    def scale_of(self, part: Part) -> Scale:
        """Returns what the colours of a map mean."""
        parts = [part] if self.look.own_scale else self.parts
        usual, most = _widest(self._reach(each) for each in parts)
        return Scale(-usual, usual, most > usual, palette=Palette.DIVERGING)

    def _reach(self, part: Part) -> Reach:
        if self.look.every:
            return self.found.reaches[part]
        own = self.own_channel(part, self.channel)
        # One channel shows all its values: there is none beside it that would be too pale.
        most = 0.0 if own is None else reach(self.found.maps[part][own]).most
        return Reach(most, most)

    def image(self, part: Part, ratio: float) -> QImage:
        """Returns a map as a picture, no larger than it is drawn; null where there is none.

        Args:
            part: Which map.
            ratio: Pixels of the screen per pixel of the window.
        """
        scale, maps = self.scale_of(part), self.found.maps[part]
        if self.look.every:
            levels = to_levels(maps, scale.low, scale.high, Palette.DIVERGING)
            levels = lay_out(levels, self._grid(part))
        else:
            own = self.own_channel(part, self.channel)
            if own is None:
                return QImage()
            levels = to_levels(maps[own], scale.low, scale.high, Palette.DIVERGING)
        image = levels_image(levels, Palette.DIVERGING)
        target = self.target(part)
        if target.width() >= image.width():
            return image
        size = QSize(max(1, round(target.width())), max(1, round(target.height())))
        return scaled(image, size, ratio=ratio)

    # -- places -------------------------------------------------------------------------------

    def box(self, part: Part) -> QRectF:
        """Returns where a map is drawn."""
        return self.boxes[self.parts.index(part)]

    def target(self, part: Part) -> QRectF:
        """Returns the part of the box that the picture of a map fills."""
        box = self.box(part)
        if not self.look.every:
            return box
        grid = self._grid(part)
        across = self.tiles.across / (grid.tile_width + grid.gap)
        down = self.tiles.down / (grid.tile_height + grid.gap)
        return QRectF(box.left(), box.top(), grid.width * across, grid.height * down)

    def tile(self, part: Part, own: int) -> QRectF:
        """Returns where one channel of a map is drawn."""
        box = self.box(part)
        if not self.look.every:
            return box
        grid = self._grid(part)
        across = self.tiles.across * grid.gap / (grid.tile_width + grid.gap)
        down = self.tiles.down * grid.gap / (grid.tile_height + grid.gap)
        return self.tiles.place(own).translated(box.topLeft()).adjusted(0, 0, -across, -down)

    def cell(self, part: Part, at: Pointed) -> QRectF | None:
        """Returns where the value that is pointed at is drawn in one of the maps."""
        found, own = self.value(part, at), self.own_channel(part, at.channel)
        if found is None or own is None:
            return None
        _, row, column = found
        height, width = self.found.maps[part].shape[1:]
        tile = self.tile(part, own)
        wide, tall = tile.width() / width, tile.height() / height
        left, top = tile.left() + column * wide, tile.top() + row * tall
        return QRectF(left, top, max(3.0, wide), max(3.0, tall))

    def ground(self, part: Part) -> tuple[QRectF, ...]:
        """Returns what lies under the tiles of a map and shows in their gaps."""
        if not self.look.every:
            return ()
        target = self.target(part)
        rows, rest = divmod(len(self.found.maps[part]), self.tiles.columns)
        whole = QRectF(target)
        whole.setHeight(min(target.height(), rows * self.tiles.down))
        if not rest:
            return (whole,)
        last = self.tile(part, rows * self.tiles.columns)
        last.setRight(self.tile(part, len(self.found.maps[part]) - 1).right())
        return whole, last

    def point_at(self, point: QPointF) -> Pointed | None:
        """Returns what lies under a point."""
        for part, box in zip(self.parts, self.boxes, strict=True):
            if not box.contains(point):
                continue
            own = self.tiles.position(point - box.topLeft(), len(self.found.maps[part]))
            channel = self.channel if not self.look.every else self._seen_channel(part, own)
            if channel is None or own is None:
                return None
            return _pointed(channel, self.tile(part, own), point)
        return None

    def _seen_channel(self, part: Part, own: int | None) -> int | None:
        """Returns the channel of the sum beside which channel `own` of a map is shown."""
        if part is not Part.INPUT:
            return own
        channels = range(self.found.channels)
        return next((c for c in channels if self.own_channel(part, c) == own), None)

    def _grid(self, part: Part) -> Grid:
        count, height, width = self.found.maps[part].shape
        gap = max(1, round(width / self.tiles.across))
        return Grid(count, min(count, self.tiles.columns), height, width, gap)


def _widest(reaches: Iterable[Reach]) -> Reach:
    every = list(reaches)
    return Reach(max(each.usual for each in every), max(each.most for each in every))


def _pointed(channel: int, tile: QRectF, point: QPointF) -> Pointed:
    across = (point.x() - tile.left()) / tile.width()
    down = (point.y() - tile.top()) / tile.height()
    most = 1 - 1e-9
    return Pointed(channel, min(max(across, 0.0), most), min(max(down, 0.0), most))
