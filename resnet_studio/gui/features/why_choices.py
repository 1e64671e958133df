"""The choices of the methods: layer, baseline, steps, what covers the picture, and how finely."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QComboBox, QSizePolicy

from resnet_studio.gui.features import why_words as words
from resnet_studio.probe.attribution import Baseline, How, Method, last_maps, mapped_layers

if TYPE_CHECKING:
    from resnet_studio.architecture.graph import NetworkGraph
    from resnet_studio.gui.studio import Studio

STEPS = (16, 32, 64, 128)
WINDOWS = (2, 4, 8, 16)
"""Parts of the input's side."""
STRIDES = (1, 2, 4)
"""Parts of the window."""
_ROWS = 20
_NARROWEST = 70


def choice(studio: Studio, key: str, default: str) -> str:
    """Returns what was chosen last for `key`."""
    chosen: str = studio.settings["choices"].get(key, default)
    return chosen


def remember(studio: Studio, key: str, value: str) -> None:
    """Keeps a choice for the next start."""
    studio.settings["choices"] = dict(studio.settings["choices"]) | {key: value}


class WhyChoices(QObject):
    """Makes the combo boxes of the methods and reads them.

    Signals:
        changed(): Something was chosen that other maps belong to.
    """

    changed = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._studio = studio
        self.layer = LayerChoice()
        self.baseline = self._box(
            "why.baseline",
            [
                (self.tr("From: {what}").format(what=words.baseline(kind)), kind.value)
                for kind in Baseline
            ],
            Baseline.BLACK.value,
            self.tr("Baseline: where the way to the picture begins"),
        )
        self.steps = self._box(
            "why.steps",
            [(self.tr("{count} steps").format(count=count), str(count)) for count in STEPS],
            "32",
            self.tr("Points on the way from the baseline to the picture; more are more exact"),
        )
        self.fill = self._box(
            "why.fill",
            [
                (self.tr("Cover: {what}").format(what=words.baseline(kind)), kind.value)
                for kind in Baseline
            ],
            Baseline.MEAN.value,
            self.tr("What a square is covered with"),
        )
        self.window = self._box(
            "why.window",
            [(self.tr("Square: 1/{part}").format(part=p), str(p)) for p in WINDOWS],
            "4",
            self.tr("Side of the square in sides of the picture; small ones take longer"),
        )
        self.stride = self._box(
            "why.stride",
            [
                (self.tr("Step: 1"), "1"),
                (self.tr("Step: 1/2"), "2"),
                (self.tr("Step: 1/4"), "4"),
            ],
            "4",
            self.tr("How far from one square to the next, in squares; small steps take longer"),
        )

    def boxes(self, method: Method) -> tuple[QComboBox, ...]:
        """Returns the choices of a method."""
        return {
            Method.GRADCAM: (self.layer,),
            Method.INTEGRATED: (self.baseline, self.steps),
            Method.OCCLUSION: (self.fill, self.window, self.stride),
            Method.SALIENCY: (),
        }[method]

    def how(self, input_size: int) -> How:
        """Returns what is chosen, for pictures of that size in pixels."""
        window = max(1, input_size // int(self.window.currentData()))
        return How(
            layer=self.layer.currentData() or "",
            baseline=Baseline(self.baseline.currentData()),
            steps=int(self.steps.currentData()),
            fill=Baseline(self.fill.currentData()),
            window=window,
            stride=max(1, window // int(self.stride.currentData())),
        )

    def _box(self, key: str, entries: list[tuple[str, str]], default: str, tip: str) -> QComboBox:
        box = QComboBox()
        for text, value in entries:
            box.addItem(text, value)
        wanted = box.findData(choice(self._studio, key, default))
        box.setCurrentIndex(wanted if wanted >= 0 else box.findData(default))
        box.setToolTip(tip)
        box.setAccessibleName(tip)
        _narrow(box)
        box.activated.connect(lambda _index: self._chosen(key, box))
        return box

    def _chosen(self, key: str, box: QComboBox) -> None:
        remember(self._studio, key, box.currentData())
        self.changed.emit()


class LayerChoice(QComboBox):
    """Everything in the network that has maps: sections, blocks, layers.

    Signals:
        chosen(str): Name of what was chosen.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._graph: NetworkGraph | None = None
        self.setMaxVisibleItems(_ROWS)
        self.setToolTip(
            self.tr("The layer whose maps are weighed; the drawing and the table choose it too")
        )
        self.setAccessibleName(self.tr("Layer of Grad-CAM"))
        _narrow(self)
        self.activated.connect(lambda index: self.chosen.emit(self.itemData(index)))

    def show_graph(self, graph: NetworkGraph) -> None:
        """Lists what has maps in a network, and marks the last of it."""
        if graph is self._graph:
            return
        self._graph = graph
        mapped = set(mapped_layers(graph))
        self.clear()
        for section in graph.sections:
            if len(section.output_shape) == 3 and section.layers[-1].name in mapped:
                self._add(section.title, section.name, section.output_shape, 0)
            for part in section.blocks or section.layers:
                self._add_part(part, mapped)
        self.follow("")

    def follow(self, selection: str) -> None:
        """Marks what is selected in the studio, the usual layer if that has no maps."""
        index = self.findData(selection) if selection else -1
        if index < 0 and self._graph is not None:
            index = self.findData(last_maps(self._graph))
        self.setCurrentIndex(index)

    def _add_part(self, part: object, mapped: set[str]) -> None:
        """Adds a block with its layers, or a layer."""
        layers = getattr(part, "layers", None)
        if layers is None:
            if part.name in mapped:
                self._add(part.name, part.name, part.output_shape, 1)
            return
        if part.output_shape[1] * part.output_shape[2] > 1:
            self._add(part.name, part.name, part.output_shape, 1)
        for layer in layers:
            if layer.name in mapped:
                self._add(layer.name, layer.name, layer.output_shape, 2)

    def _add(self, text: str, name: str, shape: tuple[int, ...], depth: int) -> None:
        self.addItem(f"{'  ' * depth}{text} · {words.cells(shape)}", name)


def _narrow(box: QComboBox) -> None:
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
    box.setMinimumWidth(_NARROWEST)
