"""One parameter of a pipeline over its range, with everything else, chance included, the same.

A step takes a fixed count of random numbers, whatever its settings are. So the same (seed, epoch,
index) gives the same numbers to each step while one parameter of one of them changes, and all
that changes in the picture comes of that parameter.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QImage

from resnet_studio.data.augment import AugmentSpec, Draw, draw, sample_rng
from resnet_studio.data.imaging import Picture
from resnet_studio.data.mean_picture import PerPixelMean
from resnet_studio.errors import StudioError
from resnet_studio.gui.augmentation.editor_fields import StepField, choice_label, fields_of
from resnet_studio.gui.augmentation.pipelines import step_title
from resnet_studio.gui.augmentation.samples import LARGEST_KEPT, at_most, rgb_image
from resnet_studio.gui.augmentation.step_kinds import is_ending
from resnet_studio.gui.workers import TaskState

INDEX, EPOCH, SEED = "index", "epoch", "seed"
CHANCE = (INDEX, EPOCH, SEED)
_PARTS = {"pair": 2, "whole_pair": 2, "triple": 3}


@dataclass(frozen=True, slots=True)
class Knob:
    """What may be varied.

    Attributes:
        place: The step's place, from 0; -1 for what decides chance.
        field: The field of its model, or one of `CHANCE`.
        part: Which number of a pair or triple; None where the field is one value.
        title: What it is called in a list.
        form: What the form knows of the field; None for what decides chance.
    """

    place: int
    field: str
    part: int | None
    title: str
    form: StepField | None = None

    @property
    def key(self) -> str:
        """What tells it from the others, for the settings."""
        return f"{self.place}.{self.field}.{'' if self.part is None else self.part}"

    @property
    def has_range(self) -> bool:
        """Whether it is a number with a least and a greatest value to choose."""
        return self.form is not None and self.form.kind not in ("choice", "switch")

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are allowed."""
        return self.form is None or self.form.kind in ("whole", "whole_pair")

    def value(self, pipeline: AugmentSpec) -> Any:
        """Returns its present value in a pipeline; None for what decides chance."""
        if self.form is None:
            return None
        value = getattr(pipeline.steps[self.place], self.field)
        return value if self.part is None else value[self.part]

    def words(self, value: Any) -> str:
        """Writes a value with its unit."""
        if self.form is None:
            return str(value + (self.field != SEED))
        if self.form.kind == "choice":
            return choice_label(value)
        if self.form.kind == "switch":
            return self.form.text(value)
        unit = self.form.unit
        gap = "" if unit in ("", "°") else "\u00a0"
        digits = ".0f" if self.whole else ".3g"
        return f"{value * self.form.factor:{digits}}{gap}{unit}"

    def soft(self, pipeline: AugmentSpec) -> tuple[float, float]:
        """Returns the range to begin with; the ends of a pair do not cross."""
        assert self.form is not None
        low, high = self.form.soft
        if self.part is not None and self.form.kind in ("pair", "whole_pair"):
            other = float(getattr(pipeline.steps[self.place], self.field)[1 - self.part])
            low, high = (low, min(high, other)) if self.part == 0 else (max(low, other), high)
        if high <= low:
            low, high = self.form.soft
        return max(low, self.form.low), min(high, self.form.high)


def knobs_of(pipeline: AugmentSpec) -> tuple[Knob, ...]:
    """Returns all that may be varied in a pipeline; endings do not change what the eye sees."""
    found: list[Knob] = []
    for place, step in enumerate(pipeline.steps):
        if is_ending(step):
            continue
        for form in fields_of(type(step)):
            if form.kind == "colour":
                continue
            title = f"{place + 1}. {step_title(step)}: {form.label}"
            parts = _PARTS.get(form.kind)
            if parts is None:
                found.append(Knob(place, form.name, None, title, form))
            else:
                found += [
                    Knob(place, form.name, part, f"{title}, {_part_title(parts, part)}", form)
                    for part in range(parts)
                ]
    chance = (
        (INDEX, _tr("Chance: the sample")),
        (EPOCH, _tr("Chance: the epoch")),
        (SEED, _tr("Chance: the seed")),
    )
    if pipeline.numbers:
        found += [Knob(-1, name, None, title) for name, title in chance]
    return tuple(found)


def spread(knob: Knob, low: float, high: float, count: int) -> tuple[Any, ...]:
    """Returns evenly spaced values from `low` to `high`; whole numbers once each.

    A choice gives its choices, and a switch both its positions, whatever the ends are.
    """
    if knob.form is not None and knob.form.kind == "choice":
        return knob.form.choices
    if knob.form is not None and knob.form.kind == "switch":
        return (False, True)
    if knob.form is None:
        return tuple(range(int(low), int(low) + count))
    step = (high - low) / max(1, count - 1)
    values = [low + step * number for number in range(count)]
    if knob.whole:
        return tuple(dict.fromkeys(round(value) for value in values))
    return tuple(dict.fromkeys(float(f"{value:.10g}") for value in values))


