"""What the fields of the network form mean: presets, lists of numbers, doubling widths."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.errors import SpecError

CUSTOM = "custom"


def matching_preset(spec: NetworkSpec) -> str | None:
    """Returns the catalogue id with this structure, whatever the classes and the input size."""
    wanted = structure(spec)
    for key, entry in CATALOG.items():
        if structure(entry.spec) == wanted:
            return key
    return None


def structure(spec: NetworkSpec) -> dict[str, Any]:
    """Returns what makes two networks the same preset."""
    return spec.model_dump(
        exclude={"name", "classes", "input_size", "initialisation", "zero_init_residual"}
    )


def named(spec: NetworkSpec) -> NetworkSpec:
    """Returns the network under the name of its preset, or as a custom one."""
    return spec.replace(name=matching_preset(spec) or CUSTOM)


def known_depths(spec: NetworkSpec) -> list[int]:
    """Returns the depths of the catalogue that suit the stem, shallowest first."""
    depths = {
        entry.spec.depth
        for entry in CATALOG.values()
        if entry.spec.stem is spec.stem and entry.spec.groups == 1
    }
    return sorted(depths)


def numbers_in(text: str, complaint: str) -> tuple[int, ...]:
    """Returns the whole numbers of a text such as "3, 4, 6, 3" or "[3 4 6 3]".

    Raises:
        SpecError: With `complaint`, if it is anything else.
    """
    parts = text.replace(",", " ").replace("[", " ").replace("]", " ").split()
    if not parts or not all(part.isdecimal() and len(part) < 10 for part in parts):
        raise SpecError(complaint)
    return tuple(int(part) for part in parts)


def doubled(first: int, count: int) -> tuple[int, ...]:
    """Returns `count` widths, each twice the one before."""
    return tuple(first << stage for stage in range(count))


def is_doubled(widths: tuple[int, ...]) -> bool:
    """Tells whether each width is twice the one before."""
    return widths == doubled(widths[0], len(widths))


def shown_widths(widths: tuple[int, ...]) -> str:
    """Returns the text of the width field: one number where the others follow from it."""
    return str(widths[0]) if is_doubled(widths) else listed(widths)


def listed(numbers: Iterable[int]) -> str:
    """Returns "3, 4, 6, 3"."""
    return ", ".join(map(str, numbers))
