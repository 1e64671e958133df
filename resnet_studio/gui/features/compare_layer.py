"""The box in which the part of the network is chosen whose output is compared."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from resnet_studio.gui.features.stage_view import section_title
from resnet_studio.gui.studio import Studio

_SHOWN = 24
_NARROWEST = 12


class ComparedLayer(QComboBox):
    """Sections and blocks of the network, and the layer that is selected in the window.

    Signals:
        changed(): Another one is to be compared.

    Attributes:
        layer: Its name in the graph.
    """

    changed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.layer = ""
        self.setMaxVisibleItems(_SHOWN)
        self.setMinimumContentsLength(_NARROWEST)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("What of the network is compared"))
        self.setToolTip(
            self.tr(
                "The output of a section or block. Select a layer in the architecture drawing to "
                "compare that."
            )
        )
        self.activated.connect(self._activated)
        studio.selection_changed.connect(self._follow)
        studio.spec_changed.connect(lambda _spec: self._fill())
        self._fill()

    def _fill(self) -> None:
        """Offers the parts of the present network; keeps what was chosen if it is still there."""
        graph = self._studio.graph
        selected = self._studio.selection or self.layer
        stages = [section.name for section in graph.stages]
        parts = ["stem", *stages, "head", *(block.name for block in graph.blocks)]
        if selected not in parts:
            layers = {layer.name for layer in graph.layers}
            selected = selected if selected in layers else stages[-1]
            parts += [selected] if selected in layers else []
        with QSignalBlocker(self):
            self.clear()
            for name in parts:
                self.addItem(_title(name), name)
            self.setCurrentIndex(parts.index(selected))
        self.layer = selected

    def _follow(self, name: str) -> None:
        if name and name != self.layer:
            self._fill()
            self.changed.emit()

    def _activated(self, _index: int) -> None:
        self._studio.select(str(self.currentData()))


def _title(name: str) -> str:
    """Returns the name of a part, for a section in the words of a person."""
    if name == "stem" or (name.startswith("layer") and "." not in name):
        return f"{section_title(name)} ({name})"
    return name
