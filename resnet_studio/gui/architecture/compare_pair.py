"""The two drawings of a comparison, which zoom, move, fold and select as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from resnet_studio.architecture.diff import Comparison, Row
from resnet_studio.architecture.graph import NetworkGraph
from resnet_studio.gui.architecture import compare_words as words
from resnet_studio.gui.architecture.camera import fitted
from resnet_studio.gui.architecture.compare_link import (
    Anchors,
    anchors,
    camera_there,
    folds_there,
)
from resnet_studio.gui.architecture.compare_view import ComparedView
from resnet_studio.gui.architecture.figures import Drawing
from resnet_studio.gui.architecture.outline import Folds
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.elided_label import ElidedLabel

_LONGEST_NAME = 48


class ComparedPair(QSplitter):
    """The network before above the network after, each with a line of its figures.

    Signals (GUI thread):
        chosen(Row): The person chose a part in a drawing; None for none.
        menu_wanted(QPoint): The context menu is wanted at this point of the screen.
    """

    chosen = Signal(object)
    menu_wanted = Signal(QPoint)

    def __init__(self, comparison: Comparison, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self._comparison = comparison
        self._following = False
        self._anchors: tuple[Anchors, Anchors] | None = None
        self._anchored: tuple[Drawing, Drawing] | None = None
        self.views = (
            ComparedView(comparison.before, theme),
            ComparedView(comparison.after, theme),
        )
        self.names = (QLabel(), QLabel())
        self.figures = (ElidedLabel(), ElidedLabel())
        self._build()
        self._connect()

    def show_comparison(self, comparison: Comparison, names: tuple[str, str]) -> None:
        """Shows two networks; folds and camera stay where their blocks are the same.

        Args:
            comparison: What to show.
            names: What the networks are called.
        """
        self._comparison = comparison
        with self._unlinked():
            rows = comparison.rows_before, comparison.rows_after
            graphs = comparison.before, comparison.after
            for view, graph, known in zip(self.views, graphs, rows, strict=True):
                view.set_graph(graph)
                view.set_rows(dict(known))
        for place, (name, graph) in enumerate(zip(names, graphs, strict=True)):
            self._write_caption(place, name, graph)
        self._lead_camera(0)

    def set_chosen(self, row: Row | None) -> None:
        """Marks a part in both drawings, where they have it; emits nothing."""
        items = row.sides if row is not None else (None, None)
        with self._unlinked():
            for view, item in zip(self.views, items, strict=True):
                view.set_selection(item.name if item is not None else "")
        # The drawing that has the part leads the other to the place where it would be.
        self._lead_camera(0 if items[0] is not None else 1)

    def set_theme(self, theme: Theme) -> None:
        """Draws in other colours."""
        for view in self.views:
            view.set_theme(theme)

    def set_folds(self, folds_of: Callable[[NetworkGraph], Folds]) -> None:
        """Folds both drawings alike."""
        with self._unlinked():
            for view in self.views:
                view.set_folds(folds_of(view.graph))
        self._lead_camera(0)

    def fit(self) -> None:
        """Shows both networks whole."""
        with self._unlinked():
            for view in self.views:
                view.fit()

    def zoom_by(self, factor: float) -> None:
        """Enlarges the drawing with the keyboard focus; the other follows."""
        self.active.zoom_by(factor)

    @property
    def active(self) -> ComparedView:
        """The drawing with the keyboard focus, else the upper one."""
        return self.views[1] if self.views[1].hasFocus() else self.views[0]

    # -- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        self.setHandleWidth(6)
        self.setChildrenCollapsible(False)
        titles = (self.tr("Drawing of the network before"), self.tr("Drawing of the network after"))
        for view, name, figures, title in zip(
            self.views, self.names, self.figures, titles, strict=True
        ):
            view.setAccessibleName(title)
            name.setTextFormat(Qt.TextFormat.RichText)
            caption = QHBoxLayout()
            caption.setContentsMargins(10, 2, 6, 2)
            caption.setSpacing(self.fontMetrics().horizontalAdvance(" "))
            caption.addWidget(name)
            caption.addWidget(figures, 1)
            box = QWidget()
            column = QVBoxLayout(box)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(0)
            column.addLayout(caption)
            column.addWidget(view, 1)
            self.addWidget(box)
            self.setStretchFactor(self.count() - 1, 1)
        self.setTabOrder(*self.views)

    def _connect(self) -> None:
        for place, view in enumerate(self.views):
            view.camera_moved.connect(lambda place=place: self._camera_moved(place))
            view.folds_changed.connect(lambda place=place: self._folds_changed(place))
            view.selected.connect(lambda name, place=place: self._selected(place, name))
            view.menu_wanted.connect(self.menu_wanted)

    def _write_caption(self, place: int, name: str, graph: NetworkGraph) -> None:
        side = self.tr("After") if place else self.tr("Before")
        text = " · ".join(words.caption_parts(graph))
        self.names[place].setText(f"{side}: <b>{escape(shortened(name))}</b>")
        self.figures[place].setText(f"· {text}")
        for label in (self.names[place], self.figures[place]):
            label.setToolTip(f"{name} · {text}")

    # -- linking ----------------------------------------------------------------------------

    @contextmanager
    def _unlinked(self) -> Iterator[None]:
        """Lets both drawings be changed without one leading the other."""
        before, self._following = self._following, True
        try:
            yield
        finally:
            self._following = before

    def _camera_moved(self, place: int) -> None:
        if not self._following:
            self._lead_camera(place)

    def _lead_camera(self, place: int) -> None:
        """Shows in the other drawing what is seen in this one."""
        here, there = self.views[place], self.views[1 - place]
        with self._unlinked():
            if here.is_fitted:
                if not there.is_fitted:
                    there.fit()
                return
            ratio = _whole_zoom(there) / _whole_zoom(here)
            there.follow_camera(
                camera_there(
                    here.camera,
                    here.drawing_area(),
                    there=there.drawing_area(),
                    zoom_ratio=ratio,
                    leading=self._leading(place),
                )
            )

    def _leading(self, place: int) -> Anchors:
        drawings = self.views[0].drawing, self.views[1].drawing
        known = self._anchored
        if known is None or any(old is not new for old, new in zip(known, drawings, strict=True)):
            self._anchors = anchors(self._comparison, *drawings)
            self._anchored = drawings
        assert self._anchors is not None
        return self._anchors[place]

    def _folds_changed(self, place: int) -> None:
        if self._following:
            return
        here, there = self.views[place], self.views[1 - place]
        pairs = [row.sides for row in self._comparison.walk() if row.level < 2]
        names, own = {}, set()
        for pair in pairs:
            mine, other = pair[place], pair[1 - place]
            if mine is not None and other is not None:
                names[mine.name] = other.name
            elif other is not None:
                own.add(other.name)
        with self._unlinked():
            there.follow_folds(folds_there(here.folds, there.folds, names=names, own=own))
        self._lead_camera(place)

    def _selected(self, place: int, name: str) -> None:
        rows = self._comparison.rows_after if place else self._comparison.rows_before
        self.chosen.emit(rows.get(name))


def shortened(name: str) -> str:
    """Returns a name that leaves room beside it: a file's or a run's may have any length."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _whole_zoom(view: ComparedView) -> float:
    """Returns the zoom at which the whole drawing is seen."""
    return fitted(view.drawing.bounds, view.drawing_area()).zoom
