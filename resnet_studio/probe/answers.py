"""A network's answers to batches of pictures, such that their size changes no answer."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from resnet_studio.errors import DeviceError
from resnet_studio.probe.tally import Labels, Scores, close_calls, log_probabilities

if TYPE_CHECKING:
    from torch import Tensor

    from resnet_studio.probe.network import LoadedNetwork

# Two orders of magnitude above what another batch size was seen to change: 1e-6 of the largest
# output (ResNet-20, -50 and -110, random weights, batches of 1 to 128, one and two threads, torch
# 2.15 on two cores of an AMD EPYC).
_CLOSE = 1e-4


def on_device(network: LoadedNetwork, device: str) -> LoadedNetwork:
    """Returns the network on the device; the one that was given stays where it is."""
    import torch

    if torch.device(device).type == "cpu":
        return network
    moved = copy.deepcopy(network.model).to(device)
    return dataclasses.replace(network, model=moved)


def settled(
    network: LoadedNetwork,
    images: Tensor,
    labels: Labels,
    device: str,
    *,
    logits: NDArray[np.float32] | None = None,
) -> Scores:
    """Returns the scores; those of close calls from a pass of the picture alone.

    Args:
        network: The network.
        images: All views of one picture after the other.
        labels: (N,) the output of each picture.
        device: Where to compute.
        logits: What the network says of all images, (views, outputs), if that is known already.
    """
    if not len(labels):
        return np.empty((0, network.spec.classes))
    count = len(images) // len(labels)
    if logits is None:
        logits = _logits(network, images, device)
    logits = logits.reshape(len(labels), count, -1)
    scores = log_probabilities(logits)
    finite = np.where(np.isfinite(logits), logits, 0.0)
    close = _CLOSE * np.abs(finite).max(axis=(1, 2))
    for row in np.flatnonzero(close_calls(scores, labels, close)):
        alone = images[row * count : (row + 1) * count].clone()
        scores[row] = log_probabilities(_logits(network, alone, device)[None])[0]
    return scores


def _logits(network: LoadedNetwork, images: Tensor, device: str) -> NDArray[np.float32]:
    """Returns (N, outputs) float32 on the processor."""
    import torch

    try:
        with _in_single_precision(), torch.inference_mode():
            moved = images.to(device, memory_format=torch.channels_last)
            answer: NDArray[np.float32] = network.model(moved).float().cpu().numpy()
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, MemoryError) or "memory" in str(error):
            raise DeviceError(
                f"The memory does not suffice for {len(images)} pictures at once in "
                f"{network.spec.name}.",
                remedy=f"Take smaller batches: --batch {max(1, len(images) // 2)}.",
            ) from error
        raise
    return answer


@contextlib.contextmanager
def _in_single_precision() -> Iterator[None]:
    """Keeps cuDNN to float32, which it else rounds to 10 bits, and to repeatable algorithms."""
    import torch

    matmul = torch.backends.cuda.matmul.allow_tf32
    flags: Any = torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    )
    with flags:
        torch.backends.cuda.matmul.allow_tf32 = False
        try:
            yield
        finally:
            torch.backends.cuda.matmul.allow_tf32 = matmul
