"""Heat maps as pictures: values with a sign or amounts, as colours that fade out towards zero.

Where a map says nothing the picture below it is seen as it is; the colour bar fades in the same
way, so that bar and map can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

from resnet_studio.gui.features.images import number
from resnet_studio.probe.colours import LEVELS, Palette, colour_map
from resnet_studio.probe.mosaic import FloatArray

_SHARED_QUANTILE = 0.995
_FEW_CELLS = 400
_FULL = 0.5
"""From this part of the scale on a colour covers the picture as far as the opacity says."""


@dataclass(frozen=True, slots=True)
class HeatScale:
    """What the ends of the colour map mean.

    Attributes:
        signed: From -reach through 0 to reach; else from 0 to reach, and what is below is left out.
        reach: Value of the last colour; 0 if there is nothing to show.
        clipped: The last colour also stands for larger values.
    """

    signed: bool
    reach: float
    clipped: bool = False

    @classmethod
    def of(cls, values: FloatArray, *, signed: bool) -> HeatScale:
        """Returns the scale of a map.

        Integrated gradients have single pixels many times as strong as all others: in maps of many
        cells the strongest 0.5 % share the last colour.
        """
        finite = values[np.isfinite(values)].astype(np.float64)
        amounts = np.abs(finite) if signed else np.maximum(finite, 0.0)
        top = float(amounts.max(initial=0.0))
        if amounts.size <= _FEW_CELLS or top == 0:
            return cls(signed, top)
        reach = float(np.quantile(amounts, _SHARED_QUANTILE)) or top
        return cls(signed, reach, clipped=reach < top)

    @property
    def palette(self) -> Palette:
        """The colours."""
        return Palette.DIVERGING if self.signed else Palette.SEQUENTIAL

    def labels(self) -> tuple[str, str, str]:
        """Returns what stands at the left, in the middle and at the right end of the bar."""
        high = number(self.reach)
        right = f"≥ {high}" if self.clipped else high
        if not self.signed:
            return "0", number(self.reach / 2), right
        low = number(-self.reach)
        return (f"≤ {low}" if self.clipped else low), "0", right


def heat_image(values: FloatArray, scale: HeatScale) -> QImage:
    """Returns a map as a picture to lay over another, one pixel a cell.

    Args:
        values: (h, w), any range; what is not finite is transparent.
        scale: What the colours mean.
    """
    share = values * np.float32(1 / scale.reach) if scale.reach > 0 else np.zeros_like(values)
    finite = np.isfinite(share)
    return _image(share if finite.all() else np.where(finite, share, np.float32(0)), scale)


def bar_image(scale: HeatScale) -> QImage:
    """Returns the colours from the lowest value at the left to the highest, in one row."""
    low = -1.0 if scale.signed else 0.0
    return _image(np.linspace(low, 1.0, LEVELS, dtype=np.float32)[np.newaxis], scale)


def _image(share: FloatArray, scale: HeatScale) -> QImage:
    """Colours parts of the scale's reach; zero is transparent."""
    position = (share + np.float32(1)) * np.float32(0.5) if scale.signed else share
    levels = (np.clip(position, 0.0, 1.0) * (LEVELS - 1) + np.float32(0.5)).astype(np.uint8)
    words = _words(scale)[levels]
    height, width = words.shape
    image = QImage(words.data, width, height, 4 * width, QImage.Format.Format_ARGB32)
    return image.copy()  # the array's memory may go before the picture does


def _words(scale: HeatScale) -> npt.NDArray[np.uint32]:
    """Returns the colour of each level, with its opacity, as (255,) words 0xAARRGGBB."""
    share = np.linspace(-1.0 if scale.signed else 0.0, 1.0, LEVELS)
    alpha = np.round(255 * np.minimum(1.0, np.abs(share) / _FULL)).astype(np.uint32)
    rgb = colour_map(scale.palette).astype(np.uint32)
    return (alpha << 24 | rgb[:, 0] << 16 | rgb[:, 1] << 8 | rgb[:, 2]).astype(np.uint32)
