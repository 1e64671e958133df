"""Commands that must end, and a run to be damaged."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
import torch

from resnet_studio.cli import main
from tests.bad_input.commands import PATIENCE_SECONDS, train_words
from tests.training.conftest import tiny_spec, write_pictures


@pytest.fixture(autouse=True)
def nothing_hangs():
    """Whatever takes longer than a minute here would never end."""

    def stop(*_):
        raise TimeoutError("the command hangs")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(PATIENCE_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="package", autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="package")
def spec_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("spec") / "tiny.toml"
    tiny_spec().save(path)
    return path


@pytest.fixture(scope="package")
def finished(tmp_path_factory, spec_file) -> Path:
    """A run of two epochs; tests copy it before they break it."""
    folder = tmp_path_factory.mktemp("finished")
    write_pictures(folder / "pictures")
    run = folder / "run"
    assert main(train_words(spec_file, folder / "pictures", run, epochs=2)) == 0
    return run
