"""What the subcommand `evaluate` does and prints."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from resnet_studio.data.dataset import DataSplit, Problem, Subset
from resnet_studio.data.sources import DataConfig, open_dataset
from resnet_studio.errors import DataError, RunError, SpecError
from resnet_studio.probe.evaluate import (
    ClassResult,
    Evaluation,
    EvaluationProgress,
    Part,
    evaluate,
    evaluate_subset,
)
from resnet_studio.probe.examinee import Answers, Examinee, Triple, open_examinee
from resnet_studio.terminal import weights_file
from resnet_studio.terminal_config import named_data
from resnet_studio.terminal_progress import finite
from resnet_studio.training.devices import choose_hardware
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import DeviceChoice, Precision
from resnet_studio.training.runs import RunFolder

_LISTED = 20
_FLAGS = {"classes": "classes", "mean": "mean", "std": "std", "input_size": "size"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How pictures are looked at, and which.

    Attributes:
        part: "test", "validation" or "all"; None takes of a run's own data those for validation,
            of data that are named those for testing where there are some.
        ten_crop: Average the probabilities of ten crops of each.
        batch_size: Pictures at once; chosen by their size if None.
        device: Where to compute.
    """

    part: Part | None = None
    ten_crop: bool = False
    batch_size: int | None = None
    device: DeviceChoice = DeviceChoice.AUTO


