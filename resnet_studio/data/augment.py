"""Augmentation pipelines as data: a validated list of steps, and the presets.

A pipeline's chance is drawn apart from its effect, so that it can be shown:

    numbers  = sample_rng(seed, epoch, index)      what chance gives this sample, and only this
    draw     = draw(spec, height, width, numbers)  what each step will do: regions, sizes, words
    picture  = transforms.apply(spec, rgb, draw)   the pixels

`draw` is quick and needs no torch. `preview.py` and `batches.py` go through the same three steps.
What a step is: `augment_steps.py`; what it decides: `draws.py`; its numbers: `randomness.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from resnet_studio.data.augment_steps import (
    CenterCrop,
    HorizontalFlip,
    Normalise,
    PadCrop,
    RandomResizedCrop,
    Resize,
    ResizeExact,
    Step,
)
from resnet_studio.data.draws import Attempt, CropBox, Draw, StepDraw, draw_steps, numbers_needed
from resnet_studio.data.randomness import sample_numbers, sample_rng
from resnet_studio.errors import SpecError

__all__ = [
    "PRESETS",
    "Attempt",
    "AugmentSpec",
    "CenterCrop",
    "CropBox",
    "Draw",
    "HorizontalFlip",
    "Normalise",
    "PadCrop",
    "RandomResizedCrop",
    "Resize",
    "ResizeExact",
    "SourceKind",
    "Step",
    "StepDraw",
    "draw",
    "pipelines_for",
    "sample_numbers",
    "sample_rng",
]

SourceKind = Literal["digits", "cifar10", "folder"]

IMAGENET = Normalise(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
CIFAR10 = Normalise(mean=(0.4914, 0.4822, 0.4465), std=(0.2470, 0.2435, 0.2616))
# Over all 1,797 digits of scikit-learn, grey levels 0 to 16 scaled to [0, 1].
DIGITS = Normalise(mean=(0.3053, 0.3053, 0.3053), std=(0.3760, 0.3760, 0.3760))
HALVES = Normalise(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
_STATISTICS: Mapping[SourceKind, Normalise] = {
    "digits": DIGITS,
    "cifar10": CIFAR10,
    "folder": IMAGENET,
}


class AugmentSpec(BaseModel):
    """A pipeline from any picture to the square that the network reads; immutable.

    Attributes:
        name: Its name: a preset's, or the person's own.
        note: A sentence on what it is for; may be empty.
        steps: What is done, in order. The last size is a square known beforehand; `Normalise` may
            only stand last, since all else works on 8-bit colours.
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
            if isinstance(step, Normalise) and place != len(self.steps) - 1:
                raise _joint(place, "Normalise must be the last step")
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
    def normalise(self) -> Normalise | None:
        """The last step, if it normalises; without it pictures are only scaled to [0, 1]."""
        last = self.steps[-1]
        return last if isinstance(last, Normalise) else None

    @property
    def pixel_steps(self) -> tuple[Step, ...]:
        """The steps on 8-bit colours: all but `Normalise`."""
        return self.steps[:-1] if self.normalise else self.steps

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
            raise _explained(error) from None

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


def draw(
    spec: AugmentSpec, height: int, width: int, rng: np.random.Generator | None = None
) -> Draw:
    """Decide what the pipeline does to a picture of that size.

    Args:
        spec: The pipeline.
        height: Height of the picture in pixels.
        width: Width of the picture in pixels.
        rng: The sample's `sample_rng`, fresh; may be left out for a pipeline without chance.

    Raises:
        PictureError: The picture is too small or too elongated for a step.
        ValueError: The pipeline has chance and no generator was given.
    """
    if rng is None and spec.numbers:
        raise ValueError(f"the pipeline {spec.name!r} needs random numbers")
    numbers = rng.random(spec.numbers).tolist() if rng is not None else []
    return Draw(height, width, draw_steps(spec.steps, height, width, numbers))


# --- presets --------------------------------------------------------------------------------------


