"""The table of classes on screen: keys, menu, bars of the shares, remembered widths."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from resnet_studio.gui.dataset.class_model import (
    NUMBERS,
    ROW_ROLE,
    ClassModel,
    ClassOrder,
    Column,
    Index,
)
from resnet_studio.gui.dataset.class_rows import ClassRow
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme

THUMBNAIL = 32
"""Side of the example of a class in pixels."""
_LETTERS = {
    Column.NAME: 28,
    Column.TRAIN: 10,
    Column.VALIDATION: 12,
    Column.TEST: 10,
    Column.SHARE: 40,
    Column.NOTE: 28,
}
_WIDTHS = "dataset.classes"
_MARGIN = 6
_MENU = ("dataset.rename", "dataset.merge", "dataset.leave_out", "dataset.take_in")


class ClassTable(QTableView):
    """Shows a `ClassModel`; F2 renames, Del leaves out.

    Signals:
        selected(): Other classes are selected.
    """

    selected = Signal()

    def __init__(self, studio: Studio, model: ClassModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.classes = model
        self.order = ClassOrder(self)
        self.order.setSourceModel(model)
        self.cells = _Cells(studio.theme, model)
        self._fitting = True
        self.setModel(self.order)
        self.setItemDelegate(self.cells)
        self._dress()
        self._restore_widths()
        self.customContextMenuRequested.connect(self._show_menu)
        self.selectionModel().selectionChanged.connect(lambda *_: self.selected.emit())
        self.horizontalHeader().sectionResized.connect(self._remember_widths)
        self._fitting = False

    @property
    def selection(self) -> tuple[ClassRow, ...]:
        """The selected classes, from the top."""
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
        return tuple(self.order.index(row, 0).data(ROW_ROLE) for row in rows)

    def select(self, parts: set[str]) -> None:
        """Selects the classes that are made of any of these folders."""
        flags = QItemSelectionModel.SelectionFlag
        chosen = self.selectionModel()
        chosen.clearSelection()
        for number in range(self.order.rowCount()):
            index = self.order.index(number, 0)
            if parts.intersection(index.data(ROW_ROLE).parts):
                if not chosen.currentIndex().isValid():
                    chosen.setCurrentIndex(index, flags.NoUpdate)
                chosen.select(index, flags.Select | flags.Rows)

    def rename(self) -> None:
        """Opens the name of the first selected class for typing."""
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
        used = [row for row in rows if self.order.index(row, 0).data(ROW_ROLE).used]
        if used:
            self.setFocus()
            self.edit(self.order.index(used[0], Column.NAME))

    def set_theme(self, theme: Theme) -> None:
        """Paints in the colours of `theme`."""
        self.cells.theme = theme
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leaves classes out with Del; all else as in every table."""
        if event.key() == Qt.Key.Key_Delete and self.selection:
            self._studio.commands.run("dataset.leave_out")
        else:
            super().keyPressEvent(event)

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for name in _MENU:
            menu.addAction(self._studio.commands.action(name))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.viewport().mapToGlobal(place))

    def _dress(self) -> None:
        views = QAbstractItemView
        self.setAccessibleName(self.tr("Classes of the data set"))
        self.setSelectionBehavior(views.SelectionBehavior.SelectRows)
        self.setSelectionMode(views.SelectionMode.ExtendedSelection)
        self.setEditTriggers(views.EditTrigger.EditKeyPressed | views.EditTrigger.DoubleClicked)
        self.setHorizontalScrollMode(views.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)  # Tab leads out of the table
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)  # that of the network's outputs
        self.setIconSize(QSize(THUMBNAIL, THUMBNAIL))
        self.verticalHeader().hide()
        height = max(THUMBNAIL + 4, self.fontMetrics().height() + 8)
        self.verticalHeader().setDefaultSectionSize(height)
        self.horizontalHeader().setSectionResizeMode(Column.SHARE, QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setHighlightSections(False)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        self.horizontalHeader().setDefaultAlignment(left)

    def _restore_widths(self) -> None:
        letter = self.fontMetrics().averageCharWidth()
        usual = [_LETTERS[column] * letter for column in Column]
        known = self._studio.settings["splitters"].get(_WIDTHS, usual)
        for column, width in enumerate(known if len(known) == len(usual) else usual):
            self.setColumnWidth(column, max(3 * letter, width))

    def _remember_widths(self, column: int, _before: int, width: int) -> None:
        if self._fitting or width == 0 or column == Column.SHARE:  # hidden, or stretched
            return
        widths = [max(1, self.columnWidth(each)) for each in Column]
        splitters = dict(self._studio.settings["splitters"])
        self._studio.settings["splitters"] = splitters | {_WIDTHS: widths}


class _Cells(QStyledItemDelegate):
    """Paints numbers with separators, shares as bars, and classes left out as struck through."""

    def __init__(self, theme: Theme, model: ClassModel) -> None:
        super().__init__()
        self.theme = theme
        self._model = model

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Adds what the row asks for to what every view shows."""
        super().initStyleOption(option, index)
        row: ClassRow = index.data(ROW_ROLE)
        if index.column() in NUMBERS and option.text:
            option.text = f"{int(option.text):,}"
        if not row.used:
            font = QFont(option.font)
            font.setStrikeOut(index.column() == Column.NAME)
            option.font = font
            option.palette.setColor(option.palette.ColorRole.Text, QColor(self.theme.muted))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paints a cell."""
        row: ClassRow = index.data(ROW_ROLE)
        if index.column() != Column.SHARE or not row.used:
            super().paint(painter, option, index)
            return
        style = option.widget.style() if option.widget is not None else QApplication.style()
        panel = QStyle.PrimitiveElement.PE_PanelItemViewItem
        style.drawPrimitive(panel, option, painter, option.widget)
        painter.save()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        roles = option.palette.ColorRole
        painter.setPen(option.palette.color(roles.HighlightedText if chosen else roles.Text))
        text = str(index.data())
        wide = painter.fontMetrics().horizontalAdvance("100.0 %")
        room = option.rect.adjusted(_MARGIN, 0, -_MARGIN, 0)
        words = QRect(room.left(), room.top(), wide, room.height())
        painter.drawText(words, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        self._paint_bar(painter, room.adjusted(wide + _MARGIN, 0, 0, 0), row, chosen=chosen)
        painter.restore()

    def _paint_bar(self, painter: QPainter, room: QRect, row: ClassRow, *, chosen: bool) -> None:
        height = min(12, room.height() - 8)
        top = room.center().y() - height // 2
        length = max(1, round(room.width() * row.share / self._model.largest))
        colour = self.theme.accent_text if chosen else self.theme.curve_train
        painter.fillRect(QRect(room.left(), top, length, height), QColor(colour))
