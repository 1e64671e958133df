"""The whole state of a run on the disk: a crash at any moment leaves one that can be loaded.

`last.pt` is the newest checkpoint, `previous.pt` the one before. A new one is written beside them
and synchronised; then `last` is renamed to `previous` and the new one to `last`. Whatever the
moment of a crash, at least one of the two is whole. Each file is torch's own format with a
trailer: the SHA-256 of all bytes before it, checked before anything is read (torch passes over
the trailer, so any tool can open the file). Tensors are loaded with `weights_only=True` alone.

There are no states of random generators: see `seeding`.
"""

from __future__ import annotations

import errno
import hashlib
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import torch
from torch import Tensor, nn

from resnet_studio.errors import CheckpointError
from resnet_studio.files import atomic_write, give_second_name
from resnet_studio.models import screening
from resnet_studio.training import room
from resnet_studio.training.averaging import Average
from resnet_studio.training.metrics import Sums
from resnet_studio.training.schedules import Plateau

LAST: Final = "last.pt"
PREVIOUS: Final = "previous.pt"
NAMES: Final = (LAST, PREVIOUS)
DAMAGED: Final = "damaged.pt"
FORMAT: Final = 2
_READABLE: Final = (1, FORMAT)
_TRAILER_MARK: Final = b"\nsha256:"
_TRAILER_SIZE: Final = len(_TRAILER_MARK) + 64
_READ_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Best:
    """The best validation so far: highest accuracy, and of equal ones the lowest loss."""

    epoch: int
    accuracy: float
    loss: float

    def beaten_by(self, accuracy: float, loss: float) -> bool:
        """Tells whether another validation is better."""
        return (accuracy, -loss) > (self.accuracy, -self.loss)


