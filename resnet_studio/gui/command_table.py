"""Every command of the application as data: id, title, keys, menu, icon, sentence, conditions.

`gui/commands.py` makes menus, toolbar, palette and buttons of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a person can do.

    Attributes:
        id: "area.verb"; the area decides which panel the palette names.
        title: Menu text, with an ampersand before the mnemonic.
        shortcut: Portable key sequence; empty for none.
        menu: Title of its menu; empty for none (a button or the palette only).
        icon: qtawesome name; empty for none.
        tip: One sentence for tool tip and palette.
        toolbar: Whether it has a button in the toolbar.
        needs: Conditions that must all hold; "!x" means that x must not hold.
        checkable: Whether it is switched on and off.
    """

    id: str
    title: str
    shortcut: str = ""
    menu: str = ""
    icon: str = ""
    tip: str = ""
    toolbar: bool = False
    needs: tuple[str, ...] = ()
    checkable: bool = False


_N = QT_TRANSLATE_NOOP
_FILE = _N("commands", "&File")
_EDIT = _N("commands", "&Edit")
_VIEW = _N("commands", "&View")
_NETWORK = _N("commands", "&Network")
_TRAINING = _N("commands", "&Training")
_HELP = _N("commands", "&Help")
MENUS: tuple[str, ...] = (_FILE, _EDIT, _VIEW, _NETWORK, _TRAINING, _HELP)

