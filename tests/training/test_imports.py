from __future__ import annotations

import subprocess
import sys

import pytest

TORCH_FREE = (
    *("events", "control", "recipe", "schedules", "config", "metrics", "lock", "runs"),
    *("following", "launching"),
)


@pytest.mark.parametrize("module", TORCH_FREE)
def test_what_the_window_needs_before_training_imports_neither_torch_nor_qt(module):
    code = (
        f"import sys, resnet_studio.training.{module}; "
        "print([name for name in ('torch', 'PySide6') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_loop_imports_neither_qt_nor_torchvision():
    code = (
        "import sys, resnet_studio.training.loop; "
        "print([name for name in ('PySide6', 'torchvision') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
