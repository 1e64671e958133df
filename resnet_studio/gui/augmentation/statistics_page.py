"""The view *Statistics*: what chance gives in many draws, beside what it must give."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.data.augment import AugmentSpec, RandomResizedCrop
from resnet_studio.data.distribution import Distribution, Fit, Histogram, Numbers, fit, histogram
from resnet_studio.data.draw_statistics import DrawStatistics, measure
from resnet_studio.data.draw_theory import Theory, theory_of
from resnet_studio.gui.augmentation import statistics_words as words
from resnet_studio.gui.augmentation.draws_chart import Axis, DrawsChart
from resnet_studio.gui.augmentation.draws_count import DrawsCount
from resnet_studio.gui.augmentation.lab_page import LabPage
from resnet_studio.gui.augmentation.whole import whole
from resnet_studio.gui.features.captioned import captioned
from resnet_studio.gui.features.filters_section import Section
from resnet_studio.gui.features.why_choices import choice, remember
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.export import copy_image, save_bytes, save_image
from resnet_studio.gui.widgets.flow import labelled

if TYPE_CHECKING:
    from resnet_studio.gui.augmentation.controls import Controls
    from resnet_studio.gui.workers import TaskState

_TWO_COLUMNS, _THREE_COLUMNS = 900, 1500
"""Pixels of width from which the plots stand in so many columns."""
_ROUNDING = 1.02
"""Greatest over least distortion up to which only sizes rounded to pixels differ."""
_OTHER = "lab.other_rule"
_MANY = 2_000
"""Draws that may take more than half a second."""


@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """One figure of all draws.

    Attributes:
        name: What it is called in `DrawStatistics` and `Theory`.
        sample: (N,) what was drawn.
        theory: What is to be expected; None if nobody knows.
        fit: How well they agree; None without a theory.
        histogram: Both, counted.
        other: What the other rule of the random resized crop gives in each bar; None without one.
    """

    name: str
    sample: Numbers
    theory: Distribution | None
    fit: Fit | None
    histogram: Histogram
    other: Numbers | None = None

    @property
    def varies(self) -> bool:
        """Whether there is any chance in it, beyond the rounding of sizes to pixels."""
        if self.name == "distortion":
            return bool(self.sample.max() > _ROUNDING * self.sample.min())
        return len(self.histogram.counts) > 1


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """The result of many draws.

    Attributes:
        statistics: What was drawn.
        theory: What is to be expected.
        quantities: One for each plot, by name.
    """

    statistics: DrawStatistics
    theory: Theory
    quantities: dict[str, Quantity]


class StatisticsPage(LabPage):
    """Histograms of kept area, distortion, place, attempts and scale, with theory as a line.

    Attributes:
        counted: What is shown; None before.
        draws: How many draws are counted.
        sections: The plots by the names of their quantities.
    """

    follows: ClassVar[frozenset[str]] = frozenset({"picture", "pipeline", "seed", "epoch"})
    needs_torch: ClassVar[bool] = False
    needs_chance: ClassVar[bool] = True

    def __init__(self, studio: Studio, controls: Controls, parent: QWidget | None = None) -> None:
        super().__init__(studio, controls, parent)
        self.counted: Counted | None = None
        self.draws = DrawsCount(studio)
        self.other = QCheckBox(self.tr("O&ther rule"))
        self.summary = QLabel()
        self.why = QLabel()
        self.charts = {name: DrawsChart(studio.theme, axis) for name, axis in self._axes().items()}
        self.sections = self._make_sections()
        self._place = QGridLayout()
        self._columns = 0
        self._build()
        self.draws.valueChanged.connect(lambda _count: self.refresh(again=True))
        self.other.toggled.connect(self._other_chosen)

    # -- computing ----------------------------------------------------------------------------

    def start(self) -> None:
        """Draws and counts in a worker."""
        picture, pipeline = self.picture, self.pipeline
        assert picture is not None
        assert pipeline is not None
        size, seed, epoch = (picture.height, picture.width), self.seed, self.epoch
        count = self.draws.value()

        def job(state: TaskState) -> Counted:
            def tell(done: int, total: int) -> None:
                state.check()
                state.progress(done, total)

            drawn = measure(pipeline, *size, seed=seed, epoch=epoch, count=count, progress=tell)
            theory = theory_of(pipeline, *size)
            rival = other_rule(pipeline)
            other = None if rival is None else theory_of(rival, *size)
            return Counted(drawn, theory, quantities(drawn, theory, other))

        title = self.tr("Drawing {count:,} samples").format(count=count)
        self.compute(job, self._show, title=title, visible=count > _MANY)

    def _show(self, counted: Counted) -> None:
        self.counted = counted
        drawn = self.tr("{count:,} draws").format(count=len(counted.statistics))
        for name, section in self.sections.items():
            quantity = counted.quantities.get(name)
            section.setVisible(quantity is not None and quantity.varies)
            chart = self.charts[name]
            chart.show_histogram(None if quantity is None else quantity.histogram, drawn)
            chart.show_other(None if quantity is None else quantity.other, self._other_name())
            if quantity is not None:
                section.note.setText(self._note(quantity, counted, chart.axis))
                section.note.setToolTip(words.verdict_tip(quantity.fit))
        self._arrange()
        self.summary.setText(words.summary(counted.statistics, counted.theory))
        self._say_why(counted)

    def _other_name(self) -> str:
        """Returns what the other rule is called in the legends; empty where it is not wished."""
        rule = None if self.pipeline is None else rule_of(self.pipeline)
        self.other.setVisible(rule is not None)
        if rule is None or not self.other.isChecked():
            return ""
        return self.tr("older rule") if rule == "log_uniform" else self.tr("present rule")

    def _other_chosen(self, wished: bool) -> None:
        remember(self.studio, _OTHER, "yes" if wished else "no")
        if self.counted is not None:
            for name, quantity in self.counted.quantities.items():
                self.charts[name].show_other(quantity.other, self._other_name())

    def _note(self, quantity: Quantity, counted: Counted, axis: Axis) -> str:
        text = words.told(quantity.sample, quantity.theory, quantity.fit, axis)
        if quantity.name != "attempts":
            return text
        return f"{words.attempts_note(counted.statistics, counted.theory)} {text}"

    def _say_why(self, counted: Counted) -> None:
        """Says what never changes, and why there is no theory."""
        parts = []
        if counted.theory.why:
            parts.append(self.tr("No theory: {why}.").format(why=counted.theory.why))
        for name, quantity in counted.quantities.items():
            if not quantity.varies:
                axis, title = self.charts[name].axis, self.sections[name].title.text()
                value = axis.text(float(quantity.sample[0]))
                unit = " %" if axis.scale == 100 else ""
                text = self.tr("{what} is the same in all draws, up to rounding: {value}{unit}.")
                parts.append(text.format(what=title, value=value, unit=unit))
        self.why.setText(" ".join(parts))
        self.why.setVisible(bool(parts))

    def forget(self) -> None:
        """Takes the figures away."""
        self.counted = None
        for chart in self.charts.values():
            chart.show_histogram(None, "")

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        for chart in self.charts.values():
            chart.set_theme(theme)

    # -- copying and saving -------------------------------------------------------------------

    def image(self) -> QImage | None:
        """Returns all plots, also those that would have to be scrolled to."""
        if not self.filled or self.counted is None:
            return None
        lines = (*self.title_lines(), self.summary.text(), self.why.text())
        return captioned([whole(self._content)], lines, self.studio.theme, self.font())

    def table(self) -> str | None:
        """Returns all bars as CSV."""
        if not self.filled or self.counted is None:
            return None
        found = self.counted.quantities.values()
        return words.statistics_csv((each.name, each.histogram) for each in found)

    def _picture(self, name: str) -> QImage:
        section = self.sections[name]
        sentences = section.note.text().replace(". ", ".\n").split("\n")  # one would be cut off
        lines = (section.title.text(), *sentences, *self.title_lines())
        return captioned([section.picture()], lines, self.studio.theme, self.font())

    def _copy(self, name: str) -> None:
        copy_image(self._picture(name))
        self.studio.show_message(self.tr("The picture is in the clipboard."))

    def _save(self, name: str) -> None:
        save_image(self.studio, self._picture(name), f"draws_{name}.png")

    def _save_table(self, name: str) -> None:
        counted = self.counted
        if counted is None or name not in counted.quantities:
            return
        path = self.studio.save_file(
            self.tr("Save the numbers"), f"draws_{name}.csv", self.tr("CSV table (*.csv)")
        )
        if path is not None:
            table = words.statistics_csv([(name, counted.quantities[name].histogram)])
            save_bytes(self.studio, table.encode("utf-8"), path.with_suffix(".csv"))

    # -- building -----------------------------------------------------------------------------

    def _axes(self) -> dict[str, Axis]:
        return {
            "kept": Axis(self.tr("kept area, % of the picture"), scale=100),
            "distortion": Axis(self.tr("stretched in width (1 is none)"), log=True),
            "x": Axis(self.tr("middle of the crop, % of the width"), scale=100),
            "y": Axis(self.tr("middle of the crop, % of the height"), scale=100),
            "attempts": Axis(self.tr("attempts until one fitted"), whole=True),
            "short_side": Axis(self.tr("shorter side after scaling, pixels"), whole=True),
        }

    def _make_sections(self) -> dict[str, Section]:
        titles = {
            "kept": self.tr("Kept area"),
            "distortion": self.tr("Distortion"),
            "x": self.tr("Place, from left to right"),
            "y": self.tr("Place, from top to bottom"),
            "attempts": self.tr("Attempts"),
            "short_side": self.tr("Scale"),
        }
        sections = {name: Section(titles[name], chart) for name, chart in self.charts.items()}
        for name, section in sections.items():
            section.offer(
                partial(self._copy, name),
                partial(self._save, name),
                partial(self._save_table, name),
            )
        return sections

    def _build(self) -> None:
        for label in (self.summary, self.why):
            label.setWordWrap(True)
        self.summary.setProperty("heading", True)
        self.why.setProperty("muted", True)
        self._content = QWidget()
        self._content.setLayout(self._place)
        for section in self.sections.values():  # else each would be a window when it is shown
            section.setParent(self._content)
            section.hide()
        self._place.setContentsMargins(0, 0, 8, 0)
        self._place.setHorizontalSpacing(20)
        self._place.setVerticalSpacing(10)
        self.area = QScrollArea()
        self.area.setWidget(self._content)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.viewport().installEventFilter(self)
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 4, 0, 0)
        column.addLayout(self._head())
        column.addWidget(self.why)
        column.addWidget(self.area, 1)

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.addWidget(labelled(self.tr("D&raws:"), self.draws))
        self.other.setChecked(choice(self.studio, _OTHER, "no") == "yes")
        self.other.setToolTip(
            self.tr(
                "Also draw what the other rule of the random resized crop would give: the present "
                "one of torchvision, or that until 0.2"
            )
        )
        head.addWidget(self.other)
        head.addSpacing(12)
        head.addWidget(self.summary, 1)
        head.addWidget(self.make_export_button(), 0, Qt.AlignmentFlag.AlignTop)
        return head

    def _arrange(self) -> None:
        """Puts what is shown into as many columns as have room."""
        columns = self._columns_now()
        shown = [section for section in self.sections.values() if not section.isHidden()]
        for section in self.sections.values():
            self._place.removeWidget(section)
        for index, section in enumerate(shown):
            self._place.addWidget(section, index // columns, index % columns)
        for column in range(3):
            self._place.setColumnStretch(column, 1 if column < columns else 0)

    def _columns_now(self) -> int:
        width = self.area.viewport().width()
        return 3 if width >= _THREE_COLUMNS else 2 if width >= _TWO_COLUMNS else 1

    # -- Qt -----------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Puts the plots side by side where there is room."""
        if event.type() == QEvent.Type.Resize:
            columns = self._columns_now()
            if columns != self._columns:
                self._columns = columns
                self._arrange()
        return super().eventFilter(watched, event)


