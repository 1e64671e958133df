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
        "augmentation.copy_grid",
        "Copy the &samples",
        "",
        PICTURE,
        "mdi6.content-copy",
        "Copy all samples with their parameters as one picture.",
        needs=("samples",),
        separated=True,
    ),
    Command(
        "augmentation.save_grid",
        "Save the samples as PN&G…",
        "",
        PICTURE,
        "mdi6.image-outline",
        "Save all samples with their parameters as one picture.",
        needs=("samples",),
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
        "augmentation.copy_parameters",
        "Copy the pa&rameters of the samples",
        "",
        PICTURE,
        "mdi6.table-arrow-right",
        "Copy what chance decided for every sample as CSV.",
        needs=("draws",),
    ),
    Command(
        "augmentation.save_parameters",
        "Save the parame&ters as CSV…",
        "",
        PICTURE,
        "mdi6.file-delimited-outline",
        "Save what chance decided for every sample as a table.",
        needs=("draws",),
    ),
)
