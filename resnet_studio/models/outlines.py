"""Names and shapes of a network's tensors, of a deep network as quickly as of a shallow one."""

from __future__ import annotations

import re
from typing import Final

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.models.resnet import outline_network

_LAST_OF_TWO: Final = re.compile(r"layer(\d+)\.1\.(.+)")

Shape = tuple[int, ...]


def shapes_of(spec: NetworkSpec) -> dict[str, Shape]:
    """Returns the shape of each tensor in the state dict of the spec's network, in its order.

    From the second on, the blocks of a stage are alike; no more than two of each are outlined.
    """
    two = spec.replace(depths=tuple(min(depth, 2) for depth in spec.depths))
    shapes: dict[str, Shape] = {}
    repeated: dict[str, Shape] = {}
    stage = ""
    for name, tensor in outline_network(two).state_dict().items():
        match = _LAST_OF_TWO.fullmatch(name)
        if repeated and (match is None or match[1] != stage):
            shapes |= _more(stage, repeated, spec)
            repeated = {}
        if match is not None:
            stage = match[1]
            repeated[match[2]] = tuple(tensor.shape)
        shapes[name] = tuple(tensor.shape)
    return shapes


def _more(stage: str, block: dict[str, Shape], spec: NetworkSpec) -> dict[str, Shape]:
    depth = spec.depths[int(stage) - 1]
    return {
        f"layer{stage}.{index}.{name}": shape
        for index in range(2, depth)
        for name, shape in block.items()
    }
