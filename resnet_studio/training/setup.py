"""All that comes before the first step: folder, data, network, and the state to go on from."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from resnet_studio.data.batches import PictureCache, steps_per_epoch
from resnet_studio.data.data_path import DataPathChoice, choose_data_path
from resnet_studio.data.plan import batch_sizes
from resnet_studio.data.sources import DataSplit, open_dataset
from resnet_studio.errors import Cancelled, RunError
from resnet_studio.files import sweep_temporaries
from resnet_studio.models.inplace import work_in_place
from resnet_studio.models.resnet import build_network
from resnet_studio.training import checkpoint, compiling, lock, metrics
from resnet_studio.training.averaging import make_average
from resnet_studio.training.checkpoint import Position, TrainingState
from resnet_studio.training.checks import (
    check_alike,
    check_data,
    check_fit,
    check_same,
    differences,
    facts_of,
)
from resnet_studio.training.choosing import chosen_hardware
from resnet_studio.training.config import RunConfig
from resnet_studio.training.control import Control
from resnet_studio.training.devices import Hardware, choose_hardware
from resnet_studio.training.distributed import World
from resnet_studio.training.events import Event, Progress, RunStarted, Warned
from resnet_studio.training.feed import Feed
from resnet_studio.training.gradients import Sections
from resnet_studio.training.keeper import About, Bystander, Keeper, Writer
from resnet_studio.training.mixing import make_mixing
from resnet_studio.training.optim import make_optimiser
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import ClassWeights
from resnet_studio.training.runs import RunFolder
from resnet_studio.training.steps import Stepper
from resnet_studio.training.sync_norm import synchronised


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run that is ready for its next step.

    Attributes:
        split: The data.
        feed: Makes its batches.
        stepper: The network, its optimiser and all else that a step needs.
        position: Where the run stands.
        steps_per_epoch: Batches in one epoch.
        keeper: Keeps the run.
    """

    split: DataSplit
    feed: Feed
    stepper: Stepper
    position: Position
    steps_per_epoch: int
    keeper: Keeper


def prepare(
    config: RunConfig,
    folder: RunFolder,
    *,
    control: Control,
    resume: bool,
    world: World,
    resources: contextlib.ExitStack,
) -> Generator[Event, None, Prepared]:
    """Makes a run ready, telling how far that is; ends with `RunStarted`.

    Args:
        config: The run.
        folder: Its folder.
        control: Read while the data is opened, which can take long.
        resume: Whether to go on with the run in the folder.
        world: The processes that train it.
        resources: Gets what must be closed at the end, also if this fails half-way.

    Raises:
        StudioError: Whatever prevents the run.
        Cancelled: If the run is stopped before it began.
    """
    state, warnings = _take_and_load(config, folder, resume, world, resources)
    # A run that leaves the threads open keeps those it began with: its bits depend on them.
    # Processes that share a computer share its cores anew.
    threads = state.hardware.get("threads") if state is not None and world.size == 1 else None
    hardware = world.placed(choose_hardware(config.recipe, threads=threads))
    split = yield from open_split(config, control)
    check_fit(config, split, processes=world.size)
    check_alike(world, split)
    steps = steps_per_epoch(len(split.train), config.recipe.batch_size)
    yield Progress("network", 0, 1)
    stepper = make_stepper(config, split, hardware, world)
    position, settled = Position(), None
    if state is not None:
        check_data(state, split)
        checkpoint.restore(state, stepper.model, stepper.optimiser, stepper.average)
        position, settled = state.position, state.hardware.get("compile")
    yield Progress("network", 1, 1)
    count, *others = stepper.counts(batch_sizes(len(split.train), config.recipe.batch_size))
    size = config.train_augment.output_size
    shape = count, config.network.in_channels, size, size
    compilation = yield from compiling.compiled(
        stepper.model, config.recipe, hardware, shape=shape, others=others, settled=settled
    )
    stepper.forward = world.wrap(compilation.forward)

    about = _about(
        config,
        split,
        {**hardware.describe(), "compile": compilation.chosen},
        total_steps=config.recipe.total_steps(steps),
        sections=stepper.sections.names,
    )
    if state is not None:
        warnings += differences(state, about.hardware)
    keeper = _begin(config, folder, about, position, resumed=state is not None, world=world)
    resources.callback(keeper.close)
    path = _data_path(config, split, hardware, world)
    cache = resources.enter_context(PictureCache.of(path))
    for text in warnings:
        yield Warned(text)
    yield RunStarted(
        run_dir=folder.path,
        classes=split.classes,
        train_size=len(split.train),
        validation_size=len(split.validation),
        device=hardware.device.type,
        precision=hardware.precision.value,
        threads=hardware.threads,
        steps_per_epoch=steps,
        total_steps=about.total_steps,
        start_step=position.step,
        parameters=sum(parameter.numel() for parameter in stepper.model.parameters()),
        problems=tuple(str(problem) for problem in split.problems),
        sections=stepper.sections.names,
        choices=(
            *chosen_hardware(hardware, config.recipe),
            ("data path", path.kind, path.why),
            compilation.choice,
        ),
        processes=world.size,
    )
    feed = Feed(config, split, stepper, cache)
    return Prepared(split, feed, stepper, position, steps, keeper)


def _take_and_load(
    config: RunConfig,
    folder: RunFolder,
    resume: bool,
    world: World,
    resources: contextlib.ExitStack,
) -> tuple[TrainingState | None, list[str]]:
    """Takes the folder and reads its checkpoint; the writer first, since it may mend the folder."""
    if world.main:
        _take(config, folder, resume=resume, resources=resources)
        loaded = _load(config, folder, resume=resume)
        world.barrier()
        return loaded
    world.barrier()
    return _load(config, folder, resume=resume)


