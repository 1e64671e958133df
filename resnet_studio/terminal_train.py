"""What the subcommand `train` does and prints."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.status import Status

from resnet_studio import terminal_evaluate as evaluate
from resnet_studio.data.sources import DataConfig, ScanProgress, load_dataset
from resnet_studio.errors import RunError
from resnet_studio.probe.examinee import Answers
from resnet_studio.terminal_config import Asked, configured
from resnet_studio.terminal_progress import print_json, print_line, show
from resnet_studio.training import events, tensorboard
from resnet_studio.training.checks import CHANGEABLE
from resnet_studio.training.config import RunConfig
from resnet_studio.training.control import Control
from resnet_studio.training.distributed import join, restarted
from resnet_studio.training.launching import check_processes, launch, rank
from resnet_studio.training.loop import fit
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.runs import RunFolder, RunStatus, default_runs_dir

_THREADS_PER_CORE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a run is trained and told.

    Attributes:
        processes: Programs on this computer that share it; None for this one alone.
        test: Evaluate the best weights on the pictures for testing once the run has finished.
        as_json: Print JSON instead of text.
    """

    processes: int | None = None
    test: bool = False
    as_json: bool = False


def train_network(asked: Asked, *, run: Path | None, resume: Path | None, manner: Manner) -> int:
    """Trains, printing events as lines of JSON or as a progress display.

    The first Ctrl+C, SIGTERM or SIGHUP stops the run after the present step, with a checkpoint; a
    second one interrupts at once.

    Args:
        asked: Which run.
        run: Its folder; a new one among the studio's runs if None.
        resume: Folder of a run to go on with, of which only `asked.changes` are changed.
        manner: How it is trained and told.

    Returns:
        0 if the run finished or was stopped on request, 1 if it failed.

    Raises:
        StudioError: If the run cannot be begun, or failed.
    """
    _check_processes(manner.processes)
    _check_threads(asked.changes.get("threads", 0))
    if resume is None:
        _check_named(run)
    config = configuration(asked, run=run, resume=resume)
    _check_packages(config.recipe)
    if manner.test:
        _check_test(config.data)
    folder = _folder(config, run=run, resume=resume)
    before = folder.status() if resume is not None else RunStatus()
    if manner.processes is not None:
        # Without a name the folder is made already; one that is named must not hold a run.
        new = None if run is None else config
        changes = None if resume is None else asked.changes
        code = _launched(folder, manner.processes, new, changes, as_json=manner.as_json)
        finished = code == 0 and folder.status().state == "finished"
    else:
        ended = _trained(config, folder, resume=resume is not None, as_json=manner.as_json)
        _tell_end(ended, folder, new=run is None and resume is None, as_json=manner.as_json)
        code, finished = 0, ended.outcome == "finished"
        if before.state == "finished" and before.step == ended.step and not manner.as_json:
            print("Nothing was left to do. To train on: --epochs with a higher number.")
    if manner.test and finished and not rank():
        _test(config, folder, as_json=manner.as_json)
    return code


def configuration(asked: Asked, *, run: Path | None, resume: Path | None) -> RunConfig:
    """Returns the configuration of a new run, or of one that is resumed.

    Raises:
        StudioError: If a file or value cannot be used; names it and the remedy.
    """
    if resume is not None:
        _check_alone(asked, run)
        return _resumed(RunFolder(resume).config, asked.changes)
    with _telling() as tell:
        return configured(asked, progress=tell)


def _folder(config: RunConfig, *, run: Path | None, resume: Path | None) -> RunFolder:
    if resume is not None:
        return RunFolder(resume)
    return RunFolder.create(default_runs_dir(), config) if run is None else RunFolder(run)


def _tell_end(ended: events.RunEnded, folder: RunFolder, *, new: bool, as_json: bool) -> None:
    """Prints how a run has ended.

    Raises:
        RunError: If it failed; if nothing was learned in a folder made for it, that is removed.
    """
    if ended.outcome == "failed":
        if new and ended.step == 0 and ended.checkpoint is None:
            shutil.rmtree(folder.path, ignore_errors=True)
        raise RunError(_by_process(ended.message), remedy=_remedy(ended, folder))
    if not as_json and not rank():
        print(f"{ended.message} {ended.remedy}".strip())
        print(f"Run: {folder.path}")


def _trained(
    config: RunConfig, folder: RunFolder, *, resume: bool, as_json: bool
) -> events.RunEnded:
    control = Control()
    with stopping_on_signals(control.stop), join(config.recipe.device) as world:
        # Processes that torchrun has started anew go on where the run was.
        resume = resume or (restarted() and folder.exists)
        stream = fit(config, run_dir=folder.path, control=control, resume=resume, world=world)
        with closing(stream):  # what cannot be printed ends the run, with a checkpoint
            if not world.main:
                return _in_silence(stream)
            return print_json(stream) if as_json else show(stream)


def _launched(
    folder: RunFolder,
    processes: int,
    new: RunConfig | None,
    changes: Mapping[str, Any] | None,
    *,
    as_json: bool,
) -> int:
    """Trains in several processes, of which the first tells; returns the exit code.

    Args:
        folder: The run's folder.
        processes: How many.
        new: A run whose folder is yet to be made; None for the one in the folder.
        changes: What is changed of a run that is resumed.
        as_json: Whether the first process prints JSON.
    """
    launched = launch(
        folder.path,
        processes=processes,
        config=new,
        changes=changes,
        shown=True,
        as_json=as_json,
    )
    with launched, stopping_on_signals(launched.stop):
        try:
            return launched.wait() or 0
        except KeyboardInterrupt:
            launched.close(0.0)
            raise


