"""One of the two drawings of a comparison: what has changed is marked, and its camera is heard."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from resnet_studio.architecture.diff import ChangeState, Row
from resnet_studio.architecture.graph import NetworkGraph
from resnet_studio.gui.architecture import compare_words as words
from resnet_studio.gui.architecture import frame
from resnet_studio.gui.architecture.camera import Camera
from resnet_studio.gui.architecture.compare_marks import (
    RULER,
    States,
    paint_outlines,
    paint_ruler,
)
from resnet_studio.gui.architecture.geometry import Rect
from resnet_studio.gui.architecture.outline import Entry, Folds
from resnet_studio.gui.architecture.view import NetworkView
from resnet_studio.gui.theme import Theme

_LEAST = QSize(240, 130)
_AROUND = 4.0
_LEGEND_FROM, _NOTES_FROM = 4.5, 3.2
"""Heights of the titles from which a drawing has a legend, and the titles have all their lines:
two drawings share the room of one."""


class ComparedView(NetworkView):
    """Draws one of two networks with marks on what has changed.

    Signals (GUI thread):
        camera_moved(): Another part of the drawing is seen, or at another size.
    """

    camera_moved = Signal()
    _camera = Camera()
    _titles = 0.0

    def __init__(self, graph: NetworkGraph, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(graph, theme, parent)
        self._rows: dict[str, Row] = {}
        self._states: States = {}
        self.setMinimumSize(_LEAST)

    @property
    def camera(self) -> Camera:  # type: ignore[override]
        """Which part of the drawing is seen; each change is told."""
        return self._camera

    @camera.setter
    def camera(self, camera: Camera) -> None:
        if camera != self._camera:
            self._camera = camera
            self.camera_moved.emit()

    @property
    def states(self) -> States:
        """What has happened to each name."""
        return self._states

    def set_rows(self, rows: dict[str, Row]) -> None:
        """Marks what has changed, and tells it in the tool tips.

        Args:
            rows: The row of each name of this network.
        """
        self._rows = rows
        self._states = {name: row.state for name, row in rows.items()}
        self.update()

    def follow_camera(self, camera: Camera) -> None:
        """Shows what the other drawing shows."""
        self._fits = False
        self.camera = camera
        self.update()

    def follow_folds(self, folds: Folds) -> None:
        """Folds and unfolds what the other drawing has folded; emits no `folds_changed`."""
        if folds != self.folds:
            self.folds = folds
            self._lay_out(self.graph)

    def has_legend(self) -> bool:
        """Tells whether the drawing is high enough to spare a line for the legend."""
        return self.height() >= _LEGEND_FROM * self._titles

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves the second and third line of the titles out where there is little room."""
        self._fit_titles()
        super().resizeEvent(event)

    def _renew_style(self, graph: NetworkGraph) -> None:
        super()._renew_style(graph)
        self._fit_titles()

    def _fit_titles(self) -> None:
        self.look.has_notes = True
        self._titles = frame.header_height(self.look)
        self.look.has_notes = self.height() >= _NOTES_FROM * self._titles

    def _change_folds(self, target: Entry) -> None:
        """Also makes the drawing smaller where an opened block would be higher than its window."""
        super()._change_folds(target)
        rect, window = self.visible_rect(target.name), self.drawing_area()
        if rect is not None and not self.is_fitted and rect.h * self.camera.zoom > window.h:
            zoom = window.h / (rect.h + 2 * _AROUND)
            x, _ = self.camera.to_screen(rect.cx, 0)
            self.camera = Camera(zoom, x - rect.cx * zoom, window.cy - rect.cy * zoom)
            self._look_at(rect)

    def _moved(self) -> None:
        super()._moved()
        self.camera_moved.emit()  # told before while the drawing still counted as seen whole

    def drawing_area(self) -> Rect:
        """Returns the pixels of the drawing, between the titles and the ruler."""
        window = super().drawing_area()
        return Rect(window.x, window.y, window.w, max(1.0, window.h - RULER))

    def tip_at(self, point: QPointF) -> str:
        """Returns the tool tip at a pixel: both sides of what is there."""
        row = self._rows.get(self.name_at(point))
        return words.row_tip(row) if row is not None else ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape is left to the page around the drawing once nothing is selected."""
        if event.key() == Qt.Key.Key_Escape and not self.selection:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the drawing, the marks over it, and the ruler below it."""
        super().paintEvent(event)
        window = self.drawing_area()
        painter = QPainter(self)
        paint_outlines(
            painter,
            self.drawing,
            camera=self.camera,
            window=window,
            style=self.look,
            # What is selected has an outline already.
            states={**self._states, self.selection: ChangeState.SAME},
        )
        paint_ruler(
            painter,
            self.drawing,
            camera=self.camera,
            window=window,
            top=window.bottom,
            style=self.look,
            states=self._states,
        )
        painter.end()
