"""The network of the standalone script, around its blocks: parts, shortcut, stages, stem, head."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from resnet_studio.architecture.graph import NetworkGraph, Shape
from resnet_studio.architecture.spec import (
    ActivationOrder,
    BlockKind,
    NetworkSpec,
    ProjectionKind,
    ShortcutKind,
    ShortcutType,
    StemKind,
    ZeroPadding,
)
from resnet_studio.export.script_block import (
    always_converts,
    block_class,
    block_name,
    has_downsample,
    parameters,
    shares_first,
)

_SQUEEZE = '''\
class SqueezeExcitation(nn.Module):
    """Weighs the channels by what the whole map holds (Hu et al. 2017, arXiv:1709.01507)."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, hidden, 1)
        self.fc2 = nn.Conv2d(hidden, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        squeezed = x.mean((2, 3), keepdim=True)  # one number for each channel
        return x * torch.sigmoid(self.fc2(F.relu(self.fc1(squeezed))))
'''
_GATE = '''\
class Gate(nn.Module):
    """{about}"""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, {window})

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.conv(x))
'''
_ZERO_PAD = '''\
class ZeroPad(nn.Module):
    """Option A: every second pixel, and channels of zeros {place}; no weights."""

    def __init__(self, added: int, stride: int) -> None:
        super().__init__()
        self.added, self.stride = added, stride

    def forward(self, x: Tensor) -> Tensor:
        kept = x[:, :, :: self.stride, :: self.stride]
        return F.pad(kept, (0, 0, 0, 0, {padding}))
