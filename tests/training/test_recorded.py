from __future__ import annotations

import re
import tomllib
from itertools import pairwise

import pytest

from resnet_studio.errors import RunError
from resnet_studio.training.events import EpochDone, StepDone
from resnet_studio.training.metrics import MetricsLog
from resnet_studio.training.recorded import (
    CARD,
    is_recorded,
    read_card,
    recorded_dir,
    recorded_runs,
)
from resnet_studio.training.runs import RunFolder, RunStatus, list_runs
from tests.benchmarks.record import POINTS, record, thinned

RUNS = {run.folder.name: run for run in recorded_runs()}
WORDS = {
    "title": "A run",
    "shows": "That it runs.",
    "command": "resnet-studio train",
    "data": "made up",
    "hardware": "none",
    "date": "2026-11-21",
}


@pytest.fixture(params=RUNS.values(), ids=RUNS)
def run(request):
    return request.param


def test_plain_and_residual_networks_of_two_depths_were_recorded():
    networks = {run.folder.config.network.name for run in RUNS.values()}
    assert {"cifar_plain20", "cifar_plain56", "cifar_resnet20", "cifar_resnet56"} <= networks


def test_the_deeper_plain_network_has_the_higher_training_error_and_the_residual_one_less_so():
    losses = {run.folder.config.network.name: run.card.train_loss for run in RUNS.values()}
    plain = losses["cifar_plain56"] - losses["cifar_plain20"]
    residual = losses["cifar_resnet56"] - losses["cifar_resnet20"]
    assert plain > 0.1
    assert residual < plain / 2


def test_a_recorded_run_is_listed_as_a_finished_run(run):
    listings = {listing.folder.name: listing for listing in list_runs(recorded_dir())}
    listing = listings[run.folder.name]
    assert listing.problem == ""
    assert listing.status.state == "finished"
    assert not listing.status.resumable
    assert is_recorded(listing.folder.path)


def test_its_curves_are_those_of_a_whole_run(run):
    metrics = run.folder.metrics()
    assert 1 < len(metrics.steps) <= POINTS
    assert all(a.step < b.step for a, b in pairwise(metrics.steps))
    assert [epoch.epoch for epoch in metrics.epochs] == list(range(1, run.card.epochs + 1))
    assert metrics.steps[-1].step == metrics.epochs[-1].step == run.card.steps
    accuracies = [event.accuracy for event in metrics.steps]
    accuracies += [epoch.validation_accuracy for epoch in metrics.epochs]
    assert all(0 <= accuracy <= 1 for accuracy in accuracies)
    assert {len(step.gradient_norms) for step in metrics.steps} == {
        len(run.folder.config.network.depths) + 2
    }


def test_its_card_tells_the_figures_of_its_last_epoch(run):
    last = run.folder.metrics().epochs[-1]
    for figure in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy"):
        assert getattr(run.card, figure) == getattr(last, figure)
    assert run.card.best_accuracy == run.folder.status().best_accuracy


def test_it_names_no_place_on_the_computer_where_it_was_made(run):
    for file in run.folder.path.iterdir():
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"(?<!\w)/(home|tmp|work|root|mnt|Users)\b|[A-Z]:\\", text), file


def test_all_recorded_runs_together_are_small():
    sizes = [file.stat().st_size for file in recorded_dir().rglob("*") if file.is_file()]
    assert sum(sizes) < 300_000


def finished(folder, config, steps):
    run = RunFolder(folder)
    run.prepare(config)
    log = MetricsLog(run.metrics_path)
    for step in range(1, steps + 1):
        log.write(StepDone(step, 1, float(step), 0.5, 0.1, 100.0, (1.0, 2.0)))
    log.write(EpochDone(1, steps, 2.0, 0.5, 1.5, 0.25, 3.0))
    log.close()
    run.write_status(RunStatus("finished", steps, steps, 1, 0.25))
    return run


def test_recording_keeps_the_configuration_and_means_of_the_steps(tmp_path, config):
    run = finished(tmp_path / "run", config, 1000)
    card = record(run, tmp_path / "kept", words=WORDS)
    kept = RunFolder(tmp_path / "kept")
    assert card == read_card(kept.path)
    assert card.averaged == 4
    assert kept.config.recipe == config.recipe
    assert kept.config.network == config.network
    assert kept.config.data.path is None
    steps = kept.metrics().steps
    assert [(step.step, step.loss) for step in steps[:2]] == [(4, 2.5), (8, 6.5)]
    assert steps[0].gradient_norms == (1.0, 2.0)
    assert kept.metrics().epochs == run.metrics().epochs


def test_the_last_mean_may_be_of_fewer_steps():
    steps = [StepDone(step, 1, float(step), 0.0, 0.1, 1.0) for step in range(1, 6)]
    assert [(step.step, step.loss) for step in thinned(steps, 2)] == [(2, 1.5), (4, 3.5), (5, 5.0)]


def test_a_run_that_has_not_finished_is_not_recorded(tmp_path, config):
    run = finished(tmp_path / "run", config, 10)
    run.write_status(RunStatus("stopped", 10, 20, 1, 0.25))
    with pytest.raises(ValueError, match="no finished run"):
        record(run, tmp_path / "kept", words=WORDS)


def test_a_broken_card_is_told_with_its_file_and_field(tmp_path, config):
    record(finished(tmp_path / "run", config, 10), tmp_path / "kept", words=WORDS)
    path = tmp_path / "kept" / CARD
    text = path.read_text(encoding="utf-8")
    assert tomllib.loads(text)["title"] == "A run"
    path.write_text(text.replace("best_accuracy = 0.25", "best_accuracy = 25.0"), "utf-8")
    with pytest.raises(RunError, match=r"card\.toml.*best_accuracy is 25"):
        read_card(path.parent)
    path.unlink()
    with pytest.raises(RunError, match=r"card\.toml"):
        read_card(path.parent)
