"""Making the samples in a worker: first what chance decided, then the pixels, one by one.

What chance decided needs no torch, so it is shown while torch is still being loaded.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtGui import QImage

from resnet_studio.data.augment import AugmentSpec, Draw, draw, sample_rng
from resnet_studio.data.imaging import Picture
from resnet_studio.gui.workers import TaskState

LARGEST_KEPT = 512
"""Samples for the eye are kept at most this large: 64 of 4096 pixels would be 3 GB."""
LARGEST_ORIGINAL = 2048
"""The original is shown at most this long: 100 megapixels would make each paint slow."""
_AVERAGE = Image.Resampling.BOX
_AT_ONCE_S = 0.04
_LONG_WORK = 100_000_000  # pixels resized; about half a second


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """Which samples are wished.

    Attributes:
        pipeline: What is done to the picture.
        picture: The picture.
        seed: The seed, as a run has one.
        epoch: The pass over the data set, from 0.
        count: How many samples; they have the indices 0, 1, ...
        pixels: Whether the pixels are wished too; they need torch.
        original: Whether the picture itself is wished, reduced for the screen.
    """

    pipeline: AugmentSpec
    picture: Picture
    seed: int
    epoch: int
    count: int
    pixels: bool
    original: bool = True

    def asks_the_same(self, other: Request | None) -> bool:
        """Returns whether the samples of both are the same."""
        if other is None or self.picture is not other.picture:
            return False
        mine = (self.pipeline, self.seed, self.epoch, self.count, self.pixels)
        return mine == (other.pipeline, other.seed, other.epoch, other.count, other.pixels)

    @property
    def takes_long(self) -> bool:
        """Whether it may take more than half a second: then the status bar shows it."""
        side = self.pipeline.output_size
        work = max(self.picture.width * self.picture.height, 4 * side * side)
        return self.pixels and work * self.count > _LONG_WORK


@dataclass(frozen=True, slots=True)
class Original:
    """The picture reduced for the screen has been made."""

    image: QImage


@dataclass(frozen=True, slots=True)
class Drawn:
    """What chance decided for every sample, and the pixels of those that were made at once."""

    draws: tuple[Draw, ...]
    images: tuple[QImage, ...] = ()


@dataclass(frozen=True, slots=True)
class Pixels:
    """The pixels of one sample, before normalisation; reduced if larger than `LARGEST_KEPT`."""

    index: int
    image: QImage


Event = Original | Drawn | Pixels


def prepare(request: Request, state: TaskState) -> Generator[Event, None, None]:
    """Yields the original, what chance decided, and the pixels; runs in a worker.

    Raises:
        PictureError: The picture is too small or too elongated for the pipeline.
        Cancelled: Another request has replaced this one.
    """
    if request.original:
        yield Original(shown_original(request.picture.rgb))
    draws = tuple(draw_sample(request, index) for index in range(request.count))
    at_once = tuple(_shown_at_once(request, state))
    yield Drawn(draws, at_once)
    for index in range(len(at_once), request.count if request.pixels else 0):
        state.check()
        state.progress(index, request.count)
        yield Pixels(index, _shown_sample(request, index))


def _shown_at_once(request: Request, state: TaskState) -> Iterator[QImage]:
    """Makes the first samples, as many as a frame or two allow.

    They come together with what chance decided, so that a grid of quick samples changes as a whole
    while a slider is dragged and does not flicker.
    """
    until = perf_counter() + _AT_ONCE_S
    for index in range(request.count if request.pixels else 0):
        if perf_counter() > until:
            return
        state.check()
        yield _shown_sample(request, index)


def _shown_sample(request: Request, index: int) -> QImage:
    return rgb_image(at_most(sample_pixels(request, index), LARGEST_KEPT))


def draw_sample(request: Request, index: int) -> Draw:
    """Decides what happens to sample `index`."""
    picture = request.picture
    rng = sample_rng(request.seed, request.epoch, index)
    return draw(request.pipeline, picture.height, picture.width, rng)


def exact_sample(request: Request, index: int) -> QImage:
    """Makes sample `index`, pixel for pixel as training reads it; needs torch.

    Raises:
        PictureError: The picture is too small or too elongated for the pipeline.
    """
    return rgb_image(sample_pixels(request, index))


def sample_pixels(request: Request, index: int) -> NDArray[np.uint8]:
    """Returns sample `index` as (S, S, 3) before normalisation; needs torch.

    Raises:
        PictureError: The picture is too small or too elongated for the pipeline.
    """
    from resnet_studio.data.preview import preview_sample  # it imports torch

    sample = preview_sample(
        request.pipeline,
        request.picture,
        seed=request.seed,
        epoch=request.epoch,
        index=index,
    )
    return sample.image


def rgb_image(rgb: NDArray[np.uint8]) -> QImage:
    """Copies (H, W, 3) uint8 into a picture."""
    pixels = np.ascontiguousarray(rgb)
    height, width, _ = pixels.shape
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def shown_original(rgb: NDArray[np.uint8]) -> QImage:
    """Returns a picture at most `LARGEST_ORIGINAL` long.

    Whole rows and columns are left out first, so that an average over 100 megapixels is spared.
    """
    step = max(1, max(rgb.shape) // LARGEST_ORIGINAL)
    height, width, _ = rgb.shape
    return rgb_image(at_most(rgb[:: min(step, height), :: min(step, width)], LARGEST_ORIGINAL))


def at_most(rgb: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Reduces a picture to `side` pixels, averaging.

    Pillow's resampling lets other threads run meanwhile; Qt's would stop the window.
    """
    height, width, _ = rgb.shape
    longest = max(height, width)
    if longest <= side:
        return rgb
    size = (max(1, round(width * side / longest)), max(1, round(height * side / longest)))
    return np.asarray(Image.fromarray(np.ascontiguousarray(rgb)).resize(size, _AVERAGE))


# --- the parameters as a table --------------------------------------------------------------------

_COLUMNS = (
    "sample",
    "index",
    "seed",
    "epoch",
    "pipeline",
    "picture_width",
    "picture_height",
    "left",
    "top",
    "width",
    "height",
    "kept_fraction",
    "distortion",
    "border_fraction",
    "flipped",
    "attempts",
    "fallback",
)


def parameters_csv(request: Request, draws: Sequence[Draw]) -> str:
    """Returns what chance decided as CSV with a header, a line for each sample.

    Samples and epochs count from 1 as on screen, `index` from 0 as in a data set. `left` to
    `height` are the part that was cut out, in pixels of the picture. `attempts` and `fallback`
    are those of the random resized crop; empty where the pipeline has none.
    """
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for index, drawn in enumerate(draws):
        box = drawn.crop_box
        writer.writerow(
            (
                index + 1,
                index,
                request.seed,
                request.epoch + 1,
                request.pipeline.name,
                drawn.width,
                drawn.height,
                *(f"{value:.6g}" for value in box),
                f"{drawn.kept_fraction:.6f}",
                f"{drawn.distortion:.6f}",
                f"{drawn.padded_fraction:.6f}",
                int(drawn.flipped),
                *_crop_columns(drawn),
            )
        )
    return target.getvalue()


def _crop_columns(drawn: Draw) -> tuple[str, str]:
    for step in drawn.steps:
        if step.attempts:
            return str(len(step.attempts)), str(int(step.values["fallback"]))
    return "", ""
