"""What stands in the main window: form, panels, menus, toolbar, status bar; and how they meet.

Panels are made one after another once the window is on screen, in the order of the tabs, so
that nothing heavy delays the first picture. torch is imported by a worker afterwards.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QAbstractSpinBox,
    QDockWidget,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QTextEdit,
    QToolBar,
    QToolButton,
    QWidget,
)

from resnet_studio.gui.command_table import MENUS
from resnet_studio.gui.commands import translate
from resnet_studio.gui.drops import Drops
from resnet_studio.gui.network_form import NetworkForm
from resnet_studio.gui.status_bar import StatusBar
from resnet_studio.gui.studio import Studio, TorchStatus
from resnet_studio.gui.torch_loader import load_torch
from resnet_studio.gui.widgets.empty_state import EmptyState
from resnet_studio.gui.widgets.message_bar import MessageBar, MessagePlace
from resnet_studio.gui.widgets.quiet_tabs import QuietTabs
from resnet_studio.gui.window_commands import WindowCommands
from resnet_studio.settings import Settings

if TYPE_CHECKING:
    from resnet_studio.gui.training.panel import TrainingPanel

_FORM_LETTERS, _FORM_WIDTH = 44, 300
"""First width of the form: in average letters of the font, and at least in pixels."""
_SPIN_MARGIN = 5
_TURN_MS = 16
"""Timers of 0 ms run before the window is painted; one frame later lets it paint between."""
_WORDLESS = ("edit.undo", "edit.redo", "view.theme")
"""Toolbar buttons whose pictures everybody knows; the others have their words beside them."""


@dataclass(frozen=True, slots=True)
class _PanelPlace:
    """Where a panel comes from; it is imported only when it is made."""

    name: str
    module: str
    type_name: str

    def make(self, studio: Studio) -> QWidget:
        module = importlib.import_module(f"resnet_studio.gui.{self.module}")
        panel: QWidget = getattr(module, self.type_name)(studio)
        return panel


PANELS: tuple[_PanelPlace, ...] = (
    _PanelPlace("architecture", "architecture.panel", "ArchitecturePanel"),
    _PanelPlace("features", "features.panel", "FeaturesPanel"),
    _PanelPlace("augmentation", "augmentation.panel", "AugmentationPanel"),
    _PanelPlace("training", "training.panel", "TrainingPanel"),
    _PanelPlace("classification", "classification.panel", "ClassificationPanel"),
    _PanelPlace("data", "dataset.panel", "DataSetPanel"),
)


class Workspace(QObject):
    """Assembles the panels in a window and connects them to the shared state."""

    def __init__(self, window: QMainWindow, settings: Settings) -> None:
        super().__init__(window)
        self.window = window
        self.studio = Studio(settings, self)
        self.studio.window = window
        self.panels: dict[str, QWidget] = {}
        self.drops = Drops(self)
        self.tabs = QuietTabs()
        self.form = NetworkForm(self.studio)
        self.message_bar = MessageBar(self.studio)
        self.status = StatusBar(self.studio)
        self.window_commands = WindowCommands(self)
        self._was_asked_for = False
        self._closing = False
        self._stopping = False
        self._build_centre()
        self._build_dock()
        self._build_menus()
        self._build_toolbar()
        self._connect()
        self._make_panel(PANELS[0])
        QTimer.singleShot(_TURN_MS, self, self._finish)

    def show_panel(self, name: str) -> QWidget:
        """Brings a panel to the front and returns it; "architecture", "features", ..."""
        self._was_asked_for = True
        index = [place.name for place in PANELS].index(name)
        self._make_panel(PANELS[index])
        self.tabs.setCurrentIndex(index)
        return self.panels[name]

    def make_all_panels(self) -> None:
        """Makes the panels that are not there yet."""
        for place in PANELS:
            self._make_panel(place)

    def may_close(self) -> bool:
        """Asks before a run in progress is stopped; closes the window when it has stopped."""
        if self._closing or not self.studio.training:
            return True
        if self._stopping:  # asked and answered; it closes when the checkpoint is saved
            return False
        agreed = self.studio.ask(
            self.tr("Training is in progress"),
            self.tr(
                "Stop the run and close? Its checkpoint is kept, and it can be resumed at any time."
            ),
            yes=self.tr("Stop and close"),
            no=self.tr("Keep training"),
        )
        if not self.studio.training:  # the run has ended while the question stood there
            return agreed
        if agreed:
            self.stop_and_close()
        return False

    def stop_and_close(self) -> bool:
        """Stops a run in progress and closes the window then; True if there is none to stop."""
        if not self.studio.training:
            return True
        if not self._stopping:
            self._stopping = True
            self.status.show_closing()
            self._training_panel().stop_for_close(self._close_now)
        return False

    def shutdown(self) -> None:
        """Remembers the choices and joins every thread; the window is closed next."""
        self.studio.settings["panel"] = self.tabs.currentIndex()
        self.studio.shutdown()

    # -- building ---------------------------------------------------------------------------

    def _build_centre(self) -> None:
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(self.tr("Workspace"))
        for number, place in enumerate(PANELS, start=1):
            action = self.studio.commands.action(f"view.{place.name}")
            self.tabs.addTab(QWidget(), action.text().replace("&", ""))
            self.tabs.setTabToolTip(number - 1, action.toolTip())
        self.window.setCentralWidget(MessagePlace(self.message_bar, self.tabs))
        self.window.setStatusBar(self.status)

    def _build_dock(self) -> None:
        self.dock = QDockWidget(self.tr("Network"), self.window)
        self.dock.setObjectName("network_form")
        self.dock.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetClosable
            | QDockWidget.DockWidgetFeature.DockWidgetMovable
        )
        self.dock.setWidget(self.form)
        prepare_fields(self.form)
        form_shown = self.studio.commands.action("view.form")
        self.dock.visibilityChanged.connect(
            lambda _visible: form_shown.setChecked(not self.dock.isHidden())
        )
        form_shown.setChecked(True)
        self.window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.dock)
        width = max(_FORM_WIDTH, _FORM_LETTERS * self.form.fontMetrics().averageCharWidth())
        self.window.resizeDocks([self.dock], [width], Qt.Orientation.Horizontal)

    def _build_menus(self) -> None:
        commands = self.studio.commands
        bar = self.window.menuBar()
        menus = {title: bar.addMenu(translate(title)) for title in MENUS}
        for menu in menus.values():
            menu.setToolTipsVisible(True)  # they say why a command is disabled
        for command in commands.table:
            if command.separated:
                menus[command.menu].addSeparator()
            menus[command.menu].addAction(commands.action(command.id))

    def _build_toolbar(self) -> None:
        self.toolbar = QToolBar(self.tr("Toolbar"), self.window)
        self.toolbar.setObjectName("toolbar")
        self.toolbar.setMovable(False)
        self.toolbar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        area = ""
        for command in self.studio.commands.table:
            if command.toolbar:
                if area and command.id.split(".")[0] != area:
                    self.toolbar.addSeparator()
                area = command.id.split(".")[0]
                action = self.studio.commands.action(command.id)
                self.toolbar.addAction(action)
                button = self.toolbar.widgetForAction(action)
                if command.id in _WORDLESS and isinstance(button, QToolButton):
                    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.window.addToolBar(self.toolbar)

    def _connect(self) -> None:
        self.studio.commands.about_to_run.connect(self._show_panel_of)
        self.tabs.currentChanged.connect(self._tab_shown)
        self.studio.torch_changed.connect(self._open_training_data)
        self.studio.training_changed.connect(self._show_training)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._desktop_colours_changed)

    def _restore(self) -> None:
        from resnet_studio.gui.main_window import _decoded

        if state := self.studio.settings["window_state"]:
            self.window.restoreState(_decoded(state))

    def _finish(self) -> None:
        """The rest of the start, a part at a time, so that the window paints between them."""
        self._restore()
        self.studio.commands.set_theme(self.studio.theme)
        last = self.studio.settings["panel"]
        if 0 < last < len(PANELS) and not self._was_asked_for:
            self.tabs.setCurrentIndex(last)
        QTimer.singleShot(_TURN_MS, self, self._make_next_panel)

    def _make_next_panel(self) -> None:
        missing = [place for place in PANELS if place.name not in self.panels]
        if missing:
            self._make_panel(missing[0])
            QTimer.singleShot(_TURN_MS, self, self._make_next_panel)
        else:
            load_torch(self.studio)

    def _make_panel(self, place: _PanelPlace) -> None:
        if place.name in self.panels:
            return
        try:
            panel = place.make(self.studio)
        except Exception as error:  # one broken panel must not take the others with it
            self.studio.show_error(error)
            panel = EmptyState(self.tr("This panel cannot be shown."), str(error))
        self.panels[place.name] = panel
        prepare_fields(panel)
        index = PANELS.index(place)
        current = self.tabs.currentIndex()
        title, tip = self.tabs.tabText(index), self.tabs.tabToolTip(index)
        placeholder = self.tabs.widget(index)
        self.tabs.blockSignals(True)
        self.tabs.removeTab(index)
        self.tabs.insertTab(index, panel, title)
        self.tabs.setTabToolTip(index, tip)
        self.tabs.setCurrentIndex(current)
        self.tabs.blockSignals(False)
        # The keyboard comes from the form to the tabs, and from there into the panel.
        QWidget.setTabOrder(self.form.zero_init, self.tabs.tabBar())
        if placeholder is not None:
            placeholder.deleteLater()

    # -- reacting ---------------------------------------------------------------------------

    def _show_panel_of(self, command_id: str) -> None:
        """Brings the panel to the front in which the effect of a command will be seen."""
        if panel := self.studio.commands.command(command_id).panel:
            self.show_panel(panel)

    def _tab_shown(self, index: int) -> None:
        if 0 <= index < len(PANELS):
            self._make_panel(PANELS[index])

    def _desktop_colours_changed(self) -> None:
        if self.studio.settings["appearance"] == "system":
            self.studio.refresh_theme()

    def _open_training_data(self, status: TorchStatus) -> None:
        """Opens the built-in digits, so that «Start training» works from any panel.

        A folder is scanned when a panel shows it: it may be large, or on a disk that sleeps.
        """
        if status.state == "ready" and self.studio.data.config.source == "digits":
            self.studio.data.start()

    def _show_training(self, running: bool) -> None:
        """Brings the curves to the front when a run starts, wherever it was started from."""
        if running:
            self.show_panel("training")

    def _training_panel(self) -> TrainingPanel:
        return self.panels["training"]  # type: ignore[return-value]

    def _close_now(self) -> None:
        self._closing = True
        self.window.close()


def prepare_fields(widget: QWidget) -> None:
    """Gives all fields of a panel what a style sheet and each panel by itself cannot."""
    for kind in (QLineEdit, QTextEdit, QPlainTextEdit):
        for field in widget.findChildren(kind):
            # A dropped file would become text; the window takes it instead.
            field.setAcceptDrops(False)
            if isinstance(field, QAbstractScrollArea):
                field.viewport().setAcceptDrops(False)
    for box in widget.findChildren(QAbstractSpinBox):
        # The style sheet's padding does not reach the number once it draws the buttons.
        box.lineEdit().setTextMargins(_SPIN_MARGIN, 0, 0, 0)
