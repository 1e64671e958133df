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
from resnet_studio.gui.augmentation.words import decimal, glued, percent, signed, size_text
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
        parts.append(f"<p style='margin: 0'><b>{number}. {escape(step_title(step))}</b></p>")
        if isinstance(step, RandomResizedCrop):
            parts.append(_attempts(step, drawn, size, theme))
        told = glued(escape(_told(step, drawn, size)))
        parts.append(f"<p style='margin: 0 0 7px 0'>{told}</p>")
        size = drawn.size
    return "".join(parts)


def refusal(attempt: Attempt, size: Size) -> str:
    """Returns why an attempt was refused; empty for one that was accepted."""
    height, width = size
    if attempt.accepted:
        return ""
    if attempt.width < 1 or attempt.height < 1:
        return translate("Augmentation", "refused: no pixel")
    if attempt.width > width:
        return translate("Augmentation", "refused: W > {width}").format(width=width)
    return translate("Augmentation", "refused: H > {height}").format(height=height)


def _told(step: Step, drawn: StepDraw, size: Size) -> str:
    match step:
        case RandomResizedCrop():
            return _crop_end(step, drawn, size)
        case PadCrop():
            return _pad_story(step, drawn)
        case HorizontalFlip():
            return _flip_story(step, drawn)
        case Normalise():
            return translate(
                "Augmentation",
                "The network reads (colour − mean) / deviation; the samples are shown before "
                "that, as colours for the eye.",
            )
        case _:
            return _fixed_story(drawn, size)


def _attempts(step: RandomResizedCrop, drawn: StepDraw, size: Size, theme: Theme) -> str:
    """Returns every attempt of a random resized crop as a table."""
    titles = [
        translate("Augmentation", "Try"),
        translate("Augmentation", "Area"),
        translate("Augmentation", "Ratio"),
        translate("Augmentation", "W × H"),
        "",
    ]
    if step.rule == OLDER:
        titles.insert(3, translate("Augmentation", "Swap"))
    pad = _cell_padding(step)
    heading = "".join(f"<th align='left' {pad}>{escape(title)}</th>" for title in titles)
    rows = "".join(
        _attempt_row(step, number, attempt, size, theme)
        for number, attempt in enumerate(drawn.attempts, start=1)
    )
    return f"<table cellspacing='0' cellpadding='1'><tr>{heading}</tr>{rows}</table>"


def _attempt_row(
    step: RandomResizedCrop, number: int, attempt: Attempt, size: Size, theme: Theme
) -> str:
    cells = [
        str(number),
        percent(attempt.area_fraction),
        decimal(attempt.ratio),
        size_text(attempt.width, attempt.height),
    ]
    if step.rule == OLDER:
        swap = translate("Augmentation", "yes") if attempt.swapped else "–"
        cells.insert(3, swap)
    pad = _cell_padding(step)
    plain = "".join(f"<td {pad}>{glued(escape(cell))}</td>" for cell in cells)
    verdict = refusal(attempt, size) or translate("Augmentation", "accepted")
    colour = theme.good if attempt.accepted else theme.danger
    return f"<tr>{plain}<td><span style='color: {colour}'>{escape(verdict)}</span></td></tr>"


def _cell_padding(step: RandomResizedCrop) -> str:
    """Returns the distance of the columns: a column more must fit into the same width."""
    return f"style='padding-right: {4 if step.rule == OLDER else 9}px'"


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
        "Place by chance: {left} from the left (0 to {right} fit), {top} from the top (0 to "
        "{bottom} fit). Resized to {side}.",
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
        right=signed(region.left),
        down=signed(region.top),
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
        left=signed(drawn.region.left),
        top=signed(drawn.region.top),
    )
