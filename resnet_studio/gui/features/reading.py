"""What the cursor reads from a feature map: which number it is, and what that number sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from resnet_studio.gui.features.images import number
from resnet_studio.probe.field import SHARE, LayerField, PixelBox

if TYPE_CHECKING:
    from resnet_studio.probe.field import MeasuredField

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Reading:
    """One number of a feature map.

    Attributes:
        layer: Name of the section or layer.
        channel: Number of the channel.
        row: From the top, 0 first.
        column: From the left, 0 first.
        value: The activation.
    """

    layer: str
    channel: int
    row: int
    column: int
    value: float


def place_words(reading: Reading) -> str:
    """Returns where a number stands and what it is: "row 3, column 4: 0.52"."""
    return translate("Reading", "row {row}, column {column}: {value}").format(
        row=reading.row, column=reading.column, value=number(reading.value)
    )


def field_words(field: LayerField, reading: Reading) -> str:
    """Returns what a number can see: "can see 35×35 px of the 224×224 that the network reads"."""
    box = field.box(reading.row, reading.column)
    text = translate("Reading", "can see {box} px of {size}×{size}").format(
        box=_size(box), size=field.size
    )
    if field.everything:
        text += translate("Reading", ", and through squeeze-and-excitation all of it")
    return text


def measured_words(measured: MeasuredField) -> str:
    """Returns what a number looks at: "95 % of the gradient in 21×19 px"."""
    if measured.box is None:
        return translate("Reading", "no pixel moves it: the gradient is zero")
    return translate("Reading", "{share} % of the gradient in {box} px").format(
        share=round(100 * SHARE), box=_size(measured.box)
    )


def _size(box: PixelBox) -> str:
    return f"{box.width}×{box.height}"
