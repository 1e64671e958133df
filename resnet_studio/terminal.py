"""What the subcommands `classify` and `train` do and print."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from resnet_studio.architecture.catalog import CATALOG, resolve
from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.data.cifar import find_cifar10
from resnet_studio.data.imaging import open_picture
from resnet_studio.data.sources import DataConfig, load_dataset
from resnet_studio.errors import DataError, PictureError, RunError, StudioError
from resnet_studio.probe.network import LoadedNetwork, OtherNetworkError, WeightsChoice
from resnet_studio.probe.network import load_network as load_weights
from resnet_studio.probe.predict import Prediction, classify
from resnet_studio.terminal_download import present
from resnet_studio.training import events
from resnet_studio.training.config import RunConfig, default_config
from resnet_studio.training.control import Control
from resnet_studio.training.loop import fit
from resnet_studio.training.presets import RECIPES
from resnet_studio.training.recipe import Recipe, parse_recipe
from resnet_studio.training.runs import RunFolder, default_runs_dir, list_runs

LAST_RUN = "last-run"
USUAL_NETWORK = "resnet18"
_WEIGHTS = (".safetensors", ".pth", ".pt")


def classify_pictures(
    images: Sequence[Path],
    *,
    weights: str,
    network: str | None,
    top: int,
    fetch: bool = False,
    as_json: bool,
) -> int:
    """Prints the most probable classes of each picture.

    Args:
        images: The picture files.
        weights: Where the weights come from.
        network: Catalogue id or spec file; None for the usual one.
        top: How many classes.
        fetch: Download published weights that are not here yet.
        as_json: Print JSON instead of text.

    Returns:
        0, or 1 if a picture could not be opened; the others are classified all the same.

    Raises:
        StudioError: If the network cannot be loaded, or there is nothing to do.
    """
    if not images:
        raise StudioError(
            "No picture is named.", remedy="For example: resnet-studio classify photo.jpg"
        )
    if top < 1:
        raise StudioError(f"top is {top}; it must be 1 or more.", remedy="Leave it out for 5.")
    if fetch and _choice(weights).kind != "pretrained":
        raise StudioError(
            "--download is for weights that torchvision publishes, and none are named.",
            remedy="For example: --weights IMAGENET1K_V1 --network resnet50.",
        )
    loaded = load(weights, network, fetch=fetch)
    results = [_classified(loaded, path, top=top) for path in images]
    if as_json:
        about = {
            "network": loaded.spec.name,
            "weights": loaded.description,
            "trained": loaded.trained,
            "assumed": [each.to_dict() for each in loaded.assumed],
            "notes": list(loaded.notes),
        }
        print(json.dumps({**about, "images": results}, indent=2, ensure_ascii=False))
    else:
        print_assumed(loaded)
        _print_predictions(loaded, results)
    return 1 if any("error" in result for result in results) else 0


def train_network(
    *,
    spec: str,
    data: str,
    recipe: str,
    run: Path | None,
    resume: Path | None,
    validation_fraction: float | None,
    changes: Mapping[str, Any],
    as_json: bool,
) -> int:
    """Trains, printing events as lines of JSON or as a progress display.

    Ctrl+C and SIGTERM stop the run after the present step, with a checkpoint.

    Returns:
        0 if the run finished or was stopped on request, 1 if it failed.

    Raises:
        StudioError: If the run cannot be begun.
    """
    if resume is not None:
        folder = RunFolder(resume)
        config = folder.config
        config = config.model_copy(update={"recipe": config.recipe.replace(**changes)})
    else:
        config = _configured(spec, data, recipe, validation_fraction, changes)
        folder = _new_folder(run, config)
    control = Control()
    with _stopping_on_signals(control):
        stream = fit(config, run_dir=folder.path, control=control, resume=resume is not None)
        with closing(stream):  # what cannot be printed ends the run, with a checkpoint
            ended = _print_json(stream) if as_json else _print_progress(stream, folder)
    if ended.outcome == "failed":
        if run is None and resume is None and ended.step == 0 and ended.checkpoint is None:
            shutil.rmtree(folder.path, ignore_errors=True)  # nothing was learned in it
        raise RunError(ended.message, remedy=ended.remedy)
    return 0


# -- classify -----------------------------------------------------------------------------------


def load(weights: str, network: str | None = None, *, fetch: bool = False) -> LoadedNetwork:
    """Loads the network; weights that say what they belong to decide over `network`.

    A line on stderr tells of a network that was named and does not count.

    Args:
        weights: A file, a run, "last-run", or the name of published weights.
        network: Catalogue id or spec file; None for the usual one.
        fetch: Download published weights that are not here yet.

    Raises:
        StudioError: If there is no such network, or the weights are missing, broken or of
            another one.
    """
    named = resolve(network or USUAL_NETWORK)
    loaded = _loaded(named, weights, fetch=fetch)
    if network is not None and not _alike(named, loaded.spec):
        print(f"{_two_networks(weights, named, loaded.spec)}; the file counts.", file=sys.stderr)
    return loaded


def load_named(weights: str, network: str) -> LoadedNetwork:
    """Loads the network that is named, with weights that must be its own.

    Only the number of classes may be another: the catalogue has each network with one.

    Raises:
        StudioError: If there is no such network, or the weights are missing, broken or of
            another one.
    """
    named = resolve(network)
    loaded = _loaded(named, weights)
    if not _alike(named.replace(classes=loaded.spec.classes), loaded.spec):
        raise StudioError(
            f"{_two_networks(weights, named, loaded.spec)}.",
            remedy=f"Name the weights alone: resnet-studio export {weights} --to FILE.",
        )
    return loaded


def _loaded(spec: NetworkSpec, weights: str, *, fetch: bool = False) -> LoadedNetwork:
    choice = _choice(weights)
    if choice.kind == "pretrained":
        choice = present(spec, choice, fetch=fetch)
    try:
        return load_weights(spec, choice)
    except OtherNetworkError as error:
        return load_weights(error.spec, choice)


def _alike(one: NetworkSpec, other: NetworkSpec) -> bool:
    from resnet_studio.models.structure import structure  # needs torch

    return structure(one) == structure(other)


def _two_networks(weights: str, named: NetworkSpec, held: NetworkSpec) -> str:
    told = [f"{e.name} ({e.depth} layers, {e.classes:,} classes)" for e in (held, named)]
    return f"{weights} holds the weights of {told[0]}, not of {told[1]}"


def print_assumed(network: LoadedNetwork) -> None:
    """Prints to stderr what the file of the weights does not say, what was taken, and its notes."""
    for each in network.assumed:
        print(f"Assumed {each}", file=sys.stderr)
    for note in network.notes:
        print(note, file=sys.stderr)


def names_weights(what: str) -> bool:
    """Returns whether `what` names weights, and not a network of the catalogue or a spec file."""
    path = Path(what)
    if what == LAST_RUN or os.path.exists(path / "run.toml"):  # noqa: PTH110 - never raises
        return True
    if what in CATALOG or path.suffix.lower() in (".toml", ".json"):
        return False
    return path.suffix.lower() in _WEIGHTS or os.path.isfile(path)  # noqa: PTH113 - never raises


def weights_file(what: str) -> Path:
    """Returns the file that `what` names: itself, or the best weights of a run.

    Raises:
        RunError: If it is "last-run" and there is none with weights.
    """
    if what == LAST_RUN or os.path.exists(Path(what) / "run.toml"):  # noqa: PTH110 - never raises
        return _weights_of(RunFolder(Path(what)) if what != LAST_RUN else _newest_run())
    return Path(what)


def _choice(weights: str) -> WeightsChoice:
    if not weights:
        return WeightsChoice(kind="random")
    path = Path(weights)
    if weights == LAST_RUN or os.path.exists(path / "run.toml"):  # noqa: PTH110 - never raises
        folder = RunFolder(path) if weights != LAST_RUN else _newest_run()
        return WeightsChoice(kind="run", path=str(_weights_of(folder)), name=folder.name)
    if not path.suffix and not os.path.exists(path):  # noqa: PTH110
        return WeightsChoice(kind="pretrained", name=weights)
    return WeightsChoice(kind="file", path=weights)


def _newest_run() -> RunFolder:
    for listing in list_runs(default_runs_dir()):
        if _weights_of(listing.folder).exists():
            return listing.folder
    raise RunError(
        f"There is no run with weights in {default_runs_dir()}.",
        remedy="Train one first, for example with «resnet-studio train».",
    )


def _weights_of(folder: RunFolder) -> Path:
    best = folder.weights("best")
    return best if best.exists() else folder.weights("last")


def _classified(network: LoadedNetwork, path: Path, *, top: int) -> dict[str, Any]:
    try:
        predictions = classify(network, open_picture(path), top=top)
    except PictureError as error:
        return {"file": str(path), "error": str(error)}
    return {"file": str(path), "top": [_as_dict(prediction) for prediction in predictions]}


def _as_dict(prediction: Prediction) -> dict[str, Any]:
    return {
        "class": prediction.name,
        "index": prediction.index,
        "probability": prediction.probability,
    }


def _print_predictions(network: LoadedNetwork, results: Sequence[Mapping[str, Any]]) -> None:
    print(f"{network.spec.name}, {network.description}")
    if not network.trained:
        print("These weights are random: the classes below mean nothing. Choose some: --weights.")
    for result in results:
        print(f"\n{result['file']}")
        if "error" in result:
            print(f"  {result['error']}")
        for entry in result.get("top", ()):
            print(f"  {entry['probability']:7.2%}  {entry['class']}")


# -- train --------------------------------------------------------------------------------------


def _configured(
    spec: str,
    data: str,
    recipe: str,
    validation_fraction: float | None,
    changes: Mapping[str, Any],
) -> RunConfig:
    source = _data_config(data, validation_fraction)
    classes = None
    if source.source == "folder":
        classes = len(load_dataset(source).classes)
    config = default_config(resolve(spec), source, classes=classes)
    base = _recipe(recipe) if recipe else config.recipe
    return config.model_copy(update={"recipe": base.replace(**changes)})


def _data_config(data: str, validation_fraction: float | None) -> DataConfig:
    fraction = 0.2 if validation_fraction is None else validation_fraction
    if not 0.0 < fraction < 1.0:
        raise DataError(
            f"validation-fraction is {fraction}; it must lie between 0 and 1.",
            remedy="0.2 keeps a fifth of the pictures for validation.",
        )
    if data == "digits":
        return DataConfig(source="digits", validation_fraction=fraction)
    if data == "cifar10":
        return DataConfig(source="cifar10", validation_fraction=fraction)
    if find_cifar10(Path(data)) is not None:
        return DataConfig(source="cifar10", path=str(Path(data).resolve()))
    # An empty name would become the current folder.
    path = str(Path(data).resolve()) if data else None
    return DataConfig(source="folder", path=path, validation_fraction=fraction)


def _recipe(name: str) -> Recipe:
    if name in RECIPES:
        return RECIPES[name].recipe
    path = Path(name)
    if not os.path.exists(path):  # noqa: PTH110 - never raises
        raise RunError(
            f"There is no recipe {name!r}.",
            remedy=f"Presets: {', '.join(RECIPES)}; or name a .toml file.",
        )
    from resnet_studio.architecture.textforms import read_mapping

    values = read_mapping(path)
    recipe = values.get("recipe", values)
    if not isinstance(recipe, Mapping):
        raise RunError(
            f"{path}: recipe is {recipe!r:.60}; it must be a table of fields.",
            remedy='Write the fields below a line "[recipe]".',
        )
    return parse_recipe(recipe)


def _new_folder(run: Path | None, config: RunConfig) -> RunFolder:
    if run is None:
        return RunFolder.create(default_runs_dir(), config)
    return RunFolder(run)


@contextmanager
def _stopping_on_signals(control: Control) -> Iterator[None]:
    """Lets the first Ctrl+C save and stop; a second one interrupts at once."""

    def stop(number: int, _frame: object) -> None:
        control.stop()
        signal.signal(number, signal.default_int_handler)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _print_json(stream: Iterator[events.Event]) -> events.RunEnded:
    for event in stream:
        print(json.dumps(events.to_dict(event), ensure_ascii=False), flush=True)
        if isinstance(event, events.RunEnded):
            return event
    raise RuntimeError("the run ended without saying how")


def _print_progress(stream: Iterator[events.Event], folder: RunFolder) -> events.RunEnded:
    console = Console(file=sys.stderr)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        display = _Display(progress, progress.add_task("starting", total=1), console.print)
        for event in stream:
            display.show(event)
            if isinstance(event, events.RunEnded):
                ended = event
                break
    if ended.outcome != "failed":  # else it is the error message of the program
        print(f"{ended.message} {ended.remedy}".strip())
        print(f"Run: {folder.path}")
    return ended


class _Display:
    """One progress line for the steps, and a printed line for each epoch."""

    def __init__(self, progress: Progress, task: TaskID, say: Callable[..., None]) -> None:
        self._progress = progress
        self._task = task
        self._say = say

    def show(self, event: events.Event) -> None:
        """Prints what a person wants to know of the event."""
        if isinstance(event, events.RunStarted):
            self._begin(event)
        elif isinstance(event, events.StepDone):
            self._progress.update(
                self._task,
                completed=event.step,
                description=(
                    f"epoch {event.epoch}  loss {event.loss:.3f}  "
                    f"{event.images_per_second:,.0f} images/s"
                ),
            )
        elif isinstance(event, events.EpochDone):
            self._say(_epoch_line(event))
        elif isinstance(event, events.Warned):
            self._say(event.message)

    def _begin(self, event: events.RunStarted) -> None:
        for problem in event.problems:
            self._say(problem)
        self._say(
            f"{event.parameters:,} parameters on {event.device} ({event.precision}); "
            f"{event.train_size:,} pictures to learn from, {event.validation_size:,} held out"
        )
        self._progress.update(self._task, total=event.total_steps, completed=event.start_step)


def _epoch_line(event: events.EpochDone) -> str:
    return (
        f"epoch {event.epoch:>3}  train {event.train_loss:.4f} {event.train_accuracy:7.2%}  "
        f"validation {event.validation_loss:.4f} {event.validation_accuracy:7.2%}  "
        f"{event.seconds:.1f} s"
    )
