"""The sign that the network is not what its weights say: something has been cut out of it."""

from __future__ import annotations

from PySide6.QtWidgets import QToolButton, QWidget

from resnet_studio.gui.studio import Studio
from resnet_studio.gui.surgery_words import count_text, lines_of


class OperatedBadge(QToolButton):
    """Says how many changes surgery has made, and undoes them all; hidden while there are none."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.setProperty("operated", True)
        self.clicked.connect(studio.operating.reset)
        studio.operating.changed.connect(self._show)
        self._show()

    def _show(self, _surgery: object = None) -> None:
        surgery = self._studio.operating.surgery
        text = self.tr("operated: {changes} — undo all").format(changes=count_text(surgery.changes))
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(
            self.tr("What you see is not the network as its weights say:")
            + "\n"
            + "\n".join(lines_of(surgery))
            + "\n"
            + self.tr("A click brings everything back; Ctrl+Z takes back the last change.")
        )
        self.setVisible(bool(surgery))
