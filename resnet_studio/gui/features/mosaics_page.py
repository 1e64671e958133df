"""All sections one below the other, with the choices that hold for all mosaics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from resnet_studio.gui.features.mosaic_choices import MosaicChoices
from resnet_studio.gui.features.mosaic_view import Display
from resnet_studio.gui.features.stage_view import StageView
from resnet_studio.gui.theme import Theme

if TYPE_CHECKING:
    from resnet_studio.gui.studio import Studio
    from resnet_studio.probe.activations import SectionMaps

_LEAST_BUDGET = 180


class MosaicsPage(QWidget):
    """A scroll area of `StageView`s under a row of choices.

    Signals:
        title_clicked(str): Name of the section whose title was clicked.
        channel_chosen(str, int): Name of the section and number of the channel to enlarge.
        menu_asked(StageView, QPoint): A context menu is wished at a point of the screen.
        read(Reading | None): The number under the cursor.
    """

    title_clicked = Signal(str)
    channel_chosen = Signal(str, int)
    menu_asked = Signal(object, object)
    read = Signal(object)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = studio.theme
        self.stages: list[StageView] = []
        self.choices = MosaicChoices(studio.settings, "stages")
        self.area = QScrollArea()
        self._column = QVBoxLayout()
        self._build()

    # -- what is shown ------------------------------------------------------------------------

    @property
    def display(self) -> Display:
        """How the mosaics are shown."""
        return self.choices.display

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
        stage.mosaic_view.read.connect(self.read)
        stage.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        stage.customContextMenuRequested.connect(
            lambda point: self.menu_asked.emit(stage, stage.mapToGlobal(point))
        )
        self.stages.append(stage)
        self._column.insertWidget(index, stage)

    def _build(self) -> None:
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
        self.choices.changed.connect(self._show_as)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 0, 0)
        layout.setSpacing(8)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 12, 0)
        row.addWidget(self.choices)
        layout.addLayout(row)
        layout.addWidget(self.area, 1)

    # -- reacting -----------------------------------------------------------------------------

    def _show_as(self, display: Display) -> None:
        for stage in self.stages:
            stage.mosaic_view.show_as(display)

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
            self.choices.step_tile(1 if event.angleDelta().y() > 0 else -1)
            return True
        return super().eventFilter(watched, event)
