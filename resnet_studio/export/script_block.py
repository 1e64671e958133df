"""The residual block of the standalone script: only what this one network has.

Every function returns lines or texts of Python. Attributes have the names of
`resnet_studio.models`, so that the weights load unrenamed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from resnet_studio.architecture.spec import (
    ActivationOrder,
    BlockKind,
    NetworkSpec,
    ShortcutKind,
    ShortcutType,
    StridePlace,
    applies,
)


@dataclass(frozen=True, slots=True)
class Convolution:
    """One convolution of the residual branch, in the words of the script.

    Attributes:
        inputs: Variable with the channels that come in.
        outputs: Variable with those that go out.
        kernel: Side of its window in pixels.
        strided: Whether it has the block's stride.
        groups: In how many groups the channels are convolved.
    """

    inputs: str
    outputs: str
    kernel: int
    strided: bool = False
    groups: int = 1

    @property
    def text(self) -> str:
        """The call that makes it."""
        arguments = [self.inputs, self.outputs, str(self.kernel)]
        if self.strided:
            arguments.append("stride=stride")
        if self.kernel == 3:
            arguments.append("padding=1")
        if self.groups > 1:
            arguments.append(f"groups={self.groups}")
        return f"nn.Conv2d({', '.join(arguments)}, bias=False)"


def convolutions(spec: NetworkSpec) -> tuple[Convolution, ...]:
    """Returns the convolutions of the residual branch, in order."""
    if spec.block is BlockKind.BASIC:
        first = Convolution("inputs", "outputs", 3, strided=True)
        return first, Convolution("outputs", "outputs", 3)
    early = spec.stride_on is StridePlace.CONV1
    return (
        Convolution("inputs", "inner", 1, strided=early),
        Convolution("inner", "inner", 3, strided=not early, groups=spec.groups),
        Convolution("inner", "outputs", 1),
    )


def block_name(spec: NetworkSpec) -> str:
    """Returns the name of the class."""
    return "BasicBlock" if spec.block is BlockKind.BASIC else "Bottleneck"


def parameters(spec: NetworkSpec) -> tuple[str, ...]:
    """Returns what the constructor of the block takes."""
    inner = () if spec.block is BlockKind.BASIC else ("inner",)
    return "inputs", *inner, "outputs", "stride"


def changes_shape(spec: NetworkSpec) -> bool:
    """Returns whether any block changes the shape, so that its shortcut cannot be the identity."""
    return len(spec.depths) > 1 or spec.stem_width != spec.channels[0]


def always_converts(spec: NetworkSpec) -> bool:
    """Returns whether every shortcut has a convolution, also where the shape stays."""
    return spec.shortcut is ShortcutKind.C or spec.shortcut_type is ShortcutType.CONV


def has_downsample(spec: NetworkSpec) -> bool:
    """Returns whether the shortcut of any block is more than the identity."""
    if spec.shortcut is ShortcutKind.NONE:
        return False
    return always_converts(spec) or changes_shape(spec)


def shares_first(spec: NetworkSpec) -> bool:
    """Returns whether the first block's identity shortcut starts behind its activation."""
    return applies(spec, "shared_first_activation") and spec.shared_first_activation


def block_class(spec: NetworkSpec) -> str:
    """Returns the class of the block."""
    arguments = ", ".join(f"{name}: int" for name in parameters(spec))
    lines = [
        f"class {block_name(spec)}(nn.Module):",
        *_description(spec),
        "",
        f"    def __init__(self, {arguments}) -> None:",
        "        super().__init__()",
        *_indented(_made(spec)),
        "",
        "    def forward(self, x: Tensor) -> Tensor:",
        *_indented(_computed(spec)),
    ]
    return "\n".join(lines) + "\n"


_FIGURE = "arXiv:1603.05027, figure 4"
_ORDERS = {
    ActivationOrder.BN_AFTER_ADDITION: "The last batch normalisation stands behind the addition "
    f"({_FIGURE}b).",
    ActivationOrder.RELU_BEFORE_ADDITION: f"The last ReLU stands before the addition ({_FIGURE}c).",
    ActivationOrder.RELU_ONLY_PREACTIVATION: f"ReLU before each convolution ({_FIGURE}d).",
    ActivationOrder.FULL_PREACTIVATION: "Batch normalisation and ReLU before each convolution "
    f"({_FIGURE}e).",
    ActivationOrder.RELU_TWICE: "A ReLU stands before the addition and another behind it.",
}


