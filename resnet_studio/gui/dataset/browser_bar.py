"""The row above the pictures: which of them are shown, in which order and how large."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QSlider, QWidget

from resnet_studio.gui.dataset.browser_grid import LARGEST, SMALLEST, USUAL
from resnet_studio.gui.dataset.browser_list import EVERY, Order, Wanted
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.flow import FlowLayout
from resnet_studio.gui.widgets.wheel_guard import guard_wheel

_PAUSE_MS = 150
"""After the last letter: a search through a million names takes a moment."""
_STEP = 16
_SLIDER_WIDTH = 120
_SEARCH_LETTERS = 26
_ORDER, _SIZE = "pictures.order", "pictures.size"
_BROKEN = "broken"


class BrowserBar(QWidget):
    """Asks which pictures are wanted.

    Signals:
        wanted(): Others are to be shown, or in another order.
        sized(int): The side of the thumbnails is to be so many pixels.
    """

    wanted = Signal()
    sized = Signal(int)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.search = QLineEdit()
        self.classes = QComboBox()
        self.sides = QComboBox()
        self.order = QComboBox()
        self.size_slider = QSlider(Qt.Orientation.Horizontal)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._fill()
        self._lay_out()
        self._restore()
        self._connect()

    @property
    def filter(self) -> Wanted:
        """Which pictures are wanted."""
        side = str(self.sides.currentData() or "")
        label = self.classes.currentData()
        return Wanted(
            self.search.text().strip(),
            EVERY if label is None else int(label),
            "" if side == _BROKEN else side,
            side == _BROKEN,
        )

    @property
    def chosen_order(self) -> Order:
        """In which order they are wanted."""
        return Order(self.order.currentData())

    @property
    def thumbnail_side(self) -> int:
        """How large the thumbnails are wanted, in pixels of the screen."""
        return self.size_slider.value()

    def offer(self, classes: Sequence[str], sides: Sequence[str]) -> None:
        """Offers the classes and sides of another data set; a chosen one stays if it is there."""
        words = {
            "train": self.tr("Training"),
            "validation": self.tr("Validation"),
            "test": self.tr("Test"),
            _BROKEN: self.tr("Cannot be opened"),
        }
        listed = [(name, label) for label, name in enumerate(classes)]
        _refill(self.classes, [(self.tr("All classes"), EVERY), *listed])
        named = [(words[side], side) for side in (*sides, _BROKEN)]
        _refill(self.sides, [(self.tr("All sides"), ""), *named])

    def show_all(self) -> None:
        """Takes back every choice of what is shown."""
        for box in (self.classes, self.sides):
            box.setCurrentIndex(0)
        self.search.clear()
        self._tell()

    def show_size(self, side: int) -> None:
        """Moves the slider."""
        self.size_slider.setValue(side)

    # -- building -----------------------------------------------------------------------------

    def _fill(self) -> None:
        self.search.setPlaceholderText(self.tr("Search file names and classes"))
        self.search.setAccessibleName(self.tr("Search file names and classes"))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(_SEARCH_LETTERS * self.fontMetrics().averageCharWidth())
        self.classes.setToolTip(self.tr("Show the pictures of one class only."))
        self.classes.setAccessibleName(self.tr("Class"))
        self.sides.setToolTip(
            self.tr("Show only what is learnt from, what is validated on, or what is broken.")
        )
        self.sides.setAccessibleName(self.tr("Side"))
        self.order.setToolTip(self.tr("In which order the pictures stand."))
        self.order.setAccessibleName(self.tr("Order"))
        for order, words in (
            (Order.DATA, self.tr("As in the data set")),
            (Order.NAME, self.tr("By file name")),
            (Order.CLASS, self.tr("By class")),
            (Order.SMALLEST, self.tr("Smallest first")),
            (Order.LARGEST, self.tr("Largest first")),
        ):
            self.order.addItem(words, order.value)
        self.size_slider.setRange(SMALLEST, LARGEST)
        self.size_slider.setSingleStep(_STEP)
        self.size_slider.setPageStep(2 * _STEP)
        self.size_slider.setFixedWidth(_SLIDER_WIDTH)
        self.size_slider.setAccessibleName(self.tr("Size of the thumbnails in pixels"))
        self.size_slider.setToolTip(self.tr("Size of the thumbnails; Ctrl and the wheel, too."))
        self.offer((), ("train", "validation"))

    def _lay_out(self) -> None:
        row = FlowLayout(self, fill=True)
        row.addWidget(self.search)
        for box in (self.classes, self.sides, self.order):
            guard_wheel(box)
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setMinimumContentsLength(14)
            row.addWidget(box)
        row.addWidget(QLabel(self.tr("Size")))
        row.addWidget(self.size_slider)

    def _restore(self) -> None:
        choices = self._studio.settings["choices"]
        place = self.order.findData(choices.get(_ORDER, Order.DATA.value))
        self.order.setCurrentIndex(max(0, place))
        text = choices.get(_SIZE, "")
        # With larger text larger thumbnails, so that as much of the names can be read.
        usual = USUAL * self._studio.settings["font_scale"] // 100
        self.size_slider.setValue(int(text) if text.isdecimal() and len(text) < 5 else usual)

    def _connect(self) -> None:
        self.search.textChanged.connect(lambda _text: self._pause.start())
        self.search.returnPressed.connect(self._tell)
        self._pause.timeout.connect(self._tell)
        for box in (self.classes, self.sides):
            box.currentIndexChanged.connect(lambda _index: self._tell())
        self.order.currentIndexChanged.connect(self._order_chosen)
        self.size_slider.valueChanged.connect(self._size_chosen)

    def _order_chosen(self) -> None:
        self._remember(_ORDER, str(self.order.currentData()))
        self._tell()

    def _size_chosen(self, side: int) -> None:
        self._remember(_SIZE, str(side))
        self.sized.emit(side)

    def _remember(self, key: str, value: str) -> None:
        self._studio.settings["choices"] = self._studio.settings["choices"] | {key: value}

    def _tell(self) -> None:
        self._pause.stop()
        self.wanted.emit()


def _refill(box: QComboBox, items: Sequence[tuple[str, object]]) -> None:
    before = box.currentText()
    box.blockSignals(True)
    box.clear()
    for words, data in items:
        box.addItem(words, data)
    box.setCurrentIndex(max(0, box.findText(before)))
    box.blockSignals(False)
