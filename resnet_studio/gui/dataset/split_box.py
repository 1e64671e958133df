"""How the data set is divided: the share for validation and the seed that decides who is in it."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QDoubleSpinBox, QLabel, QSpinBox, QWidget

from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.flow import FlowLayout, labelled
from resnet_studio.gui.widgets.wheel_guard import guard_wheel

_LARGEST_SEED = 2**31 - 1


class SplitBox(QWidget):
    """Two numbers of `studio.data.config`; each change is a step of undo."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data = studio.data
        self.share = QDoubleSpinBox()
        self.seed = QSpinBox()
        self.note = QLabel()
        self._build()
        self.follow()
        self.share.valueChanged.connect(self._share_chosen)
        self.seed.valueChanged.connect(self._seed_chosen)

    def follow(self) -> None:
        """Shows what is chosen, and whether it has an effect."""
        config, summary = self._data.config, self._data.summary
        with QSignalBlocker(self.share), QSignalBlocker(self.seed):
            self.share.setValue(100 * config.validation_fraction)
            self.seed.setValue(min(config.split_seed, _LARGEST_SEED))
        own = summary is not None and summary.own_validation
        for editor in (self.share, self.seed):
            editor.setEnabled(not own)
        self.note.setText(
            self.tr("The data set brings its own validation pictures.")
            if own
            else self.tr("Every class is divided by itself.")
        )

    def _build(self) -> None:
        self.share.setRange(1, 90)
        self.share.setSingleStep(5)
        self.share.setDecimals(1)
        self.share.setSuffix(" %")
        self.share.setToolTip(self.tr("So much of each class is kept to judge the network by."))
        self.seed.setRange(0, _LARGEST_SEED)
        self.seed.setToolTip(self.tr("Decides which pictures those are; the same seed, the same."))
        self.note.setProperty("muted", True)
        row = FlowLayout(self, gap=12)
        row.addWidget(labelled(self.tr("&Validation"), self.share))
        row.addWidget(labelled(self.tr("Split &seed"), self.seed))
        row.addWidget(self.note)
        for editor in (self.share, self.seed):
            editor.setKeyboardTracking(False)
            guard_wheel(editor)

    def _share_chosen(self, percent: float) -> None:
        self._change(self.tr("Share of the validation"), validation_fraction=percent / 100)

    def _seed_chosen(self, seed: int) -> None:
        self._change(self.tr("Split seed"), split_seed=seed)

    def _change(self, text: str, **values: float) -> None:
        self._data.set(self._data.config.model_copy(update=values), text)
