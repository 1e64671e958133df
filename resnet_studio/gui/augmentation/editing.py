"""What may be done to the pipelines of the window: the verbs of the editor, without its widgets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from PySide6.QtCore import QObject, Signal

from resnet_studio.data.augment import AugmentSpec, Step
from resnet_studio.errors import SpecError, StudioError
from resnet_studio.gui.augmentation.editor_fields import fields_of
from resnet_studio.gui.augmentation.matching import copy_from_training, renamed, with_last
from resnet_studio.gui.augmentation.step_kinds import is_ending, new_step, place_for
from resnet_studio.gui.pipeline_choice import Sketches
from resnet_studio.gui.pipeline_sketch import MOST_STEPS, Sketch, pair_error
from resnet_studio.gui.studio import Studio
from resnet_studio.training.config import default_config

if TYPE_CHECKING:
    from resnet_studio.gui.pipeline_sketch import Pair

TRAINING, VALIDATION = 0, 1


class Editing(QObject):
    """Edits the pipeline of training or of validation; `studio.pipelines` keeps the result.

    Attributes:
        side: Which one is edited and shown: `TRAINING` or `VALIDATION`.
        selected: Place of the selected step, from 0; None if none is.
        refusal: Why the network has no usual pipelines; None if it has.

    Signals (GUI thread):
        changed(): Another pipeline is shown, or another problem.
        selection_changed(): Another step is selected, or none.
    """

    changed = Signal()
    selection_changed = Signal()

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.side = TRAINING
        self.selected: int | None = None
        self.refusal: StudioError | None = None
        self._usual: Pair | None = None
        self._find_usual()
        studio.spec_changed.connect(self.follow)
        studio.data.changed.connect(self.follow)
        studio.pipelines.told.connect(self.follow)
        studio.pipelines.changed.connect(self._pipelines_changed)

    # -- what is shown ------------------------------------------------------------------------

    @property
    def usual(self) -> Pair | None:
        """The usual pipelines of network and data; None where they do not fit together."""
        return self._usual

    @property
    def is_usual(self) -> bool:
        """Whether the usual pipelines are chosen."""
        return self._studio.pipelines.sketches is None

    @property
    def sketches(self) -> Sketches | None:
        """Both pipelines as they stand; None where there are none."""
        if (own := self._studio.pipelines.sketches) is not None:
            return own
        return None if self.usual is None else (Sketch.of(self.usual[0]), Sketch.of(self.usual[1]))

    @property
    def sketch(self) -> Sketch | None:
        """The pipeline that is edited, as it stands."""
        both = self.sketches
        return None if both is None else both[self.side]

    @property
    def pipeline(self) -> AugmentSpec | None:
        """The pipeline that is edited, or what last fitted of it."""
        own = self._studio.pipelines.own
        pair = own if own is not None else self.usual
        return None if pair is None else pair[self.side]

    @property
    def error(self) -> SpecError | None:
        """Why the steps do not fit, or why training cannot use both pipelines together."""
        pipelines = self._studio.pipelines
        if (broken := pipelines.error_of(self.side)) is not None:
            return broken
        if pipelines.own is None or pipelines.error_of(1 - self.side) is not None:
            return None
        return pair_error(pipelines.own)

    @property
    def wrong_place(self) -> int | None:
        """The step that does not fit; None if all do, or the whole is wrong."""
        error, sketch = self._studio.pipelines.error_of(self.side), self.sketch
        return None if error is None or sketch is None else sketch.place_of(error)

    @property
    def step(self) -> Step | None:
        """The selected step."""
        if self.selected is None or self.sketch is None:
            return None
        return self.sketch.steps[self.selected]

    def without_ending(self) -> AugmentSpec | None:
        """Returns the training pipeline without its ending; None where the rest does not fit.

        It says at which size a mean picture is to be measured, also while the present one is of
        another size.
        """
        both = self.sketches
        if both is None:
            return None
        try:
            return with_last(both[TRAINING], None).spec()
        except SpecError:
            return None

    # -- choosing -----------------------------------------------------------------------------

    def show_side(self, side: int) -> None:
        """Shows and edits the pipeline of training or that of validation."""
        if side != self.side:
            self.side = side
            self.select(None)
            self.changed.emit()

    def select(self, place: int | None) -> None:
        """Selects a step; None selects none."""
        if place != self.selected:
            self.selected = place
            self.selection_changed.emit()

    def choose(self, pair: Pair, text: str) -> None:
        """Takes two pipelines as they are: presets, or those of a run."""
        self.select(None)
        self._studio.pipelines.set(pair, text)

    def choose_usual(self) -> None:
        """Goes back to the usual pipelines of network and data."""
        self.select(None)
        self._studio.pipelines.set(None, self.tr("The usual pipelines"))

    def take(self, spec: AugmentSpec, text: str) -> None:
        """Takes a pipeline for the side that is edited: one from a file."""
        self.select(None)
        self._set(Sketch.of(spec), text)

    # -- steps --------------------------------------------------------------------------------

    def add(self, kind: str, place: int | None = None) -> None:
        """Adds a step with its defaults, and selects it.

        Args:
            kind: Which; a second ending takes the place of the first.
            place: Where it shall stand; None for behind the selected step.
        """
        if (sketch := self.sketch) is None or len(sketch.steps) >= MOST_STEPS:
            return
        self.put(new_step(kind, self.pipeline), place)

    def put(self, step: Step, place: int | None = None) -> None:
        """Adds a step that is made already, and selects it."""
        if (sketch := self.sketch) is None:
            return
        text = self.tr("Add {step}").format(step=step.title)
        if is_ending(step) and sketch.steps and is_ending(sketch.steps[-1]):
            last = len(sketch.steps) - 1
            self._set(replace(sketch.with_step(last, step), off=sketch.off - {last}), text, last)
            return
        place = place_for(step, sketch.steps, self.selected) if place is None else place
        self._set(sketch.added(place, step), text, place)

    def end_both(self, step: Step, text: str) -> None:
        """Gives both pipelines an ending: what was measured belongs to both."""
        both = self.sketches
        if both is not None:
            train, validation = (with_last(sketch, step) for sketch in both)
            self._studio.pipelines.set_sketches(
                (self._renamed(train), self._renamed(validation)), text, usual=self.usual
            )

    def remove(self, place: int) -> None:
        """Removes a step; the one behind it is selected then, if any was."""
        if (sketch := self.sketch) is None:
            return
        text = self.tr("Remove {step}").format(step=sketch.steps[place].title)
        left = len(sketch.steps) - 1
        after = None if self.selected is None or left == 0 else min(place, left - 1)
        self._set(sketch.removed(place), text, after)

    def move(self, place: int, to: int) -> None:
        """Moves a step to another place, and selects it."""
        sketch = self.sketch
        if sketch is None or to == place or not 0 <= to < len(sketch.steps):
            return
        text = self.tr("Move {step}").format(step=sketch.steps[place].title)
        self._set(sketch.moved(place, to), text, to)

    def duplicate(self, place: int) -> None:
        """Puts a copy of a step behind it."""
        sketch = self.sketch
        if sketch is None or is_ending(sketch.steps[place]) or len(sketch.steps) >= MOST_STEPS:
            return
        text = self.tr("Duplicate {step}").format(step=sketch.steps[place].title)
        self._set(sketch.added(place + 1, sketch.steps[place]), text, place + 1)

    def switch(self, place: int) -> None:
        """Switches a step off, or on again."""
        if (sketch := self.sketch) is None:
            return
        off = place in sketch.off
        text = self.tr("Switch {step} on") if off else self.tr("Switch {step} off")
        text = text.format(step=sketch.steps[place].title)
        self._set(sketch.switched(place), text, self.selected)

    def set_field(self, place: int, values: dict[str, Any], *, text: str, drag: str) -> str:
        """Sets fields of a step.

        Args:
            place: Which step.
            values: New values by the name of the field.
            text: What the field is called, for the undo menu.
            drag: As for `PipelineChoice.set`.

        Returns:
            Why the model refuses the values, in words; empty if it takes them.
        """
        if (sketch := self.sketch) is None:
            return ""
        step = sketch.steps[place]
        try:
            after = type(step).model_validate(dict(step) | values)
        except ValidationError as error:
            return _words(error)
        label = self.tr("{field} of {step}").format(field=text, step=step.title)
        self._set(sketch.with_step(place, after), label, self.selected, drag=f"{self.side} {drag}")
        return ""

    def reset_step(self, place: int) -> None:
        """Gives every field of a step its default again, but for the size: others rely on it."""
        if (sketch := self.sketch) is None:
            return
        step = sketch.steps[place]
        fields = [field for field in fields_of(type(step)) if field.name != "size"]
        values = {field.name: field.default for field in fields if field.default is not None}
        fresh = type(step).model_validate(dict(step) | values)
        text = self.tr("Reset {step}").format(step=step.title)
        self._set(sketch.with_step(place, fresh), text, self.selected)

    def rename(self, name: str, note: str) -> None:
        """Gives the pipeline another name and note."""
        if (sketch := self.sketch) is not None and name:
            text = self.tr("Rename the pipeline")
            self._write(sketch.named(name, note), text, self.selected)

    def copy_ending(self) -> None:
        """Gives the validation pipeline the size and the colours of training."""
        copy_from_training(self._studio.pipelines, self.usual or ())

    # -- writing ------------------------------------------------------------------------------

    def _set(self, sketch: Sketch, text: str, select: int | None = None, *, drag: str = "") -> None:
        """Takes a changed sketch, whose name says that it is changed."""
        self._write(self._renamed(sketch), text, select, drag=drag)

    def _write(self, sketch: Sketch, text: str, select: int | None, *, drag: str = "") -> None:
        both = self.sketches
        if both is None:
            return
        before = self.selected
        self.selected = select  # those who hear of the change find the right step selected
        pair = (sketch, both[1]) if self.side == TRAINING else (both[0], sketch)
        self._studio.pipelines.set_sketches(pair, text, drag=drag, usual=self.usual)
        if before != select:
            self.selection_changed.emit()

    def _renamed(self, sketch: Sketch) -> Sketch:
        """Marks the name of a published or usual pipeline that is no longer what it was."""
        return renamed(sketch, self.usual or ())

    # -- following ----------------------------------------------------------------------------

    def follow(self, _changed: object = None) -> None:
        """Takes the usual pipelines of the network and the data of the window."""
        before = (self.pipeline, self.usual, str(self.refusal))
        self._find_usual()
        if (self.pipeline, self.usual, str(self.refusal)) != before:
            if self.is_usual:
                self._drop_selection()
            self.changed.emit()

    def _find_usual(self) -> None:
        told = self._studio.pipelines.usual
        if told is not None:
            self._usual, self.refusal = told, None
            return
        try:
            config = default_config(self._studio.spec, self._studio.data.config)
        except StudioError as error:
            self._usual, self.refusal = None, error
        else:
            pair = (config.train_augment, config.validation_augment)
            self._usual, self.refusal = pair, None

    def _pipelines_changed(self) -> None:
        self._find_usual()
        self._drop_selection()
        self.changed.emit()

    def _drop_selection(self) -> None:
        """Selects no step where undo or another pipeline has taken the selected one away."""
        steps = () if self.sketch is None else self.sketch.steps
        if self.selected is not None and self.selected >= len(steps):
            self.select(None)


def _words(error: ValidationError) -> str:
    """Returns what the model says of the first wrong value."""
    detail = error.errors(include_url=False)[0]
    if detail["type"] == "value_error":
        return f"{detail['ctx']['error']}."
    return f"{detail['msg']}."
