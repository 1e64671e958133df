"""`AugmentSpec`: a pipeline as a validated list of steps, to and from plain values and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from resnet_studio.data.augment_steps import Normalise, Step
from resnet_studio.data.draws import numbers_needed
from resnet_studio.data.mean_picture import PerPixelMean
from resnet_studio.data.step_base import Triple
from resnet_studio.errors import SpecError

Ending = Normalise | PerPixelMean
"""What turns 8-bit colours into the numbers that the network reads."""


class AugmentSpec(BaseModel):
    """A pipeline from any picture to the square that the network reads; immutable.

    Attributes:
        name: Its name: a preset's, or the person's own.
        note: A sentence on what it is for; may be empty.
        steps: What is done, in order. The last size is a square known beforehand; an ending
            (`Normalise`, `PerPixelMean`) may only stand last, since all else works on 8-bit
            colours.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=100)] = "custom"
    note: Annotated[str, Field(max_length=1000)] = ""
    steps: Annotated[
        tuple[Annotated[Step, Field(discriminator="kind")], ...],
        Field(min_length=1, max_length=100),
    ]

    @model_validator(mode="after")
    def _steps_fit_together(self) -> AugmentSpec:
        side = least = None
        for place, step in enumerate(self.steps):
            if isinstance(step, Ending) and place != len(self.steps) - 1:
                raise _joint(place, f"{step.title} must be the last step")
            try:
                least, side = step.least_after(least), step.side_after(side)
            except ValueError as error:
                raise _joint(place, str(error)) from None
        if side is None:
            raise _joint(
                len(self.steps) - 1,
                "pictures leave the pipeline in different sizes, which a network cannot read; add "
                "a centre crop, a random resized crop or a resize to a square",
            )
        return self

    @property
    def output_size(self) -> int:
        """Side of the square that results, in pixels."""
        side: int | None = None
        for step in self.steps:
            side = step.side_after(side)
        assert side is not None  # validated
        return side

    @property
    def numbers(self) -> int:
        """How many random numbers one picture takes; 0 if the pipeline is without chance."""
        return numbers_needed(self.steps)

    @property
    def ending(self) -> Ending | None:
        """What makes numbers of the colours; without it they are only scaled to [0, 1]."""
        last = self.steps[-1]
        return last if isinstance(last, Ending) else None

    @property
    def normalise(self) -> Normalise | None:
        """The ending, if it has one mean for each channel."""
        ending = self.ending
        return ending if isinstance(ending, Normalise) else None

    @property
    def mean_colour(self) -> Triple:
        """Mean of red, green and blue that the ending subtracts, in [0, 1]; black without one."""
        ending = self.ending
        if isinstance(ending, PerPixelMean):
            return ending.channel_means
        return ending.mean if ending else (0.0, 0.0, 0.0)

    @property
    def pixel_steps(self) -> tuple[Step, ...]:
        """The steps on 8-bit colours: all but the ending."""
        return self.steps[:-1] if self.ending else self.steps

    def with_ending(self, ending: Ending | None) -> AugmentSpec:
        """Return the pipeline with another ending, or none.

        Raises:
            SpecError: A mean picture is not of the size of the pictures that reach it, or nothing
                is left of the pipeline.
        """
        steps = self.pixel_steps if ending is None else (*self.pixel_steps, ending)
        try:
            return AugmentSpec(name=self.name, note=self.note, steps=steps)
        except ValidationError as error:
            raise explained(error) from None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, fit for JSON and TOML."""
        return self.model_dump(mode="json")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> AugmentSpec:
        """Return the pipeline that `values` describe.

        Raises:
            SpecError: They describe none; names the step, the field, its value and the remedy.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise explained(error) from None

    def to_json(self) -> str:
        """Return the pipeline as indented JSON text."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> AugmentSpec:
        """Return the pipeline that a JSON text describes.

        Raises:
            SpecError: The text is no JSON, or no pipeline.
        """
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SpecError(
                f"The pipeline is not JSON: {error}.", remedy="Save it again from the program."
            ) from None
        if not isinstance(values, dict):
            raise SpecError(
                "The pipeline is not a JSON object.", remedy='The least is {"steps": [...]}.'
            )
        return cls.from_dict(values)


# --- errors in words ------------------------------------------------------------------------------


def _joint(place: int, message: str) -> PydanticCustomError:
    """Return the error of a step that does not fit where it stands."""
    return PydanticCustomError("steps", "{message}", {"message": message, "place": place})


def explained(error: ValidationError) -> SpecError:
    """Return what pydantic found first, in words: which step, which field, its value, the rule."""
    detail = error.errors(include_url=False)[0]
    place, field = _place(detail)
    where = f"Step {place + 1}" if place is not None else "The pipeline"
    path = f"steps.{place}" if place is not None else ""
    if field:
        path = f"{path}.{field}" if path else field
    remedy = "Move or change that step." if detail["type"] == "steps" else "Change it there."
    return SpecError(f"{where}: {_words(detail, field)}.", field=path, remedy=remedy)


def _place(detail: ErrorDetails) -> tuple[int | None, str]:
    """Return the step's place from 0 and the field's name; what is unknown is None or empty."""
    if detail["type"] == "steps":
        return int(detail["ctx"]["place"]), ""
    location = list(detail["loc"])
    if location[:1] != ["steps"] or len(location) == 1:
        return None, ".".join(str(part) for part in location)
    # steps, place, kind, field, entry of a pair or triple
    return int(location[1]), ".".join(str(part) for part in location[3:])


def _words(detail: ErrorDetails, field: str) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    value = repr(detail["input"])
    value = value if len(value) <= 60 else f"{value[:59]}…"
    match kind:
        case "steps":
            return str(context["message"])
        case "value_error":
            return str(context["error"])
        case "extra_forbidden":
            return f"there is no field {field!r}"
        case "missing":
            return f"{field} is missing"
        case "union_tag_invalid":
            return f"there is no step of the kind {context['tag']!r}"
        case "union_tag_not_found":
            return "the kind of the step is missing"
        case "greater_than_equal":
            return f"{field} is {value}; it must be {context['ge']:g} or more"
        case "less_than_equal":
            return f"{field} is {value}; it must be {context['le']:g} or less"
        case _:
            what = detail["msg"].removeprefix("Input ")
            return f"{field or 'the whole'} is {value}; it {what}"
