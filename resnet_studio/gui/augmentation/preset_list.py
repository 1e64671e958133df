"""The list of pipelines to begin with: the usual ones, the published ones, and what is edited."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QWidget

from resnet_studio.data.augment import PRESETS, AugmentSpec
from resnet_studio.errors import SpecError
from resnet_studio.gui.augmentation.editing import Editing
from resnet_studio.gui.augmentation.matching import name_before, resized
from resnet_studio.gui.pipeline_sketch import Sketch
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.wheel_guard import guard_wheel

USUAL, OWN = "usual", "own"
_TRAIN, _PARTNERS = "_train", ("_val", "_test")
_ENDS = (_TRAIN, *_PARTNERS)
_SMALL = 64
_ENTRIES = 20
_WIDEST = 28
"""Letters. Longer entries are seen whole in the opened list."""

Pair = tuple[AugmentSpec, AugmentSpec]


def preset_pairs() -> dict[str, Pair]:
    """Returns every published pair of pipelines by name, training first.

    A training pipeline without a partner is validated as ImageNet is, at its own size.
    """
    pairs = {}
    for name, train in PRESETS.items():
        base = name.removesuffix(_TRAIN)
        if base == name:
            continue
        partner = next((PRESETS[base + end] for end in _PARTNERS if base + end in PRESETS), None)
        pairs[base] = (train, partner or _validation_of(train))
    return pairs


def preset_title(base: str) -> str:
    """Returns what a published pair is called."""
    return {
        "imagenet": _tr("ImageNet, as PyTorch trains"),
        "paper": _tr("ImageNet, as in the paper"),
        "rand_augment": _tr("ImageNet with RandAugment"),
        "trivial_augment": _tr("ImageNet with TrivialAugment"),
        "cifar": _tr("CIFAR-10"),
        "paper_cifar": _tr("CIFAR-10, as in the paper"),
        "digits": _tr("Digits"),
        "tutorial": _tr("CIFAR-10 tutorial"),
        "none": _tr("None: resize to a square"),
    }.get(base) or base.replace("_", " ").capitalize()


def own_title(name: str, size: int) -> str:
    """Returns what a pipeline of the person's own is called.

    Args:
        name: Its name; one that was a published pipeline is called after that. Then the size is
            left to the chain, for want of room.
        size: What it ends in, in pixels.
    """
    before = name_before(name)
    if before == name or before not in PRESETS:
        return _tr("{name} ({size} px)").format(name=name, size=size)
    base = next((before.removesuffix(end) for end in _ENDS if before.endswith(end)), before)
    return _tr("Changed: {title}").format(title=preset_title(base))


class PresetList(QComboBox):
    """Which pipelines are used: the usual ones, a published pair, or the person's own.

    Signals (GUI thread):
        preset_chosen(str): The name of a published pair, or `USUAL`.
    """

    preset_chosen = Signal(str)

    def __init__(self, studio: Studio, editing: Editing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._editing = editing
        self.pairs = preset_pairs()
        self._fill()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_WIDEST)
        self.setMaxVisibleItems(_ENTRIES)
        guard_wheel(self)
        self.activated.connect(self._chosen)
        self.refresh()

    def refresh(self) -> None:
        """Shows which entry holds now, and names the usual and the own pipelines."""
        with QSignalBlocker(self):
            self.setItemText(0, self._usual_title())
            self._set_own()
            self.setCurrentIndex(self.findData(self._present()))
        self.setToolTip(self._tip())

    def _present(self) -> str:
        """Returns the entry that holds: also that of a preset that was edited back to itself."""
        if self._editing.is_usual:
            return USUAL
        sketches = self._editing.sketches
        for base, (train, validation) in self.pairs.items():
            if sketches == (Sketch.of(train), Sketch.of(validation)):
                return base
        return OWN

    def _chosen(self, row: int) -> None:
        key = self.itemData(row)
        if key not in (None, OWN):
            self.preset_chosen.emit(key)

    # -- filling ------------------------------------------------------------------------------

    def _fill(self) -> None:
        self._entry(USUAL, self._usual_title(), _tr("What training of this network begins with."))
        large = [base for base, pair in self.pairs.items() if pair[0].output_size >= _SMALL]
        small = [base for base in self.pairs if base not in large]
        for title, bases in ((_tr("For photographs"), large), (_tr("For small pictures"), small)):
            if bases:
                self._heading(title)
            for base in bases:
                train = self.pairs[base][0]
                self._entry(base, f"{preset_title(base)} ({train.output_size} px)", train.note)

    def _entry(self, key: str, text: str, tip: str) -> None:
        self.addItem(text, key)
        self.setItemData(self.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)

    def _heading(self, text: str) -> None:
        self.addItem(text)
        model = self.model()
        if isinstance(model, QStandardItemModel):
            model.item(self.count() - 1).setEnabled(False)

    def _set_own(self) -> None:
        """Keeps an entry for pipelines that are neither usual nor published, while there are."""
        row = self.findData(OWN)
        if self._present() != OWN:
            if row >= 0:
                self.removeItem(row)
            return
        if row < 0:
            self.insertItem(1, "", OWN)
            row = 1
        sketch = self._editing.sketch
        pipeline = self._editing.pipeline
        assert sketch is not None
        assert pipeline is not None
        title = own_title(sketch.name, pipeline.output_size)
        self.setItemText(row, title)
        self.setItemData(row, sketch.note, Qt.ItemDataRole.ToolTipRole)

    def _usual_title(self) -> str:
        usual = self._editing.usual
        if usual is None:
            return _tr("As usual (not possible)")
        return _tr("As usual for network and data ({size} px)").format(size=usual[0].output_size)

    def _tip(self) -> str:
        tip = _tr(
            "What training reads: the usual pipelines of the network and the chosen data set, a "
            "published pair, or your own."
        )
        sketch = self._editing.sketch
        note = sketch.note if sketch is not None else ""
        return "\n\n".join(filter(None, (tip, note)))


def _validation_of(train: AugmentSpec) -> AugmentSpec:
    """Returns ImageNet's validation at the size of a training pipeline, with its ending."""
    usual = Sketch.of(PRESETS["imagenet_val"])
    sketch = resized(usual, train.output_size).named(f"{train.name}_val", usual.note)
    try:
        return sketch.spec().with_ending(train.ending)
    except SpecError:  # no preset ends in what no other pipeline can
        return sketch.spec()


def _tr(text: str) -> str:
    return QCoreApplication.translate("PresetList", text)
