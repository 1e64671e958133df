"""Measures networks on validation pictures, and keeps what need not be measured again.

Opening the pictures, drawing the sample and judging the intact network are done once; after a
change only the operated network is judged. All of it happens in workers.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, Signal

from resnet_studio.data.sources import DataConfig
from resnet_studio.errors import StudioError
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.workers import Task, TaskState
from resnet_studio.probe.lesion import Lesion, LesionStudy, Side

if TYPE_CHECKING:
    from resnet_studio.probe.evaluate import EvaluationProgress
    from resnet_studio.probe.network import LoadedNetwork
    from resnet_studio.probe.validation import Judgement, Pictures, ValidationSet

_Value = TypeVar("_Value")
_AT_ONCE_MACS = 5e10
"""Up to so much work is done unasked: some 2 s on two cores, at 25 billion MACs a second."""


@dataclass(slots=True)
class Known:
    """What has been found out for one network on one choice of pictures.

    Attributes:
        pictures: The opened pictures.
        sample: Those that the network is judged by.
        intact: What the intact network says of them.
        operated: What the network of `operated_as` says; None while that is not known.
        operated_as: The network that is operated on.
        lesions: What is known so far of each block, by what was taken away.
        studies: The finished studies.
    """

    pictures: Pictures | None = None
    sample: ValidationSet | None = None
    intact: Judgement | None = None
    operated: Judgement | None = None
    operated_as: LoadedNetwork | None = None
    lesions: dict[Side, dict[str, Lesion]] = field(default_factory=dict)
    studies: dict[Side, LesionStudy] = field(default_factory=dict)


class Bench(QObject):
    """Judges the network of the window on chosen pictures, intact and operated.

    Signals (GUI thread):
        changed(): Something is known now, or work has begun, gone on or ended.

    Attributes:
        known: What has been found out.
        problem: Why it is not measured, in a sentence; "" if nothing is wrong.
    """

    changed = Signal()

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._network: LoadedNetwork | None = None
        self._source: DataConfig | Path | None = None
        self._most = 0
        self._wanted = False
        self._judging: Task | None = None
        self._cutting: Task | None = None
        self.known = Known()
        self.problem = ""
        studio.workers.task_progressed.connect(self._progressed)

    # -- what is measured -----------------------------------------------------------------------

    @property
    def has_source(self) -> bool:
        """Whether it is known which pictures are meant."""
        return self._source is not None

    @property
    def can_measure(self) -> bool:
        """Whether there are a network and pictures for it."""
        return self._network is not None and self.has_source

    @property
    def judging(self) -> Task | None:
        """The task that measures the accuracy; None if there is none."""
        return self._judging

    @property
    def cutting(self) -> Task | None:
        """The task that takes one block after the other away; None if there is none."""
        return self._cutting

    def choose(self, source: DataConfig | Path | None, most: int) -> None:
        """Measures on other pictures from now on."""
        if (source, most) == (self._source, self._most):
            return
        pictures = self.known.pictures if source == self._source else None
        self._source, self._most = source, most
        self._begin_anew(Known(pictures=pictures))

    def follow(self, network: LoadedNetwork) -> None:
        """Measures another network from now on, or the same after surgery.

        What is little work, or was asked for once, is done at once.
        """
        intact = network.intact or network
        before = self._network and (self._network.intact or self._network)
        self._network = network
        if intact is not before:
            self._begin_anew(Known(pictures=self.known.pictures))
        elif self._wanted or self._is_little:
            self.measure()

    def measure(self) -> None:
        """Measures what is not known of the accuracy of the network as it is now."""
        network = self._network
        if network is None or self._source is None:
            return
        self._wanted = True
        if self.known.operated_as is network:
            return
        self.known.operated, self.known.operated_as = None, None
        self.problem = ""
        self._judging = self._start(
            self._judge(network),
            title=self.tr("Measuring the accuracy of {name}").format(name=network.spec.name),
            lane="surgery.accuracy",
            done=self._judged,
        )
        self.changed.emit()

    def remove_each(self, side: Side) -> None:
        """Takes one block after the other away."""
        network = self._network
        if network is None or self._source is None:
            return
        self.problem = ""
        self.known.lesions[side] = {}
        self.known.studies.pop(side, None)
        self._cutting = self._start(
            self._cut(network, side),
            title=self.tr("Removing each block of {name} in turn").format(name=network.spec.name),
            lane="surgery.lesions",
            done=self._cut_done,
        )
        self.changed.emit()

    def stop_judging(self) -> None:
        """Ends the measurement of the accuracy; it begins again when it is asked for."""
        self._wanted = False
        if self._judging is not None:
            self._judging.cancel()

    def stop_cutting(self) -> None:
        """Ends the study; what is known of it stays."""
        if self._cutting is not None:
            self._cutting.cancel()

    @property
    def _is_little(self) -> bool:
        if self._network is None:
            return False
        passes = 1 if self.known.intact is not None else 2
        return passes * self._most * self._studio.graph.macs <= 2 * _AT_ONCE_MACS

    def _begin_anew(self, known: Known) -> None:
        self._wanted = False
        for task in (self._judging, self._cutting):
            if task is not None:
                task.cancel()
        self.known, self.problem = known, ""
        if self._is_little:
            self.measure()
        self.changed.emit()

    # -- jobs, which run in workers ---------------------------------------------------------------

    def _judge(self, network: LoadedNetwork) -> Callable[[TaskState], Generator[Any, None, Any]]:
        known, intact = self.known, network.intact or network
        prepare, text = self._prepared(intact), self.tr("Measuring the accuracy")

        def job(state: TaskState) -> Generator[Any, None, tuple[LoadedNetwork, Judgement]]:
            from resnet_studio.probe.validation import judge

            sample = yield from prepare(state)
            first = known.intact
            if first is None:
                first = _told(judge(intact, sample), state, text)
                yield first
            if network is intact:
                return network, first
            return network, _told(judge(network, sample), state, text)

        return job

    def _cut(
        self, network: LoadedNetwork, side: Side
    ) -> Callable[[TaskState], Generator[Any, None, Any]]:
        intact = network.intact or network
        prepare, text = self._prepared(intact), self.tr("Without {block}")
        blocks = len(self._studio.graph.blocks)

        def job(state: TaskState) -> Generator[Any, None, LesionStudy]:
            from resnet_studio.probe.lesion import each_in_turn

            sample = yield from prepare(state)
            study = each_in_turn(intact, sample, side=side, check=state.check)
            seen: dict[str, int] = {}
            while True:
                try:
                    lesion = next(study)
                except StopIteration as end:
                    result: LesionStudy = end.value
                    return result
                seen[lesion.block] = lesion.seen
                done = sum(seen.values())
                state.progress(done, blocks * len(sample), text.format(block=lesion.block))
                yield side, lesion

        return job

    def _prepared(
        self, intact: LoadedNetwork
    ) -> Callable[[TaskState], Generator[Any, None, ValidationSet]]:
        """Returns what opens the pictures and draws the sample, if that is still to be done."""
        known, source, most = self.known, self._source, self._most
        text = self.tr("Opening the pictures")

        def prepare(state: TaskState) -> Generator[Any, None, ValidationSet]:
            from resnet_studio.probe.validation import open_pictures, validation_set

            if known.sample is not None:
                return known.sample
            pictures = known.pictures
            if pictures is None:
                assert source is not None  # nothing is started before something is chosen
                pictures = _told(open_pictures(source), state, text)
                yield pictures
            sample = validation_set(intact, pictures, most=most)
            yield sample
            return sample

        return prepare

    # -- what comes back ------------------------------------------------------------------------

    def _start(
        self,
        job: Callable[[TaskState], Generator[Any, None, Any]],
        *,
        title: str,
        lane: str,
        done: Callable[[Any], None],
    ) -> Task:
        known = self.known

        def came(value: Any) -> None:
            if known is self.known:
                self._take(value)

        def ended() -> None:
            self._judging = None if self._judging is task else self._judging
            self._cutting = None if self._cutting is task else self._cutting
            self.changed.emit()

        task = self._studio.workers.start(
            job,
            title=title,
            lane=lane,
            replace=True,
            on_event=came,
            on_result=lambda value: done(value) if known is self.known else None,
            on_error=self._failed,
            on_done=ended,
        )
        return task

    def _take(self, value: Any) -> None:
        from resnet_studio.probe.validation import Judgement, Pictures, ValidationSet

        match value:
            case Pictures():
                self.known.pictures = value
            case ValidationSet():
                self.known.sample = value
            case Judgement():
                self.known.intact = value
            case (Side() as side, Lesion() as lesion):
                self.known.lesions[side][lesion.block] = lesion
        self.changed.emit()

    def _judged(self, found: tuple[LoadedNetwork, Judgement]) -> None:
        self.known.operated_as, self.known.operated = found

    def _cut_done(self, study: LesionStudy) -> None:
        self.known.studies[study.side] = study

    def _failed(self, error: BaseException) -> None:
        self._wanted = False
        if isinstance(error, StudioError):
            self.problem = str(error)
        else:
            self._studio.show_error(error)
            self.problem = self.tr("This could not be measured.")

    def _progressed(self, task: Task) -> None:
        if task in (self._judging, self._cutting):
            self.changed.emit()


def _told(
    steps: Generator[EvaluationProgress, None, _Value], state: TaskState, text: str
) -> _Value:
    """Runs a generator to its end, telling how far it is; returns its value."""
    try:
        while True:
            step = next(steps)
            state.check()
            state.progress(step.done, step.total or 0, text)
    except StopIteration as end:
        value: _Value = end.value
        return value
    finally:
        steps.close()