def pipelines_for(input_size: int, kind: SourceKind = "folder") -> tuple[AugmentSpec, AugmentSpec]:
    """Return the training and the validation pipeline for a network's input size.

    From 64 pixels on, pictures are treated in ImageNet style (random resized crop and flip), below
    in CIFAR style (border of an eighth of the size, crop, flip). Digits are only shifted, at any
    size: a flipped digit is another digit or none, and a small part of one is not readable.

    Args:
        input_size: Side of the network's input in pixels.
        kind: Where the pictures come from, `DataConfig.source`: decides mean and deviation.

    Raises:
        SpecError: No pipeline has such a size.
    """
    statistics = _STATISTICS[kind]
    try:
        if kind == "digits":
            return _digits_train(input_size), _digits_validation(input_size)
        if input_size >= 64:
            return (
                _imagenet_train(input_size, statistics),
                _imagenet_validation(input_size, statistics),
            )
        return _cifar_train(input_size, statistics), _cifar_validation(input_size, statistics)
    except ValidationError as error:
        raise _explained(error) from None


def _imagenet_train(size: int, statistics: Normalise) -> AugmentSpec:
    return AugmentSpec(
        name=_name("imagenet_train", size, usual=224),
        note="The PyTorch recipe for ImageNet: a random part of any size from 8 % of the picture "
        "on, resized, and flipped half the time.",
        steps=(RandomResizedCrop(size=size), HorizontalFlip(), statistics),
    )


def _imagenet_validation(size: int, statistics: Normalise) -> AugmentSpec:
    return AugmentSpec(
        name=_name("imagenet_val", size, usual=224),
        note="The shorter side is resized to 256/224 of the input, and the centre is cut out.",
        steps=(Resize(size=round(size * 256 / 224)), CenterCrop(size=size), statistics),
    )


def _cifar_train(size: int, statistics: Normalise) -> AugmentSpec:
    return AugmentSpec(
        name=_name("cifar_train", size, usual=32),
        note="The CIFAR recipe: shifted by up to an eighth of the size over a black border, and "
        "flipped half the time. Pictures of another size are first brought to it.",
        steps=(*_square(size), _shift(size), HorizontalFlip(), statistics),
    )


def _cifar_validation(size: int, statistics: Normalise) -> AugmentSpec:
    return AugmentSpec(
        name=_name("cifar_val", size, usual=32),
        note="The picture as it is; pictures of another size are brought to it.",
        steps=(*_square(size), statistics),
    )


def _digits_train(size: int) -> AugmentSpec:
    return AugmentSpec(
        name=_name("digits_train", size, usual=32),
        note="Shifted by up to an eighth of the size. Not flipped: a flipped digit is another "
        "digit, or none.",
        steps=(*_square(size), _shift(size), DIGITS),
    )


def _digits_validation(size: int) -> AugmentSpec:
    return AugmentSpec(
        name=_name("digits_val", size, usual=32),
        note="The digit enlarged to the network's input.",
        steps=(*_square(size), DIGITS),
    )


def _tutorial(name: str) -> AugmentSpec:
    return AugmentSpec(
        name=name,
        note="The CIFAR-10 tutorial: resized to 96 × 96 without augmentation, colours from -1 to "
        "1; the same in training and validation.",
        steps=(ResizeExact(size=96), HALVES),
    )


def _square(size: int) -> tuple[Step, ...]:
    """Bring any picture to a square; one that has the size passes unchanged."""
    return Resize(size=size), CenterCrop(size=size)


def _shift(size: int) -> PadCrop:
    return PadCrop(padding=min(max(1, round(size / 8)), max(0, size - 1)), size=size)


def _name(style: str, size: int, *, usual: int) -> str:
    return style if size == usual else f"{style}_{size}"


PRESETS: Mapping[str, AugmentSpec] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            _imagenet_train(224, IMAGENET),
            _imagenet_validation(224, IMAGENET),
            _cifar_train(32, CIFAR10),
            _cifar_validation(32, CIFAR10),
            _digits_train(32),
            _digits_validation(32),
            _tutorial("tutorial_train"),
            _tutorial("tutorial_val"),
        )
    }
)


# --- errors in words ------------------------------------------------------------------------------


def _joint(place: int, message: str) -> PydanticCustomError:
    """Return the error of a step that does not fit where it stands."""
    return PydanticCustomError("steps", "{message}", {"message": message, "place": place})


def _explained(error: ValidationError) -> SpecError:
    """Return what pydantic found first, in words: which step, which field, its value, the rule."""
    detail = error.errors(include_url=False)[0]
    place, field = _place(detail)
    where = f"Step {place + 1}" if place is not None else "The pipeline"
    path = f"steps.{place}" if place is not None else ""
    if field:
        path = f"{path}.{field}" if path else field
    return SpecError(f"{where}: {_words(detail, field)}.", field=path, remedy="Change it there.")


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
