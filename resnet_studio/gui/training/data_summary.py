"""What the window keeps of a data set: its pictures as they are opened, and names and numbers.

`open_data` opens a data set in a worker; training opens it again for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resnet_studio.data.dataset import Problem
from resnet_studio.errors import DataError, PictureError

if TYPE_CHECKING:
    from resnet_studio.data.sources import DataConfig, DataSplit, OpenedSource
    from resnet_studio.gui.workers import TaskState

_LOOKED_AT = 9
"""Pictures whose size is looked at, to tell small pictures from photographs."""


@dataclass(frozen=True, slots=True)
class DataSummary:
    """A data set that can be trained on.

    Attributes:
        config: What was opened.
        name: What to call it.
        classes: Names of the classes.
        train_size: Pictures to learn from.
        validation_size: Pictures held out.
        problems: What was left out, and why.
        side: Shorter side of a typical picture in pixels.
        test_size: Pictures that the data set keeps for testing; training leaves them alone.
        own_validation: Whether the data set brings its validation pictures, so that neither share
            nor seed of the split has an effect.
    """

    config: DataConfig
    name: str
    classes: tuple[str, ...]
    train_size: int
    validation_size: int
    problems: tuple[Problem, ...]
    side: int
    test_size: int = 0
    own_validation: bool = False

    def steps_per_epoch(self, batch_size: int) -> int:
        """Returns the optimiser steps of one epoch."""
        return -(-self.train_size // max(1, batch_size))


@dataclass(frozen=True, slots=True, eq=False)
class OpenedData:
    """What a worker brings when it has opened a data set.

    Attributes:
        summary: Names and numbers.
        split: The pictures as training uses them.
        source: The same before changes and division, to be divided anew without the disk.
    """

    summary: DataSummary
    split: DataSplit
    source: OpenedSource


def open_data(
    config: DataConfig,
    state: TaskState,
    describe: Callable[[str, int], str],
    source: OpenedSource | None = None,
) -> OpenedData:
    """Opens a data set and says what is in it; runs in a worker.

    Args:
        config: Which one.
        state: Of the task, for progress and cancelling.
        describe: Makes a translated line of progress from phase and count.
        source: What was found there already; None reads the disk.

    Raises:
        DataError: If it cannot be used.
        Cancelled: If the task was cancelled.
    """
    from resnet_studio.data.sources import divide

    found = source if source is not None else _read(config, state, describe)
    split = divide(found, config)
    return OpenedData(_summary(config, split), split, found)


def _read(
    config: DataConfig, state: TaskState, describe: Callable[[str, int], str]
) -> OpenedSource:
    from resnet_studio.data.sources import OpenedSource, open_source

    opening = open_source(config)
    try:
        for item in opening:
            state.check()
            if isinstance(item, OpenedSource):
                return item
            text = describe(item.phase, item.done)
            state.progress(item.done, item.total or 0, text)
            state.event(text)
    finally:
        opening.close()
    raise DataError(f"{config.path or config.source} holds no data set.")


def _summary(config: DataConfig, split: DataSplit) -> DataSummary:
    return DataSummary(
        config=config,
        name=split.name,
        classes=split.classes,
        train_size=len(split.train),
        validation_size=len(split.validation),
        problems=tuple(split.problems),
        side=_typical_side(split),
        test_size=len(split.test) if split.test is not None else 0,
        own_validation=split.own_validation,
    )


def _typical_side(split: DataSplit) -> int:
    sides = []
    for position in range(0, len(split.train), max(1, len(split.train) // _LOOKED_AT)):
        try:
            sides.append(min(split.train.picture(position).shape[:2]))
        except PictureError:
            continue  # it is skipped and listed when it is trained on
    return sorted(sides)[len(sides) // 2] if sides else 0
