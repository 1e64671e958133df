"""The command of the paper lens: shows the papers' tables in place of the table of layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QSplitter, QWidget

from resnet_studio.gui.studio import Studio

if TYPE_CHECKING:
    from resnet_studio.gui.architecture.lens_page import LensPage

_SHARE = 0.6
"""Of the height, how much the papers' table has when it is first shown."""


class Lens(QObject):
    """Makes the page when it is first wanted, and changes places with the table of layers."""

    def __init__(
        self, studio: Studio, splitter: QSplitter, usual: QWidget, *, leave: Callable[[], None]
    ) -> None:
        """Makes nothing yet.

        Args:
            studio: The shared state.
            splitter: Where drawing and tables lie one above the other.
            usual: What the page takes the place of.
            leave: Leaves a comparison, which hides the splitter.
        """
        super().__init__(splitter)
        self._studio = studio
        self._splitter = splitter
        self._usual = usual
        self._leave = leave
        self._page: LensPage | None = None
        self._sizes: list[int] = []

    @property
    def page(self) -> LensPage:
        """The page; its code is loaded when it is first wanted."""
        if self._page is None:
            from resnet_studio.gui.architecture.lens_page import LensPage
            from resnet_studio.gui.workspace import prepare_fields  # it imports the panels

            self._page = LensPage(self._studio)
            self._page.hide()
            prepare_fields(self._page)
            self._page.closed.connect(lambda: self.show(False))
            self._splitter.addWidget(self._page)
        return self._page

    @property
    def shown(self) -> bool:
        """Whether the papers' table has the place of the table of layers."""
        return self._page is not None and not self._page.isHidden()

    def toggle(self) -> None:
        """Shows the papers' table, or the table of layers if the other is seen now."""
        self.show(not (self.shown and self._splitter.isVisible()))

    def show(self, wanted: bool) -> None:
        """Shows the papers' table, or the table of layers again."""
        self._leave()
        page = self.page
        if wanted != self.shown:
            before = self._splitter.sizes()
            page.setVisible(wanted)
            self._usual.setVisible(not wanted)
            self._splitter.setSizes(self._sizes or self._first_sizes(sum(before)))
            self._sizes = before
        self._studio.commands.action("architecture.paper_lens").setChecked(wanted)
        if wanted:
            page.view.setFocus()
            page.view.show_lit()
            page.words.verticalScrollBar().setValue(0)
        elif (drawing := self._splitter.widget(0)) is not None:
            drawing.setFocus()

    def _first_sizes(self, height: int) -> list[int]:
        """Returns the heights of the drawing, the hidden table of layers, and the page."""
        lower = round(height * _SHARE)
        return [height - lower, 0, lower]
