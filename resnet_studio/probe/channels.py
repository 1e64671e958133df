"""Channels of a feature map compared: what is known of each, and in which order they may stand.

numpy only; everything takes maps of shape (C, H, W) and says one number for each channel.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
_Scores = npt.NDArray[np.float64]


class ChannelMaps(Protocol):
    """What some part of the network made of a picture: a section, or a single layer.

    Attributes:
        name: Name of the section or layer in the graph.
        maps: (C, H, W) float32, read-only; (C, 1, 1) for what has no rows and columns.
        channel_mean: (C,) float32, the mean of each channel.
        broken: How many values are not finite.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def maps(self) -> FloatArray: ...  # noqa: D102
    @property
    def channel_mean(self) -> FloatArray: ...  # noqa: D102
    @property
    def broken(self) -> int: ...  # noqa: D102


class Order(StrEnum):
    """In which order the channels of a mosaic stand: by number, or the largest first."""

    CHANNEL = "channel"
    MEAN = "mean"
    MAX = "max"
    VARIANCE = "variance"
    DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True, eq=False)
class ChannelStatistics:
    """What is known of each channel; all (C,), over the values of one map.

    Attributes:
        mean: Mean activation.
        lowest: Least activation.
        highest: Largest activation.
        variance: Mean square distance from the mean.
        positive: Share of the values above zero, 0 to 1.
        broken: How many values are not finite.
    """

    mean: FloatArray
    lowest: FloatArray
    highest: FloatArray
    variance: _Scores
    positive: _Scores
    broken: npt.NDArray[np.int64]


def channel_means(maps: FloatArray) -> FloatArray:
    """Returns the mean activation of each channel of (C, H, W) `maps`, summed in double."""
    with np.errstate(invalid="ignore", over="ignore"):
        means: npt.NDArray[np.float64] = maps.mean(axis=(1, 2), dtype=np.float64)
        return means.astype(np.float32)


def channel_variances(maps: FloatArray) -> _Scores:
    """Returns the variance of each channel of (C, H, W) `maps` over its map, in double."""
    flat = maps.reshape(len(maps), -1)
    with np.errstate(invalid="ignore", over="ignore"):
        away = flat - channel_means(maps)[:, np.newaxis]
        # One multiplication and sum at once: `var` would make four arrays of double precision.
        squares: _Scores = np.einsum("ij,ij->i", away, away, dtype=np.float64)
        return squares / flat.shape[1]


def channel_difference(maps: FloatArray, other: FloatArray) -> _Scores:
    """Returns for each channel the mean distance between its values in two maps of one layer.

    Raises:
        ValueError: If the maps are of different shapes.
    """
    if maps.shape != other.shape:
        raise ValueError(f"maps of {maps.shape} and {other.shape} cannot be compared")
    with np.errstate(invalid="ignore", over="ignore"):
        distance: _Scores = np.abs(maps - other).mean(axis=(1, 2), dtype=np.float64)
        return distance


def ordering(
    maps: FloatArray, order: Order, other: FloatArray | None = None
) -> npt.NDArray[np.int64]:
    """Returns the channel numbers of (C, H, W) `maps` in the wished order.

    Equal channels stand by their number, and those without a finite value last.

    Args:
        maps: What is to be sorted.
        order: By number rising, or by something else falling.
        other: Maps of the same layer for another picture; only for `DIFFERENCE`.

    Raises:
        ValueError: If `DIFFERENCE` has nothing of that shape to compare with.
    """
    if order == Order.CHANNEL:
        return np.arange(len(maps), dtype=np.int64)
    scores = np.nan_to_num(_scores(maps, order, other), nan=-np.inf)
    return np.argsort(-scores, kind="stable").astype(np.int64)


def _scores(maps: FloatArray, order: Order, other: FloatArray | None) -> npt.NDArray[np.floating]:
    if order == Order.MEAN:
        return channel_means(maps)
    if order == Order.MAX:
        return maps.max(axis=(1, 2))  # type: ignore[no-any-return]
    if order == Order.VARIANCE:
        return channel_variances(maps)
    if other is None:
        raise ValueError("the order by difference needs the maps of another picture")
    return channel_difference(maps, other)


def channel_statistics(maps: FloatArray) -> ChannelStatistics:
    """Returns what is known of each channel of (C, H, W) `maps`."""
    with np.errstate(invalid="ignore", over="ignore"):
        return ChannelStatistics(
            mean=channel_means(maps),
            lowest=maps.min(axis=(1, 2)),
            highest=maps.max(axis=(1, 2)),
            variance=channel_variances(maps),
            positive=(maps > 0).mean(axis=(1, 2)),
            broken=np.count_nonzero(~np.isfinite(maps), axis=(1, 2)).astype(np.int64),
        )


def statistics_csv(maps: FloatArray, names: Sequence[str] = ()) -> str:
    """Returns the statistics of each channel as a CSV table with a header line.

    Args:
        maps: (C, H, W) float32.
        names: A name for each channel, such as the classes of the last layer; none if empty.
    """
    found = channel_statistics(maps)
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    head = ["channel", "mean", "min", "max", "variance", "share above zero", "not finite"]
    writer.writerow(head[:1] + ["name"] * bool(names) + head[1:])
    for channel in range(len(maps)):
        measured = (found.mean, found.lowest, found.highest, found.variance, found.positive)
        row = [f"{float(values[channel]):.9g}" for values in measured]
        named = [names[channel]] if names else []
        writer.writerow([channel, *named, *row, int(found.broken[channel])])
    return target.getvalue()
