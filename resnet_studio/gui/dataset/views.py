"""The pages of the *Data set* panel: where each comes from, and the bar that chooses one."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from resnet_studio.gui.dataset.page import DataPage
from resnet_studio.gui.studio import Studio

_CHOICE = "dataset.page"
_OF_CLASSES = {
    "dataset.rename": "rename_selected",
    "dataset.merge": "merge",
    "dataset.leave_out": "leave_out",
    "dataset.take_in": "take_in",
}
"""Commands of the overview, with its methods."""


@dataclass(frozen=True, slots=True)
class _View:
    """Where a page comes from; it is imported and made when it is first shown.

    Attributes:
        name: Key of the page.
        title: What stands on its tab.
        tip: What it shows, in one sentence.
        module: Module in this package.
        type_name: Its class, a `DataPage`.
    """

    name: str
    title: str
    tip: str
    module: str
    type_name: str


VIEWS: tuple[_View, ...] = (
    _View(
        "overview",
        "Overview",
        "The classes with their counts: rename, merge or leave them out; how the set is divided.",
        "overview_page",
        "OverviewPage",
    ),
    _View(
        "pictures",
        "Pictures",
        "All pictures as thumbnails, to look through and to search.",
        "browser_page",
        "PicturesPage",
    ),
    _View(
        "facts",
        "Facts",
        "Sizes and aspect ratios; mean and standard deviation as measured and as published.",
        "facts_page",
        "FactsPage",
    ),
    _View(
        "duplicates",
        "Duplicates",
        "Pictures that are there twice, and those of the validation that are also learnt from.",
        "duplicates_page",
        "DuplicatesPage",
    ),
    _View(
        "problems",
        "Problems",
        "What was left out when the data set was opened, and why.",
        "problems_page",
        "ProblemsPage",
    ),
)


class Views(QWidget):
    """A bar of tabs over the page that is chosen.

    Signals:
        shown(str): Name of the page now shown.
    """

    shown = Signal(str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.bar = QTabBar()
        self.stack = QStackedWidget()
        self._made: dict[str, QWidget] = {}
        self._build()
        self.bar.currentChanged.connect(self._chosen)
        for command, method in _OF_CLASSES.items():
            studio.commands.connect(command, partial(self._run_overview, method))
        remembered = studio.settings["choices"].get(_CHOICE, "")
        known = [view.name for view in VIEWS]
        self.show_view(remembered if remembered in known else known[0])

    @property
    def current(self) -> str:
        """Name of the page that is shown."""
        return VIEWS[self.bar.currentIndex()].name

    @property
    def current_page(self) -> DataPage:
        """The page that is shown."""
        page = self._made[self.current]
        assert isinstance(page, DataPage)
        return page

    def show_view(self, name: str) -> QWidget:
        """Shows a page by name and returns it."""
        index = [view.name for view in VIEWS].index(name)
        self.bar.setCurrentIndex(index)
        self._chosen(index)
        return self._made[name]

    def set_count(self, name: str, count: int) -> None:
        """Writes a number behind the title of a page; none for 0."""
        index = [view.name for view in VIEWS].index(name)
        title = translated(VIEWS[index].title)
        self.bar.setTabText(index, f"{title} ({count:,})" if count else title)

    def _page(self, view: _View) -> QWidget:
        if view.name not in self._made:
            module = importlib.import_module(f"{__package__}.{view.module}")
            page: QWidget = getattr(module, view.type_name)(self._studio)
            self._made[view.name] = page
            if isinstance(page, DataPage):
                page.reveal_wanted.connect(self._reveal)
            self.stack.addWidget(page)
        return self._made[view.name]

    def _run_overview(self, method: str) -> None:
        """Shows the classes that are concerned, then does it."""
        getattr(self.show_view("overview"), method)()

    def _reveal(self, side: str, position: int) -> None:
        from resnet_studio.gui.dataset.browser_page import PicturesPage

        pictures = self.show_view("pictures")
        assert isinstance(pictures, PicturesPage)
        pictures.reveal(side, position)

    def _chosen(self, index: int) -> None:
        view = VIEWS[index]
        choices = dict(self._studio.settings["choices"])
        self._studio.settings["choices"] = choices | {_CHOICE: view.name}
        self.stack.setCurrentWidget(self._page(view))
        self.shown.emit(view.name)

    def _build(self) -> None:
        self.bar.setDrawBase(False)
        self.bar.setExpanding(False)
        self.bar.setUsesScrollButtons(True)
        self.bar.setAccessibleName(self.tr("What is shown of the data set"))
        for number, view in enumerate(VIEWS):
            self.bar.addTab(translated(view.title))
            self.bar.setTabToolTip(number, translated(view.tip))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.stack, 1)


def translated(text: str) -> str:
    """Returns a text of the table in the language of the window."""
    return QCoreApplication.translate("data_views", text)