'''


def network_parts(spec: NetworkSpec, graph: NetworkGraph) -> Iterator[str]:
    """Yields the classes and functions of the script that make the network, in order."""
    if spec.se_reduction:
        yield _SQUEEZE
    if spec.shortcut is not ShortcutKind.NONE and spec.shortcut_type.gated:
        yield _gate(spec)
    if has_downsample(spec):
        if spec.shortcut is ShortcutKind.A and spec.shortcut_type is not ShortcutType.CONV:
            yield _zero_pad(spec)
        yield _shortcut_function(spec)
    yield block_class(spec)
    yield _stage_function(spec)
    yield _network_class(spec, graph)


# --- parts --------------------------------------------------------------------------------------


def _gate(spec: NetworkSpec) -> str:
    if spec.shortcut_type is ShortcutType.HIGHWAY:
        about = "How much the branch counts (Highway networks, arXiv:1505.00387)."
        return _GATE.format(about=about, window="3, stride=stride, padding=1")
    about = "A number from 0 to 1 for each value (He et al. 2016, arXiv:1603.05027, table 1)."
    return _GATE.format(about=about, window="1, stride=stride")


def _zero_pad(spec: NetworkSpec) -> str:
    if spec.zero_padding is ZeroPadding.END:
        return _ZERO_PAD.format(place="at the end", padding="0, self.added")
    padding = "self.added // 2, self.added - self.added // 2"
    return _ZERO_PAD.format(place="on both sides", padding=padding)


def _shortcut_function(spec: NetworkSpec) -> str:
    lines = [
        "def make_shortcut(inputs: int, outputs: int, stride: int) -> nn.Module:",
        f'    """{_shortcut_words(spec)}"""',
    ]
    if not always_converts(spec):
        lines += [
            "    if stride == 1 and inputs == outputs:",
            "        return nn.Sequential()  # empty: the identity",
        ]
    return "\n".join([*lines, *_shortcut_body(spec)]) + "\n"


def _shortcut_words(spec: NetworkSpec) -> str:
    if spec.shortcut_type is ShortcutType.CONV:
        return "Returns a 1x1 convolution for every shortcut (He et al. 2016, table 1)."
    if spec.shortcut is ShortcutKind.A:
        return "Returns the identity, or zero padding where the shape changes (option A)."
    if spec.shortcut is ShortcutKind.B:
        return "Returns the identity, or a projection where the shape changes (option B)."
    return "Returns a projection for every shortcut (option C)."


def _shortcut_body(spec: NetworkSpec) -> list[str]:
    if spec.shortcut_type is ShortcutType.CONV:
        convolution = "nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)"
        return [f"    return nn.Sequential({convolution})"]
    if spec.shortcut is ShortcutKind.A:
        return ["    return ZeroPad(outputs - inputs, stride)"]
    if spec.projection is ProjectionKind.BIAS:
        return ["    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=stride))"]
    pools = spec.projection is ProjectionKind.AVGPOOL
    stride = "" if pools else ", stride=stride"
    modules = [f"nn.Conv2d(inputs, outputs, 1{stride}, bias=False)"]
    lines = []
    if pools:
        lines = [
            "    # ResNet-D (arXiv:1812.01187): the pool has the stride; no pixel stays unread.",
            "    pool = nn.AvgPool2d(2, stride, ceil_mode=True, count_include_pad=False)",
        ]
        modules.insert(0, "pool if stride > 1 else nn.Identity()")
    if spec.order is not ActivationOrder.FULL_PREACTIVATION:
        modules.append("nn.BatchNorm2d(outputs)")
    if len(modules) == 1:
        return [f"    return nn.Sequential({modules[0]})"]
    return [*lines, "    return nn.Sequential(", *(f"        {m}," for m in modules), "    )"]


def _stage_function(spec: NetworkSpec) -> str:
    names = parameters(spec)
    arguments = ", ".join(f"{name}: int" for name in ("blocks", *names))
    again = ", ".join({"inputs": "outputs", "stride": "1"}.get(name, name) for name in names)
    block = block_name(spec)
    lines = [
        f"def make_stage({arguments}) -> nn.Sequential:",
        '    """Returns the blocks of a stage; only the first may change the shape."""',
        f"    first = {block}({', '.join(names)})",
        f"    others = [{block}({again}) for _ in range(blocks - 1)]",
        "    return nn.Sequential(first, *others)",
    ]
    return "\n".join(lines) + "\n"


# --- the whole ----------------------------------------------------------------------------------


def _network_class(spec: NetworkSpec, graph: NetworkGraph) -> str:
    lines = [
        "class ResNet(nn.Module):",
        f'    """Stem, {len(spec.depths)} stages of blocks, head."""',
        "",
        "    def __init__(self) -> None:",
        "        super().__init__()",
        *(f"        {line}" for line in _made(spec)),
        "",
        "    def forward(self, x: Tensor) -> Tensor:",
        f'        """Maps pictures {_shape(graph.input_shape)} to logits (N, {spec.classes})."""',
        *(f"        {line}" for line in _computed(spec, graph)),
    ]
    return "\n".join(lines) + "\n"


def _made(spec: NetworkSpec) -> Iterator[str]:
    yield from _made_stem(spec)
    yield from _made_stages(spec)
    if spec.order is ActivationOrder.FULL_PREACTIVATION:
        yield f"self.bn_last = nn.BatchNorm2d({spec.channels[-1]})"
    yield f"self.fc = nn.Linear({spec.channels[-1]}, {spec.classes})"


def _made_stem(spec: NetworkSpec) -> Iterator[str]:
    inputs, width = spec.in_channels, spec.stem_width
    match spec.stem:
        case StemKind.CIFAR:
            yield f"self.conv1 = nn.Conv2d({inputs}, {width}, 3, padding=1, bias=False)"
        case StemKind.IMAGENET:
            yield f"self.conv1 = nn.Conv2d({inputs}, {width}, 7, stride=2, padding=3, bias=False)"
        case StemKind.TUTORIAL:
            yield "# Neither padding nor batch normalisation nor ReLU, as its tutorial has it."
            yield f"self.conv1 = nn.Conv2d({inputs}, {width}, 7, stride=2)"
        case StemKind.DEEP:
            yield from _made_deep_convolution(inputs, width)
    if _stem_normalises(spec):
        yield f"self.bn1 = nn.BatchNorm2d({width})"
    if spec.stem is StemKind.TUTORIAL:
        yield "self.maxpool = nn.MaxPool2d(3, stride=2)"
    elif spec.stem is not StemKind.CIFAR:
        yield "self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)"


def _made_deep_convolution(inputs: int, width: int) -> Iterator[str]:
    half = width // 2
    yield "# Three 3x3 convolutions in place of one 7x7: ResNet-C (arXiv:1812.01187)."
    yield "self.conv1 = nn.Sequential("
    yield f"    nn.Conv2d({inputs}, {half}, 3, stride=2, padding=1, bias=False),"
    yield f"    nn.BatchNorm2d({half}),"
    yield "    nn.ReLU(),"
    yield f"    nn.Conv2d({half}, {half}, 3, padding=1, bias=False),"
    yield f"    nn.BatchNorm2d({half}),"
    yield "    nn.ReLU(),"
    yield f"    nn.Conv2d({half}, {width}, 3, padding=1, bias=False),"
    yield ")"


def _stem_normalises(spec: NetworkSpec) -> bool:
    if spec.stem is StemKind.TUTORIAL:
        return False
    return spec.order is not ActivationOrder.FULL_PREACTIVATION


def _made_stages(spec: NetworkSpec) -> Iterator[str]:
    yield "# A line for each stage; its first block has the stride."
    ends = (spec.stem_width, *spec.channels)
    for number, (inputs, outputs) in enumerate(pairwise(ends), start=1):
        sizes = [f"blocks={spec.depths[number - 1]}", f"inputs={inputs}"]
        if spec.block is BlockKind.BOTTLENECK:
            sizes.append(f"inner={spec.inner_widths[number - 1]}")
        sizes += [f"outputs={outputs}", f"stride={1 if number == 1 else 2}"]
        yield f"self.layer{number} = make_stage({', '.join(sizes)})"
    if shares_first(spec):
        yield "# The very first activation stands before the shortcut leaves (He et al. 2016)."
        yield "self.layer1[0].starts_active = True"


def _computed(spec: NetworkSpec, graph: NetworkGraph) -> Iterator[str]:
    if not _stem_normalises(spec):
        yield "x = self.conv1(x)"
    elif spec.order is ActivationOrder.RELU_ONLY_PREACTIVATION:
        yield "x = self.bn1(self.conv1(x))"
    else:
        yield "x = F.relu(self.bn1(self.conv1(x)))"
    if spec.stem is not StemKind.CIFAR:
        yield f"x = self.maxpool(x)  # {_shape(graph.stem.output_shape)}"
    for number, stage in enumerate(graph.stages, start=1):
        yield f"x = self.layer{number}(x)  # {_shape(stage.output_shape)}"
    if spec.order is ActivationOrder.FULL_PREACTIVATION:
        yield "x = F.relu(self.bn_last(x))"
    if spec.order is ActivationOrder.RELU_ONLY_PREACTIVATION:
        yield "x = F.relu(x)"
    yield "x = F.adaptive_avg_pool2d(x, 1)  # the mean of each channel"
    yield "return self.fc(torch.flatten(x, 1))"


def _shape(shape: Shape) -> str:
    return f"(N, {', '.join(map(str, shape))})"
