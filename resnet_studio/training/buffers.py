"""A network's buffers kept aside: batch normalisation changes them whenever it computes."""

from __future__ import annotations

import torch
from torch import nn


class Buffers:
    """Copies of the buffers of a network, which stay the same tensors."""

    def __init__(self, model: nn.Module) -> None:
        buffers = list(model.buffers())
        # By type, since torch copies many tensors in one go only if all have the same; else a GPU
        # would be sent a piece of work for each of them, in every step.
        kinds = [[b for b in buffers if b.dtype == kind] for kind in {b.dtype for b in buffers}]
        self._pairs = [([torch.empty_like(b) for b in kind], kind) for kind in kinds]
        self.note()

    @torch.no_grad()
    def note(self) -> None:
        """Keeps the values that the buffers have now."""
        for copies, buffers in self._pairs:
            torch._foreach_copy_(copies, buffers)

    @torch.no_grad()
    def restore(self) -> None:
        """Gives the buffers the values that were kept last."""
        for copies, buffers in self._pairs:
            torch._foreach_copy_(buffers, copies)
