"""The *Augmentation* panel: at the left one sample's story, at the right all samples.

The panel asks for samples whenever picture, pipeline, seed, epoch or count change, in a worker,
and only while it is shown. What chance decides and what happens to the pixels is `data`'s, the
same code that training calls.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.data.augment import AugmentSpec, PadCrop
from resnet_studio.data.imaging import Picture
from resnet_studio.errors import StudioError
from resnet_studio.gui.augmentation.chain import PipelineChain
from resnet_studio.gui.augmentation.controls import Controls
from resnet_studio.gui.augmentation.exports import AugmentationExports
from resnet_studio.gui.augmentation.grid_view import GridScroll, GridView
from resnet_studio.gui.augmentation.original_view import visible_box
from resnet_studio.gui.augmentation.sample_side import SampleSide
from resnet_studio.gui.augmentation.samples import (
    Drawn,
    Event,
    Original,
    Pixels,
    Request,
    prepare,
)
from resnet_studio.gui.augmentation.words import longest_caption, summary
from resnet_studio.gui.icons import icon
from resnet_studio.gui.studio import Studio, TorchStatus
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.empty_state import EmptyState

_EXPORT_ICON = "mdi6.export-variant"
_LINES_FOR_SENTENCE = 36
_SPLITTER = "augmentation"
_SIDE_WIDTH, _REST = 340, 590


class AugmentationPanel(QWidget):
    """What training and validation would see of the picture of the window.

    Attributes:
        shown: The request whose samples are shown; None if there are none.

    Signals (GUI thread):
        settled(): The samples asked for last are all there, or it is said why not.
    """

    settled = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.shown: Request | None = None
        self._request: Request | None = None
        self._named: Picture | None = None
        self._refusal: StudioError | None = None
        self.controls = Controls(studio, self)
        self.chain = PipelineChain(studio.theme)
        self.side = SampleSide(studio)
        self.grid = GridView(studio.theme)
        self.grid_scroll = GridScroll(self.grid)
        self.notice = QLabel()
        self.summary = QLabel()
        self.sentence = QLabel()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.pages = QStackedWidget()
        self._build()
        self.exports = AugmentationExports(self)
        self._connect()
        self._refresh()

    def title_lines(self) -> list[str]:
        """Returns what an exported picture says above the samples."""
        if self.shown is None:
            return []
        return [self.shown.picture.name, self._which(self.shown), self.summary.text()]

    def new_seed(self) -> None:
        """Shows other samples."""
        self.controls.new_seed()

    def previous_seed(self) -> None:
        """Shows the samples of the seed before."""
        self.controls.previous_seed()

    # -- asking for samples -------------------------------------------------------------------

    def _refresh(self) -> None:
        """Asks for the samples that are wished now, unless they are shown or under way."""
        picture, choices = self.studio.picture, self.controls.choices
        self.chain.show_pipeline(self.controls.pipeline)
        if picture is None:
            self._forget()
            self.pages.setCurrentWidget(self.empty)
            return
        self.pages.setCurrentWidget(self.filled)
        if picture is not self._named:
            self._await(picture)
        if choices is None:
            self._forget()
            self._refusal = self.controls.refusal
            self._say_why()
        elif self.isVisible():
            self._ask(
                Request(
                    pipeline=choices.pipeline,
                    picture=picture,
                    seed=choices.seed,
                    epoch=choices.epoch,
                    count=choices.count,
                    pixels=self.studio.torch.state == "ready",
                    original=self.side.picture is not picture,
                )
            )

    def _await(self, picture: Picture) -> None:
        """Takes the samples of another picture away before those of this one come."""
        self._forget()
        self._named = picture
        self.side.await_picture(picture)

    def _ask(self, request: Request) -> None:
        """Starts the work in a worker; an earlier request that is still at work is dropped."""
        if request.asks_the_same(self._request):
            return
        self._request = request
        self._refusal = None
        self._say_why()
        self.studio.workers.start(
            lambda state: prepare(request, state),
            title=self.tr("Preparing samples of {name}").format(name=request.picture.name),
            lane="preview",
            replace=True,
            visible=request.takes_long,
            on_event=lambda event: self._arrived(request, event),
            on_error=self._failed,
            on_done=lambda: self._ended(request),
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
        boxes = [draw.crop_box for draw in drawn.draws]
        visible = [visible_box(draw) for draw in drawn.draws]
        self.side.original.show_boxes(boxes, visible, border=_border(request.pipeline))
        self.summary.setText(summary(drawn.draws))
        self.sentence.setText(self._sentence(request))
        self.summary.setToolTip(self.sentence.text())
        self.studio.commands.set_condition("draws", True)
        self.studio.commands.set_condition("samples", False)
        self._show_selected()

    def _ended(self, request: Request) -> None:
        """Offers the samples for saving; says so if the person stopped the work."""
        if self._request is not request:
            return
        self.studio.commands.set_condition("samples", self.grid.complete)
        if request.pixels and not self.grid.complete:
            self._request = None
            self._warn(self.tr("Stopped. Change seed, epoch or number of samples to go on."))
        self.settled.emit()

    def _failed(self, error: BaseException) -> None:
        """Says why there are no samples: in the panel if the picture is to blame."""
        self._forget()
        if isinstance(error, StudioError):
            self._refusal = error
            self._say_why()
        else:
            self.studio.show_error(error)
            self._warn(self.tr("The samples could not be made."))
        self.settled.emit()

    def _forget(self) -> None:
        """Takes all samples away."""
        self.studio.workers.cancel_lane("preview")
        self._request = self.shown = None
        self.grid.clear()
        self.side.forget()
        self.side.original.show_boxes((), (), border=0)
        self.summary.clear()
        self.sentence.clear()
        for condition in ("draws", "samples"):
            self.studio.commands.set_condition(condition, False)

    # -- words --------------------------------------------------------------------------------

    def _which(self, request: Request) -> str:
        if not request.pipeline.numbers:
            return request.pipeline.name
        return self.tr("{pipeline} · seed {seed} · epoch {epoch}").format(
            pipeline=request.pipeline.name, seed=request.seed, epoch=request.epoch + 1
        )

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
        if self._refusal is not None:
            self._warn(str(self._refusal))
        elif torch.state == "failed":
            self._warn(
                self.tr("Without torch there are rectangles and parameters, but no pixels.")
                + f" {torch.message} {torch.remedy}"
            )
        elif torch.state != "ready":
            self._note(
                self.tr(
                    "torch is being loaded; the pixels follow. Rectangles and parameters are "
                    "already final."
                )
            )
        else:
            self._note("")

    def _warn(self, text: str) -> None:
        self._note(text, warning=True)

    def _note(self, text: str, *, warning: bool = False) -> None:
        self.notice.setText(text)
        self.notice.setVisible(bool(text))
        self.notice.setProperty("warning", warning)
        self.notice.style().unpolish(self.notice)
        self.notice.style().polish(self.notice)

    # -- reacting -----------------------------------------------------------------------------

    def _picture_changed(self, _picture: Picture | None) -> None:
        self._refresh()

    def _torch_changed(self, _status: TorchStatus) -> None:
        self._say_why()
        self._refresh()

    def _theme_changed(self, theme: Theme) -> None:
        for part in (self.chain, self.side, self.grid):
            part.set_theme(theme)
        self.export_button.setIcon(icon(_EXPORT_ICON, theme))

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
        self.empty = self._empty_page()
        self.filled = self._filled_page()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.filled)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(8)
        column.addWidget(self.controls.pipeline_row)
        column.addWidget(self.chain)
        column.addWidget(self.pages, 1)

    def _filled_page(self) -> QWidget:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(4, 0, 0, 0)
        column.setSpacing(4)
        self.notice.setWordWrap(True)
        self.notice.setAccessibleName(self.tr("Notice"))
        column.addWidget(self.controls.chance_row)
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
        return self.splitter

    def _foot(self) -> QHBoxLayout:
        for label in (self.summary, self.sentence):
            label.setWordWrap(True)
        self.summary.setProperty("heading", True)
        self.summary.setAccessibleName(self.tr("Kept area of all samples"))
        self.sentence.setProperty("muted", True)
        self.export_button = QToolButton()
        self.export_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.export_button.setIcon(icon(_EXPORT_ICON, self.studio.theme))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.summary)
        words.addWidget(self.sentence)
        foot = QHBoxLayout()
        foot.addLayout(words, 1)
        foot.addWidget(self.export_button, 0, Qt.AlignmentFlag.AlignTop)
        return foot

    def _empty_page(self) -> QWidget:
        commands = self.studio.commands
        return EmptyState(
            self.tr("Drop a picture anywhere on the window"),
            self.tr(
                "You will see what training reads of it: which part each sample keeps, how it is "
                "stretched and flipped, and how the dice fell."
            ),
            [commands.action(f"picture.{verb}") for verb in ("open", "paste", "sample")],
        )

    def _connect(self) -> None:
        studio = self.studio
        studio.picture_changed.connect(self._picture_changed)
        studio.torch_changed.connect(self._torch_changed)
        studio.theme_changed.connect(self._theme_changed)
        studio.commands.connect("augmentation.new_seed", self.new_seed)
        studio.commands.connect("augmentation.previous_seed", self.previous_seed)
        self.controls.changed.connect(self._refresh)
        self.grid.selection_changed.connect(self._show_selected)
        self.grid.hovered.connect(self._show_selected)
        self.splitter.splitterMoved.connect(self._remember_splitter)
        self.export_button.setText(self.tr("Copy or save"))
        self.export_button.setProperty("framed", True)
        self.export_button.setToolTip(
            self.tr("Copy or save the samples, the selected one, or the parameters.")
        )
        self.export_button.setAccessibleName(self.tr("Copy or save"))
        self.export_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.export_button.setMenu(self.exports.menu())

    def _remember_splitter(self) -> None:
        splitters = dict(self.studio.settings["splitters"])
        self.studio.settings["splitters"] = splitters | {_SPLITTER: self.splitter.sizes()}

    # -- Qt -----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Asks for what was put off while the panel was hidden."""
        super().showEvent(event)
        self._refresh()

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
        lines = self.height() / self.fontMetrics().height()
        self.sentence.setVisible(lines >= _LINES_FOR_SENTENCE)


def _border(pipeline: AugmentSpec) -> float:
    """Returns how far a crop may reach beyond the picture, as a share of the crop's side."""
    return sum(step.padding / step.size for step in pipeline.steps if isinstance(step, PadCrop))
