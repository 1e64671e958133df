"""The architecture panel: the drawing, the table beside it, and the arithmetic in words."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.graph import NetworkGraph
from resnet_studio.architecture.spec import NetworkSpec, ShortcutKind
from resnet_studio.gui.architecture import labels
from resnet_studio.gui.architecture.cutting import Cutting
from resnet_studio.gui.architecture.details import Details
from resnet_studio.gui.architecture.explorer import Explorer
from resnet_studio.gui.architecture.exploring import Exploring
from resnet_studio.gui.architecture.export import Dress, drawing_image, drawing_pdf, drawing_svg
from resnet_studio.gui.architecture.outline import (
    Folds,
    every_block_opened,
    every_stage_folded,
)
from resnet_studio.gui.architecture.table import LayerTable, table_csv
from resnet_studio.gui.architecture.view import ZOOM_STEP
from resnet_studio.gui.network_values import structure
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.export import copy_image, save_bytes, save_image

if TYPE_CHECKING:
    from resnet_studio.gui.architecture.compare import Comparing
    from resnet_studio.gui.architecture.lens import Lens

_LEVELS = ("architecture.show_stages", "architecture.show_blocks", "architecture.show_layers")
_ZOOMS = ("architecture.zoom_out", "architecture.zoom_in", "architecture.fit")
_BUTTON_FRAME = 14
"""Pixels around the icon of a button."""
_MOST_LINES = 3
"""Lines of the title that it may take beside the buttons."""
_EXPORTS = (
    "architecture.copy_drawing",
    "architecture.save_png",
    "architecture.save_svg",
    "architecture.save_pdf",
    "architecture.copy_table",
    "architecture.save_table",
)


class ArchitecturePanel(QWidget):
    """Draws the network of the form; selection is shared with every other view."""

    _figures: tuple[str, ...] = ()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.title = QLabel()
        self.view = Explorer(studio.graph, studio.theme)
        self.table = LayerTable(self.view.outline, studio.theme)
        self.details = Details(studio)
        self.place = QStackedWidget()
        self.exploring = Exploring(studio, self.view, self.table, self)
        self._comparing: Comparing | None = None
        self._lens: Lens | None = None
        self.cutting = Cutting(studio, self.view)
        self._build()
        self._connect()
        self._connect_commands()
        self._show_network()
        self._follow_selection(studio.selection)

    # -- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        usual = QWidget()
        column = QVBoxLayout(usual)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._title_row())
        self.exploring.place_in(column, 1)
        self.lower_splitter = QSplitter(Qt.Orientation.Horizontal)
        self.lower_splitter.addWidget(self.table)
        self.lower_splitter.addWidget(self.details)
        self.lower_splitter.setSizes([650, 304])
        self.lower_splitter.setStretchFactor(0, 3)
        self.lower_splitter.setStretchFactor(1, 2)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(self.view)
        self.splitter.addWidget(self.lower_splitter)
        self.splitter.setSizes([400, 200])
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setCollapsible(0, False)
        for splitter in (self.splitter, self.lower_splitter):
            splitter.setHandleWidth(6)
        for pane in (self.table, self.details):
            pane.setFrameShape(QFrame.Shape.NoFrame)
        column.addWidget(self.splitter, 1)
        self.place.addWidget(usual)  # a comparison takes its place
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.place)
        self.setTabOrder(self.view, self.table)
        self.setTabOrder(self.table, self.details)

    def _title_row(self) -> QBoxLayout:
        self._head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._head.setContentsMargins(10, 4, 6, 4)
        self._head.setSpacing(2)
        self.title.setWordWrap(True)
        self.title.setTextFormat(Qt.TextFormat.RichText)
        self.title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._head.addWidget(self.title, 1)
        self._tools = QHBoxLayout()
        self._head.addLayout(self._tools)
        self._tools.setSpacing(2)
        self._tools.addStretch(1)
        row = self._tools
        for name in (
            *_LEVELS,
            "",
            "architecture.fit",  # the wheel and the keys zoom
            "",
            "surgery.mode",
            "architecture.paper_lens",
            "architecture.find",
            "architecture.compare",
        ):
            if name:
                row.addWidget(self._button(name))
            else:
                row.addSpacing(8)
        row.addSpacing(4)
        row.addWidget(self.exploring.colour)
        row.addWidget(self._export_button())
        return self._head

    def _button(self, command: str) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(self._studio.commands.action(command))
        button.setAccessibleName(button.text())
        # Until the icons are loaded it shows its text, which must not widen the window for good.
        button.setMinimumWidth(button.iconSize().width() + _BUTTON_FRAME)
        return button

    def _export_button(self) -> QToolButton:
        button = QToolButton()
        button.setText(self.tr("Copy or save"))
        button.setProperty("framed", True)
        button.setToolTip(self.tr("Copy or save the drawing and the table."))
        button.setAccessibleName(button.text())
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        menu.addActions([self._studio.commands.action(command) for command in _EXPORTS])
        button.setMenu(menu)
        return button

    def _connect(self) -> None:
        studio = self._studio
        studio.spec_changed.connect(self._show_network)
        studio.theme_changed.connect(self._follow_theme)
        studio.selection_changed.connect(self._follow_selection)
        self.view.selected.connect(studio.select)
        self.table.selected.connect(studio.select)
        self.view.menu_wanted.connect(self._show_menu)
        self.table.menu_wanted.connect(self._show_menu)

    def _connect_commands(self) -> None:
        view = self.view
        for command, handler in (
            ("fit", view.fit),
            ("zoom_in", lambda: view.zoom_by(ZOOM_STEP)),
            ("zoom_out", lambda: view.zoom_by(1 / ZOOM_STEP)),
            ("show_stages", lambda: view.set_folds(every_stage_folded(view.graph))),
            ("show_blocks", lambda: view.set_folds(Folds())),
            ("show_layers", lambda: view.set_folds(every_block_opened(view.graph))),
            ("copy_drawing", self.copy_drawing),
            ("save_png", self.save_png),
            ("save_svg", self.save_svg),
            ("save_pdf", self.save_pdf),
            ("copy_table", self.copy_table),
            ("save_table", self.save_table),
            ("paper_lens", lambda: self.lens.toggle()),
            ("paper_copy", lambda: self.lens.page.copy()),
            ("paper_png", lambda: self.lens.page.save_png()),
            ("paper_csv", lambda: self.lens.page.save_csv()),
            ("compare", lambda: self.comparing.ask()),
            ("compare_swap", lambda: self.comparing.swap()),
            ("compare_close", lambda: self.comparing.close()),
        ):
            self._studio.commands.connect(f"architecture.{command}", handler)
        self.exploring.connect_commands()

    @property
    def comparing(self) -> Comparing:
        """The comparison with another network; its code is loaded when it is first wanted."""
        if self._comparing is None:
            from resnet_studio.gui.architecture.compare import Comparing

            self._comparing = Comparing(self._studio, self.place, give_back=self._connect_commands)
        return self._comparing

    @property
    def lens(self) -> Lens:
        """The papers' tables, which can take the place of the table of layers."""
        if self._lens is None:
            from resnet_studio.gui.architecture.lens import Lens

            self._lens = Lens(
                self._studio,
                self.splitter,
                self.lower_splitter,
                leave=lambda: self._comparing.close() if self._comparing else None,
            )
        return self._lens

    # -- following the studio ---------------------------------------------------------------

    def _show_network(self, _spec: object = None) -> None:
        graph = self._studio.graph
        self.view.set_graph(graph)
        self.table.set_outline(self.view.outline, self._studio.theme)
        self.exploring.show_network()
        name, *rest = labels.title_parts(graph, network_title(graph.spec))
        line = " · ".join(rest)
        # A line too long for the window is broken between its figures, not within one.
        tied = " · ".join(part.replace(" ", "\u00a0") for part in rest)
        self.title.setText(f"<b>{escape(name)}</b> · {escape(tied)}")
        self.title.setToolTip(f"{name} · {line}")
        self._figures = tuple(rest)
        self._fit_title()
        self._follow_selection(self._studio.selection)

    def _fit_title(self) -> None:
        """Gives the title the width of its longest figure, which is not broken."""
        measure = self.title.fontMetrics().horizontalAdvance
        self.title.setMinimumWidth(max(measure(f"{figure} ·") for figure in self._figures) + 2)
        self._place_title()

    def _place_title(self) -> None:
        """Sets the title beside the buttons, or above them where it would take many lines."""
        margins = self._head.contentsMargins()
        room = self.width() - margins.left() - margins.right()
        beside = room - self._head.spacing() - self._tools.sizeHint().width()
        wanted = self.title.heightForWidth(max(beside, 1))
        above = wanted > _MOST_LINES * self.title.fontMetrics().lineSpacing() + 1
        direction = QBoxLayout.Direction
        self._head.setDirection(direction.TopToBottom if above else direction.LeftToRight)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Gives the title the place that it needs."""
        super().resizeEvent(event)
        if self._figures:
            self._place_title()

    def changeEvent(self, event: QEvent) -> None:
        """Follows the text size of the application."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self._figures:
            self._fit_title()

    def _follow_selection(self, name: str) -> None:
        self.view.set_selection(name)
        self.table.set_selection(name)
        entry = self.view.outline.find(name)
        if entry is not None:
            self.details.show_entry(entry)
        else:
            self.details.show_network(self.view.graph, network_title(self.view.graph.spec))

    def _follow_theme(self, theme: Theme) -> None:
        self.view.set_theme(theme)
        self.table.table_model().set_theme(theme)
        self.table.set_widths()

    # -- menu and export --------------------------------------------------------------------

    def context_menu(self) -> QMenu:
        """Returns the menu of the drawing and of the table."""
        menu = QMenu(self)
        entry = self.view.outline.find(self._studio.selection)
        if entry is not None:
            name = entry.name
            menu.addAction(self.tr("Fold or unfold {name}").format(name=name)).triggered.connect(
                lambda: self.view.toggle(name)
            )
            menu.addAction(self.tr("Zoom to {name}").format(name=name)).triggered.connect(
                self.view.zoom_to_selection
            )
            menu.addSeparator()
            self.cutting.add_to(menu)
        for group in (_LEVELS, _ZOOMS, _EXPORTS):
            menu.addActions([self._studio.commands.action(command) for command in group])
            menu.addSeparator()
        return menu

    def _show_menu(self, point: QPoint) -> None:
        menu = self.context_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(point)

    def copy_drawing(self) -> None:
        """Puts the whole drawing into the clipboard as a picture."""
        copy_image(self._image())
        self._studio.show_message(self.tr("The drawing is in the clipboard."))

    def save_png(self) -> None:
        """Asks for a name and saves the whole drawing as a picture."""
        save_image(self._studio, self._image(), f"{self._file_name()}.png")

    def save_svg(self) -> None:
        """Asks for a name and saves the whole drawing as SVG."""
        path = self._studio.save_file(
            self.tr("Save drawing"), f"{self._file_name()}.svg", self.tr("SVG drawing (*.svg)")
        )
        if path is not None:
            content = drawing_svg(
                self.view.drawing, self._studio.theme, self.font(), **self._dress()
            )
            save_bytes(self._studio, content, path.with_suffix(".svg"))

    def save_pdf(self) -> None:
        """Asks for a name and saves the whole drawing as PDF."""
        path = self._studio.save_file(
            self.tr("Save drawing"), f"{self._file_name()}.pdf", self.tr("PDF document (*.pdf)")
        )
        if path is not None:
            content = drawing_pdf(
                self.view.drawing, self._studio.theme, self.font(), **self._dress()
            )
            save_bytes(self._studio, content, path.with_suffix(".pdf"))

    def copy_table(self) -> None:
        """Puts the whole table into the clipboard as CSV."""
        QGuiApplication.clipboard().setText(table_csv(self.view.graph, self.view.times))
        self._studio.show_message(self.tr("The table is in the clipboard, as CSV."))

    def save_table(self) -> None:
        """Asks for a name and saves the whole table as CSV."""
        path = self._studio.save_file(
            self.tr("Save table"), f"{self._file_name()}.csv", self.tr("CSV table (*.csv)")
        )
        if path is not None:
            content = table_csv(self.view.graph, self.view.times).encode("utf-8")
            save_bytes(self._studio, content, path.with_suffix(".csv"))

    def _image(self) -> QImage:
        return drawing_image(self.view.drawing, self._studio.theme, self.font(), **self._dress())

    def _dress(self) -> Dress:
        """Returns what an exported drawing has besides its boxes."""
        return {
            "title": self._plain_title(),
            "surgery": self.view.surgery,
            "shades_of": self.view.shades_in,
        }

    def _plain_title(self) -> str:
        graph: NetworkGraph = self.view.graph
        return " · ".join(labels.title_parts(graph, network_title(graph.spec)))

    def _file_name(self) -> str:
        return "".join(
            letter if letter.isalnum() or letter in "-_" else "_"
            for letter in self.view.graph.spec.name
        )


def network_title(spec: NetworkSpec) -> str:
    """Returns "ResNet-50" for a network of the catalogue, else what kind of network it is."""
    entry = CATALOG.get(spec.name)
    if entry is not None and structure(entry.spec) == structure(spec):
        return entry.title
    kind = labels.tr("Residual network, {depth} layers")
    if spec.shortcut is ShortcutKind.NONE:
        kind = labels.tr("Plain network, {depth} layers")
    return kind.format(depth=spec.depth)
