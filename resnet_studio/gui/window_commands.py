"""What the commands of the window itself do; panels connect their own."""

from __future__ import annotations

import platform
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QUrl, qVersion
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QDialog, QMessageBox

from resnet_studio import __version__
from resnet_studio.errors import StudioError
from resnet_studio.gui.settings_dialog import SettingsDialog
from resnet_studio.gui.widgets.command_palette import CommandPalette
from resnet_studio.gui.widgets.shortcut_list import ShortcutList
from resnet_studio.settings import log_dir

if TYPE_CHECKING:
    from resnet_studio.data.imaging import Picture
    from resnet_studio.gui.workers import TaskState
    from resnet_studio.gui.workspace import Workspace

_PICTURES = "*.png *.jpg *.jpeg *.webp *.bmp *.gif *.tif *.tiff *.ppm *.pgm *.JPG *.JPEG *.PNG"

_PANELS = ("architecture", "features", "augmentation", "training", "classification", "data")


class WindowCommands(QObject):
    """Opening, pasting, saving, views, theme, palette, help."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._studio = workspace.studio
        self._window = workspace.window
        self._next_sample = 0
        self.palette = CommandPalette(self._studio.commands, self._window)
        self._connect()

    def _connect(self) -> None:
        connect = self._studio.commands.connect
        connect("picture.open", self.open_picture)
        connect("picture.paste", self.paste)
        connect("picture.sample", self.show_sample)
        connect("weights.open", self.open_weights)
        connect("spec.open", self.open_spec)
        connect("spec.save", self.save_spec)
        connect("network.export", self.export_network)
        connect("app.quit", self._window.close)
        connect("app.settings", self.edit_settings)
        for name in _PANELS:
            connect(f"view.{name}", partial(self._workspace.show_panel, name))
        connect("view.form", self.toggle_form)
        connect("view.theme", self.toggle_theme)
        connect("view.fullscreen", self.toggle_full_screen)
        connect("app.palette", self.palette.open_centred)
        connect("help.shortcuts", self.show_shortcuts)
        connect("help.log", self.open_log)
        connect("help.about", self.show_about)

    # -- files ------------------------------------------------------------------------------

    def open_picture(self) -> None:
        """Lets the person choose a picture file."""
        filters = self.tr("Pictures ({suffixes});;All files (*)").format(suffixes=_PICTURES)
        if path := self._studio.open_file(self.tr("Open picture"), filters):
            self._workspace.drops.open_paths([path])

    def paste(self) -> None:
        """Uses what is in the clipboard: a picture, or files as if they were dropped."""
        mime = QGuiApplication.clipboard().mimeData()
        if mime is None or not self._workspace.drops.take(mime):
            self._studio.show_message(
                self.tr("There is no picture in the clipboard."),
                remedy=self.tr("Copy a picture or a picture file, then paste again."),
            )

    def show_sample(self) -> None:
        """Shows the next of the sample photographs."""
        number = self._next_sample
        self._next_sample += 1

        def job(_state: TaskState) -> Picture:
            from resnet_studio.data.imaging import sample_pictures

            pictures = sample_pictures()
            return pictures[number % len(pictures)]

        if self._workspace.tabs.currentWidget() is not self._workspace.panels.get("augmentation"):
            self._workspace.show_panel("features")
        self._studio.workers.start(
            job, title=self.tr("Opening the picture"), lane="picture", on_result=self._sample_opened
        )

    def _sample_opened(self, picture: Picture) -> None:
        self._studio.set_picture(picture)

    def open_weights(self) -> None:
        """Lets the person choose a file of weights."""
        filters = self.tr("Weights (*.safetensors *.pth *.pt *.bin *.ckpt *.th);;All files (*)")
        if path := self._studio.open_file(self.tr("Open checkpoint"), filters):
            self._workspace.drops.open_weights(path)

    def open_spec(self) -> None:
        """Lets the person choose a specification file."""
        filters = self.tr("Network specifications (*.toml *.json)")
        if path := self._studio.open_file(self.tr("Open network specification"), filters):
            self._workspace.drops.open_spec(path)

    def save_spec(self) -> None:
        """Saves the network of the form as TOML or JSON."""
        spec = self._studio.spec
        path = self._studio.save_file(
            self.tr("Save network specification"),
            f"{spec.name}.toml",
            self.tr("TOML (*.toml);;JSON (*.json)"),
        )
        if path is None:
            return
        if path.suffix.lower() not in (".toml", ".json"):
            path = path.with_name(path.name + ".toml")
        try:
            spec.save(path)
        except StudioError as error:
            self._studio.show_error(error)
        else:
            self._studio.show_message(self.tr("Saved {file}.").format(file=path))

    def export_network(self) -> None:
        """Opens the dialog that exports the network with its weights."""
        from resnet_studio.gui.export_dialog import ExportDialog

        self._open(ExportDialog(self._studio, self._window))

    # -- view -------------------------------------------------------------------------------

    def toggle_form(self) -> None:
        """Shows or hides the form at the left."""
        self._workspace.dock.setVisible(not self._workspace.dock.isVisible())

    def toggle_theme(self) -> None:
        """Switches between light and dark and remembers it."""
        self._studio.set_appearance("light" if self._studio.theme.dark else "dark")

    def toggle_full_screen(self) -> None:
        """Fills the screen, or goes back."""
        self._window.setWindowState(self._window.windowState() ^ Qt.WindowState.WindowFullScreen)

    def edit_settings(self) -> None:
        """Opens the settings; changes take effect when they are accepted."""
        self._open(SettingsDialog(self._studio, self._window))

    def _open(self, dialog: QDialog) -> None:
        """Shows a dialog beside the window, which goes on working."""
        from resnet_studio.gui.workspace import prepare_fields  # it imports this module

        prepare_fields(dialog)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    # -- help -------------------------------------------------------------------------------

    def show_shortcuts(self) -> None:
        """Lists every command with its keys."""
        self._open(ShortcutList(self._studio.commands, self._window))

    def open_log(self) -> None:
        """Opens the folder of the log in the file manager."""
        folder = log_dir()
        folder.mkdir(parents=True, exist_ok=True)
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._studio.show_message(self.tr("The log is in {folder}.").format(folder=folder))

    def show_about(self) -> None:
        """Tells the versions in use."""
        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle(self.tr("About ResNet Studio"))
        box.setIconPixmap(self._window.windowIcon().pixmap(64, 64))
        box.setText(
            self.tr(
                "ResNet Studio {version}\n\nPython {python} · Qt {qt} · torch {torch}\n{device}"
            ).format(
                version=__version__,
                python=platform.python_version(),
                qt=qVersion(),
                torch=self._studio.torch.version or self.tr("not loaded"),
                device=self._studio.torch.device,
            )
        )
        box.open()
