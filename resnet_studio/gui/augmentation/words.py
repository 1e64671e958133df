"""What chance decided for a sample, in words: captions, sums, and the whole story as HTML.

Nothing is computed here that `data.draws` has not decided; only said.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QCoreApplication

from resnet_studio.data.augment import (
    AugmentSpec,
    CenterCrop,
    Draw,
    HorizontalFlip,
    PadCrop,
    RandomResizedCrop,
    ResizeExact,
)

translate = QCoreApplication.translate
SEPARATOR = " · "
_VISIBLE_STRETCH = 1.03  # less comes of rounding to whole pixels, and nobody sees it
_KEPT_TOGETHER = (" × ", " %", " px")


def percent(fraction: float) -> str:
    """Writes a share as percent: "37 %", "8.3 %", "< 0.1 %"."""
    value = 100 * fraction
    if value >= 9.95:
        return f"{value:.0f} %"
    return f"{value:.2g} %" if value >= 0.05 or value == 0 else "< 0.1 %"


def decimal(value: float) -> str:
    """Writes a number with three digits and no empty ones: "0.75", "1.33", "0.485"."""
    return f"{value:.3g}"


def size_text(width: int, height: int) -> str:
    """Writes a size as width by height."""
    return f"{width} × {height}"


def signed(pixels: int) -> str:
    """Writes a whole number with a true minus sign."""
    return f"−{-pixels}" if pixels < 0 else str(pixels)


def stretch_text(distortion: float, *, least: float = 1.01) -> str:
    """Says how much wider or taller things look than they are; empty for less than `least`."""
    if distortion >= least:
        return translate("Augmentation", "×{factor} wider").format(factor=f"{distortion:.2f}")
    if distortion <= 1 / least:
        return translate("Augmentation", "×{factor} taller").format(factor=f"{1 / distortion:.2f}")
    return ""


def caption(draw: Draw) -> tuple[str, ...]:
    """Returns the few words that stand under a sample; what would say nothing is left out."""
    parts = [translate("Augmentation", "kept {share}").format(share=percent(draw.kept_fraction))]
    if stretch := stretch_text(draw.distortion, least=_VISIBLE_STRETCH):
        parts.append(stretch)
    if draw.padded_fraction >= 0.0005:
        border = translate("Augmentation", "border {share}")
        parts.append(border.format(share=percent(draw.padded_fraction)))
    if draw.flipped:
        parts.append(translate("Augmentation", "flipped"))
    return tuple(parts)


def longest_caption(pipeline: AugmentSpec) -> tuple[str, ...]:
    """Returns the longest caption the pipeline may give, so that tiles keep their place."""
    parts = [translate("Augmentation", "kept {share}").format(share=percent(1))]
    kinds = {type(step) for step in pipeline.steps}
    if kinds & {RandomResizedCrop, ResizeExact}:
        parts.append(stretch_text(1 / 1.88))
    if kinds & {PadCrop, CenterCrop} and pipeline.numbers:
        parts.append(translate("Augmentation", "border {share}").format(share=percent(0.88)))
    if HorizontalFlip in kinds:
        parts.append(translate("Augmentation", "flipped"))
    return tuple(parts)


def summary(draws: Sequence[Draw]) -> str:
    """Returns mean, least and most of the kept area, and how many are flipped."""
    if not draws:
        return ""
    kept = [draw.kept_fraction for draw in draws]
    if len(draws) == 1:
        text = translate("Augmentation", "Kept area: {mean}")
        return text.format(mean=percent(kept[0]))
    text = translate("Augmentation", "Kept area: mean {mean}, least {least}, most {most}").format(
        mean=percent(sum(kept) / len(kept)), least=percent(min(kept)), most=percent(max(kept))
    )
    flipped = translate("Augmentation", "flipped {count} of {all}").format(
        count=sum(draw.flipped for draw in draws), all=len(draws)
    )
    return SEPARATOR.join((text, flipped))


def facts(draw: Draw) -> tuple[str, ...]:
    """Returns what holds of a sample as a whole, a line each."""
    box = draw.crop_box
    lines = [
        translate("Augmentation", "Part: {size} px").format(
            size=size_text(round(box.width), round(box.height))
        ),
        translate("Augmentation", "Corner: {left}, {top}").format(
            left=signed(round(box.left)), top=signed(round(box.top))
        ),
        translate("Augmentation", "Kept: {share} of the area").format(
            share=percent(draw.kept_fraction)
        ),
        _stretch_fact(draw.distortion),
    ]
    if draw.padded_fraction >= 0.0005:
        text = translate("Augmentation", "Black border: {share}")
        lines.append(text.format(share=percent(draw.padded_fraction)))
    lines.append(
        translate("Augmentation", "Flipped left to right")
        if draw.flipped
        else translate("Augmentation", "Not flipped")
    )
    return tuple(lines)


def _stretch_fact(distortion: float) -> str:
    if stretch := stretch_text(distortion):
        return translate("Augmentation", "Stretched: {stretch}").format(stretch=stretch)
    return translate("Augmentation", "Not stretched")


def as_html(lines: Sequence[str]) -> str:
    """Returns lines of plain text as HTML."""
    return "<br>".join(glued(escape(line)) for line in lines)


def glued(text: str) -> str:
    """Returns a text whose numbers are not parted from their units at the end of a line."""
    for sign in _KEPT_TOGETHER:
        text = text.replace(sign, sign.replace(" ", "\u00a0"))
    return text
