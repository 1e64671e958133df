"""Saving of what is known of each channel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.export import save_bytes
from resnet_studio.probe.channels import statistics_csv

if TYPE_CHECKING:
    from resnet_studio.probe.channels import FloatArray


def save_channel_statistics(
    studio: Studio, maps: FloatArray, name: str, classes: Sequence[str] = ()
) -> Path | None:
    """Asks for a name and saves mean, extremes and variance of each channel as CSV.

    Args:
        studio: The shared state.
        maps: (C, H, W) float32.
        name: What the file is to be called, without its ending.
        classes: A name for each channel; none if empty.

    Returns:
        The path, None if nothing was saved.
    """
    path = studio.save_file(
        QCoreApplication.translate("statistics", "Save the statistics of each channel"),
        f"{name}_channels.csv",
        QCoreApplication.translate("statistics", "CSV table (*.csv)"),
    )
    if path is None:
        return None
    content = statistics_csv(maps, classes).encode("utf-8")
    return save_bytes(studio, content, path.with_suffix(".csv"))