@dataclass(slots=True)
class Position:
    """Where a run stands, between two steps.

    Attributes:
        step: Optimiser steps done, counting batches without a readable picture.
        epoch: Epochs completed, each with its validation.
        batch: Batches of the present epoch that are done; all of them while the validation that
            ends the epoch is still to come.
        sums: Running sums of the present epoch.
        best: The best validation so far.
        threads: Threads that steps are computed with now; None before the first.
        plateau: What the schedule of that name has seen.
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    sums: Sums = field(default_factory=Sums)
    best: Best | None = None
    threads: int | None = None
    plateau: Plateau = field(default_factory=Plateau)


@dataclass(frozen=True, slots=True)
class TrainingState:
    """Everything that a resumed run needs.

    Attributes:
        position: Where the run stands.
        model: State dict of the network.
        optimiser: State dict of the optimiser.
        config: The run's configuration as TOML.
        hardware: Device, precision, threads and torch's version, as `Hardware.describe` says.
        data: Classes and sizes of the data, to notice when they have changed.
        average: State of the running mean of the weights; None if the recipe has none.
    """

    position: Position
    model: dict[str, Tensor]
    optimiser: dict[str, Any]
    config: str
    hardware: dict[str, Any]
    data: dict[str, Any]
    average: dict[str, Any] | None = None


def save_state(folder: Path, state: TrainingState, *, kept: Path | None = None) -> Path:
    """Writes a new `last.pt`; the present one becomes `previous.pt`.

    Args:
        folder: Where the checkpoints are.
        state: What to save.
        kept: A name that the new file has as well and keeps. It has it before it is `last.pt`, so
            that a crash in between loses nothing: the step is taken again, and saved again.

    Raises:
        OSError: If it cannot be written; the checkpoints that were there stay loadable.
    """
    last = folder / LAST
    with atomic_write(last, before=folder / PREVIOUS) as temporary:
        with temporary.open("wb") as file:
            _write(_content(state), file)
        if kept is not None:
            give_second_name(temporary, kept)
    return last


def load_state(folder: Path) -> tuple[TrainingState, tuple[str, ...]] | None:
    """Loads the newest checkpoint that is whole and makes sure that it is `last.pt`.

    A damaged `last.pt` is set aside as `damaged.pt`, so that the next save cannot put it in the
    place of the good one.

    Returns:
        The state on the processor, and a sentence for each file that could not be used; None if
        there is no checkpoint yet.

    Raises:
        CheckpointError: If there are checkpoints and none is whole.
    """
    last, previous = folder / LAST, folder / PREVIOUS
    problems: list[str] = []
    for path in (last, previous):
        if not path.exists():
            continue
        try:
            state = read_state(path)
        except CheckpointError as error:
            problems.append(error.message)
            continue
        if path == previous:
            _promote(folder)
        return state, tuple(problems)
    if problems:
        raise CheckpointError(
            " ".join(problems),
            remedy="Start a new run; the weights in last.safetensors and best.safetensors may "
            "still be good.",
        )
    return None


def _promote(folder: Path) -> None:
    """Makes the good `previous.pt` the last one."""
    last = folder / LAST
    try:
        if last.exists():
            last.replace(folder / DAMAGED)
        (folder / PREVIOUS).replace(last)
    except OSError as error:
        raise _unusable(last, error.strerror or str(error)) from error


def read_state(path: Path) -> TrainingState:
    """Reads one checkpoint file.

    Raises:
        CheckpointError: If it is unreadable, torn, altered, or no checkpoint of a run.
    """
    try:
        if not path.is_file():  # a pipe would never end
            raise _unusable(path, "it is no plain file")
        with path.open("rb") as file:
            size = _check_trailer(path, file)
            _screen(path, file, size)
            file.seek(0)
            content = torch.load(file, map_location="cpu", weights_only=True)
        return _state_of(content)
    except CheckpointError:
        raise
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from error
    except Exception as error:  # torch raises many kinds for a file that is not its own
        raise _unusable(path, f"{type(error).__name__}: {error}"[:200]) from error


def restore(
    state: TrainingState,
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    average: Average | None = None,
) -> None:
    """Copies the state into the network, the optimiser and the running mean of the weights.

    Raises:
        CheckpointError: If it is of another network or optimiser.
    """
    try:
        model.load_state_dict(state.model, strict=True)
        optimiser.load_state_dict(state.optimiser)
        if average is not None and state.average is not None:
            average.load_state_dict(state.average)
    except (RuntimeError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"The checkpoint does not fit this run's network: {str(error)[:300]}",
            remedy="Start a new run.",
        ) from error


def all_finite(*states: object) -> bool:
    """Tells whether no number in states of any depth is NaN or infinite; waits for it once."""
    flags = [
        value.isfinite().all() for value in room.tensors_in(states) if value.is_floating_point()
    ]
    return bool(torch.stack([flag.to(flags[0].device) for flag in flags]).all())


def _content(state: TrainingState) -> dict[str, Any]:
    """Returns what goes into the file; the tensors are not copied."""
    return {
        "format": FORMAT,
        "position": asdict(state.position),
        "model": state.model,
        "optimiser": state.optimiser,
        "config": state.config,
        "hardware": state.hardware,
        "data": state.data,
        "average": state.average,
    }


class _HashingWriter:
    """A file to write to in order, which hashes what goes through it.

    torch reports a failing write as an unspecific RuntimeError; the cause is kept here.
    """

    def __init__(self, file: io.BufferedWriter) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.error: OSError | None = None

    def write(self, content: bytes) -> int:
        try:
            written = self._file.write(content)
        except OSError as error:
            self.error = error
            raise
        self.digest.update(content)
        return written

    def flush(self) -> None:
        self._file.flush()


def _write(content: Mapping[str, Any], file: io.BufferedWriter) -> None:
    writer = _HashingWriter(file)
    try:
        torch.save(content, writer)  # type: ignore[arg-type]  # needs write and flush only
    except RuntimeError as error:
        if writer.error is not None:
            raise writer.error from error
        raise
    file.write(_TRAILER_MARK + writer.digest.hexdigest().encode("ascii"))


def _check_trailer(path: Path, file: BinaryIO) -> int:
    """Returns the size of the content, whose hash must be the file's last bytes.

    Raises:
        CheckpointError: If it is not.
    """
    size = remaining = path.stat().st_size - _TRAILER_SIZE
    if size <= 0:
        raise _unusable(path, "it is too short")
    digest = hashlib.sha256()
    while remaining and (chunk := file.read(min(_READ_BYTES, remaining))):
        digest.update(chunk)
        remaining -= len(chunk)
    if file.read() != _TRAILER_MARK + digest.hexdigest().encode("ascii"):
        raise _unusable(path, "its content does not match its SHA-256")
    return size


def _screen(path: Path, file: BinaryIO, size: int) -> None:
    """Looks through the file for absurd claims: a right hash proves no good intent.

    Raises:
        CheckpointError: If torch had better not see it.
    """
    try:
        screening.screen_zip(path, file, size)
    except CheckpointError as error:
        raise _unusable(path, error.message.removeprefix(f"{path.name}: ").rstrip(".")) from error


def _state_of(content: Mapping[str, Any]) -> TrainingState:
    """Makes a state of what the file holds; any misfit is an exception of some kind."""
    if content["format"] not in _READABLE:
        raise ValueError(f"format {content['format']!r} is not known to this version")
    position = dict(content["position"])
    best = position.pop("best")
    position["sums"] = Sums(**position["sums"])
    position["plateau"] = Plateau(**position.get("plateau", {}))
    return TrainingState(
        position=Position(**position, best=Best(**best) if best is not None else None),
        model=content["model"],
        optimiser=content["optimiser"],
        config=str(content["config"]),
        hardware=dict(content["hardware"]),
        data=dict(content["data"]),
        average=content.get("average"),
    )


def _unusable(path: Path, reason: str) -> CheckpointError:
    return CheckpointError(f"The checkpoint {path} cannot be used: {reason}.")


def saving_problem(path: Path, error: OSError) -> str:
    """Returns the sentence to show when a file of the run could not be written."""
    reason = error.strerror or str(error)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        remedy = "Free some space on this disk"
    elif error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        remedy = "Make the folder writable"
    else:
        remedy = "Check the disk and the folder"
    return f"{path} could not be saved: {reason}. {remedy}; it is tried again at the next save."
