from __future__ import annotations

import json
import subprocess
import sys

import pytest

from resnet_studio.training.runs import RunFolder
from tests.training.conftest import tiny_config
from tests.training.running import assert_same_run, run

KILLS = 60


@pytest.mark.slow
def test_a_run_killed_at_sixty_random_moments_loses_no_checkpoint_and_ends_as_if_never_killed(
    tmp_path, pictures
):
    # Every step is saved, so that many kills fall into a save.
    config = tiny_config(pictures, epochs=20, checkpoint_seconds=1e-6)
    (tmp_path / "config.toml").write_text(config.to_toml(), encoding="utf-8")
    path = tmp_path / "runs" / "killed"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.training.killing",
            path,
            tmp_path / "config.toml",
            str(KILLS),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *kills, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(kills) == KILLS
    steps = [0]
    for kill in kills:
        assert kill["listing"] == ""
        assert kill["problems"] == []
        assert kill["state"] in {"interrupted", "finished", "new"}
        assert kill["loaded"] >= kill["acknowledged"]
        started = [step for name, step, _ in kill["told"] if name == "RunStarted"]
        assert started in ([], [steps[-1]])
        steps.append(kill["loaded"])
    assert steps == sorted(steps)
    assert len(set(steps)) > KILLS // 4  # the run did get on between the kills
    assert last["told"][-1][0] == "RunEnded"
    assert "Finished after 20 epochs" in last["told"][-1][2]
    assert RunFolder(path).status().state == "finished"
    run(config, tmp_path / "whole")
    assert_same_run(path, tmp_path / "whole")


@pytest.mark.slow
def test_a_save_killed_before_any_of_its_file_operations_leaves_a_whole_checkpoint(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.tearing", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *killed, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(killed) > 20  # open, each write, flush, fsync, both renames
    assert last == {"whole": True, "loaded": 3, "problems": [], "next": True}
    assert not any(line["whole"] for line in killed)
    assert all(line["loaded"] in {2, 3} for line in killed)
    assert all(line["problems"] == [] and line["next"] for line in killed)
    # In time order: the old one up to the rename, the new one from then on.
    loaded = [line["loaded"] for line in killed]
    assert loaded == sorted(loaded)
