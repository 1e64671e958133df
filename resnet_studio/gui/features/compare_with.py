"""What the present picture or network is compared with: the button, its menu, and the choice."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton, QWidget

from resnet_studio.architecture.catalog import by_family
from resnet_studio.gui.features.compare_networks import OtherNetwork, Source, network_words
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.export import png_bytes
from resnet_studio.gui.workers import TaskState
from resnet_studio.probe.framing import USUAL, Framing
from resnet_studio.probe.shipped import shipped_for

if TYPE_CHECKING:
    from resnet_studio.data.imaging import Picture


class Kind(StrEnum):
    """What differs between the two sides."""

    PICTURES = "pictures"
    NETWORKS = "networks"


class CompareWith(QToolButton):
    """A button with the menu of what to compare with.

    Signals:
        changed(): Something else is to be compared with.

    Attributes:
        network: The other network.
    """

    changed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.kind = Kind.PICTURES
        self.network = OtherNetwork(Source.RANDOM)
        self._picked: Picture | None = None
        self._fill_again = QMenu(self)
        self.setMenu(self._fill_again)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setProperty("framed", True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("What it is compared with"))
        self._fill_again.aboutToShow.connect(self.fill)
        studio.picture_changed.connect(self._picture_changed)
        self._show_choice()

    # -- what is chosen ---------------------------------------------------------------------------

    @property
    def picture(self) -> Picture | None:
        """The other picture: the one that was picked, else the previous; None if there is none."""
        return self._picked or self._studio.previous_picture

    def set_kind(self, kind: Kind) -> None:
        """Compares pictures, or networks."""
        if kind is not self.kind:
            self.kind = kind
            self._show_choice()
            self.changed.emit()

    def use_network(self, network: OtherNetwork) -> None:
        """Compares with another network."""
        self.network = network
        self._show_choice()
        self.changed.emit()

    def use_picture(self, picture: Picture) -> None:
        """Compares with another picture; it stays when the present one changes."""
        self._picked = picture
        self._show_choice()
        self.changed.emit()

    def use_dropped(self, mime: QMimeData) -> None:
        """Compares with a picture that was dropped."""
        source = picture_source(mime)
        self._open(source, "" if isinstance(source, Path) else self.tr("dropped picture"))

    def open_picture(self, path: Path) -> None:
        """Opens a picture to compare with; a broken one leaves the present one and says why."""
        self._open(path, "")

    def framing_of(self, picture: Picture | None, framing: Framing) -> Framing:
        """Returns what of the other picture is seen: a square belongs to one picture only."""
        alone = framing.box is not None or picture is self._studio.picture
        return USUAL if alone else framing

    def swap(self) -> None:
        """Makes the other picture the present one, and compares it with that."""
        if self.picture is not None and self._studio.picture is not None:
            other, present = self.picture, self._studio.picture
            self.use_picture(present)
            self._studio.set_picture(other)

    # -- the menu ---------------------------------------------------------------------------------

    def fill(self) -> None:
        """Offers what there is to compare with now."""
        menu = self._fill_again
        menu.clear()
        if self.kind is Kind.PICTURES:
            self._offer_pictures(menu)
        else:
            self._offer_networks(menu)

    def _offer_pictures(self, menu: QMenu) -> None:
        menu.addAction(self.tr("Open a picture…"), self._ask_picture)
        previous = self._studio.previous_picture
        name = self.tr("none yet") if previous is None else previous.name
        before = menu.addAction(self.tr("The previous picture: {name}").format(name=name))
        before.setEnabled(previous is not None)
        before.triggered.connect(self._use_previous)
        sample = menu.addAction(self.tr("Sample photograph"), self._open_sample)
        sample.setToolTip(self.tr("One of the photographs that come with the program."))
        present = self._studio.picture
        same = menu.addAction(self.tr("The same picture, usual crop"))
        same.setEnabled(present is not None)
        same.triggered.connect(self._use_same)
        swap = menu.addAction(self.tr("Swap the two pictures"), self.swap)
        swap.setEnabled(self.picture is not None and present is not None)

    def _offer_networks(self, menu: QMenu) -> None:
        network = self._studio.network
        for source in (Source.INTACT, Source.RANDOM, Source.SHIPPED, Source.LAST_RUN):
            other = OtherNetwork(source, runs=str(self._studio.settings["runs_folder"]))
            action = menu.addAction(network_words(other))
            action.triggered.connect(lambda _checked=False, chosen=other: self.use_network(chosen))
            if source is Source.INTACT:
                action.setEnabled(network is not None and bool(network.surgery))
            if source is Source.SHIPPED:
                action.setEnabled(shipped_for(self._studio.spec) is not None)
        menu.addAction(self.tr("Weights from a file…"), self._ask_weights)
        others = menu.addMenu(self.tr("Another network"))
        for family, entries in by_family().items():
            under = others.addMenu(family)
            for entry in entries:
                other = OtherNetwork(Source.OTHER, spec=entry.spec)
                action = under.addAction(entry.title)
                action.triggered.connect(
                    lambda _checked=False, chosen=other: self.use_network(chosen)
                )

    def _use_same(self) -> None:
        """Compares one's own crop, or a letterbox, with the usual crop."""
        if self._studio.picture is not None:
            self.use_picture(self._studio.picture)

    def _use_previous(self) -> None:
        """Compares with the previous picture from now on, whichever that is."""
        self._picked = None
        self._show_choice()
        self.changed.emit()

    def _ask_picture(self) -> None:
        path = self._studio.open_file(
            self.tr("Open a picture to compare with"), self.tr("Pictures (*);;All files (*)")
        )
        if path is not None:
            self.open_picture(path)

    def _ask_weights(self) -> None:
        filters = self.tr("Weights (*.safetensors *.pth *.pt *.th *.bin *.ckpt);;All files (*)")
        path = self._studio.open_file(self.tr("Weights to compare with"), filters)
        if path is not None:
            self.use_network(OtherNetwork(Source.FILE, path=str(path)))

    def _open_sample(self) -> None:
        present = self._studio.picture
        name = "" if present is None else present.name

        def job(_state: TaskState) -> Picture:
            from resnet_studio.data.imaging import sample_pictures

            return next(sample for sample in sample_pictures() if sample.name != name)

        self._start(job)

    def _open(self, source: Path | bytes, name: str) -> None:
        def job(_state: TaskState) -> Picture:
            from resnet_studio.data.imaging import open_picture

            return open_picture(source, name=name)

        self._start(job)

    def _start(self, job: Callable[[TaskState], Picture]) -> None:
        self._studio.workers.start(
            job,
            title=self.tr("Opening the picture"),
            lane="compare.picture",
            replace=True,
            on_result=self.use_picture,
        )

    # -- reacting ---------------------------------------------------------------------------------

    def _picture_changed(self, _picture: Picture | None) -> None:
        self._show_choice()

    def _show_choice(self) -> None:
        if self.kind is Kind.NETWORKS:
            text = network_words(self.network)
        elif self.picture is None:
            text = self.tr("Choose a picture")
        else:
            text = self.picture.name
        self.setText(text)
        self.setToolTip(
            self.tr("Compared with: {what}. Click to choose another.").format(what=text)
        )


def picture_source(mime: QMimeData) -> Path | bytes:
    """Returns the file that was dropped, or the bytes of the picture if it has no file."""
    paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    return paths[0] if paths else png_bytes(QImage(mime.imageData()))
