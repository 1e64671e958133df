"""The figures of a block and of one channel of it, as a small table of words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from resnet_studio.gui.features.blocks_words import Quantity
from resnet_studio.gui.widgets.elided_label import ElidedLabel

_LINES = 5


class BlockFigures(QWidget):
    """Shows formulas with their values: for the whole block, and for the channel."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.block_title = QLabel(self.tr("block"))
        self.channel_title = QLabel()
        self.lines = [(ElidedLabel(), QLabel(), QLabel()) for _ in range(_LINES)]
        self._build()

    def show_quantities(self, quantities: Sequence[Quantity], channel: int) -> None:
        """Shows other figures.

        Args:
            quantities: The lines, at most five.
            channel: Number of the channel, for the title of its column.
        """
        self.channel_title.setText(self.tr("channel {number}").format(number=channel))
        for row, labels in enumerate(self.lines):
            there = row < len(quantities)
            for label in labels:
                label.setVisible(there)
            if there:
                _fill(labels, quantities[row])

    def as_text(self) -> str:
        """Returns the figures as lines of text."""
        rows = [("", self.block_title.text(), self.channel_title.text())]
        rows += [
            (formula.text(), block.text(), channel.text())
            for formula, block, channel in self.lines
            if not formula.isHidden()
        ]
        return "\n".join("\t".join(row) for row in rows)

    def _build(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(8, 2, 8, 2)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(1)
        right = Qt.AlignmentFlag.AlignRight
        for column, title in ((1, self.block_title), (2, self.channel_title)):
            title.setProperty("muted", True)
            grid.addWidget(title, 0, column, right)
        for row, (formula, block, channel) in enumerate(self.lines, start=1):
            # As wide as its text, and cut short before the window would have to grow.
            formula.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
            bold = QFont(block.font())
            bold.setBold(True)
            block.setFont(bold)
            for value in (block, channel):
                value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(formula, row, 0)
            grid.addWidget(block, row, 1, right)
            grid.addWidget(channel, row, 2, right)


def _fill(labels: tuple[ElidedLabel, QLabel, QLabel], quantity: Quantity) -> None:
    formula, block, channel = labels
    formula.setText(quantity.formula)
    block.setText(quantity.block)
    channel.setText(quantity.channel or "—")
    block.setAccessibleName(f"{quantity.formula}: {quantity.block}")
    for label in labels:
        label.setToolTip(quantity.tip)
