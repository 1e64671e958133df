"""The networks that the present one can be compared with, and how each is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.errors import CheckpointError
from resnet_studio.probe.network import WeightsChoice

if TYPE_CHECKING:
    from resnet_studio.probe.network import LoadedNetwork

KeyedNetwork = tuple[tuple[object, ...], "LoadedNetwork"]
"""A loaded network with what decides whether it is still the right one."""
_SEED = 0


class Source(StrEnum):
    """Where the other network comes from."""

    INTACT = "intact"
    RANDOM = "random"
    SHIPPED = "shipped"
    LAST_RUN = "last_run"
    FILE = "file"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class OtherNetwork:
    """A network to compare with; which one it is may depend on the present one.

    Attributes:
        source: Where it comes from.
        path: The file, for `FILE`.
        spec: The network, for `OTHER`.
        runs: Folder of the runs, for `LAST_RUN`; empty for the usual one.
    """

    source: Source
    path: str = ""
    spec: NetworkSpec | None = None
    runs: str = ""

    def loaded(self, present: LoadedNetwork, before: KeyedNetwork | None) -> KeyedNetwork:
        """Returns it, ready to look at a picture; called in a worker.

        Args:
            present: The network of the window.
            before: What an earlier call returned; it is returned again if it is still the same.

        Raises:
            CheckpointError: If its weights are missing, broken or do not fit.
        """
        from resnet_studio.probe.network import OtherNetworkError, load_network

        if self.source is Source.INTACT:
            intact = present.intact or present
            return (id(intact),), intact
        spec, choice = self._wished(present)
        key = (spec, choice, _changed_at(choice))
        if before is not None and before[0] == key:
            return before
        try:
            return key, load_network(spec, choice)
        except OtherNetworkError as error:  # weights of another network are welcome here
            return key, load_network(error.spec, choice)

    def _wished(self, present: LoadedNetwork) -> tuple[NetworkSpec, WeightsChoice]:
        from resnet_studio.probe.shipped import shipped_for

        spec = present.spec
        if self.source is Source.FILE:
            return spec, WeightsChoice(kind="file", path=self.path)
        if self.source is Source.OTHER:
            assert self.spec is not None
            return self.spec, _best_here(self.spec)
        if self.source is Source.LAST_RUN:
            return spec, _last_run(self.runs)
        shipped = shipped_for(spec)
        if self.source is Source.SHIPPED and shipped is not None:
            return spec, WeightsChoice(kind="shipped", name=shipped.id)
        choice = present.choice
        same = choice.kind == "random" and choice.seed == _SEED
        return spec, WeightsChoice(seed=_SEED + 1 if same else _SEED)


def network_words(other: OtherNetwork) -> str:
    """Returns what a network is called before it is loaded."""
    match other.source:
        case Source.INTACT:
            return _tr("The same network without surgery")
        case Source.RANDOM:
            return _tr("Random weights")
        case Source.SHIPPED:
            return _tr("Trained weights that come with the program")
        case Source.LAST_RUN:
            return _tr("Weights of the last run")
        case Source.FILE:
            return Path(other.path).name
        case Source.OTHER:
            return "" if other.spec is None else other.spec.name


def _best_here(spec: NetworkSpec) -> WeightsChoice:
    """Returns the best weights that need no download: random ones if there are none."""
    from resnet_studio import models
    from resnet_studio.probe.network import usual_weights

    here = (weights for weights in models.pretrained_weights(spec) if weights.downloaded)
    found = next(here, None)
    if found is None:
        return usual_weights(spec)
    return WeightsChoice(kind="pretrained", name=found.name)


def _changed_at(choice: WeightsChoice) -> int:
    """Returns when the file of the weights was written: a run in progress writes it again."""
    try:
        return Path(choice.path).stat().st_mtime_ns if choice.path else 0
    except OSError:
        return 0  # loading will say what is wrong


def _last_run(folder: str) -> WeightsChoice:
    """Returns the best weights of the newest run that has any.

    Raises:
        CheckpointError: If there is none.
    """
    from resnet_studio.training.runs import default_runs_dir, list_runs

    for listing in list_runs(Path(folder) if folder else default_runs_dir()):
        path = listing.folder.weights("best")
        if path.is_file():
            return WeightsChoice(kind="run", path=str(path), name=listing.folder.name)
    raise CheckpointError(
        _tr("There is no run with weights to compare with."),
        remedy=_tr("Train a network first, or choose other weights."),
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("compare_networks", text)