def _data_path(
    config: RunConfig, split: DataSplit, hardware: Hardware, world: World
) -> DataPathChoice:
    """Returns where the pictures come from in each epoch."""
    return choose_data_path(
        split,
        train=config.train_augment,
        validation=config.validation_augment,
        device=hardware.device,
        batch_size=config.recipe.batch_size,
        data_path=config.recipe.data_path,
        workers=config.recipe.workers,
        programs=world.local_size,
    )


def make_stepper(config: RunConfig, split: DataSplit, hardware: Hardware, world: World) -> Stepper:
    """Builds the network and all that trains it, on the device."""
    recipe = config.recipe
    model = work_in_place(build_network(config.network, seed=recipe.seed))
    if recipe.sync_batch_norm and world.size > 1:
        synchronised(model, hardware.device)
    model.to(device=hardware.device)
    model.to(memory_format=torch.channels_last)
    weights = class_weights(recipe, split)
    return Stepper(
        model=model,
        forward=model,
        optimiser=make_optimiser(model, recipe, hardware),
        hardware=hardware,
        recipe=recipe,
        sections=Sections.of(model),
        class_weights=None if weights is None else weights.to(hardware.device),
        mixing=make_mixing(recipe, len(split.classes)),
        average=make_average(model, recipe),
        world=world,
    )


def class_weights(recipe: Recipe, split: DataSplit) -> Tensor | None:
    """Returns what a picture of each class counts in the loss, (classes,) float32; None for 1.

    A class without training pictures counts nothing; the mean over the training pictures is 1.
    """
    if recipe.class_weights is ClassWeights.NONE:
        return None
    counts = torch.from_numpy(split.train.counts).to(torch.float64)
    present = counts > 0
    shares = torch.zeros_like(counts)
    shares[present] = counts.sum() / (present.sum() * counts[present])
    return shares.to(torch.float32)


def _take(
    config: RunConfig, folder: RunFolder, *, resume: bool, resources: contextlib.ExitStack
) -> None:
    """Makes or opens the folder and locks it.

    Raises:
        RunError: If it is not there, is in use, or already holds a run that has begun.
    """
    if resume and not folder.exists:
        raise RunError(
            f"There is no run in {folder.path} to resume.",
            remedy="Choose the folder of a run, the one that contains run.toml.",
        )
    if not folder.exists:
        folder.prepare(config)
    try:
        resources.callback(lock.acquire(folder.path).release)
        sweep_temporaries(folder.path)
        sweep_temporaries(folder.checkpoints)
    except OSError as error:
        raise RunError(
            f"The run folder {folder.path} cannot be written: {error.strerror or error}.",
            remedy="Make it writable, or start a new run elsewhere.",
        ) from error
    begun = any((folder.checkpoints / name).exists() for name in checkpoint.NAMES)
    if not resume and (begun or folder.config != config):
        raise RunError(
            f"{folder.path} already holds a run.",
            remedy="Resume it, or choose another folder for the new run.",
        )


def _load(
    config: RunConfig, folder: RunFolder, *, resume: bool
) -> tuple[TrainingState | None, list[str]]:
    """Returns the state to go on from, None at the beginning, and what to warn of.

    Raises:
        RunError: If the configuration is not that of the run.
        CheckpointError: If no checkpoint can be used.
    """
    found = checkpoint.load_state(folder.checkpoints) if resume else None
    if found is None:
        if resume:
            check_same(folder.config, config)
        return None, []
    state, problems = found
    check_same(RunConfig.from_toml(state.config), config)
    used = f"The run goes on from the checkpoint before it, of step {state.position.step}."
    return state, [f"{problem} {used}" for problem in problems]


def open_split(config: RunConfig, control: Control) -> Generator[Event, None, DataSplit]:
    """Opens the data set, telling how far that is.

    Raises:
        DataError: If it cannot be used.
        Cancelled: If the run was stopped meanwhile.
    """
    for item in open_dataset(config.data):
        if isinstance(item, DataSplit):
            return item
        if control.stopping:
            raise Cancelled
        yield Progress("data", item.done, item.total or 0)
    raise AssertionError("open_dataset ended without a data set")


def _about(
    config: RunConfig,
    split: DataSplit,
    hardware: dict[str, Any],
    *,
    total_steps: int,
    sections: tuple[str, ...],
) -> About:
    return About(
        config=config.to_toml(),
        classes=split.classes,
        preprocessing=config.validation_augment.to_dict(),
        hardware=hardware,
        data=facts_of(split),
        total_steps=total_steps,
        every_seconds=config.recipe.checkpoint_seconds,
        keep_every=config.recipe.keep_every,
        keep_most=config.recipe.keep_most,
        tensorboard=config.recipe.tensorboard,
        sections=sections,
    )


def _begin(
    config: RunConfig,
    folder: RunFolder,
    about: About,
    position: Position,
    *,
    resumed: bool,
    world: World,
) -> Keeper:
    """Writes that the run begins or goes on, and opens its files; only the writer does that.

    Raises:
        RunError: If the folder cannot be written.
    """
    found = position if resumed else None
    if not world.main:
        return Bystander(found)
    folder.record(config=config, hardware=about.hardware)
    try:
        metrics.cut(folder.metrics_path, step=position.step, epoch=position.epoch)
    except OSError as error:
        raise RunError(
            f"{folder.metrics_path} cannot be written: {error.strerror or error}.",
            remedy="Free some space and make the folder writable.",
        ) from error
    keeper = Writer(folder, about, found=found)
    now = datetime.datetime.now().astimezone().isoformat("T", "seconds")
    keeper.log({"event": "start", "step": position.step, "time": now, **about.hardware})
    keeper.write_status(position)
    return keeper
