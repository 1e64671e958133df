"""A network run block by block, so that what comes before a change need not be computed again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resnet_studio.probe.surgery import Surgery

if TYPE_CHECKING:
    from torch import Tensor

    from resnet_studio.models import ResNet
    from resnet_studio.probe.network import LoadedNetwork


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """What an intact network made of some pictures, on the way.

    Attributes:
        inputs: What each block read, by its name in order; (N, C, H, W).
        logits: What the network said in the end; (N, classes).
    """

    inputs: dict[str, Tensor]
    logits: Tensor


def walk(network: LoadedNetwork, images: Tensor, check: Callable[[], object] | None = None) -> Walk:
    """Sends pictures through a network and keeps what each block reads.

    The logits are those of an ordinary pass, to the bit.

    Args:
        network: The network, in evaluation mode.
        images: (N, 3, S, S) float32, normalised.
        check: Called before each block; what it raises ends the pass.
    """
    import torch

    model, inputs = network.model, {}
    with torch.inference_mode():
        x = model.maxpool(model.relu(model.bn1(model.conv1(images))))
        for name, block in model.blocks.items():
            if check is not None:
                check()
            inputs[name] = x
            x = block(x)
        return Walk(inputs, _leave(model, x))


def logits_after(
    operated: LoadedNetwork, taken: Walk, check: Callable[[], object] | None = None
) -> Tensor:
    """Returns the logits (N, classes) of an operated network, to the bit those of a whole pass.

    Only what comes from the first operated block on is computed.

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
        x = taken.inputs[first]
        for name in names[names.index(first) :]:
            if check is not None:
                check()
            x = blocks[name](x)
        return _leave(operated.model, x)


def first_operated(surgery: Surgery, blocks: Sequence[str]) -> str | None:
    """Returns the first of the blocks that surgery changes; None if it changes none."""
    return next((name for name in blocks if name in surgery.operations), None)


def _leave(model: ResNet, x: Tensor) -> Tensor:
    """Returns the logits from what the last block made."""
    x = model.relu_last(model.bn_last(x))
    logits: Tensor = model.fc(model.avgpool(x).flatten(1))
    return logits
