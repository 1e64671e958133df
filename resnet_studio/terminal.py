"""What the subcommand `classify` does and prints, and how the others find a network's weights."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from resnet_studio.architecture.catalog import CATALOG, resolve
from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.errors import RunError, StudioError
from resnet_studio.files import write_text_atomic
from resnet_studio.probe.classified_table import Row, Truths, as_csv, score
from resnet_studio.probe.classify_many import Crop, classify_many, find_pictures
from resnet_studio.probe.network import (
    LoadedNetwork,
    OtherNetworkError,
    WeightsChoice,
    usual_weights,
)
from resnet_studio.probe.network import load_network as load_weights
from resnet_studio.probe.predict import Prediction
from resnet_studio.probe.shipped import shipped_weights
from resnet_studio.terminal_download import present
from resnet_studio.training.runs import RunFolder, default_runs_dir, list_runs

LAST_RUN = "last-run"
RANDOM = "random"
USUAL_NETWORK = "cifar_resnet20"
"""Of which trained weights come with the program."""
_WEIGHTS = (".safetensors", ".pth", ".pt")


def classify_pictures(
    images: Sequence[Path],
    *,
    weights: str,
    network: str | None,
    top: int,
    crop: str = "pipeline",
    csv: Path | None = None,
    fetch: bool = False,
    as_json: bool,
) -> int:
    """Prints the most probable classes of each picture.

    Args:
        images: Picture files, and folders of pictures.
        weights: Where the weights come from.
        network: Catalogue id or spec file; None for the usual one.
        top: How many classes.
        crop: Name of a `Crop`.
        csv: File to write the table to, too; None for none.
        fetch: Download published weights that are not here yet.
        as_json: Print JSON instead of text.

    Returns:
        0, or 1 if a picture could not be opened; the others are classified all the same.

    Raises:
        StudioError: If the network cannot be loaded, there is nothing to do, or the table cannot
            be written.
    """
    if not images:
        raise StudioError(
            "No picture is named.", remedy="For example: resnet-studio classify photo.jpg"
        )
    if top < 1:
        raise StudioError(f"top is {top}; it must be 1 or more.", remedy="Leave it out for 5.")
    named = _choice(weights)
    if fetch and (named is None or named.kind != "pretrained"):
        raise StudioError(
            "--download is for weights that torchvision publishes, and none are named.",
            remedy="For example: --weights IMAGENET1K_V1 --network resnet50.",
        )
    files = _files(images)
    loaded = load(weights, network, fetch=fetch)
    told = _Telling(loaded, top=top, as_json=as_json)
    rows = [told.add(row) for row in _rows(loaded, files, crop=Crop(crop), top=top)]
    told.end()
    if csv is not None:
        _write_csv(csv, as_csv(rows, loaded.classes, top=min(top, len(loaded.classes))))
    return 1 if any(row.error for row in rows) else 0


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
    choice = _choice(weights) or usual_weights(spec)
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


def _choice(weights: str) -> WeightsChoice | None:
    """Returns the weights that are named; None if none are."""
    if not weights:
        return None
    if weights == RANDOM:
        return WeightsChoice(kind="random")
    if weights in (each.id for each in shipped_weights()):
        return WeightsChoice(kind="shipped", name=weights)
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


def _files(images: Sequence[Path]) -> tuple[Path, ...]:
    """Returns the files that are named, and those in the folders that are.

    Raises:
        StudioError: If there are none.
    """
    search = find_pictures(images)
    try:
        while True:
            next(search)
    except StopIteration as end:
        found = end.value
    for problem in found.problems:
        print(f"{problem.file}: {problem.reason}", file=sys.stderr)
    if not found.files:
        raise StudioError(
            f"There is no picture in {', '.join(str(path) for path in images)}.",
            remedy="Name a folder that has some, or picture files.",
        )
    return tuple(found.files)


def _rows(network: LoadedNetwork, files: Sequence[Path], *, crop: Crop, top: int) -> Iterator[Row]:
    truths = Truths(network.classes)
    results = classify_many(network, files, crop=crop, top=top)
    for path, result in zip(files, results, strict=True):
        truth = truths[path.absolute().parent.name]
        yield Row(str(path), result.predictions, truth, str(result.error or ""))


def _write_csv(path: Path, text: str) -> None:
    try:
        write_text_atomic(path, text)
    except OSError as error:
        raise StudioError(
            f"{path} cannot be written: {error.strerror or error}.", remedy="Name another file."
        ) from error


class _Telling:
    """Prints each picture as soon as it is classified, or JSON of all at the end."""

    def __init__(self, network: LoadedNetwork, *, top: int, as_json: bool) -> None:
        self._network = network
        self._top = top
        self._as_json = as_json
        self._rows: list[Row] = []
        if not as_json:
            print_assumed(network)
            print(f"{network.spec.name}, {network.description}")
            if not network.trained:
                print(
                    "These weights are random: the classes below mean nothing. Choose some: "
                    "--weights."
                )

    def add(self, row: Row) -> Row:
        """Tells of one picture."""
        self._rows.append(row)
        if not self._as_json:
            print(f"\n{row.file}")
            if row.error:
                print(f"  {row.error}")
            for each in row.predictions:
                print(f"  {each.probability:7.2%}  {each.name}")
        return row

    def end(self) -> None:
        """Tells what holds for all."""
        if self._as_json:
            images = [_as_dict(row) for row in self._rows]
            about = {
                "network": self._network.spec.name,
                "weights": self._network.description,
                "trained": self._network.trained,
                "assumed": [each.to_dict() for each in self._network.assumed],
                "notes": list(self._network.notes),
            }
            print(json.dumps({**about, "images": images}, indent=2, ensure_ascii=False))
            return
        found = score(self._rows)
        if found.known:
            print(
                f"\n{found.right:,} of {found.known:,} pictures are of the class that their "
                f"folder names: {found.accuracy:.2%}."
            )


def _as_dict(row: Row) -> dict[str, Any]:
    if row.error:
        return {"file": row.file, "error": row.error}
    return {"file": row.file, "top": [_class_as_dict(each) for each in row.predictions]}


def _class_as_dict(prediction: Prediction) -> dict[str, Any]:
    return {
        "class": prediction.name,
        "index": prediction.index,
        "probability": prediction.probability,
    }
