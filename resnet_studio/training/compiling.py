"""Whether the network is compiled by `torch.compile`, and proof at the start that it pays.

A compiled network computes other last bits than one that is not, so a run keeps what it began
with: the choice is in its records and comes back as `settled`. Each shape of a batch is compiled
for itself (`dynamic=False`): a graph for any shape would be made as soon as a second shape is
seen, and bits would depend on which batches came before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor, nn

from resnet_studio.errors import DeviceError
from resnet_studio.models.resnet import ResNet
from resnet_studio.training.buffers import Buffers
from resnet_studio.training.devices import Hardware, autocast, computing, out_of_memory
from resnet_studio.training.events import Progress
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import Compile
from resnet_studio.training.seeding import step_randomness

ON: Final = "on"
OFF: Final = "off"
_WHAT: Final = "compilation"
_PHASE: Final = "compile"
_WARM: Final = 3
_TIMED: Final = 10


@dataclass(frozen=True, slots=True)
class Compilation:
    """What computes the network in training.

    Attributes:
        forward: The network itself, or compiled; the parameters are the same.
        chosen: "on" or "off".
        why: The reason, for a person.
    """

    forward: nn.Module
    chosen: str
    why: str

    @property
    def choice(self) -> tuple[str, str, str]:
        """What was chosen and why, for `RunStarted.choices`."""
        return _WHAT, self.chosen, self.why


def compiled(
    model: ResNet,
    recipe: Recipe,
    hardware: Hardware,
    *,
    shape: Sequence[int],
    others: Sequence[int] = (),
    settled: str | None = None,
) -> Generator[Progress, None, Compilation]:
    """Compiles the network if the recipe asks for it, or if that is measured to be faster.

    Compiling takes seconds to minutes; it is done here, behind `Progress`, for the shape given and
    the other sizes of batches, so that no step has to wait for it. Weights, buffers and torch's
    generators are left as they were.

    Args:
        model: The network on its device, channels last, in training mode.
        recipe: The recipe.
        hardware: Device, arithmetic and threads.
        shape: (N, C, H, W) of the batches that this process computes at a time.
        others: Other numbers of pictures that it may have to compute, as in an epoch's last batch.
        settled: "on" or "off" if an earlier part of the run has chosen already; only AUTO asks.

    Raises:
        DeviceError: If the recipe asks for it and it cannot be done here.
    """
    if (known := _without_measuring(recipe, hardware, settled)) is not None:
        chosen, why = known
        if chosen == OFF:
            return Compilation(model, OFF, why)
        trials = _trials(model, hardware, shape, others)
        yield Progress(_PHASE, 0, len(trials))
        forward = _compiler(recipe, hardware)(model)
        for done, trial in enumerate(trials, start=1):
            try:
                trial.run(forward, steps=1)
            except (RuntimeError, OSError) as error:
                if out_of_memory(error):
                    raise
                raise _failed(error) from error
            yield Progress(_PHASE, done, len(trials))
        return Compilation(forward, ON, why)
    return (yield from _faster(model, recipe, hardware, _trials(model, hardware, shape, others)))


def _without_measuring(
    recipe: Recipe, hardware: Hardware, settled: str | None
) -> tuple[str, str] | None:
    """Returns the choice and its reason where they are clear beforehand."""
    if recipe.compile is not Compile.AUTO:
        return recipe.compile.value, "the recipe says so"
    if settled is not None:
        return settled, "as the run began"
    if hardware.device.type != "cuda":
        # 880 to 940 images/s against 925 to 965 (ResNet-20, bf16, two cores with AMX, torch 2.15).
        return OFF, "it does not pay on this device; it is measured on CUDA devices only"
    return None


def _compiler(recipe: Recipe, hardware: Hardware) -> Callable[[nn.Module], nn.Module]:
    """Returns what compiles; on CUDA into CUDA graphs, which spare the starting of kernels."""
    # A graph writes its gradients to the same place each time, so that parts of a batch whose
    # gradients are summed would write over each other.
    graphs = hardware.device.type == "cuda" and recipe.accumulate == 1
    mode = "reduce-overhead" if graphs else "default"

    def compile_(model: nn.Module) -> nn.Module:
        network: Any = torch.compile(model, dynamic=False, mode=mode)
        return network  # type: ignore[no-any-return]

    return compile_


def _faster(
    model: ResNet, recipe: Recipe, hardware: Hardware, trials: Sequence[_Trial]
) -> Generator[Progress, None, Compilation]:
    """Measures the network as it is and compiled by the first trial, and returns the faster."""
    trial, total = trials[0], 2 + len(trials)
    yield Progress(_PHASE, 0, total)
    plain = trial.seconds(model)
    yield Progress(_PHASE, 1, total)
    forward = _compiler(recipe, hardware)(model)
    try:
        trial.run(forward, steps=1)
        yield Progress(_PHASE, 2, total)
        fast = trial.seconds(forward)
        for done, other in enumerate(trials[1:] if fast < plain else (), start=3):
            yield Progress(_PHASE, done, total)
            other.run(forward, steps=1)
    except (RuntimeError, OSError) as error:
        if out_of_memory(error):
            return Compilation(model, OFF, "compiled, it needs more memory than there is")
        return Compilation(model, OFF, f"compiling failed: {_first_line(error)}")
    yield Progress(_PHASE, total, total)
    told = f"{1e3 * fast:.2f} ms for a batch compiled, {1e3 * plain:.2f} ms as it is"
    return Compilation(forward, ON, told) if fast < plain else Compilation(model, OFF, told)


def _trials(
    model: ResNet, hardware: Hardware, shape: Sequence[int], others: Sequence[int]
) -> list[_Trial]:
    """Returns a trial of each number of pictures, that of `shape` first."""
    count, *rest = shape
    return [_Trial(model, hardware, (each, *rest)) for each in (count, *others) if each]


class _Trial:
    """Forward and backward passes that leave no trace in the network."""

    def __init__(self, model: ResNet, hardware: Hardware, shape: Sequence[int]) -> None:
        self._model = model
        self._hardware = hardware
        self._images = torch.rand(*shape, generator=torch.Generator().manual_seed(0)).to(
            hardware.device, memory_format=torch.channels_last
        )

    def seconds(self, forward: nn.Module) -> float:
        """Returns the time of one pass forward and backward, warm."""
        self.run(forward, steps=_WARM)
        began = time.perf_counter()
        self.run(forward, steps=_TIMED)
        return (time.perf_counter() - began) / _TIMED

    def run(self, forward: nn.Module, *, steps: int) -> None:
        """Computes, and waits until that is done."""
        buffers = Buffers(self._model)
        try:
            with step_randomness(0, 0, self._hardware.device), computing(self._hardware):
                for _ in range(steps):
                    self._pass(forward).backward()  # type: ignore[no-untyped-call]
        finally:
            self._clear()
            buffers.restore()
        if self._hardware.device.type == "cuda":
            torch.cuda.synchronize(self._hardware.device)

    def _pass(self, forward: nn.Module) -> Tensor:
        self._clear()
        with autocast(self._hardware):
            logits: Tensor = forward(self._images)
        return logits.float().logsumexp(dim=1).mean()

    def _clear(self) -> None:
        for parameter in self._model.parameters():
            parameter.grad = None


def _failed(error: Exception) -> DeviceError:
    return DeviceError(
        f"The network could not be compiled: {_first_line(error)}",
        remedy="Set compile to «off» or «auto». On the processor torch.compile needs a C++ "
        "compiler, such as g++ or clang++.",
    )


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(":.") + "."
