"""Runs set beside each other."""

from __future__ import annotations

import csv
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from resnet_studio.training.comparing import (
    compare,
    differences,
    epochs_csv,
    list_csv,
    overview,
    preset_of,
    size_of,
)
from resnet_studio.training.events import EpochDone
from resnet_studio.training.metrics import MetricsLog
from resnet_studio.training.presets import RECIPES
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.runs import RunFolder, RunStatus, listing_of
from tests.training.conftest import tiny_config, tiny_spec

ACCURACIES = (0.5, 0.75, 0.625)


def made(path: Path, pictures: Path, *, accuracies=ACCURACIES, **recipe) -> RunFolder:
    """Writes what a run leaves of itself, without training one."""
    folder = RunFolder(path)
    folder.prepare(tiny_config(pictures, **recipe))
    log = MetricsLog(folder.metrics_path)
    for epoch, accuracy in enumerate(accuracies, start=1):
        log.write(EpochDone(epoch, 4 * epoch, 1.0 / epoch, 0.25, 0.5, accuracy, 2.0))
    log.close()
    best = max(accuracies, default=None)
    done = len(accuracies)
    folder.write_status(RunStatus("finished", 4 * done, 12, done, best, "Finished."))
    return folder


def test_an_overview_has_what_a_list_shows(tmp_path, pictures):
    folder = made(tmp_path / "one", pictures)
    run = overview(listing_of(folder))
    assert (run.name, run.state, run.network) == ("one", "finished", "tiny")
    assert run.data == str(pictures)
    assert (run.epoch, run.epochs, run.step, run.steps) == (3, 3, 12, 12)
    assert (run.best_accuracy, run.best_epoch, run.seconds) == (0.75, 2, 6.0)
    assert run.created == folder.created != ""
    assert run.bytes == sum(file.stat().st_size for file in folder.path.rglob("*.*"))
    assert run.problem == ""


def test_the_epochs_of_a_run_of_so_many_steps_are_told_once_one_is_done(tmp_path, pictures):
    begun = made(tmp_path / "begun", pictures, steps=10)
    new = made(tmp_path / "new", pictures, steps=10, accuracies=())
    assert overview(listing_of(begun)).epochs == 3
    assert overview(listing_of(new)).epochs is None


def test_the_settings_that_differ_are_named_and_no_others(tmp_path, pictures):
    one = tiny_config(pictures)
    other = tiny_config(pictures, spec=tiny_spec(widths=(4, 32)), learning_rate=0.25, clip_norm=1.0)
    found = {each.field: each.values for each in differences([one, other, None])}
    assert found == {
        "network.widths": (list(one.network.widths), [4, 32], None),
        "recipe.learning_rate": (0.05, 0.25, None),
        "recipe.clip_norm": (None, 1.0, None),
    }
    assert differences([one, one]) == ()


def test_steps_of_the_augmentation_are_compared_one_by_one(pictures):
    one = tiny_config(pictures)
    steps = one.train_augment.steps
    other = one.model_copy(
        update={"train_augment": one.train_augment.model_copy(update={"steps": steps[:-1]})}
    )
    fields = [each.field for each in differences([one, other])]
    assert fields
    assert all(field.startswith(f"train_augment.steps.{len(steps)}.") for field in fields)


def test_the_epochs_of_a_longer_run_stand_beside_nothing(tmp_path, pictures):
    runs = [
        made(tmp_path / "long", pictures),
        made(tmp_path / "short", pictures, accuracies=(0.875,)),
    ]
    comparison = compare([listing_of(run) for run in runs])
    rows = {
        epoch: [None if done is None else done.validation_accuracy for done in found]
        for epoch, found in comparison.by_epoch()
    }
    assert rows == {1: [0.5, 0.875], 2: [0.75, None], 3: [0.625, None]}
    table = list(csv.reader(epochs_csv(comparison).splitlines()))
    column = table[0].index("short: validation_accuracy")
    assert [row[column] for row in table[1:]] == ["0.875", "", ""]


def test_a_broken_run_is_told_with_its_problem(tmp_path, pictures):
    whole = made(tmp_path / "whole", pictures)
    broken = made(tmp_path / "broken", pictures)
    (broken.path / "run.toml").write_text("[network\n")
    comparison = compare([listing_of(whole), listing_of(broken)])
    assert "run.toml cannot be read" in comparison.runs[1].problem
    assert comparison.differences == ()
    assert len(comparison.curves[1]) == 3
    assert "run.toml cannot be read" in list_csv(comparison.runs)


def test_curves_that_cannot_be_read_leave_the_rest_of_the_run(tmp_path, pictures):
    folder = made(tmp_path / "one", pictures)
    folder.metrics_path.unlink()
    folder.metrics_path.mkdir()
    run = overview(listing_of(folder))
    assert "metrics.jsonl cannot be read" in run.problem
    assert (run.network, run.best_accuracy, run.best_epoch) == ("tiny", 0.75, None)


@pytest.mark.parametrize("name", RECIPES)
def test_a_preset_is_known_whatever_its_length_seed_and_hardware(name):
    recipe = RECIPES[name].recipe
    known = preset_of(recipe.replace(epochs=7, seed=5, device="cpu", keep_every=3))
    same = RECIPES[known].recipe.replace(epochs=7)
    assert same == recipe.replace(epochs=7)
    assert preset_of(recipe.replace(learning_rate=0.0321)) == ""


def test_numbers_of_no_preset_have_no_name():
    assert preset_of(Recipe(learning_rate=0.0321)) == ""


def test_the_size_counts_files_in_folders_and_follows_no_link(tmp_path):
    (tmp_path / "run" / "inner").mkdir(parents=True)
    (tmp_path / "run" / "inner" / "a").write_bytes(b"x" * 100)
    (tmp_path / "large").write_bytes(b"x" * 10_000)
    (tmp_path / "run" / "link").symlink_to(tmp_path / "large")
    (tmp_path / "run" / "circle").symlink_to(tmp_path / "run")
    assert 100 <= size_of(tmp_path / "run") < 1000
    assert size_of(tmp_path / "gone") == 0


def test_a_list_as_csv_has_a_line_for_each_run(tmp_path, pictures):
    runs = [overview(listing_of(made(tmp_path / name, pictures))) for name in ("a", "b, c")]
    rows = list(
        csv.DictReader(list_csv([runs[0], replace(runs[1], best_accuracy=None)]).splitlines())
    )
    assert [row["name"] for row in rows] == ["a", "b, c"]
    assert [row["best_accuracy"] for row in rows] == ["0.75", ""]


def test_comparing_needs_no_torch():
    code = "import resnet_studio.terminal_runs, sys; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
