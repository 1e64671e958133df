"""The view *Surgery*: cut shortcuts, remove blocks, scale what they add, and see what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.architecture.graph import Block, ShortcutForm
from resnet_studio.gui.features.accuracy_box import AccuracyBox
from resnet_studio.gui.features.bench import Bench
from resnet_studio.gui.features.class_changes import ClassChanges
from resnet_studio.gui.features.inside_page import InsidePage
from resnet_studio.gui.features.lesion_box import LesionBox
from resnet_studio.gui.features.surgery_diagram import SurgeryDiagram, Target
from resnet_studio.gui.features.surgery_editor import SurgeryEditor
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.surgery_words import count_text, lines_of, tr, why_impossible
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.elided_label import ElidedLabel
from resnet_studio.gui.widgets.export import copy_image, save_bytes, save_image
from resnet_studio.gui.widgets.operated_badge import OperatedBadge
from resnet_studio.gui.workers import Task, TaskState
from resnet_studio.probe.surgery import Operation

if TYPE_CHECKING:
    from resnet_studio.probe.framing import Framing
    from resnet_studio.probe.predict import Prediction
    from resnet_studio.probe.stepwise import Walk

    Classes = tuple[Prediction, ...]

_SPLITTER, _TAB = "surgery", "surgery.tab"
_LANE = "surgery.classes"
_KEPT_BYTES = 64 << 20
"""On the way of the picture: all of ResNet-152 at 224 px, or of ResNet-1202 at 32."""
_LEAST_HEIGHT, _ONE_ROW = 84, 150
"""Pixels of the diagram that are never given up: one row of blocks, where it is no more."""
_SHARE = 0.36
"""Share of the page that the diagram of a deep network may keep."""


class SurgeryPage(InsidePage):
    """Operates on the network and shows what comes of it.

    Signals (GUI thread):
        answered(): What the operated network says of the picture is shown, or cannot be.

    Attributes:
        answering: Whether that is being computed, and should have the processor to itself.
    """

    answered = Signal()
    needs_picture = False

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.state = ElidedLabel()
        self.diagram = SurgeryDiagram(studio.theme)
        self.editor = SurgeryEditor()
        self.bench = Bench(studio, self)
        self.accuracy = AccuracyBox(studio, self.bench)
        self.lesions = LesionBox(studio, self.bench)
        self.classes = ClassChanges(studio.theme)
        self.no_picture = QLabel()
        self.picture_place = QStackedWidget()
        self.tabs = QTabWidget()
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.answering = False
        self._asking: Task | None = None
        self._walk: tuple[object, object, Framing, Walk] | None = None
        self._build()
        self._connect()
        self._show_spec()

    # -- what a view does -----------------------------------------------------------------------

    def start(self) -> None:
        """Shows what the network says now; measures what is asked for."""
        assert self.network is not None  # refresh has seen to it
        if reason := why_impossible(self.network.spec):
            self.say(reason)
            return
        self.place.setCurrentWidget(self.body)
        self._show_surgery()
        if not self._classify():
            self._answered()

    def forget(self) -> None:
        """Takes the classes away."""
        self.classes.show_classes((), ())

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        for part in (self.diagram, self.lesions, self.classes):
            part.set_theme(theme)

    # -- the classes of the picture -------------------------------------------------------------

    def _classify(self) -> bool:
        """Asks intact and operated network; what lies before the first cut is not computed anew.

        Returns:
            Whether there is a picture to ask about.
        """
        picture, network = self.studio.picture, self.studio.network
        self.picture_place.setCurrentWidget(self.no_picture if picture is None else self.classes)
        if picture is None or network is None or not self.isVisible():
            return False
        framing = self.studio.framing_choice.framing
        intact, known = network.intact or network, self._walk

        def job(state: TaskState) -> tuple[Walk, Classes, Classes]:
            from resnet_studio.probe.predict import prepare, rank
            from resnet_studio.probe.stepwise import logits_after, walk

            if known is not None and known[:3] == (intact, picture, framing):
                taken = known[3]
            else:
                batch = prepare(intact, picture, framing).batch
                taken = walk(intact, batch, state.check, most_bytes=_KEPT_BYTES)
            logits = logits_after(network, taken, state.check)
            every = network.spec.classes
            return taken, rank(intact, taken.logits, top=every), rank(network, logits, top=every)

        def arrived(found: tuple[Walk, Classes, Classes]) -> None:
            self._walk = (intact, picture, framing, found[0])
            self.classes.show_classes(found[1], found[2])

        def ended() -> None:
            if task is self._asking:
                self._answered()

        self.answering = True
        task = self._asking = self.studio.workers.start(
            job,
            title=self.tr("Asking the operated network"),
            lane=_LANE,
            replace=True,
            on_result=arrived,
            on_error=self._failed,
            on_done=ended,
        )
        return True

    def _answered(self) -> None:
        """Lets all else begin that a person waits for less."""
        self.answering = False
        self.answered.emit()
        if self.network is not None and self.isVisible():
            self.accuracy.follow(self.network)

    # -- operating ------------------------------------------------------------------------------

    def _clicked(self, block: str, target: Target) -> None:
        if target is Target.SHORTCUT:
            self.studio.operating.toggle_shortcut(block)
        else:
            self.studio.operating.toggle_block(block)

    def _edited(self, operation: Operation, drag: str) -> None:
        operating, block = self.studio.operating, self.studio.operating.selected_block
        if block:
            after = operating.surgery.changed(
                block, shortcut=operation.shortcut, branch=operation.branch
            )
            text = self.tr("Scale {block}").format(block=block)
            operating.set(after, text, drag=f"{block} {drag}" if drag else "")

    def remove_each_block(self) -> None:
        """Measures what each block is worth."""
        self.tabs.setCurrentWidget(self.lesions)
        self.lesions.start()

    # -- following the studio -------------------------------------------------------------------

    def _show_spec(self, _spec: object = None) -> None:
        self.diagram.show_network(self.studio.graph)
        self._fit_upper()
        self.forget()
        self._walk = None
        self._show_surgery()

    def _surgery_changed(self, _surgery: object) -> None:
        # Before the operated network comes, of which the panel around hears first.
        there = self.studio.picture is not None and self.studio.network is not None
        self.answering = there and self.isVisible()
        self._show_surgery()

    def _show_surgery(self, _surgery: object = None) -> None:
        surgery = self.studio.operating.surgery
        self.diagram.show_surgery(surgery)
        text = self.tr("The network is intact: click a shortcut or a block.")
        if surgery:
            text = f"{count_text(surgery.changes)}: {'; '.join(lines_of(surgery))}"
        self.state.setText(text)
        self.state.setToolTip(text)
        self._show_block()

    def _show_block(self, _selection: object = None) -> None:
        block = self.studio.operating.selected_block
        self.diagram.select(block)
        self.lesions.plot.select(block)
        title = _title(self.studio.graph.find(block)) if block else ""
        self.editor.show_block(title, self.studio.operating.surgery.of(block))
        if block and self.isVisible():
            upper = self.diagram.part_rect(block, Target.SHORTCUT).top()
            lower = self.diagram.part_rect(block, Target.NAME).bottom()
            above = self.diagram.fontMetrics().height() + 6
            self.area.ensureVisible(0, round(lower), 0, 4)
            self.area.ensureVisible(0, round(upper), 0, above)

    def _fit_upper(self) -> None:
        """Leaves to the figures below what the diagram does not need."""
        layout = self.upper.layout()
        assert layout is not None  # made in `_build`
        needed = self.diagram.heightForWidth(self.area.width()) + 10
        most = max(_ONE_ROW, round(_SHARE * self.height()))
        self.area.setMinimumHeight(max(_LEAST_HEIGHT, min(needed, most)))
        around = layout.minimumSize().height() - self.area.minimumHeight()
        self.upper.setMaximumHeight(around + max(needed, self.area.minimumHeight()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Gives the diagram as much height as it needs at the new width, and no more."""
        super().resizeEvent(event)
        self._fit_upper()

    # -- copying and saving ---------------------------------------------------------------------

    def copy_picture(self) -> None:
        """Puts the view into the clipboard as a picture."""
        image = self.image()
        if image is not None:
            copy_image(image)
            self.studio.show_message(self.tr("The view is in the clipboard."))

    def save_picture(self) -> None:
        """Asks for a name and saves the view as PNG."""
        image = self.image()
        if image is not None:
            save_image(self.studio, image, f"{self.studio.spec.name}_surgery.png")

    def copy_text(self) -> None:
        """Copies what was done and what came of it."""
        parts = [self.caption(), *lines_of(self.studio.operating.surgery)]
        parts += [self.accuracy.as_text(), self.classes.as_text()]
        QGuiApplication.clipboard().setText("\n".join(filter(None, parts)))
        self.studio.show_message(self.tr("The figures are in the clipboard."))

    def save_classes(self) -> None:
        """Asks for a name and saves the classes before and after as CSV."""
        path = self.studio.save_file(
            self.tr("Save the classes"),
            f"{self.studio.spec.name}_operated_classes.csv",
            self.tr("CSV table (*.csv)"),
        )
        if path is not None:
            content = self.classes.as_csv().encode("utf-8")
            save_bytes(self.studio, content, path.with_suffix(".csv"))

    # -- building -------------------------------------------------------------------------------

    def _build(self) -> None:
        self.area = QScrollArea()
        self.area.setWidget(self.diagram)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setMinimumHeight(_LEAST_HEIGHT)
        self.upper = QWidget()
        column = QVBoxLayout(self.upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(self._state_row())
        column.addWidget(self.area, 1)
        column.addWidget(self.editor)
        self.splitter.addWidget(self.upper)
        self.splitter.addWidget(self._lower())
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setStretchFactor(0, 2)
        self.splitter.setStretchFactor(1, 3)
        self.splitter.setSizes(self.studio.settings["splitters"].get(_SPLITTER, [190, 330]))
        whole = QVBoxLayout(self.body)
        whole.setContentsMargins(0, 4, 0, 0)
        whole.addWidget(self.splitter)

    def _state_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(4)
        row.addWidget(self.state, 1)
        for command in ("edit.undo", "edit.redo"):
            button = QToolButton()
            button.setDefaultAction(self.studio.commands.action(command))
            row.addWidget(button)
        row.addWidget(OperatedBadge(self.studio))
        row.addWidget(self._export_button())
        return row

    def _export_button(self) -> QToolButton:
        button = QToolButton()
        button.setText(self.tr("Copy or save"))
        button.setProperty("framed", True)
        button.setToolTip(self.tr("Copy or save what came of the surgery."))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        menu.addAction(self.tr("Copy the view as a picture"), self.copy_picture)
        menu.addAction(self.tr("Save the view as PNG…"), self.save_picture)
        menu.addAction(self.tr("Copy the figures as text"), self.copy_text)
        menu.addAction(self.tr("Save the classes before and after as CSV…"), self.save_classes)
        button.setMenu(menu)
        return button

    def _lower(self) -> QWidget:
        self.no_picture.setText(
            self.tr("Drop a picture on the window to see what surgery does to its classes.")
        )
        self.no_picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.no_picture.setWordWrap(True)
        self.no_picture.setProperty("muted", True)
        self.classes.setContentsMargins(8, 6, 8, 4)
        self.picture_place.addWidget(self.no_picture)
        self.picture_place.addWidget(self.classes)
        self.tabs.addTab(self.picture_place, self.tr("This picture"))
        self.tabs.addTab(self.lesions, self.tr("Each block in turn"))
        remembered = self.studio.settings["choices"].get(_TAB, "0")
        self.tabs.setCurrentIndex(int(remembered == "1"))
        lower = QWidget()
        column = QVBoxLayout(lower)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.accuracy)
        column.addWidget(self.tabs, 1)
        return lower

    def _connect(self) -> None:
        studio = self.studio
        studio.spec_changed.connect(self._show_spec)
        studio.operating.changed.connect(self._surgery_changed)
        studio.selection_changed.connect(self._show_block)
        studio.picture_changed.connect(lambda _picture: self._classify())
        studio.framing_choice.changed.connect(lambda _framing: self._classify())
        self.diagram.clicked.connect(self._clicked)
        self.diagram.selected.connect(studio.select)
        self.lesions.selected.connect(studio.select)
        self.editor.changed.connect(self._edited)
        self.tabs.currentChanged.connect(self._remember_tab)
        self.splitter.splitterMoved.connect(self._remember_splitter)

    def _remember_tab(self, index: int) -> None:
        choices = dict(self.studio.settings["choices"])
        self.studio.settings["choices"] = choices | {_TAB: str(index)}

    def _remember_splitter(self, *_: Any) -> None:
        splitters = dict(self.studio.settings["splitters"])
        self.studio.settings["splitters"] = splitters | {_SPLITTER: self.splitter.sizes()}


def _title(block: object) -> str:
    """Returns a block as a person calls it, with what its shortcut is and what it makes."""
    assert isinstance(block, Block)
    kinds = {
        ShortcutForm.IDENTITY: tr("identity shortcut"),
        ShortcutForm.PROJECTION: tr("projection shortcut"),
        ShortcutForm.ZERO_PAD: tr("zero-padded shortcut"),
    }
    shape = "×".join(map(str, block.output_shape))
    return f"{block.name} · {kinds.get(block.shortcut_form, '')} · {shape}"
