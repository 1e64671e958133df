"""What the subcommand `runs` does and prints."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from resnet_studio.errors import RunError
from resnet_studio.files import write_text_atomic
from resnet_studio.terminal_progress import finite, in_bytes
from resnet_studio.training.comparing import (
    Comparison,
    Overview,
    compare,
    comparison_dict,
    epochs_csv,
    list_csv,
    overview,
    shown_value,
)
from resnet_studio.training.events import EpochDone
from resnet_studio.training.recorded import recorded_dir
from resnet_studio.training.runs import (
    RunFolder,
    RunListing,
    default_runs_dir,
    list_runs,
    listing_of,
)

_EPOCHS_SHOWN = 24
_NO_EDGE = 10_000
_RECORDED = "Runs that come with the program: resnet-studio runs --recorded"


def show_runs(
    names: Sequence[str],
    *,
    folder: Path | None,
    recorded: bool,
    csv: Path | None,
    as_json: bool,
) -> int:
    """Lists runs, or sets those that are named beside each other.

    Args:
        names: Folders of runs, or names of runs in `folder` or of recorded ones; all of `folder`
            if there are none.
        folder: Where runs lie; the studio's own folder if None.
        recorded: List those that come with the program in its place.
        csv: File to write the list or the figures of each epoch to, if any.
        as_json: Print JSON instead of text.

    Returns:
        0; a broken run is listed with its problem.

    Raises:
        RunError: If there is no such run or folder, or the file cannot be written.
    """
    parent = _recorded() if recorded else _parent(folder)
    if names:
        comparison = compare([_named(name, parent) for name in names])
        if csv is not None:
            _write(csv, epochs_csv(comparison))
        _print_json(comparison_dict(comparison)) if as_json else _print_comparison(comparison)
        return 0
    runs = [overview(listing) for listing in list_runs(parent)]
    if csv is not None:
        _write(csv, list_csv(runs))
    if as_json:
        _print_json({"folder": str(parent), "runs": [run.to_dict() for run in runs]})
    else:
        _print_list(parent, runs)
        if folder is None and not recorded:
            print(f"\n{_RECORDED}")
    return 0


def _recorded() -> Path:
    """Returns the folder of the runs that come with the program.

    Raises:
        RunError: If this installation lacks it.
    """
    try:
        return recorded_dir()
    except FileNotFoundError as error:
        raise RunError(
            f"The recorded runs are missing: {error}.", remedy="Install ResNet Studio again."
        ) from error


def _parent(folder: Path | None) -> Path:
    if folder is None:
        return default_runs_dir()
    if not os.path.isdir(folder):  # noqa: PTH112 - never raises
        raise RunError(
            f"There is no folder {folder}.", remedy="Name one that holds run folders: --dir runs."
        )
    return folder


def _named(name: str, parent: Path) -> RunListing:
    """Returns the run of that folder or name.

    Raises:
        RunError: If there is none.
    """
    places = [Path(name), parent / name]
    with suppress(RunError):  # an installation may lack them
        places.append(_recorded() / name)
    for path in places:
        if RunFolder(path).exists:
            return listing_of(RunFolder(path.absolute()))
    known = [listing.folder.name for listing in list_runs(parent)]
    listed = f" Runs in {parent}: {', '.join(known[:8])}." if known else ""
    raise RunError(
        f"There is no run {name}.",
        remedy=f"Name the folder that contains run.toml, or a run of --dir.{listed}",
    )


def _write(path: Path, text: str) -> None:
    """Writes a file, into a folder that is there, and says so where no output is in the way.

    Raises:
        RunError: If it cannot be written.
    """
    if not os.path.isdir(path.parent):  # noqa: PTH112 - never raises
        raise RunError(f"There is no folder {path.parent}.", remedy="Make it, or name another.")
    try:
        write_text_atomic(path, text)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
        raise RunError(
            f"{path} cannot be written: {reason or error}.", remedy="Choose another file."
        ) from error
    print(f"{path} was written.", file=sys.stderr)


def _print_json(values: dict[str, object]) -> None:
    print(json.dumps(finite(values), indent=2, ensure_ascii=False, allow_nan=False))


# -- text ---------------------------------------------------------------------------------------


def _print_list(parent: Path, runs: Sequence[Overview]) -> None:
    if not runs:
        print(f"There are no runs in {parent}. To make one: resnet-studio train")
        return
    print(f"{len(runs):,} run{'s' if len(runs) > 1 else ''} in {parent}\n")
    _print_table(_list_table(runs))
    _print_problems(runs)


def _list_table(runs: Sequence[Overview]) -> Table:
    left = ("run", "state", "network", "data", "recipe")
    table = _table(*left, right=("epochs", "best", "made", "on disk"))
    for run in runs:
        table.add_row(
            run.name,
            run.state if run.network else "broken",
            run.network,
            Path(run.data).name,
            run.recipe or ("own" if run.network else ""),
            _epochs(run),
            _percent(run.best_accuracy),
            _moment(run.created),
            in_bytes(run.bytes),
        )
    return table


def _print_comparison(comparison: Comparison) -> None:
    _print_table(_list_table(comparison.runs))
    _print_problems(comparison.runs)
    for run in comparison.runs:
        if run.best_epoch is not None:
            print(
                f"\n{run.name}: best {_percent(run.best_accuracy)} after epoch {run.best_epoch:,}; "
                f"{run.seconds:,.1f} s in all",
                end="",
            )
    print()
    if len(comparison.runs) > 1:
        _print_differences(comparison)
    _print_epochs(comparison)


def _print_differences(comparison: Comparison) -> None:
    if not comparison.differences:
        print("\nNo setting differs.")
        return
    print("\nSettings that differ:\n")
    table = _table("", *(run.name for run in comparison.runs))
    for each in comparison.differences:
        table.add_row(each.field, *map(shown_value, each.values))
    _print_table(table)


def _print_epochs(comparison: Comparison) -> None:
    """Prints the epochs, or some in even distances and the last where there are many."""
    rows = list(comparison.by_epoch())
    if not rows:
        return
    step = -(-len(rows) // _EPOCHS_SHOWN)
    shown = [row for place, row in enumerate(rows, start=1) if place % step == 0]
    if shown[-1:] != rows[-1:]:
        shown.append(rows[-1])
    print("\nTraining loss, validation loss and accuracy after each epoch:\n")
    table = _table(right=("epoch", *(run.name for run in comparison.runs)))
    for epoch, found in shown:
        table.add_row(f"{epoch:,}", *map(_figures, found))
    _print_table(table)
    if len(shown) < len(rows):
        print(f"\nThese are {len(shown)} of {len(rows):,} epochs; --csv and --json have all.")


def _figures(done: EpochDone | None) -> str:
    if done is None:
        return ""
    losses = f"{done.train_loss:.4f}  {done.validation_loss:.4f}"
    return f"{losses}  {_percent(done.validation_accuracy)}"


def _print_problems(runs: Sequence[Overview]) -> None:
    for run in runs:
        if run.problem:
            print(f"\n{run.name}: {run.problem}")


def _table(*left: str, right: Sequence[str] = ()) -> Table:
    table = Table(box=None, pad_edge=False)
    for place, title in enumerate(left):
        table.add_column(title, overflow="fold", no_wrap=place == 0)
    for title in right:
        table.add_column(title, justify="right", overflow="fold")
    return table


def _print_table(table: Table) -> None:
    console = Console(file=sys.stdout, highlight=False, markup=False)
    if not console.is_terminal:  # a file has no edge to break lines at
        console.width = _NO_EDGE
    console.print(table)


def _epochs(run: Overview) -> str:
    if not run.network:
        return ""
    return f"{run.epoch:,}/{run.epochs:,}" if run.epochs is not None else f"{run.epoch:,}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.2%}"


def _moment(created: str) -> str:
    """Returns a time in ISO format as a person reads it; as it is if it is none."""
    try:
        return f"{datetime.fromisoformat(created):%Y-%m-%d %H:%M}"
    except ValueError:
        return created
