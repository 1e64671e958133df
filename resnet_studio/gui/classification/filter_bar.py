"""The row above the table: which pictures are shown."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QLineEdit, QWidget

from resnet_studio.gui.classification.entries import Filter, Which

_SHRINKS = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon


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
        self._fill()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.which)
        layout.addWidget(self.percent)
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
        self.which.setSizeAdjustPolicy(_SHRINKS)
        self.which.setMinimumContentsLength(12)
        self.which.setAccessibleName(self.tr("Which pictures"))
        self.which.setToolTip(self.tr("Show only some of the pictures."))
        self.percent.setRange(0, 100)
        self.percent.setDecimals(0)
        self.percent.setValue(50)
        self.percent.setSuffix(" %")
        self.percent.setAccessibleName(self.tr("Confidence in percent"))

    def _which_chosen(self) -> None:
        compares = self.which.currentData() in (Which.BELOW.value, Which.ABOVE.value)
        self.percent.setVisible(compares)
        self._tell()

    def _tell(self) -> None:
        self.changed.emit(self.filter)
