"""The built-in data set: 1,797 scanned handwritten digits that ship with scikit-learn.

They come from the UCI Optical Recognition of Handwritten Digits set (Alpaydin and Kaynak 1998):
8 × 8 pixels with 17 shades, which are counts of ink in blocks of 4 × 4 pixels of a 32 × 32 scan.
They are enlarged back to that size, the input of the CIFAR networks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from resnet_studio.data.dataset import ArrayDataset

SIDE = 32
_BRIGHTEST = 16


def read_digits() -> ArrayDataset:
    """Returns the digits as light strokes on black, (1797, 32, 32, 3) uint8, classes "0" to "9"."""
    from sklearn.datasets import load_digits  # not at the top: it takes half a second

    digits = load_digits()
    return ArrayDataset(
        name="Digits",
        classes=tuple(str(name) for name in digits.target_names),
        images=np.stack([_enlarged(shades) for shades in digits.images]),
        labels=digits.target.astype(np.int64),
    )


def _enlarged(shades: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Enlarges one 8 × 8 digit; bicubic keeps strokes sharper than bilinear does."""
    small = Image.fromarray(np.rint(shades * (255 / _BRIGHTEST)).astype(np.uint8))
    large = small.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return np.repeat(np.asarray(large)[..., None], 3, axis=2)
