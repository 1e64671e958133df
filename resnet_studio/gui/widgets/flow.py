"""A row of widgets that continues on the next line where the window is narrow or text is large."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLayout, QLayoutItem, QSizePolicy, QWidget


class FlowLayout(QLayout):
    """Sets widgets side by side at their own size, in as many lines as the width asks for."""

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        gap: int = 8,
        line_gap: int = 4,
        fill: bool = False,
    ) -> None:
        """Makes an empty row.

        Args:
            parent: The widget that it lays out.
            gap: Pixels between neighbours.
            line_gap: Pixels between lines.
            fill: Whether widgets that want to expand share what is left of their line.
        """
        super().__init__(parent)
        self._fill = fill
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self._line_gap = line_gap
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # type: ignore[override]
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # type: ignore[override]
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        lines = self._lines(width)
        gaps = self._line_gap * max(0, len(lines) - 1)
        return sum(_height(line) for line in lines) + gaps

    def minimumSize(self) -> QSize:
        return QSize(max((item.sizeHint().width() for item in self._shown()), default=0), 0)

    def sizeHint(self) -> QSize:
        width = sum(item.sizeHint().width() + self._gap for item in self._shown())
        return QSize(width, _height(self._shown()))

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        top = rect.top()
        for line in self._lines(rect.width()):
            left, height = rect.left(), _height(line)
            for item, width in zip(line, self._widths(line, rect.width()), strict=True):
                item.setGeometry(QRect(QPoint(left, top), QSize(width, height)))
                left += width + self._gap
            top += height + self._line_gap

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _widths(self, line: list[QLayoutItem], room: int) -> list[int]:
        """Returns how wide each item of a line becomes."""
        widths = [item.sizeHint().width() for item in line]
        expanding = [
            place
            for place, item in enumerate(line)
            if self._fill and item.expandingDirections() & Qt.Orientation.Horizontal
        ]
        left = max(0, room - sum(widths) - self._gap * (len(line) - 1))
        for number, place in enumerate(expanding):
            share = left // (len(expanding) - number)
            widths[place] += share
            left -= share
        return widths

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        lines: list[list[QLayoutItem]] = []
        room = 0
        for item in self._shown():
            wide = item.sizeHint().width()
            if lines and wide <= room:
                lines[-1].append(item)
            else:
                lines.append([item])
                room = width
            room -= wide + self._gap
        return lines


def _height(line: list[QLayoutItem]) -> int:
    return max((item.sizeHint().height() for item in line), default=0)


def labelled(text: str, widget: QWidget, *, expand: bool = False) -> QWidget:
    """Returns a widget with its label before it, as one thing that is not torn at a line's end.

    Args:
        text: The label, with its key marked by an ampersand.
        widget: What it names; its accessible name is made of `text` if it has none.
        expand: Whether it takes what is left of its line, where the row lets it.
    """
    pair = QWidget()
    label = QLabel(text)
    label.setBuddy(widget)
    if not widget.accessibleName():
        widget.setAccessibleName(text.replace("&", ""))
    row = QHBoxLayout(pair)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    row.addWidget(label)
    row.addWidget(widget, 1)
    wide = QSizePolicy.Policy.Expanding if expand else QSizePolicy.Policy.Fixed
    pair.setSizePolicy(wide, QSizePolicy.Policy.Fixed)
    return pair
