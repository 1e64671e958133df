"""Receptive fields for the views: looked up at once, measured by gradient in a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from resnet_studio.gui.features.reading import Reading
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.workers import TaskState
from resnet_studio.probe.field import Cell, LayerField

if TYPE_CHECKING:
    from resnet_studio.gui.features.channel_view import ChannelView
    from resnet_studio.probe.field import MeasuredField
    from resnet_studio.probe.framing import CropBox

_LANE = "features.field"


class Fields(QObject):
    """Serves a channel view with what its cells see, and tells the studio what is pointed at."""

    def __init__(self, studio: Studio, view: ChannelView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._view = view
        self._known: tuple[object, str, LayerField | None] = (None, "", None)
        view.field_of = self.of
        view.measure_asked.connect(self.measure)

    def of(self, name: str) -> LayerField | None:
        """Returns what the cells of a layer or section can see; None if it is not of the graph."""
        graph = self._studio.graph
        if self._known[0] is not graph or self._known[1] != name:
            try:
                field = LayerField.of(graph, name)
            except KeyError:
                field = None
            self._known = (graph, name, field)
        return self._known[2]

    def point_at(self, reading: Reading | None, crop: CropBox | None) -> None:
        """Tells the studio which part of the picture a number can see.

        Args:
            reading: The number under the cursor; None where there is none.
            crop: Where the network's input lies on the picture.
        """
        field = None if reading is None else self.of(reading.layer)
        if reading is None or field is None or crop is None:
            self._studio.pointed_at.emit(None)
            return
        box = field.box(reading.row, reading.column)
        self._studio.pointed_at.emit(box.on_picture(crop, field.size))

    def measure(self, reading: Reading) -> None:
        """Measures what a number looks at; the view shows it unless something else came."""
        studio = self._studio
        network, picture = studio.network, studio.picture
        if network is None or picture is None:
            return
        framing = studio.framing_choice.framing
        layer = "maxpool" if reading.layer == "stem" else reading.layer
        cell = Cell(reading.channel, reading.row, reading.column)

        def job(_state: TaskState) -> MeasuredField:
            from resnet_studio.probe.field import measure_field

            return measure_field(network, picture, layer, cell, framing=framing)

        def arrived(measured: Any) -> None:
            seen = (studio.network, studio.picture, studio.framing_choice.framing)
            if seen[0] is network and seen[1] is picture and seen[2] == framing:
                self._view.show_measured(reading, measured)

        studio.workers.start(
            job,
            title=self.tr("Measuring what a number looks at"),
            lane=_LANE,
            replace=True,
            on_result=arrived,
        )
