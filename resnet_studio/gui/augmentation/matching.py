"""How a pipeline is made to fit another one, and what it is called once it has been changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QCoreApplication

from resnet_studio.data.augment import PRESETS, AugmentSpec, Step
from resnet_studio.gui.augmentation.step_kinds import is_ending
from resnet_studio.gui.pipeline_choice import PipelineChoice, Sketches
from resnet_studio.gui.pipeline_sketch import Sketch


def copy_from_training(pipelines: PipelineChoice, usual: tuple[AugmentSpec, ...]) -> None:
    """Gives the validation pipeline of the window the size and the colours of training.

    Args:
        pipelines: The pipelines of the window; nothing happens where none are chosen.
        usual: The usual pipelines of network and data, for the name of the result.
    """
    if (both := pipelines.sketches) is not None and (own := pipelines.own) is not None:
        pipelines.set_sketches(matched(both, own[0].output_size, usual), copy_text())


def copy_text() -> str:
    """Returns what copying size and colours is called, on its button and in the undo menu."""
    return _tr("Copy size and colours from training")


def matched(both: Sketches, size: int, usual: Iterable[AugmentSpec]) -> Sketches:
    """Returns both sketches, that of validation with the size and the ending of training.

    Args:
        both: That of training and that of validation.
        size: Side of what training ends in, in pixels.
        usual: As for `renamed`.
    """
    train, validation = both
    return train, renamed(with_ending(resized(validation, size), train), usual)


def resized(sketch: Sketch, size: int) -> Sketch:
    """Returns a sketch whose last step that decides the size gives another one.

    A resize before a centre crop keeps its proportion to it: 256 before 224 becomes 110 before 96.
    """
    steps = list(sketch.steps)
    sized = [place for place in sketch.places if "size" in type(steps[place]).model_fields]
    if not sized:
        return sketch
    before = getattr(steps[sized[-1]], "size")  # noqa: B009 - only some kinds have it
    for place in sized:
        now = max(1, round(getattr(steps[place], "size") * size / before))  # noqa: B009
        steps[place] = steps[place].model_copy(update={"size": now})
    return replace(sketch, steps=tuple(steps))


def with_ending(sketch: Sketch, source: Sketch) -> Sketch:
    """Returns a sketch with the ending of another one, or without any if that has none."""
    endings = [source.steps[p] for p in source.places if is_ending(source.steps[p])]
    return with_last(sketch, endings[-1] if endings else None)


def with_last(sketch: Sketch, ending: Step | None) -> Sketch:
    """Returns a sketch with an ending in place of any other."""
    for place in reversed(range(len(sketch.steps))):
        if is_ending(sketch.steps[place]):
            sketch = sketch.removed(place)
    return sketch if ending is None else sketch.added(len(sketch.steps), ending)


# -- what it is called -------------------------------------------------------------------------


def renamed(sketch: Sketch, usual: Iterable[AugmentSpec]) -> Sketch:
    """Marks a published or usual pipeline that is no longer what it was.

    Its note described what it was, so it goes too; a note of the person's own stays. What is
    changed back gets its name and note again.

    Args:
        sketch: The pipeline after a change.
        usual: The usual pipelines of network and data; their sizes differ from the published ones.
    """
    base = name_before(sketch.name)
    known = [spec for spec in (*PRESETS.values(), *usual) if spec.name == base]
    if not known:
        return sketch
    changed_note = _tr("Changed from {name}.").format(name=base)
    theirs = sketch.note == changed_note or any(sketch.note == spec.note for spec in known)
    steps = tuple(sketch.steps[place] for place in sketch.places)
    same = next((spec for spec in known if spec.steps == steps), None)
    if same is not None:
        return sketch.named(base, same.note if theirs else sketch.note)
    return sketch.named(base + _mark(), changed_note if theirs else sketch.note)


def name_before(name: str) -> str:
    """Returns the name that a pipeline had before it was changed: its own where it was not."""
    return name.removesuffix(_mark())


def _mark() -> str:
    return _tr(" (changed)")


def _tr(text: str) -> str:
    return QCoreApplication.translate("Editing", text)
