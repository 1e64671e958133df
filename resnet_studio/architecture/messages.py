"""Validation errors in words for a person: field, value, what is allowed, remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from resnet_studio.architecture.choices import (
    FRACTIONS,
    LIMITS,
    MAX_NAME,
    ActivationOrder,
    BlockKind,
    Initialisation,
    ProjectionKind,
    ShortcutKind,
    ShortcutType,
    StemKind,
    StridePlace,
    ZeroPadding,
)
from resnet_studio.architecture.textforms import LEAST_SPEC, shown
from resnet_studio.errors import SpecError

_CHOICES: Final[Mapping[str, type[StrEnum]]] = {
    "block": BlockKind,
    "stem": StemKind,
    "shortcut": ShortcutKind,
    "stride_on": StridePlace,
    "initialisation": Initialisation,
    "zero_padding": ZeroPadding,
    "projection": ProjectionKind,
    "shortcut_type": ShortcutType,
    "order": ActivationOrder,
}
_SWITCHES: Final = ("zero_init_residual", "shared_first_activation")
_MOST_PROBLEMS: Final = 4
"""A message names no more than these; the person mends them and tries again."""


def explained(error: ValidationError, *, fields: Iterable[str]) -> SpecError:
    """Returns the error to show for what pydantic found.

    Args:
        error: Every problem of the spec.
        fields: Names of all the fields that a spec has.
    """
    details = error.errors(include_url=False)
    with_entries = {detail["loc"][0] for detail in details if len(detail["loc"]) > 1}
    problems = [
        _explain_one(detail, list(fields))
        for detail in details
        # A list with a wrong entry is reported a second time as too short; once is enough.
        if len(detail["loc"]) != 1 or detail["loc"][0] not in with_entries
    ]
    first = problems[0]
    if len(problems) == 1:
        return first
    message = " ".join(problem.message for problem in problems[:_MOST_PROBLEMS])
    if len(problems) > _MOST_PROBLEMS:
        message += f" There are {len(problems) - _MOST_PROBLEMS:,} more problems."
    return SpecError(message, field=first.field, remedy="Mend each of these fields.")


def listed(numbers: Iterable[int]) -> str:
    """Returns "20, 32 and 44"."""
    words = [str(number) for number in numbers]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _explain_one(detail: ErrorDetails, fields: list[str]) -> SpecError:
    context = detail.get("ctx", {})
    if detail["type"] == "spec":
        return SpecError(context["message"], field=context["field"], remedy=context["remedy"])
    if not detail["loc"]:
        return SpecError(
            f"A spec is a table of fields, not {shown(detail['input'])}.", remedy=LEAST_SPEC
        )
    field = str(detail["loc"][0])
    if detail["type"] == "extra_forbidden":
        return _unknown_field(field, fields)
    if detail["type"] == "missing":
        return SpecError(
            f"The field {field} is missing; it must be {_allowed(field)}.",
            field=field,
            remedy=f"Add {field}.",
        )
    entry = len(detail["loc"]) > 1
    where = field + "".join(f"[{part}]" for part in detail["loc"][1:])
    return SpecError(
        f"{where} is {shown(detail['input'])}; it must be {_allowed(field, entry=entry)}.",
        field=field,
        remedy=_remedy(field, detail["input"], entry=entry),
    )


def _unknown_field(field: str, fields: list[str]) -> SpecError:
    near = _nearest(field, fields)
    hint = f"Did you mean {near}?" if near else f"The fields are: {', '.join(fields)}."
    return SpecError(f"There is no field {shown(field)} in a spec.", field=field, remedy=hint)


def _allowed(field: str, *, entry: bool = False) -> str:
    """Returns in words what a field, or one entry of it, may be."""
    if field in _CHOICES:
        return " or ".join(f'"{choice}"' for choice in _CHOICES[field])
    if field == "name":
        return f"a text of 1 to {MAX_NAME} characters"
    if field in _SWITCHES:
        return "true or false"
    if field in FRACTIONS:
        least, most = FRACTIONS[field]
        return f"a number from {least:g} to {most:g}"
    low, high = LIMITS[field]
    if _is_list(field, entry=entry):
        fewest, stages = LIMITS["stages"]
        return f"a list of {fewest} to {stages} whole numbers, each from {low} to {high:,}"
    return f"a whole number from {low} to {high:,}"


def _remedy(field: str, value: Any, *, entry: bool) -> str:
    if field in _CHOICES:
        near = _nearest(value, list(_CHOICES[field])) if isinstance(value, str) else None
        return f'Did you mean "{near}"?' if near else "Choose one of these."
    if field == "name":
        return "Give it a short name."
    if field in _SWITCHES:
        return "Write true or false, without quotes."
    if field in FRACTIONS:
        least, most = FRACTIONS[field]
        if type(value) in (int, float) and value == value:
            return f"Use {least:g} or more." if value < least else f"Use {most:g} or less."
        return "Write a number, without quotes."
    if _is_list(field, entry=entry):
        return f"For example {field} = [3, 4, 6, 3], one number for each stage."
    low, high = LIMITS[field]
    if type(value) is int:
        return f"Use {low} or more." if value < low else f"Use {high:,} or less."
    return "Write a whole number, without quotes or decimal point."


def _is_list(field: str, *, entry: bool) -> bool:
    return field in ("depths", "widths") and not entry


def _nearest(word: str, known: list[str]) -> str | None:
    import difflib  # only needed to word a message

    near = difflib.get_close_matches(word[:MAX_NAME].lower(), known, n=1)
    return near[0] if near else None
