"""Opens a file of weights whoever wrote it: finds its network, asks what it does not say.

The file is read and judged in a worker by `resnet_studio.models.identify`. A file that tells
everything is loaded at once; for any other the dialog shows what was found, with a sensible
answer to each question. The network of the window changes only when the file is good.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt

from resnet_studio.gui.studio import Studio
from resnet_studio.gui.workers import TaskState

if TYPE_CHECKING:
    from resnet_studio.gui.checkpoint_dialog import CheckpointDialog
    from resnet_studio.models import Identified

Answers = tuple[tuple[str, Any], ...]


class CheckpointOpening(QObject):
    """The one way by which a file of weights comes into the window.

    Attributes:
        dialog: The dialog that is open; None without one.
    """

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._studio = studio
        self._awaited: Path | None = None
        self.dialog: CheckpointDialog | None = None
        studio.torch_changed.connect(lambda _status: self._open_awaited())

    def open(self, path: Path) -> None:
        """Opens a file; before torch is ready the wish is remembered."""
        torch = self._studio.torch
        if torch.state == "failed":
            self._studio.show_message(torch.message, remedy=torch.remedy, kind="error")
        elif torch.state == "ready":
            self._identify(path)
        else:
            self._awaited = path
            self._studio.show_message(self.tr("The weights are loaded as soon as torch is ready."))

    def _open_awaited(self) -> None:
        if self._awaited is not None and self._studio.torch.state in ("ready", "failed"):
            path, self._awaited = self._awaited, None
            self.open(path)

    def _identify(self, path: Path) -> None:
        def job(_state: TaskState) -> Identified:
            from resnet_studio.models import identify, read_weights

            return identify(read_weights(path))

        self._studio.workers.start(
            job,
            title=self.tr("Reading {name}").format(name=path.name),
            lane="checkpoint",
            replace=True,
            on_result=self._found,
            on_error=self._refused,
        )

    def _refused(self, error: BaseException) -> None:
        self._studio.show_error(error)
        self._studio.ensure_network()

    def _found(self, found: Identified) -> None:
        if self.dialog is not None:  # another file was dropped meanwhile
            self.dialog.reject()
        if not found.assumed:
            self._load(found, ())
            return
        from resnet_studio.gui.checkpoint_dialog import CheckpointDialog
        from resnet_studio.gui.workspace import prepare_fields  # it imports this module

        dialog = CheckpointDialog(found, self._studio.window)
        prepare_fields(dialog)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._load(dialog.found, dialog.answers))
        dialog.finished.connect(lambda _result: self._closed(dialog))
        self.dialog = dialog
        dialog.open()

    def _closed(self, dialog: CheckpointDialog) -> None:
        if self.dialog is dialog:
            self.dialog = None

    def _load(self, found: Identified, answers: Answers) -> None:
        """Makes the network of the file the window's, one step of undo, and loads the weights."""
        from resnet_studio.models.structure import structure
        from resnet_studio.probe.network import WeightsChoice

        choice = WeightsChoice(kind="file", path=str(found.path), answers=answers)
        if structure(found.spec) == structure(self._studio.spec):
            self._studio.set_weights(choice)
            return
        self._studio.set_spec(
            found.spec, self.tr("Open {name}").format(name=found.path.name), weights=choice
        )
        self._studio.ensure_network()
        self._studio.show_message(
            self.tr("The network is now that of {file}: {name}.").format(
                file=found.path.name, name=found.spec.name
            ),
            remedy=self.tr("Undo takes it back."),
        )
