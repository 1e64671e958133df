"""The views of the *Augmentation* panel: where each comes from, and the bar that chooses one."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from resnet_studio.gui.augmentation.room import Room
from resnet_studio.gui.augmentation.sample_box import sample_choice
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.export import copy_image, save_bytes, save_image
from resnet_studio.gui.widgets.flow import FlowLayout

if TYPE_CHECKING:
    from resnet_studio.gui.augmentation.controls import Controls
    from resnet_studio.gui.augmentation.lab_page import LabPage

_REMEMBERED = "lab.page"


@dataclass(frozen=True, slots=True)
class _View:
    """Where a view comes from; it is imported and made when it is first shown.

    Attributes:
        name: Key of the view.
        title: What stands on its tab.
        tip: What it shows, in one sentence.
        module: Module in this package; a view whose module is not there is not offered.
        type_name: Its class, a `LabPage`.
    """

    name: str
    title: str
    tip: str
    module: str
    type_name: str


VIEWS: tuple[_View, ...] = (
    _View(
        "samples",
        "Samples",
        "Many samples of the picture, and where each was cut out.",
        "samples_page",
        "SamplesPage",
    ),
    _View(
        "steps",
        "Steps",
        "One sample, transform by transform, with every number drawn.",
        "steps_page",
        "StepsPage",
    ),
    _View(
        "values",
        "Values",
        "The numbers that the network reads: channels, histograms, the value under the cursor.",
        "values_page",
        "ValuesPage",
    ),
    _View(
        "vary",
        "Vary",
        "One parameter over its range, with all chance frozen.",
        "vary_page",
        "VaryPage",
    ),
    _View(
        "statistics",
        "Statistics",
        "Kept area, distortion and place over many draws, against theory.",
        "statistics_page",
        "StatisticsPage",
    ),
    _View(
        "coverage",
        "Coverage",
        "How often each place of the picture is seen, and how often an object is lost.",
        "coverage_page",
        "CoveragePage",
    ),
    _View(
        "ten_crops",
        "Ten crops",
        "The ten crops of testing, and the network's vote for each.",
        "ten_crop_page",
        "TenCropPage",
    ),
    _View(
        "mixing",
        "Mixing",
        "MixUp and CutMix: two pictures and their classes mixed.",
        "mixing_page",
        "MixingPage",
    ),
)


class LabViews(QWidget):
    """A bar of tabs over the view that is chosen.

    Attributes:
        offered: The views whose modules are there, in the order of the tabs.
        bar: The tabs; the arrow keys go from one to the next.
        pages: What is said without a picture, and the views.

    Signals:
        shown(str): Name of the view now shown.
        settled(): The view that is shown shows what was asked for last.
    """

    shown = Signal(str)
    settled = Signal()

    def __init__(
        self, studio: Studio, controls: Controls, empty: QWidget, parent: QWidget | None = None
    ) -> None:
        """Makes the bar; `empty` is shown where a view needs a picture and there is none."""
        super().__init__(parent)
        self._studio = studio
        self._controls = controls
        self._made: dict[str, LabPage] = {}
        self._rooms: dict[str, Room] = {}
        self.offered = tuple(view for view in VIEWS if _is_there(view))
        self.bar = QTabBar()
        self.pages = QStackedWidget()
        self.stack = QStackedWidget()
        self.empty = empty
        self._build()
        names = [view.name for view in self.offered]
        remembered = studio.settings["choices"].get(_REMEMBERED, "")
        self.bar.setCurrentIndex(names.index(remembered) if remembered in names else 0)
        self._show(self.bar.currentIndex())
        self.bar.currentChanged.connect(self._chosen)
        studio.picture_changed.connect(self._picture_changed)

    @property
    def current(self) -> str:
        """Name of the view that is shown."""
        return self.offered[self.bar.currentIndex()].name

    @property
    def current_page(self) -> LabPage:
        """The view that is shown."""
        return self._made[self.current]

    def show_view(self, name: str) -> LabPage:
        """Shows a view by name and returns it."""
        self.bar.setCurrentIndex([view.name for view in self.offered].index(name))
        return self._made[name]

    def page(self, name: str) -> LabPage:
        """Returns a view by name; it is made if it is not there yet."""
        if name not in self._made:
            place = next(view for view in self.offered if view.name == name)
            module = importlib.import_module(f"{__package__}.{place.module}")
            page: LabPage = getattr(module, place.type_name)(self._studio, self._controls)
            self._made[name] = page
            page.settled.connect(self._page_settled)
            self._rooms[name] = Room(page)
            self.stack.addWidget(self._rooms[name])
            if (opened := getattr(page, "sample_opened", None)) is not None:
                opened.connect(self.walk_through)
        return self._made[name]

    def walk_through(self, index: int) -> None:
        """Shows a sample step by step.

        Args:
            index: Which one, counted from 0: the picture's number in a data set.
        """
        sample_choice(self._controls).set(index)
        self.show_view("steps")

    # -- copying and saving ---------------------------------------------------------------------

    def copy_view(self) -> None:
        """Copies what the view shows as a picture."""
        image = self.current_page.image()
        if image is not None:
            copy_image(image)
            self._studio.show_message(self.tr("The picture is in the clipboard."))

    def save_view(self) -> None:
        """Saves what the view shows as PNG."""
        image = self.current_page.image()
        if image is not None:
            save_image(self._studio, image, f"{self.file_stem()}.png")

    def copy_table(self) -> None:
        """Copies the figures behind what the view shows as CSV."""
        table = self.current_page.table()
        if table is not None:
            QGuiApplication.clipboard().setText(table)
            self._studio.show_message(self.tr("The numbers are in the clipboard, as CSV."))

    def save_table(self) -> None:
        """Saves the figures behind what the view shows as CSV."""
        table = self.current_page.table()
        if table is None:
            return
        path = self._studio.save_file(
            self.tr("Save the numbers"), f"{self.file_stem()}.csv", self.tr("CSV table (*.csv)")
        )
        if path is not None:
            save_bytes(self._studio, table.encode("utf-8"), path.with_suffix(".csv"))

    def file_stem(self) -> str:
        """Returns a file name that says which picture, pipeline, seed and view it was."""
        page = self.current_page
        parts = []
        if page.picture is not None:
            path = page.picture.path
            parts.append(path.stem if path is not None else page.picture.name)
        if page.pipeline is not None:
            parts.append(page.pipeline.name)
        if "seed" in page.follows:
            parts.append(f"seed{page.seed}")
        parts.append(self.current)
        name = "_".join(parts)
        return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in name)

    # -- reacting -------------------------------------------------------------------------------

    def _chosen(self, index: int) -> None:
        settings = self._studio.settings
        settings["choices"] = settings["choices"] | {_REMEMBERED: self.offered[index].name}
        self._show(index)

    def _show(self, index: int) -> None:
        name = self.offered[index].name
        self.page(name)
        self.stack.setCurrentWidget(self._rooms[name])
        self._picture_changed()
        self._offer()
        self.shown.emit(name)

    def _picture_changed(self, _picture: object = None) -> None:
        missing = self._studio.picture is None and self.current_page.needs_picture
        self.pages.setCurrentWidget(self.empty if missing else self.stack)

    def _page_settled(self) -> None:
        if self.sender() is self.current_page:
            self._offer()
            self.settled.emit()

    def _offer(self) -> None:
        """Offers to copy and save what there is."""
        page, commands = self.current_page, self._studio.commands
        commands.set_condition("lab_picture", page.has_image)
        commands.set_condition("lab_table", page.has_table)

    # -- building -------------------------------------------------------------------------------

    def _build(self) -> None:
        self.bar.setDrawBase(False)
        self.bar.setExpanding(False)
        self.bar.setUsesScrollButtons(True)
        self.bar.setAccessibleName(self.tr("Views of the augmentation"))
        for number, view in enumerate(self.offered):
            self.bar.addTab(translated(view.title))
            self.bar.setTabToolTip(number, translated(view.tip))
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.stack)
        head = QWidget()
        row = FlowLayout(head, gap=24)
        row.addWidget(self.bar)
        row.addWidget(self._controls.chance_row)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(head)
        column.addWidget(self.pages, 1)


def translated(text: str) -> str:
    """Returns a text of the table in the language of the window."""
    return QCoreApplication.translate("views", text)


def _is_there(view: _View) -> bool:
    return importlib.util.find_spec(f"{__package__}.{view.module}") is not None
