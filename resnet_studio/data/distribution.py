"""A distribution of one number as atoms, and how far a sample lies from it. No torch here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DECIMALS = 9  # what a different order of the same multiplications changes lies far below
_MEAN_GAP = math.sqrt(math.pi / 2) * math.log(2)
_USUAL_GAP, _RARE_GAP = 1.3581, 1.6276

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """Values and how probable each is; what is continuous has very many of them.

    Attributes:
        values: (K,) ascending, all different.
        weights: (K,) their probabilities; the sum is 1.
    """

    values: Numbers
    weights: Numbers

    @classmethod
    def of(cls, values: Sequence[NDArray[Any]], weights: Sequence[NDArray[Any]]) -> Distribution:
        """Returns the distribution of atoms in any order; the same value may come again.

        Args:
            values: Arrays of values.
            weights: For each of them an array of the same length; all together they sum to 1.
        """
        flat = np.round(np.concatenate(values), _DECIMALS)
        found, place = np.unique(flat, return_inverse=True)
        summed = np.bincount(place, np.concatenate(weights), minlength=len(found))
        return cls(found.astype(np.float64), summed.astype(np.float64))

    @classmethod
    def sure(cls, value: float) -> Distribution:
        """Returns the distribution of what is always the same."""
        return cls.of([np.array([value])], [np.ones(1)])

    @property
    def is_sure(self) -> bool:
        """Whether there is no chance in it."""
        return len(self.values) == 1

    @property
    def mean(self) -> float:
        """The expected value."""
        return float(self.values @ self.weights)

    def quantile(self, share: float) -> float:
        """Returns the least value that is reached or undercut with probability `share`."""
        place = int(np.searchsorted(np.cumsum(self.weights), share - 1e-12))
        return float(self.values[min(place, len(self.values) - 1)])

    def up_to(self, points: Numbers) -> Numbers:
        """Returns the probability of a value not above each of the points."""
        return self._sums(np.searchsorted(self.values, np.round(points, _DECIMALS), "right"))

    def below(self, points: Numbers) -> Numbers:
        """Returns the probability of a value below each of the points."""
        return self._sums(np.searchsorted(self.values, np.round(points, _DECIMALS), "left"))

    def shares(self, edges: Numbers) -> Numbers:
        """Returns the probability of each bin, (len(edges) - 1,), bins as `np.histogram` has them.

        All bins hold their lower edge; the last one holds its upper edge, too.
        """
        sums = self.below(edges)
        sums[-1] = self.up_to(edges[-1:])[0]
        return np.diff(sums)

    def _sums(self, places: NDArray[np.int64]) -> Numbers:
        return np.concatenate(([0.0], np.cumsum(self.weights)))[places]


class Agreement(Enum):
    """What a gap between a sample and its theory says.

    USUAL: Chance alone makes such a gap or a larger one in more than 1 of 20 samples.
    RARE: In 1 of 20 to 1 of 100.
    NONE: In less than 1 of 100: the theory is not that of the sample.
    """

    USUAL = "usual"
    RARE = "rare"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a sample and a distribution agree.

    The measure is Kolmogorov's: the largest distance between the share of the sample up to a value
    and the probability of it. Kolmogorov 1933, "Sulla determinazione empirica di una legge di
    distribuzione"; the bounds are those for large samples and continuous distributions, and err
    towards agreement for others.

    Attributes:
        gap: The distance, 0 to 1.
        count: Size of the sample.
    """

    gap: float
    count: int

    @property
    def expected(self) -> float:
        """The mean gap of samples of that size that are drawn from the distribution itself."""
        return _MEAN_GAP / math.sqrt(self.count)

    @property
    def usual(self) -> float:
        """What the gap of 19 of 20 such samples stays below."""
        return _USUAL_GAP / math.sqrt(self.count)

    @property
    def agreement(self) -> Agreement:
        """What that says."""
        reduced = self.gap * math.sqrt(self.count)
        if reduced <= _USUAL_GAP:
            return Agreement.USUAL
        return Agreement.RARE if reduced <= _RARE_GAP else Agreement.NONE


def fit(sample: Numbers, theory: Distribution) -> Fit:
    """Returns how well a sample, (N,) with N > 0, agrees with a distribution."""
    points, counts = np.unique(np.round(sample, _DECIMALS), return_counts=True)
    up_to = np.cumsum(counts) / len(sample)
    below = up_to - counts / len(sample)
    at, before = abs(up_to - theory.up_to(points)), abs(below - theory.below(points))
    return Fit(float(max(at.max(), before.max())), len(sample))


# --- histograms -----------------------------------------------------------------------------------

FEW_VALUES = 40
"""Up to so many different values, each gets a bar of its own."""
_FEWEST_BINS, _MOST_BINS, _VALUES_PER_BIN = 12, 40, 5


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How many of a sample lie where, and how many are to be expected there.

    Attributes:
        edges: (B + 1,) ascending; bar i stands from edge i to edge i + 1.
        counts: (B,) how many of the sample.
        expected: (B,) how many the theory gives; None without a theory.
        values: (B,) the value of each bar where only a few values can be; None for ranges.
    """

    edges: Numbers
    counts: NDArray[np.int64]
    expected: Numbers | None
    values: Numbers | None = None


def histogram(sample: Numbers, theory: Distribution | None, *, log: bool = False) -> Histogram:
    """Counts a sample, and what a theory says of as many draws, in the same bars.

    Args:
        sample: (N,) N > 0.
        theory: What is to be expected; None if nobody knows.
        log: Whether ranges are even on a logarithmic axis; the values are positive.
    """
    found = np.unique(np.round(sample, _DECIMALS))
    possible = found if theory is None else np.union1d(found, theory.values)
    if len(possible) <= FEW_VALUES:
        return _bars(sample, theory, possible)
    ends = np.log(possible[[0, -1]]) if log else possible[[0, -1]]
    # With hardly more values than ranges, ranges without any would stand between the others.
    bins = min(_MOST_BINS, max(_FEWEST_BINS, len(possible) // _VALUES_PER_BIN))
    edges = np.linspace(ends[0], ends[1], bins + 1)
    edges = np.exp(edges) if log else edges
    edges[0], edges[-1] = possible[0], possible[-1]  # not a digit less: the ends belong to it
    counts = np.histogram(np.round(sample, _DECIMALS), edges)[0]
    expected = None if theory is None else theory.shares(edges) * len(sample)
    return Histogram(edges, counts, expected)


def _bars(sample: Numbers, theory: Distribution | None, values: Numbers) -> Histogram:
    """Counts a sample of few different values."""
    counts = np.bincount(
        np.searchsorted(values, np.round(sample, _DECIMALS)), minlength=len(values)
    )
    expected = None
    if theory is not None:
        expected = (theory.up_to(values) - theory.below(values)) * len(sample)
    gaps = np.diff(values)
    half = gaps.min() / 2 if len(gaps) else max(0.05, abs(values[0]) * 0.05)
    edges = np.concatenate(
        ([values[0] - half], (values[:-1] + values[1:]) / 2, [values[-1] + half])
    )
    return Histogram(edges, counts, expected, values)
