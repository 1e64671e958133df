"""Which parts of a picture the crops show: a heat map, and what becomes of a marked object.

A crop is the convex polygon of the original that is seen in the result (`Draw.visible`): a
rectangle, or a turned one, perhaps with corners cut off. What colours do to it, and what is erased
afterwards, is not counted. No torch here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.augment import AugmentSpec
from resnet_studio.data.augment_steps import (
    CenterCrop,
    PadCrop,
    RandomResizedCrop,
    RandomShortSide,
    Resize,
    Step,
)
from resnet_studio.data.distribution import Numbers
from resnet_studio.data.draw_statistics import USUAL, Progress, draws_of
from resnet_studio.data.drawn import CropBox
from resnet_studio.data.step_base import LARGEST_SIDE
from resnet_studio.errors import PictureError

LONGEST_MAP = 1024
"""Cells along the longer side of a heat map: on a larger picture a cell is several pixels."""
LOST_BELOW = 0.25
"""An object of which less than this share is seen counts as lost, unless a person says else."""
_ALIKE = 1e-9
_WHOLE = 1 - 1e-6

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True, eq=False)
class Crops:
    """What many draws show of a picture.

    Attributes:
        height: Height of the picture in pixels.
        width: Width of the picture in pixels.
        boxes: (N, 4) left, top, right, bottom around what draw i shows, in pixels.
        turned: (M,) the draws that show no upright rectangle.
        polygons: (M, K, 2) the corners (x, y) of what those show; where there are less than K, the
            last one is repeated.
    """

    height: int
    width: int
    boxes: Numbers
    turned: NDArray[np.int64]
    polygons: Numbers

    def __len__(self) -> int:
        return len(self.boxes)


def crops_of(polygons: Iterable[Points], height: int, width: int) -> Crops:
    """Returns crops from what each draw shows; nothing is an empty polygon.

    Args:
        polygons: Convex polygons in pixels of the picture.
        height: Height of the picture in pixels.
        width: Width of the picture in pixels.
    """
    boxes: list[tuple[float, float, float, float]] = []
    turned: dict[int, Points] = {}
    for number, points in enumerate(polygons):
        across, down = [x for x, _ in points] or [0.0], [y for _, y in points] or [0.0]
        box = (min(across), min(down), max(across), max(down))
        if points and not _is_upright(points, box):
            turned[number] = points
        boxes.append(box)
    most = max(map(len, turned.values()), default=0)
    filled = [[*points, *[points[-1]] * (most - len(points))] for points in turned.values()]
    return Crops(
        height,
        width,
        np.array(boxes, dtype=np.float64).reshape(-1, 4),
        np.array(list(turned), dtype=np.int64),
        np.array(filled, dtype=np.float64).reshape(len(turned), most, 2),
    )


def drawn_crops(
    spec: AugmentSpec,
    height: int,
    width: int,
    *,
    seed: int,
    epoch: int = 0,
    count: int = USUAL,
    progress: Progress | None = None,
) -> Crops:
    """Returns what the samples 0 to `count` - 1 of an epoch show; arguments as in `draws_of`.

    Raises:
        PictureError: The picture is too small or too elongated for a step.
    """
    draws = draws_of(spec, height, width, seed=seed, epoch=epoch, count=count, progress=progress)
    return crops_of((drawn.visible for drawn in draws), height, width)


def _is_upright(points: Points, box: tuple[float, float, float, float]) -> bool:
    left, top, right, bottom = box
    return len(points) == 4 and all(
        min(abs(x - left), abs(x - right)) < _ALIKE and min(abs(y - top), abs(y - bottom)) < _ALIKE
        for x, y in points
    )


# --- the heat map ---------------------------------------------------------------------------------


def heat_map(crops: Crops, *, longest: int = LONGEST_MAP) -> NDArray[np.int32]:
    """Returns in how many crops each cell of the picture is seen: those that hold its middle.

    Args:
        crops: The crops.
        longest: Cells along the longer side at most; a cell is one pixel where there are as few.

    Returns:
        (rows, columns) int32.
    """
    scale = min(1.0, longest / max(crops.height, crops.width))
    rows, columns = max(1, round(crops.height * scale)), max(1, round(crops.width * scale))
    to_cells = np.array([columns / crops.width, rows / crops.height])
    upright = np.ones(len(crops), dtype=np.bool_)
    upright[crops.turned] = False
    boxes = crops.boxes[upright] * np.tile(to_cells, 2)
    counts = _sum_of_boxes(boxes, rows, columns)
    if len(crops.turned):
        counts += _sum_of_polygons(crops.polygons * to_cells, rows, columns)
    return counts


def _sum_of_boxes(boxes: Numbers, rows: int, columns: int) -> NDArray[np.int32]:
    """Adds rectangles up by their corners: what begins and ends is noted, and summed once."""
    left, right = (_cell(boxes[:, place], columns) for place in (0, 2))
    top, bottom = (_cell(boxes[:, place], rows) for place in (1, 3))
    changes = np.zeros((rows + 1, columns + 1), dtype=np.int32)
    for row, column, sign in ((top, left, 1), (top, right, -1), (bottom, left, -1)):
        np.add.at(changes, (row, column), sign)
    np.add.at(changes, (bottom, right), 1)
    summed: NDArray[np.int32] = changes.cumsum(0, dtype=np.int32).cumsum(1, dtype=np.int32)
    return summed[:rows, :columns]


def _sum_of_polygons(polygons: Numbers, rows: int, columns: int) -> NDArray[np.int32]:
    """The same for convex polygons, row by row."""
    changes = np.zeros((rows, columns + 1), dtype=np.int32)
    for points in polygons:
        first, last = _cell(points[:, 1], rows).min(), _cell(points[:, 1], rows).max()
        covered = np.arange(int(first), int(last))
        middles = covered.astype(np.float64) + 0.5
        left, right = _ends(points, middles)
        changes[covered, _cell(left, columns)] += 1
        changes[covered, _cell(right, columns)] -= 1
    summed: NDArray[np.int32] = changes.cumsum(1, dtype=np.int32)
    return summed[:, :columns]


def _ends(points: Numbers, lines: Numbers) -> tuple[Numbers, Numbers]:
    """Returns where level lines enter and leave a convex polygon."""
    left = np.full(len(lines), np.inf)
    right = np.full(len(lines), -np.inf)
    for (x, y), (to_x, to_y) in zip(points, np.roll(points, -1, axis=0), strict=True):
        if y == to_y:
            continue
        crossed = (min(y, to_y) <= lines) & (lines <= max(y, to_y))
        at = x + (lines[crossed] - y) * ((to_x - x) / (to_y - y))
        left[crossed] = np.minimum(left[crossed], at)
        right[crossed] = np.maximum(right[crossed], at)
    return left, right


def _cell(edges: Numbers, count: int) -> NDArray[np.int64]:
    """Returns for each edge the first cell whose middle is not before it."""
    # An edge that goes through a middle but for the last digit must not fall to either side.
    return np.clip(np.ceil(np.round(edges, 6) - 0.5), 0, count).astype(np.int64)


# --- the marked object ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """What becomes of a marked object in many crops.

    Attributes:
        seen: (N,) share of the object's box that crop i shows, 0 to 1.
        lost_below: Share below which it counts as lost.
    """

    seen: Numbers
    lost_below: float = LOST_BELOW

    @property
    def lost(self) -> float:
        """Share of the crops in which it is lost."""
        return float((self.seen < self.lost_below).mean())

    @property
    def halved(self) -> float:
        """Share of the crops that cut away more than half of it, those that lose it included."""
        return float((self.seen < 0.5).mean())

    @property
    def whole(self) -> float:
        """Share of the crops that show all of it."""
        return float((self.seen >= _WHOLE).mean())

    @property
    def mean(self) -> float:
        """Mean share that is seen."""
        return float(self.seen.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """Between which shares `lost` is over endless draws, in 19 of 20 cases.

        Wilson 1927, "Probable inference, the law of succession, and statistical inference", which
        holds for 0 and 1, too.
        """
        count, z = len(self.seen), 1.96
        middle = self.lost + z * z / (2 * count)
        spread = self.lost * (1 - self.lost) / count + z * z / (4 * count * count)
        half, whole = z * math.sqrt(spread), 1 + z * z / count
        return max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)

    def worst(self, count: int) -> tuple[int, ...]:
        """Returns the numbers of the crops that show least of it, the worst first."""
        return tuple(int(number) for number in np.argsort(self.seen, kind="stable")[:count])


def losses(crops: Crops, box: CropBox, *, lost_below: float = LOST_BELOW) -> Losses:
    """Returns how much of an object each crop shows.

    Args:
        crops: The crops.
        box: Around the object, in pixels of the picture; must have an area.
        lost_below: Share below which the object counts as lost.

    Raises:
        ValueError: The box has no area.
    """
    if box.width <= 0 or box.height <= 0:
        raise ValueError(f"a box of {box.width:g} × {box.height:g} pixels marks nothing")
    right, bottom = box.left + box.width, box.top + box.height
    wide = np.minimum(crops.boxes[:, 2], right) - np.maximum(crops.boxes[:, 0], box.left)
    high = np.minimum(crops.boxes[:, 3], bottom) - np.maximum(crops.boxes[:, 1], box.top)
    areas = np.maximum(wide, 0) * np.maximum(high, 0)
    touching = areas[crops.turned] > 0  # as far as the rectangles around them tell
    areas[crops.turned[touching]] = _areas_within(crops.polygons[touching], box)
    seen = np.clip(areas / (box.width * box.height), 0, 1)
    return Losses(seen, lost_below)


def _areas_within(polygons: Numbers, box: CropBox) -> Numbers:
    """Returns the areas, (M,), that convex polygons, (M, K, 2), share with a box.

    What lies beyond a side of the box is pushed onto that side, where it has no area.
    """
    right, bottom = box.left + box.width, box.top + box.height
    inside = polygons
    for axis, low, high in ((0, box.left, right), (1, box.top, bottom)):
        for bound in (low, high):
            inside = _split(inside, axis, bound)
        inside[:, :, axis] = np.clip(inside[:, :, axis], low, high)
    ahead = np.roll(inside, -1, axis=1)
    doubled = inside[:, :, 0] * ahead[:, :, 1] - ahead[:, :, 0] * inside[:, :, 1]
    areas: Numbers = np.abs(doubled.sum(axis=1)) / 2
    return areas


def _split(polygons: Numbers, axis: int, bound: float) -> Numbers:
    """Adds a corner to every edge: where it crosses a line, else another one at its beginning."""
    ahead = np.roll(polygons, -1, axis=1)
    begin, way = polygons[:, :, axis] - bound, ahead[:, :, axis] - polygons[:, :, axis]
    crosses = begin * (begin + way) < 0
    part = np.where(crosses, -begin / np.where(crosses, way, 1.0), 0.0)
    added = polygons + part[:, :, None] * (ahead - polygons)
    count, corners, _ = polygons.shape
    return np.stack((polygons, added), axis=2).reshape(count, 2 * corners, 2)


# --- pipelines side by side -----------------------------------------------------------------------

Rival = Literal["present", "log_uniform", "uniform_swap", "paper", "pad_crop", "centre"]


@dataclass(frozen=True, slots=True, eq=False)
class RivalCrops:
    """What a pipeline shows of a picture.

    Attributes:
        rival: Which pipeline.
        crops: What its draws show; None where it cannot read the picture.
        problem: Why it cannot, for a person.
    """

    rival: Rival
    crops: Crops | None = None
    problem: str = ""

    @property
    def kept(self) -> float:
        """Mean share of the picture that is seen; NaN where nothing is known."""
        if self.crops is None:
            return float("nan")
        whole = CropBox(0.0, 0.0, float(self.crops.width), float(self.crops.height))
        return losses(self.crops, whole).mean


def rivals(spec: AugmentSpec) -> tuple[tuple[Rival, AugmentSpec], ...]:
    """Returns the pipeline and others of the same output size to compare it with.

    They are: the random resized crop under both rules, with the pipeline's own bounds if it has
    one; scale augmentation as He et al. 2015 have it; border and crop; the usual centre crop.
    """
    size = spec.output_size
    crop = next((step for step in spec.steps if isinstance(step, RandomResizedCrop)), None)
    crop = RandomResizedCrop(size=size) if crop is None else crop.model_copy(update={"size": size})

    def of(*steps: Step) -> AugmentSpec:
        return AugmentSpec(steps=steps)

    def scaled(side: int) -> int:
        return min(LARGEST_SIDE, max(size, round(side * size / 224)))

    return (
        ("present", spec),
        ("log_uniform", of(crop.model_copy(update={"rule": "log_uniform"}))),
        ("uniform_swap", of(crop.model_copy(update={"rule": "uniform_swap"}))),
        (
            "paper",
            of(RandomShortSide(min=scaled(256), max=scaled(480)), PadCrop(padding=0, size=size)),
        ),
        (
            "pad_crop",
            of(
                Resize(size=size),
                CenterCrop(size=size),
                PadCrop(padding=min(size - 1, max(1, round(size / 8))), size=size),
            ),
        ),
        ("centre", of(Resize(size=scaled(256)), CenterCrop(size=size))),
    )


def rival_crops(
    spec: AugmentSpec,
    height: int,
    width: int,
    *,
    seed: int,
    epoch: int = 0,
    count: int = USUAL,
    progress: Progress | None = None,
) -> Iterator[RivalCrops]:
    """Yields what a pipeline and its rivals show of a picture; arguments as in `draws_of`.

    The pipeline itself comes first. One that cannot read the picture says so in its row.
    """
    chosen = rivals(spec)
    for place, (rival, pipeline) in enumerate(chosen):
        tell = None if progress is None else _part_of(progress, place, len(chosen))
        try:
            crops = drawn_crops(
                pipeline, height, width, seed=seed, epoch=epoch, count=count, progress=tell
            )
        except PictureError as error:
            yield RivalCrops(rival, problem=error.message)
        else:
            yield RivalCrops(rival, crops)


def _part_of(progress: Progress, place: int, places: int) -> Progress:
    """Returns a progress that tells of one part of several."""

    def tell(done: int, total: int) -> None:
        progress(place * total + done, places * total)

    return tell
