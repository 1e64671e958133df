"""What chance must give: the exact distributions behind a pipeline's crops. No torch here.

`draw_statistics.py` counts what was drawn; here stands what is to be expected. Known are pipelines
with one cut: a random resized crop, a crop of fixed size at a random place (with or without a
border, perhaps after the scale augmentation of He et al. 2015), or a central one. What only
changes colours or mirrors may stand anywhere. For others `Theory.why` says why there is none.

A random resized crop draws area and ratio evenly, the ratio perhaps on a logarithmic scale, and
draws again what does not fit. Given that it fits, the pair is therefore even on the pairs that
fit. Their distributions are sums over a lattice of `_POINTS` pairs that fills the square of all
pairs evenly (a Fibonacci lattice; Niederreiter 1992, "Random Number Generation and Quasi-Monte
Carlo Methods", 5.1); width and height are rounded to pixels as the crop does it. The sum is off by
less than 0.001, a fortieth of what chance does in 1,000 draws. Nothing else is neglected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.augment import AugmentSpec
from resnet_studio.data.augment_steps import (
    ATTEMPTS,
    CenterCrop,
    HorizontalFlip,
    Normalise,
    PadCrop,
    RandomResizedCrop,
    RandomShortSide,
    Resize,
    ResizeExact,
    Step,
    VerticalFlip,
)
from resnet_studio.data.colour_steps import (
    ColourJitter,
    PCAColour,
    RandomErasing,
    RandomGrayscale,
)
from resnet_studio.data.distribution import Distribution
from resnet_studio.data.draws import Draw, draw_steps, fallback_region
from resnet_studio.data.mean_picture import PerPixelMean

_POINTS, _STRIDE = 196_418, 121_393  # Fibonacci numbers 27 and 26
_PLACES = 1 << 23
"""Most places of a crop that are added up: 2 s and 490 MB; the paper's has 0.2 million."""
_FIXED = (Resize, ResizeExact, CenterCrop)
_MIRRORS = (HorizontalFlip, VerticalFlip)
_COLOURS = (Normalise, PerPixelMean, ColourJitter, PCAColour, RandomGrayscale, RandomErasing)
_CROPS = (RandomResizedCrop, PadCrop)

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Theory:
    """What is to be expected of one draw; what is None is not known.

    Attributes:
        kept: Share of the picture's area that is seen.
        distortion: How much wider things look than they are.
        x: Middle of the crop from the left edge, as a share of the picture's width.
        y: Middle of the crop from the upper edge, as a share of the picture's height.
        attempts: How often a random resized crop tries.
        short_side: Shorter side after scale augmentation, in pixels.
        flipped: Probability that left and right are exchanged.
        accepted: Probability that one attempt of a random resized crop fits.
        fallback: Probability that none of its attempts fits.
        why: Why some are None, for a person; empty if there is nothing to say.
    """

    kept: Distribution | None = None
    distortion: Distribution | None = None
    x: Distribution | None = None
    y: Distribution | None = None
    attempts: Distribution | None = None
    short_side: Distribution | None = None
    flipped: float = 0.0
    accepted: float | None = None
    fallback: float | None = None
    why: str = ""


def theory_of(spec: AugmentSpec, height: int, width: int) -> Theory:
    """Returns what is to be expected of a pipeline on a picture of that size.

    Raises:
        PictureError: The picture is too small or too elongated for a step.
    """
    flipped = _flip_probability(spec.steps)
    before, crop, why = _parts(spec.steps)
    if why:
        return Theory(flipped=flipped, why=why)
    frames, short_side = _frames(before, height, width)
    if not all(frame.inside(height, width) for frame in frames):
        return Theory(
            flipped=flipped, why="a border is added before the crop, which the theory leaves out"
        )
    if isinstance(crop, RandomResizedCrop):
        return _resized_crop(crop, frames, height, width, flipped)
    if isinstance(crop, PadCrop) and sum(each.width + each.height for each in frames) > _PLACES:
        return Theory(flipped=flipped, why="the crop has too many places in too many sizes")
    crops = _Crops(height, width)
    for frame in frames:
        if isinstance(crop, PadCrop):
            _add_shifted(crops, frame, crop)
        else:
            _add_whole(crops, frame)
    return crops.theory(flipped=flipped, short_side=short_side)


# --- taking a pipeline apart ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Frame:
    """A picture that enters the crop, and what it shows of the original.

    Attributes:
        weight: How probable it is.
        left, top: Where it begins on the original, in the original's pixels.
        across, down: Pixels of the original per pixel of its own.
        width, height: Its size in its own pixels.
    """

    weight: float
    left: float
    top: float
    across: float
    down: float
    width: int
    height: int

    def inside(self, height: int, width: int) -> bool:
        """Whether it shows nothing but the original, which has that size."""
        right, bottom = self.left + self.width * self.across, self.top + self.height * self.down
        room = 1e-6
        return (
            min(self.left, self.top) >= -room
            and right <= width + room
            and (bottom <= height + room)
        )


