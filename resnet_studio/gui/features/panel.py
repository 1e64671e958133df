"""The *Feature maps* panel: at the left what goes in and comes out, at the right what is between.

The panel examines the picture whenever the picture or the network changes, in a worker, and only
while it is shown. It leaves how the maps are taken to `probe.activations`, and the loading of
pictures and networks to `Studio`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QElapsedTimer, Qt
from PySide6.QtGui import QImage, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QLabel,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.errors import StudioError
from resnet_studio.gui import framing_choice
from resnet_studio.gui.features.channel_view import ChannelView
from resnet_studio.gui.features.exports import FeatureExports
from resnet_studio.gui.features.fields import Fields
from resnet_studio.gui.features.images import shown_image
from resnet_studio.gui.features.mosaics_page import MosaicsPage
from resnet_studio.gui.features.samples import SampleStrip
from resnet_studio.gui.features.side import SideColumn
from resnet_studio.gui.features.side_scroll import SideScroll
from resnet_studio.gui.features.views import Views
from resnet_studio.gui.studio import Studio, TorchStatus
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.busy_line import BusyLine
from resnet_studio.gui.widgets.empty_state import EmptyState
from resnet_studio.gui.workers import Task, TaskState

if TYPE_CHECKING:
    from resnet_studio.data.imaging import Picture
    from resnet_studio.gui.features.reading import Reading
    from resnet_studio.probe.activations import Examination
    from resnet_studio.probe.framing import Framing
    from resnet_studio.probe.network import LoadedNetwork

    _Wish = tuple[Picture, LoadedNetwork, Framing]

_SIDE_WIDTH = 290
_SIDE_LETTERS = 40
_NARROWEST_SIDE = 298
_SPLITTER = "features"


class FeaturesPanel(QWidget):
    """Feature maps and classification of the picture by the network of the window."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.examination: Examination | None = None
        self.shown_for: _Wish | None = None
        self._wanted: _Wish | None = None
        self._task: Task | None = None
        self._age = QElapsedTimer()
        self._image = QImage()
        self.side = SideColumn(studio)
        self.mosaics = MosaicsPage(studio)
        self.channel_view = ChannelView(studio.theme)
        self.fields = Fields(studio, self.channel_view, self)
        self.samples = SampleStrip(studio)
        self.waiting = QLabel()
        self.busy = BusyLine(self.tr("Progress of the feature maps"))
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.pages = QStackedWidget()
        self._build()
        self.exports = FeatureExports(self)
        self._connect()
        if studio.picture is not None:
            self._picture_changed(studio.picture)
        self._refresh()

    # -- for the other files of this panel ------------------------------------------------------

    def selected_section(self) -> str:
        """Returns the section of what is selected in the studio; "" if it is none of ours."""
        return _section_of(self.studio.selection, self.studio)

    def caption(self) -> str:
        """Returns which network looks at which picture with which weights."""
        if self.shown_for is None:
            return ""
        picture, network, framing = self.shown_for
        seen = framing_choice.words(framing)
        parts = (network.spec.name, network.description, picture.name, seen)
        return " · ".join(filter(None, parts))

    # -- computing ------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Asks for what is missing, or shows why there is nothing to show."""
        picture, network = self.studio.picture, self.studio.network
        if picture is None and self.views.needs_picture:
            self._show_page(self.empty)
            if self.isVisible():
                self.samples.load()
            return
        self._show_page(self.splitter)
        if picture is None or self.views.answering:
            return  # the view that is shown needs no picture, or has the processor to itself
        if network is None:
            self._await_network()
        else:
            wish = (picture, network, self.studio.framing_choice.framing)
            if not _same(self.shown_for, wish):
                self._examine(wish)

    def _await_network(self) -> None:
        torch = self.studio.torch
        if torch.state == "failed":
            self.busy.set_busy(False)
            self._say(
                self.tr("There are no feature maps without torch.")
                + f"\n\n{torch.message}\n{torch.remedy}"
            )
            return
        if self.examination is None:
            self._say(
                self.tr("Building the network…")
                if torch.state == "ready"
                else self.tr("torch is being loaded; the feature maps follow.")
            )
        self.busy.set_busy(True)
        if self.isVisible():
            self.studio.ensure_network()

    def _examine(self, wish: _Wish) -> None:
        """Starts one forward pass in a worker; an earlier one that still runs is dropped.

        While the crop is dragged, one that runs is let finish, and the newest crop follows.
        """
        if not self.isVisible() or _same(self._wanted, wish):
            return
        follows = _same_but_framing(self._wanted or self.shown_for, wish)
        if follows and framing_choice.soon_done(self._task, self._age):
            return
        self._wanted = wish
        self.busy.set_busy(True)
        if self.examination is None:
            self._say(self.tr("Computing the feature maps…"))
        self._start(wish, visible=not follows)

    def _start(self, wish: _Wish, *, visible: bool) -> None:
        picture, network, framing = wish

        def job(state: TaskState) -> Examination:
            from resnet_studio.probe.activations import examine

            return examine(network, picture, framing=framing, check=state.check)

        def ended() -> None:
            if self._wanted is wish:
                self._wanted = self._task = None
                self.busy.set_busy(False)
                if framing != self.studio.framing_choice.framing:
                    self._refresh()

        self._age.start()
        self._task = self.studio.workers.start(
            job,
            title=self.tr("Looking inside {name}").format(name=network.spec.name),
            lane="features",
            replace=True,
            visible=visible,  # else the status bar would flicker at every step of a drag
            on_result=lambda examination: self._show(examination, wish),
            on_error=self._failed,
            on_done=ended,
        )

    def _show(self, examination: Examination, wish: _Wish) -> None:
        reframed = _same_but_framing(self.shown_for, wish)
        self.examination = examination
        self.shown_for = wish
        self.side.show_examination(examination, wish[1])
        self.mosaics.show_sections(examination.sections)
        if not reframed:  # else every step of a drag would scroll back to the selection
            self.mosaics.select(self.selected_section())
        self.studio.commands.set_condition("maps", True)
        self._underlay()
        if not self._update_enlarged():
            self.close_channel()

    def _failed(self, error: BaseException) -> None:
        self._forget()
        self.studio.show_error(error)
        if isinstance(error, StudioError):
            self._say(str(error))
        else:
            self._say(self.tr("The feature maps could not be computed."))

    def _forget(self) -> None:
        """Takes everything computed away."""
        self.examination = None
        self.shown_for = None
        self.side.forget()
        self.studio.commands.set_condition("maps", False)
        self.studio.commands.set_condition("channel", False)

    # -- the enlarged channel ---------------------------------------------------------------------

    def enlarge(self, section: str, channel: int) -> None:
        """Shows one channel over the picture."""
        stage = self.mosaics.stage(section)
        if stage is None or stage.mosaic_view.maps is None or stage.mosaic_view.mosaic is None:
            return
        self.channel_view.show_channel(stage.mosaic_view.maps, stage.mosaic_view.mosaic, channel)
        self.pages.setCurrentWidget(self.channel_view)
        self.channel_view.setFocus()
        self.studio.commands.set_condition("channel", True)

    def close_channel(self) -> None:
        """Shows the mosaics again, the keyboard where it was."""
        section = self.channel_view.section
        was_shown = self.pages.currentWidget() is self.channel_view
        self.pages.setCurrentWidget(self.mosaics)
        self.studio.commands.set_condition("channel", False)
        stage = self.mosaics.stage(section)
        if was_shown and stage is not None:
            maps = stage.mosaic_view.maps
            channel = self.channel_view.channel
            # Another network may have fewer channels than the one that was enlarged.
            known = maps is not None and channel < len(maps.maps)
            stage.mosaic_view.set_current_channel(channel if known else 0)
            stage.mosaic_view.setFocus()

    def _update_enlarged(self) -> bool:
        """Shows the new maps of the enlarged channel; False if there is no such channel now."""
        if self.pages.currentWidget() is not self.channel_view:
            return False
        stage = self.mosaics.stage(self.channel_view.section)
        maps = None if stage is None else stage.mosaic_view.maps
        if maps is None or self.channel_view.channel >= len(maps.maps):
            return False
        self.enlarge(maps.name, self.channel_view.channel)
        return True

    # -- reacting ---------------------------------------------------------------------------------

    def _picture_changed(self, picture: Picture | None) -> None:
        if picture is None:
            self._forget()
        else:
            self.side.expect_picture(picture)
            self._reduce(picture)
        self._refresh()

    def _reduce(self, picture: Picture) -> None:
        """Makes the image for the screen in a worker: for 24 megapixels it takes 0.3 s."""
        self.studio.workers.start(
            lambda _state: shown_image(picture.rgb),
            lane="features.picture",
            replace=True,
            visible=False,
            on_result=self._picture_reduced,
        )

    def _picture_reduced(self, image: QImage) -> None:
        self._image = image
        self.side.picture.show_picture(image)
        self._underlay()

    def _underlay(self) -> None:
        """Lays the picture under the enlarged channel, once picture and crop are known."""
        if self.examination is not None and self.examination.picture is self.studio.picture:
            size = self.side.picture.original
            self.channel_view.show_picture(self._image, size, self.examination.crop_box)

    def _network_changed(self, network: LoadedNetwork | None) -> None:
        if network is None:
            self.side.forget()
        self._refresh()

    def _framing_changed(self, _framing: Framing) -> None:
        self._refresh()

    def _torch_changed(self, _status: TorchStatus) -> None:
        self._refresh()

    def _selection_changed(self, _name: str) -> None:
        section = self.selected_section()
        if section and self.pages.currentWidget() is self.channel_view:
            self.close_channel()
        self.mosaics.select(section)

    def _point_at(self, reading: Reading | None) -> None:
        crop = None if self.examination is None else self.examination.crop_box
        self.fields.point_at(reading, crop)

    def _title_clicked(self, name: str) -> None:
        self.studio.select("" if self.selected_section() == name else name)
        self.mosaics.select(self.selected_section())

    def _ask_why(self, target: int) -> None:
        """Shows which part of the picture speaks for a class."""
        self.views.show_view("why").choose_class(target)

    def _theme_changed(self, theme: Theme) -> None:
        for part in (self.side, self.mosaics, self.channel_view):
            part.set_theme(theme)

    # -- showing ----------------------------------------------------------------------------------

    def _show_page(self, page: QWidget) -> None:
        self.outer.setCurrentWidget(page)

    def _say(self, text: str) -> None:
        self.waiting.setText(text)
        self.pages.setCurrentWidget(self.waiting)

    # -- building ---------------------------------------------------------------------------------

    def _build(self) -> None:
        self.outer = QStackedWidget()
        self.empty = self._empty_page()
        self.outer.addWidget(self.empty)
        self.outer.addWidget(self.splitter)
        self._build_right()
        side = SideScroll(self.side)
        side.setMinimumWidth(_NARROWEST_SIDE)
        side_width = max(_SIDE_WIDTH, _SIDE_LETTERS * self.fontMetrics().averageCharWidth())
        self.splitter.addWidget(side)
        self.views = Views(self.studio, self.right)
        self.splitter.addWidget(self.views)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 5)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setSizes(
            self.studio.settings["splitters"].get(_SPLITTER, [side_width, 3 * side_width])
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.outer)

    def _build_right(self) -> None:
        self.right = QWidget()
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.waiting.setWordWrap(True)
        self.waiting.setProperty("muted", True)
        for page in (self.waiting, self.mosaics, self.channel_view):
            self.pages.addWidget(page)
        column = QVBoxLayout(self.right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.busy)
        column.addWidget(self.pages, 1)

    def _empty_page(self) -> QWidget:
        commands = self.studio.commands
        state = EmptyState(
            self.tr("Drop a picture anywhere on the window"),
            self.tr(
                "You will see what the stem and each stage of the network make of it, and the "
                "five classes that the network holds most probable."
            ),
            [commands.action("picture.open"), commands.action("picture.paste")],
        )
        page = QWidget()
        column = QVBoxLayout(page)
        column.addStretch(1)
        column.addWidget(state)
        column.addWidget(self.samples)
        column.addStretch(2)
        return page

    def _connect(self) -> None:
        studio = self.studio
        studio.picture_changed.connect(self._picture_changed)
        studio.framing_choice.changed.connect(self._framing_changed)
        studio.network_changed.connect(self._network_changed)
        studio.torch_changed.connect(self._torch_changed)
        studio.selection_changed.connect(self._selection_changed)
        studio.theme_changed.connect(self._theme_changed)
        self.mosaics.title_clicked.connect(self._title_clicked)
        self.mosaics.channel_chosen.connect(self.enlarge)
        self.channel_view.closed.connect(self.close_channel)
        self.side.predictions.class_chosen.connect(self._ask_why)
        for view in (self.mosaics, self.channel_view):
            view.read.connect(self._point_at)
        studio.pointed_at.connect(self.side.picture.show_field)
        self.splitter.splitterMoved.connect(self._remember_splitter)
        self.views.shown.connect(lambda _name: self._refresh())
        self.views.answered.connect(self._refresh)

    def _remember_splitter(self, *_: Any) -> None:
        splitters = dict(self.studio.settings["splitters"])
        self.studio.settings["splitters"] = splitters | {_SPLITTER: self.splitter.sizes()}

    # -- Qt ---------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Computes what was put off while the panel was hidden."""
        super().showEvent(event)
        self._refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leaves the enlarged channel, wherever the keyboard is."""
        if event.key() == Qt.Key.Key_Escape and self.pages.currentWidget() is self.channel_view:
            self.close_channel()
        else:
            super().keyPressEvent(event)


def _same(one: _Wish | None, other: _Wish) -> bool:
    """Tells whether two wishes are for the same; comparing pictures would compare pixels."""
    return _same_but_framing(one, other) and one is not None and one[2] == other[2]


def _same_but_framing(one: _Wish | None, other: _Wish) -> bool:
    return one is not None and one[0] is other[0] and one[1] is other[1]


def _section_of(name: str, studio: Studio) -> str:
    """Returns the stem or stage that a section, block or layer of the graph belongs to."""
    first = name.split(".")[0]
    if first.startswith("layer"):
        return first
    stem = studio.graph.stem
    return "stem" if name == "stem" or any(layer.name == name for layer in stem.layers) else ""
