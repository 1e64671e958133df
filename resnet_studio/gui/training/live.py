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

    from resnet_studio.architecture.spec import NetworkSpec
    from resnet_studio.gui.training.session import Session
    from resnet_studio.probe.network import LoadedNetwork, WeightsChoice
    from resnet_studio.training.events import RunEnded, Snapshot

_LANE = "live"
_LOOKING = (
    _LANE,
    "network",
    "probe",
    "features",
    "features.field",
    "inside.layer",
    "surgery.classes",
    "surgery.accuracy",
    "surgery.lesions",
    "classification",
    "classification.look",
    "timing",
)
"""Lanes whose work must be done before another copy is of use, which would end it."""
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
        self._shown = False
        self._action = studio.commands.action("training.live")
        self._timer = QTimer(self)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._look)
        studio.commands.connect("training.live", self._toggled)
        studio.spec_changed.connect(self._spec_changed)
        studio.weights_changed.connect(self._weights_changed)

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

    def _toggled(self) -> None:
        """Goes where the network is seen, or says when it will be."""
        self._switch()
        if self._timer.isActive():
            self._studio.commands.run("view.features")
        elif self.on and (self._session is None or not self._session.running):
            self._studio.show_message(
                self.tr("The other panels show the network as soon as it is trained."),
                remedy=self.tr("Start a run, then look at the feature maps."),
            )

    def _switch(self) -> None:
        session = self._session
        self._shown = False
        if not self.on or session is None or not session.running:
            self._stop()
        elif session.processes > 1:
            self._studio.show_message(
                self.tr("The weights of several processes can be seen once they are saved."),
                remedy=self.tr("Use the weights of the last run, or train in one process."),
            )
        else:
            self._timer.start()

    def _stop(self) -> None:
        """Ends looking, and gives up the copy that is being made into a network."""
        self._timer.stop()
        self._studio.workers.cancel_lane(_LANE)

    def _spec_changed(self, spec: NetworkSpec) -> None:
        if self._session is not None and spec != self._session.config.network:
            self._leave()

    def _weights_changed(self, choice: WeightsChoice) -> None:
        if choice.kind != "live":
            self._leave()

    def _leave(self) -> None:
        """Lets a person go on to another network, and does not call them back to the run's."""
        if not self._shown or not self._timer.isActive():
            return
        self._action.setChecked(False)
        self._switch()
        self._studio.show_message(
            self.tr("The network of the run is not shown any more: you have chosen another."),
            remedy=self.tr("“Look inside while it trains” shows it again."),
        )

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
        if any(task.lane == "network" for task in self._studio.workers.tasks):
            return  # a person has asked for other weights
        if self._studio.spec != network.spec:
            self._studio.set_spec(
                network.spec, self.tr("Network of the run {name}").format(name=network.choice.name)
            )
        self._studio.show_network(network)
        self._shown = True

    def _ended(self, end: RunEnded) -> None:
        """Shows the weights that were saved last in place of the copy."""
        from resnet_studio.probe.network import WeightsChoice
        from resnet_studio.training.runs import RunFolder

        self._stop()
        shown = self._studio.network
        if shown is None or shown.choice.kind != "live" or end.checkpoint is None:
            return
        folder = RunFolder(end.checkpoint.parent.parent)
        if (weights := folder.weights("last")).is_file():
            self._studio.set_weights(WeightsChoice("run", str(weights), name=folder.name))
