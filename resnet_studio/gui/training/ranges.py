"""Which part of the curves is shown while nobody zooms, and the ticks of a logarithmic axis.

Ranges grow in jumps and shrink late: a range that moved with every redraw would cost more than
the redraw (the axes are drawn anew) and could not be read. Pure functions; no Qt.
"""

from __future__ import annotations

import math

Range = tuple[float, float]

_ROOM = 0.06
"""Part of the range that is left free above and below the curves."""
_EDGE = 0.012
"""Part of the steps that is left free at the right, for the dot of the last validation."""
_SHRINK = 0.55
"""A range is made smaller once the curves fill less than this part of it."""
_FEWEST_TICKS = 3
_LONGEST_DECADE = 5
_LONGEST_COUNT, _LONGEST_VALUE = 1e7, 1e5
"""Counts and values from which ticks have powers of ten: longer texts would not fit."""


def steps_range(last_step: int, total_steps: int) -> Range:
    """Returns the steps to show: a part of the run, doubled whenever it is full.

    Args:
        last_step: The last step that was measured.
        total_steps: Steps of the whole run; 0 if unknown.
    """
    last = float(max(last_step, 1))
    if total_steps > last_step:
        halvings = max(0, min(6, math.floor(math.log2(total_steps / last))))
        last = max(last, total_steps / 2**halvings)
    return 0.0, last * (1.0 + _EDGE)


def values_range(low: float, high: float, shown: Range | None, *, log: bool) -> Range:
    """Returns the values to show for curves that lie between `low` and `high`.

    Args:
        low: Lowest value in view; NaN if there is none.
        high: Highest value in view.
        shown: The range that is shown now, which is kept if it fits.
        log: Whether the range is of decimal logarithms.
    """
    if log:
        low = math.log10(low) if low > 0 else math.nan
        high = math.log10(high) if high > 0 else math.nan
        if math.isnan(low) and not math.isnan(high):
            low = high - 4.0  # a loss of exactly 0 has no place on this axis
    if math.isnan(low) or math.isnan(high):
        return shown or ((-2.0, 1.0) if log else (0.0, 1.0))
    width = max(high - low, 0.05 if log else 1e-6 + 0.01 * abs(high))
    if shown is not None and _fits(low, high, shown):
        return shown
    bottom = low - _ROOM * width
    if not log and low >= 0 and low < 0.35 * high:
        bottom = 0.0  # a linear axis that nearly reaches zero shows it
    return bottom, high + 2 * _ROOM * width


def linear_ticks(
    low: float, high: float, count: int, *, scale: float = 1.0, whole: bool = False
) -> list[tuple[float, str]]:
    """Returns round ticks of a linear axis: their places and texts.

    Args:
        low: Lower end.
        high: Upper end.
        count: About the most ticks there is room for.
        scale: What a place is multiplied by in its text.
        whole: Whether only whole numbers are ticks.
    """
    first, last = low * scale, high * scale
    if not (math.isfinite(first) and math.isfinite(last)) or last <= first:
        return []
    stride = _round_stride((last - first) / max(1, count))
    if whole:
        stride = max(1.0, stride)
    numbers = range(math.ceil(first / stride), math.floor(last / stride) + 1)
    if last >= (_LONGEST_COUNT if whole else _LONGEST_VALUE):
        return [(n * stride / scale, f"{n * stride:.3g}") for n in numbers]
    digits = max(0, -math.floor(math.log10(stride)))
    return [(n * stride / scale, f"{n * stride:,.{digits}f}") for n in numbers]


def log_ticks(low: float, high: float, count: int = 8) -> list[tuple[float, str]]:
    """Returns the ticks of a logarithmic axis: their decimal logarithms and texts.

    Args:
        low: Decimal logarithm of the lower end.
        high: Decimal logarithm of the upper end.
        count: About the most ticks there is room for.
    """
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return []
    if span > max(_FEWEST_TICKS, count):
        stride = math.ceil(span / max(_FEWEST_TICKS, min(count, 8)))
        return [(float(d), _power(d)) for d in range(math.ceil(low), math.floor(high) + 1, stride)]
    for digits in ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), tuple(map(float, range(1, 10)))):
        ticks = _decade_ticks(low, high, digits)
        if len(ticks) >= _FEWEST_TICKS:
            return ticks
    return _even_ticks(low, high)


def _fits(low: float, high: float, shown: Range) -> bool:
    inside = shown[0] <= low and high <= shown[1]
    return inside and (high - min(low, shown[0])) >= _SHRINK * (shown[1] - shown[0])


def _decade_ticks(low: float, high: float, digits: tuple[float, ...]) -> list[tuple[float, str]]:
    values = [
        digit * 10.0**decade
        for decade in range(math.floor(low), math.floor(high) + 1)
        for digit in digits
    ]
    return [(math.log10(v), f"{v:g}") for v in values if low <= math.log10(v) <= high]


def _power(decade: int) -> str:
    return f"{10.0**decade:g}" if abs(decade) < _LONGEST_DECADE else f"1e{decade}"


def _even_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Returns round values at even distances, for a view of less than about a third decade."""
    first, last = 10.0**low, 10.0**high
    stride = _round_stride((last - first) / 6)
    numbers = range(math.ceil(first / stride), math.floor(last / stride) + 1)
    return [(math.log10(n * stride), f"{n * stride:.6g}") for n in numbers if n > 0]


def _round_stride(least: float) -> float:
    """Returns the smallest of 1, 2, 5, 10, 20, 50, ... times a power of ten not below `least`."""
    unit = 10.0 ** math.floor(math.log10(least))
    return next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= least * (1 - 1e-9))
