"""The choice of the device; those that this computer lacks cannot be chosen, and say why."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QShowEvent, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QSpinBox, QWidget

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
        processes: Most processes that can share a batch.
        alone: Why several cannot, as a sentence; empty if they can.
    """

    automatic: str
    missing: Mapping[DeviceChoice, str]
    processes: int = 1
    alone: str = ""


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
    automatic = choose_hardware(Recipe()).device.type
    most, alone = _most_processes(automatic)
    return Devices(automatic, missing, most, alone)


def _most_processes(device: str) -> tuple[int, str]:
    """Returns how many processes can share a batch here, and why only one, if so."""
    import torch

    if not torch.distributed.is_available():
        return 1, _tr("This torch cannot train in several processes.")
    if device == "cuda":
        most, what = torch.cuda.device_count(), _tr("There is one GPU, so one process trains.")
    else:
        most, what = os.cpu_count() or 1, _tr("There is one core, so one process trains.")
    if device == "mps":
        return 1, _tr("Apple's GPU is used by one process only.")
    return (most, "") if most > 1 else (1, what)


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
        self._build_processes()
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(8)
        layout.addWidget(self.field, 0, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.processes_field, 0, 1, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.alone, 1, 0, 1, 2)
        layout.setColumnStretch(0, 1)
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

    @property
    def processes(self) -> int:
        """How many processes shall share each batch."""
        return self.processes_box.value()

    def _build_processes(self) -> None:
        tip = self.tr(
            "Programs that share each batch, for several GPUs or many cores; each keeps its own"
            " network in memory."
        )
        self.processes_box = QSpinBox()
        self.processes_box.setRange(1, 1)
        guard_wheel(self.processes_box)
        self.processes_field = FormField(self.tr("Processes"), self.processes_box, tip)
        self.processes_field.hide()
        self.alone = QLabel()
        self.alone.setWordWrap(True)
        self.alone.setProperty("muted", True)
        self.alone.hide()
        self.processes_box.valueChanged.connect(lambda _count: self.changed.emit())

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
        self.processes_box.setRange(1, devices.processes)
        self.processes_field.setVisible(devices.processes > 1)
        self.alone.setText(devices.alone)
        self.alone.setVisible(bool(devices.alone))
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


def _tr(text: str) -> str:
    return QCoreApplication.translate("devices", text)
