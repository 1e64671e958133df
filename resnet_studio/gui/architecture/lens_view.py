"""Paints a paper's table as it is printed: convolutions in brackets, one below the other."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QPainter,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from resnet_studio.gui.architecture.lens_table import LIVE, SHOWN, TITLE, LensModel, Shown
from resnet_studio.gui.architecture.style import mixed
from resnet_studio.gui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
_ACROSS, _DOWN, _BRACKET = 6, 3, 4
_LIT, _CHOSEN = 0.16, 0.12


class LensDelegate(QStyledItemDelegate):
    """Paints a cell; knows how much room it needs."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Returns the room of the lines, the brackets, the repeats and the mark."""
        shown: Shown = index.data(SHOWN)
        metrics = QFontMetrics(_font(option.font, shown, index))
        width = max(metrics.horizontalAdvance(line) for line in shown.lines) + 2 * _ACROSS
        if shown.repeats:
            width += metrics.horizontalAdvance(f" ×{shown.repeats}") + 4 * _BRACKET
        if index.column() == LIVE:
            width += metrics.horizontalAdvance(" ≠")
        lines = len(shown.lines) + bool(shown.below)
        return QSize(width, lines * metrics.height() + 2 * _DOWN)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paints ground, marks, text and the keyboard's focus."""
        shown: Shown = index.data(SHOWN)
        rect = QRect(option.rect)  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, rect, shown, index)
        painter.setFont(_font(option.font, shown, index))  # type: ignore[attr-defined]
        painter.setPen(QColor(self.theme.muted if shown.lines == ("—",) else self.theme.text))
        if shown.below:
            line = painter.fontMetrics().height()
            below = QRect(rect.left(), rect.bottom() - line - _DOWN, rect.width(), line)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, shown.below)
            rect.adjust(0, 0, 0, -line)
        if shown.repeats:
            self._paint_matrix(painter, rect, shown)
        elif index.column() == TITLE and not shown.figure:
            self._paint_title(painter, rect, shown)
        else:
            painter.drawText(
                rect.adjusted(_ACROSS, 0, -_ACROSS, 0), _alignment(index), "\n".join(shown.lines)
            )
        rect = QRect(option.rect)  # type: ignore[attr-defined]
        if shown.differs:
            self._paint_mark(painter, rect)
        if option.state & QStyle.StateFlag.State_HasFocus:  # type: ignore[attr-defined]
            painter.setPen(QPen(QColor(self.theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(1, 1, -2, -2))
        painter.restore()

    def _paint_ground(self, painter: QPainter, rect: QRect, shown: Shown, index: Index) -> None:
        theme = self.theme
        ground = QColor(theme.surface)
        if shown.figure:
            ground = QColor(theme.window)
        if shown.lit:
            ground = mixed(ground, QColor(theme.accent), _LIT)
        if shown.chosen:
            ground = mixed(ground, QColor(theme.accent), _CHOSEN)
        painter.fillRect(rect, ground)
        if shown.chosen and index.column() == TITLE:
            bar = QRect(rect.left(), rect.top(), 4, rect.height())
            painter.fillRect(bar, QColor(theme.accent))

    def _paint_title(self, painter: QPainter, rect: QRect, shown: Shown) -> None:
        """Paints what the paper calls a part, and in lighter letters the size of its map."""
        line = painter.fontMetrics().height()
        top = rect.top() + (rect.height() - line * len(shown.lines)) / 2
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        room = QRectF(rect.left() + _ACROSS, top, rect.width() - 2 * _ACROSS, line)
        painter.drawText(room, left, shown.lines[0])
        font = painter.font()
        font.setBold(False)
        painter.setFont(font)
        painter.setPen(QColor(self.theme.muted))
        for text in shown.lines[1:]:
            room.translate(0, line)
            painter.drawText(room, left, text)

    def _paint_matrix(self, painter: QPainter, rect: QRect, shown: Shown) -> None:
        """Paints the lines in square brackets, and how often they are repeated after them."""
        metrics = painter.fontMetrics()
        inside = max(metrics.horizontalAdvance(line) for line in shown.lines)
        repeats = f"×{shown.repeats}"
        width = inside + 4 * _BRACKET + metrics.horizontalAdvance(" " + repeats)
        left = rect.left() + (rect.width() - width) / 2
        height = len(shown.lines) * metrics.height()
        top = rect.top() + (rect.height() - height) / 2
        box = QRectF(left, top, inside + 4 * _BRACKET, height)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "\n".join(shown.lines))
        for edge, inward in ((box.left(), _BRACKET), (box.right(), -_BRACKET)):
            painter.drawPolyline(
                [
                    QPointF(edge + inward, box.top() + 1),
                    QPointF(edge, box.top() + 1),
                    QPointF(edge, box.bottom() - 1),
                    QPointF(edge + inward, box.bottom() - 1),
                ]
            )
        after = QRectF(box.right(), rect.top(), rect.right() - box.right(), rect.height())
        left_middle = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(after.adjusted(_BRACKET, 0, 0, 0), left_middle, repeats)

    def _paint_mark(self, painter: QPainter, rect: QRect) -> None:
        """Frames a cell that departs from the printed one, and sets an unequal sign into it."""
        painter.setPen(QPen(QColor(self.theme.warning), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(rect.adjusted(1, 1, -2, -2))
        corner = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
        painter.drawText(rect.adjusted(0, 2, -5, 0), corner, "≠")


def _font(font: QFont, shown: Shown, index: Index) -> QFont:
    changed = QFont(font)
    changed.setBold(index.column() == TITLE and not shown.figure)
    return changed


def _alignment(index: Index) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if index.column() == TITLE else Qt.AlignmentFlag.AlignHCenter
    return side | Qt.AlignmentFlag.AlignVCenter


class LensHeader(QHeaderView):
    """The titles of the columns; that of the lit one is bold and has a mark."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.theme = theme
        self.setSectionsClickable(True)
        self.setHighlightSections(False)

    def room(self, section: int) -> int:
        """Returns the width that the title needs."""
        font = QFont(self.font())
        font.setBold(True)
        title = str(self.model().headerData(section, Qt.Orientation.Horizontal))
        return QFontMetrics(font).horizontalAdvance(f"▾ {title}") + 2 * _ACROSS

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """Paints one title."""
        model = cast(LensModel, self.model())
        lit = section == model.lit
        ground = QColor(self.theme.raised)
        if lit:
            ground = mixed(QColor(self.theme.surface), QColor(self.theme.accent), _LIT)
        painter.save()
        painter.fillRect(rect, ground)
        font = QFont(self.font())
        font.setBold(lit or section == LIVE)
        painter.setFont(font)
        painter.setPen(QColor(self.theme.text))
        title = str(model.headerData(section, Qt.Orientation.Horizontal))
        left = section == TITLE
        side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignHCenter
        painter.drawText(
            rect.adjusted(_ACROSS, 0, -_ACROSS, 0),
            side | Qt.AlignmentFlag.AlignVCenter,
            f"▾ {title}" if lit else title,
        )
        if lit:
            painter.fillRect(rect.left(), rect.top(), rect.width(), 3, QColor(self.theme.accent))
        painter.setPen(QColor(self.theme.border))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        painter.restore()


class LensView(QTableView):
    """Shows the table; a click or the arrow keys choose a row's part and a column's network.

    Signals (GUI thread):
        part_chosen(str): A row was chosen; the name of its part, "" if the network has none.
        network_chosen(Column | None): A cell or title was chosen; the paper's network of its
            column, None outside the paper's columns.
    """

    part_chosen = Signal(str)
    network_chosen = Signal(object)

    def __init__(self, model: LensModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._delegate = LensDelegate(theme, self)
        self._header = LensHeader(theme, self)
        self.setModel(model)
        self.setItemDelegate(self._delegate)
        self.setHorizontalHeader(self._header)
        self.verticalHeader().hide()
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(self.tr("Architecture table of the paper"))
        self._header.sectionClicked.connect(self._title_clicked)
        self.clicked.connect(self._chosen)
        self.set_sizes()

    def lens_model(self) -> LensModel:
        """The model of the table."""
        return cast(LensModel, self.model())

    def set_theme(self, theme: Theme) -> None:
        """Paints in other colours."""
        self._delegate.theme = self._header.theme = theme
        self.set_sizes()
        self.viewport().update()
        self._header.viewport().update()

    def set_sizes(self) -> None:
        """Gives rows and columns the room of what stands in them."""
        metrics = self.fontMetrics()
        self._header.setMinimumSectionSize(24)
        self._header.setFixedHeight(metrics.height() + 12)
        self.verticalHeader().setMinimumSectionSize(metrics.height())
        self.resizeRowsToContents()
        for column in range(self.lens_model().columnCount()):
            room = max(self.sizeHintForColumn(column), self._header.room(column))
            self.setColumnWidth(column, room)

    def show_lit(self) -> None:
        """Scrolls as little from the left as brings the lit column into sight."""
        self.horizontalScrollBar().setValue(0)
        self.scrollTo(self.lens_model().index(0, self.lens_model().lit))

    def image(self) -> QImage:
        """Returns the whole table as a picture, also what is scrolled out of sight."""
        whole = LensView(self.lens_model(), self._delegate.theme)
        whole.setFont(self.font())
        whole.setFrameShape(QTableView.Shape.NoFrame)
        for policy in (whole.setHorizontalScrollBarPolicy, whole.setVerticalScrollBarPolicy):
            policy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        whole.set_sizes()
        across = whole.horizontalHeader().length()
        whole.resize(across, whole.verticalHeader().length() + self._header.height())
        image = QImage(whole.size() * 2, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(2.0)
        image.fill(QColor(self._delegate.theme.surface))
        whole.ensurePolished()
        whole.render(image)
        whole.deleteLater()
        return image

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the lit column in sight."""
        super().resizeEvent(event)
        self.show_lit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Lets the keys that move choose as a click does; taking the focus chooses nothing."""
        before = self.currentIndex()
        super().keyPressEvent(event)
        if self.currentIndex().isValid() and self.currentIndex() != before:
            self._chosen(self.currentIndex())

    def _chosen(self, index: Index) -> None:
        model = self.lens_model()
        self.network_chosen.emit(model.column_of(index))
        if index.row() < len(model.lines):
            self.part_chosen.emit(model.part_of(index))

    def _title_clicked(self, section: int) -> None:
        self.network_chosen.emit(self.lens_model().column_of(self.lens_model().index(0, section)))
