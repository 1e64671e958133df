"""Measures how long each layer of the network takes, in a worker, and keeps what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from resnet_studio.gui.architecture import labels
from resnet_studio.gui.architecture.quantities import NOT_MEASURED, MeasuredTimes, time_text
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.workers import Task, TaskState

if TYPE_CHECKING:
    from resnet_studio.probe.timing import LayerTimes


class Measuring(QObject):
    """The measured times of the present network; those of earlier ones come back with them.

    Signals (GUI thread):
        changed(MeasuredTimes): What is known of the present network is another.
    """

    changed = Signal(object)

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._known: dict[str, MeasuredTimes] = {}
        self._wanted = False
        self._task: Task | None = None
        studio.network_changed.connect(lambda _network: self._begin())
        studio.spec_changed.connect(lambda _spec: self._forget())

    @property
    def times(self) -> MeasuredTimes:
        """What was measured of the present network."""
        return self._known.get(self._studio.spec.to_json(), NOT_MEASURED)

    def start(self) -> None:
        """Measures the present network, again if it was measured before."""
        self._wanted = True
        self._studio.ensure_network()
        self._begin()

    def _begin(self) -> None:
        network = self._studio.intact_network
        if not self._wanted or network is None:
            return
        self._wanted = False
        key = network.spec.to_json()
        training = self._studio.training

        def job(state: TaskState) -> LayerTimes:
            from resnet_studio.probe.timing import time_layers

            return time_layers(network, check=state.check, progress=state.progress)

        def arrived(times: LayerTimes) -> None:
            self._known[key] = MeasuredTimes(times.seconds, told(times, training=training))
            self.changed.emit(self.times)

        def ended() -> None:
            if self._task is task:
                self._task = None

        task = self._studio.workers.start(
            job,
            title=self.tr("Measuring the time of each layer"),
            lane="timing",
            replace=True,
            on_result=arrived,
            on_done=ended,
        )
        self._task = task

    def _forget(self) -> None:
        """Another network: what was asked for the one before is not wanted any more."""
        self._wanted = False
        if self._task is not None:
            self._task.cancel()
        self.changed.emit(self.times)


def told(times: LayerTimes, *, training: bool) -> str:
    """Returns how the times were measured, in a sentence or two."""
    said = labels.tr(
        "Median of {passes} forward passes after {warm_ups} to warm up; input {shape}, float32, on "
        "the processor ({processor}, threads: {threads}). The whole pass: {whole}."
    ).format(
        passes=times.passes,
        warm_ups=times.warm_ups,
        shape=labels.shape_text(times.input_shape),
        processor=times.processor,
        threads=times.threads,
        whole=time_text(times.whole),
    )
    if training:
        said += " " + labels.tr("A training run was in progress meanwhile.")
    return said
