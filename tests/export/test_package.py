from __future__ import annotations

import subprocess
import sys


def test_the_room_is_entered_without_torch_and_without_a_window():
    code = "import resnet_studio.export, sys; print(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert not {"torch", "onnx", "onnxruntime", "PySide6"} & set(done.stdout.split())