def _check_test(data: DataConfig) -> None:
    """Opens the data to see whether it keeps pictures for testing, before hours of training.

    Raises:
        DataError: If it does not.
    """
    with _telling() as tell:
        evaluate.open_part(load_dataset(data, tell), "test")


def _test(config: RunConfig, folder: RunFolder, *, as_json: bool) -> None:
    """Prints what the best weights make of the pictures for testing."""
    manner = evaluate.Manner(part="test", device=config.recipe.device)
    told, text = evaluate.evaluated(
        folder.weights("best"), config.data, answers=Answers(), manner=manner
    )
    if as_json:
        print_line({"event": "Tested", **told})
    else:
        print("\nOn the pictures for testing, by the best weights:")
        text()


def _in_silence(stream: Iterator[events.Event]) -> events.RunEnded:
    """Does the part of a process that is not the first; what only it can tell, it tells."""
    for event in stream:
        if isinstance(event, events.Warned) and not event.harmless:
            print(_by_process(event.message), file=sys.stderr)
        if isinstance(event, events.RunEnded):
            return event
    raise RuntimeError("the run ended without saying how")


def _by_process(sentence: str) -> str:
    """Returns a sentence with the number of the process that says it, unless that is the first."""
    return f"process {rank()}: {sentence}" if rank() else sentence


def _check_processes(processes: int | None) -> None:
    """Refuses a number of processes that makes no sense.

    Raises:
        RunError: If it is below 1 or far above the cores, or torchrun has started this process
            itself.
    """
    if processes is None:
        return
    check_processes(processes)
    if rank() is not None:
        raise RunError(
            "torchrun has started several processes, and --processes would start more in each.",
            remedy="Leave --processes out.",
        )


def _check_threads(threads: int) -> None:
    """Refuses a number of threads that would make a run many times slower.

    Only where it is typed: the file of a run that began on a larger computer repeats its bits.

    Raises:
        RunError: If it is far above the cores.
    """
    cores = os.cpu_count() or 1
    if threads > _THREADS_PER_CORE * cores:
        raise RunError(
            f"threads is {threads:,}; this computer has {cores} core{'s' if cores > 1 else ''}, "
            f"and far more threads than cores slow each other down. It must be at most "
            f"{_THREADS_PER_CORE * cores}.",
            remedy="Leave it out: the program then takes as many as are fast.",
        )


def _check_named(run: Path | None) -> None:
    """Refuses processes that would each make a folder of its own.

    Raises:
        RunError: If torchrun has started this one and no folder is named.
    """
    if run is None and rank() is not None:
        raise RunError(
            "Several processes train one run, and its folder is not named.",
            remedy="Name it with --run-dir DIR.",
        )


def _remedy(ended: events.RunEnded, folder: RunFolder) -> str:
    """Returns what to do about a failure, as words to type where that is all it takes."""
    if not ended.offer or ended.checkpoint is None:
        return ended.remedy
    flags = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in ended.offer)
    return f"{ended.remedy} Here: resnet-studio train --resume {folder.path} {flags}"


# -- what is resumed ----------------------------------------------------------------------------


def _check_alone(asked: Asked, run: Path | None) -> None:
    """Refuses what a run that has begun cannot take.

    Raises:
        RunError: Naming the flags.
    """
    flags = [*asked.flags(), *(["--run"] if run is not None else [])]
    if flags:
        raise RunError(
            f"With --resume the run's own settings count, and {', '.join(flags)} cannot be given.",
            remedy="Leave that out, or start a new run.",
        )


def _resumed(config: RunConfig, changes: Mapping[str, Any]) -> RunConfig:
    """Returns the configuration to go on with.

    Raises:
        RunError: If a change is out of its range or would make it another run.
    """
    recipe = config.recipe.replace(**changes)
    fixed = [
        name
        for name in changes
        if name not in CHANGEABLE and getattr(recipe, name) != getattr(config.recipe, name)
    ]
    if fixed:
        name = fixed[0]
        raise RunError(
            f"{name} is {getattr(config.recipe, name)} in this run and cannot become "
            f"{getattr(recipe, name)}: it would be another run.",
            remedy="Start a new run for that. When resuming, these can be changed: "
            f"{', '.join(field for field in Recipe.model_fields if field in CHANGEABLE)}.",
        )
    return config.model_copy(update={"recipe": recipe})


def _check_packages(recipe: Recipe) -> None:
    """Checks what the run needs besides this program, before anything is written."""
    if recipe.tensorboard:
        tensorboard.check()


@contextmanager
def _telling() -> Iterator[Callable[[ScanProgress], None]]:
    """Shows how far the pictures are looked at, where somebody looks at the terminal."""
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        yield lambda _: None
        return
    with Status("looking at the pictures", console=console) as status:
        yield lambda step: status.update(_told(step))


def _told(step: ScanProgress) -> str:
    of = f" of {step.total:,}" if step.total else ""
    return f"{step.phase} the pictures: {step.done:,}{of}"


# -- signals ------------------------------------------------------------------------------------


@contextmanager
def stopping_on_signals(ask: Callable[[], None]) -> Iterator[None]:
    """Lets the first Ctrl+C, SIGTERM or SIGHUP ask for a stop; a second one interrupts at once."""

    def stop(number: int, _frame: object) -> None:
        ask()
        # torchrun passes on what the whole group of processes may have got already.
        if rank() is None:
            signal.signal(number, signal.default_int_handler)

    before = {number: signal.signal(number, stop) for number in _signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _signals() -> Iterator[signal.Signals]:
    yield signal.SIGINT
    yield signal.SIGTERM
    # Windows has none; under nohup it is ignored, as whoever typed that wants it.
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        yield signal.SIGHUP
