"""The strip that says in words what the selected part is and how its numbers come about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import (
    QContextMenuEvent,
    QImage,
    QResizeEvent,
    QTextCursor,
    QTextOption,
)
from PySide6.QtWidgets import QMenu, QStyle, QTextBrowser, QWidget

from resnet_studio.architecture.arithmetic import sentences
from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.edges import layer_edge
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
from resnet_studio.gui.network_values import matching_preset
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.export import copy_image, save_image

if TYPE_CHECKING:
    from resnet_studio.gui.architecture.unread import EdgePicture


_PICTURE = "edge"
"""Scheme of the picture's address; a number follows, as the document keeps what it has loaded."""
_FRAME = 12


class Details(QTextBrowser):
    """Name, figures and arithmetic of one part; of the whole network if none is selected.

    Of a strided layer a picture shows which rows and columns it reads and which it never does.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._shown: Callable[[], None] = lambda: None
        self._picture: EdgePicture | None = None
        self._image = QImage()
        self._made = self._arranged = 0
        self._layer = ""
        self.setOpenLinks(False)
        self.setWordWrapMode(QTextOption.WrapMode.WordWrap)  # never within a number
        self.setAccessibleName(self.tr("Details of the selected part"))
        self.setPlaceholderText(self.tr("Click a part of the drawing to see its arithmetic."))
        self.anchorClicked.connect(lambda link: studio.select(link.path()))
        studio.theme_changed.connect(lambda _theme: self._shown())

    def show_entry(self, entry: Entry) -> None:
        """Explains a section, block or layer."""

        def show() -> None:
            self._picture = self._picture_of(entry)
            self._show(labels.heading(entry), explained(entry), labels.facts(entry.item))
            if not isinstance(entry.item, Layer):
                self._append(strided_html(entry.item.layers))

        self._shown = show
        show()

    def show_network(self, graph: NetworkGraph, name: str) -> None:
        """Explains the whole network, with the published figures beside its own."""

        def show() -> None:
            self._picture = None
            self._show(name, network_sentences(graph), labels.network_facts(graph))
            self._append(strided_html(graph.layers))
            self._append(published_html(graph))

        self._shown = show
        show()

    def picture(self) -> QImage | None:
        """Returns the picture that is shown, with its layer and formula above; None for none."""
        if self._picture is None:
            return None
        layer = self._studio.graph.find(self._layer)
        size = sentences(layer)[1] if isinstance(layer, Layer) else ""
        return self._picture.image(self._room(), 2.0, heading=f"{self._layer}. {size}")

    def loadResource(self, kind: int, name: QUrl) -> Any:
        """Gives the document the picture."""
        if name.scheme() == _PICTURE:
            return self._image
        return super().loadResource(kind, name)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arranges the picture anew for another width."""
        super().resizeEvent(event)
        if self._picture is not None and self._room() != self._arranged:
            at = self.verticalScrollBar().value()
            self._shown()
            self.verticalScrollBar().setValue(at)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offers to copy or save the picture as well as the text."""
        menu: QMenu = self.createStandardContextMenu()
        if self._picture is not None:
            menu.addSeparator()
            menu.addAction(self.tr("Copy the picture of the edge"), self.copy_picture)
            menu.addAction(self.tr("Save the picture of the edge…"), self.save_picture)
        menu.exec(event.globalPos())
        menu.deleteLater()

    def copy_picture(self) -> None:
        """Puts the picture of the edge into the clipboard."""
        if (image := self.picture()) is not None:
            copy_image(image)
            self._studio.show_message(self.tr("The picture is in the clipboard."))

    def save_picture(self) -> None:
        """Asks for a name and saves the picture of the edge."""
        if (image := self.picture()) is not None:
            save_image(self._studio, image, f"{self._layer}.png")

    def _append(self, html: str) -> None:
        """Adds rich text at the end; the beginning stays in sight."""
        if html:
            self.append(html)
            self.moveCursor(QTextCursor.MoveOperation.Start)
            self.verticalScrollBar().setValue(0)

    def _picture_of(self, entry: Entry) -> EdgePicture | None:
        item = entry.item
        if not isinstance(item, Layer) or layer_edge(item) is None:
            return None
        from resnet_studio.gui.architecture.unread import EdgePicture  # at the first strided layer

        self._layer = item.name
        theme = self._studio.theme
        colour = theme.stage_colour(entry.section, len(self._studio.graph.sections))
        return EdgePicture(item, theme, self.font(), colour=colour)

    def _room(self) -> int:
        """Returns the width for the picture, the same with and without a scroll bar."""
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        return self.width() - bar - _FRAME

    def _picture_html(self) -> str:
        if self._picture is None:
            return ""
        self._made += 1
        self._arranged = self._room()
        self._image = self._picture.image(self._arranged, self.devicePixelRatioF())
        size = self._picture.size(self._arranged)
        tip = self.tr(
            "The lower right corner of what the layer reads. Thick: its last window; dashed: the "
            "windows beside it. Crossed out: numbers of the map that no window reads; struck "
            "through: padding that none reads. The right-click menu copies and saves it."
        )
        return (
            f"<p style='margin:4px 0'><img src='{_PICTURE}:{self._made}' title='{escape(tip)}' "
            f"width='{size.width()}' height='{size.height()}'></p>"
        )

    def _show(self, title: str, text: tuple[str, ...], facts: tuple[tuple[str, str], ...]) -> None:
        rows = "".join(
            f"<tr><td>{escape(label)}&nbsp;&nbsp;&nbsp;</td><td><b>{_html(value)}</b></td></tr>"
            for label, value in facts
        )
        paragraphs = "".join(f"<p style='margin:4px 0'>{_html(line)}</p>" for line in text)
        self.setHtml(
            f"<p style='margin:0 0 4px 0'><b>{_html(title)}</b></p>"
            f"<table>{rows}</table>{self._picture_html()}{paragraphs}"
        )


def _html(text: str) -> str:
    whole = labels.unbroken(text).replace(", /", ", /\u2060")  # a stride's slash ends no line
    return escape(whole)


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


def published_html(graph: NetworkGraph) -> str:
    """Returns the published figures of a network of the catalogue beside its own; "" for none.

    Where a count differs from the printed one, the steps from the published network explain it.
    """
    network = matching_preset(graph.spec)
    if network is None or not CATALOG[network].published:
        return ""
    from resnet_studio.gui.architecture import lens_words as words  # not at the start

    return words.published_paragraphs(graph, network) + "".join(
        f"<p style='margin:4px 0'>{escape(words.tied(sentence))}</p>"
        for sentence in words.count_explanations(graph, network)
    )


def strided_html(layers: Sequence[Layer]) -> str:
    """Returns the strided layers among these as links, each with what it never reads."""
    strided = [layer for layer in layers if layer_edge(layer) is not None]
    if not strided:
        return ""
    from resnet_studio.gui.architecture.unread import never_read_text  # not at the start

    listed = "<br>".join(
        f"<a href='{escape(layer.name)}'>{escape(layer.name)}</a>: {escape(never_read_text(layer))}"
        for layer in strided
    )
    title = labels.tr("What strided layers never read; each link shows it:")
    return f"<p style='margin:4px 0'>{escape(title)}<br>{listed}</p>"


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
