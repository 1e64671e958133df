"""A network's buffers kept aside: batch normalisation changes them whenever it computes."""

from __future__ import annotations

import torch
from torch import nn


class Buffers:
    """Copies of the buffers of a network, which stay the same tensors."""

    def __init__(self, model: nn.Module) -> None:
        self._buffers = list(model.buffers())
        self._copies = [torch.empty_like(buffer) for buffer in self._buffers]
        self.note()

    @torch.no_grad()
    def note(self) -> None:
        """Keeps the values that the buffers have now."""
        if self._buffers:
            torch._foreach_copy_(self._copies, self._buffers)

    @torch.no_grad()
    def restore(self) -> None:
        """Gives the buffers the values that were kept last."""
        if self._buffers:
            torch._foreach_copy_(self._buffers, self._copies)
