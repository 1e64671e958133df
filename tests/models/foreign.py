"""Small residual networks as other programs write them: plain torch, their names, none of ours.

Each is a whole network with the names of a family of programs, so that what is loaded from its
state dict can be compared with what it computes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def norm(width: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(width)


def conv(before: int, after: int, size: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    return nn.Conv2d(before, after, size, stride, size // 2, groups=groups, bias=False)


def pooled(x: Tensor) -> Tensor:
    return x.mean((2, 3))


def stirred(network: nn.Module, seed: int = 0) -> nn.Module:
    """Gives every normalisation values of its own and turns to evaluation."""
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor, low in ((module.running_mean, -0.5), (module.running_var, 0.5)):
                tensor.copy_(torch.rand(tensor.shape, generator=generator) + low)
            with torch.no_grad():
                module.weight.copy_(torch.rand(module.weight.shape, generator=generator) + 0.5)
                module.bias.copy_(torch.rand(module.bias.shape, generator=generator) - 0.5)
    return network.eval()


class Padding(nn.Module):
    """Every other pixel, and zeros for the new channels."""

    def __init__(self, before: int, after: int, *, both: bool) -> None:
        super().__init__()
        more = after - before
        self.first = more // 2 if both else 0
        self.last = more - self.first

    def forward(self, x: Tensor) -> Tensor:
        return functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.first, self.last))


class CifarBlock(nn.Module):
    """conv1, bn1, conv2, bn2, and `shortcut` or `downsample` where the shape changes."""

    def __init__(self, before: int, after: int, stride: int, *, option: str, side: str) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv(before, after, 3, stride), norm(after)
        self.conv2, self.bn2 = conv(after, after, 3), norm(after)
        self.side = side
        beside: nn.Module = nn.Sequential()
        if option == "C" or stride != 1 or before != after:
            beside = nn.Sequential(conv(before, after, 1, stride), norm(after))
            if option in ("A both", "A end"):
                beside = Padding(before, after, both=option == "A both")
        setattr(self, side, beside)

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        return functional.relu(out + getattr(self, self.side)(x))


class CifarBottleneck(nn.Module):
    """conv1 to conv3 with `shortcut`; the strided convolution is the 3x3, or the first."""

    def __init__(
        self, before: int, width: int, stride: int, *, expansion: int = 4, first: bool = False
    ) -> None:
        super().__init__()
        after = expansion * width
        self.conv1 = conv(before, width, 1, stride if first else 1)
        self.conv2 = conv(width, width, 3, 1 if first else stride)
        self.conv3 = conv(width, after, 1)
        self.bn1, self.bn2, self.bn3 = norm(width), norm(width), norm(after)
        self.shortcut = nn.Sequential()
        if stride != 1 or before != after:
            self.shortcut = nn.Sequential(conv(before, after, 1, stride), norm(after))

    def forward(self, x: Tensor) -> Tensor:
        out = functional.relu(self.bn1(self.conv1(x)))
        out = self.bn3(self.conv3(functional.relu(self.bn2(self.conv2(out)))))
        return functional.relu(out + self.shortcut(x))


class CifarNet(nn.Module):
    """conv1, bn1, layer1 to layerN, and a head that is called `head`."""

    def __init__(
        self, stages: list[nn.Sequential], *, stem: int, wide: int, head: str = "linear"
    ) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv(3, stem, 3), norm(stem)
        self.count = len(stages)
        for number, stage in enumerate(stages, start=1):
            self.add_module(f"layer{number}", stage)
        self.head = head
        self.add_module(head, nn.Linear(wide, 10))

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.bn1(self.conv1(x)))
        for number in range(1, self.count + 1):
            x = getattr(self, f"layer{number}")(x)
        return getattr(self, self.head)(pooled(x))


def cifar(
    *,
    option: str,
    side: str = "shortcut",
    head: str = "linear",
    widths: tuple[int, ...] = (4, 8, 16),
    depth: int = 2,
    stem: int = 4,
) -> nn.Module:
    stages, before = [], stem
    for number, width in enumerate(widths):
        blocks = []
        for index in range(depth):
            stride = 2 if number and not index else 1
            blocks.append(CifarBlock(before, width, stride, option=option, side=side))
            before = width
        stages.append(nn.Sequential(*blocks))
    return stirred(CifarNet(stages, stem=stem, wide=before, head=head))


def four_stages_of_bottlenecks(*, first: bool = False, expansion: int = 4) -> nn.Module:
    stages, before = [], 8
    for number, width in enumerate((4, 6, 8, 10)):
        stride = 2 if number else 1
        blocks = [
            CifarBottleneck(before, width, stride, expansion=expansion, first=first),
            CifarBottleneck(expansion * width, width, 1, expansion=expansion),
        ]
        before = expansion * width
        stages.append(nn.Sequential(*blocks))
    return stirred(CifarNet(stages, stem=8, wide=before))


class WideBlock(nn.Module):
    """bn1, conv1, bn2, conv2, and `convShortcut` where the channels change."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.bn1, self.conv1 = norm(before), conv(before, after, 3, stride)
        self.bn2, self.conv2 = norm(after), conv(after, after, 3)
        self.changes = before != after
        if self.changes:
            self.convShortcut = conv(before, after, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        ready = functional.relu(self.bn1(x))
        out = self.conv2(functional.relu(self.bn2(self.conv1(ready))))
        return out + (self.convShortcut(ready) if self.changes else x)


class WideStage(nn.Module):
    def __init__(self, *blocks: nn.Module) -> None:
        super().__init__()
        self.layer = nn.Sequential(*blocks)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


class Wide(nn.Module):
    """conv1, block1 to block3 of `layer`, bn1 at the end, fc."""

    def __init__(self, factor: int = 2) -> None:
        super().__init__()
        widths = (4, 4 * factor, 8 * factor, 16 * factor)
        self.conv1 = conv(3, 4, 3)
        for number in (1, 2, 3):
            before, after = widths[number - 1 : number + 1]
            stage = WideStage(
                WideBlock(before, after, 1 + (number > 1)), WideBlock(after, after, 1)
            )
            self.add_module(f"block{number}", stage)
        self.bn1 = norm(widths[-1])
        self.fc = nn.Linear(widths[-1], 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.block3(self.block2(self.block1(self.conv1(x))))
        return self.fc(pooled(functional.relu(self.bn1(x))))


class Residual(nn.Module):
    """`residual_function` and `shortcut`, both sequences."""

    def __init__(self, before: int, width: int, stride: int, *, bottleneck: bool) -> None:
        super().__init__()
        after = 4 * width if bottleneck else width
        if bottleneck:
            layers = [conv(before, width, 1), norm(width), nn.ReLU()]
            layers += [conv(width, width, 3, stride), norm(width), nn.ReLU()]
            layers += [conv(width, after, 1), norm(after)]
        else:
            layers = [conv(before, width, 3, stride), norm(width), nn.ReLU()]
            layers += [conv(width, width, 3), norm(width)]
        self.residual_function = nn.Sequential(*layers)
        self.shortcut = nn.Sequential()
        if stride != 1 or before != after:
            self.shortcut = nn.Sequential(conv(before, after, 1, stride), norm(after))

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.residual_function(x) + self.shortcut(x))


class ConvX(nn.Module):
    """conv1 as a sequence, conv2_x to conv5_x, fc."""

    def __init__(self, *, bottleneck: bool) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(conv(3, 6, 3), norm(6), nn.ReLU())
        before = 6
        for number, width in enumerate((6, 8, 10, 12), start=2):
            after = 4 * width if bottleneck else width
            stage = nn.Sequential(
                Residual(before, width, 1 + (number > 2), bottleneck=bottleneck),
                Residual(after, width, 1, bottleneck=bottleneck),
            )
            self.add_module(f"conv{number}_x", stage)
            before = after
        self.fc = nn.Linear(before, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv3_x(self.conv2_x(self.conv1(x)))
        return self.fc(pooled(self.conv5_x(self.conv4_x(x))))


class PreBlock(nn.Module):
    """bn1 before conv1, and so on; `shortcut` reads what is activated."""

    def __init__(self, before: int, width: int, stride: int, *, bottleneck: bool) -> None:
        super().__init__()
        self.bottleneck = bottleneck
        after = 4 * width if bottleneck else width
        self.bn1, self.bn2 = norm(before), norm(width)
        if bottleneck:
            self.conv1, self.conv2 = conv(before, width, 1), conv(width, width, 3, stride)
            self.bn3, self.conv3 = norm(width), conv(width, after, 1)
        else:
            self.conv1, self.conv2 = conv(before, width, 3, stride), conv(width, width, 3)
        self.changes = stride != 1 or before != after
        if self.changes:
            self.shortcut = nn.Sequential(conv(before, after, 1, stride))

    def forward(self, x: Tensor) -> Tensor:
        ready = functional.relu(self.bn1(x))
        out = self.conv2(functional.relu(self.bn2(self.conv1(ready))))
        if self.bottleneck:
            out = self.conv3(functional.relu(self.bn3(out)))
        return out + (self.shortcut(ready) if self.changes else x)


class PreNet(nn.Module):
    """conv1, layer1 to layer3, a normalisation of the given name, linear."""

    def __init__(self, *, bottleneck: bool, last: str | None) -> None:
        super().__init__()
        self.conv1 = conv(3, 4, 3)
        before = 4
        for number, width in enumerate((4, 8, 16), start=1):
            after = 4 * width if bottleneck else width
            stage = nn.Sequential(
                PreBlock(before, width, 1 + (number > 1), bottleneck=bottleneck),
                PreBlock(after, width, 1, bottleneck=bottleneck),
            )
            self.add_module(f"layer{number}", stage)
            before = after
        self.last = last
        if last is not None:
            self.add_module(last, norm(before))
        self.linear = nn.Linear(before, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer3(self.layer2(self.layer1(self.conv1(x))))
        if self.last is not None:
            x = functional.relu(getattr(self, self.last)(x))
        return self.linear(pooled(x))


class ConvNorm(nn.Module):
    """`convolution` and `normalization`, as in Hugging Face's transformers."""

    def __init__(
        self, before: int, after: int, size: int, stride: int = 1, *, relu: bool = True
    ) -> None:
        super().__init__()
        self.convolution = conv(before, after, size, stride)
        self.normalization = norm(after)
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        x = self.normalization(self.convolution(x))
        return functional.relu(x) if self.relu else x


class Layer(nn.Module):
    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        width = after // 4
        self.shortcut = (
            ConvNorm(before, after, 1, stride, relu=False)
            if stride != 1 or before != after
            else nn.Identity()
        )
        self.layer = nn.Sequential(
            ConvNorm(before, width, 1),
            ConvNorm(width, width, 3, stride),
            ConvNorm(width, after, 1, relu=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.layer(x) + self.shortcut(x))


class Holder(nn.Module):
    """A module that only gives its parts a name."""

    def __init__(self, **parts: nn.Module) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)


class Transformers(nn.Module):
    """resnet.embedder..., resnet.encoder.stages.N.layers.M.layer.K..., classifier.1."""

    def __init__(self) -> None:
        super().__init__()
        stages, before = [], 8
        for number, after in enumerate((16, 32)):
            layers = [Layer(before, after, 1 + (number > 0)), Layer(after, after, 1)]
            stages.append(Holder(layers=nn.Sequential(*layers)))
            before = after
        embedder = Holder(embedder=ConvNorm(3, 8, 7, 2))
        self.resnet = Holder(embedder=embedder, encoder=Holder(stages=nn.ModuleList(stages)))
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(before, 10))

    def forward(self, x: Tensor) -> Tensor:
        x = functional.max_pool2d(self.resnet.embedder.embedder(x), 3, 2, 1)
        for stage in self.resnet.encoder.stages:
            x = stage.layers(x)
        return self.classifier(pooled(x))
