"""Gradients as figures: their norms by section of the network, and which layer broke them.

Norms tell at a glance whether the first stages learn at all, which is what shortcuts are for
(He et al. 2015, arXiv:1512.03385). Nothing here waits for the device but `culprit`, which is
called once, after a fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from resnet_studio.data.batches import Batch
from resnet_studio.models.resnet import ResNet
from resnet_studio.training.buffers import Buffers
from resnet_studio.training.devices import Hardware, autocast, computing


@dataclass(frozen=True, slots=True)
class Sections:
    """The parts of a network that have a gradient norm each, from the input to the output.

    Attributes:
        names: "stem", "stage 1", …, "head".
        parameters: The trainable parameters of each; the stem's may be few, but never none.
    """

    names: tuple[str, ...]
    parameters: tuple[tuple[nn.Parameter, ...], ...]

    @classmethod
    def of(cls, model: ResNet) -> Sections:
        """Returns the sections of a network; every trainable parameter is in one of them."""
        titles = {name: f"stage {number}" for number, name in enumerate(model.stages, start=1)}
        groups: dict[str, list[nn.Parameter]] = {
            title: [] for title in ("stem", *titles.values(), "head")
        }
        after = ("bn_last", "fc")
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                child = name.partition(".")[0]
                groups[titles.get(child, "head" if child in after else "stem")].append(parameter)
        filled = {name: tuple(group) for name, group in groups.items() if group}
        return cls(tuple(filled), tuple(filled.values()))


@torch.no_grad()
def norms(sections: Sections) -> Tensor:
    """Returns the Euclidean norm of the present gradient of each section, (S,) float32.

    On the parameters' device and without waiting for it. A section none of whose parameters took
    part in the step has 0.
    """
    found = []
    for parameters in sections.parameters:
        grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
        norm = torch.nn.utils.get_total_norm(grads)
        found.append(norm if grads else norm.to(parameters[0].device))
    return torch.stack(found)


def culprit(model: ResNet, images: Tensor | None = None, hardware: Hardware | None = None) -> str:
    """Names where NaN or infinity came from, as far as the network as it stands still shows it.

    In the order in which one follows from the other: weights and running statistics; outputs of
    layers, if there are pictures to compute them from; gradients, which are computed from the
    last layer to the first.

    Args:
        model: The network; nothing of it is changed.
        images: (N, C, H, W) float32, normalised, on the device: the batch of the fault.
        hardware: Device and arithmetic; needed with `images`.

    Returns:
        For a sentence: "the weights of layer1.0.conv2", "the output of layer3.2.conv2", "the
        gradient of fc.weight"; empty if all is finite.
    """
    named = [(name, value.detach()) for name, value in model.named_parameters()]
    if (name := _first_not_finite(named)) is not None:
        return f"the weights of {name.rpartition('.')[0]}"
    if (name := _first_not_finite(list(model.named_buffers()))) is not None:
        return f"the running statistics of {name.rpartition('.')[0]}"
    if images is not None and hardware is not None:
        layer = culprit_forward(model, images, hardware)
        if layer:
            return layer
    grads = [
        (name, parameter.grad)
        for name, parameter in model.named_parameters()
        if parameter.grad is not None
    ]
    name = _first_not_finite(grads[::-1])
    return "" if name is None else f"the gradient of {name}"


def culprit_among(model: ResNet, batches: Iterable[Batch], hardware: Hardware) -> str:
    """Names what `culprit` names, with the first batch of pictures that shows something."""
    found = culprit(model, None, hardware)
    if found and not found.startswith("the gradient"):
        return found
    full = (batch.images for batch in batches if len(batch.indices))
    outputs = (culprit(model, images, hardware) for images in full)
    return next((each for each in outputs if each), found)


@torch.no_grad()
def culprit_forward(model: ResNet, images: Tensor, hardware: Hardware) -> str:
    """Names the first layer, in order of execution, whose output is not finite.

    Runs the network once, in the mode in which it is; its buffers are given back as they were.

    Returns:
        "the output of layer3.2.conv2", "the pictures" if those are not finite, or nothing.
    """
    if not _finite(images):
        return "the pictures"
    found: list[str] = []
    buffers = Buffers(model)
    handles = [_watch(name, layer, found) for name, layer in _leaves(model)]
    try:
        with computing(hardware), autocast(hardware):
            model(images.contiguous(memory_format=torch.channels_last))
    finally:
        for handle in handles:
            handle.remove()
        buffers.restore()
    return f"the output of {found[0]}" if found else ""


def _leaves(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yields the modules that have none below them: those that compute."""
    for name, module in model.named_modules():
        if next(module.children(), None) is None:
            yield name, module


def _watch(name: str, layer: nn.Module, found: list[str]) -> torch.utils.hooks.RemovableHandle:
    """Notes the layer's name if it is the first whose output is not finite."""

    def look(_module: nn.Module, _inputs: object, output: Tensor) -> None:
        # At once, not afterwards: the next layer may work in place.
        if not found and not _finite(output):
            found.append(name)

    return layer.register_forward_hook(look)


def _finite(values: Tensor) -> bool:
    return bool(torch.isfinite(values).all())


def _first_not_finite(named: Sequence[tuple[str, Tensor]]) -> str | None:
    """Returns the first name whose tensor holds NaN or infinity; waits for the device once."""
    if not named:
        return None
    fine = torch.stack([torch.isfinite(value).all() for _, value in named]).tolist()
    return next((name for (name, _), good in zip(named, fine, strict=True) if not good), None)
