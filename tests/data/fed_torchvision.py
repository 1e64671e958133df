"""torchvision's random transforms, fed with numbers in place of torch's generator.

Their modules reach torch by the name `torch`; that name is exchanged for one that hands out the
given uniform numbers where chance is asked for, and is torch in all else. So torchvision itself
decides what to do with the numbers, and does it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torchvision.transforms.v2 import _augment, _auto_augment, _color


class Fed:
    """torch, but with given numbers for `empty().uniform_()`, `rand`, `randint` and `randperm`."""

    def __init__(self, numbers: Sequence[float], order: Sequence[int] = ()) -> None:
        self._numbers: Iterator[float] = iter(numbers)
        self._order = order

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)

    def empty(self, *_: Any, **__: Any) -> Any:
        fed = self

        class Waiting:
            def uniform_(self, low: Any, high: Any) -> torch.Tensor:
                low, high = float(low), float(high)
                return torch.tensor(low + (high - low) * next(fed._numbers), dtype=torch.float64)

        return Waiting()

    def rand(self, *_: Any) -> torch.Tensor:
        return torch.tensor(next(self._numbers), dtype=torch.float64)

    def randint(self, *bounds: Any, **_: Any) -> torch.Tensor:
        low, high = (0, bounds[0]) if isinstance(bounds[1], tuple) else bounds[:2]
        return torch.tensor(low + int(next(self._numbers) * (high - low)))

    def randperm(self, _: int) -> torch.Tensor:
        return torch.tensor(self._order)


def fed(monkeypatch: Any, transform: Any, image: Any, numbers: Sequence[float], order: Any = ()):
    """Return what a transform of torchvision makes of (H, W, 3) uint8 with these numbers."""
    with monkeypatch.context() as patch:
        for module in (_auto_augment, _augment, _color):
            patch.setattr(module, "torch", Fed(numbers, order))
        planes = transform(torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))))
    return planes.permute(1, 2, 0).numpy()
