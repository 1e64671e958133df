from __future__ import annotations

import re
import tomllib
from concurrent.futures import ThreadPoolExecutor

import pytest

from resnet_studio.data.sources import ClassEdits
from resnet_studio.errors import RunError
from resnet_studio.training.lock import acquire
from resnet_studio.training.metrics import MetricsLog
from resnet_studio.training.runs import (
    RunFolder,
    RunStatus,
    default_runs_dir,
    list_runs,
)
from tests.training.conftest import tiny_config, tiny_spec
from tests.training.test_metrics import epoch, step


def named(pictures, name):
    return tiny_config(pictures, spec=tiny_spec(name=name))


def test_a_new_run_has_its_date_and_network_in_its_name_and_its_configuration_inside(
    tmp_path, config
):
    folder = RunFolder.create(tmp_path / "runs", config)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_\d{4}_tiny", folder.name)
    assert folder.config == config
    assert folder.checkpoints.is_dir()
    assert folder.report.is_dir()
    assert folder.status() == RunStatus(state="new")


def left_out(config, count, length=40):
    files = tuple(f'a \\ "{number:0{length}}" é.png' for number in range(count))
    renamed = {f"class.{number}": f"name = {number}" for number in range(count)}
    edits = ClassEdits(excluded_files=files, renamed=renamed)
    return config.model_copy(update={"data": config.data.model_copy(update={"edits": edits})})


def test_a_run_may_leave_out_and_rename_thousands(tmp_path, config):
    many = left_out(config, 5000)
    assert RunFolder.create(tmp_path, many).config == many


def test_a_run_that_could_not_be_read_again_is_not_begun(tmp_path, config):
    folder = RunFolder(tmp_path / "run")
    with pytest.raises(RunError, match="far too long") as caught:
        folder.prepare(left_out(config, 2000, length=2500))
    assert "whole classes" in caught.value.remedy
    assert not folder.exists


def test_run_toml_records_network_data_recipe_seed_and_versions(tmp_path, config):
    folder = RunFolder.create(tmp_path, config)
    values = tomllib.loads((folder.path / "run.toml").read_text(encoding="utf-8"))
    assert values["run"]["name"] == folder.name
    assert values["network"]["depths"] == [1, 1]
    assert values["recipe"]["seed"] == config.recipe.seed
    assert values["data"]["source"] == "folder"
    assert {"resnet_studio", "python", "torch", "torchvision", "system"} <= set(values["versions"])
    folder.record(config=config, hardware={"device": "cpu", "threads": 2})
    values = tomllib.loads((folder.path / "run.toml").read_text(encoding="utf-8"))
    assert values["hardware"] == {"device": "cpu", "threads": 2}
    assert values["run"]["created"] == folder.created


def test_runs_made_at_the_same_moment_get_names_of_their_own(tmp_path, config):
    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(lambda _: RunFolder.create(tmp_path, config), range(12)))
    assert len({folder.path for folder in folders}) == 12
    assert all(folder.config == config for folder in folders)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("残差网络 20", "残差网络_20"),
        ("Größe/Länge: ../..", "Größe_Länge"),
        ("a" * 100, "a" * 60),
        ("…", "run"),
        ("CON", "CON"),
    ],
)
def test_any_name_of_a_network_makes_a_safe_folder(tmp_path, pictures, name, part):
    folder = RunFolder.create(tmp_path, named(pictures, name))
    assert folder.path.parent == tmp_path
    assert re.fullmatch(rf"\d{{4}}-\d\d-\d\d_\d{{4}}_{part}", folder.name)
    assert folder.config.network.name == name


def test_a_folder_that_cannot_be_written_is_an_error_with_a_remedy(tmp_path, config):
    (tmp_path / "file").write_text("no folder")
    for parent in (tmp_path / "file", tmp_path / "file" / "runs"):
        with pytest.raises(RunError) as caught:
            RunFolder.create(parent, config)
        assert str(parent) in caught.value.message
        assert "Choose another folder" in caught.value.remedy


def test_a_folder_that_holds_a_run_is_not_overwritten(tmp_path, config):
    folder = RunFolder.create(tmp_path, config)
    before = (folder.path / "run.toml").read_bytes()
    with pytest.raises(RunError, match="already holds a run"):
        folder.prepare(config)
    assert (folder.path / "run.toml").read_bytes() == before


def test_curves_are_read_from_the_folder(tmp_path, config):
    folder = RunFolder.create(tmp_path, config)
    assert folder.metrics().steps == ()
    log = MetricsLog(folder.metrics_path)
    log.write(step(1))
    log.write(epoch(1, 1))
    log.close()
    assert folder.metrics().steps == (step(1),)
    assert folder.metrics().epochs == (epoch(1, 1),)


def test_curves_that_cannot_be_read_are_an_error(tmp_path, config):
    folder = RunFolder.create(tmp_path, config)
    folder.metrics_path.mkdir()
    with pytest.raises(RunError, match=r"metrics\.jsonl cannot be read"):
        folder.metrics()


def test_the_status_tells_a_living_run_from_a_killed_one(tmp_path, config):
    folder = RunFolder.create(tmp_path, config)
    lock = acquire(folder.path)
    folder.write_status(RunStatus(state="running", step=5, total_steps=12, best_accuracy=0.5))
    assert folder.status().state == "running"
    assert not folder.status().resumable
    lock.release()
    killed = folder.status()
    assert (killed.state, killed.step, killed.best_accuracy) == ("interrupted", 5, 0.5)
    assert killed.resumable


def test_a_finished_run_needs_no_resuming(tmp_path, config):
    folder = RunFolder.create(tmp_path, config)
    folder.write_status(RunStatus(state="finished", step=12, message="Finished."))
    assert folder.status().message == "Finished."
    assert not folder.status().resumable


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"bogus": 1}', b"\xff\xfe"])
def test_a_broken_status_is_that_of_a_new_run(tmp_path, config, content):
    folder = RunFolder.create(tmp_path, config)
    (folder.path / "status.json").write_bytes(content)
    assert folder.status() == RunStatus()


def test_runs_are_listed_newest_first_and_broken_ones_with_their_problem(tmp_path, config):
    runs = tmp_path / "runs"
    good = [RunFolder.create(runs, config) for _ in range(2)]
    toml = good[0].path / "run.toml"
    toml.write_text(toml.read_text().replace(good[0].created, "2020-01-01T00:00:00+00:00"))
    broken = RunFolder.create(runs, config)
    (broken.path / "run.toml").write_text("[network")
    (runs / "not a run").mkdir()
    (runs / "stray.txt").write_text("x")
    listed = list_runs(runs)
    assert [listing.folder for listing in listed] == [good[1], good[0], broken]
    assert [listing.config is None for listing in listed] == [False, False, True]
    assert "run.toml cannot be read" in listed[2].problem


def test_a_folder_that_is_not_there_has_no_runs(tmp_path):
    assert list_runs(tmp_path / "nowhere") == ()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * (2 << 20), b"[recipe]\nepochs = 1"])
def test_a_foreign_run_toml_is_an_error_with_a_remedy(tmp_path, content):
    (tmp_path / "run.toml").write_bytes(content)
    with pytest.raises(RunError) as caught:
        _ = RunFolder(tmp_path).config
    assert caught.value.remedy


def test_a_folder_without_a_run_says_so(tmp_path):
    with pytest.raises(RunError, match="holds no run"):
        _ = RunFolder(tmp_path).config


def test_runs_are_kept_in_the_home_that_is_set(home):
    assert default_runs_dir() == home / "data" / "runs"
