"""Surgery in the drawing: the marks follow it, the menu offers it, and a mode cuts by clicking.

A click selects, as ever, unless the mode is on: nobody shall cut a network by accident.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QMenu, QToolTip

from resnet_studio.gui.architecture.surgery_marks import arc_at
from resnet_studio.gui.architecture.view import NetworkView
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.surgery_words import operation_text
from resnet_studio.gui.widgets.operated_badge import OperatedBadge
from resnet_studio.probe.surgery import Surgery

_CORNER = 8
"""Pixels between the badge and the edge."""
_ENTRIES = ("surgery.toggle_shortcut", "surgery.toggle_block", "surgery.reset")


class Cutting(QObject):
    """Brings surgery into one drawing.

    Attributes:
        cutting: Whether clicks cut.
    """

    def __init__(self, studio: Studio, view: NetworkView) -> None:
        super().__init__(view)
        self._studio = studio
        self._view = view
        self._press: QPointF | None = None
        self.cutting = False
        self.badge = OperatedBadge(studio, view)  # in the drawing: a row of its own would push it
        view.set_surgery(studio.operating.surgery)
        view.installEventFilter(self)
        studio.operating.changed.connect(self._surgery_changed)
        studio.spec_changed.connect(self._spec_changed)
        studio.commands.connect("surgery.mode", self._mode_switched)

    def set_cutting(self, cutting: bool) -> None:
        """Switches the mode in which clicks cut on or off."""
        self.cutting = cutting
        self._studio.commands.action("surgery.mode").setChecked(cutting)
        self._show_cursor(cutting)

    def target_at(self, point: QPointF) -> tuple[str, bool]:
        """Returns what a click at a pixel would operate on.

        Returns:
            The block, "" for none; and whether it is its shortcut that is meant.
        """
        block = arc_at(self._view.drawing, self._view.camera, point)
        window = self._view.drawing_area()
        if not window.contains(point.x(), point.y()):
            return "", False
        if block:
            return block, True
        name = ".".join(self._view.name_at(point).split(".")[:2])
        is_block = any(each.name == name for each in self._studio.graph.blocks)
        return (name if is_block else ""), False

    def add_to(self, menu: QMenu) -> None:
        """Offers surgery on the selected block in a context menu."""
        operating = self._studio.operating
        block = operating.selected_block
        if not block and not operating.surgery:
            return
        operation = operating.surgery.of(block)
        texts = (
            self.tr("Mend the shortcut of {block}") if operation.cut else self.tr("Cut shortcut"),
            self.tr("Put {block} back") if operation.removed else self.tr("Remove block"),
        )
        if block:
            for command, text in zip(_ENTRIES, texts, strict=False):
                source = self._studio.commands.action(command)
                action = menu.addAction(source.icon(), text.format(block=block), source.trigger)
                action.setToolTip(source.toolTip())
        if operating.surgery:
            menu.addAction(self._studio.commands.action("surgery.reset"))
        menu.addSeparator()

    def tip_at(self, point: QPointF) -> str:
        """Returns what a click at a pixel would do; "" outside the mode."""
        block, is_shortcut = self.target_at(point)
        if not self.cutting or not block:
            return ""
        operation = self._studio.operating.surgery.of(block)
        if is_shortcut:
            does = self.tr("mends") if operation.cut else self.tr("cuts")
            text = self.tr("A click {does} the shortcut of {block}.")
        else:
            does = self.tr("puts back") if operation.removed else self.tr("removes")
            text = self.tr("A click {does} the residual branch of {block}.")
        lines = [text.format(does=does, block=block)]
        if now := operation_text(operation):
            lines.append(self.tr("Now: {operation}").format(operation=now))
        lines.append(self.tr("Ctrl+Z takes it back; Escape ends cutting."))
        return "\n".join(lines)

    # -- reacting ---------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keeps the badge in its place; watches the pointer while the mode is on."""
        if watched is self._view and event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._place_badge()
        if not self.cutting or watched is not self._view:
            return False
        kind = event.type()
        if kind == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            return self._show_tip(event)
        if kind == QEvent.Type.MouseButtonDblClick:
            return True  # it would fold what the first click has cut
        if isinstance(event, QKeyEvent) and kind == QEvent.Type.KeyPress:
            return self._key_pressed(event)
        if isinstance(event, QMouseEvent):
            return self._pointer(event)
        return False

    def _pointer(self, event: QMouseEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress:
            left = event.button() == Qt.MouseButton.LeftButton
            self._press = event.position() if left else None
        elif event.type() == QEvent.Type.MouseMove and self._press is None:
            self._show_cursor(True)
        elif event.type() == QEvent.Type.MouseButtonRelease and self._press is not None:
            moved = (event.position() - self._press).manhattanLength()
            press, self._press = self._press, None
            if moved < QApplication.startDragDistance():
                self._operate(press)
        return False  # the drawing is selected and dragged as ever

    def _operate(self, point: QPointF) -> None:
        block, is_shortcut = self.target_at(point)
        if block and is_shortcut:
            self._studio.operating.toggle_shortcut(block)
        elif block:
            self._studio.operating.toggle_block(block)

    def _key_pressed(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            self.set_cutting(False)
            return True
        return False

    def _show_tip(self, event: QHelpEvent) -> bool:
        text = self.tip_at(QPointF(event.pos()))
        if text:
            QToolTip.showText(event.globalPos(), text, self._view)
        return bool(text)

    def _show_cursor(self, cutting: bool) -> None:
        if cutting:
            self._view.setCursor(Qt.CursorShape.CrossCursor)
        else:
            self._view.unsetCursor()

    def _mode_switched(self) -> None:
        action = self._studio.commands.action("surgery.mode")
        self.set_cutting(action.isChecked())
        if self.cutting:
            self._studio.show_message(
                self.tr(
                    "Click a shortcut to cut it, a block to remove it; click again to bring it"
                    " back. Escape ends cutting."
                )
            )

    def _surgery_changed(self, surgery: Surgery) -> None:
        self._view.set_surgery(surgery)
        self._place_badge()

    def _place_badge(self) -> None:
        """Puts the badge at the beginning of the legend, where it covers nothing."""
        view, badge, wanted = self._view, self.badge, self.badge.sizeHint()
        top = math.floor(view.drawing_area().bottom) + 1  # below the line above the legend
        badge.setGeometry(_CORNER, top, wanted.width(), min(wanted.height(), view.height() - top))
        view.legend_from = float(badge.geometry().right()) if view.surgery else 0.0
        view.update()

    def _spec_changed(self, _spec: object) -> None:
        if self.cutting and not self._studio.operating.possible:
            self.set_cutting(False)
