"""Tensors kept aside, to go back to: a network's buffers, and whatever else a step changes."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


class Buffers:
    """Copies of the buffers of a network, which stay the same tensors.

    Batch normalisation changes them whenever it computes.
    """

    def __init__(self, model: nn.Module) -> None:
        self._kept = Kept(model.buffers())
        self.note()

    def note(self) -> None:
        """Keeps the values that the buffers have now."""
        self._kept.note()

    def restore(self) -> None:
        """Gives the buffers the values that were kept last."""
        self._kept.restore()

    def restore_if(self, condition: Tensor) -> None:
        """Restores where `condition` says so; see `Kept.restore_if`."""
        self._kept.restore_if(condition)


class Kept:
    """Copies of tensors, to which these can be set back."""

    def __init__(self, tensors: Iterable[Tensor]) -> None:
        """Has room for copies, which have no value before the first `note`.

        Args:
            tensors: Dense, of any shapes, types and memory orders, on one device; kept as they
                are, and changed in place only.
        """
        found = list(tensors)
        # By type, since torch copies many tensors in one go only if all have the same; else a GPU
        # would be sent a piece of work for each of them, in every step.
        kinds = [[t for t in found if t.dtype == kind] for kind in {t.dtype for t in found}]
        self._lines = [(_Line(kind), kind) for kind in kinds]
        self._now: list[_Line] = []

    @torch.no_grad()
    def note(self) -> None:
        """Keeps the values that the tensors have now."""
        for line, tensors in self._lines:
            torch._foreach_copy_(line.parts, tensors)

    @torch.no_grad()
    def restore(self) -> None:
        """Gives the tensors the values that were kept last."""
        for line, tensors in self._lines:
            torch._foreach_copy_(tensors, line.parts)

    @torch.no_grad()
    def restore_if(self, condition: Tensor) -> None:
        """Restores if the condition holds, without asking the device whether it does.

        Otherwise the tensors keep their values to the last bit, and the copies follow them.

        Args:
            condition: () bool, on the tensors' device.
        """
        self._now = self._now or [_Line(tensors) for _, tensors in self._lines]
        for (line, tensors), now in zip(self._lines, self._now, strict=True):
            torch._foreach_copy_(now.parts, tensors)
            torch.where(condition, line.whole, now.whole, out=line.whole)
            torch._foreach_copy_(tensors, line.parts)


class _Line:
    """Room for tensors of one type, one behind the other.

    Attributes:
        whole: (n,) all their numbers, so that one piece of work does for all.
        parts: The same memory in their shapes and memory orders.
    """

    def __init__(self, tensors: list[Tensor]) -> None:
        sizes = [tensor.numel() for tensor in tensors]
        self.whole = torch.empty(sum(sizes), dtype=tensors[0].dtype, device=tensors[0].device)
        self.parts = [
            part.as_strided(tensor.shape, tensor.stride())
            for part, tensor in zip(torch.split(self.whole, sizes), tensors, strict=True)
        ]
