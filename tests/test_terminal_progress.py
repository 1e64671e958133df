"""How a run is told: lines of JSON, bars, or lines where there is no terminal."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import Progress

from resnet_studio.terminal_progress import Display, in_bytes, paused_line, print_json, show
from resnet_studio.training import events

STARTED = events.RunStarted(
    run_dir=Path("runs/one"),
    classes=("a", "b"),
    train_size=80,
    validation_size=20,
    device="cpu",
    precision="fp32",
    threads=1,
    steps_per_epoch=10,
    total_steps=25,
    start_step=12,
    parameters=1234,
    problems=("b.png: it is empty.",),
    choices=(("data path", "memory", "1 MB of [free] 12 GB"),),
)
ENDED = events.RunEnded("finished", 25, 3, "Finished after 3 epochs.")
EPOCH = events.EpochDone(2, 20, 0.5, 0.75, 0.25, 0.875, 1.5, 0.9, 0.975)


def step(number: int) -> events.StepDone:
    return events.StepDone(number, -(-number // 10), 0.5, 0.75, 0.125, 2345.6)


@pytest.fixture
def bars():
    """A display on a terminal that is written into a string, drawn when asked for."""
    console = Console(file=io.StringIO(), force_terminal=True, width=140)
    progress = Progress(console=console, auto_refresh=False)
    return Display(progress), progress


def test_the_bars_follow_the_epoch_and_the_run(bars):
    display, progress = bars
    for event in (STARTED, step(13), step(14)):
        display.show(event)
    epoch, whole = progress.tasks
    assert (epoch.description, epoch.completed, epoch.total) == ("epoch 2", 4, 10)
    assert "2,346 images/s" in epoch.fields["figures"]
    assert "rate 0.125" in epoch.fields["figures"]
    assert (whole.description, whole.completed, whole.total) == ("3 epochs", 14, 25)


def test_an_epoch_that_ends_with_the_steps_of_the_run_is_shorter(bars):
    display, progress = bars
    for event in (STARTED, step(21)):
        display.show(event)
    assert (progress.tasks[0].completed, progress.tasks[0].total) == (1, 5)


def test_a_resumed_run_s_estimate_begins_where_it_goes_on(bars):
    display, progress = bars
    display.show(STARTED)
    whole = progress.tasks[1]
    assert whole.completed == 12
    assert whole.speed is None


def test_phases_are_shown_in_the_bar_of_the_epoch(bars):
    display, progress = bars
    display.show(events.Progress("data", 3, 0))
    assert (progress.tasks[0].description, progress.tasks[0].total) == ("opening the data", None)
    display.show(STARTED)
    display.show(step(20))
    display.show(events.Progress("validation", 1, 4))
    assert (progress.tasks[0].description, progress.tasks[0].completed) == ("validating", 1)
    assert progress.tasks[0].fields["figures"] == ""


def test_what_the_program_chose_is_told_at_the_start_as_it_is_written(bars):
    display, progress = bars
    display.show(STARTED)
    told = progress.console.file.getvalue()
    assert "data path: memory (1 MB of [free] 12 GB)" in told
    assert "b.png: it is empty." in told
    assert "1,234 parameters" in told


def test_without_a_terminal_there_are_plain_lines_on_stderr(capsys):
    told = [STARTED, *(step(number) for number in range(13, 21)), EPOCH, ENDED]
    assert show(iter(told)) is ENDED
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "\x1b" not in captured.err
    lines = captured.err.splitlines()
    assert lines[-1] == (
        "epoch   2  train 0.5000  75.00%  validation 0.2500  87.50% (top 5 97.50%)  1.5 s"
    )
    assert len(lines) == 4


def test_every_event_is_one_line_of_json_and_nothing_else(capsys):
    told = [STARTED, step(13), EPOCH, ENDED]
    assert print_json(iter(told)) is ENDED
    captured = capsys.readouterr()
    assert captured.err == ""
    lines = [json.loads(line) for line in captured.out.splitlines()]
    assert [line["event"] for line in lines] == ["RunStarted", "StepDone", "EpochDone", "RunEnded"]
    assert lines[0]["run_dir"] == "runs/one"
    assert lines[1]["learning_rate"] == 0.125


def test_a_number_that_json_does_not_know_is_null(capsys):
    nan = events.StepDone(1, 1, float("nan"), 0.5, 0.1, float("inf"), (1.0, float("nan")))
    print_json(iter([nan, ENDED]))
    line = capsys.readouterr().out.splitlines()[0]
    assert "NaN" not in line
    values = json.loads(line)
    assert (values["loss"], values["images_per_second"]) == (None, None)
    assert values["gradient_norms"] == [1.0, None]


@pytest.mark.parametrize("tell", [show, print_json])
def test_a_run_that_ends_without_a_word_is_a_defect(tell):
    with pytest.raises(RuntimeError, match="without saying how"):
        tell(iter([STARTED]))


def test_a_pause_for_room_tells_what_is_needed_and_what_is_free():
    pause = events.Paused(7, "The disk is full.", 12_300_000, 4_000)
    line = paused_line(pause)
    assert line.startswith("Paused after step 7. The disk is full.")
    assert "12.3 MB" in line
    assert "4.0 kB" in line


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (12_345_678, "12.3 MB")],
)
def test_sizes_are_for_people(count, shown):
    assert in_bytes(count) == shown
