"""The receptive field of one cell of a feature map: what it can see, and what it looks at.

What it can see follows from kernels and strides alone (`architecture.arithmetic`). What it looks
at is measured: the gradient of the cell's activation by each pixel, for this picture. Most of it
lies in a small part of the field, as Luo et al. 2016 found (arXiv:1701.04128); they average the
gradient over random pictures, here it is that of the picture at hand. Imports without torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from resnet_studio.architecture.elements import INPUT, LayerKind, ReceptiveField
from resnet_studio.errors import DeviceError
from resnet_studio.probe.channels import FloatArray
from resnet_studio.probe.framing import USUAL, CropBox, Framing

if TYPE_CHECKING:
    from torch import Tensor

    from resnet_studio.architecture.graph import NetworkGraph
    from resnet_studio.data.imaging import Picture
    from resnet_studio.probe.network import LoadedNetwork

SHARE = 0.95
"""How much of the gradient the measured box holds."""


class Cell(NamedTuple):
    """One number of a feature map.

    Attributes:
        channel: Number of the channel.
        row: From the top, 0 first.
        column: From the left, 0 first.
    """

    channel: int
    row: int
    column: int


class PixelBox(NamedTuple):
    """A rectangle of pixels of the network's input; the right and lower ends are exclusive.

    Attributes:
        left: First column; negative where it begins in the padding.
        top: First row.
        right: Column after the last.
        bottom: Row after the last.
    """

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.bottom - self.top

    def within(self, size: int) -> PixelBox:
        """Returns the part that lies on an input of `size` pixels; may be empty."""
        ends = [min(max(end, 0), size) for end in self]
        return PixelBox(*ends)

    def on_picture(self, crop: CropBox, size: int) -> CropBox:
        """Returns where the box lies on the picture: (left, top, width, height) in its pixels.

        Args:
            crop: Where the input lies on the picture.
            size: Height and width of the input in pixels.
        """
        left, top, width, height = crop
        across, down = width / size, height / size
        return (
            left + self.left * across,
            top + self.top * down,
            self.width * across,
            self.height * down,
        )


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredField:
    """What one cell looks at, for one picture.

    Attributes:
        cell: The cell.
        value: Its activation.
        magnitude: (S, S) float32: sum over the colours of the absolute gradient of the cell's
            activation by each number of the normalised input.
        box: A small box that holds `SHARE` of it; None if the gradient is zero everywhere.
    """

    cell: Cell
    value: float
    magnitude: FloatArray
    box: PixelBox | None


@dataclass(frozen=True, slots=True)
class LayerField:
    """What the cells of one layer can see.

    Attributes:
        field: The receptive field of the first cell, and the step to the next.
        size: Height and width of the network's input in pixels.
        everything: Whether a squeeze-and-excitation before it looks at the whole picture as well.
    """

    field: ReceptiveField
    size: int
    everything: bool

    @classmethod
    def of(cls, graph: NetworkGraph, name: str) -> LayerField:
        """Returns the field of a layer, block or section; KeyError if there is none such."""
        field = graph.find(name).receptive_field
        return cls(field, graph.input_size, sees_everything(graph, name))

    def box(self, row: int, column: int) -> PixelBox:
        """Returns which pixels of the input a cell can see along the way of the maps."""
        return theoretical_box(self.field, row, column).within(self.size)


def theoretical_box(field: ReceptiveField, row: int, column: int) -> PixelBox:
    """Returns all pixels that a cell can depend on; parts may lie in the padding.

    With a stem without padding the last pixels, which no window reads, may be among them.

    Args:
        field: The receptive field of the layer.
        row: Row of the cell.
        column: Column of the cell.
    """
    first = field.first_centre - (field.size - 1) / 2
    left, top = (round(first + place * field.jump) for place in (column, row))
    return PixelBox(left, top, left + field.size, top + field.size)


def sees_everything(graph: NetworkGraph, name: str) -> bool:
    """Returns whether a squeeze-and-excitation before a layer looks at the whole picture.

    The theoretical field leaves that out: it follows the maps, not the weights of the channels.

    Args:
        graph: The network.
        name: Name of a layer, block or section.
    """
    part = graph.find(name)
    last = getattr(part, "layers", (part,))[-1].name
    by_name = {layer.name: layer for layer in graph.layers}
    waiting, seen = [last], {INPUT}
    while waiting:
        layer = by_name[waiting.pop()]
        if layer.kind is LayerKind.SE:
            return True
        fresh = set(layer.inputs) - seen
        seen |= fresh
        waiting += fresh
    return False


def measure_field(
    network: LoadedNetwork,
    picture: Picture,
    layer: str,
    cell: Cell,
    *,
    framing: Framing = USUAL,
) -> MeasuredField:
    """Returns the gradient of one cell's activation by the network's input.

    Takes about three forward passes to the layer. The network is left as it was.

    Args:
        network: The network to look into, operated or not.
        picture: Any picture.
        layer: Name of a module: a layer of the graph, a block or a stage.
        cell: Which number of its output.
        framing: What of the picture the network sees.

    Raises:
        PictureError: If the picture or the network's input does not fit.
        DeviceError: If the memory does not suffice.
        KeyError: If the network has no such layer.
        IndexError: If the layer has no such cell.
    """
    from resnet_studio.probe.predict import prepare  # needs torch

    batch = prepare(network, picture, framing).batch
    value, magnitude = _gradient(network, batch, layer, cell)
    return MeasuredField(cell, value, magnitude, tight_box(magnitude))


def tight_box(magnitude: FloatArray, share: float = SHARE) -> PixelBox | None:
    """Returns a small box that holds at least `share` of what is in (S, S) `magnitude`.

    It begins with all and loses, again and again, that outer row or column which holds least.
    None if there is nothing, or something not finite.
    """
    values = magnitude.astype(np.float64)
    total = float(values.sum())
    if not np.isfinite(total) or total <= 0:
        return None
    box = [0, 0, values.shape[1], values.shape[0]]
    kept = total
    while True:
        left, top, right, bottom = box
        sides = (
            values[top:bottom, left].sum(),
            values[top, left:right].sum(),
            values[top:bottom, right - 1].sum(),
            values[bottom - 1, left:right].sum(),
        )
        least = int(np.argmin(sides))
        single = (right - left if least in (0, 2) else bottom - top) == 1
        if single or kept - sides[least] < share * total:
            return PixelBox(left, top, right, bottom)
        kept -= float(sides[least])
        box[least] += 1 if least < 2 else -1


def _gradient(
    network: LoadedNetwork, batch: Tensor, layer: str, cell: Cell
) -> tuple[float, FloatArray]:
    """Returns a cell's activation, and the summed absolute gradient (S, S) by the input."""
    import torch

    from resnet_studio.probe.layer_maps import stopping_at

    pixels = batch.detach().clone().requires_grad_()
    taken: list[Tensor] = []
    try:
        with torch.enable_grad():
            with stopping_at(network.model, layer, taken.append):
                network.model(pixels)
            output = taken[0]
            place = cell if output.ndim == 4 else cell[:1]
            activation = output[(0, *place)]
            # Nothing leads back where surgery took both the shortcut and F of a block away.
            led = activation.requires_grad
            gradient = (
                torch.autograd.grad(activation, pixels, allow_unused=True)[0] if led else None
            )
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, MemoryError) or "memory" in str(error):
            raise DeviceError(
                f"The memory does not suffice for a gradient through {network.spec.name}.",
                remedy="Choose a smaller input size or an earlier layer.",
            ) from error
        raise
    if gradient is None:
        gradient = torch.zeros_like(pixels)
    magnitude: FloatArray = gradient[0].abs().sum(dim=0).numpy()
    return float(activation.detach()), magnitude
