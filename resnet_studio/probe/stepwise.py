"""A network run block by block, so that what comes before a change need not be computed again."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resnet_studio.architecture.graph import build_graph
from resnet_studio.probe.surgery import Surgery

if TYPE_CHECKING:
    from torch import Tensor

    from resnet_studio.models import ResNet
    from resnet_studio.probe.network import LoadedNetwork


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """What an intact network made of some pictures, on the way.

    Attributes:
        inputs: What blocks read, by name in order, the first among them; (N, C, H, W).
        logits: What the network said in the end; (N, classes).
    """

    inputs: dict[str, Tensor]
    logits: Tensor


def walk(
    network: LoadedNetwork,
    images: Tensor,
    check: Callable[[], object] | None = None,
    *,
    most_bytes: int | None = None,
) -> Walk:
    """Sends pictures through a network and keeps what each block reads.

    The logits are those of an ordinary pass, to the bit.

    Args:
        network: The network, in evaluation mode.
        images: (N, 3, S, S) float32, normalised.
        check: Called before each block; what it raises ends the pass.
        most_bytes: What is kept may take about so much memory: else that of every second block,
            every third, ... is kept. No limit if None.
    """
    import torch

    model, inputs = network.model, {}
    every = _stride(network, images, most_bytes)
    with torch.inference_mode():
        x = model.maxpool(model.relu(model.bn1(model.conv1(images))))
        for number, (name, block) in enumerate(model.blocks.items()):
            if check is not None:
                check()
            if number % every == 0:
                inputs[name] = x
            x = block(x)
        return Walk(inputs, _leave(model, x))


def logits_after(
    operated: LoadedNetwork, taken: Walk, check: Callable[[], object] | None = None
) -> Tensor:
    """Returns the logits (N, classes) of an operated network, to the bit those of a whole pass.

    Only what comes from the first operated block on is computed, or from the nearest before it
    whose input was kept.

    Args:
        operated: The network after surgery.
        taken: The way of the same pictures through the intact network.
        check: Called before each block; what it raises ends the pass.
    """
    import torch

    blocks = operated.model.blocks
    first = first_operated(operated.surgery, tuple(blocks))
    if first is None:
        return taken.logits
    with torch.inference_mode():
        names = list(blocks)
        start = names.index(first)
        while names[start] not in taken.inputs:
            start -= 1
        x = taken.inputs[names[start]]
        for name in names[start:]:
            if check is not None:
                check()
            x = blocks[name](x)
        return _leave(operated.model, x)


def first_operated(surgery: Surgery, blocks: Sequence[str]) -> str | None:
    """Returns the first of the blocks that surgery changes; None if it changes none."""
    return next((name for name in blocks if name in surgery.operations), None)


def _stride(network: LoadedNetwork, images: Tensor, most_bytes: int | None) -> int:
    """Returns how many blocks lie between two whose input is kept."""
    if most_bytes is None:
        return 1
    count, *_, side = images.shape
    blocks = build_graph(network.spec, input_size=side).blocks
    total = 4 * count * sum(math.prod(block.input_shape) for block in blocks)
    return max(1, math.ceil(total / most_bytes))


def _leave(model: ResNet, x: Tensor) -> Tensor:
    """Returns the logits from what the last block made."""
    x = model.relu_last(model.bn_last(x))
    logits: Tensor = model.fc(model.avgpool(x).flatten(1))
    return logits
