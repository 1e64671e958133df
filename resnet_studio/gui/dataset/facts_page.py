"""*Facts*: sizes and ratios of the pictures, and the mean and deviation of their colours.

The sizes are known when the data set is open. The colours need every pixel: small pictures in
memory are measured at once, others when the person asks for it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.data.augment_steps import Normalise
from resnet_studio.data.measure import measure_pixels, measure_sizes
from resnet_studio.errors import SpecError
from resnet_studio.gui.dataset.facts import (
    FactRow,
    colour_rows,
    colour_sentence,
    size_rows,
    size_sentences,
)
from resnet_studio.gui.dataset.facts_charts import LevelsChart, SizesChart
from resnet_studio.gui.dataset.facts_table import FactsModel, FactsTable
from resnet_studio.gui.dataset.page import DataPage
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.training.command_button import CommandButton
from resnet_studio.gui.widgets.flow import FlowLayout
from resnet_studio.gui.workers import TaskState
from resnet_studio.training.config import default_config

if TYPE_CHECKING:
    from resnet_studio.data.augment import AugmentSpec
    from resnet_studio.data.measure import PixelStatistics, SizeStatistics

_LANE = "data.measure"
_MOST_KEPT = 16
_CHART_WIDTH = 380
"""Pixels without which a plot stands below its table."""


class FactsPage(DataPage):
    """Two tables with a plot beside each.

    Attributes:
        measured: The colours of the present data set; None until they are measured.
        sizes: The sizes of its training pictures; None where they are not known.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.measured: PixelStatistics | None = None
        self.sizes: SizeStatistics | None = None
        self._kept: dict[str, PixelStatistics] = {}
        self._shown = ""
        self._beside: bool | None = None
        tr = self.tr
        channels = (tr("Red"), tr("Green"), tr("Blue"), tr("Pooled"))
        extents = (tr("Smallest"), tr("Median"), tr("Mean"), tr("Largest"))
        self.size_model = FactsModel(("", *extents), parent=self)
        self.colour_model = FactsModel(("", *channels), studio.theme, self)
        self.all_model = FactsModel((tr("Fact"), "1", "2", "3", "4"), parent=self)
        self.size_table = FactsTable(self.size_model, tr("Sizes of the pictures"))
        self.colour_table = FactsTable(self.colour_model, tr("Mean and deviation of the colours"))
        self.size_chart = SizesChart(studio.theme)
        self.levels_chart = LevelsChart(studio.theme)
        self.size_text, self.colour_text = QLabel(), QLabel()
        self.measure_button = QPushButton()
        self.use_button = QPushButton(tr("Use these in the pipeline"))
        self._fill()
        self._connect()

    def start(self) -> None:
        """Shows the sizes, and the colours where they are known or quickly measured."""
        assert self.split is not None
        self.sizes = measure_sizes(self.split.train)
        self._shown = self._key()
        self.measured = self._kept.get(self._shown)
        self._show_sizes()
        self._show_colours()
        if self.measured is None and self.split.train.dataset.images is not None:
            self.measure()

    def forget(self) -> None:
        """Takes the figures away."""
        if self._shown == self._key():  # the same is read again: its files may have changed
            self._kept.clear()
        self.measured = self.sizes = None
        self._show_sizes()
        self._show_colours()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self.size_chart.set_theme(theme)
        self.levels_chart.set_theme(theme)
        self.colour_model.theme = theme
        self.colour_table.viewport().update()

    def table_model(self) -> QAbstractItemModel:
        """Returns all facts as one table."""
        return self.all_model

    def measure(self) -> None:
        """Measures the colours of the training pictures in a worker."""
        if self.split is None:
            return
        train, key = self.split.train, self._key()

        def job(state: TaskState) -> Generator[None, None, PixelStatistics]:
            steps = measure_pixels(train)
            try:
                while True:
                    done = next(steps)
                    text = self.tr("Measuring colours: {done:,} of {total:,}")
                    total = done.total or 0
                    said = text.format(done=done.done, total=total)
                    state.progress(done.done, total, said)
                    yield
            except StopIteration as end:
                measured: PixelStatistics = end.value
                return measured
            finally:
                steps.close()

        self.compute(
            job,
            lambda measured: self._came(key, measured),
            title=self.tr("Measuring the colours"),
            lane=_LANE,
        )
        self._tell()

    def stopped(self) -> None:
        """The button can be used again."""
        self._tell()

    def failed(self, text: str) -> None:
        """Says why nothing was measured, below the table."""
        self.colour_text.setText(text)

    def use(self) -> None:
        """Makes the measured mean and deviation those of both pipelines."""
        if self.measured is None or (pair := self._pair()) is None:
            return
        try:
            ending = Normalise(mean=self.measured.mean, std=self.measured.std)
            own = (pair[0].with_ending(ending), pair[1].with_ending(ending))
        except (ValueError, SpecError):
            self.studio.show_message(
                self.tr("All pixels have the same colour: there is no deviation to divide by."),
                kind="warning",
            )
            return
        self.studio.pipelines.set(own, self.tr("Measured mean and deviation"))
        self.studio.show_message(self.tr("Training normalises with what was measured now."))

    # -- showing ------------------------------------------------------------------------------

    def _key(self) -> str:
        """Returns what the figures depend on."""
        return self.studio.data.config.model_dump_json()

    def _came(self, key: str, measured: PixelStatistics) -> None:
        self._kept[key] = measured
        while len(self._kept) > _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self.measured = measured
        self._show_colours()

    def _pair(self) -> tuple[AugmentSpec, AugmentSpec] | None:
        """Returns the pipelines that training would use now."""
        pipelines = self.studio.pipelines
        if pair := pipelines.own or pipelines.usual:
            return pair
        try:
            config = default_config(self.studio.spec, self.studio.data.config)
        except SpecError:
            return None
        return config.train_augment, config.validation_augment

    def _show_sizes(self) -> None:
        sizes, side = self.sizes, self.studio.spec.input_size
        several = sizes is not None and sizes.distinct > 1
        self.size_model.show_rows(size_rows(sizes) if sizes is not None else ())
        self.size_table.setVisible(several)
        self.size_chart.setVisible(several)
        self.size_chart.show_sizes(sizes, side)
        unknown = self.tr("The sizes are known only when the pictures are read.")
        self.size_text.setText(unknown if sizes is None else size_sentences(sizes, side))
        self._gather()

    def _show_colours(self) -> None:
        pair = self._pair()
        rows = colour_rows(self.measured, self.studio.data.config.source, pair and pair[0])
        self.colour_model.show_rows(rows)
        self.colour_text.setText(colour_sentence(self.measured, rows))
        self.levels_chart.show_levels(self.measured)
        self.levels_chart.setVisible(self.measured is not None)
        self._gather()
        self._tell()

    def _gather(self) -> None:
        """Puts both tables into the one that is copied and saved."""
        rows: list[FactRow] = []
        for model in (self.size_model, self.colour_model):
            if model.rows:
                titles = [model.headerData(n, Qt.Orientation.Horizontal) for n in range(1, 5)]
                rows += [FactRow("", tuple(map(str, titles))), *model.rows]
        self.all_model.show_rows(rows)

    def _tell(self) -> None:
        self.measure_button.setEnabled(not self.computing)
        self.measure_button.setText(
            self.tr("Measure again") if self.measured is not None else self.tr("Measure colours")
        )
        self.use_button.setEnabled(self.measured is not None)

    def _network_changed(self) -> None:
        if self.split is not None:
            self._show_sizes()
            self._show_colours()

    # -- building -----------------------------------------------------------------------------

    def _fill(self) -> None:
        tr = self.tr
        for label in (self.size_text, self.colour_text):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.measure_button.setToolTip(
            tr("Reads every picture to learn from once; takes minutes for many photographs.")
        )
        self.use_button.setToolTip(
            tr("Training and validation then subtract this mean and divide by this deviation.")
        )
        save = CommandButton(self.studio.commands.action("dataset.save_table"), tr("Save table…"))
        tools = QWidget()
        row = FlowLayout(tools, gap=6)
        for button in (self.measure_button, self.use_button, save):
            row.addWidget(button)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 6, 8, 6)
        column.setSpacing(10)
        sizes: list[QWidget] = [_heading(tr("Sizes")), self.size_table, self.size_text]
        colours: list[QWidget] = [
            _heading(tr("Colours")),
            self.colour_table,
            self.colour_text,
            tools,
        ]
        self._halves = QGridLayout()
        self._halves.setHorizontalSpacing(16)
        self._halves.setVerticalSpacing(10)
        self._lefts = (_stacked(sizes), _stacked(colours))
        self._arrange(beside=True)
        column.addLayout(self._halves)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        whole = QVBoxLayout(self.body)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)

    def _arrange(self, *, beside: bool) -> None:
        """Puts each plot beside its table, or below it where text is large."""
        if beside == self._beside:
            return
        self._beside = beside
        grid = self._halves
        for number, chart in enumerate((self.size_chart, self.levels_chart)):
            left = self._lefts[number]
            grid.removeWidget(left)
            grid.removeWidget(chart)
            grid.addWidget(left, 2 * number, 0)
            grid.addWidget(chart, 2 * number + (not beside), int(beside))
        grid.setColumnStretch(0, 2)
        grid.setColumnStretch(1, 3 if beside else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Finds a place for the plots."""
        super().resizeEvent(event)
        self._find_places()

    def _find_places(self) -> None:
        """The tables are as wide as their words and numbers: other rows, or larger letters."""
        table = max(self.size_table.minimumWidth(), self.colour_table.minimumWidth())
        self._arrange(beside=self.width() >= table + _CHART_WIDTH)

    def _connect(self) -> None:
        for table in (self.size_table, self.colour_table):
            table.fitted.connect(self._find_places)
        self.measure_button.clicked.connect(lambda _checked=False: self.measure())
        self.use_button.clicked.connect(lambda _checked=False: self.use())
        self.studio.spec_changed.connect(lambda _spec: self._network_changed())
        self.studio.pipelines.changed.connect(self._network_changed)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("heading", True)
    return label


def _stacked(widgets: list[QWidget]) -> QWidget:
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(6)
    for widget in widgets:
        column.addWidget(widget)
    column.addStretch(1)
    return whole
