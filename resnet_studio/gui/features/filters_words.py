"""What *Filters* says below its plots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from resnet_studio.architecture.spec import Initialisation
from resnet_studio.gui.features.images import number
from resnet_studio.probe.filters import NEAR_ZERO, pooled_near_zero

if TYPE_CHECKING:
    from resnet_studio.architecture.spec import NetworkSpec
    from resnet_studio.probe.filters import FirstFilters, LayerWeights, Scales


def first_filters(filters: FirstFilters, *, shared: bool) -> str:
    """Returns how the pictures of the filters are to be read."""
    count, channels, height, width = filters.weights.shape
    text = _tr("{layer}: {count} filters of {channels}×{height}×{width}.").format(
        layer=filters.layer, count=count, channels=channels, height=height, width=width
    )
    if channels != 3:
        text += " " + _tr("They do not read three colours: the mean of their channels is shown.")
    if shared:
        scale = _tr("Grey is 0; full colour is the largest weight of all, ±{value}.").format(
            value=number(float(abs(filters.weights).max()))
        )
    else:
        scale = _tr("Grey is 0; full colour is the largest weight of each filter.")
    return f"{text} {scale}"


def histogram(layer: LayerWeights, spec: NetworkSpec) -> str:
    """Returns the figures of a layer beside those of its start."""
    text = _tr(
        "Bars: {count} weights, mean {mean}, standard deviation {std}. Line: at the start, {law}, "
        "standard deviation {expected}."
    ).format(
        count=f"{layer.count:,}",
        mean=number(layer.mean),
        std=number(layer.std),
        law=_law(layer, spec),
        expected=number(layer.expected_std),
    )
    if layer.broken:
        text += " " + _tr("{count} are not finite and left out.").format(count=layer.broken)
    return text


def scales(each: Sequence[Scales], *, plain: bool) -> str:
    """Returns how many of the scales that end a branch are near zero, and how to read the plot."""
    reading = _tr("Line: lowest to highest; bar: the middle half; mark: the median.")
    near, count = pooled_near_zero(tuple(each))
    if not each:
        return _tr("This network has no batch normalisation.")
    if count:
        said = _tr(
            "Last scales of the residual branches (drawn strong): {near} of {count} within "
            "±{limit} of 0, where the block adds nothing."
        ).format(near=f"{near:,}", count=f"{count:,}", limit=NEAR_ZERO)
    elif plain:
        said = _tr("A plain network has no residual branches.")
    else:
        said = _tr("In this order of activation no normalisation ends the residual branch.")
    return f"{said} {reading}"


def norms() -> str:
    """Returns how the plot of the norms is to be read."""
    return _tr(
        "Bar: the layer now; line across: to be expected at the start, from the law that its "
        "weights are drawn by. A click selects the layer everywhere."
    )


def _law(layer: LayerWeights, spec: NetworkSpec) -> str:
    if layer.kind == "linear":
        return _tr("uniform within ±1/√{inputs}").format(inputs=layer.shape[1])
    if spec.initialisation is Initialisation.FAN_OUT:
        return _tr("normal, fan-out (He et al. 2015)")
    return _tr("normal, fan-in (He et al. 2015)")


def _tr(text: str) -> str:
    return QCoreApplication.translate("filters", text)
