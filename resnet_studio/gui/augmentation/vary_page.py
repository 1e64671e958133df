"""The view *Vary*: one parameter over its range, with all chance frozen."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.data.imaging import Picture
from resnet_studio.gui.augmentation.controls import Controls
from resnet_studio.gui.augmentation.exports import grid_sheet
from resnet_studio.gui.augmentation.grid_view import GridScroll, GridView
from resnet_studio.gui.augmentation.lab_page import LabPage
from resnet_studio.gui.augmentation.original_view import OriginalView
from resnet_studio.gui.augmentation.painting import bold
from resnet_studio.gui.augmentation.sample_box import SampleBox, narrow, sample_choice
from resnet_studio.gui.augmentation.samples import shown_original
from resnet_studio.gui.augmentation.samples_page import border_colour
from resnet_studio.gui.augmentation.variation import (
    Chance,
    Knob,
    Variant,
    knobs_of,
    spread,
    variants_csv,
    variants_of,
)
from resnet_studio.gui.augmentation.words import as_html, caption, facts
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.flow import FlowLayout
from resnet_studio.gui.widgets.form_field import beside_label
from resnet_studio.gui.widgets.wheel_guard import guard_wheel
from resnet_studio.gui.widgets.whole_label import WholeLabel
from resnet_studio.gui.workers import TaskState

COUNTS = (3, 5, 7, 9, 12, 16, 25)
_FIRST_COUNT = 7
_SPLITTER = "lab_vary"
_LEFT, _GRID = 300, 640
_CHOICE = "lab.vary"
_FARTHEST = 1e6


class VaryPage(LabPage):
    """Shows one sample at several values of one parameter.

    Attributes:
        variants: What is shown, also the values that are not possible.
    """

    follows = frozenset({"picture", "pipeline", "seed", "epoch", "torch"})

    def __init__(self, studio: Studio, controls: Controls, parent: QWidget | None = None) -> None:
        super().__init__(studio, controls, parent)
        self.variants: tuple[Variant, ...] = ()
        self._knobs: tuple[Knob, ...] = ()
        self._shown: tuple[Knob, Chance] | None = None
        self._picture_shown: Picture | None = None
        self.parameter = QComboBox()
        self.low, self.high = QDoubleSpinBox(), QDoubleSpinBox()
        self.values = QComboBox()
        self.sample = SampleBox(sample_choice(controls))
        self.original = OriginalView(studio.theme)
        self.heading, self.facts, self.refused = WholeLabel(), WholeLabel(), WholeLabel()
        self.grid = GridView(studio.theme)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self._build()
        self._connect()

    # -- what is chosen -----------------------------------------------------------------------

    @property
    def knob(self) -> Knob | None:
        """The parameter that is varied."""
        place = self.parameter.currentIndex()
        return self._knobs[place] if 0 <= place < len(self._knobs) else None

    def _offer(self) -> None:
        """Offers what the pipeline has; keeps what is chosen where the pipeline still has it."""
        assert self.pipeline is not None
        knobs = knobs_of(self.pipeline)
        if [knob.title for knob in knobs] == [knob.title for knob in self._knobs]:
            self._knobs = knobs
            return
        wished = self.studio.settings["choices"].get(_CHOICE, "")
        before = self.knob
        self._knobs = knobs
        with QSignalBlocker(self.parameter):
            self.parameter.clear()
            self.parameter.addItems([knob.title for knob in knobs])
            keys = [knob.key for knob in knobs]
            self.parameter.setCurrentIndex(keys.index(wished) if wished in keys else 0)
        if before is None or self.knob is None or before.title != self.knob.title:
            self._set_range()

    def _set_range(self) -> None:
        """Begins with the usual range of the parameter."""
        knob = self.knob
        ranged = knob is not None and knob.has_range
        for field in (self.low_field, self.high_field):
            field.setVisible(ranged)
        self.values_field.setVisible(ranged or (knob is not None and knob.form is None))
        if knob is None or knob.form is None or not ranged or self.pipeline is None:
            return
        form = knob.form
        suffix = "" if not form.unit else form.unit if form.unit == "°" else f" {form.unit}"
        for box, value in zip((self.low, self.high), knob.soft(self.pipeline), strict=True):
            with QSignalBlocker(box):
                box.setDecimals(0 if knob.whole else max(1, form.decimals))
                least, most = max(form.low, -_FARTHEST), min(form.high, _FARTHEST)
                box.setRange(least * form.factor, most * form.factor)
                box.setSuffix(suffix)
                box.setSingleStep(1 if knob.whole else (form.soft[1] - form.soft[0]) / 20)
                box.setValue(value * form.factor)

    def _spread(self, knob: Knob) -> tuple[Any, ...]:
        count = self.values.currentData()
        if knob.form is None:
            first = {"seed": self.seed, "epoch": self.epoch, "index": self.sample.index}
            return spread(knob, first[knob.field], 0, count)
        factor = knob.form.factor
        return spread(knob, self.low.value() / factor, self.high.value() / factor, count)

    # -- what is shown ------------------------------------------------------------------------

    def start(self) -> None:
        """Asks a worker for the sample at every value."""
        pipeline, picture = self.pipeline, self.picture
        assert pipeline is not None
        assert picture is not None
        self._offer()
        knob = self.knob
        if knob is None:
            self.forget()
            self.say(self.tr("No step of this pipeline has a number to vary."))
            return
        self.sample.setEnabled(pipeline.numbers > 0)
        values = self._spread(knob)
        chance = Chance(self.seed, self.epoch, self.sample.index)
        fresh = picture is not self._picture_shown

        def job(state: TaskState) -> tuple[QImage | None, tuple[Variant, ...]]:
            original = shown_original(picture.rgb) if fresh else None
            return original, variants_of(pipeline, picture, knob, values, chance, state)

        self.compute(
            job,
            lambda made: self._arrived(picture, knob, chance, *made),
            title=self.tr("Varying {name}").format(name=knob.title),
            visible=self.takes_long(len(values)),
        )

    def forget(self) -> None:
        """Shows nothing."""
        self.variants, self._shown, self._picture_shown = (), None, None
        self.grid.clear()
        self.original.show_draws((), border=0)

    def _arrived(
        self,
        picture: Picture,
        knob: Knob,
        chance: Chance,
        original: QImage | None,
        variants: tuple[Variant, ...],
    ) -> None:
        self.variants, self._shown = variants, (knob, chance)
        possible = [one for one in variants if one.draw is not None]
        draws = [one.draw for one in possible if one.draw is not None]
        captions = [caption(draw) for draw in draws]
        longest = max(captions, key=lambda parts: len("".join(parts)), default=("",))
        self.grid.show_draws(draws, longest, [one.words for one in possible])
        for place, one in enumerate(possible):
            self.grid.show_pixels(place, one.image)
        if original is not None:
            self._picture_shown = picture
            self.original.show_picture(original, QSize(picture.width, picture.height))
        assert self.pipeline is not None
        self.original.show_draws(draws, border=0, fill=border_colour(self.pipeline))
        self._tell_refused()
        self._show_selected()

    def _tell_refused(self) -> None:
        """Says which values are not possible, and why."""
        refused = [one for one in self.variants if one.draw is None]
        lines = list(dict.fromkeys(f"{one.words}: {one.refusal}" for one in refused))
        self.refused.setText("\n".join(lines[:2]))
        self.refused.setToolTip("\n".join(lines))
        self.refused.setVisible(bool(lines))

    def _show_selected(self) -> None:
        hovered = self.grid.hovered_index
        place = self.grid.selected if hovered < 0 else hovered
        if self._shown is None or place >= len(self.grid.draws):
            self.original.show_strong(None)
            return
        self.original.show_strong(place)
        knob, _chance = self._shown
        self.heading.setText(f"{knob.title}: {self.grid.head(place)}")
        lines = list(facts(self.grid.draws[place]))
        if knob.form is not None and self.pipeline is not None:
            now = self.tr("In the pipeline now: {value}")
            lines.append(now.format(value=knob.words(knob.value(self.pipeline))))
        self.facts.setText(as_html(lines))

    # -- reacting -------------------------------------------------------------------------------

    def _parameter_chosen(self) -> None:
        if self.knob is not None:
            settings = self.studio.settings
            settings["choices"] = settings["choices"] | {_CHOICE: self.knob.key}
        self._set_range()
        self._again()

    def _again(self) -> None:
        self.refresh(again=True)

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self.original.set_theme(theme)
        self.grid.set_theme(theme)

    # -- what is exported -----------------------------------------------------------------------

    @property
    def has_image(self) -> bool:
        """Whether there is a row of samples."""
        return self.grid.complete

    @property
    def has_table(self) -> bool:
        """Whether there is a row of samples."""
        return self._shown is not None

    def image(self) -> QImage | None:
        """Returns all samples with their values as one picture."""
        if not self.grid.complete:
            return None
        return grid_sheet(self.grid, self.title_lines(), self.studio.theme, self.font())

    def table(self) -> str | None:
        """Returns what happened at every value as CSV."""
        return None if self._shown is None else variants_csv(*self._shown, self.variants)

    def title_lines(self) -> list[str]:
        """Returns what stands above: also which parameter of which sample."""
        if self._shown is None:
            return super().title_lines()
        knob, chance = self._shown
        text = self.tr("Sample {number}, varied: {title}")
        varied = text.format(number=chance.index + 1, title=knob.title)
        return [*super().title_lines(), varied]

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
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 2)
        sizes = self.studio.settings["splitters"].get(_SPLITTER, [_LEFT, _GRID])
        self.splitter.setSizes(sizes)

    def _control_row(self) -> QWidget:
        row = QWidget()
        flow = FlowLayout(row, gap=10)
        self.parameter.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for count in COUNTS:
            self.values.addItem(str(count), count)
        self.values.setCurrentIndex(COUNTS.index(_FIRST_COUNT))
        for box in (self.low, self.high):
            box.setKeyboardTracking(False)
            narrow(box)
        for guarded in (self.parameter, self.values, self.low, self.high):
            guard_wheel(guarded)
        parameter = beside_label(
            self.tr("Vary"),
            self.parameter,
            self.tr("Which number of which step changes; all else, chance too, stays the same."),
        )
        self.low_field = beside_label(
            self.tr("From"), self.low, self.tr("The value of the first sample.")
        )
        self.high_field = beside_label(
            self.tr("to"), self.high, self.tr("The value of the last sample.")
        )
        self.values_field = beside_label(
            self.tr("Values"), self.values, self.tr("How many values, evenly spaced.")
        )
        for widget in (parameter, self.low_field, self.high_field, self.values_field, self.sample):
            flow.addWidget(widget)
        flow.addWidget(self.make_export_button())
        return row

    def _left(self) -> QWidget:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(4)
        self.heading.setFont(bold(self.heading.font()))
        self.facts.setTextFormat(Qt.TextFormat.RichText)
        column.addWidget(self.original, 100)
        column.addWidget(self.heading)
        column.addWidget(self.facts)
        column.addStretch(1)
        left.setMinimumWidth(200)
        return left

    def _right(self) -> QWidget:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(4, 0, 0, 0)
        column.setSpacing(4)
        self.grid.setAccessibleName(self.tr("The sample at each value"))
        self.refused.setProperty("warning", True)
        self.refused.setAccessibleName(self.tr("Values that are not possible"))
        self.refused.hide()
        column.addWidget(GridScroll(self.grid), 1)
        column.addWidget(self.refused)
        return right

    def _connect(self) -> None:
        self.parameter.currentIndexChanged.connect(self._parameter_chosen)
        self.low.valueChanged.connect(self._again)
        self.high.valueChanged.connect(self._again)
        self.values.currentIndexChanged.connect(self._again)
        self.sample.changed.connect(self._again)
        self.grid.selection_changed.connect(self._show_selected)
        self.grid.hovered.connect(self._show_selected)
        self.splitter.splitterMoved.connect(self._remember_splitter)

    def _remember_splitter(self) -> None:
        splitters = dict(self.studio.settings["splitters"])
        self.studio.settings["splitters"] = splitters | {_SPLITTER: self.splitter.sizes()}
