"""What becomes of the marked object, in sentences and as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from resnet_studio.gui.augmentation.statistics_words import share

if TYPE_CHECKING:
    from resnet_studio.data.coverage import Losses, Rival, RivalCrops


def headline(found: Losses, lost_below: float) -> str:
    """Returns in how many crops the object is lost, and cut."""
    count = len(found.seen)
    if found.whole == 1:
        return _tr("All of the object is in each of {count:,} crops.").format(count=count)
    return _tr(
        "Lost in {lost} of {count:,} crops (less than {below} of it seen), cut by more than half "
        "in {halved}, whole in {whole}."
    ).format(
        lost=share(found.lost),
        count=count,
        below=share(lost_below),
        halved=share(found.halved),
        whole=share(found.whole),
    )


def interval(found: Losses) -> str:
    """Returns how sure that is."""
    low, high = found.interval
    return _tr(
        "Over endless draws it would be lost in {low} to {high} of them (19 of 20 such ranges "
        "are right)."
    ).format(low=share(low), high=share(high))


def rival_name(rival: Rival) -> str:
    """Returns what a pipeline of the comparison is called."""
    return {
        "present": _tr("This pipeline"),
        "log_uniform": _tr("Present crop rule"),
        "uniform_swap": _tr("Older crop rule"),
        "paper": _tr("Scale 256–480, crop"),
        "pad_crop": _tr("Border and crop"),
        "centre": _tr("Centre crop"),
    }[rival]


def rival_tip(rival: Rival) -> str:
    """Returns what it does."""
    return {
        "present": _tr("The pipeline above, as training or validation has it."),
        "log_uniform": _tr(
            "Random resized crop as torchvision draws it today, with this pipeline's bounds if any."
        ),
        "uniform_swap": _tr(
            "Random resized crop as torchvision drew it until 0.2, and as older texts print it."
        ),
        "paper": _tr(
            "He et al. 2015: the shorter side is resized to 256 to 480 (for an input of 224), and "
            "a square is cut out anywhere."
        ),
        "pad_crop": _tr("The CIFAR recipe: the central square, shifted by up to an eighth."),
        "centre": _tr("Validation: resized to 256/224 of the input, and the centre is cut out."),
    }[rival]


def row(found: RivalCrops, losses: Losses | None) -> tuple[str, str, str, str, str]:
    """Returns the texts of a line of the comparison."""
    name = rival_name(found.rival)
    if found.crops is None:
        return name, "–", "–", "–", "–"
    if losses is None:
        return name, share(found.kept), "", "", ""
    shares = (found.kept, losses.lost, losses.halved, losses.mean)
    kept, lost, halved, seen = (share(value) for value in shares)
    return name, kept, lost, halved, seen


def coverage_csv(
    rows: Sequence[tuple[RivalCrops, Losses | None]], box: tuple[float, ...] | None
) -> str:
    """Returns the comparison and each draw's share of the object, as CSV with a header.

    The shares of the draws stand in lines of their own: one for each sample of this pipeline.
    """
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(
        (
            *("pipeline", "sample", "draws", "kept", "lost_below", "lost", "cut_by_half", "seen"),
            *("box_left", "box_top", "box_width", "box_height"),
        )
    )
    place = ("",) * 4 if box is None else tuple(f"{value:.6g}" for value in box)
    for found, losses in rows:
        if found.crops is None:
            writer.writerow((found.rival, "", 0, *("",) * 5, *place))
            continue
        figures = ("",) * 4
        if losses is not None:
            shares = (losses.lost_below, losses.lost, losses.halved, losses.mean)
            figures = tuple(f"{value:.6f}" for value in shares)  # type: ignore[assignment]
        writer.writerow((found.rival, "", len(found.crops), f"{found.kept:.6f}", *figures, *place))
    first = rows[0][1] if rows else None
    for sample, seen in enumerate([] if first is None else first.seen.tolist(), start=1):
        writer.writerow(("present", sample, 1, "", "", "", "", f"{seen:.6f}", *place))
    return target.getvalue()


def _tr(text: str) -> str:
    return QCoreApplication.translate("coverage", text)
