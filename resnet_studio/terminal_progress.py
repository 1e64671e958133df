"""A training run as it is told on the command line: lines of JSON, or bars where one can look.

JSON goes to stdout, one event a line and nothing else. For a person everything goes to stderr, so
that stdout has only the result; where stderr is no terminal there are no bars, only a line for
each epoch and for what needs to be known.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from resnet_studio.training import events

# Drawing takes time that training could use; four times a second is smooth enough for a bar.
_DRAWINGS_PER_SECOND: Final = 4
_PHASES: Final = {
    "data": "opening the data",
    "network": "building the network",
    "resume": "going on",
    "validation": "validating",
    "compile": "compiling",
}
_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB")


def print_json(stream: Iterator[events.Event]) -> events.RunEnded:
    """Prints every event as a line of JSON; returns the last."""
    for event in stream:
        print_line(events.to_dict(event))
        if isinstance(event, events.RunEnded):
            return event
    raise RuntimeError("the run ended without saying how")


def print_line(values: dict[str, Any]) -> None:
    """Prints one line of JSON at once; a number that is not finite, unknown to JSON, is null."""
    print(json.dumps(finite(values), ensure_ascii=False, allow_nan=False), flush=True)


def finite(value: Any) -> Any:
    """Returns plain values in which every number that is not finite is None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    return [finite(each) for each in value] if isinstance(value, (list, tuple)) else value


def show(stream: Iterator[events.Event]) -> events.RunEnded:
    """Shows bars and lines for a person; returns the last event."""
    with bars(Console(file=sys.stderr)) as progress:
        display = Display(progress)
        for event in stream:
            display.show(event)
            if isinstance(event, events.RunEnded):
                return event
    raise RuntimeError("the run ended without saying how")


def bars(console: Console) -> Progress:
    """Returns the bars, not yet drawn; they are never drawn where there is no terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[figures]}"),
        console=console,
        refresh_per_second=_DRAWINGS_PER_SECOND,
        disable=not console.is_terminal,
    )


@dataclass(slots=True)
class _Course:
    """How a run divides into epochs: those of all steps, and of the step that is shown."""

    steps_per_epoch: int
    total_steps: int

    def epochs(self) -> int:
        return -(-self.total_steps // self.steps_per_epoch)

    def of_epoch(self, epoch: int) -> int:
        """Returns how many steps an epoch has; the last may be a part of one."""
        before = (epoch - 1) * self.steps_per_epoch
        return max(1, min(self.steps_per_epoch, self.total_steps - before))


class Display:
    """Two bars, of the epoch or what is done meanwhile and of the whole run, and lines above."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._now = self._bar("starting")
        self._whole = self._bar("the run", visible=False)
        self._course = _Course(1, 1)
        self._phase = ""

    def show(self, event: events.Event) -> None:
        """Shows what a person wants to know of an event."""
        match event:
            case events.Progress():
                self._show_phase(event)
            case events.RunStarted():
                self._begin(event)
            case events.StepDone():
                self._show_step(event)
            case events.EpochDone():
                self._say(epoch_line(event))
            case events.Paused():
                self._say(paused_line(event))
            case events.Resumed():
                self._say(f"Goes on after step {event.step:,}.")
            case events.Warned():
                self._say(event.message)
            case _:  # checkpoints are many and say nothing new; the end is told by the caller
                pass

    def _begin(self, event: events.RunStarted) -> None:
        for line in started_lines(event):
            self._say(line)
        self._course = _Course(event.steps_per_epoch, event.total_steps)
        # A resumed run has not done its first steps in no time: the estimate begins here.
        self._progress.reset(
            self._whole, total=event.total_steps, completed=event.start_step, visible=True
        )
        self._progress.update(self._whole, description=f"{self._course.epochs():,} epochs")

    def _show_phase(self, event: events.Progress) -> None:
        if event.phase != self._phase:
            self._phase = event.phase
            self._progress.reset(self._now)
        what = _PHASES.get(event.phase, event.phase)
        self._progress.tasks[0].total = event.total or None  # which `update` takes for no change
        self._progress.update(self._now, description=what, completed=event.done, figures="")

    def _show_step(self, event: events.StepDone) -> None:
        steps = self._course.of_epoch(event.epoch)
        done = event.step - (event.epoch - 1) * self._course.steps_per_epoch
        if (phase := f"epoch {event.epoch}") != self._phase:
            self._phase = phase
            self._progress.reset(self._now, total=steps, completed=done, description=phase)
        self._progress.update(self._now, completed=done, total=steps, figures=figures(event))
        self._progress.update(self._whole, completed=event.step)

    def _say(self, line: str) -> None:
        if self._progress.disable:
            print(line, file=sys.stderr, flush=True)
        else:
            self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _bar(self, description: str, *, visible: bool = True) -> TaskID:
        return self._progress.add_task(description, total=None, visible=visible, figures="")


def figures(event: events.StepDone) -> str:
    """Returns the figures of a step beside its bar."""
    return (
        f"loss {event.loss:.3f}  {event.accuracy:.1%}  rate {event.learning_rate:.3g}  "
        f"{event.images_per_second:,.0f} images/s"
    )


def started_lines(event: events.RunStarted) -> list[str]:
    """Returns what a run begins with: the data's problems, sizes, and what the program chose."""
    shared = f", {event.processes} processes" if event.processes > 1 else ""
    about = (
        f"{event.parameters:,} parameters on {event.device} ({event.precision}{shared}); "
        f"{event.train_size:,} pictures to learn from, {event.validation_size:,} held out"
    )
    chosen = [f"  {what}: {choice} ({why})" for what, choice, why in event.choices]
    return [*event.problems, about, *chosen]


def epoch_line(event: events.EpochDone) -> str:
    """Returns the figures of an epoch as one line."""
    line = (
        f"epoch {event.epoch:>3}  train {event.train_loss:.4f} {event.train_accuracy:7.2%}  "
        f"validation {event.validation_loss:.4f} {event.validation_accuracy:7.2%}"
    )
    if event.validation_top5 is not None:
        line += f" (top 5 {event.validation_top5:.2%})"
    return f"{line}  {event.seconds:.1f} s"


def paused_line(event: events.Paused) -> str:
    """Returns that a run waits, why, and how to end that; a full disk says what it needs."""
    why = f" {event.reason}" if event.reason else ""
    return f"Paused after step {event.step:,}.{why} Ctrl+C stops the run."


def in_bytes(count: int) -> str:
    """Returns a size for a person: "12.3 MB"."""
    value, power = float(count), 0
    while value >= 1000 and power < len(_UNITS) - 1:
        value, power = value / 1000, power + 1
    return f"{value:.1f} {_UNITS[power]}" if power else f"{count:,} bytes"
