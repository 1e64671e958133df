"""What a part of the network can be measured by: for the table, the colours and the files. No Qt.

A block or a stage has the sum of its layers, but the receptive field of its last one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from html import escape
from typing import NamedTuple

from resnet_studio.architecture.graph import Block, Layer, Section
from resnet_studio.gui.architecture import labels
from resnet_studio.gui.architecture.outline import Entry, Item

BYTES_PER_NUMBER = 4
"""Of float32, in which networks are looked at and drawn."""


class Quantity(StrEnum):
    """What the drawing can be coloured by."""

    KIND = "kind"
    PARAMETERS = "parameters"
    MACS = "macs"
    MEMORY = "memory"
    FIELD = "field"
    TIME = "time"


class MeasuredTimes(NamedTuple):
    """The measured times of a network's layers, and how they came about.

    Attributes:
        seconds: By name of the layer.
        conditions: Processor, threads, passes and the like, in a sentence of the window.
    """

    seconds: Mapping[str, float]
    conditions: str


NOT_MEASURED = MeasuredTimes({}, "")


def value(item: Item, quantity: Quantity, times: MeasuredTimes = NOT_MEASURED) -> float | None:
    """Returns a quantity of a part: a number, MACs, bytes, pixels or seconds.

    None where there is no such number: a kind, or a time that was not measured.
    """
    match quantity:
        case Quantity.PARAMETERS:
            return item.parameters
        case Quantity.MACS:
            return item.macs
        case Quantity.MEMORY:
            return activation_bytes(item)
        case Quantity.FIELD:
            return item.receptive_field.size
        case Quantity.TIME:
            return seconds(item, times)
    return None


def activation_bytes(item: Item) -> int:
    """Returns how many bytes a part writes for one picture: the outputs of its layers, float32."""
    return BYTES_PER_NUMBER * sum(math.prod(layer.output_shape) for layer in layers_of(item))


def seconds(item: Item, times: MeasuredTimes) -> float | None:
    """Returns the measured time of a part; None unless each of its layers was measured."""
    if not times.seconds:
        return None
    measured = [times.seconds.get(layer.name) for layer in layers_of(item)]
    known = [time for time in measured if time is not None]
    return sum(known) if len(known) == len(measured) else None


def layers_of(item: Item) -> tuple[Layer, ...]:
    """Returns the layers of a part; a layer is its own only one."""
    return item.layers if isinstance(item, Block | Section) else (item,)


def title(quantity: Quantity) -> str:
    """Returns what a quantity is called."""
    tr = labels.tr
    return {
        Quantity.KIND: tr("Kind"),
        Quantity.PARAMETERS: tr("Parameters"),
        Quantity.MACS: tr("MACs"),
        Quantity.MEMORY: tr("Activation memory"),
        Quantity.FIELD: tr("Receptive field"),
        Quantity.TIME: tr("Measured time"),
    }[quantity]


def meaning(quantity: Quantity) -> str:
    """Returns a sentence on what a quantity is and what a folded part shows of it."""
    tr = labels.tr
    return {
        Quantity.KIND: tr("Each stage has its colour; pale maps are made by 1×1 convolutions."),
        Quantity.PARAMETERS: tr("Trained numbers; a folded part has the sum of its layers."),
        Quantity.MACS: tr(
            "Multiply-accumulates for one picture; a folded part has the sum of its layers."
        ),
        Quantity.MEMORY: tr(
            "What each layer writes for one picture, 4 bytes a number; a folded part has the sum "
            "of its layers."
        ),
        Quantity.FIELD: tr(
            "Pixels of the picture that one number sees, in height and width; a folded part has "
            "that of its last layer."
        ),
        Quantity.TIME: tr(
            "Median forward time of each layer on this processor, one picture; a folded part has "
            "the sum of its layers."
        ),
    }[quantity]


def text(quantity: Quantity, number: float) -> str:
    """Returns a value with its unit, in three digits: "1.18 M", "3.06 MiB", "99 px", "0.42 ms"."""
    if quantity is Quantity.MEMORY:
        return memory_text(number)
    if quantity is Quantity.TIME:
        return time_text(number)
    if quantity is Quantity.FIELD:
        return f"{number:,.0f} px"
    return labels.rounded(round(number))


def tooltip(entry: Entry, times: MeasuredTimes = NOT_MEASURED) -> str:
    """Returns the tool tip of a part as rich text, with its memory and, if known, its time."""
    tr = labels.tr
    said = tr("Activation memory: {size}").format(size=memory_text(activation_bytes(entry.item)))
    tip = f"{labels.tooltip(entry)}<p style='white-space:pre'>{escape(said)}</p>"
    measured = seconds(entry.item, times)
    if measured is None:
        return tip
    took = tr("Measured time: {time}").format(time=time_text(measured))
    return f"{tip}<p><b>{escape(took)}</b><br>{escape(times.conditions)}</p>"


def memory_text(count: float) -> str:
    """Returns bytes as "512 B", "64 KiB", "3.06 MiB"."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1023.5 or unit == "GiB":
            break
        count /= 1024
    return f"{_three(count)} {unit}"


def time_text(duration: float) -> str:
    """Returns seconds as "8.1 µs", "0.42 ms", "1.3 s"."""
    if duration < 99.95e-6:
        return f"{_three(duration * 1e6)} µs"
    if duration < 1:
        return f"{_three(duration * 1e3)} ms"
    return f"{_three(duration)} s"


def _three(number: float) -> str:
    """Three digits at most, without zeros behind the point."""
    digits = 0 if number >= 99.95 else 1 if number >= 9.995 else 2
    said = f"{number:.{digits}f}"
    return said.rstrip("0").rstrip(".") if "." in said else said
