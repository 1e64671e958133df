"""A comparison in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from resnet_studio.gui.features.images import number

if TYPE_CHECKING:
    from resnet_studio.probe.comparison import Comparison, Seen


def summary(found: Comparison) -> str:
    """Returns how much is compared and how far apart both are, in one line."""
    parts = [size_words(found.first)]
    change = found.change
    if change is not None and math.isfinite(change.relative):
        text = _tr("difference {percent} % of left")
        parts.append(text.format(percent=number(100 * change.relative)))
    if change is not None and math.isfinite(change.cosine):
        parts.append(_tr("cosine {value}").format(value=number(change.cosine)))
    return " · ".join(parts)


def notes(found: Comparison) -> str:
    """Returns what must be known before the difference is believed; empty if nothing must."""
    sentences = []
    if found.first.layer not in (found.wished, _INNER.get(found.wished)):
        text = _tr("Only one of the networks has {wished}: {layer} is compared.")
        sentences.append(text.format(wished=found.wished, layer=found.first.layer))
    if found.change is None:
        text = _tr("Left {first}, right {second}: there is no difference to show.")
        sizes = {"first": size_words(found.first), "second": size_words(found.second)}
        sentences.append(text.format(**sizes))
    elif not _same_weights(found.first, found.second):
        sentences.append(
            _tr(
                "The two have different weights: channels of equal number correspond only if one "
                "network was trained on from the other."
            )
        )
    return " ".join(sentences)


def channel_words(found: Comparison, channel: int, row: int, column: int) -> str:
    """Returns what is known of a channel and of one place in it."""
    change = found.change
    lines = [
        _tr("channel {number}, row {row}, column {column}").format(
            number=channel, row=row, column=column
        )
    ]
    if change is None:
        return lines[0]
    here = (found.first.maps, found.second.maps, change.values)
    values = [number(float(maps[channel, row, column])) for maps in here]
    text = _tr("here: left {first}, right {second}, difference {change}")
    lines.append(text.format(first=values[0], second=values[1], change=values[2]))
    text = _tr("means: left {first}, right {second}; mean distance {distance}")
    lines.append(
        text.format(
            first=number(float(found.first.means[channel])),
            second=number(float(found.second.means[channel])),
            distance=number(float(change.distance[channel])),
        )
    )
    return "\n".join(lines)


def size_words(seen: Seen) -> str:
    """Returns how many channels of which size there are."""
    count, height, width = seen.maps.shape
    if height == width == 1:
        return _tr("{count} values").format(count=count)
    return _tr("{count} channels of {width}×{height}").format(
        count=count, width=width, height=height
    )


def _same_weights(first: Seen, second: Seen) -> bool:
    """Tells whether both are one network, perhaps operated on: that shares the weights."""
    one, two = first.side.network, second.side.network
    return (one.intact or one) is (two.intact or two)


def _tr(text: str) -> str:
    return QCoreApplication.translate("compare_words", text)


_INNER = {"stem": "maxpool", "head": "fc"}
"""The modules whose outputs are those of the first and the last section."""
