from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.training.conftest import tiny_config


def killed(tmp_path, config, *, kills: int) -> list[dict]:
    """Trains a run that is killed so often; checks it after each kill and at its end."""
    (tmp_path / "config.toml").write_text(config.to_toml(), encoding="utf-8")
    program = [sys.executable, "-m", "tests.training.killing", tmp_path / "runs" / "killed"]
    done = subprocess.run(
        [*program, tmp_path / "config.toml", str(kills)],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    *told, last, whole = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == kills
    check_kills(told)
    assert last["told"][-1][0] == "RunEnded"
    assert "Finished after" in last["told"][-1][2]
    assert last["strays"] == []
    assert last["identity"] == whole["identity"], "it must end with the bits of a run never killed"
    return told


def check_kills(kills: list[dict]) -> None:
    """Checks that every kill left a run that opens, and lost nothing that was acknowledged."""
    reached, strays = 0, set()
    for kill in kills:
        assert kill["listing"] == ""
        assert kill["problems"] == []
        assert kill["state"] in {"interrupted", "finished", "new"}
        assert kill["loaded"] >= kill["acknowledged"]
        started = [step for name, step, _ in kill["told"] if name == "RunStarted"]
        assert started in ([], [reached])
        assert kill["loaded"] >= reached
        if started:
            assert not strays & set(kill["strays"]), "the next start must sweep them"
        reached, strays = kill["loaded"], set(kill["strays"])
    assert reached > len(kills) // 4  # the run did get on between the kills


@pytest.mark.slow
def test_a_run_killed_at_random_moments_loses_no_checkpoint_and_ends_as_if_never_killed(
    tmp_path, pictures
):
    # Every step is saved, so that many kills fall into a save.
    killed(tmp_path, tiny_config(pictures, epochs=6, checkpoint_seconds=1e-6), kills=12)


@pytest.mark.slow
def test_a_run_with_a_mean_of_its_weights_killed_at_three_hundred_moments_loses_nothing(
    tmp_path, pictures
):
    recipe = {"optimiser": "adamw", "ema_decay": 0.9, "keep_every": 2, "keep_most": 3}
    config = tiny_config(pictures, epochs=80, checkpoint_seconds=1e-6, **recipe)
    told = killed(tmp_path, config, kills=300)
    assert any(kill["strays"] for kill in told)  # some kills did fall into a write


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
