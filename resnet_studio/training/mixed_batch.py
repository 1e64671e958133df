"""One batch of a run as MixUp or CutMix leave it, with what they drew: for showing it.

The batch comes from where training takes it, and is mixed by the same call with the same numbers.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resnet_studio.data.augment import AugmentSpec
from resnet_studio.data.batches import Batch, batches, steps_per_epoch
from resnet_studio.data.sources import DataSplit
from resnet_studio.data.transforms import denormalise
from resnet_studio.errors import DataError
from resnet_studio.training.mixing import Mixing, make_mixing
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import Sampler
from resnet_studio.training.seeding import step_randomness

_CPU = torch.device("cpu")


@dataclass(frozen=True, slots=True)
class Mixture:
    """What was drawn for a batch.

    Attributes:
        method: "mixup" or "cutmix".
        share: Share of its own that each picture and its class keep, 0 to 1: lambda.
        region: (left, top, right, bottom) in pixels of what CutMix pastes; None for MixUp.
    """

    method: str
    share: float
    region: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class MixedBatch:
    """A batch before and after it is mixed; picture i is mixed with picture i - 1.

    Attributes:
        number: Its place in the epoch, from 0.
        per_epoch: Batches of an epoch.
        indices: (N,) indices of the pictures in their data set.
        labels: (N,) int64 classes before.
        plain: (N, S, S, 3) uint8, before they are mixed.
        mixed: (N, S, S, 3) uint8, mixed; what cannot be a colour is cut off.
        images: (N, 3, S, S) float32, mixed and normalised: what the network reads.
        targets: (N, classes) float32, rows with the sum 1.
        mixture: What was drawn; None where the recipe mixes nothing.
    """

    number: int
    per_epoch: int
    indices: NDArray[np.int64]
    labels: NDArray[np.int64]
    plain: NDArray[np.uint8]
    mixed: NDArray[np.uint8]
    images: Tensor
    targets: Tensor
    mixture: Mixture | None


def mixed_batch(
    split: DataSplit, augment: AugmentSpec, recipe: Recipe, *, epoch: int, number: int
) -> MixedBatch:
    """Returns one batch as a run with that recipe reads it, where one process trains.

    Args:
        split: The pictures.
        augment: The pipeline of training.
        recipe: Batch size, seed, sampler, and what is mixed how strongly.
        epoch: From 0.
        number: Which batch of the epoch, from 0; the last one if there are not as many.

    Raises:
        DataError: If none of its pictures can be read.
    """
    per_epoch = steps_per_epoch(len(split.train), recipe.batch_size)
    number = min(number, per_epoch - 1)
    batch = _batch(split, augment, recipe, epoch, number)
    mixing = make_mixing(recipe, len(split.classes))
    drawn: list[Mixture] = []
    images, targets = batch.images, torch.eye(len(split.classes))[batch.labels]
    if mixing is not None:
        _watch(mixing, drawn)
        with step_randomness(recipe.seed, epoch * per_epoch + batch.number, _CPU):
            images, targets = mixing(batch.images, batch.labels)
    return MixedBatch(
        number=batch.number,
        per_epoch=per_epoch,
        indices=batch.indices,
        labels=batch.labels.numpy(),
        plain=denormalise(batch.images, augment),
        mixed=denormalise(images, augment),
        images=images,
        targets=targets,
        mixture=drawn[0] if drawn else None,
    )


def _batch(
    split: DataSplit, augment: AugmentSpec, recipe: Recipe, epoch: int, number: int
) -> Batch:
    source = batches(
        split.train,
        augment,
        batch_size=recipe.batch_size,
        seed=recipe.seed,
        epoch=epoch,
        shuffle=True,
        balanced=recipe.sampler is Sampler.BALANCED,
        start=number,
    )
    with contextlib.closing(source):
        batch = next(source, None)
    if batch is None:
        raise DataError(
            f"No picture of batch {number + 1} of {split.train.dataset.name} can be read.",
            remedy="See the list of problems, and choose another batch.",
        )
    return batch


def _watch(mixing: Mixing, drawn: list[Mixture]) -> None:
    """Notes what the transforms draw, without drawing anything itself."""
    chosen: Any = mixing.transform
    for transform in getattr(chosen, "transforms", [chosen]):
        transform.make_params = _noting(transform.make_params, drawn)


def _noting(
    draw: Callable[[list[Any]], dict[str, Any]], drawn: list[Mixture]
) -> Callable[[list[Any]], dict[str, Any]]:
    def make_params(inputs: list[Any]) -> dict[str, Any]:
        found = draw(inputs)
        if "box" in found:
            left, top, right, bottom = (int(edge) for edge in found["box"])
            share = float(found["lam_adjusted"])
            drawn.append(Mixture("cutmix", share, (left, top, right, bottom)))
        else:
            drawn.append(Mixture("mixup", float(found["lam"])))
        return found

    return make_params
