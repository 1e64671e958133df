"""The choices of the view *Mixing*: what is mixed, how strongly, and which batch is shown."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QPushButton, QSpinBox, QWidget

from resnet_studio.gui.features.why_choices import choice, remember
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.flow import FlowLayout, labelled
from resnet_studio.gui.widgets.wheel_guard import guard_wheel

MIXUP, CUTMIX, BOTH = "mixup", "cutmix", "both"
_USUAL = {MIXUP: 0.2, CUTMIX: 1.0}
"""The alphas of torchvision's references, and of the papers for ImageNet."""
_LEAST, _MOST = 0.01, 100.0
_KEY = "lab.mixing"


class MixingChoices(QWidget):
    """A row of choices; `use` takes them over into the recipe.

    Signals:
        changed(): Something was chosen.
    """

    changed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.method = QComboBox()
        self.alphas = {name: QDoubleSpinBox() for name in _USUAL}
        self.batch = QSpinBox()
        self.next = QPushButton(self.tr("&Next batch"))
        self.use = QPushButton(self.tr("&Use in training"))
        self._fill()
        self._build()
        self.show_recipe(*studio.pipelines.mixing)
        self.method.activated.connect(self._method_chosen)
        for name, box in self.alphas.items():
            box.valueChanged.connect(lambda value, name=name: self._alpha_chosen(name, value))
        self.batch.valueChanged.connect(lambda _number: self.changed.emit())
        self.next.clicked.connect(self.next_batch)

    @property
    def strengths(self) -> tuple[float, float]:
        """Alpha of MixUp and of CutMix as the recipe has them; 0 for what is not done."""
        method = self.method.currentData()
        mixup, cutmix = (round(box.value(), 2) for box in self.alphas.values())
        return (mixup if method != CUTMIX else 0.0, cutmix if method != MIXUP else 0.0)

    def show_recipe(self, mixup: float, cutmix: float) -> None:
        """Shows what a recipe mixes; one that mixes nothing leaves what was chosen last."""
        if mixup or cutmix:
            method = BOTH if mixup and cutmix else MIXUP if mixup else CUTMIX
            self.method.setCurrentIndex(self.method.findData(method))
            for name, value in ((MIXUP, mixup), (CUTMIX, cutmix)):
                if value:
                    self.alphas[name].setValue(value)
        self._enable()

    def set_batches(self, count: int) -> None:
        """Says how many batches an epoch has."""
        self.batch.blockSignals(True)
        self.batch.setMaximum(max(1, count))
        self.batch.setSuffix(self.tr(" of {count:,}").format(count=count))
        self.next.setEnabled(count > 1)
        self.batch.blockSignals(False)

    def next_batch(self) -> None:
        """Shows the next batch of the epoch; the first follows on the last."""
        number = self.batch.value()
        self.batch.setValue(1 if number == self.batch.maximum() else number + 1)

    # -- reacting -----------------------------------------------------------------------------

    def _method_chosen(self, _index: int) -> None:
        remember(self._studio, _KEY, self.method.currentData())
        self._enable()
        self.changed.emit()

    def _alpha_chosen(self, name: str, value: float) -> None:
        remember(self._studio, f"{_KEY}.{name}", f"{value:.2f}")
        self.changed.emit()

    def _enable(self) -> None:
        method = self.method.currentData()
        for name, pair in self._pairs.items():
            pair.setVisible(method in (name, BOTH))

    # -- building -----------------------------------------------------------------------------

    def _fill(self) -> None:
        for text, name in (
            (self.tr("MixUp"), MIXUP),
            (self.tr("CutMix"), CUTMIX),
            (self.tr("One of both, by even chance"), BOTH),
        ):
            self.method.addItem(text, name)
        self.method.setToolTip(
            self.tr(
                "MixUp blends two pictures (Zhang et al. 2017, arXiv:1710.09412); CutMix pastes a "
                "part of one into the other (Yun et al. 2019, arXiv:1905.04899)"
            )
        )
        stored = self.method.findData(choice(self._studio, _KEY, MIXUP))
        self.method.setCurrentIndex(max(0, stored))
        for name, box in self.alphas.items():
            box.setRange(_LEAST, _MOST)
            box.setDecimals(2)
            box.setSingleStep(0.1)
            box.setKeyboardTracking(False)
            box.setToolTip(
                self.tr(
                    "The share of a picture in its mixture is drawn from the beta distribution "
                    "with this for both parameters: 1 is even, less is near 0 or 1"
                )
            )
            guard_wheel(box)
            box.setValue(_number(choice(self._studio, f"{_KEY}.{name}", ""), _USUAL[name]))
        self.batch.setRange(1, 1)
        self.batch.setKeyboardTracking(False)
        self.batch.setToolTip(self.tr("Which batch of the epoch is shown"))
        guard_wheel(self.batch)
        self.next.setToolTip(self.tr("Show the next batch, for which another λ is drawn"))
        self.next.setEnabled(False)
        self.use.setToolTip(self.tr("Put these numbers into the recipe of the training panel"))

    def _build(self) -> None:
        self._pairs = {
            MIXUP: labelled(self.tr("&MixUp alpha:"), self.alphas[MIXUP]),
            CUTMIX: labelled(self.tr("CutMi&x alpha:"), self.alphas[CUTMIX]),
        }
        row = FlowLayout(self, gap=14)
        row.addWidget(labelled(self.tr("&Batches:"), self.method))
        for pair in self._pairs.values():
            row.addWidget(pair)
        row.addWidget(labelled(self.tr("Bat&ch:"), self.batch))
        row.addWidget(self.next)
        row.addWidget(self.use)


def _number(text: str, usual: float) -> float:
    try:
        value = float(text)
    except ValueError:
        return usual
    return value if _LEAST <= value <= _MOST else usual
