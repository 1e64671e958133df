"""What depth costs, and what our own modules cost over torchvision's.

Graphs and outlines of networks from 18 to 1202 layers, for each layer over that of ResNet-18: the
ratio is 1 where the cost is linear. Then torchvision's ResNet-50 and ours with the same weights:
a forward pass, and loading a state dict. At 32 pixels there is little to compute, so that what
Python does between the layers shows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.common import Spread, Table, in_fresh_process, load

if TYPE_CHECKING:
    from torch import nn

NETWORKS = ("resnet18", "resnet152", "cifar_preact_resnet1001", "cifar_resnet1202")
REPETITIONS = 9
PASSES = {(224, 1): 3, (224, 8): 1, (32, 1): 10}
"""Pixels and pictures in a batch; how many passes are timed together."""
_COMPARED = "resnet50"
_WARM_UP = 2


@dataclass(frozen=True, slots=True)
class Depths:
    """Milliseconds for one of each network.

    Attributes:
        layers: By network, how many layers its graph has.
        milliseconds: By network, in turns.
    """

    layers: dict[str, int]
    milliseconds: dict[str, Spread]

    def for_each_layer(self, name: str) -> Spread:
        """Returns microseconds for each layer of the network."""
        return self.milliseconds[name].scaled(1000 / self.layers[name])


@dataclass(frozen=True, slots=True)
class Pair:
    """Milliseconds of the same work, in turns.

    Attributes:
        ours: With the studio's network.
        theirs: With torchvision's.
    """

    ours: Spread
    theirs: Spread


@dataclass(frozen=True, slots=True)
class Growth:
    """All figures.

    Attributes:
        graphs: From spec to graph; torch is not loaded.
        outlines: From spec to a network on the meta device.
        passes: By pixels and pictures in a batch, a forward pass.
        loading: `load_state_dict` of both networks.
        checked: Our loading of a file's content, which compares all names, shapes and values
            first, over torchvision's `load_state_dict`.
        load: Load averages at the start.
    """

    graphs: Depths
    outlines: Depths
    passes: dict[tuple[int, int], Pair]
    loading: Pair
    checked: Pair
    load: str


def measure(
    *,
    networks: Sequence[str] = NETWORKS,
    passes: Mapping[tuple[int, int], int] = PASSES,
    repetitions: int = REPETITIONS,
) -> Growth:
    """Measures each kind of work in a process of its own."""
    load_before = load()
    loading, checked = in_fresh_process(load_states, repetitions)
    return Growth(
        graphs=in_fresh_process(make_graphs, tuple(networks), repetitions),
        outlines=in_fresh_process(make_outlines, tuple(networks), repetitions),
        passes={
            (size, batch): in_fresh_process(forward_passes, size, batch, count, repetitions)
            for (size, batch), count in passes.items()
        },
        loading=loading,
        checked=checked,
        load=load_before,
    )


def table(figures: Growth) -> Table:
    """Lays the figures out for printing."""
    result = Table("Growth: depth, and our ResNet-50 over torchvision's")
    for title, depths in (("graph", figures.graphs), ("outline", figures.outlines)):
        for name, spread in depths.milliseconds.items():
            result.add(f"{title}, {name} ({depths.layers[name]:,} layers)", spread, "ms")
    for (size, batch), pair in figures.passes.items():
        result.add(f"forward, {size} px, batch of {batch}, ours", pair.ours, "ms")
        result.add(f"forward, {size} px, batch of {batch}, torchvision", pair.theirs, "ms")
    result.add("load_state_dict, ours", figures.loading.ours, "ms")
    result.add("load_state_dict, torchvision", figures.loading.theirs, "ms")
    result.add("the same with every name, shape and value checked", figures.checked.ours, "ms")
    _add_ratios(result, figures)
    result.notes.append("fresh processes, in turns after a warm-up; forward passes in one thread")
    result.notes.append(f"load at start {figures.load}")
    return result


def main(*, quick: bool = False) -> None:
    """Measures and prints."""
    print(table(measure(passes={(32, 1): 3}, repetitions=3) if quick else measure()))


def _add_ratios(result: Table, figures: Growth) -> None:
    for title, depths in (("graph", figures.graphs), ("outline", figures.outlines)):
        first, *deeper = depths.milliseconds
        for name in deeper:
            ratio = depths.for_each_layer(name).over(depths.for_each_layer(first))
            result.add(f"RATIO {title}, for each layer: {name} / {first}", ratio, "x")
    for (size, batch), pair in figures.passes.items():
        title = f"RATIO forward, {size} px, batch of {batch}: ours / torchvision"
        result.add(title, pair.ours.over(pair.theirs), "x")
    loading, checked = figures.loading, figures.checked
    result.add("RATIO load_state_dict: ours / torchvision", loading.ours.over(loading.theirs), "x")
    result.add("RATIO checked load / torchvision", checked.ours.over(checked.theirs), "x")


# -- in processes of their own --------------------------------------------------------------------


def make_graphs(networks: Sequence[str], repetitions: int) -> Depths:
    """Makes graphs of the catalogue's networks in turns."""
    from resnet_studio.architecture.catalog import get
    from resnet_studio.architecture.graph import build_graph

    make = {name: partial(build_graph, get(name).spec) for name in networks}
    return _depths(make, repetitions)


