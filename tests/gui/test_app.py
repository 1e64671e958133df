from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

START = """
import sys
from PySide6.QtCore import QTimer
from resnet_studio.gui import app, main_window
original = main_window.MainWindow.furnish
def furnish(window):
    original(window)
    print("furnished", flush=True)
main_window.MainWindow.furnish = furnish
sys.exit(app.run(sys.argv[1:]))
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_the_window_and_keeps_the_choices(home, number):
    window = subprocess.Popen(
        [sys.executable, "-c", START],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )
    try:
        assert window.stdout.readline().strip() == "furnished"
        window.send_signal(number)
        _, errors = window.communicate(timeout=60)
    finally:
        window.kill()
    assert window.returncode == 0, errors
    assert "Traceback" not in errors
    assert (home / "config" / "settings.json").exists()
