"""Pipelines side by side: how much of the picture each keeps, and how often it loses the object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from resnet_studio.gui.augmentation import coverage_words as words

if TYPE_CHECKING:
    from resnet_studio.data.coverage import Losses, RivalCrops

_SPACE = 8


class RivalTable(QTableWidget):
    """One line for each pipeline."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 5, parent)
        self.setHorizontalHeaderLabels(
            [
                self.tr("Pipeline"),
                self.tr("Kept"),
                self.tr("Lost"),
                self.tr("Cut > ½"),
                self.tr("Seen"),
            ]
        )
        tips = (
            self.tr("Pipelines that give a picture of the same size"),
            self.tr("Mean share of the picture that is seen"),
            self.tr("Share of the crops in which the object is lost"),
            self.tr("Share of the crops that cut away more than half of the object"),
            self.tr("Mean share of the object that is seen"),
        )
        for column, tip in enumerate(tips):
            if (item := self.horizontalHeaderItem(column)) is not None:
                item.setToolTip(tip)
        self.setAccessibleName(self.tr("Comparison of pipelines"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self._fit_rows()
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_rows(self, rows: Sequence[tuple[RivalCrops, Losses | None]]) -> None:
        """Shows pipelines with what becomes of the object in each; None where none is marked."""
        if self.rowCount() != len(rows):
            self.setRowCount(len(rows))
            self.updateGeometry()
        for place, (found, losses) in enumerate(rows):
            tip = found.problem or words.rival_tip(found.rival)
            for column, text in enumerate(words.row(found, losses)):
                item = QTableWidgetItem(text)
                item.setToolTip(tip)
                if column:
                    item.setTextAlignment(
                        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    )
                self.setItem(place, column, item)

    def changeEvent(self, event: QEvent) -> None:
        """Larger words need higher lines."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit_rows()

    def _fit_rows(self) -> None:
        self.verticalHeader().setMinimumSectionSize(1)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + _SPACE)

    def sizeHint(self) -> QSize:
        """All lines, with all that stands in them."""
        lines = sum(self.rowHeight(row) for row in range(self.rowCount()))
        header, frame = self.horizontalHeader(), 2 * self.frameWidth()
        wide = sum(
            max(self.sizeHintForColumn(column), header.sectionSizeHint(column))
            for column in range(self.columnCount())
        )
        return QSize(wide + frame + 2, header.sizeHint().height() + lines + frame)

    def minimumSizeHint(self) -> QSize:
        """The same: nothing is cut off."""
        return self.sizeHint()
