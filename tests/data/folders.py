"""Small data sets on disk and in archives."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from tests.data.pictures import encoded


def colour(number: int, side: int = 4) -> bytes:
    """A PNG of one colour, a different one for each number."""
    rgb = np.array([number * 37 % 256, number * 91 % 256, number * 151 % 256], np.uint8)
    return encoded(np.tile(rgb, (side, side, 1)), "PNG")


def make_classes(root: Path, counts: dict[str, int], side: int = 4) -> Path:
    """Makes `root` with a folder of so many pictures for each class."""
    for offset, (name, count) in enumerate(counts.items()):
        (root / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            (root / name / f"{number}.png").write_bytes(colour(offset * 100 + number, side))
    return root


def make_zip(path: Path, members: Iterable[tuple[str | zipfile.ZipInfo, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path
