"""Run folders: one folder a run, the same for the window and the command line.

    2026-11-21_0319_cifar_resnet20/
      run.toml            network, data, augmentation, recipe, versions, hardware
      metrics.jsonl       the curves, a line a step and a line an epoch; see `metrics`
      status.json         how far it is, for lists of runs
      checkpoints/        last.pt, previous.pt (whole state); last and best .safetensors (weights);
                          epoch-0020.pt and .safetensors where such are kept; see `retention`
      tensorboard/        event files, if asked for
      report/             what is made from the run afterwards

No torch here: runs are listed before it is loaded.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import os
import platform
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError

import resnet_studio
from resnet_studio.architecture.textforms import dump_toml
from resnet_studio.data.mean_picture import LINE
from resnet_studio.errors import RunError
from resnet_studio.files import read_plain, write_text_atomic
from resnet_studio.settings import data_dir
from resnet_studio.training import metrics
from resnet_studio.training.config import RunConfig, parse_config
from resnet_studio.training.lock import in_use

State: TypeAlias = Literal["new", "running", "interrupted", "finished", "stopped", "failed"]
Which: TypeAlias = Literal["last", "best"]

_Count: TypeAlias = Annotated[int, Field(ge=0, le=2**53, strict=True)]
_Share: TypeAlias = Annotated[float, Field(ge=0.0, le=1.0)]

FORMAT: Final = 1
_CONFIG_TABLES: Final = tuple(RunConfig.model_fields)
# A real run.toml has 2 to 3 KiB, apart from text in lines of its own: the mean pictures of its two
# pipelines, at most 2 x 540 KB, and the names of pictures and classes that are left out or renamed.
# tomllib takes time that grows with the square of a dotted key, but not of what stands in quotation
# marks: 0.7 s for 100,000 names (one core).
_MAX_CONFIG_BYTES: Final = 1 << 16
_MAX_CONFIG_LINE: Final = 1 << 13
_MAX_TEXT_BYTES: Final = 1 << 22
_TEXT: Final = rf'"(?:[^"\\\n]|\\.){{1,{LINE}}}"'
_TEXT_LINE: Final = re.compile(
    rf"^ *(?:(?:[A-Za-z0-9_-]{{1,200}}|{_TEXT}) = )?{_TEXT},?$", re.MULTILINE
)
_MAX_STATUS_BYTES: Final = 1 << 16
_NAME_CHARACTERS: Final = 60
_RECORDED_PACKAGES: Final = ("torch", "torchvision", "numpy", "pillow")


@dataclass(frozen=True, slots=True)
class RunStatus:
    """How far a run is.

    Attributes:
        state: "new" before it first started; "running" while a program trains it; "interrupted"
            if that program was killed; else how it ended.
        step: Steps done at the last save.
        total_steps: Steps of the whole run; 0 while unknown.
        epoch: Epochs completed at the last save.
        best_accuracy: Highest validation accuracy, 0 to 1; None before the first validation.
        message: How it ended, for a person; empty otherwise.
    """

    state: State = "new"
    step: _Count = 0
    total_steps: _Count = 0
    epoch: _Count = 0
    best_accuracy: _Share | None = None
    message: str = ""

    @property
    def resumable(self) -> bool:
        """True if there is training left to do and no program is at it."""
        return self.state not in {"running", "finished"}


@dataclass(frozen=True, slots=True)
class RunListing:
    """A run in a list; `problem` says why `config` is missing, if it is."""

    folder: RunFolder
    config: RunConfig | None
    status: RunStatus
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one run. Making this object touches nothing on the disk."""

    path: Path

    @classmethod
    def create(cls, parent: Path, config: RunConfig) -> RunFolder:
        """Makes a new folder with a name of its own, "2026-11-21_0319_cifar_resnet20".

        Raises:
            RunError: If `parent` cannot be written to.
        """
        # Local time, because a person looks for the run they made at five past three.
        now = datetime.datetime.now().astimezone()
        stem = f"{now:%Y-%m-%d_%H%M}_{_slug(config.network.name)}"
        try:
            parent.mkdir(parents=True, exist_ok=True)
            folder = cls(_make_unique(parent, stem))
        except (OSError, ValueError) as error:  # ValueError: a name that no disk can hold
            raise _not_writable(parent, error) from error
        folder.prepare(config)
        return folder

    def prepare(self, config: RunConfig) -> None:
        """Writes `run.toml` and makes the inner folders; the folder itself may exist already.

        Raises:
            RunError: If it holds a run already, or cannot be written to.
        """
        if self.exists:
            raise RunError(
                f"{self.path} already holds a run.",
                remedy="Resume it, or choose another folder for the new run.",
            )
        now = datetime.datetime.now().astimezone()
        about = {"format": FORMAT, "name": self.name, "created": now.isoformat("T", "seconds")}
        self._write({"run": about, "versions": _versions(), **config.to_dict()})

    @property
    def name(self) -> str:
        """What to call the run."""
        return self.path.name

    @property
    def exists(self) -> bool:
        """True if the folder holds a run."""
        return os.path.exists(self.path / "run.toml")  # noqa: PTH110 - never raises

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.path / "checkpoints"

    @property
    def report(self) -> Path:
        """Folder for what is made from the run afterwards."""
        return self.path / "report"

    @property
    def tensorboard(self) -> Path:
        """Folder of the event files for TensorBoard; there only if they were asked for."""
        return self.path / "tensorboard"

    @property
    def metrics_path(self) -> Path:
        """The file of the curves."""
        return self.path / "metrics.jsonl"

    @property
    def config(self) -> RunConfig:
        """The run's configuration, read from `run.toml`.

        Raises:
            RunError: If the file is missing or broken.
        """
        values = self._read()
        try:
            return parse_config({key: values[key] for key in _CONFIG_TABLES if key in values})
        except RunError as error:
            raise RunError(
                f"{self.path / 'run.toml'}: {error.message}", remedy=error.remedy
            ) from error

    @property
    def created(self) -> str:
        """When the run was made, in ISO format; empty if `run.toml` does not say."""
        about = self._read().get("run")
        return str(about.get("created", "")) if isinstance(about, dict) else ""

    def weights(self, which: Which = "best") -> Path:
        """Returns where the weights are kept; the file exists after the first save."""
        return self.checkpoints / f"{which}.safetensors"

    def metrics(self) -> metrics.Metrics:
        """Reads the curves.

        Raises:
            RunError: If the file cannot be read.
        """
        try:
            return metrics.read_metrics(self.metrics_path)
        except OSError as error:
            raise RunError(
                f"{self.metrics_path} cannot be read: {error.strerror or error}.",
                remedy="Check the folder's permissions.",
            ) from error

    def status(self) -> RunStatus:
        """Returns how far the run is; never raises."""
        try:
            content = read_plain(self.path / "status.json", most=_MAX_STATUS_BYTES)
            status = _STATUS.validate_json(content)
        except (OSError, ValidationError):
            status = RunStatus()
        if in_use(self.path):
            return _with_state(status, "running")
        # A program that ends by itself says how; one that is killed leaves "running" behind.
        return _with_state(status, "interrupted") if status.state == "running" else status

    def write_status(self, status: RunStatus) -> None:
        """Replaces `status.json`.

        Raises:
            OSError: If it cannot be written.
        """
        write_text_atomic(self.path / "status.json", json.dumps(asdict(status)))

    def record(self, *, config: RunConfig, hardware: Mapping[str, Any]) -> None:
        """Writes what the run is trained with now into `run.toml`.

        Raises:
            RunError: If it cannot be written.
        """
        values = {**self._read(), **config.to_dict()}
        self._write({**values, "versions": _versions(), "hardware": dict(hardware)})

    def _write(self, values: Mapping[str, Any]) -> None:
        try:
            for folder in (self.path, self.checkpoints, self.report):
                folder.mkdir(parents=True, exist_ok=True)
            text = dump_toml(values)
            if (problem := _too_long(text)) is not None:
                raise RunError(
                    f"The run cannot be kept: {problem}.",
                    remedy="Leave out whole classes, or fewer pictures one by one.",
                )
            write_text_atomic(self.path / "run.toml", text)
        except (OSError, ValueError) as error:
            raise _not_writable(self.path, error) from error

    def _read(self) -> dict[str, Any]:
        try:
            return read_tables(self.path / "run.toml")
        except FileNotFoundError as error:
            raise RunError(
                f"{self.path} holds no run: run.toml is missing.",
                remedy="Choose a folder that ResNet Studio made for a run.",
            ) from error


