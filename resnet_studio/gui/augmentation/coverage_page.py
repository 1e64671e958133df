"""The view *Coverage*: what of the picture the crops show, and how often they lose an object."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.data.coverage import (
    LOST_BELOW,
    Losses,
    RivalCrops,
    heat_map,
    losses,
    rival_crops,
)
from resnet_studio.data.distribution import Histogram
from resnet_studio.data.draw_statistics import draws_of
from resnet_studio.data.drawn import CropBox
from resnet_studio.gui.augmentation import box_memory
from resnet_studio.gui.augmentation import coverage_words as words
from resnet_studio.gui.augmentation.draws_chart import Axis, DrawsChart
from resnet_studio.gui.augmentation.draws_count import DrawsCount
from resnet_studio.gui.augmentation.lab_page import LabPage
from resnet_studio.gui.augmentation.object_view import ObjectView
from resnet_studio.gui.augmentation.rival_table import RivalTable
from resnet_studio.gui.augmentation.samples import shown_original
from resnet_studio.gui.augmentation.whole import whole
from resnet_studio.gui.augmentation.worst_row import WorstRow
from resnet_studio.gui.features.captioned import captioned
from resnet_studio.gui.features.colour_bar import ColourBar, Scale
from resnet_studio.gui.features.why_choices import choice, remember
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.elided_label import ElidedLabel
from resnet_studio.gui.widgets.flow import FlowLayout, labelled
from resnet_studio.gui.widgets.wheel_guard import guard_wheel

if TYPE_CHECKING:
    import numpy.typing as npt

    from resnet_studio.gui.augmentation.controls import Controls
    from resnet_studio.gui.workers import TaskState

_MANY = 1_000
"""Draws of six pipelines that may take more than half a second."""
_TURNED_LIVE = 1_000
"""Turned crops up to which a drag of the box is followed; more are counted at its end."""
_BINS = 20
_CHART = 130, 240
_SPLITTER, _SIZES = "lab.coverage", [560, 400]
_LOST, _HEAT = "lab.lost_below", "lab.heat"


@dataclass(frozen=True, slots=True, eq=False)
class Mapped:
    """The heat map is there.

    Attributes:
        image: The picture for the screen; None if it is shown already.
        counts: In how many crops each cell is seen.
        draws: Of how many: the person may have chosen another number since.
    """

    image: QImage | None
    counts: npt.NDArray[np.int32]
    draws: int


class CoveragePage(LabPage):
    """The picture under its heat map, with a box to drag; what becomes of the box at the right.

    Attributes:
        rows: What each pipeline shows of the picture; this one first.
        counts: In how many crops each cell of the heat map is seen; None before.
        losses: What becomes of the object under this pipeline; None without a box.
    """

    follows: ClassVar[frozenset[str]] = frozenset({"picture", "pipeline", "seed", "epoch"})
    needs_torch: ClassVar[bool] = False

    def __init__(self, studio: Studio, controls: Controls, parent: QWidget | None = None) -> None:
        super().__init__(studio, controls, parent)
        self.rows: list[RivalCrops] = []
        self.counts: npt.NDArray[np.int32] | None = None
        self._drawn = 1
        self.losses: Losses | None = None
        self._shown: object = None
        self.view = ObjectView(studio.theme)
        self.bar = ColourBar(studio.theme)
        self.reading = ElidedLabel()
        self.draws = DrawsCount(studio)
        self.lost_below = QSpinBox()
        self.heat = QCheckBox(self.tr("&Heat map"))
        self.clear = QPushButton(self.tr("C&lear box"))
        self.headline = QLabel()
        self.hint = QLabel()
        self.chart = DrawsChart(
            studio.theme, Axis(self.tr("part of the object that is seen, %"), scale=100)
        )
        self.worst = WorstRow()
        self.table_view = RivalTable()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self._fill_choices()
        self._build()
        self._connect()

    # -- computing ----------------------------------------------------------------------------

    def start(self) -> None:
        """Draws all pipelines in a worker."""
        picture, pipeline = self.picture, self.pipeline
        assert picture is not None
        assert pipeline is not None
        seed, epoch, count = self.seed, self.epoch, self.draws.value()
        fresh = picture is not self._shown
        self.rows, self.losses = [], None
        if fresh:
            self.view.set_box(box_memory.recalled(self.studio, picture))

        def job(state: TaskState) -> Generator[Mapped | RivalCrops, None, None]:
            def tell(done: int, total: int) -> None:
                state.check()
                state.progress(done, total)

            size = picture.height, picture.width
            image = shown_original(picture.rgb) if fresh else None
            for found in rival_crops(
                pipeline, *size, seed=seed, epoch=epoch, count=count, progress=tell
            ):
                if found.rival == "present":
                    if found.crops is None:
                        next(draws_of(pipeline, *size, seed=seed, epoch=epoch))  # raises why
                    else:
                        yield Mapped(image, heat_map(found.crops), count)
                yield found

        self.compute(
            job,
            on_event=self._came,
            title=self.tr("Drawing {count:,} samples").format(count=count),
            visible=count > _MANY,
        )

    def _came(self, event: Mapped | RivalCrops) -> None:
        if isinstance(event, Mapped):
            self._show_heat(event)
            return
        self.rows.append(event)
        if event.rival == "present":
            self._show_present()
        self._show_table()

    def _show_heat(self, mapped: Mapped) -> None:
        assert self.picture is not None
        if mapped.image is not None:
            size = QSize(self.picture.width, self.picture.height)
            self.view.show_picture(mapped.image, size)
            self._shown = self.picture  # not before: what was begun may be given up
        self.counts, self._drawn = mapped.counts, mapped.draws
        self.view.show_heat(mapped.counts, mapped.draws)
        self.view.show_outline(None)

    def forget(self) -> None:
        """Takes everything away."""
        self._shown = self.counts = self.losses = None
        self.rows = []
        self.view.show_picture(QImage(), QSize())
        self.view.set_box(None)

    # -- the object ---------------------------------------------------------------------------

    def _box_changed(self) -> None:
        """Follows a drag where that is quick enough."""
        self.view.show_outline(None)
        turned = sum(len(row.crops.turned) for row in self.rows if row.crops is not None)
        if turned <= _TURNED_LIVE:
            self._show_present()
            self._show_table()

    def _box_chosen(self) -> None:
        if self.picture is not None:
            box_memory.keep(self.studio, self.picture, self.view.box)
        self.view.show_outline(None)
        self._show_present()
        self._show_table()

    def _losses_of(self, found: RivalCrops) -> Losses | None:
        box = self.view.box
        if box is None or found.crops is None:
            return None
        return losses(found.crops, box_of(box), lost_below=self.lost_below.value() / 100)

    def _show_present(self) -> None:
        """Says what becomes of the object under this pipeline."""
        self.losses = self._losses_of(self.rows[0]) if self.rows else None
        found = self.losses
        self.chart.setVisible(found is not None)
        self.worst.setVisible(found is not None and found.whole < 1)
        self.clear.setEnabled(self.view.box is not None)
        if found is None:
            self.headline.setText(self.tr("Drag a box around an object in the picture."))
            self.hint.setText(
                self.tr(
                    "Or press Enter while the picture has the focus: arrows move the box, with "
                    "Shift they resize it, Delete clears it."
                )
            )
            self.worst.show_worst((), ())
            return
        self.headline.setText(words.headline(found, self.lost_below.value() / 100))
        self.hint.setText(words.interval(found))
        counts, edges = np.histogram(found.seen, np.linspace(0.0, 1.0, _BINS + 1))
        drawn = self.tr("{count:,} draws").format(count=len(found.seen))
        self.chart.show_histogram(Histogram(edges, counts, None), drawn)
        worst = found.worst(self.worst.most)
        self.worst.show_worst(worst, [float(found.seen[number]) for number in worst])

    def _show_table(self) -> None:
        self.table_view.show_rows(self._table_rows())

        # Wide enough for the table, whatever the size of the text.
        needed = self._right.minimumSizeHint().width() + self.area.verticalScrollBar().width()
        self.area.setMinimumWidth(needed)

    def _table_rows(self) -> list[tuple[RivalCrops, Losses | None]]:
        return [(row, self._losses_of(row)) for row in self.rows]

    def _show_sample(self, number: int) -> None:
        """Frames what one sample shows; -1 for none."""
        picture, pipeline = self.picture, self.pipeline
        if number < 0 or picture is None or pipeline is None:
            self.view.show_outline(None)
            return
        size = picture.height, picture.width
        draws = draws_of(pipeline, *size, seed=self.seed, epoch=self.epoch, count=1, first=number)
        self.view.show_outline(next(draws).visible)

    # -- reacting -----------------------------------------------------------------------------

    def _pointed(self, place: QPointF | None) -> None:
        """Says in how many crops the place under the cursor is seen."""
        counts, size = self.counts, self.view.original
        if place is None or counts is None or size.isEmpty():
            self.reading.setText(self.tr("Share of the crops that show a place, %"))
            return
        row = min(len(counts) - 1, int(place.y() * len(counts) / size.height()))
        column = min(counts.shape[1] - 1, int(place.x() * counts.shape[1] / size.width()))
        self.reading.setText(
            self.tr("({x}, {y}): in {share} of the crops").format(
                x=int(place.x()),
                y=int(place.y()),
                share=words.share(float(counts[row, column]) / self._drawn),
            )
        )

    def _threshold_chosen(self, percent: int) -> None:
        remember(self.studio, _LOST, str(percent))
        self._show_present()
        self._show_table()

    def _heat_chosen(self, shown: bool) -> None:
        remember(self.studio, _HEAT, "yes" if shown else "no")
        self.view.set_heat_shown(shown)
        self.bar.setVisible(shown)

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        for part in (self.view, self.bar, self.chart):
            part.set_theme(theme)

    # -- copying and saving -------------------------------------------------------------------

    def image(self) -> QImage | None:
        """Returns the picture with map and box beside what is known of the object."""
        if not self.filled:
            return None
        shown = [self._left.grab().toImage(), whole(self._right)]
        return captioned(shown, self.title_lines(), self.studio.theme, self.font())

    def table(self) -> str | None:
        """Returns the comparison, and the share of the object in each sample, as CSV."""
        if not self.filled:
            return None
        box = self.view.box
        place = None if box is None else (box.left(), box.top(), box.width(), box.height())
        return words.coverage_csv(self._table_rows(), place)

    # -- building -----------------------------------------------------------------------------

    def _fill_choices(self) -> None:
        self.lost_below.setRange(1, 99)
        self.lost_below.setSuffix(" %")
        stored = choice(self.studio, _LOST, "")
        self.lost_below.setValue(int(stored) if stored.isdigit() else round(100 * LOST_BELOW))
        self.lost_below.setToolTip(
            self.tr("An object of which less than this part is seen counts as lost")
        )
        guard_wheel(self.lost_below)
        self.heat.setChecked(choice(self.studio, _HEAT, "yes") == "yes")
        self.heat.setToolTip(self.tr("Colour each place by how many of the crops show it"))
        self.view.set_heat_shown(self.heat.isChecked())
        self.bar.set_scale(Scale(0.0, 100.0))
        self.bar.setToolTip(self.tr("Share of the crops that show a place"))
        self.clear.setToolTip(self.tr("Take the box away (Delete)"))
        self.clear.setEnabled(False)
        self.headline.setProperty("heading", True)
        self.hint.setProperty("muted", True)
        self.reading.setProperty("muted", True)
        for label in (self.headline, self.hint):
            label.setWordWrap(True)

    def _build(self) -> None:
        self._left, self._right = self._picture_side(), self._object_side()
        area = QScrollArea()
        area.setWidget(self._right)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area = area
        self.splitter.addWidget(self._left)
        self.splitter.addWidget(area)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setSizes(self.studio.settings["splitters"].get(_SPLITTER, _SIZES))
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 4, 0, 0)
        column.addLayout(self._head())
        column.addWidget(self.splitter, 1)

    def _head(self) -> QHBoxLayout:
        choices = QWidget()
        row = FlowLayout(choices, gap=16)
        row.addWidget(labelled(self.tr("D&raws:"), self.draws))
        row.addWidget(labelled(self.tr("L&ost below:"), self.lost_below))
        row.addWidget(self.heat)
        row.addWidget(self.clear)
        head = QHBoxLayout()
        head.addWidget(choices, 1)
        head.addWidget(self.make_export_button(), 0, Qt.AlignmentFlag.AlignTop)
        return head

    def _picture_side(self) -> QWidget:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 6, 0)
        column.addWidget(self.view, 100)
        column.addWidget(self.reading)
        column.addWidget(self.bar)
        column.addStretch(1)
        return side

    def _object_side(self) -> QWidget:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(6, 0, 4, 0)
        column.setSpacing(6)
        column.addWidget(self.headline)
        column.addWidget(self.hint)
        column.addWidget(self.table_view)
        column.addWidget(self.worst)
        column.addWidget(self.chart, 1)
        column.addStretch()
        self.chart.setMinimumHeight(_CHART[0])
        self.chart.setMaximumHeight(_CHART[1])
        return side

    def _connect(self) -> None:
        self.view.box_changed.connect(self._box_changed)
        self.view.box_chosen.connect(self._box_chosen)
        self.view.pointed.connect(self._pointed)
        self.draws.valueChanged.connect(lambda _count: self.refresh(again=True))
        self.lost_below.valueChanged.connect(self._threshold_chosen)
        self.heat.toggled.connect(self._heat_chosen)
        self.clear.clicked.connect(self.view.clear_box)
        self.worst.chosen.connect(self._show_sample)
        self.bar.setVisible(self.heat.isChecked())
        self.splitter.splitterMoved.connect(self._remember_splitter)
        self._pointed(None)
        self._show_present()

    def _remember_splitter(self) -> None:
        splitters = dict(self.studio.settings["splitters"])
        self.studio.settings["splitters"] = splitters | {_SPLITTER: self.splitter.sizes()}


def box_of(box: QRectF) -> CropBox:
    """Returns a box of Qt as `data` has it."""
    return CropBox(box.left(), box.top(), box.width(), box.height())
