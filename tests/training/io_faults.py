"""Run as a program: makes every single file operation of a save fail, in every way.

Needs LD_PRELOAD with `failing.c`, so that the calls of all layers fail, at the operating system.
For each fault a tiny run is trained from its start; the save at the end of its first epoch meets
the fault. Prints a JSON line for each, with what was on the disk right after it and at the end.

Arguments: an empty folder, and the distance between the calls that fail (1 for every call), for
each of `KINDS` in turn.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import torch

from resnet_studio.errors import StudioError
from resnet_studio.models.checkpoints import read_weights
from resnet_studio.training import waiting
from resnet_studio.training.checkpoint import LAST, PREVIOUS, load_state
from resnet_studio.training.config import RunConfig
from resnet_studio.training.events import CheckpointSaved, EpochDone, Event, Paused, RunEnded
from resnet_studio.training.loop import fit
from resnet_studio.training.metrics import read_lines
from resnet_studio.training.runs import RunFolder, list_runs
from tests.training.conftest import tiny_config, write_pictures
from tests.training.identity import identity

FAIL, TEAR, KILL, TEAR_AND_KILL = range(4)
KINDS = {
    "no space": (FAIL, errno.ENOSPC),
    "no quota": (FAIL, errno.EDQUOT),
    "i/o error": (FAIL, errno.EIO),
    "read-only": (FAIL, errno.EROFS),
    "torn write": (TEAR, errno.ENOSPC),
    "crash": (KILL, 0),
    "torn by a crash": (TEAR_AND_KILL, 0),
}


class Faults:
    """The preloaded library."""

    def __init__(self, folder: Path) -> None:
        self._library = ctypes.CDLL(None)
        self._library.faults_names.restype = ctypes.c_char_p
        self._library.faults_watch(os.fsencode(folder))

    def arm(self, call: int, kind: str) -> None:
        how, number = KINDS[kind]
        self._library.faults_arm(call, how, number)

    def disarm(self) -> list[str]:
        """Returns the names of the calls since `arm`."""
        self._library.faults_disarm()
        return self._library.faults_names().decode().split()


def train(
    path: Path, config: RunConfig, faults: Faults, *, call: int, kind: str
) -> Iterator[tuple[Event, list[str]]]:
    """Yields each event, and the calls of the save that was watched with the one that ended it."""
    armed = False
    for event in fit(config, run_dir=path):
        yield event, faults.disarm() if armed else []
        # The validation has ended: next come the best weights, the last ones and the checkpoint.
        armed = isinstance(event, EpochDone) and event.epoch == 1
        if armed:
            faults.arm(call, kind)


def meet(path: Path, config: RunConfig, faults: Faults, *, call: int, kind: str) -> dict:
    """Trains with one fault in this process."""
    names: list[str] = []
    told: list[str] = []
    right_after: dict = {}
    for event, calls in train(path, config, faults, call=call, kind=kind):
        if calls and not names:
            names = calls
            right_after = found(path)
        told.append(type(event).__name__)
        if isinstance(event, Paused):
            assert event.reason
        if isinstance(event, RunEnded):
            outcome = event.outcome
    after_epoch = told[told.index(EpochDone.__name__) + 1 :]
    return {
        "operations": names,
        "told": after_epoch[0],
        "outcome": outcome,
        **right_after,
        **left(path),
    }


def crash(path: Path, config: RunConfig, faults: Faults, *, call: int, kind: str) -> dict:
    """Trains in a child that the fault kills, then goes on without one."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as out:
            for event, _ in train(path, config, faults, call=call, kind=kind):
                if isinstance(event, CheckpointSaved):
                    out.write(f"{event.step}\n")
                    out.flush()
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as lines:
        acknowledged = [int(line) for line in lines]
    killed = os.waitpid(child, 0)[1] != 0
    right_after = found(path)
    *_, end = fit(config, run_dir=path, resume=True)
    return {
        "killed": killed,
        "acknowledged": max(acknowledged, default=0),
        "told": "",
        "outcome": end.outcome,
        **right_after,
        **left(path),
    }


def found(path: Path) -> dict:
    """Returns what a program would find that looked at the run now; changes nothing."""
    copy = path.with_name(f"{path.name} copied")
    shutil.copytree(path, copy)
    try:
        state = load_state(RunFolder(copy).checkpoints)
        (listing,) = [each for each in list_runs(path.parent) if each.folder.path == path]
        for file in RunFolder(copy).checkpoints.glob("*.safetensors"):
            read_weights(file)
        problem = listing.problem
    except StudioError as error:
        problem, state = str(error), None
    shutil.rmtree(copy)
    return {
        "loaded": [state[0].position.step, state[0].position.epoch] if state else [],
        "problems": list(state[1]) if state else [],
        "listing": problem,
    }


def left(path: Path) -> dict:
    """Returns what a run left that has ended."""
    names = {file.name for file in path.rglob("*") if file.is_file()}
    lines = RunFolder(path).metrics_path.read_bytes().splitlines()
    return {
        "strays": sorted(name for name in names if name.startswith(".") and name != ".lock"),
        "both": {LAST, PREVIOUS} <= names,
        "torn lines": len(lines) - len(list(read_lines(RunFolder(path).metrics_path))),
        "identity": identity(path),
    }


def small_config(folder: Path) -> RunConfig:
    return tiny_config(
        write_pictures(folder / "pictures", each=6),
        epochs=2,
        batch_size=5,  # two steps of 5 and 4 pictures
        checkpoint_seconds=1e-6,  # a save after each step
        ema_decay=0.9,
        keep_every=1,
    )


def main(folder: Path, strides: dict[str, int]) -> None:
    torch.set_num_threads(1)
    waiting.LOOK_SECONDS = 0.001
    config = small_config(folder)
    runs = folder / "runs"
    faults = Faults(runs)
    whole = meet(runs / "run", config, faults, call=0, kind="no space")
    shutil.rmtree(runs)
    operations = whole["operations"]
    report({"whole": whole["identity"], "operations": operations})
    for kind, stride in strides.items():
        try_one = crash if KINDS[kind][0] in {KILL, TEAR_AND_KILL} else meet
        for call in calls_of(operations, kind)[::stride]:
            line = try_one(runs / "run", config, faults, call=call, kind=kind)
            about = {"kind": kind, "call": call, "operation": operations[call - 1]}
            report({**line, **about, "operations": []})
            shutil.rmtree(runs)


def calls_of(operations: list[str], kind: str) -> list[int]:
    """Returns which calls can fail so, counted from 1: only a write can be torn."""
    torn = KINDS[kind][0] in {TEAR, TEAR_AND_KILL}
    return [
        number for number, name in enumerate(operations, start=1) if name == "write" or not torn
    ]


def report(figures: dict) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), dict(zip(KINDS, map(int, sys.argv[2:]), strict=True)))
