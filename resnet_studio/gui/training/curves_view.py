"""The curves with what belongs to them: smoothing, logarithmic axis, whole view, export."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import (
    QLabel,
    QMenu,
    QSlider,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.studio import Studio
from resnet_studio.gui.training.canvas import Canvas
from resnet_studio.gui.training.curves import DEFAULT_SPAN, SPANS, RunCurves
from resnet_studio.gui.training.export import Table, to_csv, to_image, to_svg
from resnet_studio.gui.training.quantities import Quantity, title
from resnet_studio.gui.training.two_halves import TwoHalves
from resnet_studio.gui.widgets.empty_state import EmptyState
from resnet_studio.gui.widgets.export import copy_image, png_bytes, save_bytes

EXPORTS = ("copy_curves", "export_png", "export_svg", "export_csv")


class CurvesView(QWidget):
    """Shows the curves of one run and lets a person read, zoom and export them.

    Attributes:
        canvas: The plots; None until the view is first shown.
        plot_actions: Show or hide the plot of a quantity.
        redraws: How often the curves were drawn, for benchmarks.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._curves: RunCurves | None = None
        self._span = DEFAULT_SPAN
        self.canvas: Canvas | None = None
        self.plot_actions: dict[Quantity, QAction] = {}
        self.redraws = 0
        self._build()
        self._connect()

    @property
    def curves(self) -> RunCurves | None:
        """What is shown."""
        return self._curves

    def show_curves(self, curves: RunCurves | None) -> None:
        """Shows the curves of a run, or that there are none."""
        self._curves = curves
        if curves is not None:
            curves.set_span(self._span)
        if self.canvas is not None:
            self.canvas.reset_view()
        self.redraw()

    def redraw(self) -> None:
        """Draws the curves now, if they can be seen; called when they have grown."""
        empty = self._curves is None or self._curves.empty
        self._studio.commands.set_condition("curves", not empty)
        self.slider.setEnabled(not empty)
        if not self.isVisible():
            return
        if empty or self._curves is None:
            self._pages.setCurrentWidget(self.empty)
            return
        canvas = self._made_canvas()
        self._pages.setCurrentWidget(canvas)
        canvas.show_curves(self._curves)
        self.redraws += 1

    def showEvent(self, event: QShowEvent) -> None:
        """Draws what arrived while the view was hidden.

        The canvas is made now if that is cheap, so that the start of a run does not wait for it.
        """
        super().showEvent(event)
        self.redraw()
        if "pyqtgraph" in sys.modules:
            QTimer.singleShot(0, self, self._made_canvas)

    # -- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        commands = self._studio.commands
        self.empty = EmptyState(
            self.tr("No curves yet"),
            self.tr(
                "Choose pictures and a recipe at the left, then start. Loss and accuracy are drawn"
                " here while the network learns."
            ),
            (commands.action("training.start"),),
        )
        self._pages = QStackedLayout()
        self._pages.addWidget(self.empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._tool_row())
        layout.addLayout(self._pages, 1)

    def _tool_row(self) -> TwoHalves:
        tip = self.tr("Average the training curve over so many steps; the raw curve stays behind.")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, len(SPANS) - 1)
        self.slider.setPageStep(1)
        self.slider.setValue(SPANS.index(self._span))
        self.slider.setFixedWidth(120)
        label = QLabel(self.tr("Smoothing"))
        label.setBuddy(self.slider)
        self.span_label = QLabel()
        for widget in (label, self.slider, self.span_label):
            widget.setToolTip(tip)
        self.slider.setAccessibleName(self.tr("Smoothing"))
        self._show_span()
        row = TwoHalves()
        for widget in (label, self.slider, self.span_label):
            row.add(widget)
        row.add(self._plots_button(), right=True)
        row.add(self._action_button("log_axis", self.tr("Log axis")), right=True)
        row.add(self._action_button("reset_view", self.tr("Whole curves")), right=True)
        row.add(self._export_button(), right=True)
        return row

    def _action_button(self, name: str, text: str) -> QToolButton:
        action = self._studio.commands.action(f"training.{name}")
        action.setIconText(text)
        button = QToolButton()
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        button.setAccessibleName(text)
        return button

    def _plots_button(self) -> QToolButton:
        self.plots = QToolButton()
        self.plots.setText(self.tr("Plots"))
        self.plots.setToolTip(
            self.tr("Choose what is drawn: also learning rate, speed and gradients.")
        )
        self.plots.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.plots.setMenu(self._plots_menu(self.plots))
        return self.plots

    def _plots_menu(self, parent: QWidget) -> QMenu:
        menu = QMenu(parent)
        remembered = self._studio.settings["curve_plots"]
        for quantity in Quantity:
            action = menu.addAction(title(quantity))
            action.setCheckable(True)
            action.setChecked(quantity.value in remembered)
            action.toggled.connect(self._plots_chosen)
            self.plot_actions[quantity] = action
        return menu

    def _export_button(self) -> QToolButton:
        self.export = QToolButton()
        self.export.setText(self.tr("Export"))
        self.export.setToolTip(self.tr("Copy the curves, or save them as PNG, SVG or CSV."))
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.export)
        menu.addActions(self._export_actions())
        self.export.setMenu(menu)
        return self.export

    def _export_actions(self) -> list[QAction]:
        return [self._studio.commands.action(f"training.{name}") for name in EXPORTS]

    def _connect(self) -> None:
        commands = self._studio.commands
        commands.connect("training.copy_curves", self.copy)
        commands.connect("training.export_png", self.save_png)
        commands.connect("training.export_svg", self.save_svg)
        commands.connect("training.export_csv", self.save_csv)
        commands.connect("training.reset_view", self.reset_view)
        commands.connect("training.log_axis", self._log_toggled)
        self.slider.valueChanged.connect(self._span_chosen)
        self._studio.theme_changed.connect(self._colour)

    def _made_canvas(self) -> Canvas:
        if self.canvas is None:
            self.canvas = Canvas()
            self.canvas.menu_wanted.connect(self._show_menu)
            self.canvas.set_theme(self._studio.theme)
            self.canvas.set_log(self._log)
            self.canvas.show_plots(self._chosen_plots)
            self._pages.addWidget(self.canvas)
        return self.canvas

    # -- reacting ---------------------------------------------------------------------------

    @property
    def _log(self) -> bool:
        return self._studio.commands.action("training.log_axis").isChecked()

    def _log_toggled(self) -> None:
        if self.canvas is not None:
            self.canvas.set_log(self._log)

    @property
    def _chosen_plots(self) -> tuple[Quantity, ...]:
        return tuple(key for key, action in self.plot_actions.items() if action.isChecked())

    def _plots_chosen(self) -> None:
        chosen = self._chosen_plots
        if not chosen:  # something must be shown
            self.plot_actions[Quantity.LOSS].setChecked(True)
            return
        self._studio.settings["curve_plots"] = [quantity.value for quantity in chosen]
        if self.canvas is not None:
            self.canvas.show_plots(chosen)

    def reset_view(self) -> None:
        """Shows the whole curves again."""
        if self.canvas is not None:
            self.canvas.reset_view()

    def _span_chosen(self, position: int) -> None:
        self._span = SPANS[position]
        self._show_span()
        if self._curves is not None:
            self._curves.set_span(self._span)
        self.redraw()

    def _show_span(self) -> None:
        if self._span == 1:
            self.span_label.setText(self.tr("off"))
        else:
            self.span_label.setText(self.tr("{span:,} steps").format(span=self._span))

    def _colour(self, *_: object) -> None:
        if self.canvas is not None:
            self.canvas.set_theme(self._studio.theme)

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(self._export_actions())
        menu.addSeparator()
        menu.addActions(list(self.plot_actions.values()))
        menu.addSeparator()
        for name in ("log_axis", "reset_view"):
            menu.addAction(self._studio.commands.action(f"training.{name}"))
        menu.popup(place)

    # -- export -----------------------------------------------------------------------------

    def copy(self) -> None:
        """Puts the plots into the clipboard as a picture."""
        if self._curves is not None:
            copy_image(to_image(self._made_canvas(), self._curves.name, self._studio.theme))
            self._studio.show_message(self.tr("The curves are in the clipboard."))

    def save_png(self) -> None:
        """Saves the plots as a picture."""
        if self._curves is None:
            return
        title, theme = self._curves.name, self._studio.theme
        if path := self._target("png", self.tr("PNG picture (*.png)")):
            image = to_image(self._made_canvas(), title, theme)
            save_bytes(self._studio, png_bytes(image), path)

    def save_svg(self) -> None:
        """Saves the plots as a drawing."""
        if self._curves is None:
            return
        title, theme = self._curves.name, self._studio.theme
        if path := self._target("svg", self.tr("SVG drawing (*.svg)")):
            save_bytes(self._studio, to_svg(self._made_canvas(), title, theme), path)

    def save_csv(self) -> None:
        """Saves the numbers; a long run is written by a worker."""
        if self._curves is None:
            return
        table = Table.of(self._curves)
        path = self._target("csv", self.tr("CSV table (*.csv)"))
        if path is None:
            return

        def written(content: bytes) -> None:
            save_bytes(self._studio, content, path)

        self._studio.workers.start(
            lambda _state: to_csv(table).encode("utf-8"),
            title=self.tr("Writing the numbers"),
            on_result=written,
        )

    def _target(self, suffix: str, filters: str) -> Path | None:
        """Asks where to save; None if the person changed their mind."""
        name = self._curves.name if self._curves is not None else ""
        path = self._studio.save_file(
            self.tr("Save the curves"), f"{name or 'curves'}.{suffix}", filters
        )
        return path.with_suffix(f".{suffix}") if path is not None else None
