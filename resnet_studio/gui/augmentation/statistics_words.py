"""What many draws and their theory say, in sentences and as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication

from resnet_studio.data.distribution import Agreement
from resnet_studio.gui.features.images import number

if TYPE_CHECKING:
    from resnet_studio.data.distribution import Distribution, Fit, Histogram, Numbers
    from resnet_studio.data.draw_statistics import DrawStatistics
    from resnet_studio.data.draw_theory import Theory
    from resnet_studio.gui.augmentation.draws_chart import Axis

_QUARTERS = (0.25, 0.5, 0.75)


def summary(counted: DrawStatistics, theory: Theory) -> str:
    """Returns in one line what all draws have in common."""
    count = len(counted)
    parts = [
        _tr("{count:,} draws keep {kept} on average").format(
            count=count, kept=share(float(counted.kept.mean()))
        )
    ]
    flipped = float(counted.flipped.mean())
    if flipped or theory.flipped:
        parts.append(
            _tr("flipped {drawn}, theory {theory}").format(
                drawn=share(flipped), theory=share(theory.flipped)
            )
        )
    if counted.attempts.any():
        fallbacks = int(counted.fallback.sum())
        text = _tr("fallback {fallbacks:,} times").format(fallbacks=fallbacks)
        if theory.fallback is not None:
            text += _tr(", theory {expected}").format(expected=_expected(theory.fallback * count))
        parts.append(text)
    return " · ".join(parts)


def attempts_note(counted: DrawStatistics, theory: Theory) -> str:
    """Returns how many attempts of the random resized crop fit."""
    fitting = int((~counted.fallback).sum())
    text = _tr("{share} of all attempts fit").format(
        share=share(fitting / int(counted.attempts.sum()))
    )
    if theory.accepted is not None:
        text += _tr(", theory {share}").format(share=share(theory.accepted))
    return text + "."


def told(sample: Numbers, theory: Distribution | None, fit: Fit | None, axis: Axis) -> str:
    """Returns mean and middle half of a sample, those of its theory, and how well they agree."""
    unit = "\u00a0%" if axis.scale == 100 else ""
    mean, (low, _, high) = float(sample.mean()), np.quantile(sample, _QUARTERS).tolist()
    if theory is None or fit is None:
        return _tr("Mean {mean}{unit}, middle half {low} to {high}{unit}.").format(
            mean=axis.text(mean), low=axis.text(low), high=axis.text(high), unit=unit
        )
    first, last = theory.quantile(_QUARTERS[0]), theory.quantile(_QUARTERS[2])
    return _tr(
        "Mean {mean}{unit}, theory {expected}{unit}. Middle half {low} to {high}{unit}, theory "
        "{first} to {last}{unit}. {verdict}"
    ).format(
        mean=axis.text(mean),
        expected=axis.text(theory.mean),
        low=axis.text(low),
        high=axis.text(high),
        first=axis.text(first),
        last=axis.text(last),
        unit=unit,
        verdict=verdict(fit),
    )


def verdict(fit: Fit) -> str:
    """Returns what the gap between a sample and its theory says."""
    return {
        Agreement.USUAL: _tr("Largest gap {gap}, by chance {mean} on average: they agree."),
        Agreement.RARE: _tr(
            "Largest gap {gap}, by chance {mean} on average: fewer than one sample in 20 is so"
            " far apart; more draws, or another seed, tell."
        ),
        Agreement.NONE: _tr(
            "Largest gap {gap}, by chance {mean} on average: fewer than one sample in 100 is so"
            " far apart; more draws, or another seed, tell."
        ),
    }[fit.agreement].format(gap=share(fit.gap), mean=share(fit.expected))


def verdict_tip(fit: Fit | None) -> str:
    """Returns how the gap is measured."""
    if fit is None:
        return ""
    return _tr(
        "The gap is Kolmogorov's distance: the most by which the share of the draws up to some "
        "value differs from its probability. With {count:,} draws from the theory itself it is "
        "{mean} on average, and below {usual} in 19 of 20 cases."
    ).format(count=fit.count, mean=share(fit.expected), usual=share(fit.usual))


def share(value: float) -> str:
    """Returns a share of 1 as percent."""
    return f"{number(100 * value)}\u00a0%"


def statistics_csv(histograms: Iterable[tuple[str, Histogram]]) -> str:
    """Returns all bars as CSV with a header, in the units of `data`: shares, ratios, pixels."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(("quantity", "from", "to", "value", "draws", "expected"))
    for name, found in histograms:
        for index, count in enumerate(found.counts.tolist()):
            value = "" if found.values is None else repr(float(found.values[index]))
            expected = "" if found.expected is None else f"{float(found.expected[index]):.4f}"
            low, high = (f"{float(edge):.9g}" for edge in found.edges[index : index + 2])
            writer.writerow((name, low, high, value, count, expected))
    return target.getvalue()


def _expected(count: float) -> str:
    return _tr("below 0.1") if 0 < count < 0.1 else number(count)


def _tr(text: str) -> str:
    return QCoreApplication.translate("draws", text)
