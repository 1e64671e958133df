"""Run as a program: saves a checkpoint again and again, killed before each single file operation.

Prints a JSON line for each kill: what could be loaded afterwards. The last line is that of the
save that came through.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path

import torch

from resnet_studio.training.checkpoint import load_state, save_state
from tests.training.test_checkpoint import state_at

OPERATIONS = {"open", "write", "flush", "fsync", "close", "replace", "rename", "unlink", "mkdir"}


class Bomb:
    """A profile function that kills this process before its n-th file operation."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, frame: object, event: str, called: object) -> None:
        if event == "c_call" and getattr(called, "__name__", "") in OPERATIONS:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def save_in_child(folder: Path, number: int) -> bool:
    """Saves step 3 in a child that dies before operation `number`; tells if it came through."""
    child = os.fork()
    if child == 0:
        state = state_at(3)
        sys.setprofile(Bomb(number))
        save_state(folder, state)
        sys.setprofile(None)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    before = folder / "before"
    for step in (1, 2):
        save_state(before, state_at(step))
    number, whole = 0, False
    while not whole:
        number += 1
        now = folder / str(number)
        shutil.copytree(before, now)
        whole = save_in_child(now, number)
        state, problems = load_state(now)
        after = save_state(now, state_at(4))
        line = {
            "whole": whole,
            "loaded": state.position.step,
            "problems": problems,
            "next": after.exists(),
        }
        sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