def make_outlines(networks: Sequence[str], repetitions: int) -> Depths:
    """Makes networks on the meta device in turns."""
    from resnet_studio.architecture.catalog import get
    from resnet_studio.models.resnet import outline_network

    make = {name: partial(outline_network, get(name).spec) for name in networks}
    return _depths(make, repetitions)


def forward_passes(size: int, batch: int, count: int, repetitions: int) -> Pair:
    """Passes the same pictures through both networks, `count` times for each figure.

    Ours as it is trained, in place where that changes nothing; torchvision's always is.

    In one thread: what else the machine does then disturbs both less, and hides less.

    Raises:
        AssertionError: If the outputs are not the same bit for bit.
    """
    import torch

    from resnet_studio.models.inplace import work_in_place

    torch.set_num_threads(1)
    ours, theirs = _two_networks()
    ours = work_in_place(ours)
    pictures = torch.randn(batch, 3, size, size, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.equal(ours(pictures), theirs(pictures))
        return _in_turns(lambda: ours(pictures), lambda: theirs(pictures), repetitions, count)


def load_states(repetitions: int) -> tuple[Pair, Pair]:
    """Loads torchvision's state dict into both networks, plainly and as from a file."""
    from resnet_studio.models.checkpoints import load_into
    from resnet_studio.models.weights import WeightsFile

    ours, theirs = _two_networks()
    state = {name: tensor.clone() for name, tensor in theirs.state_dict().items()}
    weights = WeightsFile(Path("weights.pth"), state)
    plainly = _in_turns(
        lambda: ours.load_state_dict(state), lambda: theirs.load_state_dict(state), repetitions
    )
    checked = _in_turns(
        lambda: load_into(ours, weights), lambda: theirs.load_state_dict(state), repetitions
    )
    return plainly, checked


def _two_networks() -> tuple[nn.Module, nn.Module]:
    """Returns our ResNet-50 and torchvision's for evaluation, with the same weights."""
    import torchvision

    from resnet_studio.architecture.catalog import get
    from resnet_studio.models.resnet import build_network

    ours = build_network(get(_COMPARED).spec, seed=0).eval()
    theirs = torchvision.models.get_model(_COMPARED).eval()
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def _depths(make: dict[str, Callable[[], object]], repetitions: int) -> Depths:
    """Makes one after the other; of the small ones as many as have the layers of the largest.

    A collection of garbage comes after so many new objects; so each has its share of them.
    """
    from resnet_studio.architecture.catalog import get
    from resnet_studio.architecture.graph import build_graph

    layers = {name: len(build_graph(get(name).spec).layers) for name in make}
    counts = {name: max(layers.values()) // layers[name] for name in make}
    rounds = [
        {name: _milliseconds(make[name], counts[name]) for name in make}
        for _ in range(repetitions + 1)
    ]
    return Depths(
        layers, {name: Spread.of(figures[name] for figures in rounds[1:]) for name in make}
    )


def _in_turns(
    ours: Callable[[], object], theirs: Callable[[], object], repetitions: int, count: int = 1
) -> Pair:
    """Measures both in turns, every other time ours after theirs."""
    for _ in range(_WARM_UP):
        ours()
        theirs()
    pairs = []
    for repetition in range(repetitions):
        if repetition % 2:
            second = _milliseconds(theirs, count)
            pairs.append((_milliseconds(ours, count), second))
        else:
            first = _milliseconds(ours, count)
            pairs.append((first, _milliseconds(theirs, count)))
    return Pair(Spread.of(a for a, _ in pairs), Spread.of(b for _, b in pairs))


def _milliseconds(work: Callable[[], object], count: int = 1) -> float:
    began = time.perf_counter()
    for _ in range(count):
        work()
    return (time.perf_counter() - began) * 1000 / count
