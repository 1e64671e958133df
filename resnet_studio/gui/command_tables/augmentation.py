"""The augmentation lab."""

from __future__ import annotations

from resnet_studio.gui.command_tables.command import PICTURE, Command

AUGMENTATION_COMMANDS: tuple[Command, ...] = (
    Command(
        "augmentation.new_seed",
        "&New seed",
        "Ctrl+R",
        PICTURE,
        "mdi6.dice-multiple-outline",
        "Draw new samples of the picture with a new seed.",
        needs=("picture", "chance"),
        separated=True,
        panel="augmentation",
    ),
    Command(
        "augmentation.previous_seed",
        "&Previous seed",
        "Ctrl+Shift+R",
        PICTURE,
        "mdi6.undo-variant",
        "Go back to the seed before this one: the same samples again.",
        needs=("picture", "chance", "earlier_seed"),
        panel="augmentation",
    ),
    Command(
        "augmentation.copy_view",
        "Copy what the lab &shows",
        "",
        PICTURE,
        "mdi6.content-copy",
        "Copy what the view of the augmentation shows as one picture.",
        needs=("lab_picture",),
        separated=True,
    ),
    Command(
        "augmentation.save_view",
        "Save what the lab shows as PN&G…",
        "",
        PICTURE,
        "mdi6.image-outline",
        "Save what the view of the augmentation shows as one picture.",
        needs=("lab_picture",),
    ),
    Command(
        "augmentation.copy_sample",
        "Copy the selected sa&mple",
        "",
        PICTURE,
        "mdi6.content-copy",
        "Copy the selected sample, pixel for pixel as training reads it.",
        needs=("samples",),
    ),
    Command(
        "augmentation.save_sample",
        "Save the se&lected sample as PNG…",
        "",
        PICTURE,
        "mdi6.content-save-outline",
        "Save the selected sample, pixel for pixel as training reads it.",
        needs=("samples",),
    ),
    Command(
        "augmentation.copy_table",
        "Copy the lab's numbe&rs",
        "",
        PICTURE,
        "mdi6.table-arrow-right",
        "Copy the numbers behind what the view of the augmentation shows as CSV.",
        needs=("lab_table",),
    ),
    Command(
        "augmentation.save_table",
        "Save the lab's numbers as CSV &table…",
        "",
        PICTURE,
        "mdi6.file-delimited-outline",
        "Save the numbers behind what the view of the augmentation shows as a table.",
        needs=("lab_table",),
    ),
)
