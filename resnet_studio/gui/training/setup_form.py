"""All that is chosen before a run: pictures, network, recipe, device; and the plan they make."""

from __future__ import annotations

import importlib.util

from pydantic import ValidationError
from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from resnet_studio.architecture.graph import build_graph
from resnet_studio.errors import StudioError
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.training.augmentation_line import AugmentationLine
from resnet_studio.gui.training.data_form import DataForm
from resnet_studio.gui.training.device_box import DeviceBox
from resnet_studio.gui.training.network_choice import NetworkChoice
from resnet_studio.gui.training.plan import (
    Plan,
    make_plan,
    offer_for,
    usual_pipelines,
    work_note,
)
from resnet_studio.gui.training.recipe_form import RecipeForm
from resnet_studio.training.presets import DEFAULT_RECIPES
from resnet_studio.training.recipe import Recipe

_LATER_MS = 120
"""So long a change of the augmentation waits for the next, unless somebody asks for the plan."""


class SetupForm(QScrollArea):
    """The left column of the training panel.

    Signals:
        changed(): `plan` and `problem` are up to date after a change.
    """

    changed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._refreshing = False
        self._plan: Plan | None = None
        self._problem = ""
        self._later = QTimer(self)
        self.data = DataForm(studio)
        self.augmentation = AugmentationLine(studio)
        self.network = NetworkChoice()
        self.device = DeviceBox(studio)
        self.recipe = RecipeForm(studio)
        self._build()
        self._restore()
        self._connect()
        self._refresh()

    @property
    def plan(self) -> Plan | None:
        """The run that would be started; None while something is missing or wrong."""
        self._catch_up()
        return self._plan

    @property
    def problem(self) -> str:
        """What is missing or wrong, in a sentence."""
        self._catch_up()
        return self._problem

    def start(self) -> None:
        """Opens the data set; called when the panel is first shown."""
        self.data.start()

    def set_choosable(self, on: bool) -> None:
        """Says whether anything can be chosen: not while a run is in progress."""
        for form in (self.data, self.augmentation, self.network, self.recipe, self.device):
            form.setEnabled(on)

    def _build(self) -> None:
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(self.tr("Settings of a new run"))
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(2, 8, 10, 8)
        column.setSpacing(8)
        for widget in (self.data, self.augmentation, self.network, self.device, self.recipe):
            column.addWidget(widget)
        column.addStretch()
        self.setWidget(body)

    def _connect(self) -> None:
        self.data.changed.connect(self._data_changed)
        self.network.changed.connect(self._refresh)
        self.recipe.changed.connect(self._refresh)
        self.device.changed.connect(self._refresh)
        self._studio.spec_changed.connect(self._refresh)
        self._later.setSingleShot(True)
        self._later.setInterval(_LATER_MS)
        self._later.timeout.connect(self._refresh)
        # Many times a second while a slider of the augmentation is dragged.
        self._studio.pipelines.changed.connect(self._later.start)
        self._studio.recipe_wished.connect(self.recipe.set_values)

    def minimumSizeHint(self) -> QSize:
        """Never narrower than its widest field, whatever the text size: nothing is cut off."""
        hint = super().minimumSizeHint()
        if (body := self.widget()) is not None:
            bar = self.verticalScrollBar().sizeHint().width()
            hint.setWidth(max(hint.width(), body.minimumSizeHint().width() + bar))
        return hint

    # -- remembering ------------------------------------------------------------------------

    def _restore(self) -> None:
        try:
            recipe = Recipe.model_validate_json(self._studio.settings["recipe"])
        except ValidationError:
            recipe = DEFAULT_RECIPES[self.data.config.source].recipe
        self.recipe.show_recipe(recipe)
        self.device.set_choice(recipe.device)

    def _remember(self, recipe: Recipe | None) -> None:
        if recipe is not None:
            self._studio.settings["recipe"] = recipe.model_dump_json()

    # -- the plan ---------------------------------------------------------------------------

    def _data_changed(self) -> None:
        self._refreshing = True
        self.recipe.set_source(self.data.config.source)
        self._refreshing = False
        self._refresh()

    def _refresh(self, *_: object) -> None:
        """Makes the plan anew from all that is chosen, and tells what it means."""
        if self._refreshing:
            return
        self._later.stop()
        self._refreshing = True  # the form answers a change of the processes with one of its own
        self.recipe.set_processes(self.device.processes)
        self._refreshing = False
        recipe = self.recipe.recipe
        if recipe is not None:
            recipe = recipe.replace(device=self.device.choice)
        self._remember(recipe)
        self._show_offer()
        self._tell(recipe)
        self._plan, self._problem = self._made(recipe)
        self._show_notes()
        self.changed.emit()

    def _show_offer(self) -> None:
        summary, offer = self.data.summary, None
        recipe = self.recipe.recipe
        steps = 0
        if summary is not None and recipe is not None:
            steps = summary.steps_per_epoch(recipe.batch_size)
        self.recipe.set_steps_per_epoch(steps)
        if summary is not None:
            offer = offer_for(
                self._studio.spec,
                summary,
                macs=self._studio.graph.macs,
                accelerated=self.device.accelerated,
            )
        self.network.show_choice(self._studio.spec, offer)

    def _catch_up(self) -> None:
        """Makes the plan now if it has been put off: somebody wants to know it."""
        if self._later.isActive():
            self._refresh()

    def _tell(self, recipe: Recipe | None) -> None:
        """Says in the whole window what the run does to pictures by itself."""
        summary, spec, pipelines = self.data.summary, self.network.spec, self._studio.pipelines
        usual = None
        if summary is not None and spec is not None:
            usual = usual_pipelines(spec, summary)
        if recipe is None:
            pipelines.tell(usual, pipelines.mixing, pipelines.seed)
        else:
            pipelines.tell(usual, (recipe.mixup, recipe.cutmix), recipe.seed)

    def _made(self, recipe: Recipe | None) -> tuple[Plan | None, str]:
        summary, spec = self.data.summary, self.network.spec
        if summary is None:
            if self.data.opening:
                return None, self.tr("The pictures are being opened.")
            if self.data.problem:
                return None, self.tr("These pictures cannot be used; the reason is at the left.")
            return None, self.tr("Choose pictures to learn from.")
        if recipe is None:
            return None, self.recipe.problem
        if self.device.problem:
            return None, self.device.problem
        if recipe.tensorboard and importlib.util.find_spec("tensorboard") is None:
            return None, self.tr(
                "TensorBoard files need the package tensorboard: install it with"
                " pip install tensorboard, or switch them off under Keeping."
            )
        if spec is None:
            return None, self.tr("Choose a network.")
        if (trouble := self._studio.pipelines.problem) is not None:
            return None, str(trouble)
        try:
            return make_plan(spec, summary, recipe, self._studio.pipelines.own), ""
        except StudioError as error:
            return None, str(error)

    def _show_notes(self) -> None:
        if self._plan is None:
            wrong = self.data.summary is not None and self.recipe.recipe is not None
            wrong = wrong and self._studio.pipelines.problem is None  # said in the line of its own
            self.network.show_notes(self._problem if wrong else "", error=wrong)
            return
        notes = list(self._plan.notes)
        macs = build_graph(self._plan.config.network).macs
        if not self.device.accelerated and (note := work_note(macs)):
            notes.append(note)
        self.network.show_notes(" ".join(notes))
