"""*Problems*: what was left out when the data set was opened, why, and what to do about it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QSortFilterProxyModel, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.dataset.page import DataPage
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.training.command_button import CommandButton
from resnet_studio.gui.training.problems_dialog import ProblemsModel, explained
from resnet_studio.gui.widgets.empty_state import EmptyState
from resnet_studio.gui.widgets.flow import FlowLayout

_SEARCH_LETTERS = 30
_FILE_SHARE = 0.34


class ProblemsPage(DataPage):
    """Lists what training goes on without, and what only looks wrong."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.model = ProblemsModel((), self)
        self.order = QSortFilterProxyModel(self)
        self.table = QTableView()
        self.search = QLineEdit()
        self.count = QLabel()
        self.reveal_button = QPushButton(self.tr("Show in the file manager"))
        self.pages = QStackedWidget()
        self._fill()
        self.search.textChanged.connect(self._searched)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._tell())
        self.table.doubleClicked.connect(lambda _index: self.reveal())
        self.reveal_button.clicked.connect(self.reveal)

    def start(self) -> None:
        """Lists the problems of the data set."""
        assert self.split is not None
        self.model.show_problems(self.split.problems)
        self.pages.setCurrentIndex(1 if self.split.problems else 0)
        self._searched(self.search.text())

    def forget(self) -> None:
        """Lists nothing."""
        self.model.show_problems(())

    def table_model(self) -> QAbstractItemModel:
        """Returns the list as it is searched."""
        return self.order

    def path_of(self, index: QModelIndex) -> Path | None:
        """Returns the file of a row, or its folder where the file is gone; None if there is none.

        Nothing inside an archive has a place of its own: that is the archive itself.
        """
        config = self.studio.data.config
        if not index.isValid() or not config.path:
            return None
        root = Path(config.path).expanduser()
        name = str(index.siblingAtColumn(0).data())
        for place in (root / name, (root / name).parent, root):
            try:
                if place.exists() and place.is_relative_to(root):
                    return place
            except (OSError, ValueError):
                continue
        return None

    def reveal(self) -> None:
        """Opens the folder of the current row in the file manager of the desktop."""
        place = self.path_of(self.table.currentIndex())
        if place is not None:
            folder = place if place.is_dir() else place.parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _searched(self, text: str) -> None:
        self.order.setFilterFixedString(text.strip())
        shown, total = self.order.rowCount(), self.model.rowCount()
        said = explained(self.model.problems)
        if shown != total:
            said = self.tr("{shown:,} of {count:,} are shown.").format(shown=shown, count=total)
        self.count.setText(said)
        if shown and not self.table.currentIndex().isValid():
            self.table.selectRow(0)
        self._tell()

    def _tell(self) -> None:
        self.reveal_button.setEnabled(self.path_of(self.table.currentIndex()) is not None)

    def _fill(self) -> None:
        self.order.setSourceModel(self.model)
        self.order.setFilterKeyColumn(-1)
        self.order.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.order.setSortCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._dress_table()
        self.search.setPlaceholderText(self.tr("Search files and reasons"))
        self.search.setAccessibleName(self.tr("Search files and reasons"))
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(_SEARCH_LETTERS * self.fontMetrics().averageCharWidth())
        self.reveal_button.setToolTip(self.tr("Open the folder in which the file lies."))
        tools = QWidget()
        row = FlowLayout(tools, gap=8)
        action = self.studio.commands.action
        for widget in (
            self.search,
            CommandButton(action("dataset.copy_table"), self.tr("Copy")),
            CommandButton(action("dataset.save_table"), self.tr("Save table…")),
            self.reveal_button,
            self.count,
        ):
            row.addWidget(widget)
        listed = QWidget()
        column = QVBoxLayout(listed)
        column.setContentsMargins(0, 4, 0, 0)
        column.addWidget(tools)
        column.addWidget(self.table, 1)
        none = EmptyState(
            self.tr("No problems"),
            self.tr("Every picture of the data set can be used; nothing was left out."),
        )
        self.pages.addWidget(none)
        self.pages.addWidget(listed)
        whole = QVBoxLayout(self.body)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.pages)

    def _dress_table(self) -> None:
        table, views = self.table, QAbstractItemView
        table.setModel(self.order)
        table.setSortingEnabled(True)
        table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        table.setAccessibleName(self.tr("What was left out or looks wrong"))
        table.setSelectionBehavior(views.SelectionBehavior.SelectRows)
        table.setSelectionMode(views.SelectionMode.SingleSelection)
        table.setEditTriggers(views.EditTrigger.NoEditTriggers)
        table.setAlternatingRowColors(True)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        # Heights of their own for 10,000 rows would take seconds; two lines show most reasons.
        table.verticalHeader().setDefaultSectionSize(2 * table.fontMetrics().height() + 8)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Gives file names a third of the width."""
        super().resizeEvent(event)
        self.table.setColumnWidth(0, int(_FILE_SHARE * self.width()))
