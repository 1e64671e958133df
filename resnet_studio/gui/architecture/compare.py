"""The commands that compare the present network with another, and the page that they open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QStackedWidget

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.errors import StudioError
from resnet_studio.gui.architecture.compare_choices import (
    Candidate,
    before_last_change,
    catalogue,
    trained,
    variants,
)
from resnet_studio.gui.architecture.compare_dialog import CompareDialog
from resnet_studio.gui.architecture.compare_page import ComparePage
from resnet_studio.gui.architecture.panel import network_title
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.training.runs_view import runs_dir
from resnet_studio.gui.workers import TaskState
from resnet_studio.training.runs import list_runs

if TYPE_CHECKING:
    from resnet_studio.models import Identified

_MOST_RUNS = 50
_LANE = "compare_file"
_SPECIFICATIONS = (".toml", ".json")


class Comparing(QObject):
    """Asks what to compare with, shows the page in place of the usual view, and closes it."""

    def __init__(
        self, studio: Studio, place: QStackedWidget, *, give_back: Callable[[], None]
    ) -> None:
        """Makes nothing yet.

        Args:
            studio: The shared state.
            place: Where the usual view is the first page.
            give_back: Connects the panel's commands to the usual view again.
        """
        super().__init__(place)
        self._studio = studio
        self._place = place
        self._give_back = give_back
        self.dialog: CompareDialog | None = None
        self.page: ComparePage | None = None

    def ask(self) -> None:
        """Opens the list of networks to compare with, unless it is open."""
        if self.dialog is not None:
            self.dialog.raise_()
            return
        from resnet_studio.gui.workspace import prepare_fields  # it imports the panels

        dialog = CompareDialog(self._candidates(), self._studio.theme, self._place.window())
        prepare_fields(dialog)
        dialog.chosen.connect(self.show)
        dialog.file_wanted.connect(self.ask_for_file)
        dialog.finished.connect(self._dialog_closed)
        self.dialog = dialog
        dialog.open()
        folder = runs_dir(self._studio)
        self._studio.workers.start(
            lambda _state: list_runs(folder)[:_MOST_RUNS],
            title=self.tr("Listing the runs"),
            lane="compare",
            replace=True,
            on_result=lambda listings: self._add_runs(dialog, listings),
        )

    def ask_for_file(self) -> None:
        """Lets the person choose a specification or weights, and compares with their network."""
        path = self._studio.open_file(
            self.tr("Compare with the network of a file"),
            self.tr(
                "Networks and weights (*.toml *.json *.safetensors *.pth *.pt *.bin *.ckpt *.th);;"
                "All files (*)"
            ),
        )
        if path is None:
            return
        if path.suffix.lower() in _SPECIFICATIONS:
            self._show_specification(path)
        else:
            self._identify(path)

    def _show_specification(self, path: Path) -> None:
        try:
            spec = NetworkSpec.load(path)
        except StudioError as error:
            self._studio.show_error(error)
            return
        self.show(Candidate("", path.name, "", spec, path.stem))

    def _identify(self, path: Path) -> None:
        """Finds the network of a file of weights in a worker, then compares with it."""
        torch = self._studio.torch
        if torch.state == "failed":
            self._studio.show_message(torch.message, remedy=torch.remedy, kind="error")
            return
        if torch.state != "ready":
            self._studio.show_message(
                self.tr("Weights can be read as soon as torch is ready."),
                remedy=self.tr("Choose the file again in a moment."),
            )
            return

        def job(_state: TaskState) -> Identified:
            from resnet_studio.models import identify, read_weights

            return identify(read_weights(path))

        self._studio.workers.start(
            job,
            title=self.tr("Reading {name}").format(name=path.name),
            lane=_LANE,
            replace=True,
            on_result=self._show_identified,
        )

    def _show_identified(self, found: Identified) -> None:
        path = found.path
        self.show(Candidate("", path.name, "", found.spec, path.stem))

    def show(self, candidate: Candidate) -> None:
        """Shows the present network and another, one above the other."""
        self._studio.workers.cancel_lane(_LANE)  # a file still being read was an earlier wish
        if self.page is not None:
            self.page.show_candidate(candidate)
        else:
            self.page = ComparePage(self._studio, candidate)
            self.page.closed.connect(self.close)
            self._place.addWidget(self.page)
            self._place.setCurrentWidget(self.page)
            for command, handler in self.page.handlers().items():
                self._studio.commands.connect(command, handler)
            self._studio.commands.set_condition("comparison", True)
        self.page.pair.views[0].setFocus()

    def swap(self) -> None:
        """Exchanges the two networks."""
        if self.page is not None:
            self.page.swap()

    def close(self) -> None:
        """Goes back to the usual view."""
        if self.page is None:
            return
        page, self.page = self.page, None
        self._studio.commands.set_condition("comparison", False)
        self._give_back()
        self._place.setCurrentIndex(0)
        self._place.removeWidget(page)
        page.deleteLater()
        if (usual := self._place.currentWidget()) is not None:
            usual.setFocus()

    def _candidates(self) -> Iterator[Candidate]:
        spec = self._studio.spec
        yield from variants(spec, network_title(spec))
        previous = self._studio.previous_spec
        name = network_title(previous) if previous is not None else ""
        yield from before_last_change(previous, name)
        yield from catalogue()

    def _add_runs(self, dialog: CompareDialog, listings: tuple[object, ...]) -> None:
        if self.dialog is dialog:
            dialog.add(trained(listings))  # type: ignore[arg-type]

    def _dialog_closed(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None
