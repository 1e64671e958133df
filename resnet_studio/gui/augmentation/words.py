"""What chance decided for a sample, in words: captions, sums, and the whole story as HTML.

Nothing is computed here that `data.draws` has not decided; only said.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from PySide6.QtCore import QCoreApplication

from resnet_studio.data.augment import AugmentSpec, Draw, Step, StepDraw

translate = QCoreApplication.translate
SEPARATOR = " · "
_VISIBLE_STRETCH = 1.03  # less comes of rounding to whole pixels, and nobody sees it
_UNCHANGED = "left as it is"
_FACTORS = (("brightness", "b"), ("contrast", "c"), ("saturation", "s"))
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
    if turn := turn_text(draw.turned):
        parts.append(turn)
    if draw.padded_fraction >= 0.0005:
        parts.append(_border_text(draw.padded_fraction))
    if draw.flipped:
        parts.append(translate("Augmentation", "flipped"))
    if draw.upside_down:
        parts.append(translate("Augmentation", "upside down"))
    for drawn in draw.steps:
        parts += _colour_parts(drawn)
    return tuple(parts)


def longest_caption(pipeline: AugmentSpec) -> tuple[str, ...]:
    """Returns about the longest caption the pipeline may give, so that tiles keep their place."""
    parts = [translate("Augmentation", "kept {share}").format(share=percent(1))]
    kinds = {step.kind for step in pipeline.steps}
    if kinds & {"random_resized_crop", "resize_exact"}:
        parts.append(stretch_text(1 / 1.88))
    if "random_rotation" in kinds:
        parts.append(turn_text(-88))
    if kinds & {"pad_crop", "center_crop", "random_rotation"} and pipeline.numbers:
        parts.append(_border_text(0.88))
    if "horizontal_flip" in kinds:
        parts.append(translate("Augmentation", "flipped"))
    if "vertical_flip" in kinds:
        parts.append(translate("Augmentation", "upside down"))
    for step in pipeline.steps:
        parts += _longest_colour_parts(step)
    return tuple(parts)


def turn_text(degrees: float) -> str:
    """Says by how much a sample is turned, with the direction as an arrow; empty for not at all.

    Args:
        degrees: Anticlockwise above 0.
    """
    if abs(degrees) < 0.05:
        return ""
    arrow = "↺" if degrees > 0 else "↻"
    return translate("Augmentation", "turned {angle}° {arrow}").format(
        angle=f"{abs(degrees):.0f}", arrow=arrow
    )


def _border_text(share: float) -> str:
    return translate("Augmentation", "border {share}").format(share=percent(share))


def _colour_parts(drawn: StepDraw) -> list[str]:
    """Returns what a step did to the colours, or covered, in as few letters as can be."""
    values = drawn.values
    match drawn.kind:
        case "colour_jitter":
            return _jitter_parts(values)
        case "pca_colour":
            shifts = ((name[0].upper(), values[name]) for name in ("red", "green", "blue"))
            return [" ".join(f"{letter}{_with_sign(shift)}" for letter, shift in shifts)]
        case "random_grayscale":
            return [translate("Augmentation", "grey")] if values["grey"] else []
        case "random_erasing" if values["erased"]:
            text = translate("Augmentation", "covered {share}")
            return [text.format(share=percent(values["area_fraction"]))]
        case "rand_augment" | "trivial_augment":
            return [part for part in drawn.text.split(", then ") if part != _UNCHANGED]
        case _:
            return []


def _jitter_parts(values: Mapping[str, Any]) -> list[str]:
    """Returns the factors by their letters: brightness, contrast; then saturation, hue."""
    told = {name: f"{letter}×{values[name]:.2f}" for name, letter in _FACTORS if name in values}
    if "hue_degrees" in values:
        told["hue"] = f"h{_with_sign(values['hue_degrees'])}°"
    pairs = (("brightness", "contrast"), ("saturation", "hue"))
    joined = (" ".join(told[name] for name in pair if name in told) for pair in pairs)
    return [part for part in joined if part]


def _longest_colour_parts(step: Step) -> list[str]:
    match step.kind:
        case "colour_jitter":
            return ["b×1.88 c×1.88", "s×1.88 h−188°"]
        case "pca_colour":
            return ["R−88 G−88 B−88"]
        case "random_grayscale":
            return [translate("Augmentation", "grey")]
        case "random_erasing":
            return [translate("Augmentation", "covered {share}").format(share=percent(0.88))]
        case "rand_augment":
            return ["sheared across by −0.88"] * step.operations
        case "trivial_augment":
            return ["sheared across by −0.88"]
        case _:
            return []


def _with_sign(value: float) -> str:
    return f"{'−' if value < 0 else '+'}{abs(value):.0f}"


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
        _part_fact(draw),
        translate("Augmentation", "Corner: {left}, {top}").format(
            left=signed(round(box.left)), top=signed(round(box.top))
        ),
        translate("Augmentation", "Kept: {share} of the area").format(
            share=percent(draw.kept_fraction)
        ),
        _stretch_fact(draw.distortion),
    ]
    if draw.padded_fraction >= 0.0005:
        text = translate("Augmentation", "Border: {share}")
        lines.append(text.format(share=percent(draw.padded_fraction)))
    if turn := turn_text(draw.turned):
        lines.append(f"{turn[:1].upper()}{turn[1:]}")
    lines.append(
        translate("Augmentation", "Flipped left to right")
        if draw.flipped
        else translate("Augmentation", "Not flipped")
    )
    if draw.upside_down:
        lines.append(translate("Augmentation", "Upside down"))
    return tuple(lines)


def _part_fact(draw: Draw) -> str:
    """Returns the size of the part; of one that is turned, the lengths of its edges."""
    corners = draw.corners
    across, down = (round(math.dist(corners[0], corners[place])) for place in (1, 3))
    return translate("Augmentation", "Part: {size} px").format(size=size_text(across, down))


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
