"""The residual network itself: stem, stages of blocks, head.

Attributes have torchvision's names (`conv1, bn1, relu, maxpool, layer1, ..., avgpool, fc`), so
that state dicts go both ways. With the same weights the outputs and gradients are torchvision's
bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.models.blocks import BLOCKS, Block
from resnet_studio.models.init import initialise
from resnet_studio.models.stems import stem


class ResNet(nn.Module):
    """A residual (or plain) network as its spec describes it.

    The constructor leaves torch's default values in the weights; `build_network` gives the
    initialisation that the spec asks for.

    Attributes:
        spec: What the network was built from.
        layer1: The first stage, an `nn.Sequential` of blocks; then `layer2` and so on.
    """

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        self.spec = spec
        self.conv1, self.bn1, self.relu, self.maxpool = stem(spec)
        for name, stage in _stages(spec):
            self.add_module(name, stage)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(spec.widths[-1] * spec.expansion, spec.classes)

    @property
    def stages(self) -> dict[str, nn.Sequential]:
        """The stages by name, in order."""
        names = [f"layer{number}" for number in range(1, len(self.spec.depths) + 1)]
        return {name: self.get_submodule(name) for name in names}  # type: ignore[misc]

    @property
    def blocks(self) -> dict[str, Block]:
        """All blocks by name ("layer1.0"), in order."""
        return {
            f"{name}.{index}": block
            for name, stage in self.stages.items()
            for index, block in enumerate(stage)
            if isinstance(block, Block)
        }

    def forward(self, x: Tensor) -> Tensor:
        """Maps pictures (N, C, H, W) float32, normalised, to logits (N, classes)."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for stage in self.stages.values():
            x = stage(x)
        return self.fc(torch.flatten(self.avgpool(x), 1))  # type: ignore[no-any-return]


def build_network(spec: NetworkSpec, *, seed: int | None = None) -> ResNet:
    """Returns the network in training mode on the CPU, initialised as the spec says.

    Args:
        spec: What to build.
        seed: The same seed gives the same bits and leaves torch's global generator untouched;
            None draws from that generator.
    """
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    # An outline first: torch would draw values of its own, only for them to be overwritten.
    network = outline_network(spec)
    network.to_empty(device="cpu")
    initialise(
        network,
        fan=spec.initialisation,
        zero_init_residual=spec.zero_init_residual,
        generator=generator,
    )
    return network


def outline_network(spec: NetworkSpec) -> ResNet:
    """Returns the network on the meta device: every name and shape, no memory and no values."""
    with torch.device("meta"):
        return ResNet(spec)


def _stages(spec: NetworkSpec) -> Iterator[tuple[str, nn.Sequential]]:
    """Yields the stages; each but the first halves the map in its first block."""
    block = BLOCKS[spec.block]
    inputs = spec.stem_width
    for number, (depth, width) in enumerate(zip(spec.depths, spec.widths, strict=True), start=1):
        blocks = []
        for index in range(depth):
            stride = 2 if number > 1 and index == 0 else 1
            blocks.append(block(spec, inputs, width, stride=stride))
            inputs = width * spec.expansion
        yield f"layer{number}", nn.Sequential(*blocks)