def with_value(pipeline: AugmentSpec, knob: Knob, value: Any) -> AugmentSpec:
    """Returns the pipeline with another value of one parameter.

    Raises:
        SpecError: The pipeline cannot have that value; says why.
    """
    if knob.form is None:
        return pipeline
    if isinstance(pipeline.ending, PerPixelMean):
        # It fits one size only, and does not change what the eye sees.
        pipeline = pipeline.with_ending(None)
    values = pipeline.to_dict()
    step = dict(values["steps"][knob.place])
    if knob.part is None:
        step[knob.field] = value
    else:
        numbers = list(step[knob.field])
        numbers[knob.part] = value
        step[knob.field] = numbers
    values["steps"] = [
        step if place == knob.place else other for place, other in enumerate(values["steps"])
    ]
    return AugmentSpec.from_dict(values)


@dataclass(frozen=True, slots=True)
class Chance:
    """What decides all chance of one sample."""

    seed: int
    epoch: int
    index: int

    def at(self, knob: Knob, value: Any) -> Chance:
        """Returns it with one of the three changed, if the knob is one of them."""
        if knob.form is not None:
            return self
        return Chance(
            value if knob.field == SEED else self.seed,
            value if knob.field == EPOCH else self.epoch,
            value if knob.field == INDEX else self.index,
        )


@dataclass(frozen=True, slots=True)
class Variant:
    """The sample at one value.

    Attributes:
        value: The value.
        words: It, with its unit.
        draw: What happens; None where the value is not possible.
        image: The pixels; null where the value is not possible.
        refusal: Why it is not possible; empty where it is.
    """

    value: Any
    words: str
    draw: Draw | None
    image: QImage
    refusal: str = ""


def variants_of(
    pipeline: AugmentSpec,
    picture: Picture,
    knob: Knob,
    values: Sequence[Any],
    chance: Chance,
    state: TaskState,
) -> tuple[Variant, ...]:
    """Makes the sample at every value; runs in a worker, needs torch.

    Raises:
        Cancelled: Something else is wished.
    """
    made = []
    for number, value in enumerate(values):
        state.check()
        state.progress(number, len(values))
        try:
            made.append(_variant(pipeline, picture, knob, value, chance))
        except StudioError as error:
            made.append(Variant(value, knob.words(value), None, QImage(), str(error)))
    return tuple(made)


def _variant(
    pipeline: AugmentSpec, picture: Picture, knob: Knob, value: Any, chance: Chance
) -> Variant:
    from resnet_studio.data.transforms import apply_steps  # it imports torch

    changed = with_value(pipeline, knob, value)
    now = chance.at(knob, value)
    rng = sample_rng(now.seed, now.epoch, now.index)
    drawn = draw(changed, picture.height, picture.width, rng)
    image = apply_steps(changed.steps, picture.rgb, drawn.steps)
    return Variant(value, knob.words(value), drawn, rgb_image(at_most(image, LARGEST_KEPT)))


_COLUMNS = (
    "parameter",
    "value",
    "seed",
    "epoch",
    "sample",
    "kept_fraction",
    "distortion",
    "border_fraction",
    "flipped",
    "what",
    "refused",
)


def variants_csv(knob: Knob, chance: Chance, variants: Sequence[Variant]) -> str:
    """Returns what happened at every value as CSV with a header; refused values say why.

    `sample` and `epoch` count from 1 as on screen; `value` is as the pipeline has it.
    """
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for one in variants:
        now = chance.at(knob, one.value)
        figures: tuple[Any, ...] = ("", "", "", "", "")
        if one.draw is not None:
            drawn = one.draw
            figures = (
                f"{drawn.kept_fraction:.6f}",
                f"{drawn.distortion:.6f}",
                f"{drawn.padded_fraction:.6f}",
                int(drawn.flipped),
                "; ".join(step.text for step in drawn.steps),
            )
        plain = (knob.title, one.value, now.seed, now.epoch + 1, now.index + 1)
        writer.writerow((*plain, *figures, one.refusal))
    return target.getvalue()


def _part_title(parts: int, part: int) -> str:
    if parts == 2:
        return (_tr("least"), _tr("greatest"))[part]
    return (_tr("first"), _tr("second"), _tr("third"))[part]


def _tr(text: str) -> str:
    return QCoreApplication.translate("Vary", text)
