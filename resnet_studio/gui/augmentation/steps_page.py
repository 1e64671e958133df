"""The view *Steps*: one sample, transform by transform, with every number drawn."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFont, QHideEvent, QImage, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSlider,
    QSplitter,
    QTextBrowser,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.augmentation.controls import Controls
from resnet_studio.gui.augmentation.film_strip import FilmStrip
from resnet_studio.gui.augmentation.lab_page import LabPage
from resnet_studio.gui.augmentation.painting import bold
from resnet_studio.gui.augmentation.sample_box import SampleBox, sample_choice
from resnet_studio.gui.augmentation.samples_page import border_colour
from resnet_studio.gui.augmentation.step_pictures import PictureAfter, PictureBefore
from resnet_studio.gui.augmentation.walk import Moment, Walk, walk_csv, walk_of
from resnet_studio.gui.augmentation.walk_sheet import walk_sheet
from resnet_studio.gui.augmentation.walk_words import heading, tale, tile_words
from resnet_studio.gui.augmentation.words import size_text
from resnet_studio.gui.icons import icon
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.flow import FlowLayout

PACE_MS = 1600
"""How long each moment stays while the walk plays: long enough to read its heading."""
_LINES_FOR_FILM = 26
_SPLITTER = "lab_steps"
_PICTURES, _TALE = 620, 300


class StepsPage(LabPage):
    """Walks through one sample.

    Attributes:
        walk: What is shown; None if there is nothing.
        place_in_walk: Which moment of the walk is shown, from 0.
    """

    follows = frozenset({"picture", "pipeline", "seed", "epoch", "torch"})

    def __init__(self, studio: Studio, controls: Controls, parent: QWidget | None = None) -> None:
        super().__init__(studio, controls, parent)
        self.walk: Walk | None = None
        self.place_in_walk = 0
        self.sample = SampleBox(sample_choice(controls))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.back, self.play, self.forth = QToolButton(), QToolButton(), QToolButton()
        self.where = QLabel()
        self.film = FilmStrip(studio.theme)
        self.heading = QLabel()
        self.before, self.after = PictureBefore(studio.theme), PictureAfter(studio.theme)
        self.size_before, self.size_after = QLabel(), QLabel()
        self.tale = QTextBrowser()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.clock = QTimer(self)
        self._build()
        self._connect()

    # -- what is shown ------------------------------------------------------------------------

    @property
    def moment(self) -> Moment | None:
        """The moment that is shown."""
        return None if self.walk is None else self.walk.moments[self.place_in_walk]

    def start(self) -> None:
        """Asks a worker for all stages of the sample."""
        pipeline, picture = self.pipeline, self.picture
        assert pipeline is not None
        assert picture is not None
        seed, epoch, index = self.seed, self.epoch, self.sample.index
        self.sample.setEnabled(pipeline.numbers > 0)
        self.compute(
            lambda state: walk_of(pipeline, picture, state, seed=seed, epoch=epoch, index=index),
            self._arrived,
            title=self.tr("Preparing the steps of {name}").format(name=picture.name),
            visible=self.takes_long(len(pipeline.steps)),
        )

    def forget(self) -> None:
        """Shows nothing."""
        self.walk = None
        self._pause()

    def _arrived(self, walk: Walk) -> None:
        """Shows a walk where the last one stood, as far as both have the same moments."""
        before = self.moment
        self.walk = walk
        words = [tile_words(walk, place) for place in range(len(walk.images))]
        self.film.show_film(walk.images, words)
        moments = walk.moments
        place = moments.index(before) if before in moments else 0
        if before is not None and before not in moments:
            place = next((p for p, m in enumerate(moments) if m == Moment(before.step)), 0)
        self.slider.setRange(0, len(moments) - 1)
        self.go_to(place)

    def go_to(self, place: int) -> None:
        """Shows a moment of the walk, counted from 0."""
        if self.walk is None:
            return
        self.place_in_walk = min(max(0, place), len(self.walk.moments) - 1)
        self.slider.setValue(self.place_in_walk)
        self._show_moment()

    def step(self, by: int) -> None:
        """Goes to a later or an earlier moment, as a person asks."""
        self._pause()
        self.go_to(self.place_in_walk + by)

    def _show_moment(self) -> None:
        walk, moment = self.walk, self.moment
        assert walk is not None
        assert moment is not None
        said = heading(walk, moment)
        self.heading.setText(said)
        self.film.select(moment.step + 1, said)
        self.tale.setHtml(tale(walk, moment, self.studio.theme))
        self.before.show_moment(walk, moment, border_colour(walk.pipeline))
        self._show_after(walk, moment)
        count = len(walk.moments)
        text = self.tr("{place} of {count}")
        self.where.setText(text.format(place=self.place_in_walk + 1, count=count))
        self.back.setEnabled(self.place_in_walk > 0)
        self.forth.setEnabled(self.place_in_walk < count - 1)

    def _show_after(self, walk: Walk, moment: Moment) -> None:
        height, width = walk.size_before(max(moment.step, 0))
        self.size_before.setText(self.tr("Before: {size} px").format(size=size_text(width, height)))
        refused = moment.attempt is not None and not (
            walk.draw.steps[moment.step].attempts[moment.attempt].accepted
        )
        if moment.step < 0 or refused:
            text = self.tr("Refused: the step draws anew.") if refused else ""
            self.after.show_image(QImage(), text)
            self.size_after.clear()
            return
        high, wide = walk.draw.steps[moment.step].size
        ending = walk.pipeline.ending is not None and moment.step == len(walk.pipeline.steps) - 1
        text = self.tr("After: {size} px") + (self.tr(", lowest value dark") if ending else "")
        self.size_after.setText(text.format(size=size_text(wide, high)))
        self.after.show_image(walk.images[moment.step + 1], "")

    # -- playing --------------------------------------------------------------------------------

    def _play(self, playing: bool) -> None:
        if playing and self.walk is not None:
            if self.place_in_walk == len(self.walk.moments) - 1:
                self.go_to(0)
            self.clock.start(PACE_MS)
        else:
            self.clock.stop()
        self._draw_play()

    def _next(self) -> None:
        """Shows the next moment while the walk plays; ends at the last."""
        if self.walk is None or self.place_in_walk >= len(self.walk.moments) - 1:
            self._pause()
        else:
            self.go_to(self.place_in_walk + 1)

    def _pause(self) -> None:
        self.play.setChecked(False)

    def _draw_play(self) -> None:
        playing = self.clock.isActive()
        self.play.setText(self.tr("Pause") if playing else self.tr("Play"))
        name = "mdi6.pause" if playing else "mdi6.play"
        self.play.setIcon(icon(name, self.studio.theme))

    # -- reacting -------------------------------------------------------------------------------

    def _slid(self, place: int) -> None:
        if self.walk is not None and place != self.place_in_walk:
            self._pause()
            self.go_to(place)

    def _clicked(self, picture: int) -> None:
        """Shows the result of the step whose picture in the film was clicked."""
        if self.walk is not None:
            self._pause()
            self.go_to(self.walk.moments.index(Moment(picture - 1)))

    def _jumped(self, end: bool) -> None:
        self._pause()
        self.go_to(len(self.walk.moments) - 1 if end and self.walk is not None else 0)

    def _sample_chosen(self) -> None:
        self.refresh(again=True)

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        for part in (self.film, self.before, self.after):
            part.set_theme(theme)
        self._draw_buttons()
        if self.walk is not None:
            self._show_moment()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Makes the film low where the pictures need its room."""
        super().resizeEvent(event)
        self.film.set_low(self.lines_high < _LINES_FOR_FILM)

    def hideEvent(self, event: QHideEvent) -> None:
        """Stops playing: nobody looks."""
        super().hideEvent(event)
        self._pause()

    # -- what is exported -----------------------------------------------------------------------

    @property
    def has_image(self) -> bool:
        """Whether there is a walk."""
        return self.walk is not None

    @property
    def has_table(self) -> bool:
        """Whether there is a walk."""
        return self.walk is not None

    def image(self) -> QImage | None:
        """Returns the whole walk as one picture: every step with its words."""
        if self.walk is None:
            return None
        return walk_sheet(self.walk, self.title_lines(), self.studio.theme, self.font())

    def table(self) -> str | None:
        """Returns every step and every attempt as CSV."""
        return None if self.walk is None else walk_csv(self.walk)

    def title_lines(self) -> list[str]:
        """Returns what stands above: also which sample it is."""
        sample = self.tr("Sample {number}").format(number=self.sample.index + 1)
        return [*super().title_lines(), sample]

    # -- building -------------------------------------------------------------------------------

    def _build(self) -> None:
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 2, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._control_row())
        column.addWidget(self.film)
        column.addWidget(self.heading)
        column.addWidget(self.splitter, 1)
        self.heading.setWordWrap(True)
        self.heading.setFont(_large(self.heading.font()))
        self.heading.setAccessibleName(self.tr("What has just happened"))
        self.splitter.addWidget(self._pictures())
        self.splitter.addWidget(self.tale)
        self.splitter.setChildrenCollapsible(False)
        sizes = self.studio.settings["splitters"].get(_SPLITTER, [_PICTURES, _TALE])
        self.splitter.setSizes(sizes)
        self.tale.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.tale.setMinimumWidth(180)
        self.tale.setAcceptDrops(False)  # a picture dropped here is for the window
        self.tale.viewport().setAcceptDrops(False)
        self.tale.setAccessibleName(self.tr("What was drawn, and what came of it"))

    def _control_row(self) -> QWidget:
        row = QWidget()
        flow = FlowLayout(row, gap=8, fill=True)
        self.slider.setMinimumWidth(120)
        self.slider.setPageStep(1)
        self.slider.setAccessibleName(self.tr("Moment of the walk"))
        self.slider.setToolTip(self.tr("Drag through the walk; the arrow keys do the same."))
        self._build_buttons()
        for widget in (self.sample, self.back, self.play, self.forth, self.slider):
            flow.addWidget(widget)
        flow.addWidget(self.where)
        flow.addWidget(self.make_export_button())
        return row

    def _build_buttons(self) -> None:
        for button, text, tip in (
            (self.back, self.tr("Back"), self.tr("The moment before (←).")),
            (self.play, self.tr("Play"), self.tr("Walk through all moments by itself (Space).")),
            (self.forth, self.tr("Next"), self.tr("The next moment (→).")),
        ):
            button.setText(text)
            button.setToolTip(tip)
            button.setAccessibleName(text)
            button.setProperty("framed", True)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.play.setCheckable(True)
        self._draw_buttons()

    def _draw_buttons(self) -> None:
        self.back.setIcon(icon("mdi6.chevron-left", self.studio.theme))
        self.forth.setIcon(icon("mdi6.chevron-right", self.studio.theme))
        self._draw_play()

    def _pictures(self) -> QWidget:
        both = QWidget()
        row = QHBoxLayout(both)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        for words, view in ((self.size_before, self.before), (self.size_after, self.after)):
            column = QVBoxLayout()
            column.setSpacing(2)
            words.setFont(bold(words.font()))
            column.addWidget(words)
            column.addWidget(view, 100)
            column.addStretch(1)
            row.addLayout(column, 1)
        return both

    def _connect(self) -> None:
        self.sample.changed.connect(self._sample_chosen)
        self.slider.valueChanged.connect(self._slid)
        self.back.clicked.connect(lambda: self.step(-1))
        self.forth.clicked.connect(lambda: self.step(1))
        self.play.toggled.connect(self._play)
        self.clock.timeout.connect(self._next)
        self.film.chosen.connect(self._clicked)
        self.film.moved.connect(self.step)
        self.film.jumped.connect(self._jumped)
        self.film.play_asked.connect(self.play.toggle)
        self.splitter.splitterMoved.connect(self._remember_splitter)

    def _remember_splitter(self) -> None:
        splitters = dict(self.studio.settings["splitters"])
        self.studio.settings["splitters"] = splitters | {_SPLITTER: self.splitter.sizes()}


def _large(font: QFont) -> QFont:
    larger = bold(font)
    larger.setPointSizeF(font.pointSizeF() * 1.25)
    return larger
