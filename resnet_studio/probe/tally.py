"""Counting the answers of a network: right or wrong, among the five first, the loss."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.dataset import Problem

TOP = 5

Labels = NDArray[np.int64]
Scores = NDArray[np.float64]
"""(N, outputs) logarithms of probabilities."""


class Tally:
    """Counts answers.

    Attributes:
        taken_for: Of each output, how many of its pictures were taken for which output.
        among_top: (outputs,) how many pictures of each had it among the five largest.
        totals: (outputs,) how many pictures of each were looked at.
        unread: Pictures that could not be read.
        overflowed: Pictures for which an output was not finite.
        loss: Sum of the cross entropies of all others.
    """

    def __init__(self, outputs: int) -> None:
        self.taken_for: dict[int, Counter[int]] = defaultdict(Counter)
        self.among_top = np.zeros(outputs, dtype=np.int64)
        self.totals = np.zeros(outputs, dtype=np.int64)
        self.unread: list[Problem] = []
        self.overflowed = 0
        self.loss = 0.0

    @property
    def correct(self) -> int:
        """Pictures for which the output was the largest."""
        return sum(counts[output] for output, counts in self.taken_for.items())

    @property
    def total(self) -> int:
        """Pictures that were looked at."""
        return int(self.totals.sum())

    def leave_out(self, problem: Problem) -> None:
        """Notes a picture that could not be read, once, however many views it has."""
        if not self.unread or self.unread[-1].file != problem.file:
            self.unread.append(problem)

    def count(self, scores: Scores, labels: Labels) -> None:
        """Counts a batch; of equal outputs the first is the largest."""
        np.add.at(self.totals, labels, 1)
        finite = np.isfinite(scores).all(axis=1)
        self.overflowed += int(np.count_nonzero(~finite))
        scores, labels = scores[finite], labels[finite]
        self.loss -= float(scores[np.arange(len(scores)), labels].sum())
        for label, answer in zip(labels.tolist(), scores.argmax(axis=1).tolist(), strict=True):
            self.taken_for[label][answer] += 1
        np.add.at(self.among_top, labels[_ranks(scores, labels) < TOP], 1)


def _ranks(scores: Scores, labels: Labels) -> Labels:
    """Returns how many outputs come before that of the label; of equal ones the first does."""
    own = scores[np.arange(len(scores)), labels][:, None]
    earlier = np.arange(scores.shape[1]) < labels[:, None]
    before = (scores > own) | ((scores == own) & earlier)
    ranks: Labels = np.count_nonzero(before, axis=1).astype(np.int64)
    return ranks


def log_probabilities(logits: NDArray[np.float32]) -> Scores:
    """Returns the logarithms of the mean probabilities of several views of each picture.

    In double precision the order of a single view's outputs is that of its logits.

    Args:
        logits: (N, views, outputs) float32. Where one is not finite, the result is not either.

    Returns:
        (N, outputs) float64.
    """
    with np.errstate(invalid="ignore"):
        values = logits.astype(np.float64)
        values -= values.max(axis=2, keepdims=True)
        values -= np.log(np.exp(values).sum(axis=2, keepdims=True))
        if values.shape[1] == 1:
            return values[:, 0]
        most = values.max(axis=1)
        means: Scores = most + np.log(np.exp(values - most[:, None]).mean(axis=1))
        return means


def close_calls(scores: Scores, labels: Labels, close: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Returns for which pictures the last bits may decide who is first, or among the first.

    Args:
        scores: (N, outputs).
        labels: (N,).
        close: (N,) how near two outputs of a picture must be for that.
    """
    scores = np.where(np.isfinite(scores), scores, 0.0)  # such a picture counts as wrong anyway
    second, first = np.partition(scores, -2, axis=1)[:, -2:].T
    own = scores[np.arange(len(scores)), labels]
    surely_before = np.count_nonzero(scores > (own + close)[:, None], axis=1)
    perhaps_before = np.count_nonzero(scores > (own - close)[:, None], axis=1) - 1
    doubtful: NDArray[np.bool_] = first - second < close
    doubtful |= (surely_before < TOP) & (perhaps_before >= TOP)
    return doubtful
