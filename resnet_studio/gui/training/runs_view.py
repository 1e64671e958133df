"""The list of earlier runs: look at their curves, compare them, go on with them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QStyledItemDelegate,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.studio import Studio
from resnet_studio.gui.training.command_button import CommandButton
from resnet_studio.gui.training.comparison_dialog import MOST, ComparisonDialog
from resnet_studio.gui.training.curves import RunCurves
from resnet_studio.gui.training.runs_model import RunsModel
from resnet_studio.gui.training.shown_run import curves_of
from resnet_studio.gui.widgets.export import save_table, table_to_csv
from resnet_studio.training.recorded import is_recorded, recorded_dir
from resnet_studio.training.runs import RunListing, default_runs_dir, list_runs


def runs_dir(studio: Studio) -> Path:
    """Returns where runs are kept: the folder of the settings, or the application's own."""
    chosen = studio.settings["runs_folder"]
    return Path(chosen) if chosen else default_runs_dir()


def _recorded() -> tuple[RunListing, ...]:
    """Returns the runs that come with the program; an installation may lack them."""
    try:
        listings = list_runs(recorded_dir())
    except FileNotFoundError:
        return ()
    return tuple(sorted(listings, key=lambda listing: listing.folder.name))


class _TwoLines(QStyledItemDelegate):
    """Shows what stands after a dot on a second line, so that a narrow column holds it."""

    def displayText(self, value: Any, locale: Any) -> str:
        """Returns the text of a cell as it is painted."""
        return super().displayText(str(value).replace(" · ", "\n"), locale)


class RunsView(QWidget):
    """Lists the runs of the runs folder, and below them those that come with the program.

    They are read by a worker whenever the list is shown.

    Signals:
        show_wanted(RunListing): Show this run's curves.
        resume_wanted(RunListing): Go on with this run.
    """

    show_wanted = Signal(object)
    resume_wanted = Signal(object)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.model = RunsModel(self)
        self.comparison: ComparisonDialog | None = None
        self._build()
        self._connect()
        self._choice_changed()

    @property
    def chosen(self) -> RunListing | None:
        """The run in the selected row; None if there are several."""
        several = self.several
        return several[0] if len(several) == 1 else None

    @property
    def several(self) -> tuple[RunListing, ...]:
        """The runs in all selected rows, from the top."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return tuple(self.model.listings[row] for row in rows)

    def refresh(self) -> None:
        """Reads the runs folder anew."""
        folder = runs_dir(self._studio)
        self._studio.workers.start(
            lambda _state: (*list_runs(folder), *_recorded()),
            title=self.tr("Listing the runs"),
            lane="runs",
            replace=True,
            on_result=self._show,
        )

    def select(self, path: Path | None) -> None:
        """Selects the row of a run."""
        for row, listing in enumerate(self.model.listings):
            if listing.folder.path == path:
                self.table.selectRow(row)
                return

    def select_several(self, paths: Iterable[Path]) -> None:
        """Adds the rows of these runs to the selection."""
        wanted, flags = set(paths), QItemSelectionModel.SelectionFlag
        for row, listing in enumerate(self.model.listings):
            if listing.folder.path in wanted:
                index = self.model.index(row, 0)
                self.table.selectionModel().select(index, flags.Select | flags.Rows)

    def showEvent(self, event: QShowEvent) -> None:
        """Reads the list when it is looked at."""
        super().showEvent(event)
        self.refresh()

    # -- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        tr = self.tr
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setProperty("muted", True)
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setAccessibleName(tr("Earlier runs"))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setAlternatingRowColors(True)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.table.setItemDelegate(_TwoLines(self.table))
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.show_button = QPushButton(tr("Show curves"))
        self.show_button.setToolTip(tr("Show the curves of the chosen run; a double click too."))
        self.resume_button = QPushButton(tr("Resume"))
        self.resume_button.setToolTip(tr("Go on with the chosen run from its last checkpoint."))
        buttons = QHBoxLayout()
        buttons.addWidget(self.show_button)
        buttons.addWidget(self.resume_button)
        follow = self._studio.commands.action("training.follow_folder")
        buttons.addWidget(CommandButton(follow, tr("Follow…")))
        buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.addWidget(self.note)
        layout.addWidget(self.table, 1)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        self.table.selectionModel().selectionChanged.connect(self._choice_changed)
        self.table.doubleClicked.connect(lambda _index: self._show_chosen())
        self.table.customContextMenuRequested.connect(self._show_menu)
        self.show_button.clicked.connect(self._show_chosen)
        self.resume_button.clicked.connect(self._resume_chosen)
        self._studio.training_changed.connect(self._choice_changed)
        self._studio.torch_changed.connect(self._choice_changed)

    # -- reacting ---------------------------------------------------------------------------

    def _show(self, listings: tuple[RunListing, ...]) -> None:
        kept = {listing.folder.path for listing in self.several}
        self.model.set_listings(listings)
        self.select_several(kept)
        if not listings:
            text = self.tr("No runs yet. Each run is listed here once it has begun.")
        elif all(is_recorded(listing.folder.path) for listing in listings):
            text = self.tr("No runs of your own yet; these come with the program.")
        else:
            text = self.tr("Kept in {folder}").format(folder=runs_dir(self._studio))
        self.note.setText(text + "\n" + self.tr("Choose several with Ctrl to compare them."))
        self._choice_changed()

    def _choice_changed(self, *_: object) -> None:
        chosen = self.chosen
        many = len(self.several) > 1
        self.show_button.setText(self.tr("Compare") if many else self.tr("Show curves"))
        self.show_button.setEnabled(chosen is not None or many)
        self.resume_button.setEnabled(chosen is not None and self._may_resume(chosen))

    def _may_resume(self, listing: RunListing) -> bool:
        ready = self._studio.torch.state == "ready" and not self._studio.training
        return ready and listing.config is not None and listing.status.resumable

    def _show_chosen(self) -> None:
        if self.chosen is not None:
            self.show_wanted.emit(self.chosen)
        elif self.several:
            self._compare(self.several)

    def _compare(self, listings: tuple[RunListing, ...]) -> None:
        """Reads the chosen runs, as many as can be drawn, and draws their curves."""
        chosen, listings = len(listings), listings[:MOST]
        names = [self.model.short_name(listing) for listing in listings]

        def read(_state: object) -> list[RunCurves]:
            return [
                curves_of(run.folder, run.folder.status(), run.folder.metrics()) for run in listings
            ]

        def show(curves: list[RunCurves]) -> None:
            pairs = tuple(zip(names, curves, strict=True))
            self.comparison = ComparisonDialog(self._studio, pairs, self.window(), chosen=chosen)
            self.comparison.show()

        self._studio.workers.start(
            read, title=self.tr("Reading the runs"), lane="runs", on_result=show
        )

    def _resume_chosen(self) -> None:
        if self.chosen is not None and self._may_resume(self.chosen):
            self.resume_wanted.emit(self.chosen)

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Copy the list"), self._copy)
        menu.addAction(self.tr("Save the list…"), self._save)
        menu.popup(self.table.viewport().mapToGlobal(place))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(table_to_csv(self.model))

    def _save(self) -> None:
        save_table(self._studio, self.model, "runs.csv")
