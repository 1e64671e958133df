"""What `resnet-studio inspect` prints: the network that a file of weights is of.

The text leaves out how a network starts and trains, of which weights tell nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from resnet_studio.architecture.graph import build_graph
from resnet_studio.models import Identified, identify, read_weights
from resnet_studio.models.structure import structure

_NAMED = 8


def told(path: Path, *, as_json: bool) -> str:
    """Returns what the file tells of its network, and what had to be assumed.

    Args:
        path: A .safetensors, .pth or .pt file.
        as_json: Everything as JSON instead of text.

    Raises:
        CheckpointError: If the file is missing, broken, hostile or of no residual network.
    """
    found = identify(read_weights(path))
    if as_json:
        return json.dumps(as_data(found), indent=2, ensure_ascii=False)
    return "\n".join(_lines(found))


def as_data(found: Identified) -> dict[str, Any]:
    """Returns all that is known, as plain JSON values."""
    spec = found.spec
    return {
        "file": str(found.path),
        "format": found.format,
        "family": found.family,
        "spec": spec.model_dump(mode="json"),
        "depth": spec.depth,
        "parameters": build_graph(spec).parameters,
        "classes": spec.classes,
        "class_names": None if found.classes is None else list(found.classes),
        "input_size": found.input_size,
        "mean": list(found.mean),
        "std": list(found.std),
        "precision": _precision(found),
        "assumed": [each.to_dict() for each in found.assumed],
        "ignored": list(found.ignored),
        "notes": list(found.notes),
    }


def _precision(found: Identified) -> str:
    """Returns the type of most of its numbers."""
    sizes: Counter[str] = Counter()
    for tensor in found.state.values():
        sizes[str(tensor.dtype).removeprefix("torch.")] += tensor.numel()
    return sizes.most_common(1)[0][0]


def _lines(found: Identified) -> Iterator[str]:
    spec = found.spec
    parameters = build_graph(spec).parameters
    yield f"{found.path.name}: {spec.name}"
    yield (
        f"{spec.depth} layers, {parameters:,} parameters, {spec.classes:,} classes; "
        f"{found.format}, {_precision(found)}, names of {found.family}"
    )
    yield ""
    for field, value in {**structure(spec), "input_size": spec.input_size}.items():
        yield f"  {field:<24} {_shown(value)}"
    yield f"  {'mean':<24} {_shown(found.mean)}"
    yield f"  {'std':<24} {_shown(found.std)}"
    if found.classes is not None:
        more = ", …" if len(found.classes) > _NAMED else ""
        yield f"  {'class names':<24} {', '.join(found.classes[:_NAMED])}{more}"
    if found.assumed:
        yield "\nThe file does not say:"
    for each in found.assumed:
        others = [_shown(choice) for choice in each.choices if choice != each.value]
        instead = f" Or: {', '.join(others)}." if others else ""
        yield f"  {each.field:<24} {_shown(each.value)}. {each.reason}{instead}"
    for note in found.notes:
        yield f"\n{note}"
    if found.ignored:
        yield f"\nNot used: {', '.join(found.ignored)}"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ", ".join(_shown(item) for item in value)
    return str(value)
