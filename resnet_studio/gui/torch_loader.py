"""Imports torch in a worker while the window is already in use."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from resnet_studio.environment import prepare_for_torch
from resnet_studio.gui.studio import Studio, TorchStatus
from resnet_studio.gui.workers import TaskState

# What the panels need of torch, imported here so that no panel stalls on its first use.
_MODULES = (
    "torch",
    "torch._dynamo",  # the first optimiser imports it, which would stall the start of a run
    "torchvision",
    "resnet_studio.models",
    "resnet_studio.data.transforms",
    "resnet_studio.probe.network",
    "resnet_studio.probe.activations",
    "resnet_studio.training.loop",
)
_SWITCH_INTERVAL_S = 0.0005


def load_torch(studio: Studio) -> None:
    """Starts the import; `Studio.torch_changed` tells how it goes."""
    prepare_for_torch()
    studio.set_torch(TorchStatus("loading"))
    studio.workers.start(
        _import_all,
        title=studio.tr("Loading torch"),
        lane="torch",
        cancellable=False,
        on_result=studio.set_torch,
        on_error=lambda error: studio.set_torch(_failure(studio, error)),
    )


def _import_all(state: TaskState) -> TorchStatus:
    with _responsive_interpreter():
        for number, module in enumerate(_MODULES):
            state.check()
            state.progress(number, len(_MODULES))
            importlib.import_module(module)
    return _status()


@contextmanager
def _responsive_interpreter() -> Iterator[None]:
    """Imports hold the interpreter lock; shorter turns keep the window painting meanwhile."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _status() -> TorchStatus:
    import torch

    return TorchStatus("ready", version=str(torch.__version__), device=_device())


def _device() -> str:
    import torch

    if torch.cuda.is_available():
        return f"CUDA: {torch.cuda.get_device_name(0)}"
    if torch.backends.mps.is_available():
        return "MPS (Apple GPU)"
    return f"CPU, {torch.get_num_threads()} threads"


def _failure(studio: Studio, error: BaseException) -> TorchStatus:
    """Says in plain words why torch is not there, and what helps."""
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    if isinstance(error, ModuleNotFoundError):
        message = studio.tr("torch is not installed for this Python ({reason}).")
    else:
        message = studio.tr("torch is installed but cannot be loaded ({reason}).")
    return TorchStatus(
        "failed",
        message=message.format(reason=reason),
        remedy=studio.tr(
            "Install it with «{command}» and start the studio again. Until then the architecture"
            " view works; feature maps and training do not."
        ).format(command=f"{sys.executable} -m pip install --force-reinstall torch torchvision"),
    )