def read_tables(path: Path) -> dict[str, Any]:
    """Reads a file with the tables of a `run.toml`.

    Raises:
        FileNotFoundError: If it is missing.
        RunError: If it cannot be read, or is longer than any run needs.
    """
    try:
        text = read_plain(path, most=_MAX_CONFIG_BYTES + _MAX_TEXT_BYTES).decode("utf-8")
        if (problem := _too_long(text)) is not None:
            raise ValueError(problem)
        return tomllib.loads(text)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(
            f"{path} cannot be read: {error}.",
            remedy="Restore the file, or start a new run.",
        ) from error


def default_runs_dir() -> Path:
    """Returns where runs are kept unless the person chose a folder; it may not exist yet."""
    return data_dir() / "runs"


def list_runs(parent: Path) -> tuple[RunListing, ...]:
    """Returns the runs in a folder, the newest first; broken ones are listed with their problem.

    A folder that does not exist or cannot be read has no runs.
    """
    try:
        folders = [folder for folder in map(RunFolder, parent.iterdir()) if folder.exists]
    except (OSError, ValueError):
        return ()
    return tuple(sorted((listing_of(folder) for folder in folders), key=_newest_last, reverse=True))


def listing_of(folder: RunFolder) -> RunListing:
    """Returns a run as it stands in a list; one that is broken with its problem."""
    try:
        return RunListing(folder, folder.config, folder.status())
    except RunError as error:
        return RunListing(folder, None, folder.status(), problem=str(error))


