"""What `resnet-studio compare` prints; no torch unless one of the networks is a checkpoint."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Final

from resnet_studio.architecture.catalog import resolve
from resnet_studio.architecture.diff import compare
from resnet_studio.architecture.diff_text import as_data, format_text
from resnet_studio.architecture.graph import build_graph
from resnet_studio.architecture.spec import NetworkSpec

_WEIGHTS: Final = frozenset((".safetensors", ".pth", ".pt", ".th", ".bin", ".ckpt"))
_LEAST_COLUMNS: Final = 80


def is_checkpoint(name: str) -> bool:
    """Returns whether a network is named by a file of weights, for which torch is needed."""
    return Path(name).suffix.lower() in _WEIGHTS


def told(
    before: str, after: str, *, input_size: int | None, everything: bool, as_json: bool
) -> str:
    """Returns the comparison of two networks: catalogue ids, spec files, files of weights.

    Args:
        before: The first network.
        after: The second network.
        input_size: Height and width of the picture in pixels; each network's own if None.
        everything: List every row of the text by itself.
        as_json: Everything as JSON instead of text.

    Raises:
        SpecError: If there is no such network, or it cannot have that input size.
        CheckpointError: If a file of weights is broken, or of no residual network.
    """
    graphs = [build_graph(_spec(name), input_size=input_size) for name in (before, after)]
    comparison = compare(*graphs)
    if as_json:
        return json.dumps(as_data(comparison), indent=2, ensure_ascii=False)
    columns = max(_LEAST_COLUMNS, shutil.get_terminal_size().columns)
    return format_text(comparison, everything=everything, columns=columns)


def _spec(name: str) -> NetworkSpec:
    if not is_checkpoint(name):
        return resolve(name)
    from resnet_studio.models import identify, read_weights

    return identify(read_weights(Path(name))).spec
