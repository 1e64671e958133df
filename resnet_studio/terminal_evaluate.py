"""What the subcommand `evaluate` does and prints."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from resnet_studio.data.dataset import Problem
from resnet_studio.errors import SpecError
from resnet_studio.probe.evaluate import (
    ClassResult,
    Evaluation,
    EvaluationProgress,
    evaluate,
)
from resnet_studio.probe.examinee import Answers, Examinee, Triple, open_examinee
from resnet_studio.terminal import weights_file
from resnet_studio.training.devices import choose_hardware
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import DeviceChoice, Precision

_LISTED = 20
_FLAGS = {"classes": "classes", "mean": "mean", "std": "std", "input_size": "size"}


def evaluate_checkpoint(
    checkpoint: str,
    data: Path,
    *,
    answers: Answers,
    batch_size: int | None,
    device: DeviceChoice,
    as_json: bool,
) -> int:
    """Prints how many pictures of a folder the network of a file names rightly.

    Args:
        checkpoint: A file of weights, the folder of a run, or "last-run".
        data: A folder or .zip with a folder of pictures for each class.
        answers: What the person says of the file.
        batch_size: Pictures at once; chosen by their size if None.
        device: Where to compute.
        as_json: Print JSON instead of text.

    Raises:
        StudioError: If the file or the folder cannot be used.
    """
    examinee = open_examinee(weights_file(checkpoint), answers)
    hardware = choose_hardware(Recipe(device=device, precision=Precision.FP32))
    stream = evaluate(
        examinee.network,
        data,
        names=examinee.names,
        names_from=examinee.names_from,
        batch_size=batch_size,
        device=str(hardware.device),
        leave_right_size=examinee.leave_right_size,
    )
    with closing(stream):  # an interruption ends the decoding threads
        result = _followed(stream)
    if as_json:
        told = _as_data(examinee, result, data=data, device=str(hardware.device))
        print(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        _print_result(examinee, result)
    return 0


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
    examinee: Examinee, result: Evaluation, *, data: Path, device: str
) -> dict[str, object]:
    found = examinee.found
    told: dict[str, object] = {
        "correct": result.correct,
        "total": result.total,
        "accuracy": result.accuracy,
    }
    if result.top5_correct is not None:
        told["top5_correct"] = result.top5_correct
        told["top5_accuracy"] = result.top5_correct / result.total
    return told | {
        "checkpoint": str(found.path),
        "family": found.family,
        "format": found.format,
        "network": found.spec.name,
        "data": str(data),
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
        | {"right_size_left_as_it_is": examinee.leave_right_size},
        "device": device,
        "seconds": round(result.seconds, 3),
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
    print()
    _print_classes(result)
    _print_list("Assumed, because the file does not say", _assumed_lines(examinee, result))
    _print_list("Noticed in the file", found.notes)
    _print_list("Folders that are no class of the network", result.labelling.skipped)
    _print_list("Pictures that cannot be read", list(map(str, result.unread)))
    _print_list("Noticed in the folder", list(map(str, result.problems)))
    if result.overflowed:
        print(f"\n{result.overflowed:,} pictures count as wrong: an output was not finite.")
    print(f"\n{result.seconds:.1f} s")


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
