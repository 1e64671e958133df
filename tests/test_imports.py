"""What may be imported by what, seen from a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

import pytest

CORE = ("architecture.spec", "models", "data.sources", "training.loop", "probe.network")


def modules_after(statement):
    """Returns the names of all modules that a fresh interpreter has after `statement`."""
    code = f"{statement}\nimport sys; print(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("module", CORE)
def test_the_core_takes_no_qt(module):
    loaded = modules_after(f"import resnet_studio.{module}")
    assert not {"PySide6", "pyqtgraph", "shiboken6"} & loaded


def test_the_architecture_takes_no_torch_and_no_numpy():
    loaded = modules_after(
        "import resnet_studio.architecture.graph, resnet_studio.architecture.catalog\n"
        "import resnet_studio.architecture.summary"
    )
    assert not {"torch", "numpy", "PySide6"} & loaded


def test_the_frame_of_the_window_takes_neither_torch_nor_numpy_nor_pydantic():
    loaded = modules_after("import resnet_studio.gui.app")
    assert not {"torch", "numpy", "pydantic", "pyqtgraph", "qtawesome"} & loaded


def test_the_panels_take_no_torch():
    panels = ("architecture", "features", "augmentation", "training", "classification")
    imports = ", ".join(f"resnet_studio.gui.{name}.panel" for name in panels)
    assert "torch" not in modules_after(f"import resnet_studio.gui.workspace, {imports}")


def test_the_command_line_takes_nothing_until_it_knows_what_to_do():
    loaded = modules_after("import resnet_studio.cli")
    assert not {"torch", "numpy", "pydantic", "tyro", "rich", "PySide6"} & loaded
