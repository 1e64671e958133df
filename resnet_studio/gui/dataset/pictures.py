"""Pictures of a data set made small for the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from resnet_studio.data.dataset import Subset

_TRIES = 3
"""A broken picture is passed over; a folder full of them is not searched to its end."""


def example_of(pictures: Subset, label: int, side: int) -> NDArray[np.uint8] | None:
    """Returns a small picture of a class, (h, w, 3) uint8 of at most `side` pixels a side.

    Runs in a worker. None if none of the first ones can be read.
    """
    import numpy as np

    from resnet_studio.errors import PictureError

    for position in np.flatnonzero(pictures.labels == label)[:_TRIES]:
        try:
            return shrunk(pictures.picture(int(position)), side)
        except PictureError:
            continue
    return None


def shrunk(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Returns a picture with its longer side shrunk to `side`; a smaller one as it is."""
    import numpy as np
    from PIL import Image

    if max(pixels.shape[:2]) <= side:
        return pixels
    small = Image.fromarray(pixels)
    small.thumbnail((side, side))
    return np.asarray(small)
