"""What holds for every test: a screenless Qt, a home of its own, and nothing left behind."""

from __future__ import annotations

import os
import signal
import threading

import hypothesis
import pytest

from resnet_studio.environment import prepare_for_torch

# nohup and a shell's background ignore signals, which the programs of the tests would inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

os.environ["QT_QPA_PLATFORM"] = "offscreen"
prepare_for_torch()
os.environ.setdefault("QT_LOGGING_RULES", "qt.qpa.*=false")
# No test judges by the clock: on a busy machine hypothesis would call a sound test too slow.
hypothesis.settings.register_profile(
    "studio", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("studio")


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """Settings, runs and caches of each test lie in a folder of its own."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("RESNET_STUDIO_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def no_thread_is_left():
    """A test that leaves a thread alive fails."""
    before = set(threading.enumerate())
    yield
    left = [
        thread
        for thread in threading.enumerate()
        if thread not in before and thread.is_alive() and not _belongs_to_a_library(thread)
    ]
    assert not left, f"threads left alive: {[thread.name for thread in left]}"


def _belongs_to_a_library(thread: threading.Thread) -> bool:
    """torch keeps autograd's and tqdm's for the life of the process; rich does not wait for its."""
    ours = not (thread.name.startswith("Dummy") or "tqdm" in thread.name.lower())
    return thread.daemon and (not ours or type(thread).__module__.startswith("rich."))
