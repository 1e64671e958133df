"""What helps to find one's way in the drawing: search, overview, colours, measured times.

It connects their commands and remembers what the person chose. Each of them is loaded when it
is first wanted: the drawing is on the way to the first picture of the window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QComboBox, QVBoxLayout

from resnet_studio.gui.architecture import labels, quantities
from resnet_studio.gui.architecture.explorer import Explorer
from resnet_studio.gui.architecture.quantities import NOT_MEASURED, MeasuredTimes, Quantity
from resnet_studio.gui.architecture.table import LayerTable
from resnet_studio.gui.studio import Studio

if TYPE_CHECKING:
    from resnet_studio.gui.architecture.find import FindBar
    from resnet_studio.gui.architecture.measuring import Measuring

SWITCHES = ("semantic_zoom", "minimap", "motion")
"""What can be switched off; all are on at first."""
_COLOUR = "architecture.colour"
_LEAST_WIDTH = 80
"""Pixels of the choice of colours: with large text it is cut off rather than widens the window."""


class Exploring(QObject):
    """Search, overview, colours and times of one panel.

    Attributes:
        colour: The choice of what the drawing is coloured by.
    """

    def __init__(
        self, studio: Studio, view: Explorer, table: LayerTable, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self._view = view
        self._table = table
        self._place: QVBoxLayout | None = None
        self._find: FindBar | None = None
        self._measuring: Measuring | None = None
        self.colour = QComboBox()
        self._fill_colours()
        self._restore()
        self.colour.currentIndexChanged.connect(lambda _index: self._colour_chosen())

    def place_in(self, column: QVBoxLayout, index: int) -> None:
        """Says where the bar of the search belongs, once it is wanted."""
        self._place, self._index = column, index

    def connect_commands(self) -> None:
        """Gives the commands what they do."""
        for command, handler in (
            ("find", self.open_find),
            ("find_next", lambda: self.step(1)),
            ("find_previous", lambda: self.step(-1)),
            ("measure_time", lambda: self.measuring.start()),
            ("colour", self._ask_colour),
            *((name, self._switch) for name in SWITCHES),
        ):
            self._studio.commands.connect(f"architecture.{command}", handler)

    def show_network(self) -> None:
        """Follows the drawing to another network."""
        self._show_times(self._measuring.times if self._measuring is not None else NOT_MEASURED)
        if self._find is not None and self._find.isVisible():
            self._find.set_outline(self._view.outline)

    # -- search -----------------------------------------------------------------------------

    @property
    def find(self) -> FindBar:
        """The bar of the search; made when it is first wanted."""
        if self._find is None:
            from resnet_studio.gui.architecture.find import FindBar

            self._find = FindBar(self._studio, self._view.outline)
            self._find.hide()
            self._find.found.connect(self._view.set_found)
            self._find.chosen.connect(self._show_found)
            self._find.closed.connect(lambda: self._view.setFocus(Qt.FocusReason.OtherFocusReason))
            assert self._place is not None  # the panel says so while it is built
            self._place.insertWidget(self._index, self._find)
        return self._find

    def open_find(self) -> None:
        """Shows the bar of the search, ready to type."""
        self.find.set_outline(self._view.outline)
        self.find.open_bar()

    def step(self, by: int) -> None:
        """Goes to the next match or the one before; opens the bar if there is no search."""
        if self._find is None or not self._find.isVisible():
            self.open_find()
        else:
            self._find.step(by)

    def _show_found(self, name: str) -> None:
        self._studio.select(name)
        self._view.reveal(name)

    # -- colours and times ------------------------------------------------------------------

    @property
    def measuring(self) -> Measuring:
        """What measures the layers; made when it is first wanted."""
        if self._measuring is None:
            from resnet_studio.gui.architecture.measuring import Measuring

            self._measuring = Measuring(self._studio, self)
            self._measuring.changed.connect(self._show_times)
        return self._measuring

    @property
    def quantity(self) -> Quantity:
        """What the drawing is coloured by."""
        return Quantity(self.colour.currentData())

    def _fill_colours(self) -> None:
        self.colour.setAccessibleName(self.tr("Colour by"))
        self.colour.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.colour.setMinimumWidth(_LEAST_WIDTH)
        for quantity, said in (
            (Quantity.KIND, self.tr("Colour: kind")),
            (Quantity.PARAMETERS, self.tr("Colour: parameters")),
            (Quantity.MACS, self.tr("Colour: MACs")),
            (Quantity.MEMORY, self.tr("Colour: memory")),
            (Quantity.FIELD, self.tr("Colour: rec. field")),
            (Quantity.TIME, self.tr("Colour: time")),
        ):
            self.colour.addItem(said, quantity.value)
            tip = quantities.meaning(quantity)
            self.colour.setItemData(self.colour.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)

    def _colour_chosen(self) -> None:
        self._remember(_COLOUR, self.quantity.value)
        self._show_colour()
        measured = self._measuring is not None and self._measuring.times.seconds
        if self.quantity is Quantity.TIME and not measured:
            self.measuring.start()

    def _ask_colour(self) -> None:
        self.colour.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.colour.showPopup()

    def _show_times(self, times: MeasuredTimes) -> None:
        self._table.set_times(times)
        self._view.colour_by(self.quantity, times)

    def _show_colour(self) -> None:
        self._view.colour_by(self.quantity, self._view.times)
        self._table.set_wanted(memory=self.quantity is Quantity.MEMORY)
        self.colour.setToolTip(
            labels.tr("What the colours of the drawing show.")
            + "\n"
            + quantities.meaning(self.quantity)
        )

    # -- remembered choices -----------------------------------------------------------------

    def _restore(self) -> None:
        chosen = self._studio.settings["choices"]
        index = self.colour.findData(chosen.get(_COLOUR, Quantity.KIND.value))
        self.colour.setCurrentIndex(max(index, 0))
        for name in SWITCHES:
            action = self._studio.commands.action(f"architecture.{name}")
            action.setChecked(chosen.get(f"architecture.{name}") != "off")
        self._apply_switches()
        self._show_colour()

    def _switch(self) -> None:
        for name in SWITCHES:
            self._remember(f"architecture.{name}", "" if self._is_on(name) else "off")
        self._apply_switches()

    def _is_on(self, name: str) -> bool:
        return self._studio.commands.action(f"architecture.{name}").isChecked()

    def _apply_switches(self) -> None:
        self._view.semantic = self._is_on("semantic_zoom")
        self._view.animated = self._is_on("motion")
        self._view.set_minimap(self._is_on("minimap"))

    def _remember(self, key: str, value: str) -> None:
        settings = self._studio.settings
        settings["choices"] = dict(settings["choices"]) | {key: value}
