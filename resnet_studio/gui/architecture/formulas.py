"""What a block computes, as the papers write it, for every order and shortcut. No Qt.

x′ is the activated input of a pre-activation block (He et al. 2016, arXiv:1603.05027, equation 9),
g the gate, W a projection. F is the residual branch without what is written around it.
"""

from __future__ import annotations

from collections.abc import Sequence

from resnet_studio.architecture.graph import Block, Layer, LayerKind, ShortcutForm

ACTIVATED = "x′"
"""A prime and not the paper's hat: not every font sets a combining accent over its letter."""
_ACTIVATIONS = (LayerKind.BATCH_NORM, LayerKind.RELU)


def formula(block: Block) -> str:
    """Returns the output of a block: "ReLU(F(x) + x)", "F(x′) + x" and so on."""
    shortcut = shortcut_formula(block)
    branch = branch_formula(block)
    total = f"{branch} + {shortcut}" if shortcut else branch
    after = [layer for layer in block.merge if layer.kind in _ACTIVATIONS]
    return applied(after, total)


def branch_formula(block: Block) -> str:
    """Returns the residual branch: "F(x)", "ReLU(F(x))", "0.5 F(x)", "g(x) F(x)"."""
    text = f"F({ACTIVATED if head(block) else 'x'})"
    addition = block.addition
    for layer in _after_last_convolution(block.residual):
        if layer.kind is LayerKind.SE:
            text = f"SE({text})"
        elif layer.kind is LayerKind.RELU:
            text = f"ReLU({text})"
        elif layer.kind is LayerKind.SCALE:
            text = f"{layer.factor:.4g} {text}"
    if addition is not None and addition.gates_branch:
        return f"g({source(block)}) {text}"
    return text


def shortcut_formula(block: Block) -> str:
    """Returns the shortcut: "x", "Wx", "pad(x)", "(1 − g(x)) x"; "" in a plain block."""
    text = {
        ShortcutForm.NONE: "",
        ShortcutForm.IDENTITY: "{}",
        ShortcutForm.PROJECTION: "W{}",
        ShortcutForm.ZERO_PAD: "pad({})",
    }[block.shortcut_form].format(source(block))
    for layer in block.shortcut:
        if layer.kind is LayerKind.AVG_POOL:
            text = f"W pool({source(block)})"
        elif layer.kind is LayerKind.SCALE:
            text = f"{layer.factor:.4g} {text}"
        elif layer.kind is LayerKind.DROPOUT:
            text = f"drop({text})"
        elif layer.kind is LayerKind.GATE:
            text = f"(1 − g({source(block)})) {text}"
    return text


def source(block: Block) -> str:
    """Returns what the shortcut carries: x, or x′ if the activation stands before the split."""
    return ACTIVATED if block.entry else "x"


def head(block: Block) -> tuple[Layer, ...]:
    """Returns the activation at the beginning of a pre-activation block, wherever it stands."""
    found = []
    for layer in (*block.entry, *block.residual):
        if layer.kind not in _ACTIVATIONS:
            break
        found.append(layer)
    return tuple(found)


def applied(layers: Sequence[Layer], text: str) -> str:
    """Returns `text` after batch normalisations and ReLUs: "ReLU(BN(x))"."""
    for layer in layers:
        text = f"ReLU({text})" if layer.kind is LayerKind.RELU else f"BN({text})"
    return text


def _after_last_convolution(layers: Sequence[Layer]) -> Sequence[Layer]:
    last = max(place for place, layer in enumerate(layers) if layer.kind is LayerKind.CONV)
    return layers[last + 1 :]
