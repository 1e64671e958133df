"""The *Classification* panel: a hundred pictures, or ten thousand, and what the network says.

Pictures wait in the table until the network has looked at them; another network, other weights,
surgery or another crop let all of them wait again, with the old answers shown as old meanwhile.
What is computed lies in `probe.classify_many`, which the command line uses as well.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.classification.classifying import Classifying
from resnet_studio.gui.classification.detail import Detail
from resnet_studio.gui.classification.entries import Entry, Filter
from resnet_studio.gui.classification.filter_bar import FilterBar
from resnet_studio.gui.classification.progress_line import ProgressLine
from resnet_studio.gui.classification.table import PicturesTable
from resnet_studio.gui.classification.table_model import PicturesModel
from resnet_studio.gui.features.side_scroll import SideScroll
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.training.command_button import CommandButton
from resnet_studio.gui.widgets.empty_state import EmptyState
from resnet_studio.gui.widgets.export import save_bytes
from resnet_studio.gui.workers import TaskState

if TYPE_CHECKING:
    from resnet_studio.data.imaging import Picture
    from resnet_studio.gui.features.side import SideColumn
    from resnet_studio.probe.classify_many import Classified, Found
    from resnet_studio.probe.network import LoadedNetwork

_SPLITTER = "classification"
_CHOICE = "classification.crop"
_SIDE_WIDTH = 300
_PICTURES = "*.png *.jpg *.jpeg *.webp *.bmp *.gif *.tif *.tiff *.ppm *.pgm *.JPG *.JPEG *.PNG"
_CROPS = ("pipeline", "letterbox", "centre", "ten")
_SEARCH_LANE = "classification.search"


class ClassificationPanel(QWidget):
    """Many pictures, classified by the network of the window."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.model = PicturesModel(self)
        self.classifying = Classifying(studio)
        self.table = PicturesTable(studio, self.model)
        self.detail = Detail(studio)
        self.filter_bar = FilterBar()
        self.crop_box = QComboBox()
        self.line = ProgressLine(self.classifying)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.pages = QStackedWidget()
        self._paused = False
        self._build()
        self._connect()
        self._update()

    @property
    def crop(self) -> str:
        """What of each picture the network sees: the name of a `probe.classify_many.Crop`."""
        return str(self.crop_box.currentData())

    # -- pictures come and go ---------------------------------------------------------------------

    def add_paths(self, paths: Sequence[Path]) -> None:
        """Adds picture files, and all pictures in folders; folders are searched by a worker."""
        paths = tuple(paths)

        def job(state: TaskState) -> Generator[None, None, Found]:
            from resnet_studio.probe.classify_many import find_pictures

            search = find_pictures(paths)
            while True:
                state.check()
                try:
                    found = next(search)
                except StopIteration as end:
                    result: Found = end.value
                    return result
                state.progress(0, 0, self.tr("{count} pictures found").format(count=f"{found:,}"))
                yield

        self.studio.workers.start(
            job,
            title=self.tr("Looking for pictures"),
            lane=_SEARCH_LANE,
            on_result=lambda found: self._found(found, paths),
        )

    def add_image(self, image: QImage, name: str) -> None:
        """Adds a picture that has no file."""

        def job(_state: TaskState) -> Picture:
            from resnet_studio.data.imaging import picture_from_array
            from resnet_studio.gui.studio import pixels_of

            return picture_from_array(pixels_of(image), name=name)

        self.studio.workers.start(
            job, title=self.tr("Opening the picture"), lane=_SEARCH_LANE, on_result=self._add_one
        )

    def _add_one(self, picture: Picture) -> None:
        self._add((picture,))

    def _found(self, found: Found, asked: Sequence[Path]) -> None:
        for problem in found.problems[:1]:
            self.studio.show_message(
                f"{problem.file}: {problem.reason}", remedy=problem.remedy, kind="warning"
            )
        if not found.files:
            names = ", ".join(path.name for path in asked[:3])
            self.studio.show_message(
                self.tr("There are no pictures in {names}.").format(names=names),
                remedy=self.tr("Choose a folder with JPEG, PNG or other picture files."),
                kind="warning",
            )
            return
        self._add(found.files)

    def _add(self, sources: Sequence[Path | Picture]) -> None:
        if not self.model.add(sources):
            self.studio.show_message(self.tr("These pictures are in the table already."))
            return
        self._paused = False
        self._update()
        self.table.select_first()
        self._continue()

    def remove_selected(self) -> None:
        """Takes the selected rows out of the table; the files stay."""
        self._drop_rows(self.table.selection)

    def clear(self) -> None:
        """Empties the table; the files stay."""
        self._drop_rows(self.model.entries)

    def _drop_rows(self, entries: Sequence[Entry]) -> None:
        row = self.table.currentIndex().row()
        self.classifying.drop()
        self.model.remove(entries)
        if self.model.shown:
            self.table.selectRow(min(max(0, row), len(self.model.shown) - 1))
        self._update()
        self._continue()

    # -- classifying ------------------------------------------------------------------------------

    def _continue(self) -> None:
        """Lets the network look at what waits, unless the person has stopped it."""
        studio, waiting = self.studio, self.model.counts.waiting
        if waiting and not self._paused and self.isVisible() and not self.classifying.running:
            if studio.network is None:
                studio.ensure_network()
            else:
                self.model.set_classes(studio.network.classes)
                self.classifying.start(studio.network, self.model.waiting(), self.crop)
        self._show_state()
        self._look()

    def _begin_again(self) -> None:
        """All answers are of another network or crop."""
        self.classifying.drop()
        self.model.make_stale()
        self._paused = False
        self._continue()

    def _came(self, results: list[tuple[Entry, Classified]]) -> None:
        self.model.take(results)
        self._show_state()

    def _ended(self, complete: bool) -> None:
        self.model.settle()
        self._paused = not complete
        self._continue()

    def _toggle(self) -> None:
        """The button of the progress line: cancel, or go on."""
        if self.classifying.running:
            self.classifying.cancel()
        else:
            self._paused = False
            self._continue()

    def _network_changed(self, network: LoadedNetwork | None) -> None:
        if network is not None:
            self.model.set_classes(network.classes)
        self._begin_again()

    def _crop_chosen(self) -> None:
        choices = dict(self.studio.settings["choices"])
        self.studio.settings["choices"] = choices | {_CHOICE: self.crop_box.currentData()}
        self._begin_again()

    # -- commands ---------------------------------------------------------------------------------

    def ask_for_pictures(self) -> None:
        """Lets the person choose picture files."""
        filters = self.tr("Pictures ({suffixes});;All files (*)").format(suffixes=_PICTURES)
        if paths := self.studio.open_files(self.tr("Add pictures"), filters):
            self.add_paths(paths)

    def ask_for_folder(self) -> None:
        """Lets the person choose a folder of pictures."""
        if path := self.studio.open_folder(self.tr("Add a folder of pictures")):
            self.add_paths((path,))

    def look_inside(self) -> None:
        """Shows the current picture in the feature maps."""
        entry = self.table.current
        if entry is None:
            return
        if isinstance(entry.source, Path):
            self.studio.open_picture(entry.source)
        else:
            self.studio.set_picture(entry.source)

    def copy_rows(self) -> None:
        """Copies the selected rows, or all that are shown, as text with tabulators."""
        rows = self.table.selection or self.model.shown
        QGuiApplication.clipboard().setText(self.model.as_csv(rows, separator="\t"))
        said = self.tr("{count} rows are in the clipboard.").format(count=f"{len(rows):,}")
        self.studio.show_message(said)

    def save_csv(self) -> None:
        """Saves the rows that are shown as CSV."""
        title, kinds = self.tr("Save table"), self.tr("CSV table (*.csv)")
        if path := self.studio.save_file(title, "classification.csv", kinds):
            content = self.model.as_csv().encode("utf-8", "surrogateescape")
            save_bytes(self.studio, content, path.with_suffix(".csv"))

    # -- showing ----------------------------------------------------------------------------------

    def _update(self) -> None:
        """Follows what is in the table."""
        entries = self.model.entries
        self.pages.setCurrentIndex(1 if entries else 0)
        self.studio.commands.set_condition("classified", bool(entries))
        self._selection_changed()
        self._show_state()
        self._look()

    def _show_state(self) -> None:
        model = self.model
        self.line.show_progress(model.counts.waiting)
        network = self.studio.network
        random = network is not None and not network.trained
        self.table.show_faded(random)
        if random:
            self.line.show_warning(self.tr("These weights are random: the classes mean nothing."))
        elif model.entries:
            self.line.show_result(model.counts, len(model.shown), len(model.entries))
        self.table.show_folders(model.counts.named > 0)
        if not self.classifying.running and model.counts.waiting and self.studio.network is None:
            self.line.show_waiting(self._why_none())

    def _why_none(self) -> str:
        torch = self.studio.torch
        if torch.state == "failed":
            return self.tr("Nothing can be classified without torch.")
        if torch.state == "ready":
            return self.tr("Building the network…")
        return self.tr("torch is being loaded; the classification follows.")

    def _look(self) -> None:
        if self.isVisible():
            self.detail.look(self.table.current, self.studio.network, self.crop)

    def _selection_changed(self) -> None:
        has = self.table.current is not None
        self.studio.commands.set_condition("classified_choice", has)

    def _filter_changed(self, wanted: Filter) -> None:
        self.model.set_filter(wanted)
        self.table.select_first()
        self._show_state()

    def _theme_changed(self, theme: Theme) -> None:
        self.table.set_theme(theme)
        self.table.fit_text()
        self.detail.set_theme(theme)

    # -- building ---------------------------------------------------------------------------------

    def _build(self) -> None:
        self._fill_crops()
        self.pages.addWidget(self._empty_page())
        self.pages.addWidget(self._full_page())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pages)

    def _empty_page(self) -> QWidget:
        action = self.studio.commands.action
        return EmptyState(
            self.tr("Drop pictures or a folder here"),
            self.tr(
                "The network of the window classifies them all. The table shows the five most "
                "probable classes of each; in folders that are named as the classes, it shows "
                "how many are right."
            ),
            [action(f"classification.{what}") for what in ("add_pictures", "add_folder")],
        )

    def _full_page(self) -> QWidget:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._top())
        column.addWidget(self.table, 1)
        column.addWidget(self.line)
        side = SideScroll(cast("SideColumn", self.detail))  # all that it asks for is there
        side.setMinimumWidth(_SIDE_WIDTH)
        self.splitter.addWidget(left)
        self.splitter.addWidget(side)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setChildrenCollapsible(False)
        widths = self.studio.settings["splitters"].get(_SPLITTER, [3 * _SIDE_WIDTH, _SIDE_WIDTH])
        self.splitter.setSizes(widths)
        return self.splitter

    def _top(self) -> QWidget:
        top = QWidget()
        column = QVBoxLayout(top)
        column.setContentsMargins(10, 6, 6, 6)
        column.setSpacing(6)
        row, second = QHBoxLayout(), QHBoxLayout()
        row.setSpacing(4)
        for name, text in (
            ("add_pictures", self.tr("Add pictures…")),
            ("add_folder", self.tr("Add folder…")),
        ):
            action = self.studio.commands.action(f"classification.{name}")
            row.addWidget(CommandButton(action, text))
        row.addStretch(1)
        for name in ("copy_rows", "save_csv", "remove", "clear"):
            row.addWidget(self._button(name))
        second.addWidget(self.filter_bar, 1)
        label = QLabel(self.tr("Crop"))
        label.setBuddy(self.crop_box)
        second.addWidget(label)
        second.addWidget(self.crop_box)
        column.addLayout(row)
        column.addLayout(second)
        return top

    def _button(self, name: str) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(self.studio.commands.action(f"classification.{name}"))
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def _fill_crops(self) -> None:
        words = (
            (self.tr("As trained"), self.tr("As the preprocessing of the network says.")),
            (self.tr("Letterbox"), self.tr("The whole picture, with borders of the mean colour.")),
            (self.tr("Centre square"), self.tr("The largest square in the middle.")),
            (
                self.tr("Ten crops"),
                self.tr(
                    "Four corners, the centre, and their mirror images; their probabilities are "
                    "averaged. Takes ten times as long."
                ),
            ),
        )
        for crop, (word, tip) in zip(_CROPS, words, strict=True):
            self.crop_box.addItem(word, crop)
            self.crop_box.setItemData(self.crop_box.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        chosen = self.studio.settings["choices"].get(_CHOICE, "")
        self.crop_box.setCurrentIndex(_CROPS.index(chosen) if chosen in _CROPS else 0)
        self.crop_box.setAccessibleName(self.tr("What of each picture the network sees"))
        self.crop_box.setToolTip(self.tr("What of each picture the network sees."))

    def _connect(self) -> None:
        studio = self.studio
        studio.network_changed.connect(self._network_changed)
        studio.torch_changed.connect(lambda _status: self._continue())
        studio.theme_changed.connect(self._theme_changed)
        self.classifying.came.connect(self._came)
        self.classifying.ended.connect(self._ended)
        self.table.chosen.connect(lambda _entry: self._look())
        self.table.selected.connect(self._selection_changed)
        self.filter_bar.changed.connect(self._filter_changed)
        self.crop_box.currentIndexChanged.connect(lambda _index: self._crop_chosen())
        self.line.button.clicked.connect(self._toggle)
        self.splitter.splitterMoved.connect(self._remember_splitter)
        for name, handler in (
            ("add_pictures", self.ask_for_pictures),
            ("add_folder", self.ask_for_folder),
            ("look_inside", self.look_inside),
            ("copy_rows", self.copy_rows),
            ("save_csv", self.save_csv),
            ("remove", self.remove_selected),
            ("clear", self.clear),
        ):
            studio.commands.connect(f"classification.{name}", handler)

    def _remember_splitter(self, *_: Any) -> None:
        splitters = dict(self.studio.settings["splitters"])
        self.studio.settings["splitters"] = splitters | {_SPLITTER: self.splitter.sizes()}

    # -- Qt ---------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Classifies what was put off while the panel was hidden."""
        super().showEvent(event)
        self._continue()
