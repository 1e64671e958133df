"""Keeps a finished run in `resources/runs`, small enough to come with the program.

    python -m tests.benchmarks.record RUN_FOLDER NAME --card CARD.toml

CARD.toml holds the words of the card (`recorded.Card`); the figures are taken from the run. Each
line of the curves becomes the mean of several steps, and no path of this computer is kept.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import fmean, median
from typing import Any

from resnet_studio.architecture.textforms import dump_toml
from resnet_studio.files import write_text_atomic
from resnet_studio.training.events import EpochDone, StepDone
from resnet_studio.training.metrics import Metrics
from resnet_studio.training.recorded import CARD, Card
from resnet_studio.training.runs import RunFolder
from tests.benchmarks.common import ROOT

POINTS = 250
"""Most lines of steps that are kept."""
_DIGITS = 4
_LEFT_OUT = (None, ())


def main() -> None:
    """Records the run that is named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("name")
    parser.add_argument("--card", type=Path, required=True)
    options = parser.parse_args()
    words = tomllib.loads(options.card.read_text(encoding="utf-8"))
    target = ROOT / "resources" / "runs" / options.name
    record(RunFolder(options.run), target, words=words)
    print(f"{sum(file.stat().st_size for file in target.iterdir()):,} bytes in {target}")


def record(run: RunFolder, target: Path, *, words: dict[str, Any]) -> Card:
    """Writes a finished run, thinned, and its card into a new folder.

    Raises:
        ValueError: If the run has not finished, or its curves are incomplete.
    """
    metrics, status = run.metrics(), run.status()
    if status.state != "finished" or not metrics.epochs or not metrics.steps:
        raise ValueError(f"{run.path} is no finished run")
    averaged = -(-len(metrics.steps) // POINTS)
    last = metrics.epochs[-1]
    card = Card(
        **words,
        seconds=round(sum(epoch.seconds for epoch in metrics.epochs), 1),
        averaged=averaged,
        epochs=last.epoch,
        steps=metrics.steps[-1].step,
        train_loss=last.train_loss,
        train_accuracy=last.train_accuracy,
        validation_loss=last.validation_loss,
        validation_accuracy=last.validation_accuracy,
        best_accuracy=max(epoch.validation_accuracy for epoch in metrics.epochs),
    )
    target.mkdir(parents=True, exist_ok=True)
    write_text_atomic(target / CARD, dump_toml(card.model_dump(mode="json")))
    write_text_atomic(target / "run.toml", dump_toml(_about(run, target.name)))
    write_text_atomic(target / "status.json", json.dumps(asdict(status)))
    write_text_atomic(target / "metrics.jsonl", _lines(metrics, averaged))
    return card


def _about(run: RunFolder, name: str) -> dict[str, Any]:
    """Returns the content of `run.toml` with a name of its own and without the pictures' path."""
    values = tomllib.loads((run.path / "run.toml").read_text(encoding="utf-8"))
    values["run"]["name"] = name
    if values["data"].pop("path", None) is not None:
        # Whoever repeats the run has the pictures of CIFAR-10 elsewhere.
        values["data"]["source"] = "cifar10"
    return values


def _lines(metrics: Metrics, averaged: int) -> str:
    events: list[tuple[int, int, str, StepDone | EpochDone]] = []
    events += [(step.step, 0, "step", step) for step in thinned(metrics.steps, averaged)]
    events += [(epoch.step, 1, "epoch", epoch) for epoch in metrics.epochs]
    lines = []
    for _, _, name, event in sorted(events, key=lambda entry: entry[:2]):
        fields = {key: value for key, value in asdict(event).items() if value not in _LEFT_OUT}
        lines.append(json.dumps({"event": name, **fields}) + "\n")
    return "".join(lines)


def thinned(steps: Sequence[StepDone], averaged: int) -> list[StepDone]:
    """Returns the means of so many steps each; each stands at the last of its steps."""
    return [
        _mean(steps[begin : begin + averaged]) for begin in range(0, len(steps), max(1, averaged))
    ]


def _mean(steps: Sequence[StepDone]) -> StepDone:
    norms = zip(*(step.gradient_norms for step in steps), strict=True)
    return replace(
        steps[-1],
        loss=_rounded(fmean(step.loss for step in steps)),
        accuracy=_rounded(fmean(step.accuracy for step in steps)),
        learning_rate=_rounded(steps[-1].learning_rate),
        images_per_second=_rounded(median(step.images_per_second for step in steps)),
        gradient_norms=tuple(_each_mean(norms)),
    )


def _each_mean(columns: Iterable[tuple[float, ...]]) -> Iterable[float]:
    return (_rounded(fmean(column)) for column in columns)


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


if __name__ == "__main__":
    main()
