"""The engine's run as benchmarks take it: configured, driven in pieces, and timed event by event.

What is timed is the time to each `StepDone` since the event before it: reading and augmenting the
batch, the step itself, its figures, the log. Validation, checkpoints and the start of the run end
with events of their own and do not count.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resnet_studio.training.config import RunConfig
    from resnet_studio.training.events import EpochDone, Event, RunStarted


def config_for(network: str, size: int, folder: Path, **recipe: Any) -> RunConfig:
    """Returns a run on a folder of pictures: shifted by an eighth, flipped, normalised.

    Args:
        network: Id in the catalogue.
        size: Input in pixels; smaller pictures are enlarged to it.
        folder: Where `Pictures.write` has written.
        **recipe: Fields of the recipe that differ from that of quick CIFAR-10 runs.
    """
    from resnet_studio.architecture.catalog import get
    from resnet_studio.data.augment import CIFAR10, AugmentSpec
    from resnet_studio.data.augment_steps import HorizontalFlip, PadCrop, ResizeExact
    from resnet_studio.data.sources import DataConfig
    from resnet_studio.training.config import RunConfig
    from resnet_studio.training.presets import RECIPES

    scaled = (ResizeExact(size=size),)
    chance = (PadCrop(padding=size // 8, size=size), HorizontalFlip())
    return RunConfig(
        network=get(network).spec.replace(in_channels=3, classes=10, input_size=size),
        data=DataConfig(source="folder", path=str(folder)),
        train_augment=AugmentSpec(name="train", steps=(*scaled, *chance, CIFAR10)),
        validation_augment=AugmentSpec(name="validation", steps=(*scaled, CIFAR10)),
        recipe=RECIPES["cifar10_quick"].recipe.replace(**recipe),
    )


class EngineArm:
    """A run of `fit` that is driven some steps at a time; a context manager that ends it.

    Attributes:
        started: What the run told at its start.
        epochs: The epochs that have ended.
        told: Warnings.
        step_seconds: How long each step took.
    """

    def __init__(self, config: RunConfig, run_dir: Path) -> None:
        from resnet_studio.training.loop import fit

        self._events: Generator[Event, None, None] = fit(config, run_dir=run_dir)
        self._batch = config.recipe.batch_size
        self.started: RunStarted | None = None
        self.epochs: list[EpochDone] = []
        self.told: list[str] = []
        self.step_seconds: list[float] = []

    def __enter__(self) -> EngineArm:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._events.close()

    @property
    def hardware(self) -> str:
        """Device, precision and threads in words."""
        assert self.started is not None
        start = self.started
        return f"{start.device}, {start.precision}, {start.threads} threads"

    def take(self, steps: int) -> float:
        """Takes so many steps and returns the seconds that they took.

        Raises:
            RuntimeError: If the run ended before.
        """
        return sum(self._step() for _ in range(steps))

    def images(self, steps: int) -> Iterator[int]:
        """Takes so many steps, yielding the pictures of each."""
        for _ in range(steps):
            self._step()
            yield self._batch

    def finish(self) -> float:
        """Takes all steps that are left and returns the seconds that they took.

        Raises:
            RuntimeError: If the run did not finish.
        """
        from resnet_studio.training.events import RunEnded

        last = None
        seconds, before = 0.0, time.perf_counter()
        for event in self._events:
            now = time.perf_counter()
            seconds += self._note(event, now - before)
            last, before = event, time.perf_counter()
        if not isinstance(last, RunEnded) or last.outcome != "finished":
            raise RuntimeError(f"the run did not finish: {last}")
        return seconds

    def _step(self) -> float:
        from resnet_studio.training.events import RunEnded, StepDone

        before = time.perf_counter()
        for event in self._events:
            now = time.perf_counter()
            seconds = self._note(event, now - before)
            if isinstance(event, StepDone):
                return seconds
            if isinstance(event, RunEnded):
                raise RuntimeError(f"the run ended: {event.message} {event.remedy}")
            before = time.perf_counter()
        raise RuntimeError("the run has ended already")

    def _note(self, event: Event, seconds: float) -> float:
        """Keeps what an event tells; returns its seconds if they belong to training."""
        from resnet_studio.training.events import EpochDone, RunStarted, StepDone, Warned

        if isinstance(event, StepDone):
            self.step_seconds.append(seconds)
            return seconds
        if isinstance(event, RunStarted):
            self.started = event
        elif isinstance(event, EpochDone):
            self.epochs.append(event)
        elif isinstance(event, Warned):
            self.told.append(event.message)
        return 0.0
