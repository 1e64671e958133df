"""The row of choices above mosaics: order, range, colours and size of the tiles."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from resnet_studio.gui.features.mosaic_view import Display
from resnet_studio.gui.features.tiling import FIT, LARGEST_ALONE, LARGEST_FIT, TILE_SIZES
from resnet_studio.gui.widgets.flow import FlowLayout, labelled
from resnet_studio.probe.mosaic import Colouring, Order
from resnet_studio.settings import Settings


class MosaicChoices(QWidget):
    """Four boxes, and a switch for pages to be put elsewhere; what is chosen is remembered.

    Attributes:
        order: In which order the channels stand.
        range: Whether all channels share one range.
        colours: Whether zero lies in the middle of the colours.
        tile: How large a tile is.
        pages: Whether channels that would be too small to read go to further pages.

    Signals:
        changed(Display): Something else was chosen.
    """

    changed = Signal(object)

    def __init__(
        self,
        settings: Settings,
        key: str,
        *,
        alone: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """Makes the row with what was chosen last.

        Args:
            settings: Where the choices are remembered.
            key: Under which name: each view has choices of its own.
            alone: Whether there is one mosaic, which has the room for itself: then pages are
                offered, and the order by difference.
            parent: The widget that it is part of.
        """
        super().__init__(parent)
        self._settings = settings
        self._key = key
        self._alone = alone
        self.order = QComboBox()
        self.range = QComboBox()
        self.colours = QComboBox()
        self.tile = QComboBox()
        self.pages = QCheckBox(self.tr("In &pages"), self)
        self.pages.hide()
        self._fill()
        self._lay_out()
        self._recall()
        self._connect()

    @property
    def display(self) -> Display:
        """How the mosaics are to be shown."""
        # A combo box gives a StrEnum back as the bare text.
        return Display(
            order=Order(self.order.currentData()),
            per_channel=self.range.currentData(),
            tile=self.tile.currentData(),
            colouring=Colouring(self.colours.currentData()),
            paged=self._alone and self.pages.isChecked(),
            largest=LARGEST_ALONE if self._alone else LARGEST_FIT,
        )

    def step_tile(self, by: int) -> None:
        """Chooses the next larger (1) or smaller (-1) tile."""
        index = min(max(self.tile.currentIndex() + by, 0), self.tile.count() - 1)
        self.tile.setCurrentIndex(index)

    def allow_difference(self, allowed: bool) -> None:
        """Says whether there is another picture to sort by the difference to."""
        model, place = self.order.model(), self.order.findData(Order.DIFFERENCE)
        assert isinstance(model, QStandardItemModel)
        model.item(place).setEnabled(allowed)
        if not allowed and self.order.currentIndex() == place:
            self.order.setCurrentIndex(0)
        tip = "" if allowed else self.tr("Show another picture first.")
        self.order.setItemData(place, tip, Qt.ItemDataRole.ToolTipRole)

    # -- building -----------------------------------------------------------------------------

    def _fill(self) -> None:
        self.order.addItem(self.tr("Number"), Order.CHANNEL)
        self.order.addItem(self.tr("Mean"), Order.MEAN)
        self.order.addItem(self.tr("Maximum"), Order.MAX)
        self.order.addItem(self.tr("Variance"), Order.VARIANCE)
        if self._alone:
            self.order.addItem(self.tr("Change"), Order.DIFFERENCE)
            self.allow_difference(False)
        self.range.addItem(self.tr("Shared"), False)
        self.range.addItem(self.tr("Each its own"), True)
        self.colours.addItem(self.tr("Automatic"), Colouring.AUTOMATIC)
        self.colours.addItem(self.tr("Low to high"), Colouring.SEQUENTIAL)
        self.colours.addItem(self.tr("Zero centred"), Colouring.SYMMETRIC)
        self.tile.addItem(self.tr("Fit"), FIT)
        for size in TILE_SIZES:
            self.tile.addItem(self.tr("{size} px").format(size=size), size)
        self.pages.setChecked(True)
        self.pages.setToolTip(
            self.tr(
                "Show as many channels as can be made out, and the others on further pages; "
                "without it all are in one mosaic"
            )
        )

    def _lay_out(self) -> None:
        row = FlowLayout(self, gap=14)
        for text, box, tip in self._rows():
            box.setToolTip(tip)
            row.addWidget(labelled(text, box))

    def _rows(self) -> tuple[tuple[str, QComboBox, str], ...]:
        return (
            (
                self.tr("&Order"),
                self.order,
                self._order_tip(),
            ),
            (
                self.tr("Ran&ge"),
                self.range,
                self.tr(
                    "One range for all lets channels be compared; each channel's own range shows "
                    "its pattern"
                ),
            ),
            (
                self.tr("&Colours"),
                self.colours,
                self.tr(
                    "From the lowest to the highest value, or with zero in the middle: blue below, "
                    "orange above. Automatic: zero in the middle where there are negative values"
                ),
            ),
            (
                self.tr("T&iles"),
                self.tile,
                self.tr("Size of a channel on screen (Ctrl and the wheel change it)"),
            ),
        )

    def _order_tip(self) -> str:
        tip = self.tr(
            "Channels by their number, or those first whose values have the largest mean, "
            "the largest single value or the largest variance"
        )
        if self._alone:
            tip += self.tr("; or those that differ most from what the picture before this one gave")
        return tip

    def _connect(self) -> None:
        for box in self._boxes().values():
            box.currentIndexChanged.connect(self._chosen)
        self.pages.toggled.connect(self._chosen)

    # -- remembering ----------------------------------------------------------------------------

    def _boxes(self) -> dict[str, QComboBox]:
        return {
            "order": self.order,
            "range": self.range,
            "colours": self.colours,
            "tile": self.tile,
        }

    def _recall(self) -> None:
        """Chooses what was chosen last; a difference to a picture that has gone means nothing."""
        remembered = self._settings["choices"]
        for name, box in self._boxes().items():
            value = remembered.get(f"{self._key}.{name}", "")
            known = [_text(box.itemData(index)) for index in range(box.count())]
            if value in known and value != Order.DIFFERENCE:
                with QSignalBlocker(box):
                    box.setCurrentIndex(known.index(value))
        self.pages.setChecked(remembered.get(f"{self._key}.pages", "True") == "True")

    def _chosen(self) -> None:
        chosen = {name: _text(box.currentData()) for name, box in self._boxes().items()}
        chosen["pages"] = _text(self.pages.isChecked())
        named = {f"{self._key}.{name}": value for name, value in chosen.items()}
        self._settings["choices"] = dict(self._settings["choices"]) | named
        self.changed.emit(self.display)


def _text(value: object) -> str:
    """Returns a choice as it is remembered."""
    return value.value if isinstance(value, StrEnum) else str(value)
