"""The view *Filters*: the weights themselves, without any picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.architecture.spec import ShortcutKind
from resnet_studio.gui.features import filters_tables as tables
from resnet_studio.gui.features import filters_words as words
from resnet_studio.gui.features.captioned import captioned
from resnet_studio.gui.features.filters_grid import FilterGrid
from resnet_studio.gui.features.filters_plots import (
    HistogramChart,
    NormsChart,
    Quantity,
    ScalesChart,
)
from resnet_studio.gui.features.filters_section import Section
from resnet_studio.gui.features.inside_page import InsidePage
from resnet_studio.gui.features.why_choices import choice, remember
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.export import copy_image, save_bytes, save_image
from resnet_studio.probe.filters import histogram, report

if TYPE_CHECKING:
    from resnet_studio.gui.workers import TaskState
    from resnet_studio.probe.filters import Histogram, WeightsReport
    from resnet_studio.probe.network import LoadedNetwork

_TWO_COLUMNS = 1000
"""Pixels of width from which the plots stand in two columns."""


class FiltersPage(InsidePage):
    """First filters, weights of a layer, scales of all normalisations, norms of all layers.

    Attributes:
        report: What was read of the weights; None before.
        grid: The first filters.
        weights: The histogram of `layer`'s weights.
        scales: The scales of the normalisations.
        norms: The size of the weights of every layer.
        layer: The layer of the histogram.
    """

    needs_picture = False

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.report: WeightsReport | None = None
        self._read: LoadedNetwork | None = None
        self.grid = FilterGrid(studio.theme)
        self.weights = HistogramChart(studio.theme)
        self.scales = ScalesChart(studio.theme)
        self.norms = NormsChart(studio.theme)
        self.layer = QComboBox()
        self.range = QComboBox()
        self.log = QCheckBox(self.tr("Logarithmic"))
        self.quantity = QComboBox()
        self._fill_choices()
        self.sections = self._make_sections()
        self._place = QGridLayout()
        self._build()
        self._connect()

    # -- computing ----------------------------------------------------------------------------

    def start(self) -> None:
        """Reads the weights; those of a network that was read only for another histogram."""
        network = self.network
        assert network is not None
        known = self.report if self._read is network else None
        wanted = self.studio.selection

        def job(state: TaskState) -> tuple[WeightsReport, Histogram]:
            found = known or report(network, state.check)
            names = [layer.name for layer in found.layers]
            return found, histogram(network, weighted(wanted, names))

        def arrived(result: tuple[WeightsReport, Histogram]) -> None:
            self._read = network
            self._show(*result)

        self.compute(job, arrived, title=self.tr("Reading the weights"))

    def _show(self, found: WeightsReport, counted: Histogram) -> None:
        if found is not self.report:
            self.report = found
            self.layer.clear()
            for layer in found.layers:
                self.layer.addItem(layer.name, layer.name)
            self.grid.show_filters(found.first)
            self.scales.show_scales(found.scales)
            self.norms.show_weights(found.layers)
        self.weights.show_histogram(counted)
        self.layer.setCurrentIndex(self.layer.findData(counted.layer))
        self._mark()
        self._say_all()

    def forget(self) -> None:
        """Takes everything away: there is no network."""
        self.report = None
        self._read = None
        self.grid.show_filters(None)
        self.weights.show_histogram(None)
        self.scales.show_scales(())
        self.norms.show_weights(())

    def _say_all(self) -> None:
        """Writes what stands below the plots."""
        found, network = self.report, self.network
        if found is None or network is None:
            return
        layer = next((each for each in found.layers if each.name == self.layer.currentData()), None)
        plain = network.spec.shortcut is ShortcutKind.NONE
        for section, text in zip(
            self.sections,
            (
                words.first_filters(found.first, shared=self.grid.shared),
                "" if layer is None else words.histogram(layer, network.spec),
                words.scales(found.scales, plain=plain),
                words.norms(),
            ),
            strict=True,
        ):
            section.note.setText(text)

    # -- reacting -----------------------------------------------------------------------------

    def _selection_changed(self, selection: str) -> None:
        self._mark()
        found = self.report
        if found is None or self._read is not self.studio.network:
            return
        layer = weighted(selection, [each.name for each in found.layers])
        if self.weights.histogram is None or layer != self.weights.histogram.layer:
            self.refresh(again=True)

    def _mark(self) -> None:
        """Marks what is selected in the studio, or the layer of the histogram."""
        selection, counted = self.studio.selection, self.weights.histogram
        for chart in (self.scales, self.norms):
            chart.select(selection)
        if self.norms.selected < 0 and counted is not None:
            self.norms.select(counted.layer)

    def _drawing_chosen(self) -> None:
        for key, value in (
            ("filters.range", self.range.currentData()),
            ("filters.log", "yes" if self.log.isChecked() else "no"),
            ("filters.quantity", self.quantity.currentData()),
        ):
            remember(self.studio, key, value)
        self._draw()

    def _draw(self) -> None:
        self.grid.set_shared(self.range.currentData() == "shared")
        self.weights.set_log(self.log.isChecked())
        self.norms.set_quantity(Quantity(self.quantity.currentData()))
        self._say_all()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        for part in (self.grid, self.weights, self.scales, self.norms):
            part.set_theme(theme)

    # -- copying and saving -------------------------------------------------------------------

    def image(self) -> QImage | None:
        """Returns all plots below each other's titles, as they stand."""
        if self.report is None or self.place.currentWidget() is not self.body:
            return None
        return captioned(
            [self._content.grab().toImage()], (self.caption(),), self.studio.theme, self.font()
        )

    def _picture(self, section: Section) -> QImage:
        lines = (section.title.text(), section.note.text(), self.caption())
        return captioned([section.picture()], lines, self.studio.theme, self.font())

    def _copy(self, section: Section) -> None:
        if self.report is not None:
            copy_image(self._picture(section))
            self.studio.show_message(self.tr("The picture is in the clipboard."))

    def _save(self, section: Section, name: str) -> None:
        if self.report is not None:
            save_image(self.studio, self._picture(section), f"{self._file_stem()}_{name}.png")

    def _save_table(self, name: str, table: Callable[[WeightsReport], str]) -> None:
        if self.report is None:
            return
        path = self.studio.save_file(
            self.tr("Save the numbers"),
            f"{self._file_stem()}_{name}.csv",
            self.tr("CSV table (*.csv)"),
        )
        if path is not None:
            content = table(self.report).encode("utf-8")
            save_bytes(self.studio, content, path.with_suffix(".csv"))

    def _histogram_table(self, _report: WeightsReport) -> str:
        counted = self.weights.histogram
        return "" if counted is None else tables.histogram_csv(counted)

    def _file_stem(self) -> str:
        name = self.studio.spec.name
        return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in name)

    # -- building -----------------------------------------------------------------------------

    def _fill_choices(self) -> None:
        self.range.addItem(self.tr("Each filter's own scale"), "own")
        self.range.addItem(self.tr("One scale for all"), "shared")
        self.range.setToolTip(
            self.tr("Its own scale shows what a filter looks for; one for all compares them")
        )
        for text, quantity in (
            (self.tr("L2 norm"), Quantity.NORM),
            (self.tr("RMS"), Quantity.RMS),
            (self.tr("Over the start"), Quantity.RATIO),
        ):
            self.quantity.addItem(text, quantity.value)
        self.quantity.setToolTip(self.tr("What is shown of the weights of each layer"))
        self.layer.setToolTip(self.tr("The layer whose weights are counted"))
        self.layer.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.layer.setMinimumContentsLength(14)
        self.log.setToolTip(self.tr("Count on a logarithmic axis: single weights are seen too"))
        for box, key in ((self.range, "filters.range"), (self.quantity, "filters.quantity")):
            box.setCurrentIndex(max(0, box.findData(choice(self.studio, key, ""))))
        self.log.setChecked(choice(self.studio, "filters.log", "no") == "yes")
        for box, name in (
            (self.range, self.tr("Scale of the filters")),
            (self.quantity, self.tr("Quantity")),
            (self.layer, self.tr("Layer")),
        ):
            box.setAccessibleName(name)

    def _make_sections(self) -> tuple[Section, Section, Section, Section]:
        return (
            Section(self.tr("First filters"), self.grid, (self.range,)),
            Section(self.tr("Weights of a layer"), self.weights, (self.layer, self.log)),
            Section(self.tr("Scales of the batch normalisations"), self.scales),
            Section(self.tr("Weights of all layers"), self.norms, (self.quantity,)),
        )

    def _build(self) -> None:
        self._content = QWidget()
        self._content.setLayout(self._place)
        self._place.setContentsMargins(0, 0, 8, 0)
        self._place.setHorizontalSpacing(20)
        self._place.setVerticalSpacing(14)
        self._arrange(1)
        self.area = QScrollArea()
        self.area.setWidget(self._content)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.viewport().installEventFilter(self)
        column = QVBoxLayout(self.body)
        column.setContentsMargins(8, 6, 0, 4)
        column.addWidget(self.area)

    def _arrange(self, columns: int) -> None:
        for index, section in enumerate(self.sections):
            self._place.addWidget(section, index // columns, index % columns)

    def _connect(self) -> None:
        for box in (self.range, self.quantity):
            box.activated.connect(self._drawing_chosen)
        self.log.toggled.connect(self._drawing_chosen)
        self.layer.activated.connect(lambda index: self.studio.select(self.layer.itemData(index)))
        for chart in (self.scales, self.norms):
            chart.chosen.connect(self.studio.select)
        self.studio.selection_changed.connect(self._selection_changed)
        for section, name, table in zip(
            self.sections,
            ("filters", "histogram", "scales", "weights"),
            (
                lambda found: tables.filters_csv(found.first),
                self._histogram_table,
                lambda found: tables.scales_csv(found.scales),
                lambda found: tables.weights_csv(found.layers),
            ),
            strict=True,
        ):
            self._offer(section, name, table)
        self._draw()

    def _offer(self, section: Section, name: str, table: Callable[[WeightsReport], str]) -> None:
        section.offer(
            lambda: self._copy(section),
            lambda: self._save(section, name),
            lambda: self._save_table(name, table),
        )

    # -- Qt -----------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Puts the plots in two columns where there is room."""
        if event.type() == QEvent.Type.Resize:
            self._arrange(2 if self.area.viewport().width() >= _TWO_COLUMNS else 1)
        return super().eventFilter(watched, event)


def weighted(selection: str, layers: list[str]) -> str:
    """Returns the layer with weights that a selection means: itself, else the first inside it.

    A normalisation or a ReLU means the convolution before it; nothing, the first layer.
    """
    if selection in layers:
        return selection
    inside = [name for name in layers if name.startswith(f"{selection}.")]
    if inside:
        return inside[0]
    if selection == "head":
        return layers[-1]
    number = selection[-1:] if selection[-1:].isdigit() else "1"
    head, _, last = selection.rpartition(".")
    own = f"{head}.conv{number}" if head else f"conv{number}"
    return own if last and own in layers else layers[0]
