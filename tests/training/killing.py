"""Run as a program: trains a tiny network in a child that is killed at seeded random moments.

A moment is a number of events and then a number of calls of built-in functions (a write, a rename,
a lock, an addition of torch): counted in calls, and not in seconds, the short moments between the
writes and renames of a save are met as often as the long ones.

The children are forked from this process, which has torch loaded already, so that a kill costs a
tenth of a second and not three. Prints a JSON line for each kill, one for the run's end, and one
for the same run never killed.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sys
from pathlib import Path
from typing import TextIO

import torch

from resnet_studio.errors import StudioError
from resnet_studio.models.resnet import build_network
from resnet_studio.training.checkpoint import load_state
from resnet_studio.training.config import RunConfig
from resnet_studio.training.events import CheckpointSaved, RunEnded, RunStarted, Warned
from resnet_studio.training.loop import fit
from resnet_studio.training.optim import make_optimiser
from resnet_studio.training.runs import RunFolder, list_runs
from tests.training.identity import identity

CALLS = 8000  # a save makes about 7,300 calls, a step 650
PARTS = re.compile(
    r"run\.toml|metrics\.jsonl|status\.json|\.lock|(last|previous|epoch-\d+)\.pt"
    r"|(last|best|epoch-\d+)\.safetensors"
)


class Bomb:
    """A profile function that kills this process after so many calls of built-in functions."""

    def __init__(self, calls: int) -> None:
        self.calls = calls

    def __call__(self, frame: object, event: str, argument: object) -> None:
        if event == "c_call":
            self.calls -= 1
            if self.calls == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def train(path: Path, config: RunConfig, out: TextIO, *, events: int, calls: int) -> None:
    """Trains, tells each event, and is killed so many calls after so many events."""
    resume = (path / "run.toml").exists()
    for number, event in enumerate(fit(config, run_dir=path, resume=resume), start=1):
        step = event.start_step if isinstance(event, RunStarted) else getattr(event, "step", 0)
        text = event.message if isinstance(event, (Warned, RunEnded)) else ""
        out.write(json.dumps([type(event).__name__, step, text]) + "\n")
        out.flush()
        if number == events:
            sys.setprofile(Bomb(calls))


def in_child(path: Path, config: RunConfig, *, events: int, calls: int = 0) -> list[list]:
    """Trains in a child; returns what it told before it ended or was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as out:
            train(path, config, out, events=events, calls=calls)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as lines:
        told = [json.loads(line) for line in lines if line.endswith("\n")]
    os.waitpid(child, 0)
    return told


def main(path: Path, config: RunConfig, *, kills: int) -> None:
    torch.set_num_threads(1)
    # torch loads much of itself when the first optimiser is made; the children inherit that.
    make_optimiser(build_network(config.network), config.recipe)
    moments = random.Random(0)
    for _ in range(kills):
        told = in_child(
            path, config, events=moments.randint(1, 24), calls=moments.randint(1, CALLS)
        )
        saved = [step for name, step, _ in told if name == CheckpointSaved.__name__]
        try:
            found = load_state(RunFolder(path).checkpoints)
            (listing,) = list_runs(path.parent)
            problem = listing.problem
        except StudioError as error:
            problem, found = str(error), None
        report(
            told=told,
            acknowledged=max(saved, default=0),
            loaded=found[0].position.step if found else 0,
            problems=list(found[1]) if found else [],
            listing=problem,
            state=listing.status.state,
            strays=strays(path),
        )
    report(told=in_child(path, config, events=0), strays=strays(path), identity=identity(path))
    in_child(path.with_name("whole"), config, events=0)
    report(identity=identity(path.with_name("whole")))


def strays(path: Path) -> list[str]:
    """Returns the names of files that are no part of a run."""
    return sorted(
        file.name for file in path.rglob("*") if file.is_file() and not PARTS.fullmatch(file.name)
    )


def report(**figures: object) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        RunConfig.from_toml(Path(sys.argv[2]).read_text(encoding="utf-8")),
        kills=int(sys.argv[3]),
    )
