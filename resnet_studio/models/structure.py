"""Which fields of a spec decide how a network computes, apart from how it starts."""

from __future__ import annotations

from typing import Any

from resnet_studio.architecture.spec import BlockKind, NetworkSpec

# The name is no part of the network, the initialisation is gone once weights are loaded, and a
# network takes pictures of any size.
_NOT_STRUCTURE = {"name", "initialisation", "zero_init_residual", "input_size"}


def structure(spec: NetworkSpec) -> dict[str, Any]:
    """Returns the fields that two specs must share for weights to mean the same in both."""
    fields = {name: value for name, value in spec if name not in _NOT_STRUCTURE}
    if spec.block is BlockKind.BASIC:
        del fields["stride_on"]  # only a bottleneck has the choice
    return fields
