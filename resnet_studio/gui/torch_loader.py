"""Imports torch in a worker while the window is already in use.

Importing holds the interpreter lock, and with it the window. Three things keep the stalls short
(measured by `tests/benchmarks`, loop_latency and first_paint): the shared libraries, which take
longest, are opened by a foreign call that gives the lock up; the garbage collector, which would
walk through every object again and again, rests meanwhile; and what only a run of training needs
comes after the word "ready".
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from resnet_studio.environment import prepare_for_torch
from resnet_studio.gui.studio import Studio, TorchStatus
from resnet_studio.gui.workers import TaskState

# What the panels need of torch, imported here so that no panel stalls on its first use.
_MODULES = (
    "torch",
    "resnet_studio.models",
    "resnet_studio.data.transforms",
    "resnet_studio.probe.network",
    "resnet_studio.probe.activations",
    "torchvision",
    "resnet_studio.training.loop",
)
# The first optimiser imports torch._dynamo, the first curve pyqtgraph; either would stall a run.
_FOR_TRAINING = ("torch._dynamo", "pyqtgraph")
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
        on_event=studio.set_torch,
        on_error=lambda error: studio.set_torch(_failure(studio, error)),
    )


def _import_all(state: TaskState) -> Iterator[TorchStatus]:
    """Yields the status once torch can be used; goes on with what a run of training needs."""
    with _responsive_interpreter():
        _open_libraries()
        for number, module in enumerate(_MODULES):
            state.check()
            state.progress(number, len(_MODULES))
            importlib.import_module(module)
    yield _status()
    # torch works by now; what is broken here is told by the run that needs it.
    with _responsive_interpreter(), contextlib.suppress(ImportError):
        for module in _FOR_TRAINING:
            state.check()
            importlib.import_module(module)


@contextmanager
def _responsive_interpreter() -> Iterator[None]:
    """Short turns for the interpreter, and no garbage collection."""
    interval, collecting = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    gc.disable()
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        # The modules stay for good: what the collector need not look at again costs no time.
        gc.freeze()
        atexit.register(gc.unfreeze)
        if collecting:
            gc.enable()


def _open_libraries() -> None:
    """Opens torch's shared libraries without holding the interpreter lock.

    `ctypes.CDLL` keeps the lock while it opens a library; the system's own `dlopen`, called as a
    foreign function, does not. Whatever fails here is found again, and reported, by the import.
    """
    if sys.platform != "linux" or "torch" in sys.modules:
        return
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return
    folder = Path(spec.origin).parent / "lib"
    try:
        ctypes.CDLL(str(folder / "libtorch_global_deps.so"), mode=ctypes.RTLD_GLOBAL)
    except OSError:
        return
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype = ctypes.c_void_p
    dlopen.argtypes = (ctypes.c_char_p, ctypes.c_int)
    dlopen(os.fsencode(folder / "libtorch_python.so"), os.RTLD_NOW)


def _status() -> TorchStatus:
    import torch

    from resnet_studio.probe.predict import usual_threads

    usual_threads()  # remembered before a run changes the number
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
