"""The strip under the chain: the form of the selected step, and what is wrong."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.augmentation.editing import Editing
from resnet_studio.gui.augmentation.editor_fields import fields_of
from resnet_studio.gui.augmentation.editor_form import StepForm
from resnet_studio.gui.augmentation.pipelines import step_title
from resnet_studio.gui.augmentation.step_kinds import is_ending, sentence
from resnet_studio.gui.icons import icon
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.elided_label import ElidedLabel

_MOST_LINES, _FEWER_LINES = 3, 2
"""Lines of fields that are shown at once; the others are scrolled to."""
_LINE_GAP = 12
"""Pixels around a line of fields: its buttons are a little higher than the fields."""
_BUTTONS = {
    "left": "mdi6.arrow-left",
    "right": "mdi6.arrow-right",
    "switch": "mdi6.power",
    "duplicate": "mdi6.content-duplicate",
    "reset": "mdi6.restore",
    "remove": "mdi6.trash-can-outline",
    "close": "mdi6.close",
}


class EditorStrip(QFrame):
    """Name, verbs and fields of the selected step; hidden while none is selected.

    Attributes:
        form: The fields.
        buttons: The verbs by name.
        extra: What belongs to the ending alone; shown with it.

    Signals (GUI thread):
        wished(str): A verb: see `chain.StepBox`, and "reset".
    """

    wished = Signal(str)

    def __init__(self, studio: Studio, editing: Editing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editing = editing
        self.form = StepForm(studio.theme)
        self.title = QLabel()
        self.sentence = ElidedLabel()
        self.error = QLabel()
        self.buttons: dict[str, QToolButton] = {}
        self.extra: QWidget | None = None
        self._scroll = _FieldScroll(self.form)
        self._build()
        self.set_theme(studio.theme)
        self.form.edited.connect(self._edited)
        self.refresh()

    def refresh(self) -> None:
        """Shows the selected step as it stands."""
        step, place, sketch = self._editing.step, self._editing.selected, self._editing.sketch
        self.setVisible(step is not None)
        self.form.show_step(step)
        self.error.hide()
        if step is None or place is None or sketch is None:
            return
        number = self.tr("Step {number}: {title}").format(number=place + 1, title=step_title(step))
        self.title.setText(number)
        self.sentence.setText(sentence(step.kind))
        self.sentence.setToolTip(self.sentence.text())
        off = place in sketch.off
        text = self.tr("Switch on") if off else self.tr("Switch off")
        _name(self.buttons["switch"], text, self.tr("{text} (Space)").format(text=text))
        self.buttons["switch"].setChecked(off)
        self.buttons["left"].setEnabled(place > 0)
        self.buttons["right"].setEnabled(place < len(sketch.steps) - 1)
        self.buttons["duplicate"].setEnabled(not is_ending(step))
        fields = fields_of(type(step))
        changed = any(
            getattr(step, field.name) != field.default for field in fields if field.name != "size"
        )
        self.buttons["reset"].setVisible(all(field.default is not None for field in fields))
        self.buttons["reset"].setEnabled(changed)
        if self.extra is not None:
            self.extra.setVisible(is_ending(step))
        self._scroll.setVisible(bool(fields))

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self.form.set_theme(theme)
        for name, button in self.buttons.items():
            button.setIcon(icon(_BUTTONS[name], theme))
        self.setStyleSheet(
            f"EditorStrip {{ background: {theme.surface}; border: 1px solid {theme.border};"
            f" border-left: 4px solid {theme.accent}; border-radius: 4px; }}"
        )

    def set_short(self, short: bool) -> None:
        """Shows fewer lines of fields at once, where there is no room for more."""
        self._scroll.set_lines(_FEWER_LINES if short else _MOST_LINES)

    def set_extra(self, extra: QWidget) -> None:
        """Puts a widget below the fields of the ending."""
        self.extra = extra
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(layout.indexOf(self.error), extra)
        self.refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes the strip."""
        if event.key() == Qt.Key.Key_Escape:
            self.wished.emit("close")
        else:
            super().keyPressEvent(event)

    def _edited(self, name: str, value: object, drag: str) -> None:
        step, place = self._editing.step, self._editing.selected
        if step is None or place is None:
            return
        label = next(field.label for field in fields_of(type(step)) if field.name == name)
        wrong = self._editing.set_field(place, {name: value}, text=label, drag=f"{place} {drag}")
        self.error.setText(wrong)
        self.error.setVisible(bool(wrong))

    # -- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        self.setAccessibleName(self.tr("Settings of the selected step"))
        self.title.setProperty("heading", True)
        self.sentence.setProperty("muted", True)
        self.sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.error.setProperty("error", True)
        self.error.setWordWrap(True)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.title)
        head.addSpacing(8)
        head.addWidget(self.sentence, 1)
        for name, text in self._verbs():
            head.addWidget(self._button(name, text))
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 4, 6, 6)
        column.setSpacing(4)
        column.addLayout(head)
        for widget in (self._scroll, self.error):
            column.addWidget(widget)

    def _verbs(self) -> tuple[tuple[str, str], ...]:
        return (
            ("left", self.tr("Move left (Alt+Left)")),
            ("right", self.tr("Move right (Alt+Right)")),
            ("switch", self.tr("Switch off (Space)")),
            ("duplicate", self.tr("Duplicate (Ctrl+D)")),
            ("reset", self.tr("Reset all fields")),
            ("remove", self.tr("Remove (Delete)")),
            ("close", self.tr("Close (Esc)")),
        )

    def _button(self, name: str, text: str) -> QToolButton:
        button = self.buttons[name] = QToolButton()
        _name(button, text.split(" (")[0], text)
        button.setCheckable(name == "switch")
        button.clicked.connect(lambda: self.wished.emit(name))
        return button


class _FieldScroll(QScrollArea):
    """Gives the form the height that it needs, up to a few lines; the rest is scrolled to."""

    def __init__(self, form: StepForm) -> None:
        super().__init__()
        self._form = form
        self._lines = _MOST_LINES
        self.setWidget(form)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        form.setAutoFillBackground(False)
        form.installEventFilter(self)
        # Not fixed: a layout holds that for the size hint, whatever height the width asks for.
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_lines(self, lines: int) -> None:
        """Shows so many lines at once."""
        self._lines = lines
        self.updateGeometry()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Asks for another height when the form gets other fields, which no layout above hears."""
        if watched is self._form and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        line = max((edit.sizeHint().height() for edit in self._form.inputs.values()), default=0)
        needed = self._form.heightForWidth(width)
        return min(needed, self._lines * (line + _LINE_GAP)) + 2


def _name(button: QToolButton, name: str, tip: str) -> None:
    button.setAccessibleName(name)
    button.setToolTip(tip)
