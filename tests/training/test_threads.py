from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_studio.training.threads import COMPARED, Threads


def train(
    threads: Threads, seconds: Callable[[int], float], *, steps: int, start: int = 0
) -> tuple[list[int], list[str]]:
    """Takes steps that last `seconds(number of threads)`; returns the numbers and what was told."""
    used, told = [], []
    for step in range(start, start + steps):
        used.append(threads.for_step(step))
        told.append(threads.took(seconds(used[-1])))
    return used, [text for text in told if text]


def alone(count: int) -> float:
    """A step on a computer that has its cores for itself."""
    return 1.0 / count


def beside_others(count: int) -> float:
    """A step on a busy computer: threads wait for each other."""
    return 1.0 if count == 1 else 8.0 * count


@pytest.mark.parametrize("most", [2, 4, 16])
def test_on_a_free_computer_all_threads_are_used_but_in_the_two_steps_of_the_comparison(most):
    used, told = train(Threads(most), alone, steps=50)
    assert used == [most // 2 if step in COMPARED else most for step in range(50)]
    assert told == []


def test_a_slow_first_step_and_some_noise_change_nothing():
    noise = iter([9.0, 1.0, 1.9, 1.7, 1.0, 3.0, 3.0, 1.0, 9.0, 1.0] * 3)
    used, told = train(Threads(2), lambda _: next(noise) / 10, steps=30)
    assert used == [2, 2, 1, 1] + [2] * 26
    assert told == []


@given(stopped=st.integers(0, 12))
def test_a_resumed_run_uses_the_threads_of_one_that_was_never_stopped(stopped):
    whole, _ = train(Threads(4), alone, steps=12)
    before, _ = train(threads := Threads(4), alone, steps=stopped)
    after, _ = train(Threads(4, count=threads.count), alone, steps=12 - stopped, start=stopped)
    assert before + after == whole


def test_on_a_busy_computer_one_thread_is_taken_after_the_comparison_and_told():
    used, told = train(Threads(2), beside_others, steps=12)
    assert used == [2, 2] + [1] * 10
    assert len(told) == 1
    assert "1 of 2 threads" in told[0]


def test_a_run_that_is_disturbed_later_takes_fewer_threads_then():
    threads = Threads(2)
    train(threads, lambda count: alone(count) / 100, steps=20)
    used, told = train(threads, lambda count: beside_others(count) / 100, steps=10, start=20)
    assert used == [2, 2, 2] + [1] * 7
    assert len(told) == 1


def test_two_steps_are_enough_where_they_take_seconds():
    threads = Threads(2)
    train(threads, alone, steps=20)
    used, _ = train(threads, beside_others, steps=10, start=20)
    assert used == [2, 2] + [1] * 8


def test_fewer_threads_that_are_no_better_are_given_up_again_and_told():
    threads = Threads(2)
    train(threads, alone, steps=20)
    used, told = train(threads, lambda count: 10.0 / count, steps=20, start=20)
    assert used[2] == 1  # tried
    assert used[4:] == [2] * 16
    assert len(told) == 1
    assert "which it is not" in told[0]


def test_a_single_slow_step_is_no_reason_to_try_anything():
    threads = Threads(2)
    train(threads, alone, steps=20)
    times = iter([60.0, 0.5, 60.0, 0.5])
    used, told = train(threads, lambda _: next(times), steps=4, start=20)
    assert used == [2] * 4
    assert told == []


def test_short_batches_do_not_make_whole_ones_look_slow():
    threads = Threads(2)
    for step in range(60):
        part = 0.2 if step % 6 == 5 else 1.0
        assert threads.for_step(step) == (1 if step in COMPARED else 2)
        assert threads.took(part * alone(threads.for_step(step)), part=part) == ""


def test_more_threads_are_taken_again_when_there_is_room():
    threads = Threads(2)
    train(threads, beside_others, steps=6)
    used, told = train(threads, alone, steps=20, start=6)
    assert used[-1] == 2
    assert told == ["There is room for 2 threads again."]


def test_more_threads_are_given_up_after_one_step_and_tried_ever_more_seldom():
    used, told = train(Threads(2), beside_others, steps=300)
    tries = [step for step in range(4, 300) if used[step] == 2]
    waits = [after - before for before, after in pairwise(tries)]
    assert waits[:3] == [21, 41, 81]
    assert len(told) == 1


def test_sixteen_threads_are_halved_until_it_helps():
    threads = Threads(16)
    train(threads, alone, steps=20)
    used, told = train(
        threads, lambda count: 50.0 if count > 4 else 1.0 / count, steps=20, start=20
    )
    assert used == [16, 16, 8, 8] + [4] * 16
    assert len(told) == 1


@pytest.mark.parametrize("threads", [Threads(1), Threads(4, fixed=True), Threads(1, fixed=True)])
def test_a_number_that_is_fixed_never_changes(threads):
    most = threads.count
    used, told = train(threads, beside_others, steps=20)
    more, told_more = train(threads, alone, steps=20, start=20)
    assert set(used + more) == {most}
    assert told + told_more == []
