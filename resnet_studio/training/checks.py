"""What is checked before the first step: that a run fits together, and goes on as it was begun."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, Final

from resnet_studio.architecture.elements import LayerKind
from resnet_studio.architecture.graph import build_graph
from resnet_studio.data.batches import steps_per_epoch
from resnet_studio.data.sources import DataSplit
from resnet_studio.errors import RunError
from resnet_studio.training.checkpoint import TrainingState
from resnet_studio.training.config import RunConfig
from resnet_studio.training.distributed import World
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import Schedule

CHANGEABLE: Final = frozenset(
    {
        "epochs",
        "accumulate",
        "validation_batch_size",
        "early_stopping",
        "device",
        "precision",
        "compile",
        "data_path",
        "workers",
        "threads",
        "checkpoint_seconds",
        "keep_every",
        "keep_most",
        "tensorboard",
    }
)
"""Fields of the recipe that may be changed when a run is resumed."""


def check_fit(config: RunConfig, split: DataSplit, *, processes: int = 1) -> None:
    """Checks that network, data and recipe fit together.

    Args:
        config: The run.
        split: The data.
        processes: How many share each batch.

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
    _check_warmup(config.recipe, steps_per_epoch(len(split.train), config.recipe.batch_size))
    parts = processes * config.recipe.accumulate
    if min(len(split.train), config.recipe.batch_size) < 2 * parts:
        _check_single(config)


def _check_warmup(recipe: Recipe, per_epoch: int) -> None:
    """Refuses a warm-up that the run would not outlast; `Recipe` knows no epochs of a run in steps.

    Raises:
        RunError: Naming both lengths.
    """
    warm, total = round(recipe.warmup_epochs * per_epoch), recipe.total_steps(per_epoch)
    if recipe.schedule is not Schedule.ONE_CYCLE and warm > total:
        raise RunError(
            f"warmup_epochs is {recipe.warmup_epochs:g}, which is {warm:,} steps, and the whole "
            f"run has {total:,}.",
            remedy=f"It must be at most {total / per_epoch:.3g}; or choose a longer run.",
        )


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


def check_same(before: RunConfig, now: RunConfig) -> None:
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


def facts_of(split: DataSplit) -> dict[str, Any]:
    """Returns what shows whether the data has changed, as far as names, classes and counts tell."""
    names = 0
    for part in (split.train, split.validation):
        for index, label in zip(part.indices.tolist(), part.labels.tolist(), strict=True):
            told = f"{label} {part.dataset.file_of(index)}\n"
            names = zlib.crc32(told.encode("utf-8", "backslashreplace"), names)
    return {
        "classes": list(split.classes),
        "training pictures": len(split.train),
        "validation pictures": len(split.validation),
        "names of pictures": names,
    }


def check_alike(world: World, split: DataSplit) -> None:
    """Refuses processes that found different pictures: their batches would not be parts of one.

    Raises:
        RunError: If they differ.
    """
    pictures = [zlib.crc32(part.indices.tobytes()) for part in (split.train, split.validation)]
    labels = zlib.crc32(split.train.labels.tobytes())
    if not world.agree(len(split.train), len(split.validation), *pictures, labels):
        raise RunError(
            "The processes of this run do not see the same pictures.",
            remedy="Give all of them the same data set, and change nothing in it meanwhile.",
        )


def check_data(state: TrainingState, split: DataSplit) -> None:
    """Refuses to go on with other data.

    Raises:
        RunError: Naming what has changed.
    """
    # What a run of an older version did not note is taken for unchanged.
    now = facts_of(split)
    changed = [key for key, value in now.items() if state.data.get(key, value) != value]
    if changed:
        raise RunError(
            f"The data set has changed since the run was begun: other {', '.join(changed)}.",
            remedy="Restore the pictures, or start a new run. A run of an older version of the "
            "program may also have divided them otherwise.",
        )


def differences(state: TrainingState, hardware: Mapping[str, Any]) -> list[str]:
    """Tells what makes the resumed run differ in its last bits from one never stopped."""
    changed = [
        f"{key} {state.hardware.get(key)} before, {value} now"
        for key, value in hardware.items()
        if key in state.hardware and state.hardware[key] != value  # older runs note less
    ]
    if "processor" not in state.hardware:  # and whose optimiser adds in another order
        changed.append("an older version of the program before")
    if not changed:
        return []
    return [
        f"The run goes on under other conditions ({'; '.join(changed)}), so its figures may "
        "differ slightly from a run that was never stopped."
    ]
