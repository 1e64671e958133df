"""The classification of many pictures."""

from __future__ import annotations

from resnet_studio.gui.command_tables.command import PICTURE, Command

CLASSIFICATION_COMMANDS: tuple[Command, ...] = (
    Command(
        "classification.add_pictures",
        "Add pictures to classify…",
        "",
        PICTURE,
        "mdi6.image-plus",
        "Add picture files to the table of the classification.",
        separated=True,
        panel="classification",
    ),
    Command(
        "classification.add_folder",
        "Add a folder to classify…",
        "",
        PICTURE,
        "mdi6.folder-plus-outline",
        "Add all pictures of a folder, and of those within, to the table.",
        panel="classification",
    ),
    Command(
        "classification.look_inside",
        "Look inside the selected picture",
        "",
        PICTURE,
        "mdi6.eye-outline",
        "Show the feature maps of the picture that is selected in the table.",
        needs=("classified_choice",),
        panel="features",
    ),
    Command(
        "classification.copy_rows",
        "Copy the rows of the classification",
        "",
        PICTURE,
        "mdi6.content-copy",
        "Copy the selected rows of the table as text, for a spreadsheet.",
        needs=("classified",),
    ),
    Command(
        "classification.save_csv",
        "Save the classification as CSV…",
        "",
        PICTURE,
        "mdi6.file-delimited-outline",
        "Save the rows that are shown, with every digit of the probabilities.",
        needs=("classified",),
    ),
    Command(
        "classification.remove",
        "Remove the selected rows",
        "",
        PICTURE,
        "mdi6.table-row-remove",
        "Take the selected pictures out of the table; their files stay.",
        needs=("classified_choice",),
        panel="classification",
    ),
    Command(
        "classification.clear",
        "Clear the classification",
        "",
        PICTURE,
        "mdi6.table-remove",
        "Empty the table; the picture files stay.",
        needs=("classified",),
        panel="classification",
    ),
)
