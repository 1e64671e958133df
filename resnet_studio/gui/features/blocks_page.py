"""The view *Blocks*: inside one residual block, and how large a step every block takes.

One forward pass measures all blocks; the maps of the chosen one follow from it. The block is the
one that is selected in the window, or the one of the selected layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.features.blocks_channels import ChannelTable
from resnet_studio.gui.features.blocks_export import BlocksExport, Shown, picture
from resnet_studio.gui.features.blocks_figures import BlockFigures
from resnet_studio.gui.features.blocks_maps import BlockMaps
from resnet_studio.gui.features.blocks_scene import Look
from resnet_studio.gui.features.blocks_strip import BlockStrip
from resnet_studio.gui.features.blocks_words import form_name, notes, quantities, shape_text
from resnet_studio.gui.features.inside_page import InsidePage
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.elided_label import ElidedLabel
from resnet_studio.gui.widgets.flow import FlowLayout, labelled
from resnet_studio.gui.workers import TaskState
from resnet_studio.probe.residual import (
    Dissection,
    Survey,
    counterpart,
    dissect,
    survey,
)

if TYPE_CHECKING:
    from resnet_studio.probe.network import LoadedNetwork

_SHOW, _COLOURS, _SPLITTER = "blocks.show", "blocks.colours", "blocks"
_ONE, _EVERY, _SHARED, _OWN = "one", "every", "shared", "own"
_LEAST_MAPS = 12.0
"""Lines of text as high as the smallest maps with all that stands above and below them."""
_LEAST_CHANNELS, _MOST_CHANNELS = 150, 620
_NARROWEST_CHOICE = 64
_FIRST_SIZES = [430, 140, 190]


class BlocksPage(InsidePage):
    """The residual microscope.

    Attributes:
        block: Name of the block that is shown or about to be.
        survey: The numbers of all blocks; None before there are any.
        found: The maps of the block that is shown; None before there are any.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.block = ""
        self.survey: Survey | None = None
        self.found: Dissection | None = None
        self._surveyed: tuple[Any, ...] = ()
        self.previous = QToolButton()
        self.next = QToolButton()
        self.blocks = QComboBox()
        self.title = ElidedLabel()
        self.note = QLabel()
        self.channel = QSpinBox()
        self.show_choice = QComboBox()
        self.colours = QComboBox()
        self.export = QToolButton()
        self.exports = BlocksExport(self)
        self.maps = BlockMaps(studio.theme)
        self.area = QScrollArea()
        self.figures = BlockFigures()
        self.channels = ChannelTable()
        self.strip = BlockStrip(studio.theme)
        self.rows = QSplitter(Qt.Orientation.Vertical)
        self._build()
        self._connect()
        self._follow(studio.selection)

    # -- computing ------------------------------------------------------------------------------

    def start(self) -> None:
        """Measures all blocks unless that is done, and takes the maps of the chosen one."""
        network, shown, framing = self.network, self.picture, self.framing
        assert network is not None
        assert shown is not None
        blocks = [block.name for block in self.studio.graph.blocks]
        if self.block not in blocks:
            self.block = blocks[0]
        block, key = self.block, (network, shown, framing)
        known = self.survey if _same(self._surveyed, key) else None

        def job(state: TaskState) -> tuple[Survey, Dissection]:
            steps = _Steps(state, len(blocks))
            result = known or survey(network, shown, framing=framing, check=steps)
            return result, dissect(result, block, check=state.check)

        def arrived(result: tuple[Survey, Dissection]) -> None:
            self._surveyed = key
            self._show(*result)

        title = self.tr("Measuring the blocks of {name}").format(name=network.spec.name)
        self.compute(job, arrived, title=title)

    def forget(self) -> None:
        """Takes maps and numbers away."""
        self.survey = self.found = None
        self._surveyed = ()
        self.maps.show_block(None)
        self.channels.show_block(None, 0)
        self.strip.show_readings(())
        self._offer_exports()

    def _show(self, result: Survey, found: Dissection) -> None:
        if result is not self.survey:
            self.survey = result
            self.strip.show_readings(result.readings)
            self._list_blocks(result)
        self._show_block(found)
        if found.reading.block.name != self.block:  # another was chosen meanwhile
            self.refresh(again=True)

    def _list_blocks(self, result: Survey) -> None:
        names = [reading.block.name for reading in result.readings]
        self.blocks.blockSignals(True)
        if names != [self.blocks.itemText(row) for row in range(self.blocks.count())]:
            self.blocks.clear()
            self.blocks.addItems(names)
        self.blocks.blockSignals(False)

    def _show_block(self, found: Dissection) -> None:
        assert self.network is not None
        self.found = found
        block = found.reading.block
        self.strip.choose(block.name)
        self._set_quietly(self.blocks, block.name)
        self.title.setText(f"{form_name(block)} · {shape_text(block.output_shape)}")
        self.note.setText(notes(block, self.network.surgery.of(block.name)))
        self.note.setToolTip(self.note.text())
        self.maps.show_block(found)
        self.channel.blockSignals(True)
        self.channel.setRange(0, found.channels - 1)
        self.channel.setValue(self.maps.channel)
        self.channel.blockSignals(False)
        self.channels.show_block(found, self.maps.channel)
        self._show_figures()
        self._enable_steps()

    def _show_figures(self) -> None:
        if self.found is not None:
            channel = self.maps.channel
            source = counterpart(self.found.reading.block, channel)
            self.figures.show_quantities(quantities(self.found, channel, source), channel)
        self._offer_exports()

    def _offer_exports(self) -> None:
        self.exports.shown = None
        if self.survey is not None and self.found is not None:
            channel, title = self.maps.channel, self.title.text()
            self.exports.shown = Shown(
                self.survey, self.found, channel, self._look(), self.figures, title
            )

    def _enable_steps(self) -> None:
        last = self.blocks.count() - 1
        self.previous.setEnabled(self.blocks.currentIndex() > 0)
        self.next.setEnabled(0 <= self.blocks.currentIndex() < last)

    # -- choosing -------------------------------------------------------------------------------

    def choose_block(self, name: str) -> None:
        """Shows a block and selects it in the whole window."""
        if name == self.block:
            return
        self._go_to(name)
        self.studio.select(name)

    def step_block(self, by: int) -> None:
        """Goes to the next (1) or previous (-1) block."""
        names = [block.name for block in self.studio.graph.blocks]
        index = names.index(self.block) + by if self.block in names else -1
        if 0 <= index < len(names):
            self.choose_block(names[index])

    def show_channel(self, channel: int) -> None:
        """Shows another channel in maps, table and figures."""
        if self.found is None or not 0 <= channel < self.found.channels:
            return
        self.maps.show_channel(channel)
        self.channel.blockSignals(True)
        self.channel.setValue(channel)
        self.channel.blockSignals(False)
        self.channels.show_channel(channel)
        self._show_figures()

    def open_channel(self, channel: int) -> None:
        """Shows a channel enlarged, or all again if it is enlarged."""
        self.show_channel(channel)
        every = self.show_choice.currentData() == _EVERY
        self.show_choice.setCurrentIndex(self.show_choice.findData(_ONE if every else _EVERY))

    def _go_to(self, name: str) -> None:
        self.block = name
        self.refresh(again=True)

    def _follow(self, selection: str) -> None:
        """Shows the block that is selected, or that of the selected layer; a stage's first."""
        parts = selection.split(".")
        if not parts[0].startswith("layer"):
            return
        if len(parts) == 1:
            if self.block.split(".")[0] == parts[0]:
                return
            parts.append("0")
        name = ".".join(parts[:2])
        if name != self.block:
            self._go_to(name)

    def _look_changed(self) -> None:
        self.maps.show_as(self._look())
        self._offer_exports()
        chosen = {_SHOW: self.show_choice.currentData(), _COLOURS: self.colours.currentData()}
        self.studio.settings["choices"] = dict(self.studio.settings["choices"]) | chosen

    def _look(self) -> Look:
        return Look(
            every=self.show_choice.currentData() == _EVERY,
            own_scale=self.colours.currentData() == _OWN,
        )

    def _set_quietly(self, box: QComboBox, text: str) -> None:
        box.blockSignals(True)
        box.setCurrentIndex(box.findText(text))
        box.blockSignals(False)

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self.maps.set_theme(theme)
        self.strip.set_theme(theme)

    def image(self) -> QImage | None:
        """Returns maps, figures and strip below lines that say what was looked at."""
        if self.exports.shown is None:
            return None
        return picture(self.exports.shown, self.caption(), self.font(), self.studio.theme)

    # -- building -------------------------------------------------------------------------------

    def _build(self) -> None:
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(self._block_row())
        column.addLayout(self._choice_row())
        column.addWidget(self.note)
        column.addWidget(self.area, 1)
        self._prepare_note()
        self._prepare_maps()
        for number, (part, share) in enumerate(
            ((upper, 4), (self._lower_row(), 0), (self.strip, 2))
        ):
            self.rows.addWidget(part)
            self.rows.setStretchFactor(number, share)
        self.rows.setChildrenCollapsible(False)
        whole = QVBoxLayout(self.body)
        whole.setContentsMargins(8, 6, 8, 6)
        whole.addWidget(self._scrolled(self.rows))
        self._restore()

    def _scrolled(self, content: QWidget) -> QScrollArea:
        """Returns what shows a part of the page where large text leaves no room for all of it."""
        area = QScrollArea()
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return area

    def _block_row(self) -> QHBoxLayout:
        steps = (
            (self.previous, Qt.ArrowType.LeftArrow, self.tr("Previous block (left arrow key)")),
            (self.next, Qt.ArrowType.RightArrow, self.tr("Next block (right arrow key)")),
        )
        for button, arrow, tip in steps:
            button.setArrowType(arrow)
            button.setProperty("framed", True)
            button.setToolTip(tip)
            button.setAccessibleName(tip)
        self.blocks.setToolTip(self.tr("The block that is shown"))
        self.blocks.setAccessibleName(self.tr("Block"))
        self.blocks.setMinimumWidth(_NARROWEST_CHOICE)
        self.export.setText(self.tr("Export"))
        self.export.setProperty("framed", True)
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.export.setToolTip(
            self.tr("Copy or save the picture, or save the numbers of all blocks.")
        )
        self.export.setMenu(self.exports.menu())
        row = QHBoxLayout()
        row.setSpacing(6)
        for widget in (self.previous, self.blocks, self.next):
            row.addWidget(widget)
        row.addWidget(self.title, 1)
        row.addWidget(self.export)
        return row

    def _choice_row(self) -> FlowLayout:
        self.show_choice.addItem(self.tr("One channel"), _ONE)
        self.show_choice.addItem(self.tr("All channels"), _EVERY)
        self.colours.addItem(self.tr("Shared"), _SHARED)
        self.colours.addItem(self.tr("Own"), _OWN)
        row = FlowLayout(gap=10)
        for text, box, tip in (
            (self.tr("&Show"), self.show_choice, self.tr("One channel enlarged, or all as tiles")),
            (
                self.tr("C&hannel"),
                self.channel,
                self.tr("The channel that is shown (up and down arrow keys on the maps)"),
            ),
            (
                self.tr("&Colours"),
                self.colours,
                self.tr(
                    "One scale lets the five maps be compared; each map's own shows its pattern. "
                    "Zero is in the middle of both"
                ),
            ),
        ):
            box.setToolTip(tip)
            row.addWidget(labelled(text, box))
        return row

    def _prepare_note(self) -> None:
        self.note.setWordWrap(True)
        self.note.setProperty("muted", True)
        self.note.setContentsMargins(2, 0, 2, 0)
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop)
        # Two lines, whatever it says: the maps must not jump from block to block.
        self.note.setMinimumHeight(2 * self.fontMetrics().lineSpacing())

    def _prepare_maps(self) -> None:
        self.area.setWidget(self.maps)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setMinimumHeight(round(_LEAST_MAPS * self.fontMetrics().height()))
        self.area.viewport().installEventFilter(self)

    def _lower_row(self) -> QWidget:
        lower = QWidget()
        row = QHBoxLayout(lower)
        row.setContentsMargins(0, 2, 0, 2)
        row.setSpacing(12)
        row.addWidget(self.figures, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.channels, 1)
        self.channels.setMinimumWidth(_LEAST_CHANNELS)
        self.channels.setMaximumWidth(_MOST_CHANNELS)
        row.addStretch(0)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        lower.setSizePolicy(policy)
        return lower

    def _restore(self) -> None:
        choices = self.studio.settings["choices"]
        for box, key in ((self.show_choice, _SHOW), (self.colours, _COLOURS)):
            box.setCurrentIndex(max(0, box.findData(choices.get(key))))
        self.rows.setSizes(self.studio.settings["splitters"].get(_SPLITTER, _FIRST_SIZES))
        self._look_changed()

    def _connect(self) -> None:
        self.studio.selection_changed.connect(self._follow)
        self.previous.clicked.connect(lambda: self.step_block(-1))
        self.next.clicked.connect(lambda: self.step_block(1))
        self.blocks.currentTextChanged.connect(self.choose_block)
        self.strip.block_chosen.connect(self.choose_block)
        self.channel.valueChanged.connect(self.show_channel)
        self.maps.channel_chosen.connect(self.show_channel)
        self.maps.channel_opened.connect(self.open_channel)
        self.channels.channel_chosen.connect(self.show_channel)
        for box in (self.show_choice, self.colours):
            box.currentIndexChanged.connect(self._look_changed)
        self.rows.splitterMoved.connect(self._remember_splitter)
        for widget in (self.maps, self.strip):
            self.exports.offer_on(widget)

    def _remember_splitter(self, *_: Any) -> None:
        splitters = dict(self.studio.settings["splitters"])
        self.studio.settings["splitters"] = splitters | {_SPLITTER: self.rows.sizes()}

    # -- Qt -------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fits the maps to the height that there is."""
        if event.type() == QEvent.Type.Resize:
            self.maps.set_room(self.area.viewport().height())
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right go from block to block."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        key = Qt.Key(event.key())
        if key in steps:
            self.step_block(steps[key])
        else:
            super().keyPressEvent(event)


class _Steps:
    """Says after each block how far a survey is, and ends it if it was cancelled."""

    def __init__(self, state: TaskState, total: int) -> None:
        self._state = state
        self._total = total
        self._done = 0

    def __call__(self) -> None:
        self._done += 1
        self._state.progress(self._done, self._total)
        self._state.check()


def _same(one: tuple[Any, ...], other: tuple[LoadedNetwork, Any, Any]) -> bool:
    """Tells whether both mean the same objects and framing; comparing pictures is slow."""
    return bool(one) and one[0] is other[0] and one[1] is other[1] and one[2] == other[2]
