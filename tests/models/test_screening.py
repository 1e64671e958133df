"""Hostile and broken files are refused at once: nothing runs, little memory is taken."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from resnet_studio.errors import CheckpointError
from resnet_studio.models import identify, read_weights
from tests.models.absurd import ABSURD
from tests.models.hostile import HOSTILE, MARKER, POSIX_ONLY

WRITERS = [writer for writer in HOSTILE if os.name == "posix" or writer not in POSIX_ONLY]
MAX_SECONDS = 2.0
MAX_GROWTH = 100 << 20

# Runs in a fresh interpreter, because the peak of a process never falls again. Not ru_maxrss: a
# child starts with its parent's.
_MEASURE = """
import sys
from pathlib import Path
from resnet_studio.errors import CheckpointError
from resnet_studio.models import identify, read_weights

def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])

before = peak()
for path in sorted(Path(sys.argv[1]).glob("*/*")):
    try:
        identify(read_weights(path))
    except CheckpointError:
        continue
    raise SystemExit(f"{path} was accepted")
print(peak() - before)
"""


@pytest.mark.parametrize("write", WRITERS, ids=lambda writer: writer.__name__)
def test_is_refused_in_words_and_at_once(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "files"
    folder.mkdir()
    path = write(folder)
    # Time of the processor, so that another program beside the test does not count.
    started = time.process_time()
    with pytest.raises(CheckpointError) as refused:
        read_weights(path)
    assert time.process_time() - started < MAX_SECONDS
    assert path.name in refused.value.message
    assert HOSTILE[write] in refused.value.message
    assert refused.value.remedy
    assert len(str(refused.value)) < 500
    assert not (tmp_path / MARKER).exists()


@pytest.mark.parametrize("write", ABSURD, ids=lambda writer: writer.__name__)
def test_what_is_of_no_network_is_refused_in_words_and_at_once(write, tmp_path):
    path = write(tmp_path)
    started = time.process_time()
    with pytest.raises(CheckpointError) as refused:
        identify(read_weights(path))
    assert time.process_time() - started < MAX_SECONDS
    assert refused.value.message.startswith(f"{path.name}: ")
    assert ABSURD[write] in refused.value.message
    assert refused.value.remedy
    assert len(str(refused.value)) < 700


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_all_of_them_together_take_little_memory(tmp_path):
    for write in (*WRITERS, *ABSURD):
        folder = tmp_path / write.__name__
        folder.mkdir()
        write(folder)
    made = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert made.returncode == 0, made.stderr
    assert int(made.stdout) * 1024 < MAX_GROWTH
