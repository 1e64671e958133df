"""Runs a function in several processes that have joined each other, as torchrun would start them.

The processes are forked from a server that has torch loaded, so that each test costs a tenth of a
second and not some.
"""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import os
import pickle
import traceback
from collections.abc import Callable
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from typing import Any

import torch.distributed as dist

from resnet_studio.training.distributed import join
from resnet_studio.training.recipe_choices import DeviceChoice

_SECONDS = 60.0
_context = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
# DistributedDataParallel imports torch._dynamo, which takes seconds, when it is first made.
_LOADED = ["tests.training.worlds", "resnet_studio.training.loop", "torch._dynamo"]


@functools.cache
def _prepare() -> None:
    """Starts the server anew: one that another test has started would have nothing loaded."""
    if os.name == "posix":
        forkserver._forkserver._stop()
        _context.set_forkserver_preload(_LOADED)


class Died:
    """A process ended without an answer."""


def in_world(
    function: Callable[..., Any], *arguments: Any, size: int = 2, seconds: float = 20.0
) -> list[Any]:
    """Calls `function(world, *arguments)` in `size` processes.

    Args:
        function: Of a module, so that the processes can import it.
        arguments: What can be pickled.
        size: How many processes.
        seconds: How long one waits for another.

    Returns:
        What each process returned, by rank; `Died` for one that was killed.

    Raises:
        AssertionError: With the traceback, if a process raised something.
    """
    _prepare()
    pipes = [_context.Pipe(duplex=False) for _ in range(size)]
    # As torchrun does: it outlives a process that fails and tells why.
    store = dist.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    processes = [
        _context.Process(
            target=_in_process, args=(sender, rank, size, store.port, seconds, function, arguments)
        )
        for rank, (_, sender) in enumerate(pipes)
    ]
    for process in processes:
        process.start()
    for _, sender in pipes:
        sender.close()
    try:
        answers = [_answer(receiver) for receiver, _ in pipes]
    finally:
        for process in processes:
            process.join(5.0)
            process.kill()
            process.join()
            process.close()
        for receiver, _ in pipes:
            receiver.close()
    raised = [text for kind, text in answers if kind == "raised"]
    assert not raised, "\n".join(raised)
    return [value for _, value in answers]


def _answer(receiver: Connection) -> tuple[str, Any]:
    if not wait([receiver], _SECONDS):
        return "raised", f"A process has not answered within {_SECONDS:g} s."
    try:
        return pickle.loads(receiver.recv_bytes())
    except EOFError:
        return "died", Died()


def _in_process(
    sender: Connection,
    rank: int,
    size: int,
    port: int,
    seconds: float,
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
) -> None:
    names = {"RANK": rank, "WORLD_SIZE": size, "LOCAL_RANK": rank, "LOCAL_WORLD_SIZE": size}
    os.environ |= {name: str(value) for name, value in names.items()}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
    os.environ["TORCHELASTIC_USE_AGENT_STORE"] = "True"
    try:
        with join(DeviceChoice.CPU, seconds=seconds) as world:
            answer = "returned", function(world, *arguments)
    except BaseException:
        answer = "raised", f"process {rank}:\n{traceback.format_exc()}"
    with contextlib.suppress(BrokenPipeError):
        # Pickled here: tensors would else be shared with a process that ends.
        sender.send_bytes(pickle.dumps(answer))
