"""The numbers of *Filters* as CSV: every digit, one line a weight tensor, channel or bin."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resnet_studio.probe.filters import FirstFilters, Histogram, LayerWeights, Scales


def filters_csv(filters: FirstFilters) -> str:
    """Returns every weight of the first filters."""
    count, channels, rows, columns = filters.weights.shape
    places = (
        (f, c, y, x)
        for f in range(count)
        for c in range(channels)
        for y in range(rows)
        for x in range(columns)
    )
    return _csv(
        ("filter", "channel", "row", "column", "weight"),
        ((*place, repr(float(filters.weights[place]))) for place in places),
    )


def histogram_csv(histogram: Histogram) -> str:
    """Returns the bins of a histogram."""
    edges = histogram.edges.tolist()
    bins = zip(
        edges, edges[1:], histogram.counts.tolist(), histogram.expected.tolist(), strict=False
    )
    return _csv(
        ("layer", "from", "to", "count", "expected_at_start"),
        ((histogram.layer, repr(low), repr(high), n, repr(e)) for low, high, n, e in bins),
    )


def scales_csv(scales: Sequence[Scales]) -> str:
    """Returns the scale of every channel of every normalisation."""
    return _csv(
        ("layer", "block", "ends_branch", "channel", "gamma"),
        (
            (each.name, each.block, int(each.ends_branch), channel, repr(gamma))
            for each in scales
            for channel, gamma in enumerate(each.gamma.tolist())
        ),
    )


def weights_csv(weights: Sequence[LayerWeights]) -> str:
    """Returns the figures of every layer."""
    return _csv(
        (
            *("layer", "kind", "shape", "weights", "mean", "std", "lowest", "highest"),
            *("l2_norm", "rms", "std_at_start", "l2_norm_at_start", "not_finite"),
        ),
        (
            (
                *(each.name, each.kind, "x".join(map(str, each.shape)), each.count),
                *(repr(each.mean), repr(each.std), repr(each.low), repr(each.high)),
                *(repr(each.norm), repr(each.rms), repr(each.expected_std)),
                *(repr(each.expected_norm), each.broken),
            )
            for each in weights
        ),
    )


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return target.getvalue()
