"""JPEGs decoded by torchvision, for reading large photographs in each epoch.

`imaging.py` stays the one way a picture becomes an array: it looks at the file, refuses, reduces
and turns upright; it only has the pixels of a plain colour JPEG decoded here. Both decoders are
libjpeg-turbo inside, so the bits are the same; whether they are with the libraries of this machine
is looked at once, and if not, nothing is decoded here.

Processor time on one core (AMD EPYC, torchvision 0.29, Pillow 13, quality 90), Pillow in
`imaging.py` against this: 400 x 300 pixels 0.75 and 0.53 ms, 1600 x 1200 7.9 and 5.0 ms, 4000 x
3000 110 and 45 ms. Pillow keeps four bytes a pixel and copies them out twice. Below a megapixel
that does not pay for importing torchvision, which takes 1.5 s. torchvision has announced that its
decoders will move to another library; where they are gone, Pillow decodes.

nvJPEG, on a GPU, is faster still, but it is another decoder with other last bits: a picture would
not be the same in training and in the preview. So it is not offered.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FEWEST_PIXELS = 1_000_000


def large_jpeg(content: bytes, pixels: int) -> NDArray[np.uint8] | None:
    """Decode a JPEG of three channels.

    Args:
        content: The file.
        pixels: Width times height.

    Returns:
        (H, W, 3) uint8, C-contiguous, as stored; None if it is not decoded here: because it is
        small, damaged, or torchvision has other bits on this machine.
    """
    decode = _decoder() if pixels >= FEWEST_PIXELS else None
    return None if decode is None else _tried(decode, content)


def _tried(
    decode: Callable[[bytes], NDArray[np.uint8]], content: bytes
) -> NDArray[np.uint8] | None:
    try:
        return decode(content)
    except RuntimeError:  # what is wrong with it, Pillow says in words
        return None


@functools.cache
def _decoder() -> Callable[[bytes], NDArray[np.uint8]] | None:
    """Return torchvision's decoder, if it is there and gives the bits of Pillow."""
    try:
        import torch
        from torchvision.io import ImageReadMode, decode_jpeg
    except (ImportError, OSError, RuntimeError):
        return None

    def decode(content: bytes) -> NDArray[np.uint8]:
        data = torch.from_numpy(np.frombuffer(content, dtype=np.uint8).copy())
        planes = cast("torch.Tensor", decode_jpeg(data, mode=ImageReadMode.RGB))
        rgb: NDArray[np.uint8] = planes.permute(1, 2, 0).contiguous().numpy()
        return rgb

    return decode if _has_the_same_bits(decode) else None


def _has_the_same_bits(decode: Callable[[bytes], NDArray[np.uint8]]) -> bool:
    """Compare the decoders on a picture that was stored with and without fewer colours."""
    across, down = np.meshgrid(np.arange(83), np.arange(61))
    waves = np.stack([across * 3, down * 4, (across * down) % 251], axis=-1).astype(np.uint8)
    for subsampling in (0, 2):
        stored = io.BytesIO()
        Image.fromarray(waves).save(stored, "JPEG", quality=90, subsampling=subsampling)
        with Image.open(stored) as image:
            wanted = np.asarray(image)
        found = _tried(decode, stored.getvalue())
        if found is None or not np.array_equal(found, wanted):
            return False
    return True
