"""The *Augmentation* panel: the pipeline above, and under it the views of what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from resnet_studio.gui.augmentation.controls import Controls
from resnet_studio.gui.augmentation.export_menu import VIEW_COMMANDS
from resnet_studio.gui.augmentation.views import LabViews
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.empty_state import EmptyState

if TYPE_CHECKING:
    from resnet_studio.gui.augmentation.samples_page import SamplesPage


class AugmentationPanel(QWidget):
    """What training and validation would see of pictures: the lab.

    Attributes:
        controls: Which pipeline, seed, epoch and how many samples.
        chain: The steps of the pipeline; a part of `controls.head`.
        views: What is shown of it.

    Signals (GUI thread):
        settled(): The view that is shown shows what was asked for last, or says why not.
    """

    settled = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.controls = Controls(studio, self)
        self.chain = self.controls.head.chain
        self.empty = self._empty_page()
        self.views = LabViews(studio, self.controls, self.empty)
        self._build()
        self._connect()

    @property
    def samples(self) -> SamplesPage:
        """The view of many samples."""
        return cast("SamplesPage", self.views.page("samples"))

    def show_index(self, index: int) -> None:
        """Shows what training reads of the picture if it has that number in the data set.

        Args:
            index: The picture's number, counted from 0.
        """
        self.views.walk_through(index)

    def new_seed(self) -> None:
        """Shows other samples."""
        self.controls.new_seed()

    def previous_seed(self) -> None:
        """Shows the samples of the seed before."""
        self.controls.previous_seed()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        column.addWidget(self.controls.head)
        column.addWidget(self.views, 1)

    def _empty_page(self) -> QWidget:
        commands = self.studio.commands
        return EmptyState(
            self.tr("Drop a picture anywhere on the window"),
            self.tr(
                "You will see what training reads of it: which part each sample keeps, how it is "
                "stretched and flipped, and how the dice fell."
            ),
            [commands.action(f"picture.{verb}") for verb in ("open", "paste", "sample")],
        )

    def _connect(self) -> None:
        self.studio.index_wished.connect(self.show_index)
        studio = self.studio
        studio.commands.connect("augmentation.new_seed", self.new_seed)
        studio.commands.connect("augmentation.previous_seed", self.previous_seed)
        for name in VIEW_COMMANDS:
            studio.commands.connect(f"augmentation.{name}", getattr(self.views, name))
        self.views.settled.connect(self.settled)

    # -- Qt -----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves the views the room that they need."""
        super().resizeEvent(event)
        self.controls.head.make_room(self.height())

    def changeEvent(self, event: QEvent) -> None:
        """The same for larger words."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.controls.head.make_room(self.height())
