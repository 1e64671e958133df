"""The message bar: one sentence, its remedy, and what can be done at once; never a dialog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from resnet_studio.gui.icons import icon
from resnet_studio.gui.studio import Message, Studio

_ICONS = {
    "info": "mdi6.information-outline",
    "warning": "mdi6.alert-outline",
    "error": "mdi6.alert-circle-outline",
}
_INFO_MS, _OFFER_MS = 8_000, 30_000
_MOST_UNREAD = 3


class MessageBar(QFrame):
    """Shows the newest message until it is closed.

    Mere information goes by itself after a while, and later if it offers something to do.
    Warnings and errors stay; one that is replaced before it was closed comes back.

    Signals:
        shown(Message): Another message is shown.
    """

    shown = Signal(object)

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.message: Message | None = None
        self._unread: list[Message] = []
        self._icon = QLabel()
        self.label = Sentence()
        self.more = QLabel()
        self.buttons: list[QPushButton] = []
        self._close = QToolButton()
        self._timer = QTimer(self)
        self._build()
        studio.message_posted.connect(self.show_message)
        studio.theme_changed.connect(lambda _theme: self._colour())
        studio.training_changed.connect(self._drop_stale_offer)
        self.hide()

    def show_message(self, message: Message) -> None:
        """Shows `message`; a warning or an error that it replaces is kept for later."""
        before = self.message
        self._unread = [other for other in self._unread if other.text != message.text]
        if before is not None and before.kind != "info" and before.text != message.text:
            self._unread = [*self._unread, before][-_MOST_UNREAD:]
        self._show(message)

    def dismiss(self) -> None:
        """Closes the message; the bar goes unless another one was not read yet."""
        self._timer.stop()
        self.message = None
        if self._unread:
            self._show(self._unread.pop())
        else:
            self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes the message while the keyboard is in the bar."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    # -- showing ----------------------------------------------------------------------------

    def _show(self, message: Message) -> None:
        self.message = message
        self.label.set_sentence(f"{message.text} {message.remedy}".strip())
        self.setAccessibleDescription(self.label.sentence)
        self.more.setText(self.tr("{count} more").format(count=len(self._unread)))
        self.more.setVisible(bool(self._unread))
        self._replace_buttons(message)
        self._colour()
        self.shown.emit(message)
        self.show()
        if message.kind == "info":
            self._timer.start(_OFFER_MS if message.actions else _INFO_MS)
        else:
            self._timer.stop()

    def _time_is_up(self) -> None:
        """Leaves a message that somebody points at, or walks through with the keyboard."""
        focused = QGuiApplication.focusObject()
        if self.underMouse() or (isinstance(focused, QWidget) and self.isAncestorOf(focused)):
            self._timer.start()
        else:
            self.dismiss()

    def _drop_stale_offer(self, training: bool) -> None:
        """A run that has begun makes what was offered after the last one out of date."""
        if training and self.message is not None and self.message.kind == "info":
            self.dismiss()

    def _replace_buttons(self, message: Message) -> None:
        for button in self.buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.buttons = [self._button(label, handler) for label, handler in message.actions]
        if message.details:
            copy = self._button(
                self.tr("Copy details"),
                lambda: QGuiApplication.clipboard().setText(message.details),
            )
            self.buttons.append(copy)
        for button in self.buttons:
            self._row.insertWidget(self._row.count() - 1, button)

    def _button(self, label: str, handler: Callable[[], Any]) -> QPushButton:
        button = QPushButton(label, self)
        button.setAccessibleName(label)

        def run() -> None:
            self.dismiss()
            handler()

        button.clicked.connect(run)
        return button

    def _colour(self) -> None:
        if self.message is None:
            return
        theme = self._studio.theme
        kind = self.message.kind
        edge = {"info": theme.accent, "warning": theme.warning, "error": theme.danger}[kind]
        self.setStyleSheet(
            f"MessageBar {{ background: {theme.raised}; border: 1px solid {theme.border};"
            f" border-left: 4px solid {edge}; }}"
        )
        side = max(20, self.fontMetrics().height())
        self._icon.setPixmap(icon(_ICONS[kind], theme).pixmap(side, side))
        self._close.setIcon(icon("mdi6.close", theme))

    # -- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        self.setAccessibleName(self.tr("Message"))
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._time_is_up)
        self.more.setProperty("muted", True)
        self.more.setToolTip(self.tr("Earlier messages that were not closed; they come back."))
        self._close.setToolTip(self.tr("Close this message"))
        self._close.setAccessibleName(self.tr("Close this message"))
        self._close.clicked.connect(self.dismiss)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 6, 8, 6)
        for widget in (self._icon, self.label, self.more, self._close):
            self._row.addWidget(widget, 1 if widget is self.label else 0)


class Sentence(QLabel):
    """A text that wraps, and shortens a word (a path, mostly) that is longer than a line.

    A label alone would take such a word for its least width and widen the whole window.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sentence = ""
        self._width = 0
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_sentence(self, text: str) -> None:
        """Shows `text`, whole or with long words shortened in their middle."""
        self.sentence = text
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shortens words to the new width."""
        super().resizeEvent(event)
        if event.size().width() != self._width:
            self._width = event.size().width()
            self._fit()

    def _fit(self) -> None:
        metrics, middle = self.fontMetrics(), Qt.TextElideMode.ElideMiddle
        words = self.sentence.split(" ")
        if self._width:
            words = [metrics.elidedText(word, middle, self._width) for word in words]
        text = " ".join(words)
        self.setText(text)
        self.setToolTip(self.sentence if text != self.sentence else "")


class MessagePlace(QWidget):
    """The workspace with its message bar.

    What needs an answer, or offers something to do, stands above the workspace and makes room for
    itself. Mere information lies over the lower edge for its few seconds: nothing moves under the
    eyes of the person.
    """

    def __init__(self, bar: MessageBar, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bar = bar
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(0)
        self._grid.addWidget(bar, 0, 0)
        self._grid.addWidget(content, 1, 0)
        self._grid.setRowStretch(1, 1)
        bar.shown.connect(self._place)

    def _place(self, message: Message) -> None:
        self._grid.removeWidget(self._bar)
        if message.kind == "info" and not message.actions:
            self._grid.addWidget(self._bar, 1, 0, Qt.AlignmentFlag.AlignBottom)
            self._bar.raise_()
        else:
            self._grid.addWidget(self._bar, 0, 0)
