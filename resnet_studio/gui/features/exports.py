"""Copying and saving of mosaics, the enlarged channel, the crop and the classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QMenu, QWidget

from resnet_studio.gui.features.stage_view import StageView, export_mosaic, section_title
from resnet_studio.gui.features.statistics import save_channel_statistics
from resnet_studio.gui.widgets.export import copy_image, save_bytes, save_image

if TYPE_CHECKING:
    from resnet_studio.gui.features.panel import FeaturesPanel


class FeatureExports(QObject):
    """Connects the export commands and opens the context menus that offer them."""

    def __init__(self, panel: FeaturesPanel) -> None:
        super().__init__(panel)
        self._panel = panel
        self._studio = panel.studio
        self._target: StageView | None = None
        self._connect_commands()
        self._connect_menus()

    # -- commands -----------------------------------------------------------------------------

    def copy_mosaic(self) -> None:
        """Copies the mosaic that is meant, with title and colour bar."""
        if (stage := self._stage()) is not None:
            copy_image(self._mosaic_page(stage))
            self._say(
                self.tr("The feature maps of {section} are in the clipboard.").format(
                    section=section_title(stage.name)
                )
            )

    def save_mosaic(self) -> None:
        """Saves the mosaic that is meant, with title and colour bar."""
        if (stage := self._stage()) is not None:
            name = f"{self._file_stem()}_{stage.name}.png"
            save_image(self._studio, self._mosaic_page(stage), name)

    def copy_view(self) -> None:
        """Copies what is shown, whichever view it is."""
        if (image := self._shown()) is not None:
            copy_image(image)
            self._say(self.tr("The view is in the clipboard."))

    def save_view(self) -> None:
        """Saves what is shown, whichever view it is."""
        if (image := self._shown()) is not None:
            name = f"{self._file_stem()}_{self._panel.views.current}.png"
            save_image(self._studio, image, name)

    def save_statistics(self) -> None:
        """Saves what is known of each channel of the stage that is meant, or of the layer shown."""
        if self._panel.views.current == "layer":
            self._panel.views.page("layer").save_statistics()  # type: ignore[attr-defined]
            return
        stage = self._stage()
        if stage is not None and stage.mosaic_view.maps is not None:
            name = f"{self._file_stem()}_{stage.name}"
            save_channel_statistics(self._studio, stage.mosaic_view.maps.maps, name)

    def copy_channel(self) -> None:
        """Copies the enlarged channel over the picture."""
        copy_image(self._panel.channel_view.picture())
        self._say(self.tr("The channel over the picture is in the clipboard."))

    def save_channel(self) -> None:
        """Saves the enlarged channel over the picture."""
        view = self._panel.channel_view
        name = f"{self._file_stem()}_{view.section}_channel{view.channel}.png"
        save_image(self._studio, view.picture(), name)

    def copy_predictions(self) -> None:
        """Copies the classes and their probabilities as text."""
        QGuiApplication.clipboard().setText(self._panel.side.predictions.as_text())
        self._say(self.tr("The classes and their probabilities are in the clipboard, as text."))

    def save_predictions(self) -> None:
        """Saves the classes and their probabilities as CSV."""
        path = self._studio.save_file(
            self.tr("Save the most probable classes"),
            f"{self._file_stem()}_classes.csv",
            self.tr("CSV table (*.csv)"),
        )
        if path is not None:
            content = self._panel.side.predictions.as_csv().encode("utf-8")
            save_bytes(self._studio, content, path.with_suffix(".csv"))

    # -- context menus ------------------------------------------------------------------------

    def stage_menu(self, stage: StageView) -> QMenu:
        """Returns the menu of a mosaic; its commands then mean this one."""
        self._target = stage
        return self._menu(
            "features.copy_mosaic", "features.save_mosaic", "features.save_statistics"
        )

    def channel_menu(self) -> QMenu:
        """Returns the menu of the enlarged channel."""
        return self._menu("features.copy_channel", "features.save_channel")

    def predictions_menu(self) -> QMenu:
        """Returns the menu of the classes."""
        return self._menu("features.copy_predictions", "features.save_predictions")

    def picture_menu(self, image: QImage, name: str) -> QMenu:
        """Returns a menu that copies or saves a picture of the left column."""
        menu = QMenu(self._panel)

        def copy() -> None:
            copy_image(image)
            self._say(self.tr("The picture is in the clipboard."))

        menu.addAction(self.tr("Copy picture"), copy)
        suggested = f"{self._file_stem()}_{name}.png"
        menu.addAction(self.tr("Save picture…"), lambda: save_image(self._studio, image, suggested))
        return menu

    def _menu(self, *commands: str) -> QMenu:
        menu = QMenu(self._panel)
        for command in commands:
            menu.addAction(self._studio.commands.action(command))
        return menu

    def _open(self, menu: QMenu, point: QPoint) -> None:
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(point)

    def _connect_commands(self) -> None:
        for command, handler in (
            ("features.copy_mosaic", self.copy_mosaic),
            ("features.save_mosaic", self.save_mosaic),
            ("features.save_statistics", self.save_statistics),
            ("features.copy_view", self.copy_view),
            ("features.save_view", self.save_view),
            ("features.copy_channel", self.copy_channel),
            ("features.save_channel", self.save_channel),
            ("features.copy_predictions", self.copy_predictions),
            ("features.save_predictions", self.save_predictions),
        ):
            self._studio.commands.connect(command, handler)

    def _connect_menus(self) -> None:
        panel = self._panel
        panel.mosaics.menu_asked.connect(
            lambda stage, point: self._open(self.stage_menu(stage), point)
        )
        side = panel.side
        for widget, make in (
            (panel.channel_view.canvas, self.channel_menu),
            (side.predictions, self.predictions_menu),
            (side.picture, lambda: self.picture_menu(side.picture.grab().toImage(), "picture")),
            (side.crop, lambda: self.picture_menu(side.crop.image, "crop")),
        ):
            self._offer_menu(widget, make)

    def _offer_menu(self, widget: QWidget, make: Callable[[], QMenu]) -> None:
        widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        widget.customContextMenuRequested.connect(
            lambda point: self._open(make(), widget.mapToGlobal(point))
        )

    # -- helpers ------------------------------------------------------------------------------

    def _say(self, text: str) -> None:
        """Copying shows nothing of itself, so it is said."""
        self._studio.show_message(text)

    def _stage(self) -> StageView | None:
        """Returns the mosaic whose menu is open, else the selected, else the visible one."""
        target, self._target = self._target, None
        page = self._panel.mosaics
        if target in page.stages:
            return target
        return page.stage(self._panel.selected_section()) or page.visible_stage()

    def _page(self) -> QWidget | None:
        """Returns the view that is shown; None for the stages."""
        views = self._panel.views
        return None if views.current == "stages" else views.page(views.current)

    def _shown(self) -> QImage | None:
        """Returns what is shown as a picture; None if that view has nothing yet."""
        page, panel = self._page(), self._panel
        if page is not None:
            image: QImage | None = getattr(page, "image", lambda: None)()
            if image is None:
                self._say(self.tr("This view shows nothing yet."))
            return image
        if panel.pages.currentWidget() is panel.channel_view:
            return panel.channel_view.picture()
        stage = self._stage()
        return None if stage is None else self._mosaic_page(stage)

    def _mosaic_page(self, stage: StageView) -> QImage:
        return export_mosaic(stage.mosaic_view, self._studio.theme, caption=self._panel.caption())

    def _file_stem(self) -> str:
        name = self._studio.spec.name
        return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in name)