TABLE: tuple[Command, ...] = (
    Command(
        "picture.open",
        _N("commands", "&Open picture…"),
        "Ctrl+O",
        _FILE,
        "mdi6.image-plus",
        _N("commands", "Open a picture; dropping it on the window does the same."),
        toolbar=True,
    ),
    Command(
        "picture.paste",
        _N("commands", "&Paste picture"),
        "Ctrl+V",
        _FILE,
        "mdi6.clipboard-arrow-down-outline",
        _N("commands", "Use the picture in the clipboard."),
    ),
    Command(
        "picture.sample",
        _N("commands", "&Sample photograph"),
        "Ctrl+Shift+O",
        _FILE,
        "mdi6.image-multiple-outline",
        _N("commands", "Show the next of the photographs that come with the program."),
        toolbar=True,
    ),
    Command(
        "weights.open",
        _N("commands", "Open &weights…"),
        "Ctrl+Shift+W",
        _FILE,
        "mdi6.database-import-outline",
        _N("commands", "Load weights from a .safetensors or .pth file."),
        needs=("torch",),
    ),
    Command(
        "spec.open",
        _N("commands", "Open &network specification…"),
        "",
        _FILE,
        "mdi6.file-import-outline",
        _N("commands", "Load a network from a .toml or .json file."),
    ),
    Command(
        "spec.save",
        _N("commands", "Save network spe&cification…"),
        "Ctrl+S",
        _FILE,
        "mdi6.content-save-outline",
        _N("commands", "Save the network as a .toml or .json file."),
    ),
    Command(
        "app.quit",
        _N("commands", "&Quit"),
        "Ctrl+Q",
        _FILE,
        "mdi6.exit-to-app",
        _N("commands", "Close the studio; a run in progress is stopped and kept."),
    ),
    Command(
        "edit.undo",
        _N("commands", "&Undo network change"),
        "Ctrl+Z",
        _EDIT,
        "mdi6.undo",
        _N("commands", "Take back the last change of the network."),
        toolbar=True,
        needs=("can_undo",),
    ),
    Command(
        "edit.redo",
        _N("commands", "&Redo network change"),
        "Ctrl+Shift+Z",
        _EDIT,
        "mdi6.redo",
        _N("commands", "Make the change again."),
        toolbar=True,
        needs=("can_redo",),
    ),
    Command(
        "app.settings",
        _N("commands", "&Settings…"),
        "Ctrl+,",
        _EDIT,
        "mdi6.cog-outline",
        _N("commands", "Appearance, text size, folders."),
    ),
    Command(
        "view.architecture",
        _N("commands", "&Architecture"),
        "Ctrl+1",
        _VIEW,
        "mdi6.layers-outline",
        _N("commands", "Show the drawing of the network."),
    ),
    Command(
        "view.features",
        _N("commands", "&Feature maps"),
        "Ctrl+2",
        _VIEW,
        "mdi6.grid",
        _N("commands", "Show what each stage makes of the picture."),
    ),
    Command(
        "view.augmentation",
        _N("commands", "A&ugmentation"),
        "Ctrl+3",
        _VIEW,
        "mdi6.crop",
        _N("commands", "Show what training would see of the picture."),
    ),
    Command(
        "view.training",
        _N("commands", "&Training"),
        "Ctrl+4",
        _VIEW,
        "mdi6.chart-line",
        _N("commands", "Train the network and follow its curves."),
    ),
    Command(
        "view.form",
        _N("commands", "&Network form"),
        "Ctrl+B",
        _VIEW,
        "mdi6.form-select",
        _N("commands", "Show or hide the form at the left."),
        checkable=True,
    ),
    Command(
        "view.theme",
        _N("commands", "Light or &dark"),
        "Ctrl+Shift+L",
        _VIEW,
        "mdi6.theme-light-dark",
        _N("commands", "Switch between light and dark colours."),
        toolbar=True,
    ),
    Command(
        "view.fullscreen",
        _N("commands", "F&ull screen"),
        "F11",
        _VIEW,
        "mdi6.fullscreen",
        _N("commands", "Fill the screen, for a projector."),
    ),
    Command(
        "app.palette",
        _N("commands", "Command &palette…"),
        "Ctrl+K",
        _VIEW,
        "mdi6.magnify",
        _N("commands", "Find and run any command by its name."),
        toolbar=True,
    ),
    Command(
        "training.start",
        _N("commands", "&Start training"),
        "F5",
        _TRAINING,
        "mdi6.play",
        _N("commands", "Train a network with this data set and recipe."),
        toolbar=True,
        needs=(
            "torch",
            "!training",
            "training_ready",
        ),
    ),
    Command(
        "training.pause",
        _N("commands", "&Pause training"),
        "F6",
        _TRAINING,
        "mdi6.pause",
        _N("commands", "Let the run wait after the present step; nothing is lost."),
        needs=(
            "training",
            "!paused",
            "!stopping",
        ),
    ),
    Command(
        "training.resume",
        _N("commands", "&Resume training"),
        "F7",
        _TRAINING,
        "mdi6.play-pause",
        _N("commands", "Go on with the paused run, or with the stopped run that is shown."),
        needs=("can_resume",),
    ),
    Command(
        "training.stop",
        _N("commands", "S&top training"),
        "Shift+F5",
        _TRAINING,
        "mdi6.stop",
        _N("commands", "Save a checkpoint and end the run; it can be resumed later."),
        toolbar=True,
        needs=(
            "training",
            "!stopping",
        ),
    ),
    Command(
        "training.choose_folder",
        _N("commands", "Training pictures from a &folder…"),
        "",
        _TRAINING,
        "mdi6.folder-image",
        _N("commands", "Learn from a folder with one folder of pictures for each class."),
        needs=("!training",),
    ),
    Command(
        "training.look_inside",
        _N("commands", "Look &inside with these weights"),
        "",
        _TRAINING,
        "mdi6.eye-outline",
        _N("commands", "Show the feature maps and predictions of the network that was trained."),
        needs=(
            "torch",
            "trained_run",
        ),
    ),
    Command(
        "training.open_run_folder",
        _N("commands", "Open &run folder"),
        "",
        _TRAINING,
        "mdi6.folder-open-outline",
        _N("commands", "Open the folder of the run that is shown: recipe, curves, checkpoints."),
        needs=("run_shown",),
    ),
    Command(
        "training.copy_curves",
        _N("commands", "&Copy the curves"),
        "",
        _TRAINING,
        "mdi6.content-copy",
        _N("commands", "Copy the curves as a picture."),
        needs=("curves",),
    ),
    Command(
        "training.export_png",
        _N("commands", "Save the curves as &PNG…"),
        "",
        _TRAINING,
        "mdi6.image-outline",
        _N("commands", "Save the curves as a picture."),
        needs=("curves",),
    ),
    Command(
        "training.export_svg",
        _N("commands", "Save the curves as S&VG…"),
        "",
        _TRAINING,
        "mdi6.svg",
        _N("commands", "Save the curves as a drawing that stays sharp at any size."),
        needs=("curves",),
    ),
    Command(
        "training.export_csv",
        _N("commands", "Save the numbers as CS&V…"),
        "",
        _TRAINING,
        "mdi6.file-delimited-outline",
        _N("commands", "Save every step and epoch as a table."),
        needs=("curves",),
    ),
    Command(
        "training.log_axis",
        _N("commands", "&Logarithmic loss axis"),
        "",
        _TRAINING,
        "mdi6.math-log",
        _N("commands", "Show the loss on a logarithmic axis."),
        checkable=True,
    ),
    Command(
        "training.reset_view",
        _N("commands", "&Whole curves"),
        "Ctrl+0",
        _TRAINING,
        "mdi6.fit-to-page-outline",
        _N("commands", "Show the curves whole again after zooming."),
        needs=("curves",),
    ),
    Command(
        "weights.random",
        _N("commands", "&Random weights"),
        "",
        _NETWORK,
        "mdi6.dice-5-outline",
        _N("commands", "Give the network fresh random weights."),
        needs=("torch",),
    ),
    Command(
        "weights.last_run",
        _N("commands", "Weights of the &last run"),
        "",
        _NETWORK,
        "mdi6.history",
        _N("commands", "Use the best weights of the newest training run."),
        needs=("torch",),
    ),
    Command(
        "weights.pretrained",
        _N("commands", "Pre&trained weights…"),
        "",
        _NETWORK,
        "mdi6.cloud-download-outline",
        _N("commands", "Use the weights that torchvision publishes; asks before it downloads."),
        needs=("torch",),
    ),
    Command(
        "features.copy_mosaic",
        _N("commands", "Copy the stage's feature maps"),
        "",
        "",
        "mdi6.content-copy",
        _N("commands", "Copy the selected stage's mosaic with its colour bar."),
        needs=("maps",),
    ),
    Command(
        "features.save_mosaic",
        _N("commands", "Save the stage's feature maps…"),
        "",
        "",
        "mdi6.content-save-outline",
        _N("commands", "Save the selected stage's mosaic with its colour bar as PNG."),
        needs=("maps",),
    ),
    Command(
        "features.copy_channel",
        _N("commands", "Copy the enlarged channel"),
        "",
        "",
        "mdi6.content-copy",
        _N("commands", "Copy the channel over the picture as it is shown."),
        needs=("channel",),
    ),
    Command(
        "features.save_channel",
        _N("commands", "Save the enlarged channel…"),
        "",
        "",
        "mdi6.content-save-outline",
        _N("commands", "Save the channel over the picture as PNG."),
        needs=("channel",),
    ),
    Command(
        "features.copy_predictions",
        _N("commands", "Copy the most probable classes"),
        "",
        "",
        "mdi6.content-copy",
        _N("commands", "Copy the classes and their probabilities as text."),
        needs=("maps",),
    ),
    Command(
        "features.save_predictions",
        _N("commands", "Save the most probable classes…"),
        "",
        "",
        "mdi6.content-save-outline",
        _N("commands", "Save the classes and their probabilities as CSV."),
        needs=("maps",),
    ),
    Command(
        "architecture.fit",
        _N("commands", "&Fit the drawing"),
        "",
        _NETWORK,
        "mdi6.fit-to-page-outline",
        _N("commands", "Show the whole network (0 or F in the drawing)."),
    ),
    Command(
        "architecture.zoom_in",
        _N("commands", "Zoom &in"),
        "Ctrl++",
        _NETWORK,
        "mdi6.magnify-plus-outline",
        _N("commands", "Enlarge the drawing; the wheel does it around the pointer."),
    ),
    Command(
        "architecture.zoom_out",
        _N("commands", "Zoom &out"),
        "Ctrl+-",
        _NETWORK,
        "mdi6.magnify-minus-outline",
        _N("commands", "Make the drawing smaller."),
    ),
    Command(
        "architecture.show_stages",
        _N("commands", "&Collapse all"),
        "Ctrl+Alt+1",
        _NETWORK,
        "mdi6.collapse-all-outline",
        _N("commands", "Draw every stage as one box."),
    ),
    Command(
        "architecture.show_blocks",
        _N("commands", "&Blocks"),
        "Ctrl+Alt+2",
        _NETWORK,
        "mdi6.view-week-outline",
        _N("commands", "Draw every block with its convolutions and its shortcut."),
    ),
    Command(
        "architecture.show_layers",
        _N("commands", "&Expand all"),
        "Ctrl+Alt+3",
        _NETWORK,
        "mdi6.expand-all-outline",
        _N("commands", "Draw every layer of every block."),
    ),
    Command(
        "architecture.copy_drawing",
        _N("commands", "Cop&y the drawing"),
        "",
        _NETWORK,
        "mdi6.content-copy",
        _N("commands", "Copy the whole drawing as a picture."),
    ),
    Command(
        "architecture.save_png",
        _N("commands", "Save the drawing as &PNG…"),
        "",
        _NETWORK,
        "mdi6.image-outline",
        _N("commands", "Save the whole drawing as a picture."),
    ),
    Command(
        "architecture.save_svg",
        _N("commands", "Save the drawing as S&VG…"),
        "",
        _NETWORK,
        "mdi6.svg",
        _N("commands", "Save the whole drawing so that it stays sharp at any size."),
    ),
    Command(
        "architecture.copy_table",
        _N("commands", "Copy the &table"),
        "",
        _NETWORK,
        "mdi6.table-arrow-right",
        _N("commands", "Copy every layer's shape, parameters, MACs and receptive field as CSV."),
    ),
    Command(
        "architecture.save_table",
        _N("commands", "Save the t&able as CSV…"),
        "",
        _NETWORK,
        "mdi6.file-delimited-outline",
        _N("commands", "Save every layer's shape, parameters, MACs and receptive field."),
    ),
    Command(
        "help.shortcuts",
        _N("commands", "&Keyboard shortcuts"),
        "F1",
        _HELP,
        "mdi6.keyboard-outline",
        _N("commands", "List every command with its keys."),
    ),
    Command(
        "help.log",
        _N("commands", "Open &log folder"),
        "",
        _HELP,
        "mdi6.text-box-search-outline",
        _N("commands", "Open the folder of the program's log."),
    ),
    Command(
        "help.about",
        _N("commands", "&About ResNet Studio"),
        "",
        _HELP,
        "mdi6.information-outline",
        _N("commands", "Version of the program and of its libraries."),
    ),
)
