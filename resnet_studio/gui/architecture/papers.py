"""Which paper a layer of a block comes from, for the tool tips and the details. No Qt."""

from __future__ import annotations

from resnet_studio.architecture.graph import Block, Layer, LayerKind
from resnet_studio.gui.citations import (
    EXCITATION,
    HE_2015,
    HE_2016,
    HIGHWAY,
    STOCHASTIC,
    TRICKS,
    WIDE,
)

_BY_KIND = {
    LayerKind.SE: EXCITATION,
    LayerKind.SCALE: HE_2016,
    LayerKind.DROP_PATH: STOCHASTIC,
    LayerKind.ZERO_PAD: HE_2015,
    LayerKind.ADD: HE_2015,
}
_HEAD_OF_2016 = ("bn_last", "relu_last")


def paper_of(layer: Layer) -> str:
    """Returns author, year and arXiv number of what is particular in a layer; "" for the rest."""
    part = layer.name.split(".")[-1]
    if layer.kind is LayerKind.GATE:
        return HIGHWAY if layer.kernel > 1 else HE_2016
    if layer.kind is LayerKind.ADD and len(layer.inputs) > 2:
        return f"{HE_2016}; {HIGHWAY}"
    if layer.kind is LayerKind.DROPOUT:
        return HE_2016 if part == "shortcut_dropout" else WIDE
    if "downsample" in layer.name and layer.kind is LayerKind.AVG_POOL:
        return TRICKS
    if "downsample" in layer.name and layer.kind is LayerKind.CONV:
        return HE_2015
    if layer.name.startswith("conv1."):
        return TRICKS
    if part in _HEAD_OF_2016:
        return HE_2016
    return _BY_KIND.get(layer.kind, "")


def papers_of(block: Block) -> tuple[str, ...]:
    """Returns the papers of a block's layers, each once; that of its order first."""
    found = [HE_2016] if block.entry or block.residual[0].kind is not LayerKind.CONV else []
    found += [paper for layer in block.layers for paper in paper_of(layer).split("; ") if paper]
    return tuple(dict.fromkeys(found))
