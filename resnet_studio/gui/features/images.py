"""Arrays as `QImage`s, and numbers as a person reads them."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage

from resnet_studio.probe.colours import Palette, colour_map, colourise

LONGEST_SHOWN = 2048
"""Pictures are shown at most this long: 24 megapixels would make each paint slow."""


def levels_image(levels: npt.NDArray[np.uint8], palette: Palette = Palette.SEQUENTIAL) -> QImage:
    """Colours (H, W) levels of a mosaic; gaps are transparent."""
    words = np.ascontiguousarray(colourise(levels, palette))
    height, width = words.shape
    image = QImage(words.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    return image.copy()  # the array's memory may go before the picture does


def rgb_image(rgb: npt.NDArray[np.uint8]) -> QImage:
    """Copies (H, W, 3) uint8 into a picture."""
    pixels = np.ascontiguousarray(rgb)
    height, width, _ = pixels.shape
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def shown_image(rgb: npt.NDArray[np.uint8]) -> QImage:
    """Returns a picture of at most `LONGEST_SHOWN` pixels, made without a smooth pass over all.

    Every k-th pixel is left out first (a view, no copy), so that 100 megapixels take milliseconds.
    """
    height, width, _ = rgb.shape
    step = max(1, max(height, width) // (2 * LONGEST_SHOWN))
    image = rgb_image(rgb[::step, ::step])
    if max(image.width(), image.height()) <= LONGEST_SHOWN:
        return image
    return scaled(image, image.size().scaled(LONGEST_SHOWN, LONGEST_SHOWN, _KEEP))


def scaled(image: QImage, size: QSize, *, ratio: float = 1.0) -> QImage:
    """Resamples smoothly to `size` logical pixels on a screen of `ratio` device pixels each."""
    device = QSize(max(1, round(size.width() * ratio)), max(1, round(size.height() * ratio)))
    result = image.scaled(
        device, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    result.setDevicePixelRatio(ratio)
    return result


def ramp_image(palette: Palette = Palette.SEQUENTIAL) -> QImage:
    """Returns a colour map as a picture of one row, low at the left."""
    return rgb_image(colour_map(palette)[np.newaxis])


def number(value: float) -> str:
    """Writes an activation with three digits: "0", "0.0123", "4.56", "1230", "2.3e7"."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞" if value < 0 else "NaN"
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e4:
        digits = max(0, 2 - math.floor(math.log10(abs(value))))
        text = f"{value:.{digits}f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
    else:
        mantissa, exponent = f"{value:.1e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", "−")


def percent(probability: float) -> str:
    """Writes a probability as percent: "97.3 %", "0.04 %", "< 0.01 %"."""
    value = 100 * probability
    if value >= 10:
        return f"{value:.1f} %"
    if value >= 0.005:
        return f"{value:.2f} %"
    return "< 0.01 %"


_KEEP = Qt.AspectRatioMode.KeepAspectRatio
