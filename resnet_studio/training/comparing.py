"""Runs set beside each other: what each is, which settings differ, and their curves by epoch.

Plain data for the command line and the window; no torch, no Qt. Nothing is written.
"""

from __future__ import annotations

import csv
import io
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from resnet_studio.errors import RunError
from resnet_studio.training.config import RunConfig
from resnet_studio.training.events import EpochDone
from resnet_studio.training.presets import RECIPES
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.runs import RunFolder, RunListing, State

_MEAN_PICTURE: Final = "picture"
"""The field of `PerPixelMean` with thousands of characters."""
_SHOWN_NAMES: Final = 20
# A recipe keeps its name when it is trained for longer, elsewhere, or kept otherwise.
_NOT_IN_THE_NAME: Final = (
    *("epochs", "steps", "seed", "device", "precision", "compile", "data_path", "workers"),
    *("threads", "validation_batch_size", "checkpoint_seconds", "keep_every", "keep_most"),
    "tensorboard",
)
FIGURES: Final = (
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "validation_top5",
    "seconds",
)
"""What a comparison tells of each epoch: fields of `EpochDone`."""


@dataclass(frozen=True, slots=True)
class Overview:
    """One run in a list; of a broken one only name, folder, state, size and problem are known.

    Attributes:
        name: Name of its folder.
        path: The folder.
        state: How it stands.
        network: Name of the network.
        data: "digits", "cifar10", or the folder or archive of the pictures.
        recipe: The preset whose numbers it has, whatever length, seed and hardware; else empty.
        epoch: Epochs completed at the last save.
        epochs: Epochs of the whole run; None where steps decide and none has been completed.
        step: Steps done at the last save.
        steps: Steps of the whole run; 0 while unknown.
        best_accuracy: Highest validation accuracy, 0 to 1; None before the first.
        best_epoch: The epoch of it; None if the curves do not have it.
        seconds: Time of its epochs, without pauses.
        created: When it was made, in ISO format; may be empty.
        bytes: Room on the disk.
        problem: What is wrong with its files; else empty.
    """

    name: str
    path: Path
    state: State
    network: str = ""
    data: str = ""
    recipe: str = ""
    epoch: int = 0
    epochs: int | None = None
    step: int = 0
    steps: int = 0
    best_accuracy: float | None = None
    best_epoch: int | None = None
    seconds: float = 0.0
    created: str = ""
    bytes: int = 0
    problem: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Returns plain values for JSON and CSV."""
        return asdict(self) | {"path": str(self.path)}


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting that is not the same in all runs.

    Attributes:
        field: Where it stands in `run.toml`: "recipe.learning_rate".
        values: What it is in each run, in their order; None where it is not set.
    """

    field: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs beside each other.

    Attributes:
        runs: What each is, in the order in which they were named.
        differences: Settings that differ among those whose settings can be read.
        curves: The epochs of each run, in the same order.
    """

    runs: tuple[Overview, ...]
    differences: tuple[Difference, ...]
    curves: tuple[tuple[EpochDone, ...], ...]

    def by_epoch(self) -> Iterator[tuple[int, tuple[EpochDone | None, ...]]]:
        """Yields each epoch that any run has, with what each run has of it."""
        found = [{done.epoch: done for done in curve} for curve in self.curves]
        for epoch in sorted(set().union(*found)):
            yield epoch, tuple(curve.get(epoch) for curve in found)


def overview(listing: RunListing) -> Overview:
    """Returns what a list tells of a run; reads its curves."""
    return _overview(listing, *_curve(listing.folder))


def compare(listings: Sequence[RunListing]) -> Comparison:
    """Sets runs beside each other; broken ones are told with their problem."""
    read = [_curve(listing.folder) for listing in listings]
    return Comparison(
        runs=tuple(
            _overview(listing, *curve) for listing, curve in zip(listings, read, strict=True)
        ),
        differences=differences([listing.config for listing in listings]),
        curves=tuple(epochs for epochs, _ in read),
    )


def differences(configs: Sequence[RunConfig | None]) -> tuple[Difference, ...]:
    """Returns the settings that are not the same in all configurations, in their order.

    Args:
        configs: The configurations; None for one that cannot be read, which has no settings.
    """
    flat = [{} if config is None else dict(_flat(config.to_dict())) for config in configs]
    known = [settings for settings in flat if settings]
    # In the order of the file; dict keeps the first place of each.
    fields = dict.fromkeys(field for settings in known for field in settings)
    return tuple(
        Difference(field, tuple(settings.get(field) for settings in flat))
        for field in fields
        if any(settings.get(field) != known[0].get(field) for settings in known)
    )


def preset_of(recipe: Recipe) -> str:
    """Returns the id of the preset that has these numbers, whatever length, seed and hardware."""
    numbers = recipe.model_dump(exclude=set(_NOT_IN_THE_NAME))
    for preset in RECIPES.values():
        if preset.recipe.model_dump(exclude=set(_NOT_IN_THE_NAME)) == numbers:
            return preset.id
    return ""


# -- one run ------------------------------------------------------------------------------------


def _overview(listing: RunListing, curve: tuple[EpochDone, ...], problem: str) -> Overview:
    folder, status = listing.folder, listing.status
    known = {} if listing.config is None else _about(listing.config, curve)
    best = max(curve, key=lambda done: done.validation_accuracy, default=None)
    accuracy = status.best_accuracy
    if accuracy is None and best is not None:
        accuracy = best.validation_accuracy
    return Overview(
        name=folder.name,
        path=folder.path,
        state=status.state,
        epoch=status.epoch,
        step=status.step,
        steps=status.total_steps,
        best_accuracy=accuracy,
        best_epoch=best.epoch if best and best.validation_accuracy == accuracy else None,
        seconds=round(sum(done.seconds for done in curve), 3),
        bytes=size_of(folder.path),
        problem=listing.problem or problem,
        created="" if listing.problem else folder.created,
        **known,
    )


def _about(config: RunConfig, curve: Sequence[EpochDone]) -> dict[str, Any]:
    recipe, epochs = config.recipe, None
    if recipe.steps is None:
        epochs = recipe.epochs
    elif curve and curve[0].epoch == 1:
        epochs = recipe.total_epochs(max(1, curve[0].step))
    return {
        "network": config.network.name,
        "data": config.data.path or config.data.source,
        "recipe": preset_of(recipe),
        "epochs": epochs,
    }


def _curve(folder: RunFolder) -> tuple[tuple[EpochDone, ...], str]:
    """Returns the epochs of a run, and why there are none if they cannot be read."""
    try:
        return folder.metrics().epochs, ""
    except RunError as error:
        return (), str(error)


def size_of(folder: Path) -> int:
    """Returns the bytes of all files in a folder; what cannot be looked at counts as nothing."""
    total = 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    total += size_of(Path(entry))
                else:
                    total += entry.stat(follow_symlinks=False).st_size
    except OSError:
        return total
    return total


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yields dotted names and values; lists stay whole, but those of tables go by their place.

    Of a mean picture and of many names (of pictures that are left out) there is a short mark, which
    tells one from another.
    """
    for name, value in values.items():
        field = f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{field}.")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            places = {str(place): each for place, each in enumerate(value, start=1)}
            yield from _flat(places, f"{field}.")
        elif name == _MEAN_PICTURE:
            yield field, _mark(value)
        elif isinstance(value, list) and len(value) > _SHOWN_NAMES:
            yield field, f"{len(value):,} names, {_mark(map(str, value))}"
        else:
            yield field, value


