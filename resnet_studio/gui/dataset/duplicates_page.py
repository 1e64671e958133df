"""*Duplicates*: pictures that are there twice, and those of the validation that are learnt from.

The pictures are read once; what is kept of each (a digest and a hash) answers every other
threshold, and also the next division of the same pictures, without reading them again.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHeaderView,
    QLabel,
    QPushButton,
    QSpinBox,
    QSplitter,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.data.duplicates import (
    LARGEST_THRESHOLD,
    USUAL_THRESHOLD,
    Duplicates,
    Fingerprints,
    find_duplicates,
    fingerprints,
)
from resnet_studio.gui.dataset.duplicates_facts import (
    Which,
    carried_over,
    chosen_groups,
    contradiction,
    statement,
    surplus,
    totals,
)
from resnet_studio.gui.dataset.duplicates_models import GroupsModel, MembersModel
from resnet_studio.gui.dataset.group_view import GroupView
from resnet_studio.gui.dataset.page import DataPage
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.training.command_button import CommandButton
from resnet_studio.gui.widgets.empty_state import EmptyState
from resnet_studio.gui.widgets.flow import FlowLayout, labelled
from resnet_studio.gui.widgets.wheel_guard import guard_wheel
from resnet_studio.gui.workers import TaskState

if TYPE_CHECKING:
    from resnet_studio.data.sources import DataSplit

    Found = tuple[Fingerprints, Duplicates]

_LANE = "data.duplicates"
_AT_ONCE = 5_000
"""So many pictures in memory are compared without being asked: it takes about a second."""
_SPLITTER = "dataset.duplicates"


class DuplicatesPage(DataPage):
    """A table of groups, and the pictures of the chosen one.

    Attributes:
        found: The groups of the present data set; None until they were looked for.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.found: Duplicates | None = None
        self._prints: Fingerprints | None = None
        self._surplus: tuple[str, ...] = ()
        self.groups = GroupsModel(self)
        self.members = MembersModel(self)
        self.table = QTableView()
        self.pictures = GroupView(studio)
        self.said, self.totals = QLabel(), QLabel()
        self.which = QComboBox()
        self.near = QCheckBox(self.tr("&Similar ones, too"))
        self.flips = QCheckBox(self.tr("&Mirrored ones, too"))
        self.threshold = QSpinBox()
        self.look_button = QPushButton(self.tr("Look for duplicates"))
        self.one_button = QPushButton(self.tr("Keep one of each listed group"))
        self.leave_button = QPushButton(self.tr("Leave the selected pictures out"))
        self.pages = QStackedWidget()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self._fill()
        self._connect()

    def start(self) -> None:
        """Looks for duplicates where that is quick, or where the pictures were read before."""
        assert self.split is not None
        self._show(None)
        train = self.split.train
        small = train.dataset.images is not None and len(train.dataset) <= _AT_ONCE
        if self._prints is not None or small:
            self.look()

    def forget(self) -> None:
        """Takes away the groups and what is known of the pictures."""
        self.found = self._prints = None
        self.pictures.show_group(None, None)

    def table_model(self) -> QAbstractItemModel:
        """Returns every picture of the listed groups."""
        return self.members

    def look(self) -> None:
        """Looks for duplicates in a worker; reads the pictures only where that was not done."""
        if self.split is None:
            return
        split, known = self.split, self._prints
        near, flips = self.near.isChecked(), self.flips.isChecked()
        threshold = self.threshold.value()

        def job(state: TaskState) -> Generator[None, None, Found]:
            prints = known
            if prints is not None and prints.split is not split:
                prints = carried_over(prints, split)
            if prints is None:
                prints = yield from self._read(split, state)
            found = find_duplicates(
                prints,
                near=near,
                threshold=threshold,
                flips=flips,
                progress=lambda _: state.check(),
            )
            return prints, found

        self.compute(job, self._came, title=self.tr("Looking for duplicates"), lane=_LANE)
        self._tell()

    def stopped(self) -> None:
        """The button can be used again."""
        self._tell()

    def keep_one(self) -> None:
        """Trains with the first picture of each listed group; one step of undo."""
        more = self.tr("Of each group the first stays, from training where it has one there.")
        if any(group.mixed for group in self.groups.groups):
            more += " " + self.tr("Groups of several classes stay as they are.")
        self.leave_out(self._surplus, more)

    def leave_out(self, files: tuple[str, ...], more: str = "") -> None:
        """Trains without these pictures; one step of undo. Says so, and `more`."""
        data = self.studio.data
        if not files:
            return
        edits = data.config.edits.exclude_files(files)
        text = self.tr("Leave {count:,} pictures out").format(count=len(files))
        data.set(data.config.model_copy(update={"edits": edits}), text)
        said = self.tr("{count:,} pictures are left out; the files stay where they are.")
        if len(files) == 1:
            said = self.tr("1 picture is left out; the file stays where it is.")
        undo = (self.tr("Undo"), self.studio.undo_stack.undo)
        text = " ".join(filter(None, (said.format(count=len(files)), more)))
        self.studio.show_message(text, actions=(undo,))

    # -- results ------------------------------------------------------------------------------

    def _read(self, split: DataSplit, state: TaskState) -> Generator[None, None, Fingerprints]:
        steps = fingerprints(split)
        try:
            while True:
                done = next(steps)
                text = self.tr("Comparing pictures: {done:,} of {total:,}")
                said = text.format(done=done.done, total=done.total or 0)
                state.progress(done.done, done.total or 0, said)
                yield
        except StopIteration as end:
            prints: Fingerprints = end.value
            return prints
        finally:
            steps.close()

    def _came(self, result: Found) -> None:
        self._prints, found = result
        self._show(found)

    def _show(self, found: Duplicates | None) -> None:
        self.found = found
        text, how_bad = statement(found) if found is not None else ("", "")
        classes = self.split.classes if self.split is not None else ()
        if found is not None and (wrong := contradiction(found, classes)):
            text = f"{wrong} {text}"
            how_bad = "error" if how_bad == "error" else "warning"
        self.said.setText(text)
        for name in ("error", "warning", "good"):
            self.said.setProperty(name, name == how_bad)
        self.said.style().unpolish(self.said)
        self.said.style().polish(self.said)
        self.said.setVisible(bool(text))
        self.totals.setText(totals(found) if found is not None else "")
        some = found is not None and bool(found.exact or found.near)
        self.pages.setCurrentIndex(2 if some else 1 if found is not None else 0)
        self._list()

    def _list(self) -> None:
        groups = chosen_groups(self.found, self._which()) if self.found is not None else ()
        classes = self.split.classes if self.split is not None else ()
        self.groups.show_groups(groups, classes)
        self.members.show_groups(groups, classes)
        self._surplus = surplus(groups)
        text = self.tr("Keep one of each listed group")
        if any(group.kind == "near" and not group.mixed for group in groups):
            text = self.tr("Keep one of each listed group, similar ones too")
        self.one_button.setText(text)
        if groups:
            self.table.selectRow(0)
        else:
            self._group_chosen()
        self._tell()

    def _which(self) -> Which:
        return Which(self.which.currentData())

    def _group_chosen(self) -> None:
        row = self.table.currentIndex().row()
        group = self.groups.groups[row] if 0 <= row < len(self.groups.groups) else None
        self.pictures.show_group(group, self.split)
        self._tell()

    def _tell(self) -> None:
        self.look_button.setEnabled(not self.computing)
        self.one_button.setEnabled(bool(self._surplus) and not self.computing)
        self.leave_button.setEnabled(bool(self.pictures.selection) and not self.computing)
        for editor in (self.threshold, self.flips):
            editor.setEnabled(self.near.isChecked())

    # -- building -----------------------------------------------------------------------------

    def _fill(self) -> None:
        self._fill_choices()
        tools, below = QWidget(), QWidget()
        row, last = FlowLayout(tools, gap=10), FlowLayout(below, gap=6)
        for widget in (
            self.look_button,
            self.near,
            labelled(self.tr("&Up to"), self.threshold),
            self.flips,
            labelled(self.tr("S&how"), self.which),
        ):
            row.addWidget(widget)
        action = self.studio.commands.action("dataset.save_table")
        for widget in (
            self.one_button,
            self.leave_button,
            CommandButton(action, self.tr("Save table…")),
        ):
            last.addWidget(widget)
        self._dress_table()
        self.splitter.addWidget(self.table)
        self.splitter.addWidget(self.pictures)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setSizes(self.studio.settings["splitters"].get(_SPLITTER, [520, 420]))
        for state in self._states():
            self.pages.addWidget(state)
        listed = QWidget()
        inner = QVBoxLayout(listed)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.splitter, 1)
        inner.addWidget(below)
        self.pages.addWidget(listed)
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(6)
        for label in (tools, self.said, self.totals):
            column.addWidget(label)
        column.addWidget(self.pages, 1)

    def _states(self) -> tuple[QWidget, QWidget]:
        ask = EmptyState(
            self.tr("Is any picture there twice?"),
            self.tr(
                "Every picture is read once and compared with all others. A picture of the"
                " validation that is also learnt from makes the accuracy look better than it is."
            ),
        )
        none = EmptyState(
            self.tr("No duplicates"), self.tr("No two pictures are alike, as far as was looked.")
        )
        return ask, none

    def _fill_choices(self) -> None:
        tr = self.tr
        self.said.setWordWrap(True)
        self.totals.setWordWrap(True)
        self.totals.setProperty("muted", True)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.near.setChecked(True)
        self.near.setToolTip(
            tr("Also pictures that were stored anew, made smaller or a little changed.")
        )
        self.flips.setToolTip(tr("Also pictures that are alike when left and right are exchanged."))
        self.threshold.setRange(0, LARGEST_THRESHOLD)
        self.threshold.setValue(USUAL_THRESHOLD)
        self.threshold.setSuffix(tr(" of 64 bits"))
        self.threshold.setToolTip(
            tr("So many bits may differ in what is kept of two similar pictures; more finds more,"
               " and more that are not alike.")
        )  # fmt: skip
        guard_wheel(self.threshold)
        for which, text in (
            (Which.ALL, tr("All groups")),
            (Which.ACROSS, tr("On both sides")),
            (Which.MIXED, tr("In several classes")),
            (Which.EXACT, tr("Same pixels")),
            (Which.NEAR, tr("Similar")),
        ):
            self.which.addItem(text, which.value)
        guard_wheel(self.which)
        self.one_button.setToolTip(
            tr(
                "Keeps the first picture of each group, from training if it has one there. The"
                " others are left out, similar ones too if they are listed; nothing is deleted."
                " Groups of several classes stay: look at them, and leave out what is wrong."
            )
        )
        self.leave_button.setToolTip(tr("Trains without them; nothing is deleted. Del does it."))

    def _dress_table(self) -> None:
        table, views = self.table, QAbstractItemView
        table.setModel(self.groups)
        table.setAccessibleName(self.tr("Groups of pictures that are alike"))
        table.setSelectionBehavior(views.SelectionBehavior.SelectRows)
        table.setSelectionMode(views.SelectionMode.SingleSelection)
        table.setEditTriggers(views.EditTrigger.NoEditTriggers)
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 10)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        letter = table.fontMetrics().averageCharWidth()
        for column, letters in enumerate((11, 21, 24)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            table.setColumnWidth(column, letters * letter)

    def _connect(self) -> None:
        self.look_button.clicked.connect(lambda _checked=False: self.look())
        self.one_button.clicked.connect(lambda _checked=False: self.keep_one())
        self.leave_button.clicked.connect(
            lambda _checked=False: self.leave_out(self.pictures.selection)
        )
        self.pictures.leave_out.connect(self.leave_out)
        self.pictures.revealed.connect(self.reveal_wanted)
        self.pictures.itemSelectionChanged.connect(self._tell)
        self.which.currentIndexChanged.connect(lambda _row: self._list())
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._group_chosen())
        for signal in (self.near.toggled, self.flips.toggled, self.threshold.valueChanged):
            signal.connect(lambda _value: self._again())
        self.splitter.splitterMoved.connect(lambda *_: self._remember())

    def _again(self) -> None:
        """Another threshold: looked for anew at once, where the pictures were read."""
        self._tell()
        if self._prints is not None:
            self.look()

    def _remember(self) -> None:
        splitters = dict(self.studio.settings["splitters"])
        self.studio.settings["splitters"] = splitters | {_SPLITTER: self.splitter.sizes()}
