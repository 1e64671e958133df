"""A change of the network as a step of undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QUndoCommand

from resnet_studio.probe.surgery import Surgery

if TYPE_CHECKING:
    from resnet_studio.architecture.spec import NetworkSpec
    from resnet_studio.gui.studio import Studio
    from resnet_studio.probe.network import WeightsChoice

    State = tuple[NetworkSpec, WeightsChoice | None, Surgery]


class SpecChange(QUndoCommand):
    """One change of the network with its weights and what was cut out of it."""

    def __init__(self, studio: Studio, before: State, after: State, text: str) -> None:
        super().__init__(text)
        self._studio = studio
        self._before = before
        self._after = after

    @property
    def before(self) -> NetworkSpec:
        """The network that undoing brings back."""
        return self._before[0]

    def redo(self) -> None:
        """Makes the other network that of the window."""
        self._before = (self.before, self._studio.chosen_weights, self._before[2])
        self._studio.replace_spec(*self._after)

    def undo(self) -> None:
        """Brings the network from before back; random weights keep the present seed."""
        spec, weights, surgery = self._after
        self._after = (spec, self._studio.chosen_weights, surgery)
        spec, weights, surgery = self._before
        if weights is None or weights.kind == "random":
            weights = self._studio.random_weights()
        self._studio.replace_spec(spec, weights, surgery)
