"""The message bar: one sentence, its remedy, and what can be done at once; never a dialog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton

from resnet_studio.gui.icons import icon
from resnet_studio.gui.studio import Message, Studio

_ICONS = {
    "info": "mdi6.information-outline",
    "warning": "mdi6.alert-outline",
    "error": "mdi6.alert-circle-outline",
}
_INFO_MS = 8_000


class MessageBar(QFrame):
    """Shows the newest message above the workspace until it is closed.

    Mere information goes by itself after a while; warnings and errors stay.
    """

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.message: Message | None = None
        self._icon = QLabel()
        self.label = QLabel()
        self.buttons: list[QPushButton] = []
        self._close = QToolButton()
        self._timer = QTimer(self)
        self._build()
        studio.message_posted.connect(self.show_message)
        studio.theme_changed.connect(lambda _theme: self._colour())
        self.hide()

    def show_message(self, message: Message) -> None:
        """Replaces what is shown."""
        self.message = message
        self.label.setText(f"{message.text} {message.remedy}".strip())
        self._replace_buttons(message)
        self._colour()
        self.show()
        if message.kind == "info" and not message.actions:
            self._timer.start(_INFO_MS)
        else:
            self._timer.stop()

    def dismiss(self) -> None:
        """Hides the bar."""
        self._timer.stop()
        self.message = None
        self.hide()

    def _build(self) -> None:
        self.setAccessibleName(self.tr("Message"))
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.dismiss)
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._close.setText("✕")
        self._close.setToolTip(self.tr("Close this message"))
        self._close.setAccessibleName(self.tr("Close this message"))
        self._close.clicked.connect(self.dismiss)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 6, 8, 6)
        self._row.addWidget(self._icon)
        self._row.addWidget(self.label, 1)
        self._row.addWidget(self._close)

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
            f"MessageBar {{ background: {theme.raised}; border: none;"
            f" border-left: 4px solid {edge}; }}"
        )
        self._icon.setPixmap(icon(_ICONS[kind], theme).pixmap(20, 20))
