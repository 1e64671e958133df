"""The papers' tables below the drawing: the present network lit, and why its figures differ."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSplitter,
    QStyle,
    QTextBrowser,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.paper_compare import nearest
from resnet_studio.architecture.paper_table import TABLES, Column, Table
from resnet_studio.gui.architecture import lens_words as words
from resnet_studio.gui.architecture.lens_table import LensModel
from resnet_studio.gui.architecture.lens_view import LensView
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.export import copy_image, save_image, save_table

_SPLITTER = "architecture.lens"
_LETTERS = 30
_LEAST_WORDS = 250
"""Pixels that the words have beside the widest table."""
_EXPORTS = (
    "architecture.paper_copy",
    "architecture.paper_png",
    "architecture.paper_csv",
)


class LensPage(QWidget):
    """A table of a paper, what is said of the present network, and the offer to switch.

    Signals (GUI thread):
        closed(): The person wants the usual table again.
    """

    closed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._stale = False
        self.choice = QComboBox()
        self.offer = QFrame()
        self.offer_text = QLabel()
        self.offer_buttons: list[QPushButton] = []
        table = nearest(studio.graph).table
        self.model = LensModel(studio.graph, table, self)
        self.view = LensView(self.model, studio.theme)
        self.words = QTextBrowser()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self._build()
        self._connect()
        self._show(table)

    # -- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        for table in TABLES:
            self.choice.addItem(words.table_title(table), table.key)
        # The titles must not widen the window; the list below is as wide as they are.
        self.choice.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.choice.setMinimumContentsLength(_LETTERS)
        self.choice.view().setMinimumWidth(self._widest_title())
        self.choice.setMaximumWidth(self._widest_title() + 40)
        self.choice.setAccessibleName(self.tr("Table of a paper"))
        self.choice.setToolTip(self.tr("Which paper's table stands beside the network."))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._top_row())
        column.addWidget(self._offer_row())
        for widget in (self.view, self.words):
            widget.setFrameShape(QFrame.Shape.NoFrame)
            self.splitter.addWidget(widget)
        self.words.setOpenLinks(False)
        self.words.setAccessibleName(self.tr("The network beside the paper, in words"))
        self.splitter.setHandleWidth(6)
        self.splitter.setStretchFactor(1, 1)
        column.addWidget(self.splitter, 1)

    def _widest_title(self) -> int:
        metrics = self.choice.fontMetrics()
        return max(metrics.horizontalAdvance(words.table_title(table)) for table in TABLES) + 32

    def _top_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(10, 4, 6, 4)
        row.setSpacing(8)
        row.addWidget(self.choice, 100)  # first up to its longest title, then the gap
        row.addStretch(1)
        row.addWidget(self._export_button())
        close = QToolButton()
        close.setText(self.tr("Close"))
        close.setProperty("framed", True)
        close.setToolTip(self.tr("Show the table of this network's layers again."))
        close.clicked.connect(self.closed)
        row.addWidget(close)
        return row

    def _export_button(self) -> QToolButton:
        button = QToolButton()
        button.setText(self.tr("Export"))
        button.setProperty("framed", True)
        button.setToolTip(self.tr("Copy or save the paper's table with this network beside it."))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        menu.addActions([self._studio.commands.action(command) for command in _EXPORTS])
        button.setMenu(menu)
        return button

    def _offer_row(self) -> QFrame:
        row = QHBoxLayout(self.offer)
        row.setContentsMargins(10, 2, 6, 4)
        row.addWidget(self.offer_text)
        row.addStretch(1)
        self.offer.hide()
        return self.offer

    def _connect(self) -> None:
        studio = self._studio
        studio.spec_changed.connect(self._follow_spec)
        studio.theme_changed.connect(self._follow_theme)
        studio.selection_changed.connect(self._follow_selection)
        self.choice.activated.connect(self._table_chosen)
        self.view.part_chosen.connect(self._part_chosen)
        self.view.network_chosen.connect(self._offer)
        self.splitter.splitterMoved.connect(self._remember)

    # -- following the studio ---------------------------------------------------------------

    def _follow_spec(self, _spec: object) -> None:
        """Stays with the table if it has the new network, else takes the nearest one's.

        Out of sight it waits: who only changes the form must not wait for the words.
        """
        if not self.isVisible():
            self._stale = True
            return
        self._stale = False
        graph, present = self._studio.graph, self.model.table
        match = nearest(graph, present)
        self._show(present if match.same else nearest(graph).table)

    def _follow_theme(self, theme: Theme) -> None:
        self.view.set_theme(theme)
        self._say()

    def _follow_selection(self, name: str) -> None:
        self.model.set_selection(name)
        for row in self.model.chosen_rows()[:1]:
            self.view.scrollTo(self.model.index(row, 0))

    def _table_chosen(self, place: int) -> None:
        self._show(TABLES[place])

    def _show(self, table: Table) -> None:
        self.model.show(self._studio.graph, table)
        self.model.set_selection(self._studio.selection)
        self.view.set_sizes()
        self._share_width()
        self.view.show_lit()
        self.choice.setCurrentIndex(TABLES.index(table))
        self.offer.hide()
        self._say()

    def showEvent(self, event: QShowEvent) -> None:
        """Catches up with what has changed out of sight."""
        super().showEvent(event)
        if self._stale:
            self._follow_spec(self._studio.spec)
            self._follow_selection(self._studio.selection)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back to the table of layers."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shares the width anew, if the person has not."""
        super().resizeEvent(event)
        self._share_width()

    def _share_width(self) -> None:
        """Gives the table the room of its columns and the words what is left, or as was chosen."""
        chosen = self._studio.settings["splitters"].get(_SPLITTER)
        if chosen is not None:
            self.splitter.setSizes(chosen)
            return
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        needed = self.view.horizontalHeader().length() + bar + 2
        table = min(needed, max(self.width() - _LEAST_WORDS, _LEAST_WORDS))
        self.splitter.setSizes([table, self.width() - table])

    def _remember(self) -> None:
        known = dict(self._studio.settings["splitters"])
        self._studio.settings["splitters"] = known | {_SPLITTER: self.splitter.sizes()}

    # -- words ------------------------------------------------------------------------------

    def _say(self) -> None:
        model, graph = self.model, self._studio.graph
        column = model.table.columns[model.found.column]
        said = [words.match_sentence(model.found, model.lines, graph)]
        said += words.explanations(graph, column)
        network = model.found.network if model.found.same else ""
        published = words.published_paragraphs(graph, network) if network else ""
        paper = model.table.paper
        source = f"{paper.authors} {paper.year}, «{paper.title}», arXiv:{paper.arxiv}"
        text = "".join(map(_paragraph, said)) + published + _paragraph(model.table.note)
        self.words.setHtml(f"{text}<p style='margin:4px 0'><i>{escape(source)}</i></p>")

    # -- reacting ---------------------------------------------------------------------------

    def _part_chosen(self, name: str) -> None:
        if name:
            self._studio.select(name)

    def _offer(self, column: Column | None) -> None:
        """Offers to switch to the networks of a column that is not the present network's."""
        model = self.model
        names = column.networks if column is not None else ()
        if model.found.same:
            names = tuple(name for name in names if name != model.found.network)
        for button in self.offer_buttons:
            button.hide()
            button.deleteLater()
        self.offer_buttons = [self._switch_button(name) for name in names]
        if column is not None:
            self.offer_text.setText(self.tr("{column}: switch to").format(column=column.title))
        self.offer.setVisible(bool(names))

    def _switch_button(self, name: str) -> QPushButton:
        entry = CATALOG[name]
        button = QPushButton(entry.title)
        button.setToolTip(f"<qt>{escape(entry.note)}</qt>")
        button.clicked.connect(lambda: self.switch_to(name))
        layout = self.offer.layout()
        assert isinstance(layout, QHBoxLayout)  # made in `_offer_row`
        layout.insertWidget(layout.count() - 1, button)
        return button

    def switch_to(self, name: str) -> None:
        """Makes a network of the catalogue the present one; can be undone."""
        entry = CATALOG[name]
        self._studio.set_spec(
            entry.spec, self.tr("switch to {network}").format(network=entry.title)
        )

    # -- export -----------------------------------------------------------------------------

    def copy(self) -> None:
        """Puts the whole table into the clipboard as a picture."""
        copy_image(self.view.image())
        self._studio.show_message(self.tr("The paper's table is in the clipboard, as a picture."))

    def save_png(self) -> None:
        """Asks for a name and saves the whole table as a picture."""
        save_image(self._studio, self.view.image(), f"{self.model.table.key}.png")

    def save_csv(self) -> None:
        """Asks for a name and saves the table as CSV."""
        save_table(self._studio, self.model, f"{self.model.table.key}.csv")


def _paragraph(text: str) -> str:
    return f"<p style='margin:4px 0'>{escape(words.tied(text))}</p>"
