"""The whole story of one sample, step by step, with every attempt of a random resized crop."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QCoreApplication

from resnet_studio.data.augment import (
    Attempt,
    AugmentSpec,
    Draw,
    HorizontalFlip,
    Normalise,
    PadCrop,
    RandomResizedCrop,
    Step,
    StepDraw,
)
from resnet_studio.data.augment_steps import ATTEMPTS
from resnet_studio.gui.augmentation.pipelines import OLDER, step_title
from resnet_studio.gui.augmentation.words import decimal, percent, size_text
from resnet_studio.gui.theme import Theme

translate = QCoreApplication.translate

Size = tuple[int, int]
"""(height, width) in pixels."""


def story(pipeline: AugmentSpec, draw: Draw, theme: Theme) -> str:
    """Returns what happened to a picture in each step, as HTML in the colours of the theme.

    Args:
        pipeline: The pipeline that was drawn.
        draw: What chance decided.
        theme: Colours of accepted and refused attempts; words say it as well.
    """
    size: Size = (draw.height, draw.width)
    parts: list[str] = []
    for number, (step, drawn) in enumerate(zip(pipeline.steps, draw.steps, strict=True), start=1):
        parts.append(f"<p><b>{number}. {escape(step_title(step))}</b><br>")
        parts.append(_told(step, drawn, size, theme))
        parts.append("</p>")
        size = drawn.size
    return "".join(parts)


def refusal(attempt: Attempt, size: Size) -> str:
    """Returns why an attempt was refused; empty for one that was accepted."""
    height, width = size
    if attempt.accepted:
        return ""
    if attempt.width < 1 or attempt.height < 1:
        return translate("Augmentation", "refused: less than a pixel")
    if attempt.width > width:
        return translate("Augmentation", "refused: wider than {width}").format(width=width)
    return translate("Augmentation", "refused: taller than {height}").format(height=height)


def _told(step: Step, drawn: StepDraw, size: Size, theme: Theme) -> str:
    match step:
        case RandomResizedCrop():
            return _crop_story(step, drawn, size, theme)
        case PadCrop():
            return escape(_pad_story(step, drawn))
        case HorizontalFlip():
            return escape(_flip_story(step, drawn))
        case Normalise():
            return escape(
                translate(
                    "Augmentation",
                    "The network reads (colour − mean) / deviation; the samples are shown "
                    "before that, as colours for the eye.",
                )
            )
        case _:
            return escape(_fixed_story(drawn, size))


def _crop_story(step: RandomResizedCrop, drawn: StepDraw, size: Size, theme: Theme) -> str:
    heading = "".join(
        f"<th align='left' style='padding-right: 8px'>{escape(text)}</th>"
        for text in (
            translate("Augmentation", "Try"),
            translate("Augmentation", "Area"),
            translate("Augmentation", "Ratio"),
            translate("Augmentation", "Width × height"),
            "",
        )
    )
    rows = "".join(
        _attempt_row(number, attempt, size, theme)
        for number, attempt in enumerate(drawn.attempts, start=1)
    )
    end = escape(_crop_end(step, drawn, size))
    return f"<table cellspacing='0' cellpadding='1'><tr>{heading}</tr>{rows}</table>{end}"


def _attempt_row(number: int, attempt: Attempt, size: Size, theme: Theme) -> str:
    verdict = refusal(attempt, size) or translate("Augmentation", "accepted: it fits")
    ratio = decimal(attempt.ratio)
    if attempt.swapped:
        ratio = translate("Augmentation", "{ratio} swapped").format(ratio=ratio)
    cells = (
        str(number),
        percent(attempt.area_fraction),
        ratio,
        size_text(attempt.width, attempt.height),
    )
    plain = "".join(f"<td style='padding-right: 8px'>{escape(cell)}</td>" for cell in cells)
    colour = theme.good if attempt.accepted else theme.danger
    return f"<tr>{plain}<td><span style='color: {colour}'>{escape(verdict)}</span></td></tr>"


def _crop_end(step: RandomResizedCrop, drawn: StepDraw, size: Size) -> str:
    """Returns where the part lies, or which part is taken when no attempt fits."""
    region = drawn.region
    assert region is not None
    if drawn.values["fallback"]:
        return _fallback_text(step).format(
            attempts=ATTEMPTS, size=size_text(region.width, region.height)
        )
    height, width = size
    return translate(
        "Augmentation",
        "Place, drawn among those where it fits: from the left {left} (of 0 to {right}), from the "
        "top {top} (of 0 to {bottom}). Resized to {side}.",
    ).format(
        left=region.left,
        right=width - region.width,
        top=region.top,
        bottom=height - region.height,
        side=size_text(step.size, step.size),
    )


def _fallback_text(step: RandomResizedCrop) -> str:
    if step.rule == OLDER:
        return translate(
            "Augmentation",
            "None of {attempts} attempts fits: the central square of the shorter side is taken, "
            "{size}.",
        )
    return translate(
        "Augmentation",
        "None of {attempts} attempts fits: the largest central part with an allowed ratio is "
        "taken, {size}.",
    )


def _pad_story(step: PadCrop, drawn: StepDraw) -> str:
    region = drawn.region
    assert region is not None
    return translate(
        "Augmentation",
        "A black border of {padding} px is added; {size} are cut out, moved by {right} px to the "
        "right and {down} px down (each from −{padding} to its end).",
    ).format(
        padding=step.padding,
        size=size_text(step.size, step.size),
        right=_signed(region.left),
        down=_signed(region.top),
    )


def _flip_story(step: HorizontalFlip, drawn: StepDraw) -> str:
    text = (
        translate("Augmentation", "The number drawn, {number}, is below {p}: flipped.")
        if drawn.mirrored
        else translate("Augmentation", "The number drawn, {number}, is not below {p}: not flipped.")
    )
    return text.format(number=f"{drawn.values['number']:.3f}", p=decimal(step.p))


def _fixed_story(drawn: StepDraw, size: Size) -> str:
    """Returns what a step without chance does: always the same with pictures of this size."""
    before, after = size_text(size[1], size[0]), size_text(drawn.size[1], drawn.size[0])
    if drawn.region is None:
        text = translate("Augmentation", "{before} becomes {after}.")
        return text.format(before=before, after=after)
    return translate(
        "Augmentation", "The centre of {before}: {after}, from the left {left}, from the top {top}."
    ).format(
        before=before,
        after=after,
        left=_signed(drawn.region.left),
        top=_signed(drawn.region.top),
    )


def _signed(pixels: int) -> str:
    return f"−{-pixels}" if pixels < 0 else str(pixels)
