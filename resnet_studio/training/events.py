"""What happens during a training run, as immutable records of plain numbers.

`loop.fit` yields them; the command line prints them and the window draws them. They hold no
tensors and import no torch, so that a window can be shown before torch is loaded.

Steps are counted from 1: `step` is the number of optimiser steps that are done. Epochs are
counted from 1 as well. Accuracies are fractions between 0 and 1, times are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from numpy.typing import NDArray

Outcome: TypeAlias = Literal["finished", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Work that must end before the next step can begin.

    Attributes:
        phase: What is being done: "data", "network", "resume" or "validation".
        done: Units done so far (files, batches).
        total: Units in all; 0 while it is not known.
    """

    phase: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The data is open and the network is built; the first step comes next.

    Attributes:
        run_dir: Folder of the run.
        classes: Names of the classes, in the order of the network's outputs.
        train_size: Pictures to learn from.
        validation_size: Pictures held out.
        device: The device in use, for example "cpu" or "cuda".
        precision: Arithmetic of the convolutions in use, "fp32" or "bf16".
        threads: Threads of the processor that torch uses.
        steps_per_epoch: Optimiser steps in one epoch.
        total_steps: Optimiser steps in the whole run.
        start_step: Steps done before now; more than 0 in a resumed run.
        parameters: Trainable parameters of the network.
        problems: What was wrong with the data, one sentence each.
        sections: Parts of the network for which `StepDone.gradient_norms` has a number, from the
            input to the output: "stem", "stage 1", …, "head".
        choices: What the program chose by itself, each as (what, chosen, why); the texts are for
            a person: ("data path", "memory", "154 MB of 12 GB").
        processes: Programs that share each batch; 1 without torchrun.
    """

    run_dir: Path
    classes: tuple[str, ...]
    train_size: int
    validation_size: int
    device: str
    precision: str
    threads: int
    steps_per_epoch: int
    total_steps: int
    start_step: int
    parameters: int
    problems: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    choices: tuple[tuple[str, str, str], ...] = ()
    processes: int = 1


@dataclass(frozen=True, slots=True)
class StepDone:
    """One optimiser step.

    Attributes:
        step: Steps done.
        epoch: The epoch this step belongs to.
        loss: Mean cross entropy of the batch, before the step.
        accuracy: Fraction of the batch that was classified right, before the step.
        learning_rate: The rate of this step.
        images_per_second: Throughput over the last steps.
        gradient_norms: Euclidean norm of the loss's gradient over the parameters of each of
            `RunStarted.sections`, before it is clipped; empty in runs of older versions.
    """

    step: int
    epoch: int
    loss: float
    accuracy: float
    learning_rate: float
    images_per_second: float
    gradient_norms: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class EpochDone:
    """One pass over the training pictures and the validation that follows it.

    Attributes:
        epoch: The epoch that ended.
        step: Steps done.
        train_loss: Mean over the epoch's pictures, each seen before its step.
        train_accuracy: Likewise.
        validation_loss: Mean over the pictures held out, by the network as it is now.
        validation_accuracy: Likewise.
        seconds: Time for training and validation, without pauses.
        train_top5: Like `train_accuracy`, counting a picture whose class is among the five most
            probable; None with five classes or fewer.
        validation_top5: Likewise for the pictures held out.
    """

    epoch: int
    step: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    seconds: float
    train_top5: float | None = None
    validation_top5: float | None = None


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """A checkpoint is on the disk; from now on a crash does not lose this step.

    Attributes:
        path: The file.
        step: Steps done when it was made.
    """

    path: Path
    step: int


@dataclass(frozen=True, slots=True)
class Paused:
    """The run waits until `Control.resume` or `Control.stop` is called.

    Attributes:
        step: Steps done.
        reason: Why it waits, if nobody asked for it: what failed and what to do. A run that waits
            for room on the disk also goes on by itself once there is enough.
        needed_bytes: Room that a save needs, if that is the reason.
        free_bytes: Room that there is.
    """

    step: int
    reason: str = ""
    needed_bytes: int | None = None
    free_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Resumed:
    """The run goes on after a pause."""

    step: int


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that does not end the run: what, why and what to do.

    Attributes:
        message: The sentence.
        harmless: True if nothing is lost and nothing needs to be done.
    """

    message: str
    harmless: bool = False


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The last event of every run.

    Attributes:
        outcome: "finished" after the last epoch, "stopped" when asked, "failed" otherwise.
        step: Steps done.
        epoch: Epochs completed, each with its validation.
        message: One sentence on how it ended.
        remedy: What to do about a failure; empty otherwise.
        best_accuracy: Highest validation accuracy so far; None before the first validation.
        checkpoint: The newest checkpoint that can be resumed; None if there is none.
        offer: Fields of the recipe and values with which the run can be resumed after a failure,
            for example ("accumulate", 2) when a batch did not fit into memory.
    """

    outcome: Outcome
    step: int
    epoch: int
    message: str
    remedy: str = ""
    best_accuracy: float | None = None
    checkpoint: Path | None = None
    offer: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The weights between two steps; comes only when `Control.ask_snapshot` asked for it.

    Attributes:
        step: Steps done.
        epoch: The epoch that they are in, from 1.
        weights: Parameters and buffers by name, copies in the memory of the processor.
    """

    step: int
    epoch: int
    weights: Mapping[str, NDArray[Any]]


Event: TypeAlias = (
    Progress
    | RunStarted
    | StepDone
    | EpochDone
    | CheckpointSaved
    | Paused
    | Resumed
    | Warned
    | Snapshot
    | RunEnded
)


def to_dict(event: Event) -> dict[str, Any]:
    """Returns the event for JSON: its class name under "event", paths as text."""
    if isinstance(event, Snapshot):  # the weights are for programs that share the memory
        return {"event": "Snapshot", "step": event.step, "epoch": event.epoch}
    fields = {
        key: str(value) if isinstance(value, Path) else value
        for key, value in asdict(event).items()
    }
    return {"event": type(event).__name__, **fields}
