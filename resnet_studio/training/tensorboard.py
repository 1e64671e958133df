"""Event files of a run for TensorBoard, written only where a recipe asks for them.

They need the package `tensorboard`, an extra, of which the records and their checksums are used
and not its writer: that one hands each figure to a thread by itself, 0.4 ms for the ten figures of
a step (torch 2.15, one thread of an AMD EPYC; here 0.05 ms), and a full disk ends its thread. The
run's own curves are in `metrics.jsonl`; these files are not synchronised with the disk.
"""

from __future__ import annotations

import io
import os
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

from resnet_studio.errors import RunError
from resnet_studio.training.events import EpochDone, StepDone

_VERSION: Final = "brain.Event:2"


class EventFiles:
    """Writes the figures of steps and epochs as scalars; the step of both is the optimiser's.

    Each program that trains the run adds a file to the folder. Where a resumed run begins,
    TensorBoard is told to forget what the files before it hold of later steps.
    """

    def __init__(self, path: Path, *, start: int = 0, sections: Sequence[str] = ()) -> None:
        """Makes the folder and a file in it.

        Args:
            path: The folder.
            start: Steps done before now.
            sections: Names of the parts of the network that `StepDone.gradient_norms` is about.

        Raises:
            RunError: If the package is missing or the folder cannot be written.
        """
        self._protocol = _protocol()
        self._sections = tuple(sections)
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._file = _new_file(path)
            self._append(file_version=_VERSION)
            if start:
                begun = self._protocol.SessionLog(status=self._protocol.SessionLog.START)
                self._append(step=start + 1, session_log=begun)
        except OSError as error:
            raise RunError(
                f"{path} cannot be written: {error.strerror or error}.",
                remedy="Free some space and make the folder writable, or leave tensorboard out.",
            ) from error

    def write(self, event: StepDone | EpochDone) -> None:
        """Adds the figures of a step or an epoch.

        Raises:
            OSError: If the disk is full or gone; these figures are then left out, and what is in
                the file is whole.
        """
        values = self._epoch(event) if isinstance(event, EpochDone) else self._step(event)
        summary = self._protocol.Summary()
        for tag, value in values:
            summary.value.add(tag=tag, simple_value=value)
        self._append(step=event.step, summary=summary)

    def close(self) -> None:
        """Closes the file. Calling it again does nothing."""
        self._file.close()

    def _append(self, **fields: Any) -> None:
        record = io.BytesIO()
        event = self._protocol.Event(wall_time=time.time(), **fields)
        self._protocol.RecordWriter(record).write(event.SerializeToString())
        end, content = self._file.tell(), record.getvalue()
        try:
            while content:
                content = content[self._file.write(content) :]
        except OSError:
            # Readers stop for good at a torn record.
            self._file.truncate(end)
            self._file.seek(end)
            raise

    def _step(self, event: StepDone) -> Iterator[tuple[str, float]]:
        yield "step/loss", event.loss
        yield "step/accuracy", event.accuracy
        yield "step/learning rate", event.learning_rate
        yield "step/images per second", event.images_per_second
        for number, norm in enumerate(event.gradient_norms):
            known = number < len(self._sections)
            name = self._sections[number] if known else f"part {number + 1}"
            yield f"gradient norm/{name}", norm

    def _epoch(self, event: EpochDone) -> Iterator[tuple[str, float]]:
        yield "epoch/number", event.epoch
        yield "epoch/seconds", event.seconds
        yield "loss/train", event.train_loss
        yield "loss/validation", event.validation_loss
        yield "accuracy/train", event.train_accuracy
        yield "accuracy/validation", event.validation_accuracy
        if event.train_top5 is not None:
            yield "top 5/train", event.train_top5
        if event.validation_top5 is not None:
            yield "top 5/validation", event.validation_top5


class _Protocol:
    """What is used of the package: records with checksums, and the messages in them."""

    def __init__(self) -> None:
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.compat.proto.summary_pb2 import Summary
        from torch.utils.tensorboard import RecordWriter

        self.Event: Any = Event
        self.SessionLog: Any = SessionLog
        self.Summary: Any = Summary
        self.RecordWriter: Any = RecordWriter


def check() -> None:
    """Checks that event files can be written at all.

    Raises:
        RunError: If the package is missing.
    """
    _protocol()


def _protocol() -> _Protocol:
    try:
        return _Protocol()
    except ImportError as error:
        raise RunError(
            f"Event files for TensorBoard need the package tensorboard ({error}).",
            remedy="Install it (pip install tensorboard), or train without --tensorboard.",
        ) from error


def _new_file(folder: Path) -> BinaryIO:
    """Opens a file that was not there, with a name by which TensorBoard knows and orders it."""
    number = 0
    while True:
        name = f"{int(time.time()):010d}.{socket.gethostname()}.{os.getpid()}.{number}"
        try:
            return (folder / f"events.out.tfevents.{name}").open("xb", buffering=0)
        except FileExistsError:
            number += 1
