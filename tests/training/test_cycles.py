"""Starting and stopping again and again leaves no thread, no open file, no child behind."""

from __future__ import annotations

import gc
import threading

import psutil
import pytest

from resnet_studio.training.events import StepDone
from resnet_studio.training.loop import fit
from tests.training.conftest import tiny_config, write_pictures
from tests.training.running import ended, run_until, step_is

WARM_UP = 3


def held() -> tuple[int, int, int]:
    """Returns how many files, threads and children this program has."""
    gc.collect()
    process = psutil.Process()
    return process.num_fds(), threading.active_count(), len(process.children(recursive=True))


def cycle(config, path, turn: int) -> None:
    """Starts or resumes a run, and ends it after a step in one of three ways."""
    resume = (path / "run.toml").exists()
    if turn % 3 == 2:
        training = fit(config, run_dir=path, resume=resume)
        for event in training:
            if isinstance(event, StepDone):
                break
        training.close()  # as when a window is closed
    elif turn % 3 == 1:
        failing = config.model_copy(update={"network": config.network.replace(classes=7)})
        assert ended(run_until(failing, path, step_is(0), resume=True)).outcome == "failed"
    else:
        events = run_until(config, path, lambda event: isinstance(event, StepDone), resume=resume)
        assert ended(events).outcome == "stopped"


def assert_nothing_leaks(config, path, *, cycles: int) -> None:
    for turn in range(WARM_UP):
        cycle(config, path, turn)
    before = held()
    for turn in range(cycles):
        cycle(config, path, turn)
    # Fewer is no leak: what the program held before it began may be closed on the way.
    after = held()
    assert all(now <= then for now, then in zip(after, before, strict=True)), (before, after)


@pytest.fixture
def endless(tmp_path):
    """Changes of a recipe to a run that does not end by itself, of few pictures."""
    pictures = write_pictures(tmp_path / "pictures", each=6)
    return lambda **recipe: tiny_config(pictures, epochs=1_000, batch_size=3, **recipe)


def test_thirty_starts_and_stops_leak_nothing(tmp_path, endless):
    assert_nothing_leaks(endless(), tmp_path / "run", cycles=30)


@pytest.mark.slow
def test_a_thousand_starts_and_stops_leak_nothing(tmp_path, endless):
    assert_nothing_leaks(endless(ema_decay=0.9), tmp_path / "run", cycles=1_000)


@pytest.mark.slow
def test_starts_and_stops_with_worker_processes_leak_nothing(tmp_path, endless):
    assert_nothing_leaks(endless(data_path="stream", workers=2), tmp_path / "run", cycles=3)