def _newest_last(listing: RunListing) -> tuple[str, str]:
    try:
        return listing.folder.created, listing.folder.name
    except RunError:
        return "", listing.folder.name


def _too_long(text: str) -> str | None:
    """Returns what of a configuration is longer than any run needs, before it is parsed."""
    if len(text.encode()) > _MAX_CONFIG_BYTES + _MAX_TEXT_BYTES:
        return "its configuration is far too long, with all the names and pictures in it"
    rest = _TEXT_LINE.sub("", text)
    if len(rest.encode()) > _MAX_CONFIG_BYTES:
        return "it is far too long for a configuration"
    if max(map(len, rest.splitlines()), default=0) > _MAX_CONFIG_LINE:
        return "it has a line that is far too long for a configuration"
    return None


def _with_state(status: RunStatus, state: State) -> RunStatus:
    return RunStatus(**{**asdict(status), "state": state})


def _make_unique(parent: Path, stem: str) -> Path:
    """Makes a folder that was not there before; counts up where the name is taken."""
    number = 1
    while True:
        path = parent / (stem if number == 1 else f"{stem}_{number}")
        try:
            path.mkdir()
        except FileExistsError:
            number += 1
        else:
            return path


def _slug(name: str) -> str:
    """Returns a name as part of a folder's name: letters and digits of any script, no signs."""
    text = unicodedata.normalize("NFC", name)
    text = re.sub(r"[^\w-]+", "_", text).strip("_")[:_NAME_CHARACTERS]
    return text or "run"


def _versions() -> dict[str, str]:
    """Returns what decides a result besides the configuration; without importing torch."""
    versions = {"resnet_studio": resnet_studio.__version__, "python": platform.python_version()}
    for package in _RECORDED_PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {**versions, "system": platform.platform()}


def _not_writable(path: Path, error: OSError | ValueError) -> RunError:
    shown = str(path).encode("utf-8", "backslashreplace").decode("utf-8")
    reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
    return RunError(
        f"The run cannot be kept in {shown}: {reason or error}.", remedy="Choose another folder."
    )


_STATUS: Final = TypeAdapter(RunStatus)
