"""Names for outputs that nobody has named, so that no other place takes them for real ones."""

from __future__ import annotations

from collections.abc import Sequence


def numbered_names(count: int) -> tuple[str, ...]:
    """Returns a placeholder for each output: "class 0", "class 1" and so on."""
    return tuple(f"class {number}" for number in range(count))


def real_names(names: Sequence[str] | None) -> tuple[str, ...] | None:
    """Returns the names, or None if they are none: nothing at all, or the placeholders."""
    if names is None or tuple(names) == numbered_names(len(names)):
        return None
    return tuple(names)
