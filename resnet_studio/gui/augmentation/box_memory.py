"""Remembers the box around the object of each picture, also for the next start."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF

from resnet_studio.gui.features.why_choices import choice, remember

if TYPE_CHECKING:
    from resnet_studio.data.imaging import Picture
    from resnet_studio.gui.studio import Studio

_KEY = "lab.boxes"
_MOST = 32
"""Pictures whose boxes are kept; the one marked longest ago goes first."""


def recalled(studio: Studio, picture: Picture) -> QRectF | None:
    """Returns the box of a picture in its pixels; None if there is none that fits."""
    box = _stored(studio).get(_name(picture))
    try:
        left, top, width, height = (float(value) for value in box)  # type: ignore[union-attr]
    except (TypeError, ValueError, OverflowError):  # the last: a number of 400 digits
        return None
    found = QRectF(left, top, width, height)
    whole = QRectF(0, 0, picture.width, picture.height)
    fits = all(map(math.isfinite, (left, top, width, height))) and whole.contains(found)
    return found if fits and not found.isEmpty() else None


def keep(studio: Studio, picture: Picture, box: QRectF | None) -> None:
    """Notes the box of a picture; None for none."""
    stored = _stored(studio)
    stored.pop(_name(picture), None)
    if box is not None:
        stored[_name(picture)] = [
            round(value, 2) for value in (box.left(), box.top(), box.width(), box.height())
        ]
    newest = dict(list(stored.items())[-_MOST:])
    remember(studio, _KEY, json.dumps(newest))


def _stored(studio: Studio) -> dict[str, object]:
    try:
        found = json.loads(choice(studio, _KEY, "{}"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _name(picture: Picture) -> str:
    """Returns what tells a picture from others: file and size."""
    return f"{picture.path or picture.name} {picture.width}x{picture.height}"
