"""What must hold for a command, and what is said while it does not.

Panels and the studio set the conditions by name; `commands.Commands` asks here for the words.
The texts are translated in the context "commands".
"""

from __future__ import annotations

from collections.abc import Mapping

UNMET: Mapping[str, str] = {
    "picture": "Open a picture first.",
    "torch": "PyTorch is not loaded; the status bar says how far it is.",
    "maps": "There are no feature maps yet: show a picture in the feature maps panel.",
    "compared": "Nothing is compared yet: choose the view Compare in the feature maps panel.",
    "reframed": "The network sees its usual crop already.",
    "operated": "Nothing has been cut out of the network.",
    "operable": "A plain network has no shortcuts, so that there is nothing to cut.",
    "operable_block": "Select a block first, or one of its layers.",
    "channel": "Enlarge a channel first: click it in the feature maps.",
    "classified": "There are no pictures in the classification panel.",
    "classified_choice": "No picture is selected in the classification panel.",
    "chance": "The pipeline that is shown leaves nothing to chance.",
    "earlier_seed": "There was no seed before this one.",
    "pipeline": "The network cannot be fitted to the data, so that there is no pipeline.",
    "own_pipeline": "The usual pipelines are in use already.",
    "samples": "There are no samples yet: show a picture in the augmentation panel.",
    "lab_picture": "There is nothing to copy yet: show a picture in the augmentation panel.",
    "lab_table": "There are no numbers yet: show a picture in the augmentation panel.",
    "data_chosen": "Choose a folder of pictures first.",
    "data_open": "No data set is open.",
    "data_table": "No table is shown in the data set panel.",
    "data_changed": "Nothing has been changed about the data set.",
    "class_used": "Select a class in the overview of the data set first.",
    "classes_used": "Select two classes or more in the overview of the data set first.",
    "class_changed": "No class that was changed is selected in the overview of the data set.",
    "training": "No run is in progress.",
    "training_ready": "It cannot start yet; the training panel says what is missing.",
    "can_pause": "Processes of their own can only be stopped; they are resumed from there.",
    "can_resume": "No run is paused, and none that was stopped is shown.",
    "trained_run": "There is no trained network yet: train one, or choose an earlier run.",
    "run_shown": "No run is shown in the training panel.",
    "curves": "There are no curves yet: train a network, or choose an earlier run.",
    "can_undo": "There is nothing to take back.",
    "can_redo": "There is nothing to make again.",
    "comparison": "No comparison is shown: compare the network with another one first.",
}
"""The sentence for a condition that should hold and does not."""

IN_THE_WAY: Mapping[str, str] = {
    "training": "A run is in progress.",
    "comparison": "Two networks are compared: close the comparison first.",
    "paused": "The run is paused already.",
    "stopping": "The run is being stopped.",
}
"""The sentence for a condition that should not hold ("!training") and does."""


def sentence(need: str) -> str:
    """Returns the untranslated sentence for an unmet entry of `Command.needs`."""
    return IN_THE_WAY[need[1:]] if need.startswith("!") else UNMET[need]
