"""What the subcommand `train` does and prints."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.status import Status

from resnet_studio.data.sources import ScanProgress
from resnet_studio.errors import RunError
from resnet_studio.terminal_config import Asked, configured
from resnet_studio.terminal_progress import print_json, show
from resnet_studio.training import events, tensorboard
from resnet_studio.training.config import RunConfig
from resnet_studio.training.control import Control
from resnet_studio.training.distributed import join, restarted
from resnet_studio.training.launching import rank
from resnet_studio.training.loop import fit
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.runs import RunFolder, default_runs_dir
from resnet_studio.training.setup import CHANGEABLE


def train_network(asked: Asked, *, run: Path | None, resume: Path | None, as_json: bool) -> int:
    """Trains, printing events as lines of JSON or as a progress display.

    The first Ctrl+C, SIGTERM or SIGHUP stops the run after the present step, with a checkpoint; a
    second one interrupts at once.

    Args:
        asked: Which run.
        run: Its folder; a new one among the studio's runs if None.
        resume: Folder of a run to go on with, of which only `asked.changes` are changed.
        as_json: Print JSON instead of text.

    Returns:
        0 if the run finished or was stopped on request, 1 if it failed.

    Raises:
        StudioError: If the run cannot be begun, or failed.
    """
    if resume is None:
        _check_named(run)
        with _telling() as tell:
            config = configured(asked, progress=tell)
        _check_packages(config.recipe)
        folder = RunFolder.create(default_runs_dir(), config) if run is None else RunFolder(run)
    else:
        _check_alone(asked, run)
        folder = RunFolder(resume)
        config = _resumed(folder.config, asked.changes)
        _check_packages(config.recipe)
    ended = _trained(config, folder, resume=resume is not None, as_json=as_json)
    if ended.outcome == "failed":
        if run is None and resume is None and ended.step == 0 and ended.checkpoint is None:
            shutil.rmtree(folder.path, ignore_errors=True)  # nothing was learned in it
        raise RunError(_by_process(ended.message), remedy=_remedy(ended, folder))
    if not as_json and not rank():
        print(f"{ended.message} {ended.remedy}".strip())
        print(f"Run: {folder.path}")
    return 0


def _trained(
    config: RunConfig, folder: RunFolder, *, resume: bool, as_json: bool
) -> events.RunEnded:
    control = Control()
    with stopping_on_signals(control), join(config.recipe.device) as world:
        # Processes that torchrun has started anew go on where the run was.
        resume = resume or (restarted() and folder.exists)
        stream = fit(config, run_dir=folder.path, control=control, resume=resume, world=world)
        with closing(stream):  # what cannot be printed ends the run, with a checkpoint
            if not world.main:
                return _in_silence(stream)
            return print_json(stream) if as_json else show(stream)


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
def stopping_on_signals(control: Control) -> Iterator[None]:
    """Lets the first Ctrl+C, SIGTERM or SIGHUP save and stop; a second one interrupts at once."""

    def stop(number: int, _frame: object) -> None:
        control.stop()
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
