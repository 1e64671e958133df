from __future__ import annotations

import pytest
import torch

from resnet_studio.training.distributed import ALONE, World
from resnet_studio.training.figures import Figures, Pending


def pending(step):
    return Pending(step, 1, 0.1, 4, 0.0, torch.tensor([2.0, 3.0, 4.0, 0.5]))


def added_until_due(figures):
    for step in range(1, 1000):
        figures.add(pending(step))
        if figures.due:
            return step
    raise AssertionError("they are never due")


def test_the_processor_reads_each_step():
    assert added_until_due(Figures(ALONE, eager=True)) == 1
    assert added_until_due(Figures(World(size=2), eager=True)) == 1


def test_processes_with_gpus_read_at_the_same_steps_and_not_at_each(monkeypatch):
    clocks = iter(float(10 * number) for number in range(1000))
    monkeypatch.setattr("time.perf_counter", lambda: next(clocks))
    counts = {added_until_due(Figures(World(rank=rank, size=2), eager=False)) for rank in (0, 1)}
    assert len(counts) == 1
    assert counts.pop() > 1


def test_a_gpu_of_its_own_is_read_by_the_clock(monkeypatch):
    clocks = iter([0.0, 0.05, 0.2])
    monkeypatch.setattr("time.perf_counter", lambda: next(clocks))
    assert added_until_due(Figures(ALONE, eager=False)) == 2


def test_figures_are_told_for_each_picture_and_only_once():
    figures = Figures(ALONE, eager=False)
    figures.add(pending(1))
    figures.add(pending(2))
    told = figures.take()
    assert [event.step for event, _ in told] == [1, 2]
    event, sums = told[0]
    assert (event.loss, event.accuracy, event.gradient_norms) == (0.5, 0.75, (0.5,))
    assert (sums.images, sums.loss, sums.correct, sums.correct5) == (4, 2.0, 3, 4)
    assert figures.take() == []


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_step_that_is_not_finite_adds_nothing_to_the_sums(loss):
    figures = Figures(ALONE, eager=False)
    figures.add(Pending(1, 1, 0.1, 4, 0.0, torch.tensor([loss, 3.0, 4.0])))
    [(_, sums)] = figures.take()
    assert sums.images == 0
