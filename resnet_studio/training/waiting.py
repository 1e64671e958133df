"""A run that waits: until a person lets it go on, or until there is room on the disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from typing import Final

from resnet_studio.training.control import Control
from resnet_studio.training.distributed import World
from resnet_studio.training.events import Snapshot
from resnet_studio.training.room import NoRoom

LOOK_SECONDS: Final = 0.5
"""How often a waiting run looks for room, and the processes of a run ask each other."""
LONGEST_LOOK_SECONDS: Final = 8.0
"""Longest time between two tries where a disk has room and refuses all the same."""


def while_paused(control: Control, world: World) -> bool:
    """Blocks while the run shall wait; returns whether it shall end then.

    Args:
        control: The levers of this process.
        world: The processes of the run; all must call together, and one stops all.
    """
    if world.size == 1:
        control.wait_while_paused()
        return control.stopping
    while True:
        paused, stopping = world.any(control.paused, control.stopping or world.deserted)
        if stopping or not paused:
            return stopping
        control.wait(LOOK_SECONDS)


def through_pause(
    control: Control, world: World, serve: Callable[[], Iterator[Snapshot]]
) -> Generator[Snapshot, None, bool]:
    """Waits as `while_paused` does, and yields what is asked for meanwhile.

    Args:
        control: The levers of this process.
        world: The processes of the run.
        serve: Gives what is asked for, once for each wish.
    """
    while not (stopping := while_paused(control, world)) and control.paused:
        yield from serve()
    return stopping


def for_room(lack: NoRoom | None, control: Control, world: World, *, seconds: float) -> bool:
    """Blocks until a save may fit or a person wants it tried; returns False for an end.

    Args:
        lack: What is missing; None in a process that does not write.
        control: The levers, paused; a person who pulls "resume" wants it tried.
        world: The processes of the run; all must call together.
        seconds: Least time to wait: a disk may have room and refuse all the same (a person's
            share of it, or the number of files).
    """
    tried = time.monotonic() + seconds
    while True:
        if control.paused:
            control.wait(min(seconds, LOOK_SECONDS))
        wanted = not control.paused
        found = lack is not None and lack.over and time.monotonic() >= tried
        ready, stopping = world.any(
            world.main and (wanted or found), control.stopping or world.deserted
        )
        if ready or stopping:
            return not stopping
