"""The batches of a run: each epoch's pictures to learn from, and those that are held out."""

from __future__ import annotations

from collections.abc import Generator

from resnet_studio.data.batches import Batch, PictureCache, Skipped, batches, steps_per_epoch
from resnet_studio.data.sources import DataSplit, Problem
from resnet_studio.training.config import RunConfig
from resnet_studio.training.recipe_choices import Sampler
from resnet_studio.training.steps import Stepper


class Feed:
    """Gives this process its part of every batch.

    Attributes:
        skipped: Called with each picture that turns out to be broken, in the thread that trains.
    """

    def __init__(
        self, config: RunConfig, split: DataSplit, stepper: Stepper, cache: PictureCache
    ) -> None:
        """Makes nothing yet.

        Args:
            config: The run.
            split: Its pictures.
            stepper: Knows the device, and the processes that share the batches.
            cache: Keeps pictures between epochs, or the processes that decode them.
        """
        self._config = config
        self._recipe = config.recipe
        self._split = split
        self._device = stepper.hardware.device
        self._share = stepper.world.share if stepper.world.size > 1 else None
        self._cache = cache
        self.skipped: Skipped = lambda _problem: None

    @property
    def validation_batches(self) -> int:
        """Batches of a validation."""
        return steps_per_epoch(len(self._split.validation), self._recipe.validation_batch)

    def training(self, epoch: int, *, start: int) -> Generator[Batch, None, None]:
        """Yields the batches of an epoch, shuffled and augmented.

        Args:
            epoch: Epochs completed before.
            start: Batches of it that were done before.
        """
        return batches(
            self._split.train,
            self._config.train_augment,
            batch_size=self._recipe.batch_size,
            seed=self._recipe.seed,
            epoch=epoch,
            shuffle=True,
            balanced=self._recipe.sampler is Sampler.BALANCED,
            device=self._device,
            start=start,
            skipped=self._skip,
            cache=self._cache,
            share=self._share,
        )

    def validation(self) -> Generator[Batch, None, None]:
        """Yields the pictures held out, in their order."""
        return batches(
            self._split.validation,
            self._config.validation_augment,
            batch_size=self._recipe.validation_batch,
            seed=self._recipe.seed,
            epoch=0,
            shuffle=False,
            device=self._device,
            skipped=self._skip,
            cache=self._cache,
            share=self._share,
        )

    def _skip(self, problem: Problem) -> None:
        self.skipped(problem)
