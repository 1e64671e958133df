"""What the steps of pipelines are called on screen, with their numbers in short lines."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from resnet_studio.data.augment import (
    CenterCrop,
    Normalise,
    PadCrop,
    RandomResizedCrop,
    Resize,
    ResizeExact,
    Step,
)
from resnet_studio.data.augment_steps import RandomShortSide
from resnet_studio.data.mean_picture import PerPixelMean
from resnet_studio.gui.augmentation.editor_fields import StepField, fields_of
from resnet_studio.gui.augmentation.words import decimal, percent, size_text

translate = QCoreApplication.translate

_OLDER = "uniform_swap"
_MOST_LINES = 3


def step_title(step: Step) -> str:
    """Returns the name of a step, short: what a resize means by its size is said in its line."""
    if isinstance(step, Resize):
        return translate("Augmentation", "Resize")
    if isinstance(step, RandomShortSide):
        return translate("Augmentation", "Random resize")
    if isinstance(step, PadCrop) and not step.padding:
        return translate("Augmentation", "Random crop")
    return translate("Augmentation", step.title)


def step_lines(step: Step) -> tuple[str, ...]:
    """Returns the numbers of a step in short lines."""
    match step:
        case RandomResizedCrop():
            return _crop_lines(step)
        case Resize():
            return (translate("Augmentation", "shorter side {size} px").format(size=step.size),)
        case RandomShortSide():
            text = translate("Augmentation", "shorter side {low} to {high} px")
            return (text.format(low=step.min, high=step.max),)
        case ResizeExact() | CenterCrop():
            return (_pixels(step.size),)
        case PadCrop():
            return _pad_lines(step)
        case Normalise():
            mean = translate("Augmentation", "mean {values}")
            deviation = translate("Augmentation", "std {values}")
            return (
                mean.format(values=_triple(step.mean)),
                deviation.format(values=_triple(step.std)),
            )
        case PerPixelMean():
            return _mean_lines(step)
        case _:
            return field_lines(step)


def field_lines(step: Step) -> tuple[str, ...]:
    """Returns the fields of any step in a few lines, those that differ from the default first."""
    fields = [field for field in fields_of(type(step)) if field.kind not in ("colour", "choice")]
    fields.sort(key=lambda field: getattr(step, field.name) == field.default)
    texts = [_field_text(field, getattr(step, field.name)) for field in fields]
    if len(texts) <= _MOST_LINES - 1:
        return tuple(texts)
    return tuple(", ".join(texts[at : at + 2]) for at in range(0, len(texts), 2))[:_MOST_LINES]


def _field_text(field: StepField, value: object) -> str:
    text = translate("Augmentation", "{field} {value}")
    if field.name == "bins":
        text = translate("Augmentation", "{value} {field}")
    return text.format(field=field.label.lower(), value=field.text(value))


def _mean_lines(step: PerPixelMean) -> tuple[str, ...]:
    picture = translate("Augmentation", "mean picture {size}").format(size=_pixels(step.side))
    deviation = translate("Augmentation", "std {values}").format(values=_triple(step.std))
    if not step.pictures:
        return picture, deviation
    count = translate("Augmentation", "of {count:,} pictures").format(count=step.pictures)
    return picture, f"{count}, {deviation}"


def _pad_lines(step: PadCrop) -> tuple[str, ...]:
    crop = translate("Augmentation", "{size} at random").format(size=_pixels(step.size))
    if not step.padding:
        return (crop,)
    border = translate("Augmentation", "black border {padding} px")
    if step.fill != (0, 0, 0):
        border = translate("Augmentation", "coloured border {padding} px")
    return border.format(padding=step.padding), crop


def _crop_lines(step: RandomResizedCrop) -> tuple[str, ...]:
    area = translate("Augmentation", "area {low} to {high}")
    ratio = translate("Augmentation", "ratio {low} to {high}, to {size}")
    if step.rule == _OLDER:
        ratio = translate("Augmentation", "ratio {low} to {high}, swapped ½, to {size}")
    low, high = step.ratio
    return (
        area.format(low=percent(step.scale[0]), high=percent(step.scale[1])),
        ratio.format(low=decimal(low), high=decimal(high), size=_pixels(step.size)),
    )


def _pixels(size: int) -> str:
    return translate("Augmentation", "{size} px").format(size=size_text(size, size))


def _triple(values: tuple[float, float, float]) -> str:
    return " ".join(decimal(value) for value in values)
