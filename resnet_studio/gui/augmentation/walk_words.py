"""A walk through one sample in words: headings, and how each figure came of a number drawn."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QCoreApplication

from resnet_studio.data.augment_steps import ATTEMPTS, RandomResizedCrop
from resnet_studio.gui.augmentation.pipelines import step_lines, step_title
from resnet_studio.gui.augmentation.story import attempt_words, step_story
from resnet_studio.gui.augmentation.walk import Moment, Walk
from resnet_studio.gui.augmentation.words import decimal, glued, percent, signed, size_text
from resnet_studio.gui.theme import Theme

translate = QCoreApplication.translate
_MOST_NUMBERS = 24
"""So many numbers of a step are printed; the rest is in the table that can be saved."""


def heading(walk: Walk, moment: Moment) -> str:
    """Returns what has just happened, in one line to be read from the back of a room."""
    if moment.step < 0:
        return translate("Walk", "The picture: {size} px").format(
            size=size_text(walk.draw.width, walk.draw.height)
        )
    step, drawn = walk.step(moment.step)
    title = f"{moment.step + 1}. {step_title(step)}"
    if moment.attempt is None:
        return f"{title}: {drawn.text}"
    attempt = drawn.attempts[moment.attempt]
    return attempt_words(attempt, walk.size_before(moment.step), moment.attempt + 1)


def tile_words(walk: Walk, place: int) -> tuple[str, str]:
    """Returns what stands under a picture of the film: the step, and the size that leaves it.

    Args:
        walk: The walk.
        place: 0 for the picture itself, then the steps from 1.
    """
    if place == 0:
        size = size_text(walk.draw.width, walk.draw.height)
        return translate("Walk", "Picture"), size
    step, drawn = walk.step(place - 1)
    return f"{place}. {step_title(step)}", size_text(drawn.size[1], drawn.size[0])


def tale(walk: Walk, moment: Moment, theme: Theme) -> str:
    """Returns all that is known of a moment as HTML."""
    if moment.step < 0:
        return _beginning(walk)
    step, drawn = walk.step(moment.step)
    before = walk.size_before(moment.step)
    parts = [
        _paragraph(f"<b>{escape(step_title(step))}</b>"),
        _paragraph(glued("<br>".join(escape(line) for line in step_lines(step)))),
        _paragraph(glued(escape(_sizes(before, drawn.size)))),
        step_story(step, drawn, before, theme),
        _numbers_told(walk, moment),
    ]
    return "".join(parts)


def _beginning(walk: Walk) -> str:
    count = walk.pipeline.numbers
    if not count:
        said = translate("Walk", "No chance in this pipeline: each picture goes the same way.")
    else:
        said = translate(
            "Walk",
            "Sample {number}, seed {seed}, epoch {epoch}: these three decide {count} numbers "
            "between 0 and 1, and the numbers decide everything that follows.",
        ).format(number=walk.index + 1, seed=walk.seed, epoch=walk.epoch + 1, count=count)
    keys = translate("Walk", "← and → go from moment to moment.")
    return _paragraph(escape(said)) + _paragraph(escape(keys))


def _sizes(before: tuple[int, int], after: tuple[int, int]) -> str:
    if before == after:
        return translate("Walk", "The size stays: {size} px.").format(
            size=size_text(after[1], after[0])
        )
    return translate("Walk", "{before} px become {after} px.").format(
        before=size_text(before[1], before[0]), after=size_text(after[1], after[0])
    )


def _numbers_told(walk: Walk, moment: Moment) -> str:
    """Returns the uniform numbers of a step, and what came of each where that is known."""
    numbers = walk.numbers[moment.step]
    if not numbers:
        return ""
    step, _drawn = walk.step(moment.step)
    title = translate("Walk", "Numbers drawn, each from 0 to 1")
    if isinstance(step, RandomResizedCrop):
        lines = _crop_numbers(step, walk, moment)
    else:
        shown = "  ".join(f"{number:.3f}" for number in numbers[:_MOST_NUMBERS])
        lines = [shown + (" …" if len(numbers) > _MOST_NUMBERS else "")]
    body = "<br>".join(glued(escape(line)) for line in lines)
    return _paragraph(f"<b>{escape(title)}</b><br>{body}")


def _crop_numbers(step: RandomResizedCrop, walk: Walk, moment: Moment) -> list[str]:
    """Returns how area, ratio, size and place of a crop came of the numbers."""
    drawn, numbers = walk.draw.steps[moment.step], walk.numbers[moment.step]
    tried = len(drawn.attempts)
    number = tried - 1 if moment.attempt is None else moment.attempt
    attempt = drawn.attempts[number]
    area, ratio, swap = numbers[3 * number : 3 * number + 3]
    low, high = step.scale
    lines = [
        translate("Walk", "{number} → area {low} + ({high} − {low}) × {number} = {area}").format(
            number=f"{area:.3f}",
            low=percent(low),
            high=percent(high),
            area=percent(attempt.area_fraction),
        ),
        _ratio_line(step, ratio, attempt.ratio),
    ]
    if step.rule == "uniform_swap":
        what = _swap_words(swapped=attempt.swapped)
        lines.append(f"{swap:.3f} → {what}")
    lines.append(
        translate("Walk", "W = √(area × ratio), H = √(area ÷ ratio): {size}").format(
            size=size_text(attempt.width, attempt.height)
        )
    )
    region = drawn.region
    if attempt.accepted and region is not None:
        place = translate("Walk", "{across} → {left} px from the left; {down} → {top} px from top")
        lines.append(
            place.format(
                across=f"{numbers[-1]:.3f}",
                left=signed(region.left),
                down=f"{numbers[-2]:.3f}",
                top=signed(region.top),
            )
        )
    lines.append(
        translate(
            "Walk",
            "The step takes {count} numbers, whether it needs all {attempts} attempts or one: so "
            "the chance of the steps behind it stays as it is.",
        ).format(count=step.numbers, attempts=ATTEMPTS)
    )
    return lines


def _ratio_line(step: RandomResizedCrop, number: float, ratio: float) -> str:
    low, high = (decimal(bound) for bound in step.ratio)
    text = (
        translate("Walk", "{number} → ratio {low} + ({high} − {low}) × {number} = {ratio}")
        if step.rule == "uniform_swap"
        else translate("Walk", "{number} → ratio {low} × ({high} ÷ {low})^{number} = {ratio}")
    )
    return text.format(number=f"{number:.3f}", low=low, high=high, ratio=decimal(ratio))


def _swap_words(*, swapped: bool) -> str:
    if swapped:
        return translate("Walk", "below 0.5: width and height are exchanged")
    return translate("Walk", "not below 0.5: width and height stay")


def _paragraph(html: str) -> str:
    return f"<p style='margin: 0 0 7px 0'>{html}</p>"
