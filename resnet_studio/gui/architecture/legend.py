"""What the signs of a drawing mean: the kinds of shortcut, sign and map that a network has."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPen

from resnet_studio.architecture.graph import (
    LayerKind,
    NetworkGraph,
    ShortcutForm,
)
from resnet_studio.gui.architecture import labels
from resnet_studio.gui.architecture.geometry import Rect
from resnet_studio.gui.architecture.glyphs import (
    has_pattern,
    paint_addition,
    paint_mark,
    paint_pattern,
    qrect,
)
from resnet_studio.gui.architecture.style import Style

_MODIFIERS = (LayerKind.GATE, LayerKind.SCALE, LayerKind.DROPOUT)
_MARKS = {
    ShortcutForm.PROJECTION: LayerKind.CONV,
    ShortcutForm.ZERO_PAD: LayerKind.ZERO_PAD,
}


@dataclass(frozen=True, slots=True)
class LegendItem:
    """One sign and what it means.

    Attributes:
        text: What it means.
        form: Of the shortcut whose line is the sign, if it is one.
        kind: Of the layer that is the sign, if it is one.
        kernel: Of a convolution.
        gated: Whether an addition has a gate.
    """

    text: str
    form: ShortcutForm | None = None
    kind: LayerKind | None = None
    kernel: int = 0
    gated: bool = False


def legend_items(graph: NetworkGraph) -> list[LegendItem]:
    """Returns the signs that the drawing of a network has, the most telling first."""
    forms = {block.shortcut_form for block in graph.blocks}
    items = [
        LegendItem(labels.shortcut_texts(form)[0], form=form)
        for form in ShortcutForm
        if form in forms and form is not ShortcutForm.NONE
    ]
    first = graph.blocks[0]
    on_shortcut = {layer.kind: layer for layer in first.shortcut if layer.kind in _MODIFIERS}
    items += [
        LegendItem(labels.strip_text(layer), kind=kind) for kind, layer in on_shortcut.items()
    ]
    if items:
        gated = first.gate is not None
        text = labels.tr("gated addition") if gated else labels.tr("addition")
        items.append(LegendItem(text, kind=LayerKind.ADD, gated=gated))
    kinds = {layer.kind for layer in first.residual}
    kernels = {layer.kernel for layer in first.residual if layer.kind is LayerKind.CONV}
    items += [
        LegendItem(f"{kernel}×{kernel} conv", kind=LayerKind.CONV, kernel=kernel)
        for kernel in sorted(kernels, reverse=True)
    ]
    if LayerKind.SE in kinds:
        items.append(LegendItem(labels.tr("squeeze-and-excitation"), kind=LayerKind.SE))
    return items


def paint_sample(
    painter: QPainter, item: LegendItem, x: float, middle: float, *, style: Style
) -> None:
    """Paints the sign of an item into 28 pixels from `x`, around the height `middle`."""
    if item.form is not None:
        _paint_line(painter, item.form, x, middle, style)
    elif item.kind is LayerKind.ADD:
        paint_addition(painter, _square(x + 18, middle, 12), style)
    elif item.kind in _MODIFIERS:
        paint_mark(
            painter, _square(x + 20, middle, 9), item.kind, colour=style.colours[1], style=style
        )
    else:
        _paint_map(painter, item, Rect(x + 12, middle - 7, 9, 14), style)


def _paint_map(painter: QPainter, item: LegendItem, rect: Rect, style: Style) -> None:
    painter.setPen(QPen(style.edges[1], 1.0))
    painter.setBrush(style.surface)
    if item.kind is LayerKind.CONV:
        painter.setBrush(style.convolution(1, kernel=item.kernel))
    painter.drawRect(qrect(rect))
    if item.kind is not None and has_pattern(item.kind):
        paint_pattern(painter, rect, item.kind, ink=style.text)


def _paint_line(
    painter: QPainter, form: ShortcutForm, x: float, middle: float, style: Style
) -> None:
    painter.setPen(style.shortcut_pen(form))
    painter.drawLine(QPointF(x, middle), QPointF(x + 28, middle))
    if (kind := _MARKS.get(form)) is not None:
        paint_mark(painter, _square(x + 14, middle, 8), kind, colour=style.colours[1], style=style)


def _square(cx: float, cy: float, side: float) -> Rect:
    return Rect(cx - side / 2, cy - side / 2, side, side)
