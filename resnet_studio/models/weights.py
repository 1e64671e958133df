"""What a file of weights holds, once it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from resnet_studio.architecture.spec import NetworkSpec


@dataclass(frozen=True, slots=True, eq=False)
class WeightsFile:
    """The content of a file of weights; nothing says yet that it fits a network.

    Attributes:
        path: Where it was read from.
        state: Tensors by name, on the CPU, of any plain numeric type.
        spec: The network, if the file says; PyTorch files do not.
        classes: Names of the classes in the order of the outputs, if the file says.
        preprocessing: What training did to the pictures, if the file says.
        info: Whatever else was saved with the weights.
        format: How the file is written, in words.
        ignored: Names of what else is in the file and not used, shortened where they are long.
        notes: Sentences on what was chosen of several things in the file.
    """

    path: Path
    state: dict[str, Tensor]
    spec: NetworkSpec | None = None
    classes: tuple[str, ...] | None = None
    preprocessing: dict[str, Any] | None = None
    info: dict[str, Any] = field(default_factory=dict)
    format: str = ""
    ignored: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
