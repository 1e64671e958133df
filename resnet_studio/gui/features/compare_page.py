"""The view *Compare*: the same layer of two pictures, or of two networks, side by side.

Both mosaics stand in the same order and in the same colours; below them is their difference, and
the distance of each channel. The layer is the one that is selected in the window.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QRectF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QPainter
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.drops import SPEC_SUFFIXES, WEIGHTS_SUFFIXES
from resnet_studio.gui.features.colour_bar import ColourBar, Scale, paint_colour_bar
from resnet_studio.gui.features.compare_layer import ComparedLayer
from resnet_studio.gui.features.compare_mosaic import ComparedMosaic
from resnet_studio.gui.features.compare_networks import KeyedNetwork, OtherNetwork, Source
from resnet_studio.gui.features.compare_side import ComparedSide
from resnet_studio.gui.features.compare_table import ChannelDistanceTable
from resnet_studio.gui.features.compare_with import CompareWith, Kind, picture_source
from resnet_studio.gui.features.compare_words import channel_words, notes, summary
from resnet_studio.gui.features.inside_page import InsidePage
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.elided_label import ElidedLabel
from resnet_studio.gui.widgets.export import copy_image, save_bytes, save_image
from resnet_studio.gui.workers import TaskState
from resnet_studio.probe.comparison import ColourRange, ComparedOrder, Comparison, Side, compare

_KIND, _ORDER = "compare.kind", "compare.order"
_LEAST_BUDGET = 150
_MARGIN = 12
_BAR = 150
_NARROWEST_CHOICE = 64


class ComparePage(InsidePage):
    """Two sides, their difference, and what is compared.

    Attributes:
        found: The comparison that is shown; None before there is any.
        beside: What the present picture or network is compared with.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.found: Comparison | None = None
        self.beside = CompareWith(studio)
        self.kind = QComboBox()
        self.layer = ComparedLayer(studio)
        self.order = QComboBox()
        self.export = QToolButton()
        self.first = ComparedSide(studio.theme)
        self.second = ComparedSide(studio.theme)
        self.change = ComparedMosaic(studio.theme)
        self.table = ChannelDistanceTable()
        self.summary = ElidedLabel()
        self.note = QLabel()
        self.bar = ColourBar(studio.theme)
        self.change_bar = ColourBar(studio.theme)
        self.change_title = ElidedLabel()
        self.content = QWidget()
        self.area = QScrollArea()
        self._loaded: KeyedNetwork | None = None
        self.setAcceptDrops(True)
        self._build()
        self._connect()
        self._recall()

    # -- computing --------------------------------------------------------------------------------

    def start(self) -> None:
        """Compares what the choices say; says what is missing if something is."""
        network, picture = self.network, self.picture
        assert network is not None
        assert picture is not None
        first = Side(network, picture, self.framing)
        layer, other = self.layer.layer, self.beside.picture
        pictures = self.beside.kind is Kind.PICTURES
        if pictures and other is None:
            self.forget()
            self.say(
                self.tr(
                    "Open another picture and this one becomes the second one; or choose the "
                    "second one above, or drop it on the right half of this view."
                )
            )
            return
        wish, known = self.beside.network, self._loaded
        framing = self.beside.framing_of(other, self.framing)

        def job(state: TaskState) -> tuple[Comparison, KeyedNetwork | None]:
            if pictures:
                assert other is not None
                second, loaded = Side(network, other, framing), known
            else:
                loaded = wish.loaded(network, known)
                second = Side(loaded[1], picture, first.framing)
            state.check()
            return compare(layer, first, second, check=state.check), loaded

        def arrived(result: tuple[Comparison, KeyedNetwork | None]) -> None:
            self._loaded = result[1]
            self._show(result[0])

        self.compute(job, arrived, title=self.tr("Comparing {layer}").format(layer=layer))

    def forget(self) -> None:
        """Takes the comparison away."""
        self.found = None
        for side in (self.first, self.second):
            side.forget()
        self.table.show_comparison(None)
        self.studio.commands.set_condition("compared", False)

    def _show(self, found: Comparison) -> None:
        self.found = found
        by_network = found.first.side.network is not found.second.side.network
        self.first.show_seen(found.first, by_network=by_network)
        self.second.show_seen(found.second, by_network=by_network)
        self.summary.setText(summary(found))
        self.summary.setToolTip(
            self.tr("{summary}\nEuclidean norms and cosine over all values of the maps.").format(
                summary=self.summary.text()
            )
        )
        note = notes(found)
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self.bar.set_scale(_scale(found.range))
        self._show_difference(found)
        self.table.show_comparison(found)
        self._arrange()
        self.studio.commands.set_condition("compared", True)

    def _show_difference(self, found: Comparison) -> None:
        for widget in (self.change, self.change_title, self.change_bar, self.table):
            widget.setVisible(found.change is not None)
        if found.change is not None:
            self.change_bar.set_scale(_scale(found.change.range))

    def _arrange(self) -> None:
        """Lays all mosaics out in the chosen order."""
        found = self.found
        if found is None:
            return
        order = found.order(ComparedOrder(self.order.currentData()))
        # Channels of other shapes do not correspond: each stands by its number.
        other = order if found.change is not None else np.arange(len(found.second.maps))
        self._fit()
        self.first.mosaic.show_maps(found.first.maps, order, found.range)
        self.second.mosaic.show_maps(found.second.maps, other, found.range)
        if found.change is not None:
            self.change.show_maps(found.change.values, order, found.change.range)

    def _fit(self) -> None:
        """Gives the mosaics the height that leaves their difference a part of the view."""
        budget = max(_LEAST_BUDGET, self.area.viewport().height() * 3 // 5)
        for mosaic in self._mosaics():
            mosaic.set_budget(budget)

    def _mosaics(self) -> tuple[ComparedMosaic, ...]:
        return self.first.mosaic, self.second.mosaic, self.change

    # -- reacting ---------------------------------------------------------------------------------

    def _choice_changed(self) -> None:
        self.kind.setCurrentIndex(self.kind.findData(self.beside.kind))
        self.refresh(again=True)

    def _kind_chosen(self) -> None:
        kind = Kind(self.kind.currentData())
        self._remember(_KIND, kind)
        network = self.studio.network
        if kind is Kind.NETWORKS and network is not None and network.surgery:
            self.beside.network = OtherNetwork(Source.INTACT)
        self.beside.set_kind(kind)

    def _order_chosen(self) -> None:
        self._remember(_ORDER, ComparedOrder(self.order.currentData()))
        self._arrange()

    def _point_at(self, channel: int) -> None:
        """Frames the channel under the cursor everywhere; without one, that of the table."""
        together = self.found is not None and self.found.change is not None
        if channel < 0 and together:
            channel = self.table.current_channel
        for mosaic in self._mosaics():
            # Channels of other shapes do not correspond: only the one itself is framed.
            mosaic.mark(channel if together or mosaic is self.sender() else -1)

    def _go_to(self, channel: int) -> None:
        self._point_at(channel)
        self.table.show_channel(channel)

    def _remember(self, key: str, value: str) -> None:
        self.studio.settings["choices"] = dict(self.studio.settings["choices"]) | {key: str(value)}

    def _recall(self) -> None:
        remembered = self.studio.settings["choices"]
        for box, key in ((self.kind, _KIND), (self.order, _ORDER)):
            index = [str(box.itemData(place)) for place in range(box.count())]
            if remembered.get(key, "") in index:
                box.setCurrentIndex(index.index(remembered[key]))

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        for part in (self.first, self.second, self.change, self.bar, self.change_bar):
            part.set_theme(theme)

    # -- copying and saving -----------------------------------------------------------------------

    def image(self) -> QImage | None:
        """Returns everything that is compared, also what has to be scrolled to, with a caption."""
        if self.found is None:
            return None
        content = self.content.grab().toImage()
        ratio = content.devicePixelRatio()
        line = self.fontMetrics().height() + 4
        width = content.width() + round(2 * _MARGIN * ratio)
        height = content.height() + round((2 * _MARGIN + 2 * line) * ratio)
        page = QImage(width, height, QImage.Format.Format_RGB32)
        page.setDevicePixelRatio(ratio)
        page.fill(self.palette().window().color())
        painter = QPainter(page)
        painter.setPen(self.palette().windowText().color())
        painter.setFont(self.font())
        room = round(width / ratio) - 3 * _MARGIN - _BAR
        what = f"{self.found.first.layer} · {self.summary.text()}"
        for row, text in enumerate((self.caption(), what)):
            place = QPoint(_MARGIN, _MARGIN + row * line + self.fontMetrics().ascent())
            shown = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(place, shown)
        bar = QRectF(width / ratio - _MARGIN - _BAR, _MARGIN, _BAR, 2 * line)
        paint_colour_bar(painter, bar, self.bar.scale, self.studio.theme)
        painter.drawImage(QPoint(_MARGIN, _MARGIN + 2 * line), content)
        painter.end()
        return page

    def copy(self) -> None:
        """Copies both sides and their difference as a picture."""
        if (image := self.image()) is not None:
            copy_image(image)
            self.studio.show_message(self.tr("The comparison is in the clipboard."))

    def save(self) -> None:
        """Saves both sides and their difference as PNG."""
        if (image := self.image()) is not None:
            save_image(self.studio, image, f"{self._file_stem()}.png")

    def save_table(self) -> None:
        """Saves means and distances of the channels as CSV."""
        if self.found is None or self.found.change is None:
            return
        path = self.studio.save_file(
            self.tr("Save the distances"),
            f"{self._file_stem()}.csv",
            self.tr("CSV table (*.csv)"),
        )
        if path is not None:
            save_bytes(self.studio, self.found.as_csv().encode("utf-8"), path.with_suffix(".csv"))

    def _file_stem(self) -> str:
        assert self.found is not None
        name = f"{self.found.first.side.network.spec.name}_{self.found.first.layer}_compared"
        return "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in name)

    # -- building ---------------------------------------------------------------------------------

    def _build(self) -> None:
        self._fill_choices()
        column = QVBoxLayout(self.body)
        column.setContentsMargins(8, 0, 8, 6)
        column.addLayout(self._content_head())
        column.addWidget(self.area, 1)
        self._build_content()
        # Above the body, so that there is a way to choose while nothing can be shown.
        choices = QWidget()
        choices.setLayout(self._choice_rows())
        outer = self.layout()
        assert isinstance(outer, QVBoxLayout)
        outer.insertWidget(1, choices)

    def _fill_choices(self) -> None:
        self.kind.addItem(self.tr("Two pictures"), Kind.PICTURES)
        self.kind.addItem(self.tr("Two networks"), Kind.NETWORKS)
        self.kind.setAccessibleName(self.tr("What is compared"))
        self.order.addItem(self.tr("Channel number"), ComparedOrder.CHANNEL)
        self.order.addItem(self.tr("Mean on the left"), ComparedOrder.FIRST)
        self.order.addItem(self.tr("Difference"), ComparedOrder.DIFFERENCE)
        self.order.setAccessibleName(self.tr("Order of the channels"))
        self.order.setToolTip(
            self.tr("One order for both: by number, by the mean on the left, or the most changed")
        )
        menu = QMenu(self.export)
        for name in ("compare.copy", "compare.save", "compare.save_table"):
            menu.addAction(self.studio.commands.action(name))
        self.export.setText(self.tr("Export"))
        self.export.setProperty("framed", True)
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.export.setToolTip(self.tr("Copy or save the comparison, or its numbers."))
        self.export.setMenu(menu)

    def _choice_rows(self) -> QVBoxLayout:
        first, second = QHBoxLayout(), QHBoxLayout()
        for row, text, box, stretch in (
            (first, self.tr("Co&mpare"), self.kind, 0),
            (first, self.tr("&with"), self.beside, 1),
            (second, self.tr("&Layer"), self.layer, 1),
            (second, self.tr("&Order"), self.order, 0),
        ):
            label = QLabel(text)
            label.setBuddy(box)
            box.setMinimumWidth(_NARROWEST_CHOICE)  # else large text would widen the window
            row.addWidget(label)
            row.addWidget(box, stretch)
        first.addWidget(self.export)
        rows = QVBoxLayout()
        rows.setContentsMargins(8, 6, 8, 4)
        rows.setSpacing(6)
        for row in (first, second):
            row.setSpacing(6)
            rows.addLayout(row)
        return rows

    def _content_head(self) -> QVBoxLayout:
        self.note.setWordWrap(True)
        self.note.setProperty("muted", True)
        row = QHBoxLayout()
        row.addWidget(self.summary, 1)
        row.addWidget(self.bar)
        head = QVBoxLayout()
        head.setSpacing(2)
        head.addLayout(row)
        head.addWidget(self.note)
        return head

    def _build_content(self) -> None:
        grid = QGridLayout(self.content)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(10)
        grid.addWidget(self.first, 0, 0)
        grid.addWidget(self.second, 0, 1)
        grid.addLayout(self._difference(), 1, 0)
        grid.addWidget(self.table, 1, 1)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(1, 1)
        self.area.setWidget(self.content)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        # Always there: if it came and went, the mosaics' width and so their height would change.
        self.area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the mosaics have it
        self.area.viewport().installEventFilter(self)

    def _difference(self) -> QVBoxLayout:
        self.change_title.setText(self.tr("Right − left"))
        self.change_title.setToolTip(self.tr("Each value on the right minus that on the left"))
        self.change_title.setProperty("heading", True)
        row = QHBoxLayout()
        row.addWidget(self.change_title, 1)
        row.addWidget(self.change_bar)
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.change)
        column.addStretch(1)
        return column

    def _connect(self) -> None:
        self.kind.currentIndexChanged.connect(lambda _index: self._kind_chosen())
        self.order.currentIndexChanged.connect(lambda _index: self._order_chosen())
        self.beside.changed.connect(self._choice_changed)
        self.layer.changed.connect(lambda: self.refresh(again=True))
        self.table.chosen.connect(self._point_at)
        for mosaic in self._mosaics():
            mosaic.pointed.connect(self._point_at)
            mosaic.chosen.connect(self._go_to)
            mosaic.describe = self._describe
        for command, handler in (
            ("compare.copy", self.copy),
            ("compare.save", self.save),
            ("compare.save_table", self.save_table),
        ):
            self.studio.commands.connect(command, handler)

    def _describe(self, channel: int, row: int, column: int) -> str:
        return "" if self.found is None else channel_words(self.found, channel, row, column)

    # -- Qt ---------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accepts what may be a picture; all else is the window's."""
        if _may_be_picture(event.mimeData()):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        """Compares with what is dropped on the right half; the left half is the present picture."""
        event.acceptProposedAction()
        if event.position().x() > self.width() / 2:
            self.kind.setCurrentIndex(self.kind.findData(Kind.PICTURES))
            self.beside.use_dropped(event.mimeData())
        else:
            self.studio.open_picture(picture_source(event.mimeData()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fits the mosaics to the height."""
        if event.type() == QEvent.Type.Resize:
            self._fit()
        return super().eventFilter(watched, event)


def _may_be_picture(mime: QMimeData) -> bool:
    paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    others = (*WEIGHTS_SUFFIXES, *SPEC_SUFFIXES, ".zip", "")
    return paths[0].suffix.lower() not in others if len(paths) == 1 else mime.hasImage()


def _scale(colours: ColourRange) -> Scale:
    return Scale(colours.low, colours.high, colours.clipped, palette=colours.palette)
