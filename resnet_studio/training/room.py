"""Room on the disk for a save: how much it needs, how much there is, whether that was the fault."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from torch import Tensor

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
"""The errors of a disk, or of a person's share of it, that has no room left."""
_SLACK_BYTES: Final = 1 << 20
"""Names, shapes and the curves beside the numbers."""


@dataclass(frozen=True, slots=True)
class NoRoom:
    """A save that did not fit on the disk; what was saved before is whole.

    Attributes:
        path: The file that could not be written.
        needed_bytes: Room that the save needs.
        free_bytes: Room that there is; None if the disk does not tell.
    """

    path: Path
    needed_bytes: int
    free_bytes: int | None

    @property
    def reason(self) -> str:
        """What happened and what to do, for a person."""
        return f"{self._lack} The run waits and loses nothing; free some space, and it goes on."

    @property
    def lost(self) -> str:
        """What to say where the run cannot wait."""
        return f"{self._lack} The checkpoint before it is still good."

    @property
    def _lack(self) -> str:
        free = "too little" if self.free_bytes is None else _size(self.free_bytes)
        return (
            f"There is no room on the disk to save {self.path}: {_size(self.needed_bytes)} are "
            f"needed, {free} is free."
        )

    @property
    def over(self) -> bool:
        """Whether there is enough room by now, as far as the disk tells."""
        free = free_bytes(self.path.parent)
        return free is None or free >= self.needed_bytes


def free_bytes(folder: Path) -> int | None:
    """Returns the room on the disk of a folder; None if it cannot be told."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def needed_bytes(*states: Mapping[str, Any]) -> int:
    """Returns about how many bytes files of these states take."""
    return sum(tensor.nbytes for state in states for tensor in tensors_in(state)) + _SLACK_BYTES


def tensors_in(value: object) -> Iterator[Tensor]:
    """Yields the tensors in a value of any depth, as the state of an optimiser is."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from tensors_in(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from tensors_in(each)


def _size(count: int) -> str:
    """Returns a number of bytes as a person reads it."""
    if count >= 1 << 30:
        return f"{count / (1 << 30):.1f} GB"
    return f"{count / (1 << 20):.1f} MB"
