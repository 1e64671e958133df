"""Two networks one above the other, what has changed marked in both, and a table beneath."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QBuffer, QIODevice, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.architecture.diff import ChangeState, Comparison, Row, compare
from resnet_studio.architecture.graph import NetworkGraph, build_graph
from resnet_studio.gui.architecture import compare_words as words
from resnet_studio.gui.architecture.compare_choices import Candidate
from resnet_studio.gui.architecture.compare_export import Side, comparison_image, comparison_svg
from resnet_studio.gui.architecture.compare_marks import badge_pixmap
from resnet_studio.gui.architecture.compare_pair import ComparedPair
from resnet_studio.gui.architecture.compare_table import CompareTable, comparison_csv
from resnet_studio.gui.architecture.outline import (
    Folds,
    every_block_opened,
    every_stage_folded,
)
from resnet_studio.gui.architecture.panel import network_title
from resnet_studio.gui.architecture.view import ZOOM_STEP
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.elided_label import ElidedLabel
from resnet_studio.gui.widgets.export import copy_image, save_bytes, save_image

_BUTTONS = (
    "architecture.compare",
    "architecture.compare_swap",
    "",
    "architecture.show_stages",
    "architecture.show_blocks",
    "architecture.show_layers",
    "",
    "architecture.zoom_out",
    "architecture.zoom_in",
    "architecture.fit",
)
_EXPORTS = (
    "architecture.copy_drawing",
    "architecture.save_png",
    "architecture.save_svg",
    "architecture.copy_table",
    "architecture.save_table",
)
_CLOSE = "architecture.compare_close"


class ComparePage(QWidget):
    """Compares the present network with another one, and follows every change of the form.

    Signals (GUI thread):
        closed(): The person wants the usual view back.
    """

    closed = Signal()

    def __init__(self, studio: Studio, candidate: Candidate, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._candidate = candidate
        self._present_first = not candidate.comes_first
        self._other = build_graph(candidate.spec)
        self._selecting = False
        self.comparison = self._compared()
        self.differing = ElidedLabel()
        self.totals = ElidedLabel()
        self.pair = ComparedPair(self.comparison, studio.theme)
        self.table = CompareTable(self.comparison, studio.theme)
        self.only_changes = QCheckBox(self.tr("Only changes"))
        self.told = ElidedLabel()
        self.legend = QLabel()
        self._build()
        self._connect()
        self._show()

    @property
    def names(self) -> tuple[str, str]:
        """What the upper and the lower network are called."""
        present, other = network_title(self._studio.spec), self._candidate.network
        return (present, other) if self._present_first else (other, present)

    def show_candidate(self, candidate: Candidate) -> None:
        """Compares with another network, both seen whole."""
        self._candidate = candidate
        self._present_first = not candidate.comes_first
        self._other = build_graph(candidate.spec)
        self._show()
        self.pair.fit()

    def swap(self) -> None:
        """Sets the upper network below and the lower one above."""
        self._present_first = not self._present_first
        self._show()

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        """What the commands of the panel do while two networks are compared."""
        pair = self.pair
        return {
            "architecture.fit": pair.fit,
            "architecture.zoom_in": lambda: pair.zoom_by(ZOOM_STEP),
            "architecture.zoom_out": lambda: pair.zoom_by(1 / ZOOM_STEP),
            "architecture.show_stages": lambda: pair.set_folds(every_stage_folded),
            "architecture.show_blocks": lambda: pair.set_folds(lambda _graph: Folds()),
            "architecture.show_layers": lambda: pair.set_folds(every_block_opened),
            "architecture.copy_drawing": self.copy_drawings,
            "architecture.save_png": self.save_png,
            "architecture.save_svg": self.save_svg,
            "architecture.copy_table": self.copy_table,
            "architecture.save_table": self.save_table,
        }

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape goes back to the usual view, where no drawing takes it."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    # -- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._head())
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setHandleWidth(6)
        self.splitter.addWidget(self.pair)
        self.splitter.addWidget(self._lower())
        self.splitter.setSizes([420, 180])
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setCollapsible(0, False)
        column.addWidget(self.splitter, 1)
        self.setTabOrder(self.pair.views[1], self.only_changes)
        self.setTabOrder(self.only_changes, self.table)

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(10, 4, 6, 4)
        row.setSpacing(2)
        lines = QVBoxLayout()
        lines.setSpacing(0)
        lines.addWidget(self.differing)
        lines.addWidget(self.totals)
        row.addLayout(lines, 1)
        for name in _BUTTONS:
            if name:
                row.addWidget(self._button(name))
            else:
                row.addSpacing(8)
        row.addWidget(self._export_button())
        self._studio.commands.action(_CLOSE).setIconText(self.tr("Close"))
        close = self._button(_CLOSE)
        close.setProperty("framed", True)
        close.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        row.addWidget(close)
        return row

    def _button(self, command: str) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(self._studio.commands.action(command))
        button.setAccessibleName(button.text())
        return button

    def _export_button(self) -> QToolButton:
        button = QToolButton()
        button.setText(self.tr("Copy or save"))
        button.setProperty("framed", True)
        button.setToolTip(self.tr("Copy or save both drawings and the table of changes."))
        button.setAccessibleName(button.text())
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        menu.addActions([self._studio.commands.action(command) for command in _EXPORTS])
        button.setMenu(menu)
        return button

    def _lower(self) -> QWidget:
        self.only_changes.setChecked(True)
        self.only_changes.setToolTip(self.tr("List only what differs, not what is alike."))
        self.table.setFrameShape(QFrame.Shape.NoFrame)
        row = QHBoxLayout()
        row.setContentsMargins(10, 3, 10, 3)
        row.setSpacing(14)
        row.addWidget(self.only_changes)
        row.addWidget(self.told, 1)
        row.addWidget(self.legend)
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        return box

    def _connect(self) -> None:
        studio = self._studio
        studio.spec_changed.connect(self._show)
        studio.theme_changed.connect(self._follow_theme)
        studio.selection_changed.connect(self._follow_selection)
        self.pair.chosen.connect(self._choose)
        self.pair.menu_wanted.connect(self._show_menu)
        self.table.chosen.connect(self._choose)
        self.only_changes.toggled.connect(lambda _on: self._show_table())

    # -- showing ----------------------------------------------------------------------------

    def _compared(self) -> Comparison:
        graphs = (self._studio.graph, self._other)
        before, after = graphs if self._present_first else graphs[::-1]
        return compare(before, after)

    def _show(self, _spec: object = None) -> None:
        self.comparison = self._compared()
        fields = self._said()
        totals = words.totals_text(self.comparison) if not self.comparison.same else ""
        for label, text in ((self.differing, fields), (self.totals, totals)):
            label.setText(text)
            label.setToolTip(text)
            label.setVisible(bool(text))
        self.pair.show_comparison(self.comparison, self.names)
        self._show_table()
        self._show_legend()
        self._follow_selection(self._studio.selection)

    def _show_table(self) -> None:
        self.table.show_comparison(self.comparison, only_changes=self.only_changes.isChecked())
        self.table.set_chosen(self._present_rows().get(self._studio.selection))

    def _said(self) -> str:
        """Returns in what the networks differ, in one line."""
        if self.comparison.same:
            return self.tr("Both networks are the same.")
        fields = words.fields_text(self.comparison)
        if self.comparison.same_layers:
            return self.tr("The layers are the same. {fields}").format(fields=fields)
        return fields

    def _show_legend(self) -> None:
        """Says what the marks mean that are there."""
        states = {row.state for row in self.comparison.walk()}
        texts = []
        for state in ChangeState:
            if state in states and state is not ChangeState.SAME:
                texts.append(f"{_image_html(state, self._studio.theme)} {words.state_text(state)}")
        self.legend.setText(" &nbsp; ".join(texts))

    def _follow_theme(self, theme: Theme) -> None:
        self.pair.set_theme(theme)
        self.table.set_theme(theme)
        self._show_legend()

    # -- selection --------------------------------------------------------------------------

    def _present_rows(self) -> Mapping[str, Row]:
        first = self._present_first
        return self.comparison.rows_before if first else self.comparison.rows_after

    def _choose(self, row: Row | None) -> None:
        """Marks a part everywhere; the window's selection is the present network's part."""
        item = None
        if row is not None:
            item = row.before if self._present_first else row.after
        self._selecting = True
        self._studio.select(item.name if item is not None else "")
        self._selecting = False
        self._mark(row)

    def _follow_selection(self, name: str) -> None:
        if not self._selecting:
            self._mark(self._present_rows().get(name))

    def _mark(self, row: Row | None) -> None:
        self.pair.set_chosen(row)
        self.table.set_chosen(row)
        text = words.row_sentence(row) if row is not None else ""
        self.told.setText(text or self.tr("Choose a part to read what has changed in it."))
        self.told.setToolTip(words.row_tip(row) if row is not None else "")

    # -- menu and export --------------------------------------------------------------------

    def context_menu(self) -> QMenu:
        """Returns the menu of the drawings."""
        menu = QMenu(self)
        view = self.pair.active
        entry = view.outline.find(view.selection)
        if entry is not None:
            text = self.tr("Fold or unfold {name}").format(name=entry.name)
            menu.addAction(text).triggered.connect(lambda: view.toggle(entry.name))
            text = self.tr("Zoom to {name}").format(name=entry.name)
            menu.addAction(text).triggered.connect(view.zoom_to_selection)
            menu.addSeparator()
        for name in (*_BUTTONS, "", *_EXPORTS, "", _CLOSE):
            if name:
                menu.addAction(self._studio.commands.action(name))
            else:
                menu.addSeparator()
        return menu

    def _show_menu(self, point: QPoint) -> None:
        menu = self.context_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(point)

    def copy_drawings(self) -> None:
        """Puts a picture of both drawings into the clipboard."""
        sides, note = self._sides(), self._note()
        copy_image(comparison_image(sides, self._studio.theme, self.font(), note=note))
        self._studio.show_message(self.tr("Both drawings are in the clipboard, as a picture."))

    def save_png(self) -> None:
        """Asks for a name and saves a picture of both drawings."""
        sides, note = self._sides(), self._note()
        image = comparison_image(sides, self._studio.theme, self.font(), note=note)
        save_image(self._studio, image, f"{self._file_name()}.png")

    def save_svg(self) -> None:
        """Asks for a name and saves both drawings as SVG."""
        path = self._studio.save_file(
            self.tr("Save drawings"), f"{self._file_name()}.svg", self.tr("SVG drawing (*.svg)")
        )
        if path is not None:
            content = comparison_svg(
                self._sides(), self._studio.theme, self.font(), note=self._note()
            )
            save_bytes(self._studio, content, path.with_suffix(".svg"))

    def copy_table(self) -> None:
        """Puts every row of the comparison into the clipboard as CSV."""
        QGuiApplication.clipboard().setText(comparison_csv(self.comparison))
        self._studio.show_message(self.tr("The table of changes is in the clipboard, as CSV."))

    def save_table(self) -> None:
        """Asks for a name and saves every row of the comparison as CSV."""
        path = self._studio.save_file(
            self.tr("Save table"), f"{self._file_name()}.csv", self.tr("CSV table (*.csv)")
        )
        if path is not None:
            content = comparison_csv(self.comparison).encode("utf-8")
            save_bytes(self._studio, content, path.with_suffix(".csv"))

    def _sides(self) -> list[Side]:
        graphs: tuple[NetworkGraph, ...] = (self.comparison.before, self.comparison.after)
        return [
            Side(view.drawing, view.states, " · ".join((name, *words.caption_parts(graph))))
            for view, name, graph in zip(self.pair.views, self.names, graphs, strict=True)
        ]

    def _note(self) -> str:
        return f"{self._said()} · {words.totals_text(self.comparison)}"

    def _file_name(self) -> str:
        text = "_against_".join(graph.spec.name for graph in _graphs(self.comparison))
        return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in text)


def _graphs(comparison: Comparison) -> tuple[NetworkGraph, NetworkGraph]:
    return comparison.before, comparison.after


def _image_html(state: ChangeState, theme: Theme) -> str:
    """Returns a badge as an image within rich text."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    badge_pixmap(state, theme, side=14, ratio=1.0).save(buffer, "PNG")
    data = bytes(buffer.data().toBase64().data()).decode("ascii")
    return f"<img src='data:image/png;base64,{data}'>"
