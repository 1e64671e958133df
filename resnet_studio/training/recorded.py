"""Runs that come with the program: trained once by its own command line, thinned, and kept.

Each is a run folder in `resources/runs` like any other, without weights: `run.toml`,
`metrics.jsonl` with a mean of several steps on each line, `status.json`; and `card.toml`, which
says how it came about and what it shows. No torch, no Qt.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from resnet_studio.assets import resource
from resnet_studio.errors import RunError
from resnet_studio.files import read_plain
from resnet_studio.training.recipe import validation_message
from resnet_studio.training.runs import RunFolder

CARD: Final = "card.toml"
_MAX_CARD_BYTES: Final = 1 << 16

_Share = Annotated[float, Field(ge=0.0, le=1.0)]
_Count = Annotated[int, Field(ge=1)]


class Card(BaseModel):
    """How a recorded run came about, and how it ended.

    Attributes:
        title: What was trained, in a few words.
        shows: What there is to see in it, also beside other recorded runs.
        command: The command line; PICTURES stands for the file of the pictures.
        data: Which pictures, and how many.
        hardware: Processor or GPU, threads, arithmetic.
        date: Day of the run, in ISO format.
        seconds: Time of the epochs, without pauses.
        averaged: Steps of which each line of `metrics.jsonl` is the mean.
        deviations: What was done otherwise than by the source of the recipe.
        epochs: Epochs done.
        steps: Steps done.
        train_loss: Of the last epoch, as in `EpochDone`.
        train_accuracy: Likewise.
        validation_loss: Likewise.
        validation_accuracy: Likewise.
        best_accuracy: Highest validation accuracy of any epoch.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    shows: str
    command: str
    data: str
    hardware: str
    date: str
    seconds: float = Field(gt=0.0)
    averaged: _Count
    deviations: tuple[str, ...] = ()
    epochs: _Count
    steps: _Count
    train_loss: float
    train_accuracy: _Share
    validation_loss: float
    validation_accuracy: _Share
    best_accuracy: _Share


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run that comes with the program.

    Attributes:
        folder: Gives configuration, curves and status, as of any run.
        card: How it came about.
    """

    folder: RunFolder
    card: Card


def recorded_dir() -> Path:
    """Returns the folder of the recorded runs; `runs.list_runs` lists it, too.

    Raises:
        FileNotFoundError: If the installation lacks it.
    """
    return resource("runs")


def recorded_runs() -> tuple[RecordedRun, ...]:
    """Returns all recorded runs by name.

    Raises:
        RunError: If a card is missing or broken, which is a defect of the installation.
    """
    folders = sorted(path for path in recorded_dir().iterdir() if path.is_dir())
    return tuple(RecordedRun(RunFolder(path), read_card(path)) for path in folders)


def is_recorded(folder: Path) -> bool:
    """Tells whether a run folder is one of those that come with the program."""
    return folder.parent == recorded_dir()


def read_card(folder: Path) -> Card:
    """Returns the card of a recorded run.

    Raises:
        RunError: Naming the file and what is wrong with it.
    """
    path = folder / CARD
    try:
        content = read_plain(path, most=_MAX_CARD_BYTES).decode("utf-8")
        return Card.model_validate(tomllib.loads(content))
    except ValidationError as error:
        reason = validation_message(error)
    except (OSError, ValueError) as error:
        reason = str(error)
    raise RunError(
        f"{path} cannot be used: {reason}", remedy="Install ResNet Studio again."
    ) from None
