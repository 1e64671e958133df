"""Looking inside a network while it trains: its weights, copied between two steps.

The run is asked for a copy only while somebody looks at another panel, and only once what the
last copy led to has been computed. So neither waits for the other: the run gives a copy after
the step that it is in, and goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from resnet_studio.gui.studio import Studio
from resnet_studio.gui.workers import TaskState

if TYPE_CHECKING:
    from collections.abc import Callable

    from resnet_studio.gui.training.session import Session
    from resnet_studio.probe.network import LoadedNetwork
    from resnet_studio.training.events import RunEnded, Snapshot

_LANE = "live"
_LOOKING = ("probe", _LANE, "network")
"""Lanes whose work must be done before another copy is of use."""
_PAUSE_MS = 500
"""Time between two looks; a person cannot take in more."""


class LiveLook(QObject):
    """Shows in the other panels the network of the run in progress, again and again."""

    def __init__(
        self, studio: Studio, *, looked_away: Callable[[], bool], parent: QObject | None = None
    ) -> None:
        """Watches no run yet.

        Args:
            studio: The shared state.
            looked_away: Whether another panel than that of the training is shown.
            parent: Owner.
        """
        super().__init__(parent)
        self._studio = studio
        self._looked_away = looked_away
        self._session: Session | None = None
        self._action = studio.commands.action("training.live")
        self._timer = QTimer(self)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._look)
        studio.commands.connect("training.live", self._switch)

    @property
    def on(self) -> bool:
        """Whether the person wants to see the running network."""
        return self._action.isChecked()

    def watch(self, session: Session) -> None:
        """Takes the copies of a run that begins."""
        self._session = session
        session.snapshot_taken.connect(self._take)
        session.ended.connect(self._ended)
        self._switch()

    def _switch(self) -> None:
        session = self._session
        if not self.on or session is None or not session.running:
            self._timer.stop()
        elif session.processes > 1:
            self._studio.show_message(
                self.tr("The weights of several processes can be seen once they are saved."),
                remedy=self.tr("Use the weights of the last run, or train in one process."),
            )
        else:
            self._timer.start()

    def _look(self) -> None:
        """Asks for a copy, unless nobody looks or the last one is still being looked at."""
        session = self._session
        if session is None or session.started is None or not self._looked_away():
            return
        if not any(task.lane in _LOOKING for task in self._studio.workers.tasks):
            session.ask_snapshot()

    def _take(self, snapshot: Snapshot) -> None:
        session = self._session
        if session is None or session.started is None or not self.on:
            return
        config, classes, run = session.config, session.started.classes, session.run_dir
        name = "" if run is None else run.name

        def job(_state: TaskState) -> LoadedNetwork:
            from resnet_studio.probe.network import running_network

            return running_network(
                config.network,
                snapshot.weights,
                classes=classes,
                preprocessing=config.validation_augment,
                run=name,
                step=snapshot.step,
            )

        self._studio.workers.start(
            job, lane=_LANE, replace=True, visible=False, on_result=self._show
        )

    def _show(self, network: LoadedNetwork) -> None:
        if self._studio.spec != network.spec:
            self._studio.set_spec(
                network.spec, self.tr("Network of the run {name}").format(name=network.choice.name)
            )
        self._studio.show_network(network)

    def _ended(self, end: RunEnded) -> None:
        """Shows the weights that were saved last in place of the copy."""
        from resnet_studio.probe.network import WeightsChoice
        from resnet_studio.training.runs import RunFolder

        self._timer.stop()
        shown = self._studio.network
        if shown is None or shown.choice.kind != "live" or end.checkpoint is None:
            return
        folder = RunFolder(end.checkpoint.parent.parent)
        if (weights := folder.weights("last")).is_file():
            self._studio.set_weights(WeightsChoice("run", str(weights), name=folder.name))
