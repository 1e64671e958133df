"""Which part of the picture every panel lets the network see, and how to keep up with a drag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QElapsedTimer, QObject, Signal

from resnet_studio.probe.framing import USUAL, Framing, FramingKind

if TYPE_CHECKING:
    from resnet_studio.gui.studio import Studio
    from resnet_studio.gui.workers import Task

_PATIENCE_MS = 1000
"""What computes for longer than this is replaced at once when the crop changes."""


class FramingChoice(QObject):
    """Holds the framing of the studio's picture; another picture begins with the usual crop.

    What computes anything of the picture passes `framing` to `probe.predict.prepare`, and computes
    again when `changed` says so. While a person drags a crop that is many times a second.

    Signals (GUI thread):
        changed(Framing): Another part of the picture is to be seen.
    """

    changed = Signal(object)

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._commands = studio.commands
        self.framing = USUAL
        self._commands.connect("picture.usual_crop", self.reset)

    def set(self, framing: Framing) -> None:
        """Lets the network see another part of the picture."""
        if framing != self.framing:
            self.framing = framing
            self._commands.set_condition("reframed", framing != USUAL)
            self.changed.emit(framing)

    def reset(self) -> None:
        """Goes back to the crop that the network was trained with."""
        self.set(USUAL)


def soon_done(task: Task | None, age: QElapsedTimer) -> bool:
    """Tells whether what is computed for an earlier crop should be let finish.

    If every step of a drag replaced what runs, nothing would be shown until the drag has ended. So
    a short job ends, is shown, and the newest crop follows; none ever waits in a queue.

    Args:
        task: What runs; None if nothing does.
        age: Since when.
    """
    return task is not None and age.elapsed() < _PATIENCE_MS


def words(framing: Framing) -> str:
    """Returns what is seen of the picture, for a caption; empty for the usual crop."""
    if framing.box is not None:
        left, top, side, _ = (round(value) for value in framing.box)
        text = QCoreApplication.translate("framing_choice", "crop {side}×{side} at ({left}, {top})")
        return text.format(side=side, left=left, top=top)
    if framing.kind is FramingKind.LETTERBOX:
        return QCoreApplication.translate("framing_choice", "letterbox")
    return ""
