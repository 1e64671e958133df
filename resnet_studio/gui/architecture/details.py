"""The strip that says in words what the selected part is and how its numbers come about."""

from __future__ import annotations

from collections import Counter
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
    ShortcutForm,
)
from resnet_studio.gui.architecture import labels
from resnet_studio.gui.architecture.formulas import (
    ACTIVATED,
    applied,
    formula,
    head,
    source,
)
from resnet_studio.gui.architecture.outline import Entry
from resnet_studio.gui.architecture.papers import paper_of, papers_of


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
        paper = paper_of(item)
        published = (labels.tr("Published: {papers}.").format(papers=paper),) if paper else ()
        return sentences(item) + published
    if isinstance(item, Block):
        return block_sentences(item)
    return section_sentences(item)


def block_sentences(block: Block) -> tuple[str, ...]:
    """Returns what a block computes: activation, residual branch, shortcut, their sum, papers."""
    before, after = labels.shape_text(block.input_shape), labels.shape_text(block.output_shape)
    convolutions = [layer.title for layer in block.residual if layer.kind is LayerKind.CONV]
    residual = " → ".join(f"[{title}]" for title in convolutions)
    projection = [layer for layer in block.shortcut if layer.kind is not LayerKind.GATE]
    count = labels.grouped(sum(layer.parameters for layer in projection))
    said = [f"y = {formula(block)}"]
    said += _activation_sentences(block)
    said.append(labels.tr("Residual branch F: {layers}.").format(layers=residual))
    form = _form_sentence(block)
    said.append(form.format(x=source(block), before=before, after=after, count=count))
    said += _extra_sentences(block)
    if papers := papers_of(block):
        said.append(labels.tr("Published: {papers}.").format(papers="; ".join(papers)))
    return tuple(said)


def _activation_sentences(block: Block) -> list[str]:
    """Says what x′ is, and where it is made."""
    if not head(block):
        return []
    made = f"{ACTIVATED} = {applied(head(block), 'x')}"
    if block.entry:
        return [labels.tr("{made}, made before the shortcut leaves.").format(made=made)]
    if block.shortcut_form is ShortcutForm.NONE:
        return [f"{made}."]
    return [labels.tr("{made}; the shortcut carries x as it is.").format(made=made)]


def _form_sentence(block: Block) -> str:
    convolution = next((layer for layer in block.shortcut if layer.kind is LayerKind.CONV), None)
    pools = any(layer.kind is LayerKind.AVG_POOL for layer in block.shortcut)
    if convolution is not None:
        pooled = labels.tr("an average pool and ") if pools else ""
        return (
            labels.tr("Shortcut: ")
            + pooled
            + labels.tr(
                "a 1×1 convolution W brings {x} from {before} to {after}; {count} parameters."
            )
        )
    return {
        ShortcutForm.NONE: labels.tr(
            "No shortcut: a plain block must fit the whole mapping itself."
        ),
        ShortcutForm.IDENTITY: labels.tr(
            "Shortcut: {x} itself, {before}; nothing is trained or computed."
        ),
        ShortcutForm.ZERO_PAD: labels.tr(
            "Shortcut: {x} is subsampled and gets channels of zeros, from {before} to {after}; "
            "nothing is trained."
        ),
    }[block.shortcut_form]


def _extra_sentences(block: Block) -> list[str]:
    """Says what a gate, a constant, dropout, SE or a dropped branch does in this block."""
    known = {
        LayerKind.GATE: labels.tr("g(x) is a convolution with bias and a sigmoid."),
        LayerKind.SE: labels.tr("SE weighs each channel of the branch by what all of them say."),
        LayerKind.DROP_PATH: labels.tr("While training, the branch is now and then left out."),
    }
    return [known[layer.kind] for layer in block.layers if layer.kind in known]


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
        kinds = Counter(
            (labels.block_shortcut_texts(block) or (labels.tr("none"),))[0]
            for block in section.blocks
        )
        counted = "; ".join(f"{count} × {kind}" for kind, count in kinds.items())
        return (change, size, labels.tr("Shortcuts: {counted}.").format(counted=counted))
    layers = " → ".join(f"[{labels.layer_text(layer)}]" for layer in section.layers)
    return (change, labels.tr("Layers: {layers}.").format(layers=layers))


def network_sentences(graph: NetworkGraph) -> tuple[str, ...]:
    """Returns what a person sees in the drawing of the whole network."""
    spec = graph.spec
    said = labels.tr("{depth} weighted layers in {count} {kind} blocks.")
    if spec.counts_projections:
        said = labels.tr(
            "{depth} convolutions, a projection of each stage included, in {count} {kind} blocks."
        )
    return (
        said.format(
            depth=labels.grouped(spec.depth), count=len(graph.blocks), kind=spec.block.value
        ),
        labels.tr(
            "Click a part for its arithmetic; double-click or press Enter to unfold a block into "
            "its layers. The wheel zooms, dragging moves the drawing."
        ),
    )
