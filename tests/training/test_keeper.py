"""What the keeper does when the disk refuses once; see test_disk_full for one that is full."""

from __future__ import annotations

import errno

import pytest
from safetensors.torch import load_file

from resnet_studio.errors import CheckpointError
from resnet_studio.training import keeper
from resnet_studio.training.control import Control
from resnet_studio.training.events import StepDone, Warned
from resnet_studio.training.loop import fit
from resnet_studio.training.runs import RunFolder
from tests.training.conftest import tiny_config, write_pictures


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_pictures(tmp_path_factory.mktemp("pictures") / "data")


@pytest.mark.parametrize("ema_decay", [0.0, 0.5])
def test_best_weights_that_could_not_be_written_are_those_of_their_epoch(
    pictures, tmp_path, monkeypatch, ema_decay
):
    def config(epochs):
        return tiny_config(
            pictures, epochs=epochs, schedule="constant", warmup_epochs=0, ema_decay=ema_decay
        )

    def refused_once(*arguments, **settings):
        monkeypatch.setattr(keeper, "save_weights", write)
        raise CheckpointError("It failed.") from OSError(errno.EIO, "Input/output error")

    whole = RunFolder(tmp_path / "whole")
    list(fit(config(1), run_dir=whole.path))
    write = keeper.save_weights
    monkeypatch.setattr(keeper, "save_weights", refused_once)
    folder, control = RunFolder(tmp_path / "refused"), Control()
    warned = []
    for event in fit(config(2), run_dir=folder.path, control=control):
        warned += [event.message] if isinstance(event, Warned) else []
        if isinstance(event, StepDone) and event.step == 6:  # two after the first epoch's end
            control.stop()
    assert "Input/output error" in warned[0]
    best = load_file(folder.weights("best"))
    wanted = load_file(whole.weights("best"))
    last = load_file(folder.weights("last"))
    assert all(best[name].equal(wanted[name]) for name in wanted)
    assert not all(best[name].equal(last[name]) for name in wanted)
