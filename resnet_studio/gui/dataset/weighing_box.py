"""What training can do about uneven classes: weigh the loss, or draw rare classes more often."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QWidget

from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.flow import FlowLayout
from resnet_studio.training.recipe import Recipe

_FIELDS = {"class_weights": ("none", "balanced"), "sampler": ("shuffle", "balanced")}
"""Fields of the recipe, with their values for off and on."""


class WeighingBox(QWidget):
    """Two switches of the training recipe; shows what the training panel has chosen."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.loss = QCheckBox(self.tr("Weighted &loss"))
        self.sampler = QCheckBox(self.tr("&Balanced sampler"))
        self._boxes = {"class_weights": self.loss, "sampler": self.sampler}
        self.loss.setToolTip(
            self.tr("Pictures of rare classes count more in the loss: every class counts alike.")
        )
        self.sampler.setToolTip(
            self.tr("Pictures of rare classes are shown more often: every class equally often.")
        )
        row = FlowLayout(self, gap=16)
        for name, box in self._boxes.items():
            row.addWidget(box)
            box.setVisible(name in Recipe.model_fields)
            box.toggled.connect(lambda on, name=name: self._wish(name, on))
        studio.training_changed.connect(lambda _running: self.follow())
        self.follow()

    def follow(self) -> None:
        """Shows what the recipe says now; a run in progress cannot be changed."""
        values = self._recipe()
        for name, box in self._boxes.items():
            with QSignalBlocker(box):
                box.setChecked(values.get(name) == _FIELDS[name][True])
            box.setEnabled(not self._studio.training)

    def _recipe(self) -> dict[str, Any]:
        try:
            return Recipe.model_validate_json(self._studio.settings["recipe"]).model_dump()
        except ValidationError:
            return {}

    def _wish(self, name: str, on: bool) -> None:
        self._studio.recipe_wished.emit({name: _FIELDS[name][on]})
        self.follow()
