"""The page of pictures: all of a data set as thumbnails, to look through and to search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.dataset.browser_actions import PictureActions
from resnet_studio.gui.dataset.browser_bar import BrowserBar
from resnet_studio.gui.dataset.browser_grid import PictureGrid
from resnet_studio.gui.dataset.browser_thumbnails import Thumbnail, ThumbnailLoader
from resnet_studio.gui.dataset.page import DataPage
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.elided_label import ElidedLabel
from resnet_studio.gui.workers import TaskState

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from resnet_studio.gui.dataset.browser_list import Listing


class PicturesPage(DataPage):
    """Shows every picture that training uses, and lets a person open or leave out some."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.bar = BrowserBar(studio)
        self.loader = ThumbnailLoader(studio, self)
        self.grid = PictureGrid(studio.theme, self.loader)
        self.actions_on = PictureActions(studio)
        self.listing: Listing | None = None
        self.count = QLabel()
        self.line = ElidedLabel()
        self.all_button = QPushButton(self.tr("Show all"))
        self.menu_button = QToolButton()
        self._broken: NDArray[np.bool_] | None = None
        self._awaited: tuple[str, int] | None = None
        self._scrolled: tuple[str, int] = ("", 0)
        self._build()
        self._connect()
        self._tell()

    # -- a data set comes and goes ------------------------------------------------------------

    def start(self) -> None:
        """Lists the pictures of another data set in a worker, then shows them."""
        split = self.split
        assert split is not None

        def job(state: TaskState) -> Listing:
            from resnet_studio.gui.dataset.browser_list import listing_of

            return listing_of(split, state.check)

        self.compute(job, self._listed, title=self.tr("Listing the pictures"))

    def forget(self) -> None:
        """Takes the pictures away."""
        import numpy as np

        self._note_place()
        self.listing = self._broken = None
        self.loader.open(None)
        self.grid.show_listing(None, np.empty(0, dtype=np.int64))
        self._tell()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self.grid.set_theme(theme)

    def reveal(self, side: str, position: int) -> None:
        """Shows one picture: selects it, scrolls to it, and takes back a filter that hides it."""
        if self.listing is None:
            self._awaited = side, position
            return
        row = self.listing.row_of(side, position)
        if row is not None and not self.grid.reveal(row):
            self.bar.show_all()
            self.grid.reveal(row)

    def _listed(self, listing: Listing) -> None:
        import numpy as np

        self._note_place()
        self.listing = listing
        self._broken = np.zeros(len(listing), dtype=np.bool_)
        self.loader.open(listing)
        self.bar.offer(listing.classes, [name for name, _ in listing.sides])
        self.grid.show_listing(listing, self._rows())
        place = str((self.studio.data.config.source, self.studio.data.config.path))
        if place == self._scrolled[0]:  # a picture was left out: the person goes on where they were
            self.grid.verticalScrollBar().setValue(self._scrolled[1])
        self._scrolled = place, 0
        self._tell()
        if self._awaited is not None:
            awaited, self._awaited = self._awaited, None
            self.reveal(*awaited)

    def _note_place(self) -> None:
        """Remembers how far down a person is, as long as there is something to be seen."""
        if self.listing is not None:
            self._scrolled = self._scrolled[0], self.grid.verticalScrollBar().value()

    # -- which pictures -----------------------------------------------------------------------

    def _rows(self) -> NDArray[np.int64]:
        from resnet_studio.gui.dataset.browser_list import shown_rows

        assert self.listing is not None
        assert self._broken is not None
        return shown_rows(self.listing, self.bar.filter, self.bar.chosen_order, self._broken)

    def _show_wanted(self) -> None:
        if self.listing is not None:
            self.grid.show_rows(self._rows())
            self._tell()

    def _arrived(self, thumbnail: Thumbnail) -> None:
        if thumbnail.reason and self._broken is not None and not self._broken[thumbnail.row]:
            self._broken[thumbnail.row] = True
            self._tell()

    def _tell(self) -> None:
        """Says how many pictures are shown, and what the current one is."""
        shown, total = len(self.grid.rows), 0 if self.listing is None else len(self.listing)
        chosen = len(self.grid.selection)
        words = self.tr("{shown:,} of {total:,} shown").format(shown=shown, total=total)
        if chosen > 1:
            words += " · " + self.tr("{count:,} selected").format(count=chosen)
        if self._broken is not None and (broken := int(self._broken.sum())):
            words += " · " + self.tr("{count:,} cannot be opened").format(count=broken)
        self.count.setText(words)
        row = self.grid.current_row
        self.line.setText("" if row is None else " · ".join(self.grid.describe(row).split("\n")))
        self.all_button.setVisible(shown < total)
        self.menu_button.setEnabled(row is not None)

    # -- what is done with them ---------------------------------------------------------------

    def _open(self, row: int) -> None:
        if self.listing is not None:
            self.actions_on.open(self.listing, row)

    def _leave_out(self) -> None:
        chosen = self.grid.selection.tolist() or [self.grid.current_row]
        if self.listing is not None and chosen[0] is not None:
            self.actions_on.leave_out(self.listing, chosen)

    def _fill_menu(self, menu: QMenu) -> None:
        """Puts in what can be done with the current picture and the selected ones."""
        menu.clear()
        listing, row = self.listing, self.grid.current_row
        if listing is None or row is None:
            return
        rows = self.grid.selection.tolist() or [row]
        on = self.actions_on
        menu.addAction(self.tr("&Look inside with it"), lambda: on.open(listing, row))
        lab = self.tr("Show in the &augmentation lab as sample {number:,}")
        words = lab.format(number=listing.place(row)[1] + 1)  # counted from 1 on screen
        menu.addAction(words, lambda: on.open_in_lab(listing, row))
        menu.addSeparator()
        menu.addAction(self.tr("&Copy the picture"), lambda: on.copy(listing, row))
        menu.addAction(self.tr("Copy the &path"), lambda: on.copy_path(listing, rows))
        reveal = menu.addAction(self.tr("Open its &folder"), lambda: on.reveal(listing, row))
        reveal.setEnabled(on.path_of(listing, row) is not None)
        menu.addSeparator()
        out = menu.addAction(self._out_words(len(rows)), self._leave_out)
        out.setToolTip(self.tr("Train without it; the file stays as it is. Del in the pictures."))

    def _out_words(self, count: int) -> str:
        if count == 1:
            return self.tr("Leave &out")
        return self.tr("Leave &out {count:,} pictures").format(count=count)

    def _pop_up(self, place: QPoint) -> None:
        menu = QMenu(self)
        self._fill_menu(menu)
        menu.exec(place)
        menu.deleteLater()

    # -- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        self.menu_button.setText(self.tr("With this picture"))
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setToolTip(
            self.tr("Open, copy or leave out. Enter opens, Del leaves out.")
        )
        menu = QMenu(self.menu_button)
        menu.aboutToShow.connect(lambda: self._fill_menu(menu))
        self.menu_button.setMenu(menu)
        self.all_button.setToolTip(self.tr("Take back search and filters."))
        self.line.setProperty("muted", True)
        foot = QHBoxLayout()
        foot.setSpacing(10)
        foot.addWidget(self.count)
        foot.addWidget(self.all_button)
        foot.addWidget(self.line, 1)
        foot.addWidget(self.menu_button)
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.bar)
        column.addWidget(self.grid, 1)
        column.addLayout(foot)
        self.grid.set_side(self.bar.thumbnail_side)

    def _connect(self) -> None:
        self.bar.wanted.connect(self._show_wanted)
        self.bar.sized.connect(self.grid.set_side)
        self.all_button.clicked.connect(self.bar.show_all)
        self.loader.arrived.connect(self._arrived)
        grid: Any = self.grid
        grid.opened.connect(self._open)
        grid.selected.connect(self._tell)
        grid.menu_wanted.connect(self._pop_up)
        grid.leave_out_wanted.connect(self._leave_out)
        grid.zoom_wanted.connect(lambda more: self.bar.show_size(self.bar.thumbnail_side + more))
