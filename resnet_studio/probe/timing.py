"""How long each layer of a network takes: measured with hooks on the real network, batch 1.

What a layer takes alone, as it stands in a forward pass of the whole: its inputs are in the
processor's cache if the layer before has just written them. The sum of all layers is a little
less than the whole pass, which also runs the code between the modules; both are reported.
"""

from __future__ import annotations

import contextlib
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from resnet_studio.architecture.graph import build_graph
from resnet_studio.probe.predict import forward, usual_threads

if TYPE_CHECKING:
    from torch import nn

    from resnet_studio.probe.network import LoadedNetwork

WARM_UPS = 2
"""Passes that are not counted: memory is taken, kernels are chosen."""
PASSES = 7
"""An odd number, so that the median is one of them."""


@dataclass(frozen=True, slots=True)
class LayerTimes:
    """How long the layers of a network took.

    Attributes:
        seconds: Median of the passes, by name of the layer in the graph.
        whole: Median of the whole forward pass, hooks included, in seconds.
        processor: Which instructions torch uses: "AVX2", "AVX512".
        threads: How many threads torch computed with.
        passes: How many passes were measured.
        warm_ups: How many went before them.
        input_shape: (N, C, H, W) of what went in.
    """

    seconds: Mapping[str, float]
    whole: float
    processor: str
    threads: int
    passes: int
    warm_ups: int
    input_shape: tuple[int, ...]


def time_layers(
    network: LoadedNetwork,
    *,
    passes: int = PASSES,
    warm_ups: int = WARM_UPS,
    check: Callable[[], object] | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> LayerTimes:
    """Measures the forward time of every layer of a network on the processor it is on.

    A layer's time has nothing to do with the picture: numbers of mean 0 and deviation 1 go in.
    The network is left as it was, whatever happens.

    Args:
        network: The network, in evaluation mode.
        passes: Forward passes that are measured, at least 1.
        warm_ups: Forward passes before them.
        check: Called after each layer; an exception it raises (Cancelled) ends the pass.
        progress: Called after each pass with how many are done, and how many there are.

    Raises:
        DeviceError: If the memory does not suffice.
        ValueError: If there are no passes.
    """
    if passes < 1:
        raise ValueError(f"passes is {passes}; it must be 1 or more")
    import torch

    graph = build_graph(network.spec)
    shape = (1, *graph.input_shape)
    batch = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    runs: list[dict[str, float]] = []
    wholes: list[float] = []
    with _clocked(network.model, [layer.name for layer in graph.layers], check) as taken:
        for number in range(warm_ups + passes):
            taken.clear()
            began = time.perf_counter()
            forward(network, batch)
            wholes.append(time.perf_counter() - began)
            runs.append(dict(taken))
            if progress is not None:
                progress(number + 1, warm_ups + passes)
    counted = runs[warm_ups:]
    return LayerTimes(
        seconds={name: statistics.median(run[name] for run in counted) for name in counted[0]},
        whole=statistics.median(wholes[warm_ups:]),
        processor=str(torch.backends.cpu.get_cpu_capability()),
        threads=usual_threads(),
        passes=passes,
        warm_ups=warm_ups,
        input_shape=shape,
    )


@contextlib.contextmanager
def _clocked(
    model: nn.Module, names: list[str], check: Callable[[], object] | None
) -> Iterator[dict[str, float]]:
    """Hooks the modules while the body runs; yields what they fill: seconds by name."""
    taken: dict[str, float] = {}
    handles = []
    for name in names:
        module = model.get_submodule(name)
        start, stop = _clock(name, taken, check)
        handles += [module.register_forward_pre_hook(start), module.register_forward_hook(stop)]
    try:
        yield taken
    finally:
        for handle in handles:
            handle.remove()


def _clock(
    name: str, taken: dict[str, float], check: Callable[[], object] | None
) -> tuple[Callable[..., None], Callable[..., None]]:
    """Returns the hooks that begin and end the measurement of one module."""
    mine = threading.get_ident()
    began = 0.0

    def start(_module: Any, _inputs: Any) -> None:
        nonlocal began
        if threading.get_ident() == mine:  # another thread's pass runs through this hook too
            began = time.perf_counter()

    def stop(_module: Any, _inputs: Any, _output: Any) -> None:
        if threading.get_ident() == mine:
            taken[name] = time.perf_counter() - began
            if check is not None:
                check()

    return start, stop
