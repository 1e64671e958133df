"""What the view of the blocks says: names of the five maps, formulas, and what is special here."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from resnet_studio.architecture.elements import Block, LayerKind, Shape, ShortcutForm
from resnet_studio.gui.features.images import number
from resnet_studio.probe.residual import Dissection, Figures, Part, channel_lengths, ratio
from resnet_studio.probe.surgery import INTACT, Operation

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Quantity:
    """One line of the figures.

    Attributes:
        formula: What is computed, in signs.
        tip: The same in words, with how to read it.
        block: Its value for the whole block.
        channel: Its value for the channel that is shown; None where there is none.
    """

    formula: str
    tip: str
    block: str
    channel: str | None


def part_title(part: Part) -> str:
    """Returns what a map is called."""
    return {
        Part.INPUT: translate("BlocksPage", "x"),
        Part.BRANCH: translate("BlocksPage", "F(x)"),
        Part.SHORTCUT: translate("BlocksPage", "shortcut(x)"),
        Part.SUM: translate("BlocksPage", "sum"),
        Part.OUTPUT: translate("BlocksPage", "output"),
    }[part]


def part_tip(part: Part) -> str:
    """Returns what a map is, in a sentence."""
    return {
        Part.INPUT: translate("BlocksPage", "The block's input: what the block before made."),
        Part.BRANCH: translate(
            "BlocksPage",
            "The residual branch as it arrives at the sum: behind its constant, gate and surgery.",
        ),
        Part.SHORTCUT: translate(
            "BlocksPage",
            "What the shortcut carries as it arrives at the sum: behind projection or zero "
            "padding, constant, gate and surgery.",
        ),
        Part.SUM: translate("BlocksPage", "F(x) + shortcut(x), before anything follows."),
        Part.OUTPUT: translate("BlocksPage", "What the block gives to the next one."),
    }[part]


def after_sum(block: Block) -> str:
    """Returns what makes the output from the sum (from F(x) in a plain network); "" for nothing."""
    names = {LayerKind.BATCH_NORM: "BN", LayerKind.RELU: "ReLU"}
    return ", ".join(names[layer.kind] for layer in block.merge if layer.kind in names)


def form_name(block: Block) -> str:
    """Returns what kind of shortcut a block has."""
    name = {
        ShortcutForm.NONE: translate("BlocksPage", "no shortcut"),
        ShortcutForm.IDENTITY: translate("BlocksPage", "identity shortcut"),
        ShortcutForm.PROJECTION: translate("BlocksPage", "projection shortcut"),
        ShortcutForm.ZERO_PAD: translate("BlocksPage", "zero-padding shortcut"),
    }[block.shortcut_form]
    return translate("BlocksPage", "gated {shortcut}").format(shortcut=name) if block.gate else name


def shape_text(shape: Shape) -> str:
    """Returns "16 channels, 32×32"."""
    channels, height, width = shape
    return translate("BlocksPage", "{channels} channels, {width}×{height}").format(
        channels=channels, width=width, height=height
    )


def notes(block: Block, operation: Operation = INTACT) -> str:
    """Returns how a block makes its output and what is special about it, in sentences."""
    parts = [_added(block), _reshaped(block), _factors(block), _end(block)]
    if operation != INTACT:
        parts.insert(0, _surgery(operation))
    return " ".join(part for part in parts if part)


def _added(block: Block) -> str:
    """Says what F(x) is added to, where that is no reshaped x."""
    if block.shortcut_form is ShortcutForm.NONE:
        return translate(
            "BlocksPage",
            "A plain network has no shortcut: nothing is added, the block passes on F(x) alone.",
        )
    if block.entry:
        return translate(
            "BlocksPage",
            "x is activated before the shortcut leaves, so that shortcut(x) begins with that.",
        )
    if block.shortcut_form is ShortcutForm.IDENTITY and not block.shortcut:
        return translate("BlocksPage", "F(x) is added to x as it is.")
    return ""


def _reshaped(block: Block) -> str:
    """Says how x gets another shape, where it does."""
    if block.input_shape == block.output_shape:
        return ""
    sizes = translate("BlocksPage", "x has {before}, the output {after}.").format(
        before=shape_text(block.input_shape), after=shape_text(block.output_shape)
    )
    if block.shortcut_form is ShortcutForm.PROJECTION:
        return f"{sizes} " + translate(
            "BlocksPage",
            "The projection mixes all channels of x: the one of the same number stands beside.",
        )
    if block.shortcut_form is not ShortcutForm.ZERO_PAD:
        return sizes
    padding = next(layer for layer in block.shortcut if layer.kind is LayerKind.ZERO_PAD)
    taken = (
        translate("BlocksPage", "The shortcut takes every second pixel of x in rows and columns")
        if padding.stride > 1
        else translate("BlocksPage", "The shortcut takes x as it is")
    )
    added = translate("BlocksPage", "and adds {count} channels of zeros.")
    return f"{sizes} {taken} {added.format(count=sum(padding.zeros))}"


def _factors(block: Block) -> str:
    """Says what is multiplied into F and shortcut before they are shown."""
    said = []
    if (addition := block.addition) is not None and block.gate is not None:
        said.append(
            translate(
                "BlocksPage", "A gate g weighs both: g·F(x) and (1 − g)·shortcut(x) are shown."
            )
            if addition.gates_branch
            else translate(
                "BlocksPage", "A gate g weighs the shortcut: (1 − g)·shortcut(x) is shown."
            )
        )
    for layers, name in ((block.residual, "F(x)"), (block.shortcut, "shortcut(x)")):
        for layer in layers:
            if layer.kind is LayerKind.SCALE:
                text = translate("BlocksPage", "The constant {factor} is part of {name}.")
                said.append(text.format(factor=number(layer.factor), name=name))
    return " ".join(said)


def _surgery(operation: Operation) -> str:
    """Says what was cut or scaled."""
    said = []
    if operation.cut:
        said.append(translate("BlocksPage", "Surgery: the shortcut is cut and brings zeros."))
    elif operation.shortcut != 1:
        text = translate("BlocksPage", "Surgery: the shortcut is multiplied by {factor}.")
        said.append(text.format(factor=number(operation.shortcut)))
    if operation.removed:
        said.append(translate("BlocksPage", "Surgery: the block is removed, F(x) = 0."))
    elif operation.branch != 1:
        text = translate("BlocksPage", "Surgery: F(x) is multiplied by {factor}.")
        said.append(text.format(factor=number(operation.branch)))
    return " ".join(said)


def _end(block: Block) -> str:
    """Says what follows the sum."""
    if block.shortcut_form is ShortcutForm.NONE:
        return ""
    if follows := after_sum(block):
        return translate("BlocksPage", "After the sum: {layers}.").format(layers=follows)
    return translate("BlocksPage", "Nothing follows the sum: it is the output.")


# -- figures --------------------------------------------------------------------------------------


def quantities(found: Dissection, channel: int, source: int | None) -> tuple[Quantity, ...]:
    """Returns the figures of a block and of one channel.

    Args:
        found: The block.
        channel: Which channel of F(x) and what follows.
        source: The channel of x that belongs to it; None if there is none.
    """
    figures, one = found.reading.figures, _OneChannel(found, channel, source)
    lines = [
        Quantity(
            translate("BlocksPage", "|F(x)| / |shortcut(x)|"),
            translate(
                "BlocksPage",
                "Length of what the branch adds over the length of what the shortcut brings: above "
                "1 the branch makes up most of the sum, near 0 the block changes little.",
            ),
            _written(figures.balance),
            _written(one.over(Part.BRANCH, Part.SHORTCUT)),
        ),
        Quantity(
            translate("BlocksPage", "cos(F(x), shortcut(x))"),
            translate(
                "BlocksPage",
                "Cosine of the angle between the two: 1 the branch strengthens what is there, 0 it "
                "adds something unrelated, −1 it takes away.",
            ),
            _written(figures.branch_to_shortcut),
            _written(one.cosine(Part.BRANCH, Part.SHORTCUT)),
        ),
    ]
    if figures.shortcut is None:
        lines = []
    return (*lines, *_common_quantities(figures, one))


def _common_quantities(figures: Figures, one: _OneChannel) -> tuple[Quantity, ...]:
    return (
        Quantity(
            translate("BlocksPage", "|F(x)| / |x|"),
            translate(
                "BlocksPage",
                "Length of what the branch adds over the length of the input: the strip below "
                "shows it for all blocks.",
            ),
            _written(figures.change),
            _written(one.over(Part.BRANCH, Part.INPUT)),
        ),
        Quantity(
            translate("BlocksPage", "cos(x, output)"),
            translate(
                "BlocksPage",
                "Cosine of the angle between input and output: 1 means that the block leaves the "
                "direction of x as it is. Only where both have one shape.",
            ),
            _written(figures.input_to_output),
            _written(one.cosine(Part.INPUT, Part.OUTPUT)),
        ),
        Quantity(
            translate("BlocksPage", "zeroed by the ReLU"),
            translate(
                "BlocksPage",
                "Share of the outputs that the ReLU at the end of the block leaves at zero. Only "
                "where the block ends in a ReLU.",
            ),
            _share(figures.zeroed),
            None if figures.zeroed is None else _share(one.zeroed()),
        ),
    )


class _OneChannel:
    """The figures of a block for one channel of it."""

    def __init__(self, found: Dissection, channel: int, source: int | None) -> None:
        channels = {part: source if part is Part.INPUT else channel for part in found.maps}
        self._maps = {
            part: found.maps[part][each] for part, each in channels.items() if each is not None
        }

    def over(self, above: Part, below: Part) -> float | None:
        if above not in self._maps or below not in self._maps:
            return None
        return ratio(self._length(above), self._length(below))

    def cosine(self, one: Part, other: Part) -> float | None:
        if one not in self._maps or other not in self._maps:
            return None
        left, right = self._maps[one], self._maps[other]
        lengths = self._length(one) * self._length(other)
        if left.shape != right.shape:
            return None
        product = float((left.astype(float) * right.astype(float)).sum())
        return ratio(product, lengths) if lengths else math.nan

    def zeroed(self) -> float:
        output = self._maps[Part.OUTPUT]
        return float((output == 0).mean())

    def _length(self, part: Part) -> float:
        return float(channel_lengths(self._maps[part][None])[0])


def _written(value: float | None) -> str:
    if value is None or math.isnan(value):
        return "—"
    return number(value)


def _share(value: float | None) -> str:
    if value is None or math.isnan(value):
        return "—"
    return f"{100 * value:.1f} %"
