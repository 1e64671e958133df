"""Run as a program: trains a tiny network in a child that is killed at seeded random moments.

Prints a JSON line for each kill and one at the end. The children are forked from this process,
which has torch loaded already, so that a kill costs a tenth of a second and not three.
"""

from __future__ import annotations

import json
import os
import random
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


def train(path: Path, config: RunConfig, out: TextIO) -> None:
    for event in fit(config, run_dir=path, resume=(path / "run.toml").exists()):
        step = getattr(event, "step", 0)
        if isinstance(event, RunStarted):
            step = event.start_step
        text = event.message if isinstance(event, (Warned, RunEnded)) else ""
        out.write(json.dumps([type(event).__name__, step, text]) + "\n")
        out.flush()


def train_and_kill(path: Path, config: RunConfig, events: int) -> list[list]:
    """Trains in a child and kills it when it has told so many events; returns what it told."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as out:
            train(path, config, out)
        os._exit(0)
    os.close(writing)
    told = []
    with os.fdopen(reading) as lines:
        for line in lines:
            told.append(json.loads(line))
            if len(told) == events:
                os.kill(child, signal.SIGKILL)
                break
        # What it had told before the signal reached it counts as told as well.
        told += [json.loads(line) for line in lines if line.endswith("\n")]
    os.waitpid(child, 0)
    return told


def main(path: Path, config: RunConfig, *, kills: int) -> None:
    torch.set_num_threads(1)
    # torch loads much of itself when the first optimiser is made; the children inherit that.
    make_optimiser(build_network(config.network), config.recipe)
    moments = random.Random(0)
    for _ in range(kills):
        told = train_and_kill(path, config, moments.randint(1, 40))
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
        )
    report(told=train_and_kill(path, config, events=10**9))


def report(**figures: object) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        RunConfig.from_toml(Path(sys.argv[2]).read_text(encoding="utf-8")),
        kills=int(sys.argv[3]),
    )
