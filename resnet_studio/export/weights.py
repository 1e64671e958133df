"""The weights alone: safetensors with all that is needed to use them, or a plain state dict."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from resnet_studio.architecture.class_names import real_names
from resnet_studio.errors import ExportError
from resnet_studio.export.progress import Asked, ExportProgress, Finding, stop_if
from resnet_studio.export.subject import Subject
from resnet_studio.models import read_weights, save_weights
from resnet_studio.models.checkpoints import described_state

_WRITING, _READING = "Writing the weights", "Reading the weights again"


def write_safetensors(
    path: Path, subject: Subject, cancelled: Asked
) -> Generator[ExportProgress, None, Finding]:
    """Writes weights, spec, classes and preprocessing, and compares all of it once read again.

    Raises:
        CheckpointError: If the file cannot be written or read.
        ExportError: If anything comes back changed.
    """
    yield ExportProgress(1, 2, _WRITING)
    save_weights(path, subject.model, **_beside(subject))
    stop_if(cancelled)
    yield ExportProgress(2, 2, _READING)
    return _compared(path, subject)


def write_pth(
    path: Path, subject: Subject, cancelled: Asked
) -> Generator[ExportProgress, None, Finding]:
    """Writes the state dict for `torch.load(..., weights_only=True)`, and compares it.

    Its names are torchvision's where the network is one of torchvision's. Spec, classes and
    preprocessing go with it where other programs do not look.

    Raises:
        CheckpointError: If the file cannot be read again.
        ExportError: If it cannot be written, or anything comes back changed.
        OSError: If the disk refuses.
    """
    yield ExportProgress(1, 2, _WRITING)
    save_state(path, subject)
    stop_if(cancelled)
    yield ExportProgress(2, 2, _READING)
    return _compared(path, subject)


def _beside(subject: Subject) -> dict[str, Any]:
    """Returns what is kept with the weights."""
    return {
        "classes": _names(subject),
        "preprocessing": subject.preprocessing.to_dict(),
        "info": {"weights": subject.description},
    }


def _names(subject: Subject) -> tuple[str, ...] | None:
    """Returns the names that are kept: none where nobody has given any."""
    return None if subject.classes_assumed else real_names(subject.classes)


def _compared(path: Path, subject: Subject) -> Finding:
    """Reads the file again and compares every bit and every word.

    Raises:
        CheckpointError: If the file cannot be read again.
        ExportError: If anything comes back changed.
    """
    again = read_weights(path)
    same_tensors(path, again.state, subject.model.state_dict())
    told = (again.spec, again.classes, again.preprocessing)
    if told != (subject.spec, _names(subject), subject.preprocessing.to_dict()):
        raise ExportError(f"{path.name}: spec, classes or preprocessing came back changed.")
    return Finding(_finding(again.state))


def save_state(path: Path, subject: Subject) -> None:
    """Writes the state dict, with what is needed to use it beside its tensors.

    Raises:
        OSError: If the disk refuses.
    """
    state = described_state(subject.model, **_beside(subject))
    # Into an open file: its errors are the disk's own, torch's writer would make others of them.
    with path.open("wb") as file:
        try:
            torch.save(state, file)
        except RuntimeError as error:
            raise _disk_error(error) from error


def same_tensors(path: Path, again: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> None:
    """Compares names, types, shapes and every bit.

    Raises:
        ExportError: If they differ; names the first tensor that does.
    """
    if again.keys() != state.keys():
        other = sorted(again.keys() ^ state.keys())
        raise ExportError(f"{path.name} has other tensors than the network: {other[0]} …")
    for name, tensor in state.items():
        if not _same_bits(again[name], tensor.cpu()):
            raise ExportError(f"{path.name}: {name} came back changed.")


def _same_bits(one: Tensor, other: Tensor) -> bool:
    """Compares bytes, since a weight that is no number does not even equal itself."""
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    mine, theirs = (each.contiguous().reshape(-1).view(torch.uint8) for each in (one, other))
    return torch.equal(mine, theirs)


def _disk_error(error: RuntimeError) -> OSError:
    """Returns the disk's error behind torch's, which reports it in words of its own."""
    cause = error.__cause__ or error.__context__
    return cause if isinstance(cause, OSError) else OSError(str(error).splitlines()[0])


def _finding(state: Mapping[str, Tensor]) -> str:
    return (
        f"Read again: all {len(state):,} tensors are the same bit for bit; spec, classes and "
        "preprocessing are the same."
    )
