"""What an export says while it works: frozen records without a live tensor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from resnet_studio.errors import Cancelled
from resnet_studio.export.formats import Format

Asked = Callable[[], bool]
"""Whether the person has cancelled."""


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """What is being done. It may come several times, so that a long step can be cancelled.

    Attributes:
        step: Number of the step, from 1.
        steps: How many there are.
        text: The step in words: "Converting the network".
    """

    step: int
    steps: int
    text: str


@dataclass(frozen=True, slots=True)
class Exported:
    """The files are there, and were compared with the network.

    Attributes:
        format: What was written.
        files: All files, the one that was asked for last.
        checked: What was compared, in a sentence.
        difference: The greatest difference of a logit, as a fraction of the greatest logit; None
            where none were computed, or none is finite.
    """

    format: Format
    files: tuple[Path, ...]
    checked: str
    difference: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a comparison found: `checked` and `difference` of `Exported`."""

    checked: str
    difference: float | None = None


ExportEvent = ExportProgress | Exported


def stop_if(cancelled: Asked) -> None:
    """Leaves the export if the person cancelled it.

    Raises:
        Cancelled: If so.
    """
    if cancelled():
        raise Cancelled
