"""The output of any one layer for a picture: one hook, and a pass that ends where it was taken."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from resnet_studio.probe.channels import FloatArray, channel_means
from resnet_studio.probe.predict import Prepared, forward

if TYPE_CHECKING:
    from torch import Tensor

    from resnet_studio.models import ResNet
    from resnet_studio.probe.network import LoadedNetwork


@dataclass(frozen=True, slots=True, eq=False)
class LayerMaps:
    """What one layer, block or section made of a picture.

    Attributes:
        name: Name of the layer in the graph, which is that of its module ("layer1.0.conv1").
        maps: (C, H, W) float32, C-contiguous, read-only; (C, 1, 1) for a vector.
        channel_mean: (C,) float32, the mean of each channel.
        broken: How many values are not finite.
    """

    name: str
    maps: FloatArray
    channel_mean: FloatArray
    broken: int


def take_layer(network: LoadedNetwork, prepared: Prepared, layer: str) -> LayerMaps:
    """Returns what a layer makes of a prepared picture.

    The pass ends at the layer: what comes after it is not computed. The network is left as it
    was, whatever happens, and several threads may look into the same network at once.

    Args:
        network: The network to look into, operated or not.
        prepared: The picture as that network reads it.
        layer: Name of a module: a layer of the graph, a block or a stage.

    Raises:
        DeviceError: If the memory does not suffice.
        KeyError: If the network has no such layer.
    """
    taken: list[FloatArray] = []

    def keep(output: Tensor) -> None:
        taken.append(_as_maps(output))

    with stopping_at(network.model, layer, keep):
        forward(network, prepared.batch)
    (maps,) = taken
    return LayerMaps(
        name=layer,
        maps=maps,
        channel_mean=channel_means(maps),
        broken=int(maps.size - np.count_nonzero(np.isfinite(maps))),
    )


class _EnoughError(Exception):
    """Ends a forward pass: what was wanted of it has been taken."""


@contextlib.contextmanager
def stopping_at(model: ResNet, layer: str, keep: Callable[[Tensor], object]) -> Iterator[None]:
    """Hands what leaves a layer to `keep` and ends the forward pass of this thread there.

    The pass inside the `with` is left by an exception that goes no further than this.

    Raises:
        KeyError: If the network has no such layer.
    """
    module = dict(model.named_modules()).get(layer)
    if not layer or module is None:
        raise KeyError(f"the network has no layer {layer!r}")
    mine = threading.get_ident()

    def take(_module: Any, _inputs: Any, output: Tensor) -> None:
        # Another thread may look into the same network now: its pass runs through this hook too.
        if threading.get_ident() == mine:
            keep(output)
            raise _EnoughError

    handle = module.register_forward_hook(take)
    try:
        yield
    except _EnoughError:
        pass
    finally:
        handle.remove()


def _as_maps(output: Tensor) -> FloatArray:
    """Copies the first picture's output; a vector becomes maps of one cell each."""
    values: FloatArray = output[0].detach().float().cpu().contiguous().numpy().copy()
    maps = values.reshape(-1, 1, 1) if values.ndim == 1 else values
    maps.setflags(write=False)
    return maps
