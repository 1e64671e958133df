"""All that comes before the first step: folder, data, network, and the state to go on from."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

import torch

from resnet_studio.architecture.elements import LayerKind
from resnet_studio.architecture.graph import build_graph
from resnet_studio.data.batches import steps_per_epoch
from resnet_studio.data.sources import DataSplit, open_dataset
from resnet_studio.errors import Cancelled, RunError
from resnet_studio.files import sweep_temporaries
from resnet_studio.models.inplace import work_in_place
from resnet_studio.models.resnet import ResNet, build_network
from resnet_studio.training import checkpoint, lock, metrics
from resnet_studio.training.checkpoint import Position, TrainingState
from resnet_studio.training.config import RunConfig
from resnet_studio.training.control import Control
from resnet_studio.training.devices import Hardware, choose_hardware
from resnet_studio.training.events import Event, Progress, RunStarted, Warned
from resnet_studio.training.keeper import About, Keeper
from resnet_studio.training.optim import make_optimiser
from resnet_studio.training.runs import RunFolder

CHANGEABLE: Final = frozenset(
    {"epochs", "device", "precision", "threads", "validation_batch_size", "checkpoint_seconds"}
)
"""Fields of the recipe that may be changed when a run is resumed."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run that is ready for its next step.

    Attributes:
        split: The data.
        hardware: Device and arithmetic.
        model: The network on the device, channels last, in training mode.
        optimiser: Over its parameters.
        position: Where the run stands.
        steps_per_epoch: Batches in one epoch.
        keeper: Writes the run's files.
    """

    split: DataSplit
    hardware: Hardware
    model: ResNet
    optimiser: torch.optim.Optimizer
    position: Position
    steps_per_epoch: int
    keeper: Keeper


def prepare(
    config: RunConfig,
    folder: RunFolder,
    *,
    control: Control,
    resume: bool,
    resources: contextlib.ExitStack,
) -> Generator[Event, None, Prepared]:
    """Makes a run ready, telling how far that is; ends with `RunStarted`.

    Args:
        config: The run.
        folder: Its folder.
        control: Read while the data is opened, which can take long.
        resume: Whether to go on with the run in the folder.
        resources: Gets what must be closed at the end, also if this fails half-way.

    Raises:
        StudioError: Whatever prevents the run.
        Cancelled: If the run is stopped before it began.
    """
    _take(config, folder, resume=resume, resources=resources)
    state, warnings = _load(config, folder, resume=resume)
    # A run that leaves the threads open keeps those it began with: its bits depend on them.
    threads = state.hardware.get("threads") if state is not None else None
    hardware = choose_hardware(config.recipe, threads=threads)
    split = yield from _open_data(config, control)
    check_fit(config, split)
    steps = steps_per_epoch(len(split.train), config.recipe.batch_size)
    about = _about(config, split, hardware, total_steps=steps * config.recipe.epochs)

    yield Progress("network", 0, 1)
    model = work_in_place(build_network(config.network, seed=config.recipe.seed))
    model.to(device=hardware.device)
    model.to(memory_format=torch.channels_last)
    optimiser = make_optimiser(model, config.recipe)
    position = Position()
    if state is not None:
        _check_data(state, about)
        warnings += _differences(state, about)
        checkpoint.restore(state, model, optimiser)
        position = state.position
    yield Progress("network", 1, 1)

    keeper = _begin(config, folder, about, position)
    resources.callback(keeper.close)
    if state is not None:
        keeper.found(position)
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
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        problems=tuple(str(problem) for problem in split.problems),
    )
    return Prepared(split, hardware, model, optimiser, position, steps, keeper)


def check_fit(config: RunConfig, split: DataSplit) -> None:
    """Checks that network, data and recipe fit together.

    Raises:
        StudioError: Naming what does not fit, and the remedy.
    """
    network, classes = config.network, len(split.classes)
    if network.classes != classes:
        raise RunError(
            f"The network has {network.classes} outputs and the data set {split.name} has "
            f"{classes} classes.",
            remedy=f"Set the network's classes to {classes}.",
        )
    if network.in_channels != 3:
        raise RunError(
            f"The network reads {network.in_channels} channels and pictures have 3.",
            remedy="Set the network's input channels to 3.",
        )
    if min(len(split.train), config.recipe.batch_size) < 2:
        _check_single(config)


def _check_single(config: RunConfig) -> None:
    """Refuses batches of one picture where a feature map has one number per channel.

    Raises:
        RunError: Since batch normalisation would turn every such number into 0.
    """
    graph = build_graph(config.network, input_size=config.train_augment.output_size)
    for layer in graph.layers:
        if layer.kind is LayerKind.BATCH_NORM and layer.output_shape[1:] == (1, 1):
            raise RunError(
                f"Batches of one picture leave the batch normalisation {layer.name} one number "
                "for each channel, which it cannot normalise.",
                remedy="Choose a batch size of at least 2 and have at least 2 training pictures.",
            )


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
            _check_same(folder.config, config)
        return None, []
    state, problems = found
    _check_same(RunConfig.from_toml(state.config), config)
    used = f"The run goes on from the checkpoint before it, of step {state.position.step}."
    return state, [f"{problem} {used}" for problem in problems]


def _check_same(before: RunConfig, now: RunConfig) -> None:
    """Refuses a resumed run that would be another run.

    Raises:
        RunError: Naming what differs.
    """
    old, new = before.to_dict(), now.to_dict()
    for recipe in (old["recipe"], new["recipe"]):
        for field in CHANGEABLE:
            recipe.pop(field, None)
    different = [part for part in old if part != "recipe" and old[part] != new[part]]
    fields = old["recipe"].keys() | new["recipe"].keys()
    different += sorted(f for f in fields if old["recipe"].get(f) != new["recipe"].get(f))
    if different:
        raise RunError(
            f"The run was begun with another configuration; {', '.join(different)} differ.",
            remedy="Resume it as it was, or start a new run.",
        )


def _open_data(config: RunConfig, control: Control) -> Generator[Event, None, DataSplit]:
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


def _about(config: RunConfig, split: DataSplit, hardware: Hardware, *, total_steps: int) -> About:
    return About(
        config=config.to_toml(),
        classes=split.classes,
        preprocessing=config.validation_augment.to_dict(),
        hardware=hardware.describe(),
        data={
            "classes": list(split.classes),
            "training pictures": len(split.train),
            "validation pictures": len(split.validation),
        },
        total_steps=total_steps,
        every_seconds=config.recipe.checkpoint_seconds,
    )


def _check_data(state: TrainingState, about: About) -> None:
    """Refuses to go on with other data.

    Raises:
        RunError: Naming what has changed.
    """
    changed = [key for key, value in about.data.items() if state.data.get(key) != value]
    if changed:
        raise RunError(
            f"The data set has changed since the run was begun: other {', '.join(changed)}.",
            remedy="Restore the pictures, or start a new run.",
        )


def _differences(state: TrainingState, about: About) -> list[str]:
    """Tells what makes the resumed run differ in its last bits from one never stopped."""
    changed = [
        f"{key} {state.hardware.get(key)} before, {value} now"
        for key, value in about.hardware.items()
        if state.hardware.get(key) != value
    ]
    if not changed:
        return []
    return [
        f"The run goes on under other conditions ({'; '.join(changed)}), so its figures may "
        "differ slightly from a run that was never stopped."
    ]


def _begin(config: RunConfig, folder: RunFolder, about: About, position: Position) -> Keeper:
    """Writes that the run begins or goes on, and opens its files.

    Raises:
        RunError: If the folder cannot be written.
    """
    folder.record(config=config, hardware=about.hardware)
    try:
        metrics.cut(folder.metrics_path, step=position.step, epoch=position.epoch)
    except OSError as error:
        raise RunError(
            f"{folder.metrics_path} cannot be written: {error.strerror or error}.",
            remedy="Free some space and make the folder writable.",
        ) from error
    keeper = Keeper(folder, about)
    now = datetime.datetime.now().astimezone().isoformat("T", "seconds")
    keeper.log({"event": "start", "step": position.step, "time": now, **about.hardware})
    keeper.write_status(position)
    return keeper
