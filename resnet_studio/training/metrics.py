"""Figures of a run: counted while it trains, kept in `metrics.jsonl`, read back for curves.

The file has one JSON object a line, each with an "event": "start" (a program began or resumed the
run), "step", "epoch" and "end". Steps and epochs have the fields of `events.StepDone` and
`events.EpochDone`. A line that a crash has torn is passed over when reading. No torch here.
"""

from __future__ import annotations

import errno
import json
import os
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

from resnet_studio.files import write_bytes_atomic
from resnet_studio.training.events import EpochDone, StepDone

_COUNTS = ("step", "epoch")
_SEVERAL = ("gradient_norms",)
_OPTIONAL = ("train_top5", "validation_top5")
_MOST = 2**53
_RECORDS: Mapping[str, type[StepDone] | type[EpochDone]] = {"step": StepDone, "epoch": EpochDone}
# A real line has some 300 bytes. A longer one is read in parts, none of which is a whole line.
_MAX_LINE_BYTES = 1 << 16
_EVENT_NAMES = {kind: name for name, kind in _RECORDS.items()}


@dataclass(slots=True)
class Sums:
    """Running sums over the pictures of one pass; Python floats, added in the order of steps.

    Attributes:
        images: Pictures counted.
        loss: Sum of their losses.
        correct: How many were classified right.
        correct5: How many have their class among the five most probable.
        seconds: Time spent, without pauses.
    """

    images: int = 0
    loss: float = 0.0
    correct: int = 0
    correct5: int = 0
    seconds: float = 0.0

    def __iadd__(self, other: Sums) -> Sums:
        """Counts what another pass, or a batch of this one, has counted."""
        self.images += other.images
        self.loss += other.loss
        self.correct += other.correct
        self.correct5 += other.correct5
        self.seconds += other.seconds
        return self

    @property
    def mean_loss(self) -> float:
        """Mean loss of a picture; NaN before the first."""
        return self.loss / self.images if self.images else float("nan")

    @property
    def accuracy(self) -> float:
        """Fraction classified right; NaN before the first."""
        return self.correct / self.images if self.images else float("nan")

    def top5(self, classes: int) -> float | None:
        """Fraction with its class among the five most probable; None if that is no merit."""
        return self.correct5 / self.images if self.images and classes > 5 else None


class Throughput:
    """Images per second over the last steps, so that the figure is steady and yet follows."""

    STEPS: ClassVar[int] = 20

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque(maxlen=self.STEPS + 1)
        self._images = 0

    def restart(self, now: float) -> None:
        """Forgets the past: called after a pause, a validation or a checkpoint.

        Args:
            now: The present time in seconds, as of `time.perf_counter`.
        """
        self._marks.clear()
        self._images = 0
        self._marks.append((now, 0))

    def add(self, now: float, images: int) -> float:
        """Counts a step that ended now and returns the rate; 0 before there is any."""
        self._images += images
        self._marks.append((now, self._images))
        (start, before), (end, after) = self._marks[0], self._marks[-1]
        return (after - before) / (end - start) if end > start else 0.0


@dataclass(frozen=True, slots=True)
class Metrics:
    """What `metrics.jsonl` holds of a run's course, in order."""

    steps: tuple[StepDone, ...] = ()
    epochs: tuple[EpochDone, ...] = ()


