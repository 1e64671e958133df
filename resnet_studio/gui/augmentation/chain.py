"""The pipeline written as a chain: a box for each step, which can be selected, moved, switched.

The chain shows and asks; what is done to the pipeline is `editing.Editing`'s.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QMenu, QWidget

from resnet_studio.data.augment import Step
from resnet_studio.gui.augmentation.pipelines import step_lines, step_title
from resnet_studio.gui.augmentation.step_kinds import sentence
from resnet_studio.gui.augmentation.words import as_html, size_text
from resnet_studio.gui.pipeline_sketch import Sketch
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.flow import FlowLayout

_MARK = 4
"""Width in pixels of the bar that says where a dragged step will stand."""


class StepBox(QLabel):
    """A step of the chain.

    Signals (GUI thread):
        wished(str): What the person wants: "select", "left", "right", "remove", "duplicate",
            "switch", "before", "after", "close".
        dragged(QPoint): The step is being dragged; the place in the chain's pixels.
        dropped(bool): It was let go; False if the person thought better of it.
    """

    wished = Signal(str)
    dragged = Signal(QPoint)
    dropped = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._pressed_at: QPoint | None = None
        self._dragging = False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remembers where a drag would begin."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Begins or goes on with a drag."""
        if self._pressed_at is None:
            return
        way = event.position().toPoint() - self._pressed_at
        if self._dragging or way.manhattanLength() >= QApplication.startDragDistance():
            self._dragging = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.dragged.emit(event.position().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends a drag, or selects the step."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if self._dragging:
            self._end_drag(True)
        elif self._pressed_at is not None:
            self.wished.emit("select")
        self._pressed_at = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves, removes, switches, duplicates or opens the step."""
        if self._dragging and event.key() == Qt.Key.Key_Escape:
            self._end_drag(False)
            return
        if wish := _wish_of(event):
            self.wished.emit(wish)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Gives a drag up: the release would never come."""
        if self._dragging:
            self._end_drag(False)
        super().focusOutEvent(event)

    def _end_drag(self, dropped: bool) -> None:
        self._dragging = False
        self._pressed_at = None
        self.unsetCursor()
        self.dropped.emit(dropped)


class PipelineChain(QWidget):
    """A box for each step; those with chance are framed in the accent colour.

    Attributes:
        boxes: The boxes of the steps, and last that of what the network reads.

    Signals (GUI thread):
        wished(int, str): What the person wants of a step; see `StepBox`.
        moved(int, int): A step was dragged from one place to another.
        mixing_wished(): The person wants to choose what is done to batches.
    """

    wished = Signal(int, str)
    moved = Signal(int, int)
    mixing_wished = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._row = FlowLayout(self, gap=2)
        self._sketch: Sketch | None = None
        self._mixing = ""
        self._target: int | None = None
        self._size = 0
        self._short = False
        self.boxes: list[QLabel] = []
        self.setAccessibleName(self.tr("Steps of the pipeline"))
        self.set_theme(theme)

    def set_short(self, short: bool) -> None:
        """Shows the names of the steps only, where there is no room for their numbers."""
        if short == self._short:
            return
        self._short = short
        if self._sketch is not None:
            for place, step in enumerate(self._sketch.steps):
                self._fill(self.boxes[place], step, on=place not in self._sketch.off)
            self._fill_end(self.boxes[-1], self._size)

    def set_mixing(self, text: str) -> None:
        """Says in the last box what is done to batches; a link leads to where that is chosen."""
        self._mixing = text
        if self.boxes and self._size:
            self._fill_end(self.boxes[-1], self._size)

    def show_sketch(
        self, sketch: Sketch | None, size: int, selected: int | None, wrong: int | None
    ) -> None:
        """Writes the steps of a pipeline; nothing if there is none.

        Args:
            sketch: The pipeline.
            size: Side of the square that the network reads, in pixels.
            selected: The step whose form is open.
            wrong: The step that does not fit.
        """
        kept = [] if self._sketch is None else [type(step) for step in self._sketch.steps]
        wanted = [] if sketch is None else [type(step) for step in sketch.steps]
        if kept != wanted or (sketch is None) != (self._sketch is None):
            self._rebuild(0 if sketch is None else len(sketch.steps) + 1)
        self._sketch = sketch
        if sketch is None:
            return
        for place, step in enumerate(sketch.steps):
            on = place not in sketch.off
            self._fill(self.boxes[place], step, on=on)
            self._mark(self.boxes[place], place == selected, place == wrong)
        self._fill_end(self.boxes[-1], size)
        self.setToolTip(sketch.note)
        self.setAccessibleDescription(" → ".join(box.accessibleName() for box in self.boxes))

    def focus_step(self, place: int) -> None:
        """Gives the keyboard to a step."""
        if 0 <= place < len(self.boxes) - 1:
            self.boxes[place].setFocus(Qt.FocusReason.OtherFocusReason)

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        frame = "border-radius: 5px; padding: 3px 6px;"
        self.setStyleSheet(
            f"QLabel[step] {{ {frame} color: {theme.text}; }}"
            f"QLabel[step='fixed'] {{ background: {theme.raised};"
            f" border: 1px solid {theme.border}; }}"
            f"QLabel[step='chance'] {{ background: {theme.raised};"
            f" border: 2px solid {theme.accent}; padding: 2px 5px; }}"
            f"QLabel[step='off'] {{ background: {theme.window}; color: {theme.muted};"
            f" border: 1px dashed {theme.muted}; }}"
            f"QLabel[step='end'] {{ border: 1px dashed {theme.border}; }}"
            f"QLabel[selected='true'] {{ background: {theme.surface};"
            f" border-bottom: 4px solid {theme.accent}; padding-bottom: 0px; }}"
            f"QLabel[wrong='true'] {{ border: 2px solid {theme.danger}; padding: 2px 5px; }}"
            f"QLabel[step]:focus {{ border: 2px solid {theme.text}; padding: 2px 5px; }}"
        )

    # -- filling ------------------------------------------------------------------------------

    def _rebuild(self, count: int) -> None:
        """Makes as many boxes, with arrows between them; the keyboard stays where it was."""
        focused = next((n for n, box in enumerate(self.boxes) if box.hasFocus()), None)
        self.boxes.clear()
        while (item := self._row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for place in range(count - 1):
            self._add(self._step_box(place))
        if count:
            self._add(self._end_box())
        if focused is not None:
            self.focus_step(min(focused, count - 2))

    def _add(self, box: QLabel) -> None:
        """Puts a box at the end, with an arrow before it that stays on its line."""
        link = QWidget()
        row = QHBoxLayout(link)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        if self.boxes:
            row.addWidget(QLabel("→"))
        row.addWidget(box)
        self.boxes.append(box)
        self._row.addWidget(link)

    def _step_box(self, place: int) -> StepBox:
        box = StepBox()
        box.wished.connect(lambda wish: self._box_wishes(place, wish))
        box.dragged.connect(lambda at: self._show_target(box.mapTo(self, at)))
        box.dropped.connect(lambda dropped: self._drop(place, dropped))
        return box

    def _end_box(self) -> QLabel:
        box = QLabel()
        box.setTextFormat(Qt.TextFormat.RichText)
        box.setProperty("step", "end")
        links = Qt.TextInteractionFlag.LinksAccessibleByMouse
        box.setTextInteractionFlags(links | Qt.TextInteractionFlag.LinksAccessibleByKeyboard)
        box.linkActivated.connect(self.mixing_wished)
        return box

    def _fill(self, box: QLabel, step: Step, *, on: bool) -> None:
        title, lines = step_title(step), step_lines(step)
        kind = ("chance" if step.numbers else "fixed") if on else "off"
        shown = title if on else self.tr("{step} (off)").format(step=title)
        _write(box, shown, lines, short=self._short)
        chance = {
            "chance": self.tr("By chance: drawn anew for each picture in each epoch."),
            "fixed": self.tr("Without chance: the same each time."),
            "off": self.tr("Switched off: pictures pass unchanged."),
        }[kind]
        keys = self.tr(
            "Click or Enter: settings. Drag or Alt+Left, Alt+Right: move. Space: off and on. "
            "Ctrl+D: duplicate. Delete: remove."
        )
        told = (sentence(step.kind), ", ".join(lines) if self._short else "", chance, keys)
        box.setToolTip("\n".join(filter(None, told)))
        _restyle(box, "step", kind)

    def _mark(self, box: QLabel, selected: bool, wrong: bool) -> None:
        _restyle(box, "selected", selected)
        _restyle(box, "wrong", wrong)

    def _fill_end(self, box: QLabel, size: int) -> None:
        self._size = size
        title = self.tr("The network reads")
        reads = self.tr("3 × {size}").format(size=size_text(size, size))
        if self._short:
            title = f"{title}: {reads}"
        _write(box, title, () if self._short else (reads,), link=self._mixing, short=self._short)
        box.setToolTip(
            self.tr(
                "MixUp and CutMix blend whole batches after these steps. They are chosen in the "
                "recipe of the training panel; the link leads there."
            )
        )

    # -- keyboard, menu, drag -----------------------------------------------------------------

    def _box_wishes(self, place: int, wish: str) -> None:
        if wish in ("before", "after"):
            self.focus_step(place + (1 if wish == "after" else -1))
        else:
            self.wished.emit(place, wish)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offers what can be done to the step under the mouse."""
        place = self._place_at(event.pos())
        if place is None:
            return
        menu = self.menu_of(place)
        menu.exec(event.globalPos())
        menu.deleteLater()

    def menu_of(self, place: int) -> QMenu:
        """Returns the menu of a step."""
        assert self._sketch is not None
        menu = QMenu(self)
        off = place in self._sketch.off
        for text, wish in (
            (self.tr("Settings"), "select"),
            (self.tr("Switch on") if off else self.tr("Switch off"), "switch"),
            (self.tr("Duplicate"), "duplicate"),
            (self.tr("Move left"), "left"),
            (self.tr("Move right"), "right"),
            (self.tr("Remove"), "remove"),
        ):
            action = menu.addAction(text)
            action.triggered.connect(lambda _on=False, wish=wish: self._box_wishes(place, wish))
        return menu

    def _place_at(self, point: QPoint) -> int | None:
        for place, box in enumerate(self.boxes[:-1]):
            if QRect(box.mapTo(self, QPoint(0, 0)), box.size()).contains(point):
                return place
        return None

    def _gap_at(self, point: QPoint) -> int:
        """Returns before which step something dropped at a point would stand."""
        gap = 0
        for place, box in enumerate(self.boxes[:-1]):
            area = QRect(box.mapTo(self, QPoint(0, 0)), box.size())
            if point.y() > area.bottom() or (
                point.y() >= area.top() and point.x() > area.center().x()
            ):
                gap = place + 1
        return gap

    def _show_target(self, point: QPoint) -> None:
        self._target = self._gap_at(point)
        self.update()

    def _drop(self, place: int, dropped: bool) -> None:
        target, self._target = self._target, None
        self.update()
        if dropped and target is not None:
            to = target - 1 if target > place else target
            if to != place:
                self.moved.emit(place, to)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Marks where a dragged step will stand."""
        if self._target is None:
            return
        box = self.boxes[self._target]
        corner = box.mapTo(self, QPoint(0, 0))
        painter = QPainter(self)
        left = max(0, corner.x() - 10)
        painter.fillRect(left, corner.y(), _MARK, box.height(), QColor(self._theme.accent))


def _write(
    box: QLabel, title: str, lines: tuple[str, ...], *, link: str = "", short: bool = False
) -> None:
    text = f"<b>{as_html([title])}</b>"
    if not short:
        text += f"<br>{as_html(lines)}"
    if link:
        text += f"{' ' if short else '<br>'}<a href='batches'>{as_html([link])}</a>"
    if text != box.text():
        box.setText(text)
    name = f"{title}: {', '.join(lines)}" if lines else title
    if name != box.accessibleName():  # it has the numbers also where the text leaves them out
        box.setAccessibleName(name)
    if link != box.accessibleDescription():
        box.setAccessibleDescription(link)


def _restyle(box: QLabel, name: str, value: object) -> None:
    if box.property(name) != value:
        box.setProperty(name, value)
        box.style().unpolish(box)
        box.style().polish(box)


def _wish_of(event: QKeyEvent) -> str:
    """Returns what a key asks for; empty for nothing."""
    moved = event.modifiers() & Qt.KeyboardModifier.AltModifier
    control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
    match event.key():
        case Qt.Key.Key_Left:
            return "left" if moved else "before"
        case Qt.Key.Key_Right:
            return "right" if moved else "after"
        case Qt.Key.Key_Return | Qt.Key.Key_Enter:
            return "select"
        case Qt.Key.Key_Space:
            return "switch"
        case Qt.Key.Key_Delete | Qt.Key.Key_Backspace:
            return "remove"
        case Qt.Key.Key_D if control:
            return "duplicate"
        case Qt.Key.Key_Escape:
            return "close"
    return ""