def _mark(texts: Iterable[str]) -> str:
    crc = zlib.crc32("\n".join(texts).encode())
    return f"{crc:08x}"


# -- files --------------------------------------------------------------------------------------


def list_csv(runs: Sequence[Overview]) -> str:
    """Returns a list of runs as CSV, a line a run."""
    names = tuple(Overview.__dataclass_fields__)
    rows = ([run.to_dict()[name] for name in names] for run in runs)
    return _csv([names, *rows])


def epochs_csv(comparison: Comparison) -> str:
    """Returns the figures of runs as CSV: a line an epoch, columns "NAME: validation_loss"."""
    header = ["epoch", *(f"{run.name}: {name}" for run in comparison.runs for name in FIGURES)]
    rows = (
        [epoch, *(getattr(done, name, None) for done in found for name in FIGURES)]
        for epoch, found in comparison.by_epoch()
    )
    return _csv([header, *rows])


def _csv(rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def comparison_dict(comparison: Comparison) -> dict[str, Any]:
    """Returns plain values for JSON."""
    return {
        "runs": [run.to_dict() for run in comparison.runs],
        "differences": [
            {"field": each.field, "values": list(each.values)} for each in comparison.differences
        ],
        "epochs": [
            {
                "epoch": epoch,
                "runs": [
                    None if done is None else {name: getattr(done, name) for name in FIGURES}
                    for done in found
                ],
            }
            for epoch, found in comparison.by_epoch()
        ],
    }


def shown_value(value: Any) -> str:
    """Returns a setting for a person: words as they are, None as a dash, the rest as in JSON."""
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
