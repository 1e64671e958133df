"""The keys that work inside a view while it has the focus, for the list of shortcuts.

The views handle them in their `keyPressEvent`; commands have their own keys in `command_table`.
The texts are translated in the context "keys".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PanelKey:
    """A key of a view.

    Attributes:
        view: The view, as a heading.
        keys: The keys in words that stand on them.
        text: One sentence.
    """

    view: str
    keys: str
    text: str


_DRAWING = "In the drawing of the network"
_COMPARISON = "In the comparison of two networks"
_MAPS = "In the feature maps"
_CHANNEL = "In an enlarged channel"
_SAMPLES = "In the samples of the augmentation"
_WALK = "In the steps of a sample"
_NUMBERS = "In the numbers of a sample"
_CLASSIFIED = "In the table of classified pictures"
_VOTES = "In the ten crops of a picture"
_CLASSES = "In the classes of the data set"
_CURVES = "In the curves of the training"

PANEL_KEYS: tuple[PanelKey, ...] = (
    PanelKey(_DRAWING, "← →", "Select the part before or after."),
    PanelKey(_DRAWING, "↑ ↓", "Select what a part belongs to, or its first part."),
    PanelKey(_DRAWING, "Home, End", "Select the first or the last part."),
    PanelKey(_DRAWING, "Enter", "Fold or unfold the selected part."),
    PanelKey(_DRAWING, "+ −", "Zoom."),
    PanelKey(_DRAWING, "0 or F", "Show the whole network."),
    PanelKey(_DRAWING, "Z", "Zoom to the selected part."),
    PanelKey(_DRAWING, "Shift + arrows", "Move the drawing."),
    PanelKey(_DRAWING, "Esc", "Select nothing."),
    PanelKey(_COMPARISON, "Esc", "Select nothing; then go back to the drawing of one network."),
    PanelKey(_MAPS, "Arrows", "Go from channel to channel."),
    PanelKey(_MAPS, "Enter", "Enlarge the channel over the picture."),
    PanelKey(_MAPS, "Ctrl + wheel", "Change the size of the tiles."),
    PanelKey(_CHANNEL, "← →", "Show the channel before or after."),
    PanelKey(_CHANNEL, "Esc", "Go back to all channels."),
    PanelKey(_SAMPLES, "Arrows, Home, End", "Select a sample."),
    PanelKey(_SAMPLES, "Enter", "Walk through the sample step by step."),
    PanelKey(_WALK, "← →", "Show the moment before or after."),
    PanelKey(_WALK, "Home, End", "Show the first or the last moment."),
    PanelKey(_WALK, "Space", "Walk through all moments by itself, or stop."),
    PanelKey(_NUMBERS, "Arrows", "Read the numbers of the next pixel."),
    PanelKey(_NUMBERS, "Shift + arrows", "Go eight pixels at a time."),
    PanelKey(_CLASSIFIED, "Enter", "Show the feature maps of the picture."),
    PanelKey(_CLASSIFIED, "Del", "Take the selected pictures out of the table."),
    PanelKey(_CLASSIFIED, "Ctrl + C", "Copy the selected rows."),
    PanelKey(_VOTES, "Arrows", "Go from crop to crop."),
    PanelKey(_VOTES, "Space", "Strike a crop out, or let it count again."),
    PanelKey(_CLASSES, "F2", "Rename the selected class."),
    PanelKey(_CLASSES, "Del", "Train without the selected classes."),
    PanelKey(_CURVES, "← →", "Read the values of the step before or after."),
    PanelKey(_CURVES, "Shift + ← →", "Move along the curves."),
    PanelKey(_CURVES, "+ −", "Zoom."),
    PanelKey(_CURVES, "0 or Home", "Show the curves whole."),
)
