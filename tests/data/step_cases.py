"""A case or more for each kind of step, on real pictures; a kind without a case fails a test."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

from resnet_studio.data.augment import AugmentSpec
from resnet_studio.data.augment_steps import (
    CenterCrop,
    HorizontalFlip,
    Normalise,
    PadCrop,
    RandomResizedCrop,
    RandomRotation,
    RandomShortSide,
    Resize,
    ResizeExact,
    Step,
    VerticalFlip,
)
from resnet_studio.data.colour_steps import (
    ColourJitter,
    PCAColour,
    RandAugment,
    RandomErasing,
    RandomGrayscale,
    TrivialAugment,
)
from resnet_studio.data.imaging import sample_pictures
from resnet_studio.data.mean_picture import packed

SIDE = 40
IMAGENET = Normalise(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
# (width, height) of the parts of the two sample photographs.
SIZES = ((60, 60), (90, 52), (48, 77), (64, 43), (120, 50), (44, 44))


@cache
def photographs() -> list[np.ndarray]:
    """Parts of the two photographs, made small; (H, W, 3) uint8 of different sizes."""
    first, second = (Image.fromarray(picture.rgb) for picture in sample_pictures())
    parts = []
    for number, size in enumerate(SIZES):
        photo = second if number % 2 else first
        box = (20 * number, 10 * number, 20 * number + 7 * size[0] // 2, 10 * number + 300)
        parts.append(np.asarray(photo.resize(size, box=box)))
    return parts


def equal_photographs() -> np.ndarray:
    """The same made squares: (N, 48, 48, 3) uint8."""
    return np.stack([np.asarray(Image.fromarray(p).resize((48, 48))) for p in photographs()])


def mean_picture():
    return packed(equal_photographs()[:, 4 : 4 + SIDE, 4 : 4 + SIDE].mean(axis=0), pictures=6)


STEPS: dict[str, Step] = {
    "random_resized_crop": RandomResizedCrop(size=SIDE),
    "random_resized_crop older": RandomResizedCrop(size=SIDE, rule="uniform_swap"),
    "resize": Resize(size=45),
    "resize_exact": ResizeExact(size=SIDE),
    "random_short_side": RandomShortSide(min=41, max=70),
    "center_crop": CenterCrop(size=SIDE),
    "pad_crop": PadCrop(padding=4, size=SIDE),
    "pad_crop coloured": PadCrop(padding=9, size=SIDE, fill=(125, 3, 255)),
    "pad_crop plain": PadCrop(padding=0, size=SIDE),
    "horizontal_flip": HorizontalFlip(),
    "vertical_flip": VerticalFlip(),
    "random_rotation": RandomRotation(degrees=40),
    "random_rotation nearest": RandomRotation(fill=(9, 99, 199), interpolation="nearest"),
    "colour_jitter": ColourJitter(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1),
    "pca_colour": PCAColour(std=0.5),
    "random_grayscale": RandomGrayscale(p=0.5),
    "random_erasing": RandomErasing(p=0.7),
    "random_erasing mean": RandomErasing(p=0.7, value="mean"),
    "random_erasing noise": RandomErasing(p=0.7, value="noise"),
    "rand_augment": RandAugment(),
    "rand_augment bilinear": RandAugment(operations=4, interpolation="bilinear"),
    "trivial_augment": TrivialAugment(),
    "normalise": IMAGENET,
    "per_pixel_mean": mean_picture(),
}


def kinds() -> set[str]:
    """The kinds of all steps there are."""
    return {step.model_fields["kind"].default for step in typing.get_args(Step)}


@dataclass(frozen=True)
class Reading:
    """Reads the photographs by their number; can be sent to another process."""

    def __call__(self, key: str) -> np.ndarray:
        return photographs()[int(key)]


def pipelines(name: str) -> list[AugmentSpec]:
    """The step after fixed steps, and on pictures as they are; as small squares in the end."""
    step = STEPS[name]
    if step.kind in ("normalise", "per_pixel_mean"):
        return [AugmentSpec(name=name, steps=(ResizeExact(size=SIDE), step))]
    square = (Resize(size=46), CenterCrop(size=44))
    known = step.side_after(44) is not None
    return [
        AugmentSpec(name=name, steps=(*square, step, *([] if known else _ending()), IMAGENET)),
        AugmentSpec(name=f"{name} first", steps=(step, *_ending())),
    ]


def _ending() -> tuple[Step, ...]:
    return (CenterCrop(size=SIDE),)
