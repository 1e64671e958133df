"""One sample walked through step by step: the pictures, the numbers drawn, the moments to stop at.

The pictures are those of `data.preview.stages`, which calls what training calls.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass

from PySide6.QtGui import QImage

from resnet_studio.data.augment import AugmentSpec, Draw, Step, StepDraw, draw, sample_rng
from resnet_studio.data.imaging import Picture
from resnet_studio.gui.augmentation.pipelines import step_title
from resnet_studio.gui.augmentation.samples import at_most, rgb_image, shown_original
from resnet_studio.gui.workers import TaskState

_LARGEST_STAGE = 1024
Size = tuple[int, int]
"""(height, width) in pixels."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Where the walk stops.

    Attributes:
        step: The step's place, from 0; -1 is the picture before the first.
        attempt: Which attempt of the step to find a rectangle, from 0; None for its result.
    """

    step: int
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class Walk:
    """One sample with all that happened to it.

    Attributes:
        pipeline: The pipeline.
        draw: What chance decided.
        seed: The seed.
        epoch: The epoch, from 0.
        index: The sample's index, from 0.
        images: The picture, and the picture after each step; perhaps reduced for the screen.
        numbers: The uniform numbers that each step took.
    """

    pipeline: AugmentSpec
    draw: Draw
    seed: int
    epoch: int
    index: int
    images: tuple[QImage, ...]
    numbers: tuple[tuple[float, ...], ...]

    @property
    def moments(self) -> tuple[Moment, ...]:
        """All moments in order: each attempt of a step comes before its result."""
        found = [Moment(-1)]
        for place, drawn in enumerate(self.draw.steps):
            found += [Moment(place, number) for number in range(len(drawn.attempts))]
            found.append(Moment(place))
        return tuple(found)

    def step(self, place: int) -> tuple[Step, StepDraw]:
        """Returns a step and what it did."""
        return self.pipeline.steps[place], self.draw.steps[place]

    def size_before(self, place: int) -> Size:
        """Returns the size of the picture that enters a step, or that leaves the one before."""
        if place <= 0:
            return self.draw.height, self.draw.width
        return self.draw.steps[place - 1].size

    def alone(self, place: int) -> Draw:
        """Returns what one step did, as if the picture that entered it were the original."""
        height, width = self.size_before(place)
        return Draw(height, width, (self.draw.steps[place],))


def walk_of(
    pipeline: AugmentSpec,
    picture: Picture,
    state: TaskState,
    *,
    seed: int,
    epoch: int,
    index: int,
) -> Walk:
    """Makes every stage of one sample; runs in a worker, needs torch.

    Raises:
        PictureError: The picture is too small or too elongated for the pipeline.
        Cancelled: Something else is wished.
    """
    from resnet_studio.data.preview import stages  # it imports torch

    rng = sample_rng(seed, epoch, index)
    drawn = draw(pipeline, picture.height, picture.width, rng)
    state.check()
    images = [shown_original(picture.rgb)]
    for stage in stages(pipeline, picture, drawn):
        state.check()
        images.append(rgb_image(at_most(stage.image, _LARGEST_STAGE)))
    if pipeline.ending is not None:
        images[-1] = _as_read(pipeline, picture, drawn)
    return Walk(
        pipeline, drawn, seed, epoch, index, tuple(images), _numbers(pipeline, seed, epoch, index)
    )


def _as_read(pipeline: AugmentSpec, picture: Picture, drawn: Draw) -> QImage:
    """Returns what the network reads, its lowest value dark and its highest bright."""
    import numpy as np

    from resnet_studio.data.transforms import apply

    values = apply(pipeline, picture.rgb, drawn).numpy()
    low, high = float(values.min()), float(values.max())
    shown = (values - low) * (255.0 / max(high - low, 1e-6))
    levels = np.clip(np.round(shown), 0, 255).astype(np.uint8).transpose(1, 2, 0)
    return rgb_image(at_most(levels, _LARGEST_STAGE))


def _numbers(
    pipeline: AugmentSpec, seed: int, epoch: int, index: int
) -> tuple[tuple[float, ...], ...]:
    """Returns the uniform numbers of a sample, parted among the steps as `draws` parts them."""
    row = [float(number) for number in sample_rng(seed, epoch, index).random(pipeline.numbers)]
    parted: list[tuple[float, ...]] = []
    for step in pipeline.steps:
        parted.append(tuple(row[: step.numbers]))
        row = row[step.numbers :]
    return tuple(parted)


# --- as a table -----------------------------------------------------------------------------------

_COLUMNS = (
    "sample",
    "seed",
    "epoch",
    "step",
    "kind",
    "title",
    "width_before",
    "height_before",
    "width_after",
    "height_after",
    "what",
    "values",
    "numbers",
    "attempt",
    "area_fraction",
    "ratio",
    "swapped",
    "attempt_width",
    "attempt_height",
    "accepted",
)


def walk_csv(walk: Walk) -> str:
    """Returns every step as CSV with a header: a line for each, and one for each attempt.

    Samples, epochs, steps and attempts count from 1 as on screen. `values` is JSON, `numbers` are
    the uniform numbers that the step took, apart from each other by spaces.
    """
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for place in range(len(walk.pipeline.steps)):
        plain = _step_columns(walk, place)
        for attempt in _attempt_columns(walk.draw.steps[place]):
            writer.writerow((*plain, *attempt))
    return target.getvalue()


def _step_columns(walk: Walk, place: int) -> tuple[str, ...]:
    step, drawn = walk.step(place)
    before = walk.size_before(place)
    return (
        str(walk.index + 1),
        str(walk.seed),
        str(walk.epoch + 1),
        str(place + 1),
        drawn.kind,
        step_title(step),
        *(str(side) for side in (before[1], before[0], drawn.size[1], drawn.size[0])),
        drawn.text,
        json.dumps(dict(drawn.values), default=str),
        " ".join(f"{number:.17g}" for number in walk.numbers[place]),
    )


def _attempt_columns(drawn: StepDraw) -> list[tuple[str, ...]]:
    empty = ("",) * 7
    rows: list[tuple[str, ...]] = [
        (
            str(number),
            f"{attempt.area_fraction:.6f}",
            f"{attempt.ratio:.6f}",
            str(int(attempt.swapped)),
            str(attempt.width),
            str(attempt.height),
            str(int(attempt.accepted)),
        )
        for number, attempt in enumerate(drawn.attempts, start=1)
    ]
    return rows or [empty]
