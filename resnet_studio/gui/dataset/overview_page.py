"""*Overview*: the classes with their counts, what is uneven about them, and how they are divided.

Renaming, merging and leaving out change the choice of the data set, not its files.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from pydantic import ValidationError
from PySide6.QtCore import QAbstractItemModel
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from resnet_studio.gui.dataset.class_model import ClassModel, Column
from resnet_studio.gui.dataset.class_rows import EVEN, ClassRow, imbalance, imbalance_text, rows_of
from resnet_studio.gui.dataset.class_table import THUMBNAIL, ClassTable
from resnet_studio.gui.dataset.page import DataPage
from resnet_studio.gui.dataset.pictures import example_of
from resnet_studio.gui.dataset.split_box import SplitBox
from resnet_studio.gui.dataset.weighing_box import WeighingBox
from resnet_studio.gui.features.images import rgb_image
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.training.command_button import CommandButton
from resnet_studio.gui.widgets.flow import FlowLayout
from resnet_studio.gui.workers import TaskState

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from resnet_studio.data.class_edits import ClassEdits
    from resnet_studio.data.sources import DataSplit

_EXAMPLES_LANE = "data.examples"
_MOST_EXAMPLES = 1000
_SEARCH_LETTERS = 26


class OverviewPage(DataPage):
    """The class table with what can be done to it."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.model = ClassModel(self)
        self.table = ClassTable(studio, self.model)
        self.search = QLineEdit()
        self.uneven = QLabel()
        self.weighing = WeighingBox(studio)
        self.division = SplitBox(studio)
        self._examples_of: tuple[str, str | None] | None = None
        self._fill()
        self._connect()

    def start(self) -> None:
        """Shows the classes; those that were selected stay selected."""
        assert self.split is not None
        chosen = {part for row in self.table.selection for part in row.parts}
        self.model.show_rows(rows_of(self.split))
        self.table.setColumnHidden(Column.TEST, self.split.test is None)
        self.table.select(chosen)
        self.uneven.setText(imbalance_text(self.model.rows))
        self.weighing.setVisible(imbalance(self.model.rows) >= EVEN)
        self.weighing.follow()
        self.division.follow()
        self._show_examples(self.split)
        self._tell()

    def forget(self) -> None:
        """Takes the classes away, and reads no more examples of them."""
        self.studio.workers.cancel_lane(_EXAMPLES_LANE)
        self._examples_of = None  # what is opened next may be another, or have changed on the disk
        self.model.show_rows(())
        self._tell()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self.table.set_theme(theme)

    def table_model(self) -> QAbstractItemModel:
        """Returns the table as it is sorted and searched."""
        return self.table.order

    # -- changes ------------------------------------------------------------------------------

    def rename(self, row: ClassRow, name: str) -> None:
        """Gives a class another name; that of another class merges the two."""
        try:
            edits = self._edits.rename(row.parts, name)
        except ValidationError as error:
            reason = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
            self.studio.show_message(reason, kind="warning")
            return
        self._change(edits, self.tr("Rename {name}").format(name=row.name))

    def rename_selected(self) -> None:
        """Opens the name of the first selected class for typing."""
        self.table.rename()

    def merge(self) -> None:
        """Makes one class of the selected ones, with the name of the first."""
        chosen = [row for row in self.table.selection if row.used]
        if len(chosen) < 2:
            return
        name = chosen[0].name
        edits = self._edits
        for row in chosen:
            edits = edits.rename(row.parts, name)
        done = self._change(edits, self.tr("Merge classes"))
        if done:
            self.studio.show_message(
                self.tr("{count} classes are one now: {name}. F2 gives it another name.").format(
                    count=len(chosen), name=name
                )
            )

    def leave_out(self) -> None:
        """Trains without the selected classes."""
        chosen = [row for row in self.table.selection if row.used]
        edits = self._edits.exclude_classes(part for row in chosen for part in row.parts)
        if len(chosen) == 1:
            self._change(edits, self.tr("Leave {name} out").format(name=chosen[0].name))
        elif chosen:
            self._change(edits, self.tr("Leave {count} classes out").format(count=len(chosen)))

    def take_in(self) -> None:
        """Takes back what was changed about the selected classes."""
        parts = {part for row in self.table.selection for part in row.parts}
        edits = self._edits.include_classes(parts)
        for part in parts:
            edits = edits.rename((part,), part)
        self._change(edits, self.tr("Take changes of classes back"))

    @property
    def _edits(self) -> ClassEdits:
        return self.studio.data.config.edits

    def _change(self, edits: ClassEdits, text: str) -> bool:
        """Makes the changes unless fewer than two classes would be left; tells whether."""
        data = self.studio.data
        if self.split is None or edits == data.config.edits:
            return False
        if len(edits.classes_of(found.name for found in self.split.found)) < 2:
            self.studio.show_message(
                self.tr("Fewer than two classes would be left; there would be nothing to tell."),
                remedy=self.tr("Leave fewer classes out."),
                kind="warning",
            )
            return False
        data.set(data.config.model_copy(update={"edits": edits}), text)
        return True

    # -- examples -----------------------------------------------------------------------------

    def _show_examples(self, split: DataSplit) -> None:
        """Has one picture of each class read beside the window, once for each data set."""
        config = self.studio.data.config
        if self._examples_of == (config.source, config.path):
            return
        self._examples_of = (config.source, config.path)
        self.model.forget_pictures()
        rows = self.model.rows[:_MOST_EXAMPLES]

        def job(state: TaskState) -> Generator[tuple[str, NDArray[np.uint8]], None, None]:
            for label, row in enumerate(rows):
                state.check()
                if row.train and (pixels := example_of(split.train, label, THUMBNAIL)) is not None:
                    yield row.parts[0], pixels

        self.studio.workers.start(
            job,
            lane=_EXAMPLES_LANE,
            replace=True,
            visible=False,
            on_event=lambda found: self.model.set_picture(found[0], rgb_image(found[1])),
        )

    # -- building -----------------------------------------------------------------------------

    def _fill(self) -> None:
        action = self.studio.commands.action
        self.search.setPlaceholderText(self.tr("Search classes"))
        self.search.setAccessibleName(self.tr("Search classes"))
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(_SEARCH_LETTERS * self.fontMetrics().averageCharWidth())
        self.uneven.setWordWrap(True)
        tools = QWidget()
        row = FlowLayout(tools, gap=6)
        row.addWidget(self.search)
        for name, text in (
            ("rename", self.tr("Rename")),
            ("merge", self.tr("Merge")),
            ("leave_out", self.tr("Leave out")),
            ("take_in", self.tr("Take in again")),
            ("save_table", self.tr("Save table…")),
        ):
            row.addWidget(CommandButton(action(f"dataset.{name}"), text))
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(6)
        column.addWidget(tools)
        column.addWidget(self.table, 1)
        for widget in (self.uneven, self.weighing, self.division):
            column.addWidget(widget)

    def _connect(self) -> None:
        self.model.renamed.connect(self.rename)
        self.table.selected.connect(self._tell)
        self.search.textChanged.connect(self.table.order.search)
        self.studio.data.changed.connect(self.division.follow)

    def _tell(self) -> None:
        """Says which commands make sense for the selected classes."""
        chosen = self.table.selection
        used = [row for row in chosen if row.used]
        conditions = self.studio.commands
        conditions.set_condition("class_used", bool(used))
        conditions.set_condition("classes_used", len(used) > 1)
        changed = any(not row.used or row.parts != (row.name,) for row in chosen)
        conditions.set_condition("class_changed", changed)

    def showEvent(self, event: QShowEvent) -> None:
        """Shows what the training panel may have changed meanwhile."""
        super().showEvent(event)
        self.weighing.follow()
