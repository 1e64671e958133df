"""All sections one below the other, with the choices that hold for all mosaics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from resnet_studio.gui.features.mosaic_view import Display
from resnet_studio.gui.features.stage_view import StageView
from resnet_studio.gui.features.tiling import FIT, TILE_SIZES
from resnet_studio.gui.theme import Theme
from resnet_studio.probe.mosaic import Order

if TYPE_CHECKING:
    from resnet_studio.probe.activations import SectionMaps

_LEAST_BUDGET = 180
_NARROWEST_CHOICE = 64


class MosaicsPage(QWidget):
    """A scroll area of `StageView`s under a row of choices.

    Signals:
        title_clicked(str): Name of the section whose title was clicked.
        channel_chosen(str, int): Name of the section and number of the channel to enlarge.
        menu_asked(StageView, QPoint): A context menu is wished at a point of the screen.
    """

    title_clicked = Signal(str)
    channel_chosen = Signal(str, int)
    menu_asked = Signal(object, object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.stages: list[StageView] = []
        self.order = QComboBox()
        self.range = QComboBox()
        self.tile = QComboBox()
        self.area = QScrollArea()
        self._column = QVBoxLayout()
        self._build()

    # -- what is shown ------------------------------------------------------------------------

    @property
    def display(self) -> Display:
        """How the mosaics are shown."""
        # A combo box gives a StrEnum back as the bare text.
        order = Order(self.order.currentData())
        return Display(order, self.range.currentData(), self.tile.currentData())

    def stage(self, name: str) -> StageView | None:
        """Returns the view of a section by name."""
        return next((stage for stage in self.stages if stage.name == name), None)

    def show_sections(self, sections: tuple[SectionMaps, ...]) -> None:
        """Shows the maps of a network; views are kept where the number of sections is the same."""
        while len(self.stages) > len(sections):
            stage = self.stages.pop()
            self._column.removeWidget(stage)
            stage.deleteLater()
        while len(self.stages) < len(sections):
            self._add_stage()
        for stage, maps in zip(self.stages, sections, strict=True):
            stage.show_maps(maps)

    def select(self, name: str) -> None:
        """Marks a section ("" marks none) and scrolls to it."""
        for stage in self.stages:
            stage.set_selected(stage.name == name)
        if (chosen := self.stage(name)) is not None:
            self._column.activate()
            self.area.verticalScrollBar().setValue(chosen.y())

    def visible_stage(self) -> StageView | None:
        """Returns the first section of which at least a half lies below the upper edge."""
        top = self.area.verticalScrollBar().value()
        shown = (stage for stage in self.stages if stage.geometry().center().y() >= top)
        return next(shown, self.stages[-1] if self.stages else None)

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        for index, stage in enumerate(self.stages):
            stage.set_theme(theme, theme.stage_colour(index))

    # -- building -----------------------------------------------------------------------------

    def _add_stage(self) -> None:
        index = len(self.stages)
        stage = StageView(self._theme, self._theme.stage_colour(index))
        stage.mosaic_view.show_as(self.display)
        stage.mosaic_view.set_budget(self._budget())
        stage.title_clicked.connect(self.title_clicked)
        stage.channel_chosen.connect(self.channel_chosen)
        stage.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        stage.customContextMenuRequested.connect(
            lambda point: self.menu_asked.emit(stage, stage.mapToGlobal(point))
        )
        self.stages.append(stage)
        self._column.insertWidget(index, stage)

    def _build(self) -> None:
        self._fill_choices()
        content = QWidget()
        content.setLayout(self._column)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)
        self._column.addStretch(1)
        self.area.setWidget(content)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        # Always there: if it came and went, the mosaics' width and so their height would change.
        self.area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the mosaics have it, and scroll it
        self.area.setAccessibleName(self.tr("Feature maps of each stage"))
        self.area.viewport().installEventFilter(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(self._choice_row())
        layout.addWidget(self.area, 1)

    def _fill_choices(self) -> None:
        self.order.addItem(self.tr("Channel number"), Order.CHANNEL)
        self.order.addItem(self.tr("Mean activation"), Order.MEAN)
        self.range.addItem(self.tr("One range per stage"), False)
        self.range.addItem(self.tr("Each channel's own"), True)
        self.tile.addItem(self.tr("Fit"), FIT)
        for size in TILE_SIZES:
            self.tile.addItem(self.tr("{size} px").format(size=size), size)
        for box in (self.order, self.range, self.tile):
            box.currentIndexChanged.connect(self._display_changed)

    def _choice_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 12, 0)
        row.setSpacing(6)
        for text, box, tip in (
            (
                self.tr("&Order"),
                self.order,
                self.tr("Channels by their number, or the strongest mean activation first"),
            ),
            (
                self.tr("&Colours"),
                self.range,
                self.tr(
                    "One range for a stage lets its channels be compared; each channel's own "
                    "range shows its pattern"
                ),
            ),
            (
                self.tr("&Tiles"),
                self.tile,
                self.tr("Size of a channel on screen (Ctrl and the wheel change it)"),
            ),
        ):
            label = QLabel(text)
            label.setBuddy(box)
            box.setMinimumWidth(_NARROWEST_CHOICE)  # else large text would widen the window
            box.setToolTip(tip)
            box.setAccessibleName(text.replace("&", ""))
            row.addWidget(label)
            row.addWidget(box)
            row.addSpacing(8)
        row.addStretch(1)
        return row

    # -- reacting -----------------------------------------------------------------------------

    def _display_changed(self) -> None:
        for stage in self.stages:
            stage.mosaic_view.show_as(self.display)

    def _budget(self) -> int:
        """Returns how tall one mosaic may be: one section and a part of the next are to be seen."""
        return max(_LEAST_BUDGET, self.area.viewport().height() * 2 // 3)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fits the mosaics to the height, and lets Ctrl and the wheel change the tiles."""
        if event.type() == QEvent.Type.Resize:
            for stage in self.stages:
                stage.mosaic_view.set_budget(self._budget())
        if (
            isinstance(event, QWheelEvent)
            and event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            step = 1 if event.angleDelta().y() > 0 else -1
            index = min(max(self.tile.currentIndex() + step, 0), self.tile.count() - 1)
            self.tile.setCurrentIndex(index)
            return True
        return super().eventFilter(watched, event)
