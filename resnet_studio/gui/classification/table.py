"""The table of classified pictures: keys, menu, what is selected."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from resnet_studio.gui.classification.delegates import PictureDelegate
from resnet_studio.gui.classification.entries import Column, Entry
from resnet_studio.gui.classification.table_model import PicturesModel
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme

_LETTERS = {
    Column.PICTURE: 38,
    Column.FIRST: 22,
    Column.CONFIDENCE: 15,
    Column.FOLDER: 16,
    Column.SECOND: 18,
    Column.THIRD: 18,
    Column.FOURTH: 18,
    Column.FIFTH: 18,
}
"""Width of each column in average letters of the font."""
_WIDEST = 2.0
"""How many times wider the columns become where there is room."""
_MENU = ("look_inside", "copy_rows", "save_csv", "remove", "clear")


class PicturesTable(QTableView):
    """Shows a `PicturesModel`.

    Signals:
        chosen(Entry | None): Another row is the current one.
        selected(): Other rows are selected.
    """

    chosen = Signal(object)
    selected = Signal()

    def __init__(self, studio: Studio, model: PicturesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.pictures = model
        self.painter_of_cells = PictureDelegate(studio.theme)
        self._fitting = self._own_widths = False
        self.setModel(model)
        self.setItemDelegate(self.painter_of_cells)
        self._dress()
        self.customContextMenuRequested.connect(self._show_menu)
        self.doubleClicked.connect(self._look_inside)
        self.selectionModel().selectionChanged.connect(lambda *_: self.selected.emit())
        self.selectionModel().currentRowChanged.connect(lambda *_: self.chosen.emit(self.current))
        model.layoutChanged.connect(self._rearranged)
        self.horizontalHeader().sectionResized.connect(self._resized)

    @property
    def current(self) -> Entry | None:
        """The picture of the current row."""
        row = self.currentIndex().row()
        return self.pictures.shown[row] if 0 <= row < len(self.pictures.shown) else None

    @property
    def selection(self) -> list[Entry]:
        """The pictures of the selected rows, from the top."""
        shown = self.pictures.shown
        rows = {index.row() for index in self.selectionModel().selectedRows()}
        return [shown[row] for row in sorted(rows) if row < len(shown)]

    def select_first(self) -> None:
        """Makes the first row the current one, if there is none."""
        if self.current is None and self.pictures.shown:
            flags = QItemSelectionModel.SelectionFlag
            index = self.pictures.index(0, 0)
            self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)

    def show_folders(self, shown: bool) -> None:
        """Shows or hides what the folders say."""
        if self.isColumnHidden(Column.FOLDER) == shown:
            self._fitting = True  # hiding changes its width to nothing
            self.setColumnHidden(Column.FOLDER, not shown)
            self._fit_columns()
            self._fitting = False

    def set_theme(self, theme: Theme) -> None:
        """Paints in the colours of `theme`."""
        self.painter_of_cells.theme = theme
        self.viewport().update()

    def fit_text(self) -> None:
        """Gives rows and columns the sizes that the font asks for."""
        metrics = self.fontMetrics()
        self.verticalHeader().setDefaultSectionSize(
            self.painter_of_cells.row_height(metrics.height())
        )
        self._fit_columns()

    def show_faded(self, faded: bool) -> None:
        """Draws the bars grey: the weights are random, and the bars mean nothing."""
        self.painter_of_cells.faded = faded
        self.viewport().update()

    def _fit_columns(self) -> None:
        """Lets the columns share the room there is, unless the person has set their widths."""
        if self._own_widths:
            return
        letter = self.fontMetrics().averageCharWidth()
        shown = {c: n * letter for c, n in _LETTERS.items() if not self.isColumnHidden(c)}
        spare = max(1.0, min(_WIDEST, self.viewport().width() / sum(shown.values())))
        self._fitting = True
        for column, width in shown.items():
            self.setColumnWidth(column, int(width * spare))
        self._fitting = False

    def _resized(self, *_: int) -> None:
        self._own_widths = self._own_widths or not self._fitting

    def _dress(self) -> None:
        self.setAccessibleName(self.tr("Classified pictures"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        rows, header = self.verticalHeader(), self.horizontalHeader()
        rows.hide()
        # Fixed, or Qt would ask each of ten thousand rows for its size.
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setToolTip(self.tr("Click to sort; a third click brings the order of arrival back."))
        self.setSortingEnabled(True)
        self.fit_text()

    def _rearranged(self) -> None:
        """The current row may have been filtered out, or become another."""
        self.chosen.emit(self.current)
        self.selected.emit()

    def _look_inside(self, _index: QModelIndex) -> None:
        self._studio.commands.run("classification.look_inside")

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name in _MENU:
            menu.addAction(self._studio.commands.action(f"classification.{name}"))
        menu.popup(self.viewport().mapToGlobal(place))

    # -- Qt ---------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fits the columns, and keeps the current row in sight."""
        super().resizeEvent(event)
        self._fit_columns()
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter looks inside, Delete takes rows away, Ctrl+C copies them."""
        run = self._studio.commands.run
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            run("classification.look_inside")
        elif event.matches(QKeySequence.StandardKey.Copy):
            run("classification.copy_rows")
        elif event.key() == Qt.Key.Key_Delete:
            run("classification.remove")
        else:
            super().keyPressEvent(event)
