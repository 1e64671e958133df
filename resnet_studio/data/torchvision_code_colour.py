"""Exported torchvision code of the steps that change colours; see `torchvision_code.py`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import assert_never

from resnet_studio.data.augment_steps import Step
from resnet_studio.data.colour_steps import (
    ColourJitter,
    ColourStep,
    PCAColour,
    RandAugment,
    RandomErasing,
    RandomGrayscale,
    TrivialAugment,
)
from resnet_studio.data.drawn import StepDraw
from resnet_studio.data.mean_picture import PerPixelMean
from resnet_studio.data.torchvision_code_parts import Part, interpolation, number, numbers

_COLUMNS = 88
_ADJUST = {
    "brightness": "adjust_brightness",
    "contrast": "adjust_contrast",
    "saturation": "adjust_saturation",
    "hue": "adjust_hue",
    "Brightness": "adjust_brightness",
    "Contrast": "adjust_contrast",
    "Color": "adjust_saturation",
    "Sharpness": "adjust_sharpness",
}


def colour_call(step: ColourStep) -> Part:
    """Return the step as an object with torchvision's chance."""
    match step:
        case ColourJitter():
            strengths = (
                f"{name}={number(getattr(step, name))}"
                for name in ("brightness", "contrast", "saturation", "hue")
            )
            return Part(f"v2.ColorJitter({', '.join(strengths)})")
        case PCAColour():
            vectors = ", ".join(numbers(row) for row in step.eigenvectors)
            text = f"{number(step.std)}, {numbers(step.eigenvalues)}, ({vectors})"
            return Part(f"PCAColour({text})", ("PCAColour",))
        case RandomGrayscale():
            return Part(f"v2.RandomGrayscale(p={number(step.p)})")
        case RandomErasing():
            return _erasing_call(step)
        case RandAugment():
            strength = f"{step.operations}, {step.magnitude}, {step.bins}"
            mode = interpolation(step.interpolation)
            return Part(f"v2.RandAugment({strength}, interpolation={mode})")
        case TrivialAugment():
            mode = interpolation(step.interpolation)
            return Part(f"v2.TrivialAugmentWide({step.bins}, interpolation={mode})")
        case PerPixelMean():
            return mean_picture_call(step)
        case _:
            assert_never(step)


def _erasing_call(step: RandomErasing) -> Part:
    how = f"p={number(step.p)}, scale={numbers(step.scale)}, ratio={numbers(step.ratio)}"
    match step.value:
        case "black":
            return Part(f"v2.RandomErasing({how}, value=0)")
        case "mean":
            return Part(f"v2.RandomErasing({how}, value={step.mean_colour})")
        case "noise":
            return Part(f'RandomNoiseErasing({how}, value="random")', ("RandomNoiseErasing",))


def colour_calls(step: ColourStep, drawn: StepDraw) -> Sequence[Part]:
    """Return what a draw does to `picture`, expressions in order."""
    match step:
        case ColourJitter():
            return [Part(_adjusted(name, factor)) for name, factor in drawn.detail.each]
        case PCAColour():
            return [_tinted(drawn)]
        case RandomGrayscale():
            grey = "F.rgb_to_grayscale(picture, num_output_channels=3)"
            return [Part(grey)] if drawn.detail.grey else []
        case RandomErasing():
            return _erased(step, drawn)
        case RandAugment() | TrivialAugment():
            mode = interpolation(step.interpolation, "F")
            each = drawn.detail.each
            return [Part(text) for name, amount in each for text in _operated(name, amount, mode)]
        case PerPixelMean():
            return [mean_picture_call(step, called=True)]
        case _:
            assert_never(step)


def _adjusted(name: str, factor: float) -> str:
    return f"F.{_ADJUST[name]}(picture, {factor!r})"


def _tinted(drawn: StepDraw) -> Part:
    detail = drawn.detail
    shift = [max(-255, min(255, round(v))) for v in (detail.red, detail.green, detail.blue)]
    return Part(f"add_colour(picture, {shift})", ("add_colour",))


def _erased(step: RandomErasing, drawn: StepDraw) -> Sequence[Part]:
    if drawn.detail is None:
        return []
    left, top, width, height = drawn.detail.region
    place = f"i={top}, j={left}, h={height}, w={width}"
    if step.value == "noise":
        what = f"noise({drawn.detail.seed}, {height}, {width})"
        return [Part(f"F.erase(picture, {place}, v={what})", ("noise",))]
    colour = list(step.mean_colour) if step.value == "mean" else [0, 0, 0]
    what = f"torch.tensor({colour}, dtype=torch.uint8).view(3, 1, 1)"
    return [Part(f"F.erase(picture, {place}, v={what})")]


def _operated(name: str, amount: float, mode: str) -> Iterator[str]:
    """Yield one operation of RandAugment or TrivialAugment."""
    match name:
        case "Identity":
            return
        case "ShearX" | "ShearY" | "TranslateX" | "TranslateY":
            yield _moved(name, amount, mode)
        case "Rotate":
            yield f"F.rotate(picture, {amount!r}, interpolation={mode})"
        case "Posterize":
            yield f"F.posterize(picture, {int(amount)})"
        case "Solarize":
            yield f"F.solarize(picture, {255.0 * amount!r})"
        case "AutoContrast" | "Equalize":
            yield f"F.{name.lower()}(picture)"
        case _:
            yield _adjusted(name, 1.0 + amount)


def _moved(name: str, amount: float, mode: str) -> str:
    translate, shear, centre = [0, 0], [0.0, 0.0], ""
    along = 0 if name.endswith("X") else 1
    if name.startswith("Shear"):
        shear[along] = math.degrees(math.atan(amount))
        centre = ", center=[0, 0]"
    else:
        translate[along] = int(amount)
    how = f"angle=0.0, translate={translate}, scale=1.0, shear={shear}"
    return f"F.affine(picture, {how}, interpolation={mode}{centre})"


# --- the mean picture -----------------------------------------------------------------------------


def mean_picture_call(step: PerPixelMean, *, called: bool = False) -> Part:
    """Return the ending that subtracts a mean picture; applied to `picture` if `called`."""
    made = f"SubtractMeanPicture(MEAN_PICTURE, {step.side}, {list(step.std)})"
    return Part(f"{made}(picture)" if called else made, ("SubtractMeanPicture",))


def mean_picture_text(last: Step) -> str:
    """Return the constant with the mean picture of an ending; empty for another step."""
    if not isinstance(last, PerPixelMean):
        return ""
    text = "".join(last.picture)
    parts = (text[begin : begin + _COLUMNS] for begin in range(0, len(text), _COLUMNS))
    return "\n".join(["MEAN_PICTURE = (", *(f'    "{part}"' for part in parts), ")"])
