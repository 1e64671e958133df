"""What chance decides in the steps that change colours: numbers in, amounts and words out.

`draw_colour_step` is the part of `draws.py` for these steps. What `transforms_colour.py` needs
besides stands in the `detail` of a draw, one frozen class for each kind of step. No torch here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final, Literal, assert_never

from resnet_studio.data.colour_steps import (
    ERASING_ATTEMPTS,
    ColourJitter,
    ColourStep,
    PCAColour,
    RandAugment,
    RandomErasing,
    RandomGrayscale,
    TrivialAugment,
)
from resnet_studio.data.drawn import Affine, Attempt, Region, StepDraw
from resnet_studio.data.mean_picture import PerPixelMean
from resnet_studio.data.policies import (
    OPERATIONS,
    Policy,
    after,
    has_direction,
    has_magnitude,
    magnitude,
    moved,
    words,
)

Property = Literal["brightness", "contrast", "saturation", "hue"]

_PROPERTIES: Final[tuple[Property, ...]] = ("brightness", "contrast", "saturation", "hue")
_NORMAL: Final = NormalDist()
_LEAST: Final = 2.0**-54
"""Half the least number above 0 that is drawn: 0 itself would be minus infinity."""


@dataclass(frozen=True, slots=True)
class Adjustments:
    """What a colour jitter does, in this order.

    Attributes:
        each: Properties with their factor; of the hue, the turn as a fraction of the circle.
    """

    each: tuple[tuple[Property, float], ...]


@dataclass(frozen=True, slots=True)
class Tint:
    """What is added to red, green and blue of all pixels, in levels of 255."""

    red: float
    green: float
    blue: float


@dataclass(frozen=True, slots=True)
class Greyed:
    """Whether the colours are taken away."""

    grey: bool


@dataclass(frozen=True, slots=True)
class Erased:
    """What is covered.

    Attributes:
        region: The rectangle.
        seed: Where its noise comes from.
    """

    region: Region
    seed: int


@dataclass(frozen=True, slots=True)
class Operations:
    """What RandAugment or TrivialAugment does, in this order.

    Attributes:
        each: Names of `policies.OPERATIONS` with their magnitude, sign included.
    """

    each: tuple[tuple[str, float], ...]


def draw_colour_step(
    step: ColourStep, height: int, width: int, numbers: Sequence[float]
) -> StepDraw:
    """Decide what one step does to a picture of that size; `numbers` are the step's own."""
    match step:
        case ColourJitter():
            return _draw_jitter(step, height, width, numbers)
        case PCAColour():
            return _draw_pca(step, height, width, numbers)
        case RandomGrayscale():
            return _draw_grayscale(step, height, width, numbers)
        case RandomErasing():
            return _draw_erasing(step, height, width, numbers)
        case RandAugment():
            return _draw_rand_augment(step, height, width, numbers)
        case TrivialAugment():
            return _draw_trivial_augment(step, height, width, numbers)
        case PerPixelMean():
            return _draw_per_pixel_mean(step, height, width)
        case _:
            assert_never(step)


def _draw_jitter(step: ColourJitter, height: int, width: int, numbers: Sequence[float]) -> StepDraw:
    """Draw the four factors, then one of the 24 orders.

    A property of strength 0 has its number all the same, so that switching one off leaves the
    others as they were.
    """
    drawn: dict[Property, float] = {}
    for name, number in zip(_PROPERTIES, numbers, strict=False):
        strength = getattr(step, name)
        if strength:
            centre = 0.0 if name == "hue" else 1.0
            low = centre - strength if name == "hue" else max(0.0, centre - strength)
            drawn[name] = _between(low, centre + strength, number)
    order = [name for name in _order(numbers[4]) if name in drawn]
    text = ", then ".join(_property_words(name, drawn[name]) for name in order)
    values: dict[str, Any] = {name: drawn[name] for name in _PROPERTIES if name in drawn}
    if "hue" in drawn:
        values["hue_degrees"] = 360 * drawn["hue"]
    return StepDraw(
        step.kind,
        (height, width),
        text or "colours left as they are",
        values={**values, "order": " ".join(order)},
        detail=Adjustments(tuple((name, drawn[name]) for name in order)),
    )


def _order(number: float) -> tuple[Property, ...]:
    """Return one of the 24 orders of the four properties."""
    place, order, left = int(number * 24), [], list(_PROPERTIES)
    for choices in (4, 3, 2, 1):
        place, chosen = divmod(place, choices)
        order.append(left.pop(chosen))
    return tuple(order)


def _property_words(name: Property, value: float) -> str:
    return f"hue {_signed(360 * value)}°" if name == "hue" else f"{name} ×{value:.2f}"


def _draw_pca(step: PCAColour, height: int, width: int, numbers: Sequence[float]) -> StepDraw:
    alphas = [step.std * _NORMAL.inv_cdf(max(number, _LEAST)) for number in numbers]
    amounts = [alpha * value for alpha, value in zip(alphas, step.eigenvalues, strict=True)]
    red, green, blue = (
        255 * sum(share * amount for share, amount in zip(row, amounts, strict=True))
        for row in step.eigenvectors
    )
    return StepDraw(
        step.kind,
        (height, width),
        f"red {_signed(red, 1)}, green {_signed(green, 1)}, blue {_signed(blue, 1)} levels",
        values={
            **{f"alpha_{place}": alpha for place, alpha in enumerate(alphas, start=1)},
            **{"red": red, "green": green, "blue": blue},
        },
        detail=Tint(red, green, blue),
    )


