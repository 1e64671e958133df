"""What the drawing, the tool tips and the details say about a part of the network."""

from __future__ import annotations

import re
from html import escape

from PySide6.QtCore import QCoreApplication

from resnet_studio.architecture.edges import layer_edge
from resnet_studio.architecture.graph import (
    Block,
    Layer,
    LayerKind,
    NetworkGraph,
    ReceptiveField,
    Section,
    SectionKind,
    Shape,
    ShortcutForm,
)
from resnet_studio.gui.architecture.outline import Entry, Item
from resnet_studio.gui.architecture.papers import paper_of


def tr(text: str) -> str:
    """Returns `text` in the language of the window."""
    return QCoreApplication.translate("Architecture", text)


def shape_text(shape: Shape) -> str:
    """Returns "256×56×56" (channels, height, width), or "1000" for a vector."""
    return "×".join(map(str, shape))


def grouped(number: int) -> str:
    """Returns "25,557,032"."""
    return f"{number:,}"


def rounded(number: int) -> str:
    """Returns three significant digits with a unit: "4.09 G", "680 M", "512"."""
    value = float(number)
    for unit in ("", " k", " M", " G", " T"):
        if value < 999.5 or unit == " T":
            break
        value /= 1000
    if not unit:
        return str(number)
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:.{digits}f}{unit}"


def kind_text(item: Item) -> str:
    """Returns what a section, block or layer is, in a word or two."""
    if isinstance(item, Section):
        return folded_text(item)
    if isinstance(item, Block):
        kind = {
            ShortcutForm.NONE: tr("plain block"),
            ShortcutForm.IDENTITY: tr("identity block"),
            ShortcutForm.PROJECTION: tr("projection block"),
            ShortcutForm.ZERO_PAD: tr("zero-pad block"),
        }[item.shortcut_form]
        done = [_modifier_text(layer) for layer in item.shortcut if layer.kind in _MODIFIERS]
        return ", ".join([kind, *done])
    return layer_text(item)


def layer_text(layer: Layer) -> str:
    """Returns "3×3 conv, 64, /2" and the like; what the drawing writes beside a layer."""
    if layer.kind is LayerKind.BATCH_NORM:
        return tr("batch norm")
    if layer.kind is LayerKind.ADD:
        return tr("addition")
    return layer.title


def column_texts(layer: Layer) -> tuple[str, ...]:
    """Returns what is written under a map, from the longest form to the shortest."""
    whole = layer_text(layer)
    return (whole, whole.split(", ")[0], whole.split(" ")[0])


def strip_text(layer: Layer) -> str:
    """Returns what a layer without a map of its own is called under the map before it: "BN"."""
    return {
        LayerKind.BATCH_NORM: "BN",
        LayerKind.RELU: "ReLU",
        LayerKind.SE: "SE",
        LayerKind.GATE: tr("gate"),
        LayerKind.DROPOUT: tr("dropout"),
        LayerKind.DROP_PATH: tr("drop path"),
    }.get(layer.kind, layer.title)


def chip_texts(layer: Layer) -> tuple[str, ...]:
    """Returns what a layer on a shortcut is called, from the longest form to the shortest."""
    if layer.kind is LayerKind.BATCH_NORM:
        return (layer_text(layer), "BN")
    if layer.kind is LayerKind.GATE:
        return (f"× (1 − g), g: {layer.title.removeprefix('gate ')}", "× (1 − g)", "1 − g")
    if layer.kind is LayerKind.AVG_POOL:
        return (layer_text(layer), tr("average pool"), tr("pool"))
    if layer.kind is LayerKind.DROPOUT:
        return (layer_text(layer), tr("dropout"), tr("drop"))
    if layer.kind is LayerKind.ZERO_PAD:
        return (layer_text(layer), tr("zero-pad"), tr("pad"))
    shorter = layer.title.replace(" conv", "")
    return (layer_text(layer), shorter, shorter.split(",")[0])


def row_name(item: Item) -> str:
    """Returns the name in a tree, where a layer stands below its block: "conv1"."""
    in_block = isinstance(item, Layer) and item.name.count(".") > 1  # not a deep stem's "conv1.0"
    return item.name.split(".", 2)[-1] if in_block else item.name


def section_titles(section: Section) -> tuple[str, ...]:
    """Returns the title of a part, from the longest form to the shortest."""
    if section.kind is SectionKind.STEM:
        return (tr("Stem"),)
    if section.kind is SectionKind.HEAD:
        return (tr("Pooling + linear head"), tr("Pool + linear"), tr("Head"))
    number = section.blocks[0].stage
    return (tr("Stage {number}").format(number=number), str(number))


def section_note(section: Section) -> str:
    """Returns the second line of a title: how many blocks, or what comes in and out."""
    if section.kind is SectionKind.STAGE:
        return blocks_text(len(section.blocks))
    if section.kind is SectionKind.STEM:
        return tr("input {shape}").format(shape=shape_text(section.input_shape))
    return tr("{count} classes").format(count=grouped(section.output_shape[0]))


def blocks_text(count: int) -> str:
    """Returns "23 blocks"."""
    return tr("1 block") if count == 1 else tr("{count} blocks").format(count=count)


def folded_text(section: Section) -> str:
    """Returns what a folded section says on its one box."""
    if section.blocks:
        return blocks_text(len(section.blocks))
    if len(section.layers) == 1:
        return tr("1 layer")
    return tr("{count} layers").format(count=len(section.layers))


