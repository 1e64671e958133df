"""The view *Layer*: the output of any layer, channel by channel.

The layer is that of the studio's selection, or is chosen here by name. The picture is prepared
once and goes through the network as far as the layer; `probe.layer_maps` takes what leaves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QImage, QKeyEvent, QKeySequence, QShortcut, QWheelEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QScrollArea,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.features.channel_view import ChannelView
from resnet_studio.gui.features.colour_bar import ColourBar, Scale
from resnet_studio.gui.features.fields import Fields
from resnet_studio.gui.features.images import shown_image
from resnet_studio.gui.features.inside_page import InsidePage
from resnet_studio.gui.features.layer_choice import LayerChoice
from resnet_studio.gui.features.mosaic_choices import MosaicChoices
from resnet_studio.gui.features.mosaic_view import Display, MosaicView
from resnet_studio.gui.features.reading import Reading, field_words, place_words
from resnet_studio.gui.features.stage_view import export_mosaic, section_size
from resnet_studio.gui.features.statistics import save_channel_statistics
from resnet_studio.gui.icons import icon
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.elided_label import ElidedLabel
from resnet_studio.gui.widgets.export import copy_image, save_image
from resnet_studio.gui.workers import TaskState
from resnet_studio.probe.channels import Order

if TYPE_CHECKING:
    from resnet_studio.architecture.graph import NetworkGraph
    from resnet_studio.data.imaging import Picture
    from resnet_studio.probe.framing import Framing
    from resnet_studio.probe.layer_maps import LayerMaps
    from resnet_studio.probe.network import LoadedNetwork
    from resnet_studio.probe.predict import Prepared

_LAST = "layer.name"
_LEAST_BUDGET = 120


@dataclass(frozen=True, slots=True, eq=False)
class _Ready:
    """A picture as one network reads it, and as it is shown; kept for the next layer."""

    picture: Picture
    framing: Framing
    network: LoadedNetwork
    prepared: Prepared
    image: QImage

    def serves(self, picture: Picture, framing: Framing, network: LoadedNetwork) -> bool:
        """Whether this is the same picture for a network that reads it alike."""
        same = self.picture is picture and self.framing == framing
        return same and _read_alike(self.network, network)


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """What one pass gave."""

    ready: _Ready
    maps: LayerMaps
    other: LayerMaps | None


class LayerPage(InsidePage):
    """All channels of one layer, and one of them over the picture.

    Attributes:
        layer: Name of the layer that is shown or about to be.
        shown: What is shown; None before the first result.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.layer = studio.settings["choices"].get(_LAST, "")
        self.shown: _Shown | None = None
        self._before: Prepared | None = None
        self.choice = LayerChoice()
        self.previous = QToolButton()
        self.next = QToolButton()
        self.details = ElidedLabel()
        self.export = QToolButton()
        self.choices = MosaicChoices(studio.settings, "layer", alone=True)
        self.mosaic_view = MosaicView(studio.theme)
        self.area = QScrollArea()
        self.channel_view = ChannelView(studio.theme)
        self.fields = Fields(studio, self.channel_view, self)
        self.pages = QStackedWidget()
        self.reading = ElidedLabel()
        self.bar = ColourBar(studio.theme)
        self.page_label = QLabel()
        self.page_back = QToolButton()
        self.page_on = QToolButton()
        self._build()
        self._connect()
        self.set_theme(studio.theme)
        self._follow(studio.selection)

    # -- computing --------------------------------------------------------------------------------

    def start(self) -> None:
        """Takes what leaves the layer, in a worker."""
        graph = self.studio.graph
        self.choice.set_graph(graph)
        self.layer = _layer_named(graph, self.layer) or graph.layers[0].name
        self.choice.show_layer(self.layer)
        network, picture, framing = self.network, self.picture, self.framing
        assert network is not None
        assert picture is not None
        ready, layer = self._ready(picture, framing, network), self.layer
        image = self._image_of(picture)
        before = self._before if self.choices.display.order == Order.DIFFERENCE else None

        def job(state: TaskState) -> _Shown:
            from resnet_studio.probe.layer_maps import take_layer

            now = ready or _make_ready(picture, framing, network, image)
            state.check()
            maps = take_layer(network, now.prepared, layer)
            state.check()
            other = None if before is None else take_layer(network, before, layer)
            return _Shown(now, maps, other)

        title = self.tr("Looking at {layer}").format(layer=layer)
        self.compute(job, self._show, title=title, lane="inside.layer")

    def _ready(self, picture: Picture, framing: Framing, network: LoadedNetwork) -> _Ready | None:
        """Returns what was made of this picture already; keeps that of another one to compare."""
        if self.shown is None:
            return None
        last = self.shown.ready
        if not _read_alike(last.network, network):
            self._before = None
        elif last.picture is not picture:
            self._before = last.prepared
        self.choices.allow_difference(self._before is not None)
        return last if last.serves(picture, framing, network) else None

    def _image_of(self, picture: Picture) -> QImage | None:
        """Returns the picture as it is shown already: only what the network sees is another."""
        if self.shown is None or self.shown.ready.picture is not picture:
            return None
        return self.shown.ready.image

    def forget(self) -> None:
        """Takes the maps away."""
        self.shown = None
        self._before = None
        self.choices.allow_difference(False)

    def _show(self, shown: _Shown) -> None:
        self.shown = shown
        assert self.network is not None
        names = self.network.classes if shown.maps.name == "fc" else ()
        other = None if shown.other is None else shown.other.maps
        self.mosaic_view.show_maps(shown.maps, other=other, names=names)
        self._describe(shown.maps)
        self._read(None)
        picture, crop = shown.ready.picture, shown.ready.prepared.crop_box
        size = QSize(picture.width, picture.height)
        self.channel_view.show_picture(shown.ready.image, size, crop)
        if self.pages.currentWidget() is self.channel_view:
            if self.channel_view.channel < len(shown.maps.maps):
                self.enlarge(self.channel_view.channel)
            else:
                self.close_channel()

    def _describe(self, maps: LayerMaps) -> None:
        parts = [section_size(maps)]
        field = self.fields.of(maps.name)
        if field is not None:
            parts.append(
                self.tr("each sees up to {size}×{size} px, the next {jump} px further").format(
                    size=field.field.size, jump=field.field.jump
                )
            )
        if maps.broken:
            parts.append(self.tr("{count} values are not finite").format(count=maps.broken))
        self.details.setText(" · ".join(parts))
        self.mosaic_view.setAccessibleName(
            self.tr("Output of {layer}: {size}").format(layer=maps.name, size=parts[0])
        )

    # -- which layer ------------------------------------------------------------------------------

    def show_layer(self, name: str) -> None:
        """Shows a layer and selects it everywhere."""
        self._take(name)
        self.studio.select(name)

    def _take(self, name: str) -> None:
        if name != self.layer:
            self.layer = name
            self.choice.show_layer(name)
            self.studio.settings["choices"] = dict(self.studio.settings["choices"]) | {_LAST: name}
            self.refresh(again=True)

    def _follow(self, selection: str) -> None:
        """Shows the selected layer, or what leaves the selected block or section."""
        if name := _layer_named(self.studio.graph, selection):
            self._take(name)

    # -- the enlarged channel ---------------------------------------------------------------------

    def enlarge(self, channel: int) -> None:
        """Shows one channel over the picture."""
        if self.mosaic_view.maps is None or self.mosaic_view.mosaic is None:
            return
        self.channel_view.show_channel(self.mosaic_view.maps, self.mosaic_view.mosaic, channel)
        if self.pages.currentWidget() is not self.channel_view:
            self.pages.setCurrentWidget(self.channel_view)
            self.channel_view.setFocus()
        self._show_page_number()

    def close_channel(self) -> None:
        """Shows all channels again, with the keyboard on the one that was enlarged."""
        self.pages.setCurrentWidget(self.mosaics)
        maps = self.mosaic_view.maps
        if maps is not None and self.channel_view.channel < len(maps.maps):
            self.mosaic_view.set_current_channel(self.channel_view.channel)
        self.mosaic_view.setFocus()

    # -- copying and saving -----------------------------------------------------------------------

    def image(self) -> QImage | None:
        """Returns the page of the mosaic with title and colour bar, or the enlarged channel."""
        if self.shown is None or self.place.currentWidget() is not self.body:
            return None
        if self.pages.currentWidget() is self.channel_view:
            return self.channel_view.picture()
        caption = self.caption()
        if self.mosaic_view.page_count > 1:
            caption += f" · {self.page_label.text()}"
        return export_mosaic(self.mosaic_view, self.studio.theme, caption=caption)

    def copy(self) -> None:
        """Copies what is shown."""
        if (image := self.image()) is not None:
            copy_image(image)
            self.studio.show_message(self.tr("The picture is in the clipboard."))

    def save(self) -> None:
        """Saves what is shown as PNG."""
        if (image := self.image()) is not None:
            save_image(self.studio, image, f"{self._file_stem()}.png")

    def save_statistics(self) -> None:
        """Saves mean, extremes and variance of each channel as CSV."""
        if self.shown is None or self.network is None:
            return
        maps = self.shown.maps
        names = self.network.classes if maps.name == "fc" else ()
        save_channel_statistics(self.studio, maps.maps, self._layer_stem(), names)

    def _file_stem(self) -> str:
        name = self._layer_stem()
        if self.pages.currentWidget() is self.channel_view:
            name += f"_channel{self.channel_view.channel}"
        return name

    def _layer_stem(self) -> str:
        name = f"{self.studio.spec.name}_{self.layer}"
        return "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in name)

    # -- reacting ---------------------------------------------------------------------------------

    def _show_as(self, display: Display) -> None:
        self.mosaic_view.show_as(display)
        if display.order == Order.DIFFERENCE and self._before is not None:
            self.refresh(again=True)  # the maps of the other picture are missing yet

    def _scale_changed(self) -> None:
        if self.mosaic_view.mosaic is not None:
            self.bar.set_scale(Scale.of(self.mosaic_view.mosaic))
        self._show_page_number()

    def _show_page_number(self) -> None:
        view = self.mosaic_view
        self.page_label.setText(
            self.tr("page {page} of {pages}").format(page=view.page + 1, pages=view.page_count)
        )
        for widget in (self.page_label, self.page_back, self.page_on):
            widget.setVisible(view.page_count > 1)
        self.page_back.setEnabled(view.page > 0)
        self.page_on.setEnabled(view.page + 1 < view.page_count)

    def _turn(self, by: int) -> None:
        self.mosaic_view.show_page(self.mosaic_view.page + by)
        self.area.verticalScrollBar().setValue(0)

    def _read(self, reading: Reading | None) -> None:
        crop = None if self.shown is None else self.shown.ready.prepared.crop_box
        self.fields.point_at(reading, crop)
        if reading is None:
            self.reading.setText(self.tr("Point at a channel to read its values."))
            return
        parts = [self.mosaic_view.describe(reading.channel), place_words(reading)]
        if (field := self.fields.of(reading.layer)) is not None:
            parts.append(field_words(field, reading))
        self.reading.setText(" · ".join(parts))

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        for part in (self.mosaic_view, self.bar, self.channel_view):
            part.set_theme(theme)
        for button, name in (
            (self.previous, "mdi6.chevron-left"),
            (self.next, "mdi6.chevron-right"),
            (self.page_back, "mdi6.chevron-left"),
            (self.page_on, "mdi6.chevron-right"),
            (self.export, "mdi6.export-variant"),
        ):
            button.setIcon(icon(name, theme))

    # -- building ---------------------------------------------------------------------------------

    def _build(self) -> None:
        self._build_mosaics()
        self.pages.addWidget(self.mosaics)
        self.pages.addWidget(self.channel_view)
        layout = QVBoxLayout(self.body)
        layout.setContentsMargins(8, 6, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(self._head_row())
        layout.addWidget(self.details)
        layout.addWidget(self.pages, 1)
        self._read(None)

    def _head_row(self) -> QHBoxLayout:
        for button, text, tip in (
            (self.previous, self.tr("Previous layer"), self.tr("Previous layer (P)")),
            (self.next, self.tr("Next layer"), self.tr("Next layer (N)")),
        ):
            button.setAccessibleName(text)
            button.setToolTip(tip)
        self.details.setProperty("muted", True)
        self._fill_export()
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 12, 0)
        row.addWidget(self.previous)
        row.addWidget(self.choice, 1)
        row.addWidget(self.next)
        row.addSpacing(6)
        row.addWidget(self.export)
        return row

    def _fill_export(self) -> None:
        self.export.setText(self.tr("Export"))
        self.export.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.export.setToolTip(
            self.tr("Copy or save what is shown, or the statistics of every channel.")
        )
        menu = QMenu(self.export)
        menu.addAction(self.tr("Copy the picture"), self.copy)
        menu.addAction(self.tr("Save as PNG…"), self.save)
        menu.addAction(self.tr("Save each channel's statistics…"), self.save_statistics)
        self.export.setMenu(menu)

    def _build_mosaics(self) -> None:
        self.mosaics = QWidget()
        content = QWidget()
        inner = QVBoxLayout(content)
        inner.setContentsMargins(0, 0, 4, 0)
        inner.addWidget(self.mosaic_view)
        inner.addStretch(1)
        self.area.setWidget(content)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        # Always there: if it came and went, the mosaic's width and so its height would change.
        self.area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the mosaic has it, and scrolls it
        self.area.viewport().installEventFilter(self)
        column = QVBoxLayout(self.mosaics)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(6)
        column.addWidget(self.choices)
        column.addWidget(self.area, 1)
        column.addWidget(self.reading)
        column.addLayout(self._foot_row())

    def _foot_row(self) -> QHBoxLayout:
        self.reading.setAccessibleName(self.tr("Value under the cursor"))
        for button, text, tip in (
            (self.page_back, self.tr("Previous page"), self.tr("Previous page (Page up)")),
            (self.page_on, self.tr("Next page"), self.tr("Next page (Page down)")),
        ):
            button.setAccessibleName(text)
            button.setToolTip(tip)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 12, 0)
        row.addWidget(self.choices.pages)
        for widget in (self.page_back, self.page_label, self.page_on):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.bar)
        self.choices.pages.show()
        return row

    def _connect(self) -> None:
        self.studio.selection_changed.connect(self._follow)
        self.choice.layer_chosen.connect(self.show_layer)
        self.previous.clicked.connect(lambda: self.choice.step(-1))
        self.next.clicked.connect(lambda: self.choice.step(1))
        self.choices.changed.connect(self._show_as)
        self.mosaic_view.show_as(self.choices.display)
        self.mosaic_view.channel_chosen.connect(self.enlarge)
        self.mosaic_view.scale_changed.connect(self._scale_changed)
        self.mosaic_view.read.connect(self._read)
        self.channel_view.read.connect(self._read)
        self.channel_view.closed.connect(self.close_channel)
        self.page_back.clicked.connect(lambda: self._turn(-1))
        self.page_on.clicked.connect(lambda: self._turn(1))
        for keys, widget, what in (
            ("N", self.body, self.next.click),
            ("P", self.body, self.previous.click),
            ("PgDown", self.mosaics, self.page_on.click),
            ("PgUp", self.mosaics, self.page_back.click),
        ):
            shortcut = QShortcut(QKeySequence(keys), widget)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(what)

    # -- Qt ---------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fits the mosaic to the height, and lets Ctrl and the wheel change the tiles."""
        if event.type() == QEvent.Type.Resize:
            self.mosaic_view.set_budget(max(_LEAST_BUDGET, self.area.viewport().height()))
        if (
            isinstance(event, QWheelEvent)
            and event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self.choices.step_tile(1 if event.angleDelta().y() > 0 else -1)
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leaves the enlarged channel, wherever the keyboard is."""
        enlarged = self.pages.currentWidget() is self.channel_view
        if event.key() == Qt.Key.Key_Escape and enlarged:
            self.close_channel()
        else:
            super().keyPressEvent(event)


def _make_ready(
    picture: Picture, framing: Framing, network: LoadedNetwork, image: QImage | None
) -> _Ready:
    """Prepares a picture for the network, and if `image` is None for the screen.

    The latter takes 0.3 s for 24 megapixels.
    """
    from resnet_studio.probe.predict import prepare

    prepared = prepare(network, picture, framing)
    shown = shown_image(picture.rgb) if image is None else image
    return _Ready(picture, framing, network, prepared, shown)


def _read_alike(one: LoadedNetwork, other: LoadedNetwork) -> bool:
    """Whether two networks are given the same numbers for a picture."""
    same_colours = one.spec.in_channels == other.spec.in_channels
    return same_colours and one.preprocessing == other.preprocessing


def _layer_named(graph: NetworkGraph, name: str) -> str:
    """Returns the layer of that name, or the one that ends the block or section; else ""."""
    try:
        part = graph.find(name)
    except KeyError:
        return ""
    end = getattr(part, "end", None) or getattr(part, "layers", (part,))[-1]
    return str(end.name)