def _draw_grayscale(
    step: RandomGrayscale, height: int, width: int, numbers: Sequence[float]
) -> StepDraw:
    grey = numbers[0] < step.p
    return StepDraw(
        step.kind,
        (height, width),
        "made grey" if grey else "colours kept",
        values={"number": numbers[0], "grey": grey},
        detail=Greyed(grey),
    )


def _draw_erasing(
    step: RandomErasing, height: int, width: int, numbers: Sequence[float]
) -> StepDraw:
    size = (height, width)
    if numbers[0] >= step.p:
        values = {"number": numbers[0], "erased": False}
        return StepDraw(step.kind, size, "nothing covered", values=values)
    attempts = _rectangles(step, height, width, numbers[1:-3])
    last = attempts[-1]
    values = {"number": numbers[0], "erased": last.accepted, "attempt": len(attempts)}
    if not last.accepted:
        text = f"nothing covered: none of {ERASING_ATTEMPTS} attempts fitted"
        return StepDraw(step.kind, size, text, values=values, attempts=attempts)
    # Every offset counts, the last one included, as in torchvision.
    top = int(numbers[-3] * (height - last.height + 1))
    left = int(numbers[-2] * (width - last.width + 1))
    region = Region(left, top, last.width, last.height)
    share = last.width * last.height / (width * height)
    return StepDraw(
        step.kind,
        size,
        f"{100 * share:.0f} % covered: {last.width} × {last.height} at ({left}, {top}), "
        f"{_COVERS[step.value]}",
        values={**values, "area_fraction": share, **region._asdict()},
        attempts=attempts,
        detail=Erased(region, int(numbers[-1] * 2**53)),
    )


_COVERS: Final = {"black": "black", "mean": "the mean colour", "noise": "noise"}


def _rectangles(
    step: RandomErasing, height: int, width: int, numbers: Sequence[float]
) -> tuple[Attempt, ...]:
    """Draw areas and ratios until a rectangle is smaller than the picture, as torchvision does."""
    attempts: list[Attempt] = []
    low, high = (math.log(bound) for bound in step.ratio)
    for number in range(ERASING_ATTEMPTS):
        fraction = _between(*step.scale, numbers[2 * number])
        ratio = math.exp(_between(low, high, numbers[2 * number + 1]))  # height over width
        area = fraction * height * width
        tall, wide = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        fits = tall < height and wide < width
        attempts.append(Attempt(fraction, 1 / ratio, False, wide, tall, fits))
        if fits:
            break
    return tuple(attempts)


def _draw_rand_augment(
    step: RandAugment, height: int, width: int, numbers: Sequence[float]
) -> StepDraw:
    each = []
    for number in range(step.operations):
        chosen, sign = numbers[2 * number : 2 * number + 2]
        operation = _operation(chosen)
        amount = _signed_amount(step, operation, step.magnitude, sign, height, width)
        each.append((operation, amount))
    values: dict[str, Any] = {}
    for place, (operation, amount) in enumerate(each, start=1):
        values[f"operation_{place}"] = operation
        values[f"magnitude_{place}"] = amount if has_magnitude(operation) else None
    return _policy_draw(step, height, width, tuple(each), values)


def _draw_trivial_augment(
    step: TrivialAugment, height: int, width: int, numbers: Sequence[float]
) -> StepDraw:
    operation, place = _operation(numbers[0]), int(numbers[1] * step.bins)
    amount = _signed_amount(step, operation, place, numbers[2], height, width)
    known = has_magnitude(operation)
    values = {
        "operation": operation,
        "magnitude": amount if known else None,
        "bin": place if known else None,
    }
    return _policy_draw(step, height, width, ((operation, amount),), values)


def _operation(number: float) -> str:
    return OPERATIONS[int(number * len(OPERATIONS))]


def _signed_amount(
    step: Policy, operation: str, place: int, sign: float, height: int, width: int
) -> float:
    amount = magnitude(step, operation, place, height, width)
    return -amount if has_direction(operation) and sign < 0.5 else amount


def _policy_draw(
    step: Policy,
    height: int,
    width: int,
    each: tuple[tuple[str, float], ...],
    values: dict[str, Any],
) -> StepDraw:
    affine: Affine | None = None
    for operation, amount in each:
        affine = after(affine, moved(operation, amount, height, width))
    return StepDraw(
        step.kind,
        (height, width),
        ", then ".join(words(operation, amount) for operation, amount in each),
        values=values,
        affine=affine,
        detail=Operations(each),
    )


def _draw_per_pixel_mean(step: PerPixelMean, height: int, width: int) -> StepDraw:
    """Say what is subtracted; that the sizes agree is the pipeline's own rule."""
    measured = f" of {step.pictures:,} pictures" if step.pictures else ""
    means = step.channel_means
    text = f"mean picture{measured} subtracted, std {' / '.join(f'{s:.3g}' for s in step.std)}"
    values = {"pictures": step.pictures, "mean": means, "std": step.std}
    return StepDraw(step.kind, (height, width), text, values=values)


def _between(low: float, high: float, number: float) -> float:
    return low + (high - low) * number


def _signed(value: float, digits: int = 0) -> str:
    """Return a number with its sign; what is rounded to zero has none."""
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return f"{'−' if value < 0 else '+'}{text}"
