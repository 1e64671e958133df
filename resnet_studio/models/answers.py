"""What a person says of a file in place of what was assumed, judged before it is used."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from resnet_studio.architecture.spec import ProjectionKind
from resnet_studio.errors import SpecError
from resnet_studio.models.assumptions import NORMALISATIONS, Normalisation, Triple


def settled(fields: Mapping[str, Any]) -> set[str]:
    """Returns the assumptions that answers to these fields settle."""
    normalises = {"mean", "std", "normalisation"} & fields.keys()
    return {*fields, "normalisation"} if normalises else set(fields)


def take_normalisation(fields: dict[str, Any], usual: Normalisation) -> Normalisation:
    """Takes what normalises out of the fields; what they leave open is the usual.

    Raises:
        SpecError: If a value makes no sense.
    """
    name = fields.pop("normalisation", None)
    mean, std = fields.pop("mean", None), fields.pop("std", None)
    if name is not None and name not in NORMALISATIONS:
        raise SpecError(
            f"normalisation is {str(name)[:60]!r}.",
            field="normalisation",
            remedy=f"Choose one of {', '.join(NORMALISATIONS)}.",
        )
    usual = usual if name is None else NORMALISATIONS[name]
    return Normalisation(
        mean=usual.mean if mean is None else triple("mean", mean),
        std=usual.std if std is None else triple("std", std),
    )


def take_classes(
    fields: dict[str, Any], *, usual: tuple[str, ...] | None, count: int
) -> tuple[str, ...] | None:
    """Takes the names of the classes out of the fields.

    Args:
        fields: The answers.
        usual: The names if none are among them.
        count: How many outputs the network has.

    Raises:
        SpecError: If there are more or fewer names than outputs.
    """
    names = fields.pop("classes", None)
    if names is None:
        return usual
    if len(names) != count:
        raise SpecError(
            f"classes names {len(names):,} classes; the file has {count:,}.",
            field="classes",
            remedy="Give one name for each output, in their order.",
        )
    return tuple(names)


def triple(field: str, value: Any) -> Triple:
    """Returns three numbers for red, green and blue.

    Raises:
        SpecError: If the value is something else, or a deviation is not above 0.
    """
    numbers = tuple(value) if isinstance(value, (list, tuple)) else ()
    plain = all(type(number) in (int, float) and math.isfinite(number) for number in numbers)
    if len(numbers) != 3 or not plain or (field == "std" and min(numbers) <= 0):
        positive = " above 0" if field == "std" else ""
        raise SpecError(
            f"{field} is {str(value)[:60]}; it must be three numbers{positive}.",
            field=field,
            remedy="Give one for each of red, green and blue, of pictures in [0, 1].",
        )
    red, green, blue = map(float, numbers)
    return red, green, blue


def renumbered(
    state: dict[str, Tensor], before: ProjectionKind, after: ProjectionKind
) -> dict[str, Tensor]:
    """Returns the state with the places that its projections have behind a pool, or without."""
    shift = (after is ProjectionKind.AVGPOOL) - (before is ProjectionKind.AVGPOOL)
    if not shift:
        return state

    def ours(name: str) -> str:
        block, marker, rest = name.partition(".downsample.")
        place, _, leaf = rest.partition(".")
        return f"{block}{marker}{int(place) + shift}.{leaf}" if marker else name

    return {ours(name): tensor for name, tensor in state.items()}
