"""The weights themselves: first filters as pictures, histograms, scales, norms.

Nothing here looks at a picture. Weights of whole networks are read one tensor at a time, and
nothing of them is copied beyond what is shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from resnet_studio.architecture.spec import Initialisation
from resnet_studio.probe.mosaic import FloatArray

if TYPE_CHECKING:
    from torch import nn

    from resnet_studio.models.blocks import Block
    from resnet_studio.probe.network import LoadedNetwork

NEAR_ZERO = 0.01
"""A scale of batch normalisation below this, whatever its sign, lets next to nothing through."""


@dataclass(frozen=True, slots=True, eq=False)
class FirstFilters:
    """The filters of the convolution that reads the picture.

    Attributes:
        layer: Name of that convolution.
        weights: (filters, channels, k, k) float32, read-only.
        norms: (filters,) float32, the L2 norm of each.
    """

    layer: str
    weights: FloatArray
    norms: FloatArray


@dataclass(frozen=True, slots=True)
class LayerWeights:
    """The weights of one convolution or linear layer; biases are left out.

    Attributes:
        name: Name of its module ("layer1.0.conv1").
        kind: "conv" or "linear".
        shape: Shape of the weights: (outputs, inputs, k, k) or (outputs, inputs).
        mean: Their mean.
        std: Their standard deviation.
        low: The lowest.
        high: The highest.
        norm: Their L2 norm.
        expected_std: Standard deviation that the network's initialisation draws them with.
        broken: How many are not finite; they are left out of all the above.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    mean: float
    std: float
    low: float
    high: float
    norm: float
    expected_std: float
    broken: int

    @property
    def count(self) -> int:
        """How many weights there are."""
        return math.prod(self.shape)

    @property
    def rms(self) -> float:
        """The root of the mean of their squares."""
        return self.norm / math.sqrt(max(1, self.count - self.broken))

    @property
    def expected_norm(self) -> float:
        """The L2 norm to be expected at the start."""
        return self.expected_std * math.sqrt(self.count)


@dataclass(frozen=True, slots=True, eq=False)
class Scales:
    """The scales (gamma) of one batch normalisation.

    Attributes:
        name: Name of its module.
        block: Name of the block that it belongs to, "" outside of blocks.
        ends_branch: Whether it is the last one of a residual branch: if its scale is zero, the
            block adds nothing in that channel (Goyal et al. 2017, arXiv:1706.02677, start there).
        gamma: (channels,) float32, read-only.
    """

    name: str
    block: str
    ends_branch: bool
    gamma: FloatArray

    @property
    def near_zero(self) -> int:
        """How many scales lie within `NEAR_ZERO` of zero."""
        return int(np.count_nonzero(np.abs(self.gamma) < NEAR_ZERO))


