"""Small pictures for looking through a data set, made once and kept in the cache folder.

They are for the eye only: a JPEG is decoded at reduced size, and kept as JPEG. Training and
measuring always take the pictures themselves.
"""

from __future__ import annotations

import io
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from resnet_studio.data.caches import DiskCache
from resnet_studio.data.dataset import Dataset, FileDataset
from resnet_studio.data.scan import open_file
from resnet_studio.data.stores import Store

SIDES = (96, 192)
"""Longer sides that are kept, in pixels: for usual screens, and for large or fine ones."""

_KIND = "thumbnails"
_QUALITY = 88


@runtime_checkable
class FromStore(Protocol):
    """How a data set of files reads them."""

    @property
    def store(self) -> Store:
        """Where the files lie."""


class Thumbnails:
    """Makes thumbnails or takes them from the cache; may be used by any thread.

    Args:
        cache: Where they are kept; nowhere if None.
    """

    def __init__(self, cache: DiskCache | None = None) -> None:
        self._cache = cache

    def of(self, dataset: Dataset, index: int, side: int = SIDES[0]) -> NDArray[np.uint8]:
        """Returns picture `index` with its longer side at most `side`, as (h, w, 3) uint8.

        Smaller pictures are returned as they are.

        Raises:
            PictureError: If its file is broken or gone.
        """
        if not isinstance(dataset, FileDataset) or not isinstance(dataset.read, FromStore):
            return fitted(dataset.picture(index), side)
        store, file = dataset.read.store, dataset.keys[index]
        small = dataset.sizes is not None and 0 < dataset.sizes[index].max() <= side
        if self._cache is None or small:
            return fitted(open_file(store, file, least=side).rgb, side)
        return self._kept(self._cache, store, file, side)

    def _kept(self, cache: DiskCache, store: Store, file: str, side: int) -> NDArray[np.uint8]:
        identity = store.identity(file)
        key = f"{side}\n{identity}"
        if identity and (stored := cache.get(_KIND, key)) is not None:
            return _decoded(stored)
        thumbnail = fitted(open_file(store, file, least=side).rgb, side)
        if identity:
            cache.put(_KIND, key, _encoded(thumbnail))
        return thumbnail


def fitted(rgb: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Returns (H, W, 3) uint8 shrunk so that its longer side has at most `side` pixels."""
    height, width = rgb.shape[:2]
    longer = max(height, width)
    if longer <= side:
        return rgb
    size = max(1, round(width * side / longer)), max(1, round(height * side / longer))
    image = Image.fromarray(rgb)
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0))


def _encoded(rgb: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=_QUALITY, subsampling=0)
    return file.getvalue()


def _decoded(stored: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(stored), formats=("JPEG",)) as image:
        return np.asarray(image.convert("RGB"))
