"""The picture before and after one step, with what the step does drawn on the one before."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_studio.data.augment import Attempt, StepDraw
from resnet_studio.gui.augmentation.original_view import OriginalView
from resnet_studio.gui.augmentation.painting import paint_strong_outline, scaled
from resnet_studio.gui.augmentation.walk import Moment, Walk
from resnet_studio.gui.theme import Theme

_DASH, _SPACE = 5, 4  # in widths of the line


class PictureBefore(OriginalView):
    """Draws the picture that enters a step, and what the step cuts, turns, flips or covers."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.refused: tuple[Attempt, ...] = ()
        self.covered: tuple[int, int, int, int] | None = None
        self._axes = (False, False)
        self.setMinimumSize(120, 80)
        self.setAccessibleName(self.tr("The picture before the step"))
        self.setToolTip(
            self.tr(
                "Framed: what the step takes of the picture; the dot is the result's own top left "
                "corner. Dashed: attempts that were refused. They have no place yet and are drawn "
                "in the middle."
            )
        )

    def show_moment(self, walk: Walk, moment: Moment, fill: QColor) -> None:
        """Shows a moment of a walk.

        Args:
            walk: The walk.
            moment: The moment.
            fill: Colour of what comes in from outside of the picture.
        """
        place = max(moment.step, 0)
        height, width = walk.size_before(place)
        drawn = walk.draw.steps[place]
        attempts = drawn.attempts
        if moment.attempt is not None:
            attempts = attempts[: moment.attempt + 1]
        self.refused = tuple(one for one in attempts if not one.accepted)
        found = not attempts or attempts[-1].accepted or moment.attempt is None
        begun = moment.step >= 0
        self.covered = _covered(drawn) if begun and found else None
        moves = drawn.region is not None or drawn.affine is not None or drawn.mirrored
        shown = begun and found and (moves or _upside_down(drawn))
        self._axes = (drawn.mirrored, _upside_down(drawn)) if begun else (False, False)
        if not begun:
            self.refused = ()
        self.show_picture(walk.images[place], QSize(width, height))
        self.show_draws((walk.alone(place),) if shown else (), border=0, fill=fill)
        self.show_strong(0 if shown else None)
        self._smooth = QImage()
        self._limit_height()

    def refused_box(self, attempt: Attempt) -> QRectF:
        """Returns where a refused attempt is drawn: around the middle, in the picture's pixels."""
        box = QRectF(0, 0, attempt.width, attempt.height)
        box.moveCenter(QPointF(self.original.width() / 2, self.original.height() / 2))
        return box

    def _extent(self) -> QRectF:
        extent = super()._extent()
        for attempt in self.refused:
            extent = extent.united(self.refused_box(attempt))
        return extent

    def paint(self, painter: QPainter) -> None:
        """Draws the attempts and marks over the picture."""
        super().paint(painter)
        for number, attempt in enumerate(self.refused):
            newest = number == len(self.refused) - 1
            self._paint_refused(painter, attempt, newest=newest)
        if self.covered is not None:
            left, top, width, height = self.covered
            paint_strong_outline(
                painter, self._polygon(QRectF(left, top, width, height)), self._theme
            )
        self._paint_axes(painter)

    def _paint_refused(self, painter: QPainter, attempt: Attempt, *, newest: bool) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        outline = self._polygon(self.refused_box(attempt))
        for colour, width in ((self._theme.surface, 5.0), (self._theme.danger, 2.5)):
            pen = QPen(QColor(colour), width if newest else width / 2)
            if colour == self._theme.danger:
                pen.setDashPattern([_DASH, _SPACE])
            painter.setPen(pen)
            painter.drawPolygon(outline)

    def _paint_axes(self, painter: QPainter) -> None:
        """Draws the line about which the picture is mirrored."""
        area = self.picture_area()
        middle = area.center()
        lines = (
            (QPointF(middle.x(), area.top()), QPointF(middle.x(), area.bottom())),
            (QPointF(area.left(), middle.y()), QPointF(area.right(), middle.y())),
        )
        for mirrored, (start, end) in zip(self._axes, lines, strict=True):
            if mirrored:
                for colour, width in ((self._theme.surface, 5.0), (self._theme.accent, 2.5)):
                    painter.setPen(QPen(QColor(colour), width, Qt.PenStyle.DashLine))
                    painter.drawLine(start, end)

    def _polygon(self, box: QRectF) -> QPolygonF:
        corners = (box.topLeft(), box.topRight(), box.bottomRight(), box.bottomLeft())
        return self._on_widget([(corner.x(), corner.y()) for corner in corners])


class PictureAfter(QWidget):
    """Draws the picture that leaves a step as large as fits, or says why there is none."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.image = QImage()
        self.text = ""
        self.setMinimumSize(120, 80)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("The picture after the step"))
        self.setToolTip(self.tr("What leaves the step; enlarged pixels stay squares."))

    def show_image(self, image: QImage, text: str) -> None:
        """Shows a picture; where it is null, `text` says why."""
        self.image, self.text = image, text
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, 220)

    def picture_area(self) -> QRectF:
        """Returns where the picture is drawn."""
        room = QRectF(self.rect()).adjusted(4, 4, -4, -4)
        size = QSizeF(self.image.size()).scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left = room.center().x() - size.width() / 2
        return QRectF(QPointF(round(left), room.top()), size.toSize().expandedTo(QSize(2, 2)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the picture or the words."""
        painter = QPainter(self)
        if self.image.isNull():
            painter.setPen(QColor(self._theme.muted))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), flags, self.text)
        else:
            area = self.picture_area()
            ratio = self.devicePixelRatioF()
            painter.drawImage(area.topLeft(), scaled(self.image, area.size().toSize(), ratio=ratio))
        painter.end()


def _covered(drawn: StepDraw) -> tuple[int, int, int, int] | None:
    """Returns the rectangle that a step has covered: left, top, width, height."""
    if not drawn.values.get("erased", False):
        return None
    left, top, width, height = (int(drawn.values[n]) for n in ("left", "top", "width", "height"))
    return left, top, width, height


def _upside_down(drawn: StepDraw) -> bool:
    return drawn.kind == "vertical_flip" and bool(drawn.values["flipped"])
