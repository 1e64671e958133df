"""Surgery on the network that is looked into."""

from __future__ import annotations

from resnet_studio.gui.command_tables.command import NETWORK, Command

SURGERY_COMMANDS: tuple[Command, ...] = (
    Command(
        "surgery.mode",
        "C&ut by clicking",
        "Ctrl+Shift+X",
        NETWORK,
        "mdi6.content-cut",
        "In the drawing, a click on a shortcut cuts it and a click on a block removes it; Escape "
        "ends that.",
        needs=("operable",),
        checkable=True,
        panel="architecture",
        separated=True,
    ),
    Command(
        "surgery.toggle_shortcut",
        "Cut or mend the shortcut of the block",
        "Ctrl+Alt+X",
        NETWORK,
        "mdi6.vector-polyline-remove",
        "Cut the shortcut of the selected block, or mend it; Ctrl+Z takes it back.",
        needs=("operable", "operable_block"),
    ),
    Command(
        "surgery.toggle_block",
        "Remove or put back the block",
        "Ctrl+Alt+R",
        NETWORK,
        "mdi6.layers-remove",
        "Remove the residual branch of the selected block (F = 0), or put it back.",
        needs=("operable", "operable_block"),
    ),
    Command(
        "surgery.reset",
        "Undo all sur&gery",
        "",
        NETWORK,
        "mdi6.bandage",
        "Bring every cut shortcut and every removed block back; the weights were never changed.",
        needs=("operated",),
    ),
    Command(
        "surgery.show",
        "Operate on the networ&k",
        "",
        NETWORK,
        "mdi6.hospital-box-outline",
        "Cut shortcuts, remove blocks and scale them, and see what it costs.",
        needs=("operable",),
        panel="features",
    ),
    Command(
        "surgery.each_block",
        "Remove each block in tur&n",
        "",
        NETWORK,
        "mdi6.chart-bar",
        "Measure what the removal of each block alone costs in accuracy (Veit et al. 2016).",
        needs=("torch", "operable"),
        panel="features",
    ),
)