def evaluate_checkpoint(
    checkpoint: str, data: str | None, *, answers: Answers, manner: Manner, as_json: bool
) -> int:
    """Prints how many pictures of a data set the network of a file names rightly.

    Args:
        checkpoint: A file of weights, the folder of a run, or "last-run".
        data: A folder or .zip with a folder of pictures for each class, or a published data set by
            its name; None for the data of the run.
        answers: What the person says of the file.
        manner: How, and which pictures.
        as_json: Print JSON instead of text.

    Raises:
        StudioError: If the file or the pictures cannot be used.
    """
    path = weights_file(checkpoint)
    source = _source(_run_of(path), data)
    if data is None and manner.part is None:
        manner = replace(manner, part="validation")  # the others are looked at on request only
    told, text = evaluated(path, source, answers=answers, manner=manner)
    if as_json:
        print(json.dumps(finite(told), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        text()
    return 0


def evaluated(
    weights: Path, source: Path | DataConfig, *, answers: Answers, manner: Manner
) -> tuple[dict[str, object], Callable[[], None]]:
    """Evaluates a file of weights, with progress on stderr.

    Args:
        weights: The file.
        source: The pictures.
        answers: What the person says of the file.
        manner: How, and which pictures.

    Returns:
        The result as plain values, and what prints it as text.

    Raises:
        StudioError: If the file or the pictures cannot be used.
    """
    examinee = open_examinee(weights, answers)
    device = str(choose_hardware(_in_single_precision(manner.device)).device)
    stream = _stream(examinee, source, manner, device)
    with closing(stream):  # an interruption ends the decoding threads
        result = _followed(stream)
    told = _as_data(examinee, result, data=_called(source), device=device, manner=manner)
    return told, lambda: _print_result(examinee, result)


def open_part(split: DataSplit, part: Part | None) -> Subset:
    """Returns the pictures of one side of a data set.

    Raises:
        DataError: If it keeps none for testing, and these are asked for.
    """
    if part == "all":
        return Subset(split.train.dataset, np.arange(len(split.train.dataset)))
    if part == "validation" or (part is None and split.test is None):
        return split.validation
    if split.test is None:
        raise DataError(
            f"{split.name} keeps no pictures for testing.",
            remedy='Leave that out, or take a data set that has a folder "test" beside "train".',
        )
    return split.test


def _stream(
    examinee: Examinee, source: Path | DataConfig, manner: Manner, device: str
) -> Generator[EvaluationProgress, None, Evaluation]:
    options: dict[str, Any] = {
        "names": examinee.names,
        "names_from": examinee.names_from,
        "batch_size": manner.batch_size,
        "device": device,
        "leave_right_size": examinee.leave_right_size,
        "ten_crop": manner.ten_crop,
    }
    if isinstance(source, Path):
        return (yield from evaluate(examinee.network, source, part=manner.part, **options))
    for item in open_dataset(source):
        if isinstance(item, DataSplit):
            subset = open_part(item, manner.part)
            return (yield from evaluate_subset(examinee.network, subset, **options))
        yield EvaluationProgress(item.phase, item.done, item.total)
    raise AssertionError("open_dataset ends with the data set")


def _run_of(weights: Path) -> RunFolder | None:
    """Returns the run that a file of weights lies in."""
    folder = RunFolder(weights.parent.parent)
    return folder if folder.checkpoints == weights.parent and folder.exists else None


def _source(run: RunFolder | None, data: str | None) -> Path | DataConfig:
    """Returns the pictures that are meant; those of the run are divided as they were there.

    Raises:
        RunError: If none are named, and the weights are of no run.
    """
    own = None if run is None else run.config.data
    if data is None:
        if own is None:
            raise RunError(
                "No pictures are named, and the file of weights lies in no run.",
                remedy="Name a folder: --data FOLDER.",
            )
        return own
    named = DataConfig.model_validate(named_data(data))
    if named.source == "folder":
        return Path(data)
    same = own is not None and (own.source, own.path) == (named.source, named.path)
    return own if own is not None and same else named


def _called(source: Path | DataConfig) -> str:
    return str(source if isinstance(source, Path) else source.path or source.source)


def _in_single_precision(device: DeviceChoice) -> Recipe:
    return Recipe(device=device, precision=Precision.FP32)


def parse_answers(
    *, classes: str, mean: str, std: str, size: int | None, fields: Sequence[str]
) -> Answers:
    """Reads what a person says of a file on the command line.

    Args:
        classes: Names divided by commas, in the order of the outputs; empty for none.
        mean: Three numbers divided by commas; empty for none.
        std: The same.
        size: Side of the network's input.
        fields: "field=value", fields of the spec.

    Raises:
        SpecError: If it cannot be read; names flag, value and remedy.
    """
    return Answers(
        classes=_names(classes) if classes else None,
        mean=_triple("mean", mean) if mean else None,
        std=_triple("std", std) if std else None,
        size=size,
        fields=dict(_field(each) for each in fields),
    )


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise SpecError(
            f"classes is {text[:60]!r}; one of its names is empty.",
            field="classes",
            remedy="Divide the names by single commas: --classes cat,dog.",
        )
    return names


def _triple(flag: str, text: str) -> Triple:
    try:
        red, green, blue = map(float, text.split(","))
    except ValueError:
        raise SpecError(
            f"{flag} is {text[:60]!r}; it must be three numbers divided by commas.",
            field=flag,
            remedy=f"For example: --{flag} 0.5,0.5,0.5.",
        ) from None
    return red, green, blue


def _field(text: str) -> tuple[str, Any]:
    name, equals, value = map(str.strip, text.partition("="))
    if not equals:
        raise SpecError(
            f"assume is {text[:60]!r}; it must be field=value.",
            field="assume",
            remedy="For example: --assume zero_padding=end.",
        )
    if name in _FLAGS:
        raise SpecError(
            f"assume is {text[:60]!r}; {name} has a flag of its own.",
            field="assume",
            remedy=f"Use --{_FLAGS[name]}.",
        )
    try:
        return name, json.loads(value.lower() if value in ("True", "False") else value)
    except ValueError:
        return name, value  # a word needs no quotes


# -- progress -----------------------------------------------------------------------------------


def _followed(stream: Generator[EvaluationProgress, None, Evaluation]) -> Evaluation:
    """Shows progress where somebody looks at the terminal; returns the result."""
    console = Console(file=sys.stderr)
    silent = not console.is_terminal
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=silent) as bar:
        task = bar.add_task("listing", total=1)
        while True:
            try:
                step = next(stream)
            except StopIteration as end:
                result: Evaluation = end.value
                return result
            bar.update(task, description=_described(step), completed=step.done, total=step.total)


def _described(step: EvaluationProgress) -> str:
    if step.phase != "evaluating" or not step.done:
        return step.phase
    return f"evaluating  {step.correct / step.done:7.2%} right"


# -- JSON ---------------------------------------------------------------------------------------


def _as_data(
    examinee: Examinee, result: Evaluation, *, data: str, device: str, manner: Manner
) -> dict[str, object]:
    found = examinee.found
    told: dict[str, object] = {
        "correct": result.correct,
        "total": result.total,
        "top1": result.accuracy,
        "accuracy": result.accuracy,
        "loss": result.loss,
    }
    if result.top5_correct is not None:
        share = result.top5_correct / result.total
        told |= {"top5_correct": result.top5_correct, "top5": share, "top5_accuracy": share}
    return told | {
        "checkpoint": str(found.path),
        "family": found.family,
        "format": found.format,
        "network": found.spec.name,
        "data": data,
        "split": manner.part,
        "ten_crop": manner.ten_crop,
        "outputs": list(result.labelling.names),
        "order_of_outputs": result.labelling.note,
        "classes": [_class_as_data(entry) for entry in result.classes],
        "skipped_folders": list(result.labelling.skipped),
        "bad_files": [_problem_as_data(problem) for problem in result.unread],
        "problems": [_problem_as_data(problem) for problem in result.problems],
        "overflowed": result.overflowed,
        "assumptions": _assumptions(examinee, result),
        "ignored": list(found.ignored),
        "notes": list(found.notes),
        "preprocessing": examinee.network.preprocessing.to_dict()
        | {"right_size_left_as_it_is": examinee.leave_right_size and not manner.ten_crop},
        "device": device,
        "seconds": round(result.seconds, 3),
        "images_per_second": round(result.total / max(result.seconds, 1e-9), 1),
    }


def _class_as_data(entry: ClassResult) -> dict[str, object]:
    told = asdict(entry) | {"accuracy": _share(entry.correct, entry.total)}
    if entry.top5_correct is None:
        del told["top5_correct"]
    return told


def _share(correct: int, total: int) -> float | None:
    return correct / total if total else None


def _problem_as_data(problem: Problem) -> dict[str, str]:
    return {"file": problem.file, "reason": problem.reason, "remedy": problem.remedy}


def _assumptions(examinee: Examinee, result: Evaluation) -> list[dict[str, object]]:
    told: list[dict[str, object]] = [
        each.to_dict() for each in examinee.found.assumed if each.field != "classes"
    ]
    if not result.labelling.certain:
        told.append(
            {
                "field": "classes",
                "value": list(result.labelling.names),
                "reason": result.labelling.note,
                "choices": [],
            }
        )
    return told


# -- text ---------------------------------------------------------------------------------------


def _print_result(examinee: Examinee, result: Evaluation) -> None:
    found = examinee.found
    print(f"{found.spec.name}, {examinee.network.description} ({found.family})")
    print(f"{result.correct:,} of {result.total:,} pictures right: {result.accuracy:.2%}")
    if result.top5_correct is not None:
        share = result.top5_correct / result.total
        print(f"{result.top5_correct:,} among the five most probable: {share:.2%}")
    print(f"mean loss {result.loss:.4f}\n")
    _print_classes(result)
    _print_list("Assumed, because the file does not say", _assumed_lines(examinee, result))
    _print_list("Noticed in the file", found.notes)
    _print_list("Folders that are no class of the network", result.labelling.skipped)
    _print_list("Pictures that cannot be read", list(map(str, result.unread)))
    _print_list("Noticed", list(map(str, result.problems)))
    if result.overflowed:
        print(f"\n{result.overflowed:,} pictures count as wrong: an output was not finite.")
    rate = result.total / max(result.seconds, 1e-9)
    print(f"\n{result.seconds:.1f} s, {rate:,.0f} images/s")


def _print_classes(result: Evaluation) -> None:
    worst = sorted(result.classes, key=lambda entry: _share(entry.correct, entry.total) or 0.0)
    shown = result.classes if len(result.classes) <= _LISTED else worst[:_LISTED]
    table = Table(box=None, pad_edge=False)
    for title in ("class", "right", "of", "accuracy", "most often taken for"):
        table.add_column(title, justify="left" if title[0] in "cm" else "right")
    for entry in shown:
        share = _share(entry.correct, entry.total)
        wrong = f"{entry.mistaken_for} ({entry.mistaken:,})" if entry.mistaken else ""
        rate = "" if share is None else f"{share:.2%}"
        table.add_row(entry.folder, f"{entry.correct:,}", f"{entry.total:,}", rate, wrong)
    Console(file=sys.stdout, highlight=False, markup=False).print(table)
    if len(shown) < len(result.classes):
        print(f"These are the worst {_LISTED} of {len(result.classes):,}; --json lists all.")


def _assumed_lines(examinee: Examinee, result: Evaluation) -> list[str]:
    lines = [str(each) for each in examinee.found.assumed if each.field != "classes"]
    return lines if result.labelling.certain else [*lines, result.labelling.note]


def _print_list(title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    print(f"\n{title}:")
    for line in lines[:_LISTED]:
        print(f"  {line}")
    if len(lines) > _LISTED:
        print(f"  and {len(lines) - _LISTED:,} more; --json lists all")
