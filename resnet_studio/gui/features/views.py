"""The views of the *Feature maps* panel: where each comes from, and the bar that chooses one."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.operated_badge import OperatedBadge


@dataclass(frozen=True, slots=True)
class _View:
    """Where a view comes from; it is imported and made when it is first shown.

    Attributes:
        name: Key of the view.
        title: What stands on its tab.
        tip: What it shows, in one sentence.
        module: Module in this package.
        type_name: Its class, an `InsidePage`.
    """

    name: str
    title: str
    tip: str
    module: str
    type_name: str


VIEWS: tuple[_View, ...] = (
    _View("stages", "Stages", "What leaves the stem and each stage.", "", ""),
    _View(
        "layer",
        "Layer",
        "The output of any layer: all channels, sorted, with values and receptive fields.",
        "layer_page",
        "LayerPage",
    ),
    _View(
        "blocks",
        "Blocks",
        "Inside a residual block: its input, F(x), shortcut, sum and output.",
        "blocks_page",
        "BlocksPage",
    ),
    _View(
        "surgery",
        "Surgery",
        "Cut shortcuts, remove blocks, and see what it costs.",
        "surgery_page",
        "SurgeryPage",
    ),
    _View(
        "why",
        "Why this class",
        "Which part of the picture speaks for a class: Grad-CAM and others.",
        "why_page",
        "WhyPage",
    ),
    _View(
        "filters",
        "Filters",
        "The weights themselves: first filters, histograms, scales.",
        "filters_page",
        "FiltersPage",
    ),
    _View(
        "compare",
        "Compare",
        "The same layer of two pictures, or of two networks, side by side.",
        "compare_page",
        "ComparePage",
    ),
)


class Views(QWidget):
    """A bar of tabs over the view that is chosen.

    Signals:
        shown(str): Name of the view now shown.
        answered(): The view that is shown has done what was to be done first.
    """

    shown = Signal(str)
    answered = Signal()

    def __init__(self, studio: Studio, stages: QWidget, parent: QWidget | None = None) -> None:
        """Makes the bar; `stages` is the first view, which is there at once."""
        super().__init__(parent)
        self._studio = studio
        self.bar = QTabBar()
        self.stack = QStackedWidget()
        self.sign = QWidget()
        self._made: dict[str, QWidget] = {"stages": stages}
        self._build(stages)
        self.bar.currentChanged.connect(self._chosen)
        for command in ("surgery.show", "surgery.each_block"):
            studio.commands.connect(command, partial(self._run_surgery, command))
        for name in ("copy", "save", "save_table"):  # until the view is there and has its own
            studio.commands.connect(f"compare.{name}", partial(self._run_compare, name))
        remembered = studio.settings["features_view"]
        if any(view.name == remembered for view in VIEWS):
            self.show_view(remembered)

    @property
    def current(self) -> str:
        """Name of the view that is shown."""
        return VIEWS[self.bar.currentIndex()].name

    @property
    def needs_picture(self) -> bool:
        """Whether there is nothing to see in the present view without a picture."""
        return bool(getattr(self._made[self.current], "needs_picture", True))

    @property
    def answering(self) -> bool:
        """Whether the present view computes what a person waits for: all else comes after it."""
        return bool(getattr(self._made[self.current], "answering", False))

    def show_view(self, name: str) -> QWidget:
        """Shows a view by name and returns it."""
        index = [view.name for view in VIEWS].index(name)
        self.bar.setCurrentIndex(index)
        self._chosen(index)
        return self._made[name]

    def page(self, name: str) -> QWidget:
        """Returns a view by name; it is made if it is not there yet."""
        if name not in self._made:
            place = VIEWS[[view.name for view in VIEWS].index(name)]
            module = importlib.import_module(f"{__package__}.{place.module}")
            page: QWidget = getattr(module, place.type_name)(self._studio)
            self._made[name] = page
            if (answered := getattr(page, "answered", None)) is not None:
                answered.connect(self.answered)
            self.stack.addWidget(page)
        return self._made[name]

    def _run_surgery(self, command: str) -> None:
        page = self.show_view("surgery")
        if command == "surgery.each_block":
            page.remove_each_block()

    def _run_compare(self, name: str) -> None:
        getattr(self.page("compare"), name)()

    def _chosen(self, index: int) -> None:
        view = VIEWS[index]
        self._studio.settings["features_view"] = view.name
        self.stack.setCurrentWidget(self.page(view.name))
        self.sign.setVisible(view.name != "surgery")  # which has it beside its other buttons
        self.shown.emit(view.name)

    def _build(self, stages: QWidget) -> None:
        self.bar.setDrawBase(False)
        self.bar.setExpanding(False)
        self.bar.setUsesScrollButtons(True)
        self.bar.setAccessibleName(self.tr("What is shown of the network"))
        for number, view in enumerate(VIEWS):
            self.bar.addTab(translated(view.title))
            self.bar.setTabToolTip(number, translated(view.tip))
        self.stack.addWidget(stages)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        row = QHBoxLayout(self.sign)
        row.setContentsMargins(8, 0, 8, 0)
        row.addWidget(OperatedBadge(self._studio))
        row.addStretch()
        column.addWidget(self.sign)
        column.addWidget(self.stack, 1)


def translated(text: str) -> str:
    """Returns a text of the table in the language of the window."""
    return QCoreApplication.translate("views", text)
