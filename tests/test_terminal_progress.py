"""How a run is told: lines of JSON, bars, or lines where there is no terminal."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import Task

from resnet_studio.terminal_progress import Display, bars, in_bytes, paused_line, print_json, show
from resnet_studio.training import events
from resnet_studio.training.room import NoRoom

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


class Watched:
    """A display on a terminal that is written into a string, drawn after each event."""

    def __init__(self) -> None:
        console = Console(file=io.StringIO(), force_terminal=True, width=140)
        self.progress = bars(console)
        self.display = Display(self.progress)

    def show(self, *told: events.Event) -> None:
        for event in told:
            self.display.show(event)
            self.progress.refresh()

    @property
    def tasks(self) -> list[Task]:
        return self.progress.tasks

    @property
    def drawn(self) -> str:
        return self.progress.console.file.getvalue()


@pytest.fixture
def watched():
    watched = Watched()
    with watched.progress:
        yield watched


def test_the_bars_follow_the_epoch_and_the_run(watched):
    watched.show(STARTED, step(13), step(14))
    epoch, whole = watched.tasks
    assert (epoch.description, epoch.completed, epoch.total) == ("epoch 2", 4, 10)
    assert (whole.description, whole.completed, whole.total) == ("3 epochs", 14, 25)
    for part in ("4/10", "14/25", "loss 0.500", "75.0%", "rate 0.125", "2,346 images/s"):
        assert part in watched.drawn


def test_an_epoch_that_ends_with_the_steps_of_the_run_is_shorter(watched):
    watched.show(STARTED, step(21))
    assert (watched.tasks[0].completed, watched.tasks[0].total) == (1, 5)


def test_a_resumed_run_s_estimate_begins_where_it_goes_on(watched):
    watched.show(STARTED)
    whole = watched.tasks[1]
    assert whole.completed == 12
    assert whole.speed is None


def test_phases_are_shown_in_the_bar_of_the_epoch(watched):
    watched.show(events.Progress("data", 3, 9), events.Progress("data", 4, 0))
    assert (watched.tasks[0].description, watched.tasks[0].total) == ("opening the data", None)
    watched.show(STARTED, step(20), events.Progress("validation", 1, 4))
    assert (watched.tasks[0].description, watched.tasks[0].completed) == ("validating", 1)
    assert (watched.tasks[0].total, watched.tasks[0].fields["figures"]) == (4, "")


def test_what_the_program_chose_is_told_at_the_start_as_it_is_written(watched):
    watched.show(STARTED)
    assert "data path: memory (1 MB of [free] 12 GB)" in watched.drawn
    assert "b.png: it is empty." in watched.drawn
    assert "1,234 parameters" in watched.drawn


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
    lack = NoRoom(Path("runs/one/checkpoints/last.pt"), 12 << 20, 3 << 20)
    line = paused_line(events.Paused(7, lack.reason, lack.needed_bytes, lack.free_bytes))
    assert line.startswith("Paused after step 7. ")
    for part in ("last.pt", "12.0 MB", "3.0 MB", "Ctrl+C"):
        assert part in line


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (12_345_678, "12.3 MB")],
)
def test_sizes_are_for_people(count, shown):
    assert in_bytes(count) == shown
