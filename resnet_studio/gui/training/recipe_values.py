"""What a person typed into the recipe form, checked by the bounds of `Recipe` itself.

Pure functions between texts and recipes; the form shows what they say. No Qt widgets here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QCoreApplication

from resnet_studio.training.presets import DEFAULT_RECIPES, RECIPES, Preset
from resnet_studio.training.recipe import Recipe, field_error, validation_message

CUSTOM = "custom"
_OPTIONAL = tuple(name for name, field in Recipe.model_fields.items() if field.default is None)
"""Fields that may be left empty."""
_FLOATS = tuple(
    name
    for name, field in Recipe.model_fields.items()
    if isinstance(field.default, float) or name == "clip_norm"
)
PERSONAL = (
    "seed",
    "device",
    "precision",
    "compile",
    "sync_batch_norm",
    "data_path",
    "workers",
    "threads",
    "checkpoint_seconds",
    "keep_every",
    "keep_most",
    "tensorboard",
)
"""Fields that belong to the person and the computer, and not to a preset."""
_NOT_OF_PRESETS = (*PERSONAL, "validation_batch_size")
_BLAMED = {"nesterov": "momentum"}
"""Where a complaint is shown whose field has no room for it."""
# Wide limits, so that a field is judged by itself before the fields are judged together.
_ALONE = Recipe(epochs=100_000, momentum=0.9, batch_size=65_536)


def text_of(value: Any) -> str:
    """Returns a number as a person would type it: 0.0005, 128, 1e-05; nothing for None."""
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def percent_text(fractions: tuple[float, ...]) -> str:
    """Returns fractions as percentages: "50, 75"."""
    return ", ".join(f"{100 * fraction:.10g}" for fraction in fractions)


def check(values: Mapping[str, Any]) -> tuple[Recipe | None, dict[str, str]]:
    """Makes a recipe of what was typed.

    Args:
        values: Fields of `Recipe`; numbers as texts, the milestones as text in percent.

    Returns:
        The recipe, or None; and what is wrong, by field.
    """
    typed = {field: _tidy(field, value) for field, value in values.items()}
    errors = {}
    for field, value in typed.items():
        if field == "milestones" and not _ascending(value):
            errors[field] = QCoreApplication.translate(
                "recipe", "Percentages above 0 and below 100, each larger than the one before."
            )
        elif problem := field_error(field, value, _ALONE):
            errors[field] = _allowed(problem)
    if errors:
        return None, errors
    try:
        return Recipe.model_validate(typed), {}
    except ValidationError as error:
        problem = validation_message(error)
        # A refusal by several fields together begins with the name of one of them.
        field = problem.split(" ", 1)[0]
        return None, {_BLAMED.get(field, field): _allowed(problem)}


def preset_of(recipe: Recipe) -> str:
    """Returns the id of the preset with the same numbers, or `CUSTOM`."""
    return next((key for key, preset in RECIPES.items() if _same(preset, recipe)), CUSTOM)


def suits_only(recipe: Recipe, source: str) -> bool:
    """Tells whether `recipe` is the untouched default of another source of data than `source`."""
    return any(
        _same(preset, recipe) for other, preset in DEFAULT_RECIPES.items() if other != source
    )


def _same(preset: Preset, recipe: Recipe) -> bool:
    """Tells whether a person would call the numbers the same: 400/391 is typed as 1.023017903."""
    for field in Recipe.model_fields:
        wanted, found = getattr(preset.recipe, field), getattr(recipe, field)
        if field in _NOT_OF_PRESETS or wanted == found:
            continue
        if not _close(wanted, found):
            return False
    return True


def _close(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, tuple) and isinstance(found, tuple):
        return len(wanted) == len(found) and all(map(_close, wanted, found))
    if not isinstance(wanted, float) or not isinstance(found, float):
        return False
    return math.isclose(wanted, found, rel_tol=1e-8)


def _tidy(field: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value.strip()
    if field == "milestones":
        return _fractions(text)
    if field in _OPTIONAL and not text:
        return None
    # "0,1" is how half of the world types a tenth; "1,000" epochs stay a mistake to be told.
    return text.replace(",", ".") if field in _FLOATS else text


def _fractions(text: str) -> tuple[Any, ...]:
    parts = [part.strip().removesuffix("%").strip() for part in text.replace(";", ",").split(",")]
    try:
        return tuple(float(part) / 100 for part in parts if part)
    except ValueError:
        return (text,)


def _ascending(values: Any) -> bool:
    try:
        inside = all(0.0 < value < 1.0 for value in values)
        return inside and all(a < b for a, b in pairwise(values))
    except TypeError:
        return False


def _allowed(problem: str) -> str:
    """Returns what is allowed, without the field and the value, which are on the screen."""
    _, _, rest = problem.partition("; ")
    text = rest or problem
    return text[:1].upper() + text[1:]
