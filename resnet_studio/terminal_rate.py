"""What `train --find-rate` does and prints: the learning-rate range test, without a run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from resnet_studio.terminal_progress import print_line
from resnet_studio.training import events
from resnet_studio.training.config import RunConfig
from resnet_studio.training.rate_range import RangeFound, RatePoint, find

_STEPS = 100
# Where no bar can be drawn.
_TOLD_EVERY = 10


def find_rate(config: RunConfig, *, resume: Path | None, as_json: bool) -> int:
    """Tries rising learning rates and prints which one to take; leaves nothing behind.

    Args:
        config: The run whose rate is sought.
        resume: A run with whose weights to begin, if any; nothing in its folder is changed.
        as_json: Print each step and the result as lines of JSON.

    Returns:
        0 if a rate was found, 1 if the loss fell at none.

    Raises:
        StudioError: Whatever prevents the test.
    """
    stream = find(config, steps=_STEPS, run_dir=resume)
    with closing(stream):
        found = _as_lines(stream) if as_json else _shown(stream)
    if as_json:
        print_line(
            {
                "event": "RangeFound",
                "suggested": found.suggested,
                "learning_rate": found.learning_rate,
                "reason": found.reason,
            }
        )
    else:
        print(found.reason)
        if found.learning_rate is not None:
            print(f"For a run: --learning-rate {found.learning_rate:g}")
    return 0 if found.learning_rate is not None else 1


def _as_lines(stream: Iterator[events.Event | RatePoint | RangeFound]) -> RangeFound:
    for item in stream:
        if isinstance(item, RangeFound):
            return item
        if isinstance(item, RatePoint):
            print_line({"event": "RatePoint", **asdict(item)})
        else:
            print_line(events.to_dict(item))
    raise RuntimeError("the range test ended without a result")


def _shown(stream: Iterator[events.Event | RatePoint | RangeFound]) -> RangeFound:
    console = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24))
    silent = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=silent) as bars:
        bar = bars.add_task("opening the data", total=None)
        for item in stream:
            match item:
                case RatePoint():
                    text = f"rate {item.rate:.2g}  loss {item.loss:.3f}"
                    bars.update(bar, completed=item.step, total=_STEPS, description=text)
                    if silent and item.step % _TOLD_EVERY == 0:
                        print(f"step {item.step} of {_STEPS}  {text}", file=sys.stderr, flush=True)
                case events.Warned():
                    bars.console.print(item.message, markup=False, highlight=False, soft_wrap=True)
                case RangeFound():
                    return item
    raise RuntimeError("the range test ended without a result")
