"""Run as a program: trains by the command line in children that get signals while they train.

The children are forked, so that each costs a second and not five, and run `cli.main` as a new
program would. A signal is sent when a seeded number of lines have been told. Prints a JSON line
for each signal.

Arguments: an empty folder, the configuration of the run, how many signals of each kind, and their
names.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from pathlib import Path

import torch

from resnet_studio.cli import main as command_line
from resnet_studio.models.resnet import build_network
from resnet_studio.training.config import RunConfig
from resnet_studio.training.loop import fit
from resnet_studio.training.optim import make_optimiser
from resnet_studio.training.runs import RunFolder
from tests.training.identity import identity
from tests.training.running import last_state

LINES = 40


def signalled(run: Path, number: signal.Signals, *, after: int) -> tuple[int, list[dict]]:
    """Resumes a run by the command line; returns the exit code and the lines it told.

    Args:
        run: Folder of the run.
        number: The signal.
        after: Lines told before it is sent.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writing, 1)
        os.close(reading)
        sys.stdout = os.fdopen(1, "w")
        os._exit(command_line(["train", "--resume", str(run), "--json"]))
    os.close(writing)
    told = []
    with os.fdopen(reading) as lines:
        for line in lines:
            told.append(json.loads(line))
            if len(told) == after:
                os.kill(child, number)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), told


def main(folder: Path, config: RunConfig, *, each: int, names: list[str]) -> None:
    torch.set_num_threads(1)
    make_optimiser(build_network(config.network), config.recipe)  # loads what children inherit
    *_, end = fit(config, run_dir=folder / "whole")
    assert end.outcome == "finished"
    whole = identity(folder / "whole")
    moments = random.Random(0)
    for name in names:
        for turn in range(each):
            run = folder / f"{name} {turn}"
            RunFolder(run).prepare(config)
            after = moments.randint(1, LINES)
            code, told = signalled(run, signal.Signals[name], after=after)
            steps = [line["step"] for line in told if line["event"] == "StepDone"]
            saved = [line["step"] for line in told if line["event"] == "CheckpointSaved"]
            line = {
                "signal": name,
                "code": code,
                "end": told[-1],
                "step": max(steps, default=0),
                "saved": max(saved, default=0),
                "state": RunFolder(run).status().state,
            }
            if line["saved"]:
                line["on disk"] = last_state(run).position.step
            *_, end = fit(config, run_dir=run, resume=True)
            line["same"] = end.outcome == "finished" and identity(run) == whole
            sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        RunConfig.from_toml(Path(sys.argv[2]).read_text(encoding="utf-8")),
        each=int(sys.argv[3]),
        names=sys.argv[4:],
    )
