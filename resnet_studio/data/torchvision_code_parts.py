"""Pieces of exported code: expressions, and numbers as a person would write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

_COLUMNS = 100
_FRACTIONS = {3 / 4: "3 / 4", 4 / 3: "4 / 3", 1 / 3: "1 / 3"}


class Part(NamedTuple):
    """An expression of the exported code.

    Attributes:
        text: The expression.
        needs: Names of the helpers that it uses, of `torchvision_classes.HELPERS`.
    """

    text: str
    needs: tuple[str, ...] = ()


def number(value: float) -> str:
    """Return a number that reads back to the very same bits."""
    return _FRACTIONS.get(value) or repr(value)


def numbers(values: Sequence[float]) -> str:
    """Return a tuple of numbers."""
    return f"({', '.join(number(value) for value in values)})"


def interpolation(name: str, module: str = "v2") -> str:
    """Return torchvision's name of a way to find colours between pixels."""
    return f"{module}.InterpolationMode.{name.upper()}"


def wrapped(line: str, *, indent: int) -> list[str]:
    """Return a line of code indented, over several lines if it is too long for one.

    It is broken at the commas between the arguments of its first call, one to each line.
    """
    margin = " " * indent
    if indent + len(line) <= _COLUMNS or "(" not in line:
        return [margin + line]
    begin = line.index("(") + 1
    arguments, end = _arguments(line, begin)
    lines = [margin + line[:begin]]
    for argument in arguments:
        lines += wrapped(f"{argument},", indent=indent + 4)
    return [*lines, margin + line[end:]]


def _arguments(line: str, begin: int) -> tuple[list[str], int]:
    """Return what stands between the commas of a call, and where its closing bracket is."""
    depth, start, found = 0, begin, []
    for place in range(begin, len(line)):
        if depth == 0 and line[place] in ",)":
            found.append(line[start:place].strip())
            start = place + 1
            if line[place] == ")":
                return found, place
        depth += (line[place] in "([") - (line[place] in ")]")
    raise ValueError(f"no closing bracket in {line}")
