"""The line of the setup form that says which pipelines a run will use."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from resnet_studio.data.augment import AugmentSpec
from resnet_studio.gui.augmentation.matching import copy_from_training, copy_text
from resnet_studio.gui.studio import Studio


class AugmentationLine(QWidget):
    """Names the pipelines, leads to where they are edited, and back to the usual ones.

    Attributes:
        words: The names and the size of the pictures that result.
        problem: Why a run cannot use them.
        copy: Makes both pipelines fit; there only while that is what is wrong.
        edit: Leads to the augmentation panel.
        back: Chooses the usual pipelines; there only while others are chosen.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.words = QLabel()
        self.problem = QLabel()
        self.copy = QPushButton(copy_text())
        self.edit = QPushButton(self.tr("Edit…"))
        self.back = QPushButton(self.tr("Usual"))
        self._build()
        studio.pipelines.changed.connect(self.refresh)
        studio.pipelines.told.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Says what is chosen."""
        pipelines = self._studio.pipelines
        own, error = pipelines.own, pipelines.problem
        pair = own if own is not None else pipelines.usual
        self.back.setVisible(pipelines.sketches is not None)
        self.problem.setText("" if error is None else str(error))
        self.problem.setVisible(error is not None)
        self.copy.setVisible(pipelines.copy_helps)
        if pair is None:
            self.words.setText(self.tr("As usual for network and pictures"))
            self.words.setToolTip("")
            return
        self.words.setText(self._named(pair, usual=pipelines.sketches is None))
        self.words.setToolTip(_in_full(pair))
        self.words.setAccessibleDescription(_in_full(pair))

    def _named(self, pair: tuple[AugmentSpec, AugmentSpec], *, usual: bool) -> str:
        train, _validation = pair
        if usual:
            text = self.tr("As usual: {train}, {size} px")
        elif self._studio.pipelines.problem is not None:
            text = self.tr("Your own: {train}")
        else:
            text = self.tr("Your own: {train}, {size} px")
        return text.format(train=train.name, size=train.output_size)

    def _build(self) -> None:
        title = QLabel(self.tr("Augmentation"))
        title.setProperty("muted", True)
        title.setBuddy(self.edit)
        for label in (self.words, self.problem):
            label.setWordWrap(True)
        self.problem.setProperty("error", True)
        self.words.setAccessibleName(self.tr("Augmentation of the run"))
        self.edit.setToolTip(self.tr("See and edit what is done to the pictures before training."))
        self.edit.setAccessibleName(self.tr("Edit the augmentation"))
        self.back.setToolTip(self.tr("Go back to the usual pipelines of network and pictures."))
        self.back.setAccessibleName(self.tr("Usual augmentation"))
        self.copy.setToolTip(
            self.tr("Give the validation pipeline the size and the normalisation of training.")
        )
        pipelines = self._studio.pipelines
        self.copy.clicked.connect(lambda: copy_from_training(pipelines, pipelines.usual or ()))
        commands = self._studio.commands
        self.edit.clicked.connect(lambda: commands.run("view.augmentation"))
        usual = self.tr("The usual pipelines")
        self.back.clicked.connect(lambda: self._studio.pipelines.set(None, usual))
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.words, 1)
        row.addWidget(self.back)
        row.addWidget(self.edit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(title)
        column.addLayout(row)
        column.addWidget(self.problem)
        column.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignLeft)


def _in_full(pair: tuple[AugmentSpec, AugmentSpec]) -> str:
    """Returns the steps of both pipelines, a line for each."""
    return "\n".join(
        f"{spec.name}: " + " → ".join(step.title for step in spec.steps) for spec in pair
    )
