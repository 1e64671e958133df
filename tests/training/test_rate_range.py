from __future__ import annotations

import hashlib
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from resnet_studio.errors import Cancelled, CheckpointError, DeviceError, RunError
from resnet_studio.training import rate_range
from resnet_studio.training.control import Control
from resnet_studio.training.events import StepDone, Warned
from resnet_studio.training.loop import fit
from resnet_studio.training.rate_range import RangeFound, RatePoint, find, judge
from resnet_studio.training.recipe import Recipe
from tests.training.conftest import tiny_config, tiny_spec
from tests.training.running import assert_same_run, of, run


def ranged(config, **options):
    """Returns the points and the result of a range test."""
    *events, found = list(find(config, **options))
    assert isinstance(found, RangeFound)
    points = [event for event in events if isinstance(event, RatePoint)]
    assert found.points == tuple(points)
    return points, found


def points_of(losses, *, low=1e-3) -> list[RatePoint]:
    return [
        RatePoint(step, low * 10 ** (step - 1), loss, loss)
        for step, loss in enumerate(losses, start=1)
    ]


def files_of(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_rates_rise_by_the_same_factor_from_the_lowest_to_the_highest(config):
    points, _ = ranged(config, steps=25, low=1e-4, high=1e-1)
    assert [point.step for point in points] == list(range(1, 26))
    factors = np.diff(np.log([point.rate for point in points]))
    assert points[0].rate == pytest.approx(1e-4)
    assert points[-1].rate == pytest.approx(1e-1)
    assert factors == pytest.approx(np.full(24, math.log(1e3) / 24))


def test_the_first_loss_is_that_of_the_first_step_of_a_run(config, tmp_path):
    points, _ = ranged(config, steps=20)
    first = of(StepDone, run(config, tmp_path / "run"))[0]
    assert points[0].loss == pytest.approx(first.loss, rel=1e-6)
    assert points[0].smoothed == pytest.approx(points[0].loss)


def test_the_smoothed_loss_is_a_running_mean_without_the_bias_of_its_beginning(config):
    points, _ = ranged(config, steps=20)
    for end in (2, 7, 20):
        weights = 0.9 ** np.arange(end)[::-1]
        losses = [point.loss for point in points[:end]]
        assert points[end - 1].smoothed == pytest.approx(np.average(losses, weights=weights))


def test_it_ends_when_the_loss_is_lost(config):
    points, found = ranged(config, steps=60, low=1e-3, high=1e6)
    assert len(points) < 60
    lowest = min(point.smoothed for point in points[:-1])
    assert not points[-1].smoothed <= 4 * lowest
    assert all(p.smoothed <= 4 * lowest for p in points[:-1])
    assert found.suggested is not None


@pytest.mark.parametrize("mixing", [{}, {"mixup": 0.2, "cutmix": 1.0, "accumulate": 2}])
def test_the_same_test_gives_the_same_bits(pictures, mixing):
    config = tiny_config(pictures, **mixing)
    assert ranged(config, steps=20) == ranged(config, steps=20)


def test_no_random_generator_and_no_thread_number_is_touched(pictures):
    config = tiny_config(pictures, spec=tiny_spec(dropout=0.3), mixup=0.2, threads=1)
    torch.manual_seed(7)
    before, numbers = torch.get_rng_state(), np.random.get_state()[1].copy()
    threads = torch.get_num_threads()
    ranged(config, steps=20)
    assert torch.get_rng_state().equal(before)
    assert (np.random.get_state()[1] == numbers).all()
    assert torch.get_num_threads() == threads


def test_a_run_is_the_same_to_the_bit_with_tests_before_and_within_it(config, tmp_path):
    run(config, tmp_path / "alone")
    ranged(config, steps=20)
    for number, _ in enumerate(fit(config, run_dir=tmp_path / "beside")):
        if number in {5, 20}:
            ranged(config, steps=20)
    assert_same_run(tmp_path / "beside", tmp_path / "alone")


def test_it_begins_with_the_weights_of_a_run_and_leaves_its_folder_alone(config, tmp_path):
    run(config, tmp_path / "run")
    before = files_of(tmp_path)
    fresh, _ = ranged(config, steps=20)
    trained, _ = ranged(config, steps=20, run_dir=tmp_path / "run")
    assert trained[0].loss < fresh[0].loss
    assert files_of(tmp_path) == before


def test_a_run_without_a_checkpoint_is_refused(config, tmp_path):
    with pytest.raises(RunError, match="no checkpoint") as caught:
        ranged(config, run_dir=tmp_path / "nothing")
    assert caught.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_weights_of_another_network_are_refused(config, pictures, tmp_path):
    run(config, tmp_path / "run")
    other = tiny_config(pictures, spec=tiny_spec(widths=(4, 16)))
    with pytest.raises(CheckpointError, match="another network"):
        ranged(other, run_dir=tmp_path / "run")


def test_a_stop_ends_it_at_that_step(config):
    control = Control()
    test = find(config, control=control, steps=30)
    assert any(isinstance(event, RatePoint) and event.step == 4 for event in test)
    control.stop()
    with pytest.raises(Cancelled):
        next(test)
    with pytest.raises(StopIteration):
        next(test)


def test_too_little_memory_is_told_with_what_to_do(config, monkeypatch):
    def full(*_args, **_options):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(torch.nn.Conv2d, "forward", full)
    with pytest.raises(DeviceError, match="memory") as caught:
        ranged(config)
    assert caught.value.remedy


def test_a_change_of_threads_is_told(config, monkeypatch):
    class Busy:
        def __init__(self, most, *, fixed):
            self.told = ["Other programs keep the processor busy."]

        def for_step(self, step):
            return 1

        def took(self, seconds, *, part):
            return self.told.pop() if self.told else ""

    monkeypatch.setattr(rate_range, "Threads", Busy)
    warned = [item.message for item in find(config, steps=20) if isinstance(item, Warned)]
    assert warned == ["Other programs keep the processor busy."]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"steps": 5}, "5 steps. Choose from 20 to 10,000"),
        ({"low": 0.0}, "from the rate 0 to 10"),
        ({"low": 0.1, "high": 0.1}, "from the rate 0.1 to 0.1"),
    ],
)
def test_numbers_that_make_no_test_are_refused_with_the_range(config, options, said):
    with pytest.raises(RunError, match=said):
        next(find(config, **options))


def test_a_third_of_the_rate_with_the_lowest_loss_is_suggested():
    found = judge(points_of([2.3, 2.2, 1.5, 3.0]), Recipe())
    assert found.suggested == found.learning_rate == pytest.approx(0.033)
    assert "1.5, at the rate 0.1" in found.reason


def test_a_recipe_that_scales_its_rate_is_told_the_rate_to_write_down():
    recipe = Recipe(batch_size=1024, reference_batch_size=256)
    found = judge(points_of([2.3, 2.2, 1.5, 3.0]), recipe)
    assert found.suggested == pytest.approx(0.033)
    assert recipe.replace(learning_rate=found.learning_rate).base_rate == pytest.approx(0.033)


def test_a_loss_that_still_falls_at_the_end_is_told():
    found = judge(points_of([2.3, 2.2, 1.5, 1.0]), Recipe())
    assert found.suggested == pytest.approx(0.33)
    assert "still falling" in found.reason


@pytest.mark.parametrize("losses", [[2.3, 2.31, 2.29, 9.5], [math.nan], [2.3, math.inf]])
def test_nothing_is_suggested_where_the_loss_never_fell(losses):
    found = judge(points_of(losses), Recipe())
    assert found.suggested is found.learning_rate is None
    assert "fell at no rate" in found.reason
