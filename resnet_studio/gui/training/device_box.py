"""The choice of the device; those that this computer lacks cannot be chosen, and say why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.form_field import FormField
from resnet_studio.gui.widgets.wheel_guard import guard_wheel
from resnet_studio.gui.workers import TaskState
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import DeviceChoice


@dataclass(frozen=True, slots=True)
class Devices:
    """What this computer can train on.

    Attributes:
        automatic: Type of the device that "auto" takes: "cpu", "cuda" or "mps".
        missing: Why a device cannot be chosen, for those that cannot.
    """

    automatic: str
    missing: Mapping[DeviceChoice, str]


def find_devices(_state: TaskState) -> Devices:
    """Asks torch for its devices, in the words of the training itself; runs in a worker."""
    from resnet_studio.errors import DeviceError
    from resnet_studio.training.devices import choose_hardware

    missing = {}
    for choice in (DeviceChoice.CUDA, DeviceChoice.MPS):
        try:
            choose_hardware(Recipe(device=choice))
        except DeviceError as error:
            missing[choice] = error.message
    return Devices(choose_hardware(Recipe()).device.type, missing)


class DeviceBox(QWidget):
    """Automatic, CUDA, MPS or the processor.

    Signals:
        changed(): Another device was chosen, or it is known now what there is.
    """

    changed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._asked = False
        self.devices: Devices | None = None
        self.box = QComboBox()
        for text, choice in self._titles().items():
            self.box.addItem(choice, text)
        guard_wheel(self.box)
        tip = self.tr("Where the network is trained. Automatic takes the fastest there is.")
        self.field = FormField(self.tr("Device"), self.box, tip)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.field)
        self.box.currentIndexChanged.connect(self._chosen)
        studio.torch_changed.connect(self._ask)

    @property
    def choice(self) -> DeviceChoice:
        """The chosen device."""
        return DeviceChoice(self.box.currentData())

    @property
    def problem(self) -> str:
        """Why the chosen device cannot be used; empty if it can, or if that is not known yet."""
        return self.devices.missing.get(self.choice, "") if self.devices is not None else ""

    @property
    def accelerated(self) -> bool:
        """Whether a GPU will train."""
        if self.choice is DeviceChoice.AUTO:
            return self.devices is not None and self.devices.automatic != "cpu"
        return self.choice is not DeviceChoice.CPU

    def set_choice(self, choice: DeviceChoice) -> None:
        """Chooses a device, for example the remembered one."""
        self.box.setCurrentIndex(self.box.findData(choice.value))

    def _titles(self) -> dict[str, str]:
        """Returns the values of the choices and their titles."""
        return {
            DeviceChoice.AUTO.value: self.tr("Automatic"),
            DeviceChoice.CUDA.value: self.tr("CUDA (NVIDIA GPU)"),
            DeviceChoice.MPS.value: self.tr("MPS (Apple GPU)"),
            DeviceChoice.CPU.value: self.tr("Processor (CPU)"),
        }

    def _ask(self, *_: object) -> None:
        if self._studio.torch.state != "ready" or self._asked or not self.isVisible():
            return
        self._asked = True
        self._studio.workers.start(
            find_devices,
            title=self.tr("Looking for devices"),
            lane="devices",
            visible=False,
            on_result=self._found,
        )

    def showEvent(self, event: QShowEvent) -> None:
        """Asks when the form is first looked at."""
        super().showEvent(event)
        self._ask()

    def _found(self, devices: Devices) -> None:
        self.devices = devices
        model = self.box.model()
        titles = self._titles()
        for row in range(self.box.count()):
            choice = DeviceChoice(self.box.itemData(row))
            reason = devices.missing.get(choice, "")
            title = titles[choice.value]
            if reason and isinstance(model, QStandardItemModel):
                model.item(row).setEnabled(False)
                title = self.tr("{device}: not here").format(device=title)
                self.box.setItemData(row, reason, Qt.ItemDataRole.ToolTipRole)
            elif choice is DeviceChoice.AUTO:
                title = self.tr("Automatic: {device}").format(device=devices.automatic.upper())
            self.box.setItemText(row, title)
        self._chosen()

    def _chosen(self, *_: object) -> None:
        self.field.set_error(self.problem)
        self.changed.emit()