def _flip_probability(steps: Sequence[Step]) -> float:
    """Returns how probable an odd number of flips is."""
    even_minus_odd = 1.0
    for step in steps:
        if isinstance(step, HorizontalFlip):
            even_minus_odd *= 1 - 2 * step.p
    return (1 - even_minus_odd) / 2


def _parts(steps: Sequence[Step]) -> tuple[list[Step], Step | None, str]:
    """Returns what comes before the random crop, the crop, and why there is no theory if so."""
    before: list[Step] = []
    crop: Step | None = None
    mirrored = False
    for step in steps:
        if isinstance(step, _COLOURS):
            continue
        if not isinstance(step, (*_MIRRORS, *_CROPS, *_FIXED, RandomShortSide)):
            return [], None, f"“{step.title}” moves pixels in a way that no simple rule covers"
        if isinstance(step, _MIRRORS):
            mirrored = True
        elif crop is not None:
            return [], None, f"“{step.title}” comes after another crop, which no simple rule covers"
        elif isinstance(step, _CROPS):
            crop = step
        elif isinstance(step, RandomShortSide) and any(each.kind == step.kind for each in before):
            return [], None, "there are two scale augmentations"
        elif mirrored and isinstance(step, CenterCrop):
            return [], None, "a flip comes before the centre crop"
        else:
            before.append(step)
    return before, crop, ""


def _frames(
    steps: Sequence[Step], height: int, width: int
) -> tuple[list[_Frame], Distribution | None]:
    """Returns the pictures that may enter the crop, and the distribution of the shorter side.

    Scale augmentation draws each whole number of pixels with the same probability.
    """
    scales = [step for step in steps if isinstance(step, RandomShortSide)]
    if not scales:
        return [_frame(steps, height, width, 1.0, ())], None
    low, high = scales[0].min, scales[0].max
    count = high - low + 1
    frames = [
        _frame(steps, height, width, 1 / count, ((number + 0.5) / count,))
        for number in range(count)
    ]
    sides = np.arange(low, high + 1, dtype=np.float64)
    return frames, Distribution.of([sides], [np.full(count, 1 / count)])


def _frame(
    steps: Sequence[Step], height: int, width: int, weight: float, numbers: Sequence[float]
) -> _Frame:
    drawn = Draw(height, width, draw_steps(steps, height, width, numbers))
    box = drawn.crop_box
    high, wide = drawn.steps[-1].size if drawn.steps else (height, width)
    return _Frame(weight, box.left, box.top, box.width / wide, box.height / high, wide, high)


# --- crops of fixed size --------------------------------------------------------------------------


