"""The facts of a data set in rows and sentences: sizes, ratios, means and deviations.

Pure functions; no widgets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication

from resnet_studio.data.augment_steps import Normalise
from resnet_studio.data.mean_picture import PerPixelMean
from resnet_studio.data.published import PUBLISHED

if TYPE_CHECKING:
    from resnet_studio.data.augment import AugmentSpec
    from resnet_studio.data.measure import PixelStatistics, SizeStatistics

FAR = 0.01
"""From here on two means, or two deviations, of pictures in [0, 1] are said to differ: less is
what another choice of pictures makes of them (CIFAR-10's differ by 0.001 from those of 9 in 10)."""


@dataclass(frozen=True, slots=True)
class FactRow:
    """A row of a table of facts.

    Attributes:
        title: What it is.
        cells: The numbers as texts; empty where there is none.
        far: Which cells differ from what was measured.
        tip: Where the numbers come from.
    """

    title: str
    cells: tuple[str, ...]
    far: tuple[bool, ...] = ()
    tip: str = ""


def size_rows(sizes: SizeStatistics) -> tuple[FactRow, ...]:
    """Returns smallest, median, mean and largest of widths, heights, shorter sides and ratios."""
    rows = [
        FactRow(title, tuple(f"{value:,.0f}" for value in _ends(extent)))
        for title, extent in (
            (_tr("Width (px)"), sizes.width),
            (_tr("Height (px)"), sizes.height),
            (_tr("Shorter side (px)"), sizes.short_side),
        )
    ]
    ratio = tuple(f"{value:.2f}" for value in _ends(sizes.ratio))
    return (*rows, FactRow(_tr("Width / height"), ratio))


def size_sentences(sizes: SizeStatistics, input_size: int) -> str:
    """Tells the commonest sizes, and how many pictures are smaller than the network's input.

    Args:
        sizes: Of the training pictures.
        input_size: Side of the network's input in pixels.
    """
    total = len(sizes.widths)
    (width, height), _ = sizes.commonest[0]
    if sizes.distinct == 1:
        first = _tr("All {count:,} pictures to learn from are {width} × {height} pixels.")
        lines = [first.format(count=total, width=width, height=height)]
    else:
        common = ", ".join(f"{w} × {h} ({count:,})" for (w, h), count in sizes.commonest)
        lines = [
            _tr(
                "The {count:,} pictures to learn from have {distinct:,} sizes;"
                " the commonest: {common}."
            ).format(count=total, distinct=sizes.distinct, common=common),
            _tr("{wide:,} wider than high, {high:,} higher than wide, {square:,} square.").format(
                wide=sizes.landscape, high=sizes.portrait, square=sizes.square
            ),
        ]
    small = int((np.minimum(sizes.widths, sizes.heights) < input_size).sum())
    lines.append(_enlarged(small, total, input_size))
    return "\n".join(lines)


def colour_rows(
    measured: PixelStatistics | None, source: str, pipeline: AugmentSpec | None
) -> tuple[FactRow, ...]:
    """Returns means and deviations: as measured, as published, as the pipeline has them.

    Args:
        measured: None where nothing has been measured yet.
        source: Kind of data set.
        pipeline: That of training.
    """
    known = PUBLISHED.get(source)
    ending = pipeline.ending if pipeline is not None else None
    mean, std = _of_ending(ending)
    tip = known.statistics_source if known is not None else ""
    true_mean = measured.mean if measured is not None else None
    true_std = measured.std if measured is not None else None
    rows = [
        _row(_tr("Mean, measured"), true_mean, pooled=measured.pooled_mean if measured else None)
    ]
    if known is not None:
        rows.append(_row(_tr("Mean, published"), known.mean, true_mean, tip=tip))
    rows.append(_row(_tr("Mean, in the pipeline"), mean, true_mean))
    rows.append(
        _row(
            _tr("Deviation, measured"),
            true_std,
            tip=_tr("Of all pixels of all pictures; divided by their number."),
            pooled=measured.pooled_std if measured else None,
        )
    )
    if measured is not None:
        about = _tr("The mean of each picture's own deviation. It is smaller; many published"
                    " figures are this one.")  # fmt: skip
        rows.append(_row(_tr("Deviation, per picture"), measured.picture_std, tip=about))
    if known is not None:
        rows.append(_row(_tr("Deviation, published"), known.std, true_std, tip=tip))
    rows.append(_row(_tr("Deviation, in the pipeline"), std, true_std))
    return tuple(rows)


def colour_sentence(measured: PixelStatistics | None, rows: Sequence[FactRow]) -> str:
    """Tells what was measured and what the signs mean."""
    if measured is None:
        return _tr("Nothing has been measured yet: mean and deviation need every pixel.")
    said = _tr("Measured over {pixels:,} pixels of {pictures:,} pictures to learn from.").format(
        pixels=measured.pixels, pictures=measured.pictures
    )
    if any(any(row.far) for row in rows):
        said += " " + _tr("≠: more than {far} from what was measured.").format(far=FAR)
    if measured.broken:
        said += " " + _tr("{count:,} could not be read.").format(count=len(measured.broken))
    return said


def _row(
    title: str,
    values: Sequence[float] | None,
    true: Sequence[float] | None = None,
    *,
    pooled: float | None = None,
    tip: str = "",
) -> FactRow:
    if values is None:
        return FactRow(title, ("–",) * 4, (False,) * 4, tip)
    far = tuple(
        true is not None and abs(value - true[channel]) > FAR
        for channel, value in enumerate(values)
    )
    cells = [
        f"{value:.4f}" + (" ≠" if away else "") for value, away in zip(values, far, strict=True)
    ]
    last = f"{pooled:.4f}" if pooled is not None else ""
    return FactRow(title, (*cells, last), (*far, False), tip)


def _of_ending(ending: object) -> tuple[Sequence[float] | None, Sequence[float] | None]:
    if isinstance(ending, Normalise):
        return ending.mean, ending.std
    if isinstance(ending, PerPixelMean):
        return ending.channel_means, ending.std
    return None, None


def _enlarged(small: int, total: int, side: int) -> str:
    if not small:
        return _tr("None is smaller than the network's input of {side} px.").format(side=side)
    if small == total:
        text = _tr("All are smaller than the network's input of {side} px: they are enlarged.")
        return text.format(side=side)
    text = _tr(
        "{count:,} ({share:.1f} %) are smaller than the network's input of {side} px: they are"
        " enlarged."
    )
    if small == 1:
        text = _tr(
            "1 ({share:.1f} %) is smaller than the network's input of {side} px: it is enlarged."
        )
    return text.format(count=small, share=100 * small / total, side=side)


def _ends(extent: object) -> tuple[float, float, float, float]:
    from resnet_studio.data.measure import Extent

    assert isinstance(extent, Extent)
    return extent.least, extent.median, extent.mean, extent.most


def _tr(text: str) -> str:
    return QCoreApplication.translate("facts", text)
