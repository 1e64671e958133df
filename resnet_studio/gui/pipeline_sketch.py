"""A pipeline while it is being edited: steps that may not fit together yet, some switched off.

`AugmentSpec` is always valid. A person who edits passes through what is not: a resize taken away
before the crop is put in its place. So the editor works on sketches, and asks each what pipeline
it makes, or why it makes none. Pure values; the models of the steps are imported when they are
needed, since the window starts without them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication

from resnet_studio.errors import SpecError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from resnet_studio.data.augment import AugmentSpec, Step

    Pair = tuple[AugmentSpec, AugmentSpec]

_COUNTED = re.compile(r"^Step \d+: ")
"""What `AugmentSpec` begins its errors with; it does not know of steps that are off."""
MOST_STEPS = 100
"""As many as `AugmentSpec` takes."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """A pipeline as it stands in the editor.

    Attributes:
        name: Its name.
        note: A sentence on what it is for; may be empty.
        steps: All steps in order, those that are switched off included.
        off: Places of the steps that are switched off, from 0.
    """

    name: str
    note: str
    steps: tuple[Step, ...]
    off: frozenset[int] = frozenset()

    @classmethod
    def of(cls, spec: AugmentSpec) -> Sketch:
        """Returns the sketch of a pipeline, with every step on."""
        return cls(spec.name, spec.note, spec.steps)

    @property
    def places(self) -> tuple[int, ...]:
        """The places of the steps that are on."""
        return tuple(place for place in range(len(self.steps)) if place not in self.off)

    def spec(self) -> AugmentSpec:
        """Returns the pipeline that the steps make that are on.

        Raises:
            SpecError: They do not fit together; names the step as it stands in the sketch.
        """
        from resnet_studio.data.augment import AugmentSpec

        if not self.places:
            raise SpecError(
                _tr("No step is left, and pictures of any size cannot be read by a network."),
                remedy=_tr("Add a resize to a square, or a crop."),
            )
        steps = tuple(self.steps[place] for place in self.places)
        try:
            return AugmentSpec.from_dict({"name": self.name, "note": self.note, "steps": steps})
        except SpecError as error:
            raise self._named(error) from None

    def place_of(self, error: SpecError) -> int | None:
        """Returns which step an error of `spec` is about; None if it is about the whole."""
        parts = str(error.field or "").split(".")
        if parts[0] != "steps" or len(parts) < 2 or not parts[1].isdigit():
            return None
        number = int(parts[1])
        return self.places[number] if number < len(self.places) else None

    def _named(self, error: SpecError) -> SpecError:
        """Returns the error with the step's name, counted as it stands in the sketch."""
        place = self.place_of(error)
        if place is None:
            return error
        words = _COUNTED.sub("", error.message)
        message = _tr("Step {number}, {title}: {words}").format(
            number=place + 1, title=self.steps[place].title, words=words
        )
        return SpecError(message, field=error.field, remedy=error.remedy)

    # -- changes ------------------------------------------------------------------------------

    def with_step(self, place: int, step: Step) -> Sketch:
        """Returns the sketch with another step at a place."""
        return replace(self, steps=(*self.steps[:place], step, *self.steps[place + 1 :]))

    def added(self, place: int, step: Step) -> Sketch:
        """Returns the sketch with one more step, which comes to stand at `place`."""
        rows = self._rows()
        rows.insert(place, (step, True))
        return self._of_rows(rows)

    def removed(self, place: int) -> Sketch:
        """Returns the sketch without the step at `place`."""
        rows = self._rows()
        del rows[place]
        return self._of_rows(rows)

    def moved(self, place: int, to: int) -> Sketch:
        """Returns the sketch with the step at `place` brought to stand at `to`."""
        rows = self._rows()
        rows.insert(to, rows.pop(place))
        return self._of_rows(rows)

    def switched(self, place: int) -> Sketch:
        """Returns the sketch with the step at `place` off if it was on, and on if it was off."""
        return replace(self, off=self.off ^ {place})

    def named(self, name: str, note: str) -> Sketch:
        """Returns the sketch with another name and note."""
        return replace(self, name=name, note=note)

    def _rows(self) -> list[tuple[Step, bool]]:
        return [(step, place not in self.off) for place, step in enumerate(self.steps)]

    def _of_rows(self, rows: list[tuple[Step, bool]]) -> Sketch:
        off = frozenset(place for place, (_step, on) in enumerate(rows) if not on)
        return replace(self, steps=tuple(step for step, _on in rows), off=off)

    # -- as text ------------------------------------------------------------------------------

    def to_json(self) -> str:
        """Returns the sketch as JSON text."""
        steps = [step.model_dump(mode="json") for step in self.steps]
        values = {"name": self.name, "note": self.note, "steps": steps, "off": sorted(self.off)}
        return json.dumps(values, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Sketch:
        """Returns the sketch that `to_json` has written.

        Raises:
            ValueError: The text is damaged, or of another version of the program.
        """
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError("no sketch")
        return cls._of_values(values)

    @classmethod
    def _of_values(cls, values: dict[str, Any]) -> Sketch:
        name, note, off = values.get("name"), values.get("note", ""), values.get("off", [])
        if not isinstance(name, str) or not isinstance(note, str) or not isinstance(off, list):
            raise ValueError("no sketch")
        steps = _steps().validate_python(values.get("steps"))
        if len(steps) > MOST_STEPS or any(place not in range(len(steps)) for place in off):
            raise ValueError("no sketch")
        return cls(name, note, steps, frozenset(off))


def pair_error(own: Iterable[AugmentSpec]) -> SpecError | None:
    """Returns why training cannot use two pipelines together; None if it can.

    Args:
        own: That of training, and that of validation.
    """
    train, validation = own
    if validation.numbers:
        names = ", ".join(step.title for step in validation.steps if step.numbers)
        return SpecError(
            _tr(
                "The validation pipeline leaves something to chance ({names}): the same network "
                "would be judged differently each time."
            ).format(names=names),
            remedy=_tr("Remove these steps there, or switch them off."),
        )
    if train.output_size != validation.output_size:
        return SpecError(
            _tr(
                "Training ends in {train} × {train} pixels and validation in {other} × {other}."
            ).format(train=train.output_size, other=validation.output_size),
            remedy=_tr("Copy size and colours from training, or change the last crop or resize."),
        )
    if train.normalise != validation.normalise or _ending(train) != _ending(validation):
        return SpecError(
            _tr("Training and validation end in different colours."),
            remedy=_tr("Copy size and colours from training."),
        )
    return None


def copy_helps(own: Pair) -> bool:
    """Tells whether two pipelines would fit together with the same size and the same colours."""
    return not own[1].numbers and pair_error(own) is not None


def _ending(spec: AugmentSpec) -> object:
    return getattr(spec, "ending", None)


@cache
def _steps() -> TypeAdapter[tuple[Step, ...]]:
    from typing import Annotated

    from pydantic import Field, TypeAdapter

    from resnet_studio.data.augment import Step

    return TypeAdapter(tuple[Annotated[Step, Field(discriminator="kind")], ...])


def _tr(text: str) -> str:
    return QCoreApplication.translate("pipeline_sketch", text)
