"""The sides of a divided data set by name."""

from __future__ import annotations

from typing import Literal

from resnet_studio.data.dataset import DataSplit, Subset

Side = Literal["train", "validation", "test"]


def sides_of(split: DataSplit) -> tuple[tuple[Side, Subset], ...]:
    """Returns the sides of a data set; the test side only where there is one."""
    sides: tuple[tuple[Side, Subset], ...] = (
        ("train", split.train),
        ("validation", split.validation),
    )
    return sides if split.test is None else (*sides, ("test", split.test))
