"""The processes that share one training run: one alone, or several started by torchrun.

Each batch is planned for all of them together and every process computes a contiguous part, so the
order of the pictures, the steps of an epoch and the schedule are the same for any number of them.
Gradients are averaged by DistributedDataParallel (Li et al. 2020, arXiv:2006.15704), over gloo on
the processor and NCCL on CUDA. Flags and other small values always travel by gloo, which a
program on the processor can wait for without stopping the device.

The running statistics of batch normalisation are averaged after every step (`RunningStatistics`),
so that each process holds the same ones and what the first one saves is the state of the run.

A process that dies, fails or hangs ends the others with a `RunError` and not with a hang: torchrun
may then start all of them again (`--max-restarts`), from the last checkpoint.
"""

from __future__ import annotations

import contextlib
import datetime
import inspect
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from resnet_studio.errors import RunError
from resnet_studio.training.devices import Hardware
from resnet_studio.training.recipe_choices import DeviceChoice

T = TypeVar("T")

PEER_SECONDS: Final = 600.0
"""How long a process waits for the others. Rank 0 may write a large checkpoint to a slow disk
meanwhile, and one process may need minutes longer than another to open a large data set."""
PEER_SECONDS_VARIABLE: Final = "RESNET_STUDIO_PEER_SECONDS"
_REQUIRED: Final = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
_FAILURE: Final = "failure"
_RESUME: Final = "Resume the run: it goes on from its last checkpoint."
# torch 2.15 has a new name for it.
_BUFFERS_ALONE: Final[dict[str, Any]] = {
    "forward_sync_buffers"
    if "forward_sync_buffers" in inspect.signature(DistributedDataParallel).parameters
    else "broadcast_buffers": False
}
# gloo and NCCL raise RuntimeErrors without a kind of their own, so their words must do.
_LATE: Final = ("timed out", "timeout")
_LOST: Final = (*_LATE, "closed by peer", "reset by peer", "broken pipe", "gloo")


