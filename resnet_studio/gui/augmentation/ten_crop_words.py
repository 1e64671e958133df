"""What ten crops and their votes say, in sentences and as a table."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication

from resnet_studio.gui.features.images import percent

if TYPE_CHECKING:
    from resnet_studio.probe.classify_many import View, Vote

PLACES = ("upper left", "upper right", "lower left", "lower right", "centre")


def place_name(number: int) -> str:
    """Returns where a crop lies, from 0: five places, then those of the mirror image."""
    place = {
        "upper left": _tr("upper left"),
        "upper right": _tr("upper right"),
        "lower left": _tr("lower left"),
        "lower right": _tr("lower right"),
        "centre": _tr("centre"),
    }[PLACES[number % 5]]
    return _tr("{place}, mirror image").format(place=place) if number >= 5 else place


def agreement(votes: Sequence[Vote], single: Vote, classes: Sequence[str]) -> str:
    """Returns how the crops agree with each other, with their mean, and with the single crop."""
    best = [int(vote.values.argmax()) for vote in votes]
    mean = np.mean([vote.values for vote in votes], axis=0)
    if not np.isfinite(mean).all() or not np.isfinite(single.values).all():
        return _tr("The outputs are too large for any number: no probabilities.")
    winner, alone = int(mean.argmax()), int(single.values.argmax())
    text = _tr("{count} of {all} crops vote for “{name}”, which the mean gives {mean}.").format(
        count=Counter(best)[winner],
        all=len(votes),
        name=classes[winner],
        mean=percent(float(mean[winner])),
    )
    if alone == winner:
        return f"{text} " + _tr("The single crop of validation says the same, with {own}.").format(
            own=percent(float(single.values[alone]))
        )
    return f"{text} " + _tr(
        "The single crop of validation says “{name}” instead, with {own}."
    ).format(name=classes[alone], own=percent(float(single.values[alone])))


def votes_csv(
    views: Sequence[View], votes: Sequence[Vote], single: Vote, classes: Sequence[str]
) -> str:
    """Returns place and vote of each crop, their mean and the single crop, as CSV with a header.

    `of_winner` is the probability of the class that the mean holds most probable.
    """
    mean = np.mean([vote.values for vote in votes], axis=0)
    winner = int(mean.argmax())
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(
        (
            *("crop", "place", "mirrored", "left", "top", "width", "height"),
            *("class", "name", "probability", "of_winner"),
        )
    )

    def figures(values: np.ndarray) -> tuple[object, ...]:
        best = int(values.argmax())
        return best, classes[best], repr(float(values[best])), repr(float(values[winner]))

    for number, (view, vote) in enumerate(zip(views, votes, strict=True)):
        box = (f"{value:.6g}" for value in view.prepared.crop_box)
        place = PLACES[number % 5]
        writer.writerow((number + 1, place, int(view.mirrored), *box, *figures(vote.values)))
    writer.writerow(("mean", "", "", "", "", "", "", *figures(mean)))
    box = (f"{value:.6g}" for value in single.view.prepared.crop_box)
    writer.writerow(("single", "", 0, *box, *figures(single.values)))
    return target.getvalue()


def _tr(text: str) -> str:
    return QCoreApplication.translate("ten_crops", text)
