"""All kinds of steps in groups, each with a sentence: what the menu *Add a step* offers."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QCoreApplication

from resnet_studio.data.augment import IMAGENET, AugmentSpec, Normalise, Step
from resnet_studio.data.step_base import StepModel
from resnet_studio.gui.augmentation.editor_fields import kinds_of_steps

ENDINGS = frozenset({"normalise", "per_pixel_mean"})
"""Steps that make numbers of the colours: one of them at most, and last."""
MEASURED = "per_pixel_mean"
"""The step that cannot be added as it is: its picture has to be measured first."""
_GROUPS: dict[str, tuple[str, ...]] = {
    "geometry": (
        "random_resized_crop",
        "resize",
        "random_short_side",
        "resize_exact",
        "center_crop",
        "pad_crop",
        "horizontal_flip",
        "vertical_flip",
        "random_rotation",
    ),
    "colour": (
        "colour_jitter",
        "pca_colour",
        "random_grayscale",
        "random_erasing",
        "normalise",
        "per_pixel_mean",
    ),
    "policies": ("rand_augment", "trivial_augment"),
}


def groups() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Returns the kinds that there are, in groups: (title, kinds)."""
    known = {kind_name(kind): kind for kind in kinds_of_steps()}
    named = [(name, [kind for kind in kinds if kind in known]) for name, kinds in _GROUPS.items()]
    listed = {kind for _name, kinds in named for kind in kinds}
    if others := [kind for kind in known if kind not in listed]:
        named.append(("others", others))
    return tuple((_group_title(name), tuple(kinds)) for name, kinds in named if kinds)


def kind_name(kind: type[StepModel]) -> str:
    """Returns the name of a kind as it stands in files."""
    return str(kind.model_fields["kind"].default)


def new_step(name: str, pipeline: AugmentSpec | None) -> Step:
    """Returns a step of that kind with its defaults, at the size of the pipeline.

    Args:
        name: The kind.
        pipeline: Where it will stand; its size suits most networks better than the model's own.
    """
    if name == "normalise":
        return (pipeline.normalise if pipeline is not None else None) or IMAGENET
    kind = next(kind for kind in kinds_of_steps() if kind_name(kind) == name)
    values: dict[str, Any] = {}
    if pipeline is not None and "size" in kind.model_fields:
        values["size"] = pipeline.output_size
        if name == "resize":
            values["size"] = max(1, round(pipeline.output_size * 256 / 224))
        if "padding" in kind.model_fields:
            values["padding"] = pipeline.output_size // 8
    return kind.model_validate(values)  # type: ignore[return-value]


def place_for(step: Step, steps: tuple[Step, ...], selected: int | None) -> int:
    """Returns where a new step comes to stand: behind the selected one, before the ending."""
    ending = bool(steps) and steps[-1].kind in ENDINGS
    last = len(steps) - (1 if ending and step.kind not in ENDINGS else 0)
    return last if selected is None else min(selected + 1, last)


def is_ending(step: Step) -> bool:
    """Returns whether the step makes numbers of the colours."""
    return isinstance(step, Normalise) or step.kind in ENDINGS


def sentence(name: str) -> str:
    """Returns what a kind of step does, in a sentence; empty for one that is not known here."""
    return {
        "random_resized_crop": _tr(
            "Cut out a part of random area and shape, and resize it to a square."
        ),
        "resize": _tr("Bring the shorter side to a size; the shape stays."),
        "random_short_side": _tr("Bring the shorter side to a size drawn from a range."),
        "resize_exact": _tr("Bring the picture to a square, whatever its shape was."),
        "center_crop": _tr("Cut out the central square."),
        "pad_crop": _tr("Add a border and cut out a square at random; without border, a crop."),
        "horizontal_flip": _tr("Exchange left and right, by chance."),
        "vertical_flip": _tr("Exchange top and bottom, by chance."),
        "random_rotation": _tr("Turn the picture about its centre by a random angle."),
        "colour_jitter": _tr("Change brightness, contrast, saturation and hue by chance."),
        "pca_colour": _tr("Shift the colours along their principal axes: AlexNet's way."),
        "random_grayscale": _tr("Take the colours away, by chance."),
        "random_erasing": _tr("Cover a random rectangle, so that no single part decides."),
        "normalise": _tr("Subtract a mean from each channel and divide by a deviation; last."),
        "per_pixel_mean": _tr("Subtract the mean picture of the training set; last."),
        "rand_augment": _tr("Some operations drawn from fourteen, all of one strength."),
        "trivial_augment": _tr("One operation of random strength for each picture."),
    }.get(name, "")


def _group_title(name: str) -> str:
    return {
        "geometry": _tr("Geometry"),
        "colour": _tr("Colour"),
        "policies": _tr("Policies"),
        "others": _tr("Others"),
    }[name]


def _tr(text: str) -> str:
    return QCoreApplication.translate("step_kinds", text)