def _indented(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield f"        {line}" if line else ""


def _description(spec: NetworkSpec) -> Iterator[str]:
    """Yields the docstring: what the branch is, and where its order is not that of 2015, which."""
    about = _branch_words(spec)
    if spec.order not in _ORDERS:
        yield f'    """{about}"""'
        return
    yield f'    """{about}'
    yield ""
    yield f"    {_ORDERS[spec.order]}"
    yield '    """'


def _branch_words(spec: NetworkSpec) -> str:
    if spec.block is BlockKind.BASIC:
        branch = "Two 3x3 convolutions"
    else:
        inside = "3x3" if spec.groups == 1 else f"3x3 in {spec.groups} groups"
        branch = f"1x1, {inside} and 1x1 convolution"
    if spec.shortcut is ShortcutKind.NONE:
        return f"{branch}, without a shortcut: a plain network."
    return f"{branch}, and a shortcut past them."


# --- the constructor ----------------------------------------------------------------------------


def _made(spec: NetworkSpec) -> Iterator[str]:
    branch = convolutions(spec)
    for number, convolution in enumerate(branch, start=1):
        made = f"self.conv{number} = {convolution.text}"
        if spec.order is ActivationOrder.FULL_PREACTIVATION:
            yield f"self.bn{number} = nn.BatchNorm2d({convolution.inputs})"
            yield made
        else:
            yield made
            yield f"self.bn{number} = nn.BatchNorm2d({convolution.outputs})"
        if number == 1 and spec.dropout:
            yield f"self.dropout = nn.Dropout({spec.dropout!r})  # acts in training only"
    if spec.se_reduction:
        yield f"self.se = SqueezeExcitation(outputs, max(1, outputs // {spec.se_reduction}))"
    if spec.shortcut is not ShortcutKind.NONE:
        yield from _made_shortcut(spec)


def _made_shortcut(spec: NetworkSpec) -> Iterator[str]:
    if has_downsample(spec):
        yield "self.downsample = make_shortcut(inputs, outputs, stride)"
    if spec.shortcut_type is ShortcutType.DROPOUT:
        rate = repr(spec.shortcut_dropout)
        yield f"self.shortcut_dropout = nn.Dropout({rate})  # acts in training only"
    if spec.shortcut_type.gated:
        yield "self.gate = Gate(inputs, outputs, stride)"
    if _start(spec) == "start":
        changes = "stride != 1 or inputs != outputs" if has_downsample(spec) else "False"
        yield f"self.starts_active = {changes}"


# --- the computation ----------------------------------------------------------------------------


def _computed(spec: NetworkSpec) -> Iterator[str]:
    yield from _preactivated(spec) if spec.order.preactivated else _postactivated(spec)
    if spec.se_reduction:
        yield "out = self.se(out)"
    if spec.order in (ActivationOrder.RELU_BEFORE_ADDITION, ActivationOrder.RELU_TWICE):
        yield "out = F.relu(out)"
    if spec.shortcut is ShortcutKind.NONE:
        yield f"return {_finished(spec, 'out')}"
        return
    if spec.shortcut_type is ShortcutType.SCALING and spec.residual_scale != 1.0:
        yield f"out = {spec.residual_scale!r} * out"
    if spec.stochastic_depth:
        rate = f"{spec.stochastic_depth:g}"
        yield "# Stochastic depth (arXiv:1603.09382): training drops `out` here every so often, in"
        yield f"# the last block with probability {rate}. A network that classifies keeps it."
    yield from _merged(spec)


def _postactivated(spec: NetworkSpec) -> Iterator[str]:
    """Yields convolution, normalisation, ReLU: the order of 2015, up to the last convolution."""
    last = len(convolutions(spec))
    source = "x"
    for number in range(1, last):
        yield f"out = F.relu(self.bn{number}(self.conv{number}({source})))"
        source = "out"
        if number == 1 and spec.dropout:
            yield "out = self.dropout(out)"
    if spec.order is ActivationOrder.BN_AFTER_ADDITION:
        yield f"out = self.conv{last}(out)"
    else:
        yield f"out = self.bn{last}(self.conv{last}(out))"


def _preactivated(spec: NetworkSpec) -> Iterator[str]:
    """Yields (normalisation,) ReLU, convolution: the orders of 2016."""
    full = spec.order is ActivationOrder.FULL_PREACTIVATION
    yield f"active = F.relu({'self.bn1(x)' if full else 'x'})"
    if _start(spec) == "start":
        yield "start = active if self.starts_active else x  # where the shortcut begins"
    yield "out = self.conv1(active)" if full else "out = self.bn1(self.conv1(active))"
    for number in range(2, len(convolutions(spec)) + 1):
        yield f"out = F.relu({f'self.bn{number}(out)' if full else 'out'})"
        if number == 2 and spec.dropout:
            yield "out = self.dropout(out)"
        convolved = f"self.conv{number}(out)"
        yield f"out = {convolved if full else f'self.bn{number}({convolved})'}"


def _start(spec: NetworkSpec) -> str:
    """Returns the variable that the shortcut reads: "start" where blocks differ in it."""
    if not spec.order.preactivated or spec.shortcut is ShortcutKind.NONE:
        return "x"
    if always_converts(spec):
        return "active"
    return "start" if changes_shape(spec) or shares_first(spec) else "x"


def _merged(spec: NetworkSpec) -> Iterator[str]:
    start = _start(spec)
    shortcut = f"self.downsample({start})" if has_downsample(spec) else start
    if spec.shortcut_type is ShortcutType.SCALING:
        shortcut = f"{spec.shortcut_scale!r} * {shortcut}"
    if spec.shortcut_type is ShortcutType.DROPOUT:
        shortcut = f"self.shortcut_dropout({shortcut})"
    if not spec.shortcut_type.gated:
        yield f"return {_finished(spec, f'out + {shortcut}')}"
        return
    if spec.shortcut_type is ShortcutType.SHORTCUT_GATE:
        branch, about = "out", "near 1: the shortcut is shut; near 0: it is open"
    else:
        branch, about = "gate * out", "near 1: the branch counts; near 0: the shortcut"
    yield f"gate = self.gate({start})  # {about}"
    yield f"return {_finished(spec, f'{branch} + (1 - gate) * {shortcut}')}"


def _finished(spec: NetworkSpec, merged: str) -> str:
    """Returns what stands behind the addition, around it."""
    match spec.order:
        case ActivationOrder.ORIGINAL | ActivationOrder.RELU_TWICE:
            return f"F.relu({merged})"
        case ActivationOrder.BN_AFTER_ADDITION:
            return f"F.relu(self.bn{len(convolutions(spec))}({merged}))"
        case _:
            return merged
