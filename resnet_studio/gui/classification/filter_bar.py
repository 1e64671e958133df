"""The row above the table: which pictures are shown, and how many that are."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QLabel, QLineEdit, QWidget

from resnet_studio.gui.classification.entries import Filter, Which


class FilterBar(QWidget):
    """Asks for a `Filter`.

    Signals:
        changed(Filter): Other pictures are to be shown.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QLineEdit()
        self.which = QComboBox()
        self.percent = QDoubleSpinBox()
        self.count = QLabel()
        self._fill()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.which)
        layout.addWidget(self.percent)
        layout.addWidget(self.count)
        self.text.textChanged.connect(lambda _text: self._tell())
        self.which.currentIndexChanged.connect(lambda _index: self._which_chosen())
        self.percent.valueChanged.connect(lambda _value: self._tell())
        self._which_chosen()

    @property
    def filter(self) -> Filter:
        """What the fields ask for."""
        return Filter(
            self.text.text().strip(), Which(self.which.currentData()), self.percent.value()
        )

    def show_count(self, shown: int, total: int) -> None:
        """Says how many pictures the filter leaves."""
        text = self.tr("{shown} of {total} pictures") if shown != total else self.tr("{total}")
        self.count.setText(text.format(shown=f"{shown:,}", total=f"{total:,}"))
        self.count.setVisible(shown != total)

    def _fill(self) -> None:
        self.text.setPlaceholderText(self.tr("Filter by file name or class"))
        self.text.setClearButtonEnabled(True)
        self.text.setAccessibleName(self.tr("Filter by file name or class"))
        words = {
            Which.ALL: self.tr("All pictures"),
            Which.BELOW: self.tr("Confidence below"),
            Which.ABOVE: self.tr("Confidence from"),
            Which.WRONG: self.tr("Wrong by their folder"),
            Which.BROKEN: self.tr("Broken"),
        }
        for which, word in words.items():
            self.which.addItem(word, which.value)
        self.which.setAccessibleName(self.tr("Which pictures"))
        self.which.setToolTip(self.tr("Show only some of the pictures."))
        self.percent.setRange(0, 100)
        self.percent.setDecimals(1)
        self.percent.setValue(50)
        self.percent.setSuffix(" %")
        self.percent.setAccessibleName(self.tr("Confidence in percent"))
        self.count.setProperty("muted", True)
        self.count.hide()

    def _which_chosen(self) -> None:
        compares = self.which.currentData() in (Which.BELOW.value, Which.ABOVE.value)
        self.percent.setVisible(compares)
        self._tell()

    def _tell(self) -> None:
        self.changed.emit(self.filter)
