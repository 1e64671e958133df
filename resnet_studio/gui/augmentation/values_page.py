"""The view *Values*: the numbers that the network reads of a sample."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QLabel,
    QScrollArea,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.augmentation.channel_chart import ChannelChart, channel_colours
from resnet_studio.gui.augmentation.channel_tiles import ChannelTiles
from resnet_studio.gui.augmentation.controls import Controls
from resnet_studio.gui.augmentation.lab_page import LabPage
from resnet_studio.gui.augmentation.reading import Figures, Reading, reading_csv, reading_of
from resnet_studio.gui.augmentation.sample_box import SampleBox, sample_choice
from resnet_studio.gui.features.colour_bar import ColourBar, Scale
from resnet_studio.gui.features.images import number
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.flow import FlowLayout
from resnet_studio.probe.colours import Palette

_SPLITTER = "lab_values"
_TILES, _FIGURES = 500, 440
_CHOICE = "lab.values"
_EYE = "eye"
_LINES_FOR_WORDS = 26
_NAMED = ("R", "G", "B")


class ValuesPage(LabPage):
    """Shows the tensor of one sample, as it is or turned back into colours.

    Attributes:
        reading: What is shown; None if there is nothing.
    """

    follows = frozenset({"picture", "pipeline", "seed", "epoch", "torch"})

    def __init__(self, studio: Studio, controls: Controls, parent: QWidget | None = None) -> None:
        super().__init__(studio, controls, parent)
        self.reading: Reading | None = None
        self.sample = SampleBox(sample_choice(controls))
        self.as_it_is, self.for_the_eye = QToolButton(), QToolButton()
        self.tiles = ChannelTiles(studio.theme)
        self.bar = ColourBar(studio.theme)
        self.bar_text = QLabel()
        self.under_cursor = QLabel()
        self.before = ChannelChart(studio.theme, self.tr("colour before (0 to 255)"))
        self.after = ChannelChart(studio.theme, self.tr("number read (no unit)"))
        self.figures_before, self.figures_after = QLabel(), QLabel()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self._build()
        self.sample.changed.connect(self._sample_chosen)
        self.tiles.pointed.connect(self._tell_pixel)
        self.as_it_is.toggled.connect(self._switch)
        self.splitter.splitterMoved.connect(self._remember_splitter)

    # -- what is shown ------------------------------------------------------------------------

    def start(self) -> None:
        """Asks a worker for the numbers of the sample."""
        pipeline, picture = self.pipeline, self.picture
        assert pipeline is not None
        assert picture is not None
        seed, epoch, index = self.seed, self.epoch, self.sample.index
        self.sample.setEnabled(pipeline.numbers > 0)
        self.compute(
            lambda state: reading_of(pipeline, picture, state, seed=seed, epoch=epoch, index=index),
            self._arrived,
            title=self.tr("Preparing the numbers of {name}").format(name=picture.name),
            visible=self.takes_long(),
        )

    def forget(self) -> None:
        """Shows nothing."""
        self.reading = None
        self.tiles.show_reading(None)

    def _arrived(self, reading: Reading) -> None:
        self.reading = reading
        self.tiles.show_reading(reading)
        self.before.show_figures(reading.before, (0.0, 256.0))
        self.after.show_figures(reading.after, (reading.lowest, reading.highest))
        self.figures_before.setText(self._figures(reading.before))
        self.figures_after.setText(self._figures(reading.after))
        self._show_scale()
        self._tell_pixel()

    def _show_scale(self) -> None:
        """Shows which colour is which number."""
        as_it_is = self.as_it_is.isChecked()
        if self.reading is not None:
            reach = self.reading.reach
            self.bar.set_scale(Scale(-reach, reach, palette=Palette.DIVERGING))
        self.bar.setVisible(as_it_is)
        self.bar_text.setText(
            self.tr(
                "Channels: the numbers as they are. First: the same numbers taken for colours, "
                "all below 0 cut to black and all above 1 to white."
            )
            if as_it_is
            else self.tr(
                "The numbers times the deviation, plus the mean: the colours again, to the last "
                "level. Channels: black is 0, white is 255."
            )
        )
        self.bar.setToolTip(self.bar_text.text())

    def _switch(self, as_it_is: bool) -> None:
        settings = self.studio.settings
        choice = "" if as_it_is else _EYE
        settings["choices"] = settings["choices"] | {_CHOICE: choice}
        self.tiles.set_as_it_is(as_it_is)
        self._show_scale()

    def _sample_chosen(self) -> None:
        self.refresh(again=True)

    # -- words ----------------------------------------------------------------------------------

    def _tell_pixel(self) -> None:
        """Says what is known of the pixel under the cursor, with the sum that leads to it."""
        reading = self.reading
        if reading is None:
            return
        x, y = self.tiles.cursor_at
        # The number stands before the sum that leads to it: it is what must not be cut off.
        sum_title = self.tr("(level ÷ 255\n− mean) ÷ std")
        titles = ("", self.tr("level"), self.tr("read"), sum_title)
        rows = ["".join(_head_cell(title) for title in titles)]
        told = []
        for channel, name in enumerate(_NAMED):
            one = reading.pixel(channel, x, y)
            sum_ = f"({one.level / 255:.3f} − {_plain(one.mean)}) ÷ {_plain(one.std)}"
            cells = (self._named(channel, name), str(one.level), f"<b>{one.value:.3f}</b>", sum_)
            rows.append("".join(f"<td>{_minus(cell)}&nbsp;</td>" for cell in cells))
            told.append(f"{name} {one.level} {_minus(f'{one.value:.3f}')}")
        place = self.tr("Pixel {x}, {y} of {side} × {side}").format(x=x, y=y, side=reading.side)
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        self.under_cursor.setText(
            f"<b>{escape(place)}</b><table cellspacing='0' cellpadding='1'>{body}</table>"
        )
        self.tiles.setAccessibleDescription(f"{place}: {', '.join(told)}")

    def _figures(self, figures: tuple[Figures, ...]) -> str:
        parts = []
        for channel, (name, one) in enumerate(zip(_NAMED, figures, strict=True)):
            said = self.tr("mean {mean}, std {std}, {least} to {most}").format(
                mean=number(one.mean),
                std=number(one.std),
                least=number(one.least),
                most=number(one.most),
            )
            parts.append(f"{self._named(channel, name)} {escape(said)}")
        return "<br>".join(parts)

    def _named(self, channel: int, name: str) -> str:
        colour = channel_colours(self.studio.theme)[channel]
        return f"<b><span style='color: {colour}'>●</span> {name}</b>"

    # -- reacting -------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        for part in (self.tiles, self.bar, self.before, self.after):
            part.set_theme(theme)
        if self.reading is not None:
            self.figures_before.setText(self._figures(self.reading.before))
            self.figures_after.setText(self._figures(self.reading.after))
            self._tell_pixel()

    # -- Qt -------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves the explanation to the tool tip where the tiles need its room."""
        super().resizeEvent(event)
        self.bar_text.setVisible(self.lines_high >= _LINES_FOR_WORDS)

    # -- what is exported -----------------------------------------------------------------------

    @property
    def has_image(self) -> bool:
        """Whether there are numbers."""
        return self.reading is not None

    @property
    def has_table(self) -> bool:
        """Whether there are numbers."""
        return self.reading is not None

    def image(self) -> QImage | None:
        """Returns tiles, plots and figures as one picture."""
        return None if self.reading is None else self.splitter.grab().toImage()

    def table(self) -> str | None:
        """Returns figures and histograms as CSV."""
        return None if self.reading is None else reading_csv(self.reading)

    # -- building -------------------------------------------------------------------------------

    def _build(self) -> None:
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 2, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._control_row())
        column.addWidget(self.splitter, 1)
        self.splitter.addWidget(self._left())
        self.splitter.addWidget(self._right())
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        sizes = self.studio.settings["splitters"].get(_SPLITTER, [_TILES, _FIGURES])
        self.splitter.setSizes(sizes)

    def _control_row(self) -> QWidget:
        row = QWidget()
        flow = FlowLayout(row, gap=8)
        group = QButtonGroup(self)
        flow.addWidget(self.sample)
        for button, text, tip in (
            (self.as_it_is, self.tr("As it is"), self.tr("Show the numbers that are read.")),
            (
                self.for_the_eye,
                self.tr("Un-normalised for the eye"),
                self.tr("Turn the numbers back into colours."),
            ),
        ):
            button.setText(text)
            button.setAccessibleName(text)
            button.setToolTip(tip)
            button.setCheckable(True)
            button.setProperty("framed", True)
            group.addButton(button)
            flow.addWidget(button)
        eye = self.studio.settings["choices"].get(_CHOICE, "") == _EYE
        (self.for_the_eye if eye else self.as_it_is).setChecked(True)
        self.tiles.set_as_it_is(not eye)
        flow.addWidget(self.make_export_button())
        return row

    def _left(self) -> QWidget:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(4)
        self.bar_text.setWordWrap(True)
        self.bar_text.setProperty("muted", True)
        column.addWidget(self.tiles, 1)
        column.addWidget(self.bar)
        column.addWidget(self.bar_text)
        return left

    def _right(self) -> QWidget:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(6, 0, 0, 0)
        column.setSpacing(2)
        self.under_cursor.setTextFormat(Qt.TextFormat.RichText)
        self.under_cursor.setAccessibleName(self.tr("The pixel under the cursor"))
        column.addWidget(self.under_cursor)
        for chart, figures in (
            (self.before, self.figures_before),
            (self.after, self.figures_after),
        ):
            figures.setTextFormat(Qt.TextFormat.RichText)
            chart.setToolTip(
                self.tr("Dot and bar: mean and one deviation to both sides, of this sample.")
            )
            column.addWidget(chart, 1)
            column.addWidget(figures)
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setMinimumWidth(220)
        return scroll

    def _remember_splitter(self) -> None:
        splitters = dict(self.studio.settings["splitters"])
        self.studio.settings["splitters"] = splitters | {_SPLITTER: self.splitter.sizes()}


def _head_cell(title: str) -> str:
    words = escape(title).replace("\n", "<br>")
    return f"<th align='left' valign='bottom'>{words}&nbsp;</th>"


def _minus(text: str) -> str:
    return text.replace("-", "−")


def _plain(value: float) -> str:
    """Writes a mean or a deviation; one that is nothing but rounding is zero."""
    return f"{value:.3f}" if abs(value) >= 5e-4 else "0"
