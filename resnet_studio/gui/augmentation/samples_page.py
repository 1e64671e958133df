"""The view *Samples*: at the left one sample's story, at the right all samples.

What chance decides and what happens to the pixels is `data`'s, the same code that training calls.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QImage, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from resnet_studio.data.augment import AugmentSpec
from resnet_studio.data.augment_steps import PadCrop, RandomRotation
from resnet_studio.gui.augmentation.controls import Controls
from resnet_studio.gui.augmentation.export_menu import ExportButton
from resnet_studio.gui.augmentation.exports import SAMPLE_COMMANDS, SampleExports, grid_sheet
from resnet_studio.gui.augmentation.grid_view import GridScroll, GridView
from resnet_studio.gui.augmentation.lab_page import LabPage
from resnet_studio.gui.augmentation.sample_side import SampleSide
from resnet_studio.gui.augmentation.samples import (
    Drawn,
    Event,
    Original,
    Pixels,
    Request,
    parameters_csv,
    prepare,
)
from resnet_studio.gui.augmentation.words import longest_caption, summary
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme

_LINES_FOR_SENTENCE = 26
_SPLITTER = "augmentation"
_SIDE_WIDTH, _REST = 340, 590


class SamplesPage(LabPage):
    """What training and validation would see of the picture of the window.

    Attributes:
        shown: The request whose samples are shown; None if there are none.

    Signals:
        sample_opened(int): A sample is to be walked through step by step; counted from 0.
    """

    sample_opened = Signal(int)

    needs_torch = False  # rectangles and parameters are there before the pixels
    lane = "preview"
    patience_ms = 250

    def __init__(self, studio: Studio, controls: Controls, parent: QWidget | None = None) -> None:
        super().__init__(studio, controls, parent)
        self.shown: Request | None = None
        self._request: Request | None = None
        self._refusal = ""
        self.side = SampleSide(studio)
        self.grid = GridView(studio.theme)
        self.grid_scroll = GridScroll(self.grid)
        self.notice = QLabel()
        self.summary = QLabel()
        self.sentence = QLabel()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self._build()
        self.exports = SampleExports(self)
        self.grid.selection_changed.connect(self._show_selected)
        self.grid.hovered.connect(self._show_selected)
        self.grid.opened.connect(self.sample_opened)
        self.splitter.splitterMoved.connect(self._remember_splitter)
        self.place.setCurrentWidget(self.body)

    # -- asking for samples -------------------------------------------------------------------

    def start(self) -> None:
        """Asks a worker for the samples."""
        assert self.picture is not None
        assert self.pipeline is not None
        if self.picture is not self.side.awaited:
            self._show_nothing()
            self.side.await_picture(self.picture)
        request = Request(
            pipeline=self.pipeline,
            picture=self.picture,
            seed=self.seed,
            epoch=self.epoch,
            count=self.count,
            pixels=self.studio.torch.state == "ready",
            original=self.side.picture is not self.picture,
        )
        self._request = request
        self._refusal = ""
        self._say_why()
        self.compute(
            lambda state: prepare(request, state),
            on_event=lambda event: self._arrived(request, event),
            title=self.tr("Preparing samples of {name}").format(name=request.picture.name),
            visible=request.takes_long,
        )

    def _arrived(self, request: Request, event: Event) -> None:
        match event:
            case Original():
                self.side.show_picture(request.picture, event.image)
            case Drawn():
                self._show_draws(request, event)
            case Pixels():
                self.grid.show_pixels(event.index, event.image)
                if event.index == self.grid.selected:
                    self._show_selected()

    def _show_draws(self, request: Request, drawn: Drawn) -> None:
        self.shown = request
        self.grid.show_draws(drawn.draws, longest_caption(request.pipeline))
        for index, image in enumerate(drawn.images):
            self.grid.show_pixels(index, image)
        self.side.original.show_draws(
            drawn.draws, border=_border(request.pipeline), fill=border_colour(request.pipeline)
        )
        self.summary.setText(summary(drawn.draws))
        self.sentence.setText(self._sentence(request))
        self.summary.setToolTip(self.sentence.text())
        self._show_selected()

    def stopped(self) -> None:
        """Offers the samples for saving; says so if the person stopped the work."""
        request = self._request
        complete = self.grid.complete
        self.studio.commands.set_condition("samples", complete)
        if request is not None and request.pixels and not complete and not self._refusal:
            self._refusal = self.tr("Stopped. Change seed, epoch or number of samples to go on.")
            self._say_why()

    def forget(self) -> None:
        """Takes all samples and the picture away."""
        self._show_nothing()
        self.side.await_nothing()

    def _show_nothing(self) -> None:
        """Takes all samples away."""
        self._request = self.shown = None
        self.grid.clear()
        self.side.forget()
        self.side.original.show_draws((), border=0)
        self.summary.clear()
        self.sentence.clear()
        self.studio.commands.set_condition("samples", False)

    # -- what is exported ---------------------------------------------------------------------

    @property
    def has_image(self) -> bool:
        """Whether every sample has its pixels."""
        return self.grid.complete

    @property
    def has_table(self) -> bool:
        """Whether it is known what chance decided."""
        return self.shown is not None

    def image(self) -> QImage | None:
        """Returns all samples with title and parameters as one picture."""
        if not self.grid.complete:
            return None
        lines = [*self.title_lines(), self.summary.text()]
        return grid_sheet(self.grid, lines, self.studio.theme, self.font())

    def table(self) -> str | None:
        """Returns what chance decided for every sample as CSV."""
        return None if self.shown is None else parameters_csv(self.shown, self.grid.draws)

    # -- words --------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """Says above the samples why there are none."""
        self._refusal = text
        self._say_why()

    def _sentence(self, request: Request) -> str:
        """Says how the samples and training belong together."""
        if not request.pipeline.numbers:
            return self.tr(
                "No chance in this pipeline: this one crop is what the network reads every time. "
                "Training and this view call the same code."
            )
        return self.tr(
            "Training calls the same code with the run's seed: with seed {seed}, this picture as "
            "number 1 to {count} of a data set gives exactly these samples in epoch\u00a0{epoch}."
        ).format(seed=request.seed, count=request.count, epoch=request.epoch + 1)

    def _say_why(self) -> None:
        """Says what is missing and why; nothing if all is there."""
        torch = self.studio.torch
        if self._refusal:
            self._note(self._refusal, warning=True)
        elif torch.state == "failed":
            said = self.tr("Without torch there are rectangles and parameters, but no pixels.")
            self._note(f"{said} {torch.message} {torch.remedy}", warning=True)
        elif torch.state != "ready":
            self._note(
                self.tr(
                    "torch is being loaded; the pixels follow. Rectangles and parameters are "
                    "already final."
                )
            )
        else:
            self._note("")

    def _note(self, text: str, *, warning: bool = False) -> None:
        self.notice.setText(text)
        self.notice.setVisible(bool(text))
        self.notice.setProperty("warning", warning)
        self.notice.style().unpolish(self.notice)
        self.notice.style().polish(self.notice)

    # -- reacting -----------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self.side.set_theme(theme)
        self.grid.set_theme(theme)

    def _show_selected(self) -> None:
        """Tells of the sample under the pointer, or else of the selected one."""
        hovered = self.grid.hovered_index
        index = self.grid.selected if hovered < 0 else hovered
        if self.shown is None or index >= len(self.grid.draws):
            self.side.original.show_strong(None)
            return
        self.side.original.show_strong(index)
        selected = self.grid.selected
        draw, image = self.grid.draws[selected], self.grid.image(selected)
        self.side.show_sample(self.shown.pipeline, draw, selected, image)

    # -- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(4, 0, 0, 0)
        column.setSpacing(4)
        self.notice.setWordWrap(True)
        self.notice.setAccessibleName(self.tr("Notice"))
        self.notice.hide()
        column.addWidget(self.notice)
        column.addWidget(self.grid_scroll, 1)
        column.addLayout(self._foot())
        self.splitter.addWidget(self.side)
        self.splitter.addWidget(right)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 2)
        self.side.setMinimumWidth(240)
        self.splitter.setSizes(
            self.studio.settings["splitters"].get(_SPLITTER, [_SIDE_WIDTH, _REST])
        )
        whole = QVBoxLayout(self.body)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.splitter)

    def _foot(self) -> QHBoxLayout:
        for label in (self.summary, self.sentence):
            label.setWordWrap(True)
        self.summary.setProperty("heading", True)
        self.summary.setAccessibleName(self.tr("Kept area of all samples"))
        self.sentence.setProperty("muted", True)
        self.export_button = ExportButton(self.studio, SAMPLE_COMMANDS)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.summary)
        words.addWidget(self.sentence)
        foot = QHBoxLayout()
        foot.addLayout(words, 1)
        foot.addWidget(self.export_button, 0, Qt.AlignmentFlag.AlignTop)
        return foot

    def _remember_splitter(self) -> None:
        splitters = dict(self.studio.settings["splitters"])
        self.studio.settings["splitters"] = splitters | {_SPLITTER: self.splitter.sizes()}

    # -- Qt -----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves the sentence to the tool tip where the samples need its room."""
        super().resizeEvent(event)
        self._make_room()

    def changeEvent(self, event: QEvent) -> None:
        """The same for larger words."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._make_room()

    def _make_room(self) -> None:
        self.sentence.setVisible(self.lines_high >= _LINES_FOR_SENTENCE)


def _border(pipeline: AugmentSpec) -> float:
    """Returns how far a crop may reach beyond the picture, as a share of the crop's side."""
    return sum(step.padding / step.size for step in pipeline.steps if isinstance(step, PadCrop))


def border_colour(pipeline: AugmentSpec) -> QColor:
    """Returns the colour of what comes in from outside; the last step that fills decides."""
    filled = [step for step in pipeline.steps if isinstance(step, PadCrop | RandomRotation)]
    return QColor(*filled[-1].fill) if filled else QColor(Qt.GlobalColor.black)