def rule_of(pipeline: AugmentSpec) -> str | None:
    """Returns by which rule a pipeline cuts at random; None if it has no such step."""
    rules = [step.rule for step in pipeline.steps if isinstance(step, RandomResizedCrop)]
    return rules[0] if rules else None


def other_rule(pipeline: AugmentSpec) -> AugmentSpec | None:
    """Returns the pipeline with the other rule of the random resized crop; None without one."""
    rule = rule_of(pipeline)
    if rule is None:
        return None
    other = "uniform_swap" if rule == "log_uniform" else "log_uniform"
    steps = tuple(
        step.model_copy(update={"rule": other}) if isinstance(step, RandomResizedCrop) else step
        for step in pipeline.steps
    )
    return pipeline.model_copy(update={"steps": steps})


def quantities(
    drawn: DrawStatistics, theory: Theory, other: Theory | None = None
) -> dict[str, Quantity]:
    """Returns what can be plotted of many draws: what the pipeline does not do is left out."""
    samples: dict[str, tuple[Numbers, Distribution | None, Distribution | None]] = {
        name: (getattr(drawn, name), getattr(theory, name), getattr(other, name, None))
        for name in ("kept", "distortion", "x", "y")
    }
    for name in ("attempts", "short_side"):
        if getattr(drawn, name).any():
            samples[name] = (getattr(drawn, name).astype(float), getattr(theory, name), None)
    found = {}
    for name, (sample, expected, rival) in samples.items():
        agreed = None if expected is None else fit(sample, expected)
        counted = histogram(sample, expected, log=name == "distortion")
        ranges = rival is not None and counted.values is None
        others = rival.shares(counted.edges) * len(sample) if ranges and rival else None
        found[name] = Quantity(name, sample, expected, agreed, counted, others)
    return found