def folded_texts(section: Section) -> tuple[str, ...]:
    """Returns what a folded section says, from the longest form to the shortest."""
    count = len(section.blocks) or len(section.layers)
    return folded_text(section), f"×{count}"


def shortcut_texts(form: ShortcutForm) -> tuple[str, ...]:
    """Returns the name of a shortcut, from the longest form to the shortest."""
    return {
        ShortcutForm.NONE: (),
        ShortcutForm.IDENTITY: (tr("identity"),),
        ShortcutForm.PROJECTION: (tr("projection"), tr("proj.")),
        ShortcutForm.ZERO_PAD: (tr("zero-pad"), tr("pad")),
    }[form]


def block_shortcut_texts(block: Block) -> tuple[str, ...]:
    """Returns what the shortcut of a block is, with what is done to it, from long to short."""
    forms = shortcut_texts(block.shortcut_form)
    done = [_modifier_text(layer) for layer in block.shortcut if layer.kind in _MODIFIERS]
    if not done:
        return forms
    said = ", ".join(done)
    return (*(f"{form}, {said}" for form in forms), said)


_MODIFIERS = (LayerKind.GATE, LayerKind.SCALE, LayerKind.DROPOUT)


def _modifier_text(layer: Layer) -> str:
    return tr("gated") if layer.kind is LayerKind.GATE else strip_text(layer)


def field_text(field: ReceptiveField) -> str:
    """Returns "35 px, step 4 px"."""
    return tr("{size} px, one step = {jump} px").format(size=field.size, jump=field.jump)


def facts(item: Item) -> tuple[tuple[str, str], ...]:
    """Returns what is known of a part, as pairs of a label and a value."""
    return (
        (tr("Input"), shape_text(item.input_shape)),
        (tr("Output"), shape_text(item.output_shape)),
        (tr("Parameters"), grouped(item.parameters)),
        (tr("MACs"), _macs_text(item.macs)),
        (tr("Receptive field"), field_text(item.receptive_field)),
        *_never_read(item),
    )


def _never_read(item: Item) -> tuple[tuple[str, str], ...]:
    """Returns what a strided layer never reads of its map and of the padding."""
    if not isinstance(item, Layer) or layer_edge(item) is None:
        return ()
    from resnet_studio.gui.architecture.unread import never_read_text  # it imports this module

    return ((tr("Never read"), never_read_text(item)),)


def _macs_text(macs: int) -> str:
    return f"{grouped(macs)} ({rounded(macs)})" if macs >= 1000 else grouped(macs)


def network_facts(graph: NetworkGraph) -> tuple[tuple[str, str], ...]:
    """Returns what is known of the whole network, as pairs of a label and a value."""
    field = graph.stages[-1].receptive_field
    return (
        (tr("Input"), shape_text(graph.input_shape)),
        (tr("Output"), section_note(graph.head)),
        (tr("Parameters"), grouped(graph.parameters)),
        (tr("MACs"), _macs_text(graph.macs)),
        (tr("Receptive field"), field_text(field)),
    )


def heading(entry: Entry) -> str:
    """Returns the name of a part with what it is: "layer1.0.conv1 · 1×1 conv, 64"."""
    item = entry.item
    if isinstance(item, Section):
        if item.kind is SectionKind.STAGE:
            return f"{section_titles(item)[0]} · {item.name} · {section_note(item)}"
        return f"{section_titles(item)[0]} · {item.name}"
    return f"{item.name} · {kind_text(item)}"


def tooltip(entry: Entry) -> str:
    """Returns the tool tip of a part as rich text: its figures, and a special layer's paper."""
    rows = "".join(
        f"<tr><td>{escape(label)}&nbsp;&nbsp;</td><td align='right'>{escape(value)}</td></tr>"
        for label, value in facts(entry.item)
    )
    paper = paper_of(entry.item) if isinstance(entry.item, Layer) else ""
    source = f"<p style='white-space:pre'><i>{escape(paper)}</i></p>" if paper else ""
    title = f"<p style='white-space:pre'><b>{escape(heading(entry))}</b></p>"
    return f"{title}<table>{rows}</table>{source}"


def flow_text(shape: Shape, block: Block | None) -> str:
    """Returns the tool tip of a line: the shape of what flows there, and whose shortcut it is."""
    said = tr("{shape} flows here").format(shape=shape_text(shape))
    if block is None:
        return f"<p style='white-space:pre'>{escape(said)}</p>"
    form = (block_shortcut_texts(block) or (tr("none"),))[0]
    title = tr("{block} · shortcut: {form}").format(block=block.name, form=form)
    change = shape_text(shape)
    if block.input_shape != shape:
        change = f"{shape_text(block.input_shape)} → {change}"
    return f"<p style='white-space:pre'><b>{escape(title)}</b><br>{escape(change)}</p>"


def unbroken(text: str) -> str:
    """Returns `text` with numbers tied to their units ("427 px", "4.09 G") across line ends."""
    return re.sub(r"(?<=\d) (?=[A-Za-z]{1,2}\b)", "\u00a0", text)


def title_parts(graph: NetworkGraph, name: str) -> tuple[str, ...]:
    """Returns the line above the drawing in parts: name, parameters, MACs, input, field."""
    return (
        name,
        tr("{count} parameters").format(count=grouped(graph.parameters)),
        tr("{count} MACs").format(count=rounded(graph.macs)),
        tr("input {shape}").format(shape=shape_text(graph.input_shape)),
        tr("receptive field {size} px").format(size=graph.stages[-1].receptive_field.size),
    )