@dataclass(frozen=True, slots=True)
class World:
    """This process among those that train together.

    Attributes:
        rank: Its number, from 0.
        size: How many there are.
        local_rank: Its number among those on this computer.
        local_size: How many there are on this computer.
        seconds: How long it waits for the others.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    local_size: int = 1
    seconds: float = PEER_SECONDS
    _store: Store | None = field(default=None, repr=False, compare=False)
    _parent: int = field(default=0, repr=False, compare=False)

    @property
    def main(self) -> bool:
        """True for the one process that writes files and tells what happens."""
        return self.rank == 0

    @property
    def deserted(self) -> bool:
        """True when the torchrun that started this process is gone: nobody would ever stop it."""
        return self.size > 1 and os.getppid() != self._parent

    def share(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Returns this process's part of a batch: contiguous, sizes differ by one at most."""
        part: NDArray[np.int64] = np.array_split(indices, self.size)[self.rank]
        return part

    def placed(self, hardware: Hardware) -> Hardware:
        """Returns the hardware with the device of this process, one GPU for each.

        Raises:
            RunError: If several processes cannot share the work on this kind of device.
        """
        if self.size == 1 or hardware.device.type == "cpu":
            return hardware
        if hardware.device.type != "cuda":
            raise RunError(
                f"Several processes cannot train together on {hardware.device.type}.",
                remedy="Choose the device «cpu», or start the run without torchrun.",
            )
        return replace(hardware, device=torch.device("cuda", self.local_rank))

    def any(self, *flags: bool) -> tuple[bool, ...]:
        """Returns, for each flag, whether it is set in any process; all must call together.

        Raises:
            RunError: If a process is gone or does not answer.
        """
        if self.size == 1:
            return flags
        together = torch.tensor(flags, dtype=torch.uint8)
        self._together(lambda: dist.all_reduce(together, op=dist.ReduceOp.MAX))
        return tuple(bool(flag) for flag in together.tolist())

    def agree(self, *numbers: int) -> bool:
        """Tells whether all processes have the same numbers; all must call together.

        Raises:
            RunError: If a process is gone or does not answer.
        """
        if self.size == 1:
            return True
        own = torch.tensor(numbers, dtype=torch.int64)
        most = torch.cat((own, -own))
        self._together(lambda: dist.all_reduce(most, op=dist.ReduceOp.MAX))
        return bool((most[: len(own)] == -most[len(own) :]).all())

    def total(self, values: Tensor) -> Tensor:
        """Returns the sum of the values of all processes; all must call together.

        Args:
            values: Of the same shape and type everywhere, on the processor or the device.

        Raises:
            RunError: If a process is gone or does not answer.
        """
        if self.size == 1:
            return values
        together = values.detach().clone(memory_format=torch.contiguous_format)
        self._together(lambda: dist.all_reduce(together))
        return together

    def barrier(self) -> None:
        """Waits until all processes are here.

        Raises:
            RunError: If a process is gone or does not answer.
        """
        self.any(False)

    def wrap(self, model: nn.Module) -> nn.Module:
        """Returns what computes a step so that gradients are averaged over the processes.

        All begin with the weights of the first one. Every parameter must take part in every step;
        a branch that stochastic depth drops does, multiplied by 0. Buffers are left alone, see
        `RunningStatistics`.

        Raises:
            RunError: If a process is gone or does not answer.
        """
        if self.size == 1:
            return model
        return self._together(
            lambda: DistributedDataParallel(model, gradient_as_bucket_view=True, **_BUFFERS_ALONE)
        )

    def fail(self, message: str) -> None:
        """Tells the other processes why this one ends; the first one to tell is believed."""
        if self._store is not None:
            with contextlib.suppress(RuntimeError):  # the store may be gone as well
                self._store.compare_set(_FAILURE, "", f"{self.rank} {message}")

    def explained(self, error: BaseException) -> RunError | None:
        """Returns what to tell a person if `error` means that another process is gone.

        None if it means anything else.
        """
        if self.size == 1 or not _means_lost(error):
            return None
        told = self._told()
        if told:
            rank, _, message = told.partition(" ")
            return RunError(f"Process {rank} of this run failed: {message}", remedy=_RESUME)
        if any(mark in str(error).lower() for mark in _LATE):
            return RunError(
                f"Another process of this run has not answered for {self.seconds:g} seconds.",
                remedy=f"{_RESUME} {PEER_SECONDS_VARIABLE} sets how long to wait.",
            )
        return RunError("Another process of this run has ended.", remedy=_RESUME)

    def _told(self) -> str:
        """Returns why another process failed, "1 message"; empty if it did not say."""
        if self._store is None:
            return ""
        try:
            if not self._store.check([_FAILURE]):
                return ""
            return str(self._store.get(_FAILURE), "utf-8", "replace")
        except RuntimeError:
            return ""

    def _together(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except RuntimeError as error:
            if (told := self.explained(error)) is not None:
                raise told from error
            raise


ALONE: Final = World()


class RunningStatistics:
    """The running means and variances of a network's batch normalisations, over all processes.

    Each process normalises its own part of a batch and follows its own statistics. After a step
    their mean takes the place of each; since they are running means of what was seen, that is the
    running mean of all parts. It costs one exchange of as many numbers as the network has
    channels, twice; broadcasting those of the first process, which torch does otherwise, costs as
    much and knows only its part.
    """

    def __init__(self, model: nn.Module, world: World) -> None:
        """Notes the statistics; none if there is one process or they are synchronised anyway."""
        self._world = world
        self._tensors = [
            tensor
            for module in (_of_one_process(model) if world.size > 1 else ())
            for tensor in (module.running_mean, module.running_var)
            if tensor is not None
        ]

    @torch.no_grad()
    def average(self) -> None:
        """Makes them equal on all processes; all must call together.

        Raises:
            RunError: If a process is gone or does not answer.
        """
        if not self._tensors:
            return
        together = torch.cat([tensor.flatten() for tensor in self._tensors])
        means = self._world.total(together).div_(self._world.size)
        parts = torch.split(means, [tensor.numel() for tensor in self._tensors])
        torch._foreach_copy_(self._tensors, list(parts))


@contextlib.contextmanager
def idle(model: nn.Module) -> Iterator[None]:
    """Lets a network in training mode compute a step without pictures.

    A process whose part of a batch is empty, or broken, must still take part in the exchange of
    gradients. Batch normalisation can neither learn from no picture nor normalise it, so it
    evaluates meanwhile; one that is synchronised just counts no picture.
    """
    modules = [module for module in _of_one_process(model) if module.training]
    for module in modules:
        module.training = False
    try:
        yield
    finally:
        for module in modules:
            module.training = True


@contextlib.contextmanager
def join(
    device: DeviceChoice = DeviceChoice.AUTO, *, seconds: float | None = None
) -> Iterator[World]:
    """Joins the processes that torchrun has started; `ALONE` without torchrun.

    Also divides the processor among the processes of this computer: torchrun leaves each of them
    one thread, however many cores there are, unless OMP_NUM_THREADS says otherwise.

    Args:
        device: What the recipe says.
        seconds: How long to wait for another process; by default `PEER_SECONDS`, or what the
            environment variable RESNET_STUDIO_PEER_SECONDS says.

    Raises:
        RunError: If the environment is not what torchrun makes, there are more processes than
            GPUs, or the others cannot be reached.
    """
    if not started_by_torchrun():
        yield ALONE
        return
    found = replace(_from_environment(), seconds=seconds or _patience())
    on_cuda = _uses_cuda(device, found)
    with _threads_of(found):
        world = _met(found, "cpu:gloo,cuda:nccl" if on_cuda else "gloo")
        try:
            yield world
        finally:
            # After a failure NCCL may wait for a process that is gone; the exit frees all.
            if not (on_cuda and world._told()):
                dist.destroy_process_group()


def started_by_torchrun() -> bool:
    """Tells whether there are other processes to share a run with."""
    return all(name in os.environ for name in _REQUIRED) and os.environ["WORLD_SIZE"] != "1"


def restarted() -> bool:
    """Tells whether torchrun has started this process anew after one had died."""
    return os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") not in {"", "0"}


def _from_environment() -> World:
    """Returns the world that torchrun describes, without having met the others.

    Raises:
        RunError: Naming the variable that is wrong.
    """
    rank, size = _number("RANK"), _number("WORLD_SIZE")
    if not 0 <= rank < size:
        raise RunError(
            f"RANK is {rank} and WORLD_SIZE is {size}; the rank must be from 0 to {size - 1}.",
            remedy="Start the processes with torchrun, which sets both.",
        )
    return World(
        rank=rank,
        size=size,
        local_rank=_number("LOCAL_RANK", default=rank),
        local_size=max(1, _number("LOCAL_WORLD_SIZE", default=size)),
        _parent=os.getppid(),
    )


def _number(name: str, *, default: int | None = None) -> int:
    text = os.environ.get(name, "" if default is None else str(default))
    try:
        return int(text)
    except ValueError as error:
        raise RunError(
            f"The environment variable {name} is {text!r}; it must be a whole number.",
            remedy="Start the processes with torchrun, which sets it, or unset it.",
        ) from error


def _patience() -> float:
    text = os.environ.get(PEER_SECONDS_VARIABLE, "")
    try:
        seconds = float(text or PEER_SECONDS)
    except ValueError:
        seconds = 0.0
    if not 1.0 <= seconds <= 1e6:
        raise RunError(
            f"The environment variable {PEER_SECONDS_VARIABLE} is {text!r}; "
            "it must be a number of seconds from 1 to 1,000,000.",
            remedy="Correct it, or unset it.",
        )
    return seconds


def _uses_cuda(device: DeviceChoice, world: World) -> bool:
    """Tells whether to train on CUDA, and chooses this process's GPU.

    Raises:
        RunError: If there are more processes than GPUs.
    """
    if device not in {DeviceChoice.AUTO, DeviceChoice.CUDA} or not torch.cuda.is_available():
        return False
    count = torch.cuda.device_count()
    if world.local_size > count:
        raise RunError(
            f"{world.local_size} processes were started on this computer, which has {count} "
            f"GPU{'' if count == 1 else 's'}; each process needs one of its own.",
            remedy=f"Start at most {count} (--nproc-per-node={count}), or train with the device "
            "«cpu».",
        )
    torch.cuda.set_device(world.local_rank)
    return True


@contextlib.contextmanager
def _threads_of(world: World) -> Iterator[None]:
    """Gives this process its part of the processor's cores, unless the person chose a number."""
    before = torch.get_num_threads()
    if os.environ.get("OMP_NUM_THREADS", "1") == "1":
        torch.set_num_threads(max(1, _cores() // world.local_size))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _cores() -> int:
    """Returns how many cores this program may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _met(world: World, backend: str) -> World:
    """Waits for the other processes and returns the world with all of them.

    Raises:
        RunError: If they do not come.
    """
    limit = datetime.timedelta(seconds=world.seconds)
    try:
        store, _, _ = next(rendezvous("env://", world.rank, world.size, timeout=limit))
        # torchrun keeps the store when it starts the processes anew, with the addresses of those
        # that are gone in it.
        attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        store = PrefixStore(f"resnet-studio/{attempt}/{world.size}", store)
        dist.init_process_group(
            backend,
            store=store,
            rank=world.rank,
            world_size=world.size,
            timeout=limit,
        )
    except (RuntimeError, ValueError, OSError) as error:
        where = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
        raise RunError(
            f"Process {world.rank} of {world.size} could not meet the others at {where}: "
            f"{str(error).splitlines()[0][:200]}.",
            remedy="Check that all processes were started and reach this address.",
        ) from error
    return replace(world, _store=store)


def _of_one_process(model: nn.Module) -> list[nn.BatchNorm2d]:
    """Returns the batch normalisations that see the part of one process only."""
    return [module for module in model.modules() if type(module) is nn.BatchNorm2d]


def _means_lost(error: BaseException) -> bool:
    if isinstance(error, dist.DistError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(mark in text for mark in _LOST)
