"""The *Data set* panel: what there is to learn from, and what is wrong with it.

It shows the one data set of the window (`studio.data`), which the training panel uses. What a
person changes here, classes and pictures left out, renamed, merged, is kept in the choice of the
data set; the files themselves are never touched.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from resnet_studio.gui.dataset.source_bar import SourceBar
from resnet_studio.gui.dataset.views import Views
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.export import copy_image, save_image, save_table, table_to_csv


class DataSetPanel(QWidget):
    """Chooses a data set and shows it from several sides."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.bar = SourceBar(studio)
        self.views = Views(studio)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 6)
        column.setSpacing(4)
        column.addWidget(self.bar)
        column.addWidget(self.views, 1)
        self._connect()
        self._tell()

    def set_data_folder(self, path: Path) -> None:
        """Opens a folder or .zip, for example one dropped on the window."""
        self.studio.data.set_path(path)

    def _connect(self) -> None:
        connect = self.studio.commands.connect
        connect("dataset.folder", self.bar.bring.choose_folder)
        connect("dataset.zip", self.bar.bring.choose_zip)
        connect("dataset.reopen", self.studio.data.reopen)
        connect("dataset.forget_changes", self._forget_changes)
        connect("dataset.copy_table", self.copy_table)
        connect("dataset.save_table", self.save_table)
        connect("dataset.copy_picture", self.copy_picture)
        connect("dataset.save_picture", self.save_picture)
        self.studio.data.changed.connect(self._tell)
        self.views.shown.connect(lambda _name: self._tell())

    def _forget_changes(self) -> None:
        from resnet_studio.data.class_edits import ClassEdits

        data = self.studio.data
        config = data.config.model_copy(update={"edits": ClassEdits()})
        data.set(config, self.tr("Take all changes back"))

    def _tell(self) -> None:
        data, conditions = self.studio.data, self.studio.commands
        conditions.set_condition("data_chosen", data.chosen)
        conditions.set_condition("data_open", data.split is not None)
        conditions.set_condition("data_changed", bool(data.config.edits))
        table = self.views.current_page.table_model() is not None
        conditions.set_condition("data_table", table and data.split is not None)
        problems = len(data.summary.problems) if data.summary is not None else 0
        self.views.set_count("problems", problems)

    # -- copying and saving -------------------------------------------------------------------

    def copy_table(self) -> None:
        """Copies the table of the page that is shown as CSV."""
        if (model := self.views.current_page.table_model()) is not None:
            QGuiApplication.clipboard().setText(table_to_csv(model))

    def save_table(self) -> None:
        """Saves the table of the page that is shown as CSV."""
        if (model := self.views.current_page.table_model()) is not None:
            save_table(self.studio, model, f"{self._name()}.csv")

    def copy_picture(self) -> None:
        """Copies what the page shows as a picture."""
        if (image := self.views.current_page.image()) is not None:
            copy_image(image)

    def save_picture(self) -> None:
        """Saves what the page shows as PNG."""
        if (image := self.views.current_page.image()) is not None:
            save_image(self.studio, image, f"{self._name()}.png")

    def _name(self) -> str:
        summary = self.studio.data.summary
        name = summary.name if summary is not None else "data"
        return f"{name}-{self.views.current}".replace("/", "_")

    # -- Qt -----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Opens the data set: somebody wants to see it."""
        super().showEvent(event)
        self.studio.data.start()
