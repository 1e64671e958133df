"""A widget that takes no more height than its content needs."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

_LARGEST = (1 << 24) - 1
"""QWIDGETSIZE_MAX, which PySide6 does not export; Qt warns of more."""


def limit_height(widget: QWidget, needed: float) -> None:
    """Limits the height of `widget` to `needed` pixels, whatever that number is.

    A line of pixels, a thousand times as high as wide, would need more than Qt can count.
    """
    widget.setMaximumHeight(max(widget.minimumHeight(), round(min(needed, _LARGEST))))
