"""A list of classes, the most probable first, in which one can type to search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit, QWidget

from resnet_studio.gui.features.images import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROWS = 16


class ClassChoice(QComboBox):
    """Chooses a class; its first row follows the most probable one.

    Signals:
        chosen(int | None): Number of the class; None for whichever is the most probable.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._edit = QLineEdit()
        self.setLineEdit(self._edit)  # makes it one to type in, with a completer
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setMaxVisibleItems(_ROWS)
        self.setMinimumContentsLength(12)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setAccessibleName(self.tr("Class"))
        self.setToolTip(
            self.tr("The class that is asked about; open the list, or type a part of its name.")
        )
        completer = self.completer()
        assert completer is not None
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setMaxVisibleItems(_ROWS)
        self.activated.connect(self._activated)
        self._edit.editingFinished.connect(self._show_chosen)

    def show_classes(
        self, ranking: Sequence[int], names: Sequence[str], probabilities: Sequence[float]
    ) -> None:
        """Lists the classes.

        Args:
            ranking: Numbers of all classes, the most probable first.
            names: Name of each class by number.
            probabilities: 0 to 1, by number.
        """
        chosen = self.currentData()
        lines = [f"{names[index]} · {percent(probabilities[index])}" for index in ranking]
        self.blockSignals(True)
        self.clear()
        self.addItem(self.tr("Top: {line}").format(line=lines[0]), None)
        for index, line in zip(ranking, lines, strict=True):
            self.addItem(line, index)
        self.blockSignals(False)
        self.choose(chosen)

    def choose(self, target: int | None) -> None:
        """Marks a class, None the most probable one; emits nothing."""
        self.blockSignals(True)
        self.setCurrentIndex(max(0, self.findData(target)) if target is not None else 0)
        self.blockSignals(False)
        self._show_chosen()

    def _activated(self, index: int) -> None:
        self._show_chosen()
        self.chosen.emit(self.itemData(index))

    def _show_chosen(self) -> None:
        """Takes away what was typed and is no class."""
        self.setEditText(self.itemText(self.currentIndex()))
        self._edit.setCursorPosition(0)
