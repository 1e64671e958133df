"""What the subcommand `export` does and prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from rich.console import Console

from resnet_studio.errors import ExportError
from resnet_studio.export import Exported, ExportEvent, Format, Subject, export, files_of
from resnet_studio.probe.network import LoadedNetwork
from resnet_studio.terminal import load, load_named, names_weights, print_assumed


def export_network(what: str, *, to: Path, weights: str, as_json: bool) -> int:
    """Writes a network to a file of the format that its suffix says, and says what was compared.

    Args:
        what: A catalogue id, a spec file, or weights as for `weights`.
        to: The file to write.
        weights: As for `classify`; empty for those that `what` names, or random ones.
        as_json: Print JSON instead of text.

    Raises:
        StudioError: If there is no such network, the weights are of another, or it cannot be
            exported.
    """
    files = files_of(to)
    own = not weights and names_weights(what)
    network = load(what) if own else load_named(weights, what)
    _check_source(network, files)
    subject = Subject(
        network.model,
        network.classes,
        network.preprocessing,
        network.description,
        classes_assumed=network.classes_assumed,
    )
    with closing(export(to, subject)) as stream:
        exported = _followed(stream, silent=as_json)
    if as_json:
        print(json.dumps(_as_data(network, exported), indent=2, ensure_ascii=False))
    else:
        print_assumed(network)
        _print_result(network, exported)
    return 0


def _check_source(network: LoadedNetwork, files: tuple[Path, ...]) -> None:
    """The file that the weights come from may hold more than is exported."""
    source = network.choice.path
    for file in files:
        if source and file.exists() and file.samefile(source):
            raise ExportError(
                f"{file} is the file that the weights come from; it would be replaced.",
                remedy="Export to another name.",
            )


def _followed(stream: Iterator[ExportEvent], *, silent: bool) -> Exported:
    console = Console(stderr=True, quiet=silent)
    with console.status("Exporting") as status:
        for event in stream:
            if isinstance(event, Exported):
                return event
            status.update(event.text)
    raise RuntimeError("the export ended without a result")


def _as_data(network: LoadedNetwork, exported: Exported) -> dict[str, object]:
    return {
        "network": network.spec.name,
        "weights": network.description,
        "trained": network.trained,
        "assumed": [each.to_dict() for each in network.assumed],
        "notes": list(network.notes),
        "format": exported.format.value,
        "files": [str(file) for file in exported.files],
        "checked": exported.checked,
        "difference": exported.difference,
    }


def _print_result(network: LoadedNetwork, exported: Exported) -> None:
    print(f"{network.spec.name}, {network.description}")
    if not network.trained and exported.format not in (Format.TOML, Format.JSON):
        print("These weights are random: what was exported knows nothing. Choose some: --weights.")
    print(exported.checked)
    for file in exported.files:
        print(file)
