"""A box in which any layer of the network is found by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QListView, QSizePolicy, QWidget

if TYPE_CHECKING:
    from resnet_studio.architecture.graph import Layer, NetworkGraph

_SHOWN = 24
_NARROWEST = 16


class LayerChoice(QComboBox):
    """All layers in the order of computation; typing a part of a name narrows them down.

    Signals:
        layer_chosen(str): Name of the layer that the person chose.
    """

    layer_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._graph: NetworkGraph | None = None
        self._names: tuple[str, ...] = ()
        self._texts = QStringListModel(self)
        self._build()
        self.activated.connect(self._chosen)

    @property
    def current(self) -> str:
        """Name of the layer that is chosen; empty before there is a network."""
        index = self.currentIndex()
        return self._names[index] if 0 <= index < len(self._names) else ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all layers."""
        return self._names

    def set_graph(self, graph: NetworkGraph) -> None:
        """Offers the layers of a network."""
        if graph is not self._graph:
            self._graph = graph
            self._names = tuple(layer.name for layer in graph.layers)
            self._texts.setStringList([_text(layer) for layer in graph.layers])

    def show_layer(self, name: str) -> None:
        """Shows which layer is chosen, without a signal."""
        if name in self._names:
            self.setCurrentIndex(self._names.index(name))
            self._show_beginning()

    def step(self, by: int) -> None:
        """Chooses the next (1) or the previous (-1) layer; nothing happens at the ends."""
        index = self.currentIndex() + by
        if 0 <= index < len(self._names):
            self.setCurrentIndex(index)
            self._chosen(index)

    def _show_beginning(self) -> None:
        """The name stands first: where the box is narrow the size may be cut off."""
        if (edit := self.lineEdit()) is not None:
            edit.setCursorPosition(0)

    def _chosen(self, index: int) -> None:
        if 0 <= index < len(self._names):
            self._show_beginning()
            self.layer_chosen.emit(self._names[index])

    def _entered(self) -> None:
        """Takes the first layer that has in its text what was typed, or goes back."""
        typed = self.currentText().strip().casefold()
        texts = self._texts.stringList()
        found = next((n for n, text in enumerate(texts) if typed in text.casefold()), -1)
        if typed and found >= 0:
            self.setCurrentIndex(found)
            self._chosen(found)
        elif self._names:
            self.setEditText(texts[max(0, self.currentIndex())])

    def _build(self) -> None:
        view = QListView(self)
        view.setUniformItemSizes(True)  # else thousands of layers would be measured one by one
        self.setView(view)
        self.setModel(self._texts)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setMaxVisibleItems(_SHOWN)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_NARROWEST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        completer = QCompleter(self._texts, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setMaxVisibleItems(_SHOWN)
        self.setCompleter(completer)
        edit = self.lineEdit()
        assert edit is not None
        edit.setPlaceholderText(self.tr("Name of a layer"))
        edit.returnPressed.connect(self._entered)
        self.setAccessibleName(self.tr("Layer"))
        self.setToolTip(
            self.tr("Choose a layer, or type a part of its name (N and P: next and previous)")
        )


def _text(layer: Layer) -> str:
    """Returns name, kind and size of a layer in one line."""
    shape = "×".join(str(length) for length in layer.output_shape)
    return f"{layer.name} · {layer.title} · {shape}"