@dataclass(eq=False)
class _Crops:
    """Gathers atoms of all quantities, for a picture of that size."""

    height: int
    width: int
    atoms: dict[str, list[tuple[NDArray[Any], NDArray[Any]]]] = field(
        default_factory=lambda: {"kept": [], "distortion": [], "x": [], "y": []}
    )

    def add(self, name: str, values: NDArray[Any], weights: NDArray[Any]) -> None:
        self.atoms[name].append((values, weights))

    def add_places(self, frame: _Frame, across: _Atoms, down: _Atoms, weight: float) -> None:
        """Adds middles of crops, in pixels of the frame."""
        x = (frame.left + across.values * frame.across) / self.width
        y = (frame.top + down.values * frame.down) / self.height
        self.add("x", x, weight * across.weights)
        self.add("y", y, weight * down.weights)

    def theory(self, *, flipped: float, short_side: Distribution | None = None) -> Theory:
        found = {
            name: Distribution.of([value for value, _ in atoms], [weight for _, weight in atoms])
            for name, atoms in self.atoms.items()
        }
        return Theory(
            kept=found["kept"],
            distortion=found["distortion"],
            x=found["x"],
            y=found["y"],
            short_side=short_side,
            flipped=flipped,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Atoms:
    values: NDArray[Any]
    weights: NDArray[Any]


def _add_whole(crops: _Crops, frame: _Frame) -> None:
    """Adds a frame that nothing more is cut from."""
    one = np.array([frame.weight])
    area = frame.width * frame.across * frame.height * frame.down
    crops.add("kept", np.array([area / (crops.width * crops.height)]), one)
    crops.add("distortion", np.array([frame.down / frame.across]), one)
    middle = _Atoms(np.array([frame.width / 2]), np.ones(1))
    centre = _Atoms(np.array([frame.height / 2]), np.ones(1))
    crops.add_places(frame, middle, centre, frame.weight)


def _add_shifted(crops: _Crops, frame: _Frame, crop: PadCrop) -> None:
    """Adds all places of a crop of fixed size; each has the same probability."""
    lefts, overlaps = _shifts(frame.width, crop)
    tops, overlaps_down = _shifts(frame.height, crop)
    scale = frame.across * frame.down / (crops.width * crops.height)
    kept = np.outer(overlaps_down.values, overlaps.values) * scale
    weights = np.outer(overlaps_down.weights, overlaps.weights) * frame.weight
    crops.add("kept", kept.ravel(), weights.ravel())
    crops.add("distortion", np.array([frame.down / frame.across]), np.array([frame.weight]))
    crops.add_places(frame, lefts, tops, frame.weight)


def _shifts(length: int, crop: PadCrop) -> tuple[_Atoms, _Atoms]:
    """Returns the middles of the crop along one side, and how many pixels of picture it holds."""
    begins = np.arange(-crop.padding, length + crop.padding - crop.size + 1)
    seen = np.minimum(begins + crop.size, length) - np.maximum(begins, 0)
    values, counts = np.unique(seen, return_counts=True)
    even = np.full(len(begins), 1 / len(begins))
    return (
        _Atoms(begins + crop.size / 2, even),
        _Atoms(values.astype(np.float64), counts / len(begins)),
    )


# --- the random resized crop ----------------------------------------------------------------------


def _resized_crop(
    step: RandomResizedCrop, frames: Sequence[_Frame], height: int, width: int, flipped: float
) -> Theory:
    if len(frames) > 1:
        return Theory(
            flipped=flipped, why="scale augmentation comes before the random resized crop"
        )
    frame = frames[0]
    wide, high, accepted = _fitting_sizes(step, frame.height, frame.width)
    fallback = (1 - accepted) ** ATTEMPTS
    crops = _Crops(height, width)
    if len(wide):
        _add_sizes(crops, frame, wide, high, 1 - fallback)
    if fallback:
        _add_fallback(crops, frame, step, fallback)
    return replace(
        crops.theory(flipped=flipped),
        attempts=_attempts(accepted),
        accepted=accepted,
        fallback=fallback,
    )


def _fitting_sizes(
    step: RandomResizedCrop, height: int, width: int
) -> tuple[Integers, Integers, float]:
    """Returns widths and heights that are drawn with the same probability, and how many fit.

    Returns:
        Widths and heights in pixels of what fits, and the probability that an attempt fits.
    """
    number = np.arange(_POINTS)
    one, other = (number + 0.5) / _POINTS, (number * _STRIDE % _POINTS + 0.5) / _POINTS
    area = (step.scale[0] + (step.scale[1] - step.scale[0]) * one) * height * width
    low, high = step.ratio
    if step.rule == "log_uniform":
        ratio = low * (high / low) ** other
    else:
        ratio = low + (high - low) * other
    wide = np.rint(np.sqrt(area * ratio)).astype(np.int64)
    tall = np.rint(np.sqrt(area / ratio)).astype(np.int64)
    if step.rule == "uniform_swap":  # exchanged in every other attempt
        wide, tall = np.concatenate((wide, tall)), np.concatenate((tall, wide))
    fits = (wide > 0) & (wide <= width) & (tall > 0) & (tall <= height)
    return wide[fits], tall[fits], float(fits.mean())


def _add_sizes(crops: _Crops, frame: _Frame, wide: Integers, high: Integers, weight: float) -> None:
    """Adds what the accepted attempts give; every place at which they fit has the same chance."""
    each = np.full(len(wide), weight / len(wide))
    scale = frame.across * frame.down / (crops.width * crops.height)
    crops.add("kept", wide * high * scale, each)
    crops.add("distortion", (high * frame.down) / (wide * frame.across), each)
    crops.add_places(frame, _middles(wide, frame.width), _middles(high, frame.height), weight)


def _middles(sizes: Integers, length: int) -> _Atoms:
    """Returns the middles of crops of these sizes along a side of that length, in pixels.

    A crop of size s has length - s + 1 places, with middles a pixel apart. In half pixels these
    run from s to 2 length - s in steps of two; their weights are summed from where they begin and
    end.
    """
    counts = np.bincount(sizes, minlength=length + 1)[1:] / len(sizes)
    possible = np.arange(1, length + 1)
    share = counts / (length - possible + 1)
    changes = np.zeros(2 * length + 4)
    np.add.at(changes, possible, share)
    np.add.at(changes, 2 * length - possible + 2, -share)
    weights = np.empty(2 * length + 4)
    weights[0::2], weights[1::2] = np.cumsum(changes[0::2]), np.cumsum(changes[1::2])
    halves = np.flatnonzero(weights > 1e-15)
    return _Atoms(halves / 2, weights[halves])


def _add_fallback(crops: _Crops, frame: _Frame, step: RandomResizedCrop, weight: float) -> None:
    """Adds the central part that is taken when nothing fits."""
    left, top, wide, high = fallback_region(step, frame.height, frame.width)
    one = np.array([weight])
    area = wide * frame.across * high * frame.down
    crops.add("kept", np.array([area / (crops.width * crops.height)]), one)
    crops.add("distortion", np.array([high * frame.down / (wide * frame.across)]), one)
    across = _Atoms(np.array([left + wide / 2]), np.ones(1))
    down = _Atoms(np.array([top + high / 2]), np.ones(1))
    crops.add_places(frame, across, down, weight)


def _attempts(accepted: float) -> Distribution:
    """Returns how often it tries: geometric, with all that is left at the last attempt."""
    numbers = np.arange(1, ATTEMPTS + 1)
    weights = (1 - accepted) ** (numbers - 1) * accepted
    weights[-1] = (1 - accepted) ** (ATTEMPTS - 1)
    return Distribution.of([numbers.astype(np.float64)], [weights])
