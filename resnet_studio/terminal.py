"""What the subcommand `classify` does and prints, and how the others find a network's weights."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from resnet_studio.architecture.catalog import CATALOG, resolve
from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.data.imaging import open_picture
from resnet_studio.errors import PictureError, RunError, StudioError
from resnet_studio.probe.network import LoadedNetwork, OtherNetworkError, WeightsChoice
from resnet_studio.probe.network import load_network as load_weights
from resnet_studio.probe.predict import Prediction, classify
from resnet_studio.terminal_download import present
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
