"""The trained networks that come with the program, each with a card that says how it was made.

They lie in `resources/weights/<id>/`: `weights.safetensors`, as every run of this program writes
it, and `card.toml`. Imports without torch.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.assets import resource

WEIGHTS_FILE = "weights.safetensors"
CARD_FILE = "card.toml"


@dataclass(frozen=True, slots=True)
class ShippedWeights:
    """A trained network that comes with the program.

    Attributes:
        id: Name of its folder.
        title: What to call it: "ResNet-20, CIFAR-10".
        spec: The network.
        path: The weights.
        card: All that the card says: "command", "data", "validation", "result", "hardware",
            "date", "seconds", "limits", ...
    """

    id: str
    title: str
    spec: NetworkSpec
    path: Path
    card: dict[str, Any] = field(repr=False)


@cache
def shipped_weights() -> tuple[ShippedWeights, ...]:
    """Returns the trained networks that come with the program, in the order of their names."""
    return tuple(_read(card) for card in sorted(resource("weights").glob(f"*/{CARD_FILE}")))


def shipped_for(spec: NetworkSpec) -> ShippedWeights | None:
    """Returns the first of them that is this very network; None if there is none."""
    return next((each for each in shipped_weights() if each.spec == spec), None)


def _read(path: Path) -> ShippedWeights:
    card = tomllib.loads(path.read_text(encoding="utf-8"))
    return ShippedWeights(
        id=path.parent.name,
        title=card["title"],
        spec=NetworkSpec.model_validate(card["network"]),
        path=path.parent / WEIGHTS_FILE,
        card=card,
    )
