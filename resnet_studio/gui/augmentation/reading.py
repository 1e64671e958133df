"""What the network reads of one sample: its numbers, the colours they came of, and their figures.

The numbers are those of `data.transforms.apply`, which training calls.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.augment import AugmentSpec, draw, sample_rng
from resnet_studio.data.imaging import Picture
from resnet_studio.gui.workers import TaskState

BINS = 64
CHANNELS = ("red", "green", "blue")


@dataclass(frozen=True, slots=True)
class Figures:
    """One channel of one sample, in numbers.

    Attributes:
        mean: Mean over all pixels.
        std: Population standard deviation over all pixels.
        least: Lowest value.
        most: Highest value.
        counts: (BINS,) pixels in each bin.
    """

    mean: float
    std: float
    least: float
    most: float
    counts: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pixel:
    """One pixel of one channel.

    Attributes:
        level: Its colour before it is normalised, 0 to 255.
        value: What the network reads.
        mean: What was subtracted from the colour in [0, 1].
        std: What the difference was divided by.
    """

    level: int
    value: float
    mean: float
    std: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What the network reads of one sample.

    Attributes:
        values: (3, S, S) float32, as the network reads them.
        levels: (S, S, 3) uint8, the colours before they are normalised.
        back: (S, S, 3) uint8, the values turned back into colours.
        std: What each channel was divided by.
        lowest: The value of black, at the pixel where it is lowest.
        highest: The value of white, at the pixel where it is highest.
        before: Figures of each channel's levels, 0 to 255; bins from 0 to 256.
        after: Figures of each channel's values; bins from `lowest` to `highest`.
        ends_in: Kind of the last step, where it makes numbers of the colours; else empty.
    """

    values: NDArray[np.float32]
    levels: NDArray[np.uint8]
    back: NDArray[np.uint8]
    std: tuple[float, float, float]
    lowest: float
    highest: float
    before: tuple[Figures, ...]
    after: tuple[Figures, ...]
    ends_in: str

    @property
    def side(self) -> int:
        """Pixels along each side."""
        return int(self.levels.shape[0])

    @property
    def reach(self) -> float:
        """The largest distance from zero that a value can have."""
        return max(abs(self.lowest), abs(self.highest), 1e-6)

    def pixel(self, channel: int, x: int, y: int) -> Pixel:
        """Returns what is known of one pixel of one channel."""
        level = int(self.levels[y, x, channel])
        value = float(self.values[channel, y, x])
        std = self.std[channel]
        return Pixel(level, value, level / 255 - value * std, std)


def reading_of(
    pipeline: AugmentSpec, picture: Picture, state: TaskState, *, seed: int, epoch: int, index: int
) -> Reading:
    """Returns what the network reads of a sample; runs in a worker, needs torch.

    Raises:
        PictureError: The picture is too small or too elongated for the pipeline.
        Cancelled: Something else is wished.
    """
    from resnet_studio.data.transforms import apply_uint8, denormalise, normalise

    rng = sample_rng(seed, epoch, index)
    colours = apply_uint8(pipeline, picture.rgb, draw(pipeline, picture.height, picture.width, rng))
    state.check()
    tensor = normalise(pipeline, colours)
    values = tensor.numpy()
    levels = np.ascontiguousarray(colours.numpy().transpose(1, 2, 0))
    ends = [normalise(pipeline, colours.new_full(colours.shape, end)).numpy() for end in (0, 255)]
    lowest, highest = float(ends[0].min()), float(ends[1].max())
    state.check()
    ending = pipeline.ending
    return Reading(
        values=values,
        levels=levels,
        back=denormalise(tensor, pipeline),
        std=ending.std if ending is not None else (1.0, 1.0, 1.0),
        lowest=lowest,
        highest=highest,
        before=_figures((levels[..., channel] for channel in range(3)), 0.0, 256.0),
        after=_figures(values, lowest, highest),
        ends_in=ending.kind if ending is not None else "",
    )


def _figures(
    channels: Iterable[NDArray[np.generic]], low: float, high: float
) -> tuple[Figures, ...]:
    found = []
    for channel in channels:
        numbers = channel.astype(np.float64)
        counts, _ = np.histogram(numbers, bins=BINS, range=(low, max(high, low + 1e-6)))
        found.append(
            Figures(
                float(numbers.mean()),
                float(numbers.std()),
                float(numbers.min()),
                float(numbers.max()),
                counts.astype(np.int64),
            )
        )
    return tuple(found)


def reading_csv(reading: Reading) -> str:
    """Returns figures and histograms of all channels as CSV with a header, a line for each bin."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(("channel", "of", "mean", "std", "least", "most", "from", "to", "pixels"))
    ranges = ((0.0, 256.0), (reading.lowest, reading.highest))
    for of, each, (low, high) in zip(
        ("level", "value"), (reading.before, reading.after), ranges, strict=True
    ):
        edges = np.linspace(low, high, BINS + 1)
        for channel, figures in zip(CHANNELS, each, strict=True):
            plain = [figures.mean, figures.std, figures.least, figures.most]
            for start, end, count in zip(edges, edges[1:], figures.counts, strict=False):
                row = [f"{number:.6g}" for number in (*plain, start, end)]
                writer.writerow((channel, of, *row, int(count)))
    return target.getvalue()
