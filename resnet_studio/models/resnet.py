"""The residual network itself: stem, stages of blocks, head.

Attributes have torchvision's names (`conv1, bn1, relu, maxpool, layer1, ..., avgpool, fc`), so
that state dicts go both ways. With the same weights the outputs and gradients are torchvision's
bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from resnet_studio.architecture.spec import ActivationOrder, BlockKind, NetworkSpec
from resnet_studio.models.basic import BASIC_BLOCKS
from resnet_studio.models.blocks import Block, Place
from resnet_studio.models.bottleneck import BOTTLENECKS
from resnet_studio.models.init import initialise
from resnet_studio.models.stems import stem


class ResNet(nn.Module):
    """A residual (or plain) network as its spec describes it.

    The constructor leaves torch's default values in the weights; `build_network` gives the
    initialisation that the spec asks for.

    Attributes:
        spec: What the network was built from.
        layer1: The first stage, an `nn.Sequential` of blocks; then `layer2` and so on.
        bn_last: Normalises the last sum with full pre-activation, else an identity.
        relu_last: The ReLU after that with both pre-activations, else an identity.
    """

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        self.spec = spec
        self.conv1, self.bn1, self.relu, self.maxpool = stem(spec)
        for name, stage in _stages(spec):
            self.add_module(name, stage)
        self._stage_names = tuple(f"layer{number}" for number in range(1, len(spec.depths) + 1))
        self.bn_last, self.relu_last = _last_activation(spec)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(spec.channels[-1], spec.classes)

    @property
    def stages(self) -> dict[str, nn.Sequential]:
        """The stages by name, in order."""
        return {name: getattr(self, name) for name in self._stage_names}

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
        # Attributes, looked up now as `self.layer1` is: a stage may have been replaced.
        for name in self._stage_names:
            x = getattr(self, name)(x)
        x = self.relu_last(self.bn_last(x))
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
        gate_bias=spec.gate_bias,
        generator=generator,
    )
    return network


def outline_network(spec: NetworkSpec) -> ResNet:
    """Returns the network on the meta device: every name and shape, no memory and no values."""
    with torch.device("meta"):
        return ResNet(spec)


def _stages(spec: NetworkSpec) -> Iterator[tuple[str, nn.Sequential]]:
    """Yields the stages; each but the first halves the map in its first block."""
    blocks = BASIC_BLOCKS if spec.block is BlockKind.BASIC else BOTTLENECKS
    block, every, before = blocks[spec.order], sum(spec.depths), 0
    inputs = spec.stem_width
    for number, (depth, inner, outputs) in enumerate(
        zip(spec.depths, spec.inner_widths, spec.channels, strict=True), start=1
    ):
        stage = nn.Sequential()
        for index in range(depth):
            place = Place(
                inputs=inputs,
                inner=inner,
                outputs=outputs,
                stride=2 if number > 1 and index == 0 else 1,
                first=before + index == 0,
                drop_rate=spec.stochastic_depth * (before + index + 1) / every,
            )
            stage.append(block(spec, place))
            inputs = outputs
        before += depth
        yield f"layer{number}", stage


def _last_activation(spec: NetworkSpec) -> tuple[nn.Module, nn.Module]:
    """Returns what activates the last sum, which with pre-activation nothing has done yet."""
    full = spec.order is ActivationOrder.FULL_PREACTIVATION
    return (
        nn.BatchNorm2d(spec.channels[-1]) if full else nn.Identity(),
        nn.ReLU() if spec.order.preactivated else nn.Identity(),
    )
