"""The whole story of one sample, step by step, with every attempt of a random resized crop."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QCoreApplication

from resnet_studio.data.augment import Attempt, AugmentSpec, Draw, Step, StepDraw
from resnet_studio.data.augment_steps import (
    ATTEMPTS,
    CenterCrop,
    HorizontalFlip,
    Normalise,
    PadCrop,
    RandomResizedCrop,
    RandomRotation,
    RandomShortSide,
    Resize,
    ResizeExact,
    VerticalFlip,
)
from resnet_studio.data.colour_steps import RandomErasing, RandomGrayscale
from resnet_studio.data.mean_picture import PerPixelMean
from resnet_studio.gui.augmentation.pipelines import step_title
from resnet_studio.gui.augmentation.words import decimal, glued, percent, signed, size_text
from resnet_studio.gui.theme import Theme

translate = QCoreApplication.translate
_OLDER = "uniform_swap"

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
        parts.append(step_story(step, drawn, size, theme))
        size = drawn.size
    return "".join(parts)


def step_story(step: Step, drawn: StepDraw, size: Size, theme: Theme) -> str:
    """Returns what happened to a picture of that size in one step, as HTML without a title."""
    told = f"<p style='margin: 0 0 7px 0'>{glued(escape(told_of(step, drawn, size)))}</p>"
    return (_attempts(step, drawn, size, theme) if drawn.attempts else "") + told


def attempt_words(attempt: Attempt, size: Size, number: int) -> str:
    """Returns one attempt in a line: "attempt 1: area 37 %, ratio 1.21, 523 × 432, accepted"."""
    verdict = refusal(attempt, size) or translate("Augmentation", "accepted")
    return translate(
        "Augmentation", "Attempt {number}: area {area}, ratio {ratio}, {size}, {verdict}"
    ).format(
        number=number,
        area=percent(attempt.area_fraction),
        ratio=decimal(attempt.ratio),
        size=size_text(attempt.width, attempt.height),
        verdict=verdict,
    )


def refusal(attempt: Attempt, size: Size) -> str:
    """Returns why an attempt was refused; empty for one that was accepted."""
    height, width = size
    if attempt.accepted:
        return ""
    if attempt.width < 1 or attempt.height < 1:
        return translate("Augmentation", "refused: no pixel")
    if attempt.width > width:
        return translate("Augmentation", "refused: W > {width}").format(width=width)
    if attempt.height > height:
        return translate("Augmentation", "refused: H > {height}").format(height=height)
    return translate("Augmentation", "refused: not smaller")  # erasing leaves a rest to be seen


def told_of(step: Step, drawn: StepDraw, size: Size) -> str:
    """Returns what a step did, in a sentence or two.

    A kind that is not known here says what its draw says.
    """
    match step:
        case RandomResizedCrop():
            return _crop_end(step, drawn, size)
        case PadCrop():
            return _pad_story(step, drawn)
        case HorizontalFlip() | VerticalFlip():
            return _by_chance(drawn, step.p, drawn.values["flipped"], _flip_words())
        case RandomGrayscale():
            return _by_chance(drawn, step.p, drawn.values["grey"], _grey_words())
        case RandomErasing():
            return _erasing_story(step, drawn)
        case RandomShortSide():
            return _short_side_story(step, drawn, size)
        case RandomRotation():
            return _rotation_story(step, drawn)
        case Normalise() | PerPixelMean():
            return _ending_story(step)
        case Resize() | ResizeExact() | CenterCrop():
            return _fixed_story(drawn, size)
        case _:
            return f"{drawn.text[:1].upper()}{drawn.text[1:]}."


def _attempts(step: Step, drawn: StepDraw, size: Size, theme: Theme) -> str:
    """Returns every attempt to find a rectangle as a table."""
    titles = [
        translate("Augmentation", "Try"),
        translate("Augmentation", "Area"),
        translate("Augmentation", "Ratio"),
        translate("Augmentation", "W × H"),
        "",
    ]
    swaps = isinstance(step, RandomResizedCrop) and step.rule == _OLDER
    if swaps:
        titles.insert(3, translate("Augmentation", "Swap"))
    pad = _cell_padding(swaps=swaps)
    heading = "".join(f"<th align='left' {pad}>{escape(title)}</th>" for title in titles)
    rows = "".join(
        _attempt_row(number, attempt, size, theme, swaps=swaps)
        for number, attempt in enumerate(drawn.attempts, start=1)
    )
    return f"<table cellspacing='0' cellpadding='1'><tr>{heading}</tr>{rows}</table>"


def _attempt_row(number: int, attempt: Attempt, size: Size, theme: Theme, *, swaps: bool) -> str:
    cells = [
        str(number),
        percent(attempt.area_fraction),
        decimal(attempt.ratio),
        size_text(attempt.width, attempt.height),
    ]
    if swaps:
        swap = translate("Augmentation", "yes") if attempt.swapped else "–"
        cells.insert(3, swap)
    pad = _cell_padding(swaps=swaps)
    plain = "".join(f"<td {pad}>{glued(escape(cell))}</td>" for cell in cells)
    verdict = refusal(attempt, size) or translate("Augmentation", "accepted")
    colour = theme.good if attempt.accepted else theme.danger
    return f"<tr>{plain}<td><span style='color: {colour}'>{escape(verdict)}</span></td></tr>"


def _cell_padding(*, swaps: bool) -> str:
    """Returns the distance of the columns: a column more must fit into the same width."""
    return f"style='padding-right: {4 if swaps else 9}px'"


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
    if step.rule == _OLDER:
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
    if not step.padding:
        text = translate(
            "Augmentation",
            "{size} are cut out, {left} px from the left and {top} px from the top.",
        )
        size = size_text(step.size, step.size)
        return text.format(size=size, left=region.left, top=region.top)
    return translate(
        "Augmentation",
        "A border of {padding} px is added; {size} are cut out, moved by {right} px to the "
        "right and {down} px down (each from −{padding} to its end).",
    ).format(
        padding=step.padding,
        size=size_text(step.size, step.size),
        right=signed(region.left),
        down=signed(region.top),
    )


def _by_chance(drawn: StepDraw, p: float, happened: bool, words: tuple[str, str]) -> str:
    """Returns what was done because a number lies below a probability, or why it was not."""
    text = (
        translate("Augmentation", "The number drawn, {number}, is below {p}: {what}.")
        if happened
        else translate("Augmentation", "The number drawn, {number}, is not below {p}: {what}.")
    )
    what = words[0] if happened else words[1]
    return text.format(number=f"{drawn.values['number']:.3f}", p=decimal(p), what=what)


def _flip_words() -> tuple[str, str]:
    return translate("Augmentation", "flipped"), translate("Augmentation", "not flipped")


def _grey_words() -> tuple[str, str]:
    return translate("Augmentation", "made grey"), translate("Augmentation", "colours kept")


def _erasing_story(step: RandomErasing, drawn: StepDraw) -> str:
    begun = bool(drawn.attempts)
    words = (
        translate("Augmentation", "a rectangle is covered"),
        translate("Augmentation", "nothing is covered"),
    )
    said = _by_chance(drawn, step.p, begun, words)
    return f"{said} {drawn.text[:1].upper()}{drawn.text[1:]}." if begun else said


def _short_side_story(step: RandomShortSide, drawn: StepDraw, size: Size) -> str:
    return translate(
        "Augmentation",
        "The number drawn, {number}, gives a shorter side of {side} (from {least} to {most}). "
        "{before} becomes {after}.",
    ).format(
        number=f"{drawn.values['number']:.3f}",
        side=drawn.values["side"],
        least=step.min,
        most=step.max,
        before=size_text(size[1], size[0]),
        after=size_text(drawn.size[1], drawn.size[0]),
    )


def _rotation_story(step: RandomRotation, drawn: StepDraw) -> str:
    return translate(
        "Augmentation",
        "The number drawn, {number}, gives an angle of {angle}° (from −{most}° to {most}°, "
        "anticlockwise above 0). What comes in from outside is filled.",
    ).format(
        number=f"{drawn.values['number']:.3f}",
        angle=f"{drawn.values['angle']:.1f}".replace("-", "−"),
        most=decimal(step.degrees),
    )


def _ending_story(step: Normalise | PerPixelMean) -> str:
    if isinstance(step, Normalise):
        return translate(
            "Augmentation",
            "The network reads (colour − mean) / deviation; the samples are shown before "
            "that, as colours for the eye.",
        )
    return translate(
        "Augmentation",
        "The network reads (colour − mean picture) / deviation; the samples are shown before "
        "that, as colours for the eye.",
    )


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