@dataclass(frozen=True, slots=True, eq=False)
class WeightsReport:
    """All that is told of a network's weights.

    Attributes:
        first: The filters that read the picture.
        layers: Convolutions and the linear layer, in order of computation.
        scales: Batch normalisations, in order of computation.
    """

    first: FirstFilters
    layers: tuple[LayerWeights, ...]
    scales: tuple[Scales, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How many weights of a layer lie where.

    Attributes:
        layer: Name of the layer.
        edges: (bins + 1,) float64, rising.
        counts: (bins,) int64.
        expected: (bins,) float64, the counts to be expected at the start.
    """

    layer: str
    edges: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]
    expected: npt.NDArray[np.float64]


def report(network: LoadedNetwork, check: Callable[[], object] | None = None) -> WeightsReport:
    """Reads all weights once.

    Args:
        network: The network; left as it is.
        check: Called before each layer; what it raises (Cancelled) ends the work.
    """
    layers: list[LayerWeights] = []
    scales: list[Scales] = []
    blocks, ends = network.model.blocks, network.spec.order.bn_ends_branch
    for name, module in network.model.named_modules():
        if check is not None:
            check()
        if _is_batch_norm(module):
            scales.append(_scales(name, module, blocks, ends))
        elif _is_weighted(module):
            layers.append(_layer(network, name, module))
    return WeightsReport(first_filters(network), tuple(layers), tuple(scales))


def first_filters(network: LoadedNetwork) -> FirstFilters:
    """Returns the filters of the first convolution; of a deep stem, of its first."""
    name, module = next(
        (name, module) for name, module in network.model.named_modules() if _is_weighted(module)
    )
    weights = _values(module)
    norms = np.linalg.norm(weights.reshape(len(weights), -1).astype(np.float64), axis=1)
    return FirstFilters(name, weights, norms.astype(np.float32))


def filter_pictures(filters: FirstFilters, *, shared: bool) -> npt.NDArray[np.uint8]:
    """Returns the filters as pictures, symmetric around grey: 0 is level 128 in each colour.

    Args:
        filters: The filters.
        shared: One scale for all, which lets them be compared; else each filter has its own, which
            shows what it looks for.

    Returns:
        (filters, k, k, 3) uint8; grey where the network does not read three colours, the mean of
        its channels.
    """
    weights = filters.weights.astype(np.float64)
    if weights.shape[1] != 3:
        weights = np.repeat(weights.mean(axis=1, keepdims=True), 3, axis=1)
    largest = np.abs(weights).max(axis=(1, 2, 3), keepdims=True)
    if shared:
        largest = np.broadcast_to(largest.max(), largest.shape)
    share = np.divide(weights, largest, out=np.zeros_like(weights), where=largest > 0)
    levels: npt.NDArray[np.uint8] = np.round(128 + 127 * np.nan_to_num(share)).astype(np.uint8)
    return levels.transpose(0, 2, 3, 1)


def histogram(network: LoadedNetwork, layer: str, *, bins: int = 80) -> Histogram:
    """Counts the weights of a convolution or the linear layer.

    The bins are symmetric around zero and hold every weight.

    Args:
        network: The network.
        layer: Name of the layer's module.
        bins: How many bins.
    """
    module = network.model.get_submodule(layer)
    values = _values(module).ravel()
    values = values[np.isfinite(values)]
    std = expected_std(network, module)
    reach = max(float(np.abs(values).max(initial=0.0)), 1e-12)
    counts, edges = np.histogram(values, bins=bins, range=(-reach, reach))
    below = _distribution(edges, std, uniform=not _is_convolution(module))
    return Histogram(layer, edges, counts.astype(np.int64), np.diff(below) * values.size)


def expected_std(network: LoadedNetwork, module: nn.Module) -> float:
    """Returns the standard deviation that `models.init` draws the weights of a layer with."""
    outputs, inputs, *kernel = _values(module).shape  # inputs of one group
    if not _is_convolution(module):
        return 1 / math.sqrt(3 * inputs)
    out = network.spec.initialisation is Initialisation.FAN_OUT
    return math.sqrt(2 / ((outputs if out else inputs) * math.prod(kernel)))


def pooled_near_zero(scales: tuple[Scales, ...]) -> tuple[int, int]:
    """Returns how many scales of the last normalisations are near zero, and how many there are."""
    ends = [each for each in scales if each.ends_branch]
    return sum(each.near_zero for each in ends), sum(each.gamma.size for each in ends)


# -- helpers ----------------------------------------------------------------------------------


def _layer(network: LoadedNetwork, name: str, module: nn.Module) -> LayerWeights:
    weights = _values(module)
    values = weights.ravel()
    finite = values[np.isfinite(values)]
    usable = finite.astype(np.float64) if finite.size else np.zeros(1)
    return LayerWeights(
        name=name,
        kind="conv" if _is_convolution(module) else "linear",
        shape=weights.shape,
        mean=float(usable.mean()),
        std=float(usable.std()),
        low=float(usable.min()),
        high=float(usable.max()),
        norm=float(np.linalg.norm(usable)),
        expected_std=expected_std(network, module),
        broken=values.size - finite.size,
    )


def _scales(name: str, module: nn.Module, blocks: dict[str, Block], ends: bool) -> Scales:
    """Reads one normalisation; `ends` says whether those called last end the branches here."""
    block = ".".join(name.split(".")[:2])
    if block not in blocks:
        return Scales(name, "", False, _values(module))
    owner = blocks[block]
    last = ends and owner.add is not None and module is owner.last_bn
    return Scales(name, block, last, _values(module))


def _values(module: nn.Module) -> FloatArray:
    """Returns the weights of a module without a copy, read-only."""
    weight = module.weight
    values: FloatArray = weight.detach().float().cpu().numpy()  # type: ignore[operator]
    values = values.view()
    values.setflags(write=False)
    return values


def _is_convolution(module: nn.Module) -> bool:
    from torch import nn

    return isinstance(module, nn.Conv2d)


def _is_weighted(module: nn.Module) -> bool:
    from torch import nn

    return isinstance(module, (nn.Conv2d, nn.Linear))


def _is_batch_norm(module: nn.Module) -> bool:
    from torch import nn

    return isinstance(module, nn.BatchNorm2d)


def _distribution(
    edges: npt.NDArray[np.float64], std: float, *, uniform: bool
) -> npt.NDArray[np.float64]:
    """Returns which share of the weights lies below each edge at the start."""
    if uniform:
        reach = std * math.sqrt(3)
        return np.clip((edges + reach) / (2 * reach), 0.0, 1.0)
    return np.array([0.5 * (1 + math.erf(edge / (std * math.sqrt(2)))) for edge in edges])
