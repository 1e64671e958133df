"""The head of the *Augmentation* panel: which pipeline, its chain of steps, and their editor."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.augmentation.chain import PipelineChain
from resnet_studio.gui.augmentation.editing import Editing
from resnet_studio.gui.augmentation.editor_fields import kinds_of_steps
from resnet_studio.gui.augmentation.editor_strip import EditorStrip
from resnet_studio.gui.augmentation.matching import copy_text
from resnet_studio.gui.augmentation.measure_row import MeasureRow
from resnet_studio.gui.augmentation.step_kinds import MEASURED, groups, kind_name, sentence
from resnet_studio.gui.icons import icon
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme

_ADD_ICON = "mdi6.plus"
_LINES_FOR_ALL = 36
"""Lines of text in the panel's height from which on the numbers of the steps have room."""


class EditorHead(QWidget):
    """Pipeline row, chain, strip and what is wrong, one below the other.

    Attributes:
        chain: The steps.
        strip: The form of the selected step.
        add_button: Opens the menu of all kinds of steps.
        trouble: What does not fit together.
        copy_button: Makes both pipelines fit; there only while that is what is wrong.
    """

    def __init__(
        self, studio: Studio, editing: Editing, row: QWidget, parent: QWidget | None = None
    ) -> None:
        """Makes the head.

        Args:
            studio: The shared state.
            editing: What the widgets here act on.
            row: The choices of the pipeline, which stand on top.
            parent: Parent widget.
        """
        super().__init__(parent)
        self._studio = studio
        self._editing = editing
        self.chain = PipelineChain(studio.theme)
        self.strip = EditorStrip(studio, editing)
        self.measure = MeasureRow(studio, editing)
        self.add_button = QToolButton()
        self.trouble = QLabel()
        self.copy_button = QPushButton(copy_text())
        self._stops: list[QWidget] = []
        self._build(row)
        self._connect()
        self._say_mixing()
        self.refresh()

    def refresh(self) -> None:
        """Shows the pipeline as it stands."""
        editing, pipeline = self._editing, self._editing.pipeline
        size = 0 if pipeline is None else pipeline.output_size
        sketch = None if pipeline is None else editing.sketch
        self.chain.show_sketch(sketch, size, editing.selected, editing.wrong_place)
        self.add_button.setEnabled(sketch is not None)
        self.strip.refresh()
        self._order_stops()
        self._say_trouble()

    def _order_stops(self) -> None:
        """Leads the keyboard from the row to the steps, and from there into the form.

        Boxes and fields that are made later would else come after everything in the window.
        """
        strip = self.strip
        stops = [self.add_button, *self.chain.boxes, *strip.form.stops, *strip.buttons.values()]
        if stops != self._stops:
            self._stops = stops
            for one, other in pairwise(stops):
                QWidget.setTabOrder(one, other)

    def make_room(self, height: int) -> None:
        """Shortens chain and strip where the views below would have too little room.

        Args:
            height: Height of the whole panel in pixels.
        """
        short = height < _LINES_FOR_ALL * self.fontMetrics().height()
        self.chain.set_short(short)
        self.strip.set_short(short)

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self.chain.set_theme(theme)
        self.strip.set_theme(theme)
        self.add_button.setIcon(icon(_ADD_ICON, theme))

    # -- reacting -----------------------------------------------------------------------------

    def do(self, place: int, wish: str) -> None:
        """Does what the person wants of a step."""
        editing = self._editing
        if editing.sketch is None or place >= len(editing.sketch.steps):
            return  # from a box that is about to be deleted
        match wish:
            case "select":
                editing.select(None if editing.selected == place else place)
                return
            case "close":
                editing.select(None)
            case "left" | "right":
                place += 1 if wish == "right" else -1
                editing.move(place + (1 if wish == "left" else -1), place)
            case "remove":
                editing.remove(place)
            case "duplicate":
                editing.duplicate(place)
            case "switch":
                editing.switch(place)
                return
            case "reset":
                editing.reset_step(place)
                return
        self.chain.focus_step(min(place, len(self.chain.boxes) - 2))

    def _strip_wishes(self, wish: str) -> None:
        if self._editing.selected is not None:
            self.do(self._editing.selected, wish)

    def _added(self, kind: str) -> None:
        self._editing.add(kind)
        if self._editing.selected is not None:
            self.chain.focus_step(self._editing.selected)

    def _say_trouble(self) -> None:
        error = self._editing.error
        text = "" if error is None else str(error)
        if text and self._editing.wrong_place is not None:
            text += " " + _tr("The samples are those of the last pipeline that fitted.")
        self.trouble.setText(text)
        self.trouble.setVisible(bool(text))
        self.copy_button.setVisible(bool(text) and self._studio.pipelines.copy_helps)

    def _say_mixing(self) -> None:
        mixup, cutmix = self._studio.pipelines.mixing
        parts = []
        if mixup:
            parts.append(_tr("MixUp {alpha:g}").format(alpha=mixup))
        if cutmix:
            parts.append(_tr("CutMix {alpha:g}").format(alpha=cutmix))
        text = ", ".join(parts) or _tr("not mixed")
        self.chain.set_mixing(_tr("batches: {how}").format(how=text))

    # -- building -----------------------------------------------------------------------------

    def _build(self, row: QWidget) -> None:
        self.trouble.setProperty("error", True)
        self.trouble.setWordWrap(True)
        self.trouble.setAccessibleName(_tr("What does not fit together"))
        self.add_button.setText(_tr("Add a step"))
        self.add_button.setAccessibleName(self.add_button.text())
        self.add_button.setToolTip(_tr("Add a step behind the selected one, or before the end."))
        self.add_button.setProperty("framed", True)
        self.add_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.add_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.add_button.setMenu(self._add_menu())
        self.strip.set_extra(self.measure)
        if (choices := row.layout()) is not None:
            choices.addWidget(self.add_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for widget in (row, self.chain, self.strip):
            column.addWidget(widget)
        column.addLayout(self._trouble_row())
        self.set_theme(self._studio.theme)

    def _trouble_row(self) -> QHBoxLayout:
        self.copy_button.setToolTip(
            _tr("Give the validation pipeline the size and the normalisation of training.")
        )
        self.copy_button.clicked.connect(self._editing.copy_ending)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.trouble, 1)
        row.addWidget(self.copy_button)
        return row

    def _add_menu(self) -> QMenu:
        menu = QMenu(self.add_button)
        menu.setToolTipsVisible(True)
        titles = {kind_name(kind): kind.title for kind in kinds_of_steps()}
        for title, kinds in groups():
            menu.addSection(title)
            for kind in kinds:
                action = menu.addAction(titles[kind])
                words = sentence(kind)
                if kind == MEASURED:
                    words += " " + _tr("Measure it first: select the last step.")
                    action.setEnabled(False)
                action.setToolTip(words)
                action.setStatusTip(words)
                action.triggered.connect(lambda _on=False, kind=kind: self._added(kind))
        return menu

    def _connect(self) -> None:
        self._editing.changed.connect(self.refresh)
        self._editing.selection_changed.connect(self.refresh)
        self.chain.wished.connect(self.do)
        self.chain.moved.connect(self._editing.move)
        self.strip.wished.connect(self._strip_wishes)
        self._studio.theme_changed.connect(self.set_theme)
        self._studio.pipelines.told.connect(self._say_mixing)
        commands = self._studio.commands
        self.chain.mixing_wished.connect(lambda: commands.run("view.training"))


def _tr(text: str) -> str:
    return QCoreApplication.translate("EditorHead", text)
