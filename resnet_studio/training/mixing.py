"""MixUp and CutMix: each picture of a batch is blended with its neighbour, and so is its class.

MixUp: Zhang et al. 2017, arXiv:1710.09412. CutMix: Yun et al. 2019, arXiv:1905.04899. Both are
torchvision's. They mix what a process has at hand: with several processes each mixes its own
share of the batch, all with the same proportion.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from resnet_studio.training.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Mixing:
    """Mixes the pictures of a batch.

    Attributes:
        transform: Of torchvision, from (images, labels) to both of them mixed.
    """

    transform: Callable[[Tensor, Tensor], Any]

    def __call__(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Returns mixed pictures and their classes as probabilities.

        Draws from torch's generator for the processor; within `seeding.step_randomness` it is
        therefore a function of (seed, step) alone.

        Args:
            images: (N, C, H, W) float32, normalised.
            labels: (N,) int64.

        Returns:
            (N, C, H, W) float32 and (N, classes) float32, rows with the sum 1.
        """
        mixed, targets = self.transform(images, labels)
        return mixed, targets


def make_mixing(recipe: Recipe, classes: int) -> Mixing | None:
    """Returns what the recipe asks for; with both, each batch gets one of them by even chance."""
    if not (recipe.mixup or recipe.cutmix):
        return None
    # Only here: importing it takes longer than a second.
    v2: Any = importlib.import_module("torchvision.transforms.v2")
    both: list[Any] = []
    if recipe.mixup:
        both.append(v2.MixUp(alpha=recipe.mixup, num_classes=classes))
    if recipe.cutmix:
        both.append(v2.CutMix(alpha=recipe.cutmix, num_classes=classes))
    return Mixing(both[0] if len(both) == 1 else v2.RandomChoice(both))