class MetricsLog:
    """Appends lines to `metrics.jsonl`; each is handed to the operating system at once.

    A line that does not fit on the disk is kept in memory and written before the next one, and
    the part of it that was written is taken back. Where not even that succeeds, or a crash has
    left a torn line, the next line begins a new one, so that it at least can be read.
    """

    def __init__(self, path: Path) -> None:
        """Opens the file for appending.

        Raises:
            OSError: If it cannot be opened for writing.
        """
        self.path = path
        self._file = path.open("ab", buffering=0)
        self._waiting: list[bytes] = []
        self._torn = _ends_torn(path)

    def write(self, event: StepDone | EpochDone | Mapping[str, Any]) -> None:
        """Appends one line.

        Raises:
            OSError: If the disk is full or gone; the line is kept and tried again later.
        """
        if isinstance(event, (StepDone, EpochDone)):
            event = {"event": _EVENT_NAMES[type(event)], **asdict(event)}
        self._waiting.append(json.dumps(event, ensure_ascii=False).encode("utf-8") + b"\n")
        self.flush()

    def flush(self) -> None:
        """Writes the lines that are waiting.

        Raises:
            OSError: If that fails; what is in the file is whole lines only.
        """
        while self._waiting:
            self._append(self._waiting[0])
            del self._waiting[0]

    def synchronise(self) -> None:
        """Makes what was written durable against a power failure, as far as the disk allows.

        Raises:
            OSError: If the disk refuses.
        """
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Closes the file; lines that never found room are lost."""
        self._file.close()

    def _append(self, line: bytes) -> None:
        end = self._file.seek(0, os.SEEK_END)
        written, content = 0, b"\n" + line if self._torn else line
        try:
            while written < len(content):
                written += self._file.write(content[written:]) or 0
        except OSError:
            self._torn = True
            self._file.truncate(end)
            self._torn = content is not line
            raise
        self._torn = False


def _ends_torn(path: Path) -> bool:
    """Tells whether the file's last line has no end."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yields the whole lines of a metrics file in order; torn and foreign ones are passed over.

    Raises:
        OSError: If the file exists and cannot be read.
    """
    if not path.exists():
        return
    if not path.is_file():  # a pipe would never end
        raise OSError(errno.EINVAL, "it is no plain file", str(path))
    with path.open("rb") as file:
        while line := file.readline(_MAX_LINE_BYTES):
            record = _parse(line)
            if record is not None:
                yield record


def read_metrics(path: Path) -> Metrics:
    """Reads the curves of a run; empty if there is no file yet.

    Raises:
        OSError: If the file exists and cannot be read.
    """
    found: dict[type, list[Any]] = {StepDone: [], EpochDone: []}
    for line in read_lines(path):
        event = _event(line)
        if event is not None:
            found[type(event)].append(event)
    return Metrics(steps=tuple(found[StepDone]), epochs=tuple(found[EpochDone]))


def parse_line(line: bytes) -> StepDone | EpochDone | None:
    """Returns the step or epoch of a line of the file; None for torn and for other lines."""
    record = _parse(line)
    return None if record is None else _event(record)


def cut(path: Path, *, step: int, epoch: int) -> None:
    """Removes what lies after a checkpoint, so that a resumed run's curves do not double.

    Args:
        path: The metrics file.
        step: Steps done at the checkpoint; later steps are removed.
        epoch: Epochs completed at the checkpoint; later epochs are removed.

    Raises:
        OSError: If the file cannot be written; it is then as it was.
    """
    if not path.exists():
        return
    last = {"step": step, "epoch": epoch}
    kept = [line for line in read_lines(path) if _lies_before(line, last)]
    content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in kept)
    write_bytes_atomic(path, content.encode("utf-8"))


def _parse(line: bytes) -> dict[str, Any] | None:
    if not line.endswith(b"\n"):
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and "event" in record else None


def _event(record: Mapping[str, Any]) -> StepDone | EpochDone | None:
    """Returns the event of a line; None for other lines and for fields that do not fit."""
    kind = _RECORDS.get(record["event"]) if isinstance(record["event"], str) else None
    if kind is None:
        return None
    values: dict[str, Any] = {}
    for field in fields(kind):
        # Fields that came with a later version have a default, so that older runs can be read.
        value = record.get(field.name, field.default)
        if not _fits(field.name, value):
            return None
        values[field.name] = tuple(value) if isinstance(value, list) else value
    return kind(**values)


def _fits(name: str, value: object) -> bool:
    """Tells whether a value fits its field: a figure, several, or none where that may be."""
    if name in _SEVERAL:
        return isinstance(value, (list, tuple)) and all(_is_figure(name, each) for each in value)
    return (value is None and name in _OPTIONAL) or _is_figure(name, value)


def _is_figure(name: str, value: object) -> bool:
    """Tells whether a value fits its field: a count, or a number that a curve may have."""
    if isinstance(value, bool):
        return False
    if name in _COUNTS:
        return isinstance(value, int) and 0 <= value <= _MOST
    return isinstance(value, float) or (isinstance(value, int) and abs(value) <= _MOST)


def _lies_before(record: Mapping[str, Any], last: Mapping[str, int]) -> bool:
    """Tells whether a line belongs to what a checkpoint holds; foreign lines always do."""
    event = _event(record)
    if event is None:
        return record["event"] not in _COUNTS
    count = event.step if isinstance(event, StepDone) else event.epoch
    return count <= last[record["event"]]
