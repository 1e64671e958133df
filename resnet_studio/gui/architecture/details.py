"""The strip that says in words what the selected part is and how its numbers come about."""

from __future__ import annotations

from html import escape

from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import QTextBrowser, QWidget

from resnet_studio.architecture.arithmetic import sentences
from resnet_studio.architecture.graph import (
    Block,
    Layer,
    LayerKind,
    NetworkGraph,
    Section,
    SectionKind,
)
from resnet_studio.gui.architecture import labels
from resnet_studio.gui.architecture.outline import Entry


class Details(QTextBrowser):
    """Name, figures and arithmetic of one part; of the whole network if none is selected."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.setWordWrapMode(QTextOption.WrapMode.WordWrap)  # never within a number
        self.setAccessibleName(self.tr("Details of the selected part"))
        self.setPlaceholderText(self.tr("Click a part of the drawing to see its arithmetic."))

    def show_entry(self, entry: Entry) -> None:
        """Explains a section, block or layer."""
        self._show(labels.heading(entry), explained(entry), labels.facts(entry.item))

    def show_network(self, graph: NetworkGraph, name: str) -> None:
        """Explains the whole network."""
        self._show(name, network_sentences(graph), labels.network_facts(graph))

    def _show(self, title: str, text: tuple[str, ...], facts: tuple[tuple[str, str], ...]) -> None:
        rows = "".join(
            f"<tr><td>{escape(label)}&nbsp;&nbsp;&nbsp;</td><td><b>{_html(value)}</b></td></tr>"
            for label, value in facts
        )
        paragraphs = "".join(f"<p style='margin:4px 0'>{_html(line)}</p>" for line in text)
        self.setHtml(
            f"<p style='margin:0 0 4px 0'><b>{escape(title)}</b></p>"
            f"<table>{rows}</table>{paragraphs}"
        )


def _html(text: str) -> str:
    return escape(labels.unbroken(text))


def explained(entry: Entry) -> tuple[str, ...]:
    """Returns sentences on how the figures of a part come about."""
    item = entry.item
    if isinstance(item, Layer):
        return sentences(item)
    if isinstance(item, Block):
        return block_sentences(item)
    return section_sentences(item)


def block_sentences(block: Block) -> tuple[str, ...]:
    """Returns what a block computes: the residual branch, the shortcut, and their sum."""
    convolutions = [layer.title for layer in block.residual if layer.kind is LayerKind.CONV]
    residual = " → ".join(f"[{title}]" for title in convolutions)
    said = [
        f"y = {labels.formula(block)}",
        labels.tr("Residual branch F(x): {layers}.").format(layers=residual),
    ]
    before, after = labels.shape_text(block.input_shape), labels.shape_text(block.output_shape)
    form = {
        "none": labels.tr("No shortcut: a plain block must fit the whole mapping itself."),
        "identity": labels.tr("Shortcut: x itself, {before}; nothing is trained or computed."),
        "projection": labels.tr(
            "Shortcut: a 1×1 convolution W brings x from {before} to {after}; {count} parameters."
        ),
        "zeropad": labels.tr(
            "Shortcut: x is subsampled and zeros are appended, from {before} to {after}; "
            "nothing is trained."
        ),
    }[block.shortcut_form.value]
    count = labels.grouped(sum(layer.parameters for layer in block.shortcut))
    said.append(form.format(before=before, after=after, count=count))
    return tuple(said)


def section_sentences(section: Section) -> tuple[str, ...]:
    """Returns what a part does to the size and the channels of the maps."""
    before, after = section.input_shape, section.output_shape
    change = labels.tr("{before} becomes {after}.").format(
        before=labels.shape_text(before), after=labels.shape_text(after)
    )
    if section.kind is SectionKind.STAGE:
        first = section.blocks[0]
        size = labels.tr("The size stays; every block keeps it.")
        if first.output_shape[1] != first.input_shape[1]:
            size = labels.tr("The first block halves height and width, the others keep them.")
        kinds = {block.shortcut_form: 0 for block in section.blocks}
        for block in section.blocks:
            kinds[block.shortcut_form] += 1
        counted = ", ".join(
            f"{count} × {(labels.shortcut_texts(form) or (labels.tr('none'),))[0]}"
            for form, count in kinds.items()
        )
        return (change, size, labels.tr("Shortcuts: {counted}.").format(counted=counted))
    layers = " → ".join(f"[{labels.layer_text(layer)}]" for layer in section.layers)
    return (change, labels.tr("Layers: {layers}.").format(layers=layers))


def network_sentences(graph: NetworkGraph) -> tuple[str, ...]:
    """Returns what a person sees in the drawing of the whole network."""
    spec = graph.spec
    return (
        labels.tr("{depth} weighted layers in {count} {kind} blocks.").format(
            depth=labels.grouped(spec.depth), count=len(graph.blocks), kind=spec.block.value
        ),
        labels.tr(
            "Click a part for its arithmetic; double-click or press Enter to unfold a block into "
            "its layers. The wheel zooms, dragging moves the drawing."
        ),
    )
