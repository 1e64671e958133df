"""Every choice that the application remembers, declared once.

No Qt and no torch: the command line reads the same file. The settings dialog is made from the
table below, so a setting is added here and nowhere else.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resnet_studio.files import read_plain, write_text_atomic

HOME_VARIABLE = "RESNET_STUDIO_HOME"
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Setting:
    """One remembered choice.

    Attributes:
        key: Name in the settings file.
        default: Value on first launch; its type is the type of the setting.
        title: Label in the settings dialog; empty for what the window remembers by itself.
        description: One sentence for the tooltip.
        choices: Allowed values, if they are few.
        labels: What the choices are called in the dialog, in their order.
        bounds: Smallest and largest allowed number.
        unit: Stands behind a number.
        contents: Judges what is in a list or table; None for plain values.
    """

    key: str
    default: Any
    title: str = ""
    description: str = ""
    choices: tuple[Any, ...] = ()
    labels: tuple[str, ...] = ()
    bounds: tuple[float, float] | None = None
    unit: str = ""
    contents: Callable[[Any], bool] | None = None

    def accepts(self, value: Any) -> bool:
        """Tells whether `value` has the type and lies in the range of this setting."""
        if type(value) is not type(self.default):
            return False
        if self.choices and value not in self.choices:
            return False
        if self.contents is not None and not self.contents(value):
            return False
        return self.bounds is None or self.bounds[0] <= value <= self.bounds[1]


def _are_names(values: list[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _are_widths(table: dict[str, Any]) -> bool:
    """Tells whether each entry is a list of pixels, no more than Qt can count."""
    return all(
        isinstance(sizes, list) and all(type(s) is int and 0 <= s < 1 << 24 for s in sizes)
        for sizes in table.values()
    )


def _are_texts(table: dict[str, Any]) -> bool:
    return all(isinstance(value, str) for value in table.values())


TABLE: tuple[Setting, ...] = (
    Setting(
        "appearance",
        "system",
        "Appearance",
        "Light or dark colours.",
        choices=("system", "light", "dark"),
        labels=("As the desktop", "Light", "Dark"),
    ),
    Setting(
        "font_scale",
        100,
        "Text size",
        "Larger text for a projector.",
        bounds=(80.0, 200.0),
        unit=" %",
    ),
    Setting(
        "runs_folder",
        "",
        "Folder for training runs",
        "Where runs are kept; empty means the application's own folder.",
    ),
    Setting(
        "ask_before_download",
        True,
        "Ask before each download",
        "Nothing is fetched from the internet unless you agree.",
    ),
    Setting(
        "cache_limit_mb",
        512,
        "Cache",
        "Most space on the disk for thumbnails, which are made again when they are missing.",
        bounds=(0.0, 100_000.0),
        unit=" MB",
    ),
    Setting("geometry", ""),
    Setting("window_state", ""),
    Setting("panel", 0),
    Setting("features_view", "stages"),
    Setting("choices", {}, contents=_are_texts),
    Setting("network", ""),
    Setting("form_groups", [], contents=_are_names),
    Setting(
        "export_format",
        "safetensors",
        choices=("safetensors", "pth", "onnx", "py", "toml", "json"),
    ),
    Setting("export_folder", ""),
    Setting("recipe", ""),
    Setting("recipe_groups", ["optimiser", "schedule"], contents=_are_names),
    Setting("curve_plots", ["loss", "accuracy"], contents=_are_names),
    Setting("data", ""),
    Setting("pipelines", {}, contents=_are_texts),
    Setting("last_folder", ""),
    Setting("recent_pictures", [], contents=_are_names),
    Setting("splitters", {}, contents=_are_widths),
)
_BY_KEY: Mapping[str, Setting] = {setting.key: setting for setting in TABLE}


def config_dir() -> Path:
    """Returns the folder of the settings file; `RESNET_STUDIO_HOME` overrides the platform's."""
    return _home("config")


def data_dir() -> Path:
    """Returns the folder for runs and downloaded data sets."""
    return _home("data")


def cache_dir() -> Path:
    """Returns the folder for what can be made again at any time."""
    return _home("cache")


def log_dir() -> Path:
    """Returns the folder of the log files."""
    return _home("log")


def _home(kind: str) -> Path:
    if home := os.environ.get(HOME_VARIABLE):
        return Path(home) / kind
    import platformdirs  # not at the top: it is needed only without the override

    dirs = platformdirs.PlatformDirs("ResNet Studio", appauthor=False)
    return Path(getattr(dirs, f"user_{kind}_dir"))


class Settings:
    """The remembered choices, read once and written when `save` is called.

    A damaged or foreign settings file never stops the program: values that do not fit their
    declaration are replaced by the default.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Reads the settings file.

        Args:
            path: The file; `settings.json` in the platform's folder if None.
        """
        self.path = path if path is not None else config_dir() / "settings.json"
        self._values: dict[str, Any] = self._read()

    def __getitem__(self, key: str) -> Any:
        """Returns the remembered value or the default; KeyError for an undeclared key.

        Lists and tables are copies: to change one, assign the changed copy.
        """
        return copy.deepcopy(self._values.get(key, _BY_KEY[key].default))

    def __setitem__(self, key: str, value: Any) -> None:
        """Remembers `value`; ValueError if the declaration does not allow it."""
        if not _BY_KEY[key].accepts(value):
            raise ValueError(f"setting {key!r} does not accept {value!r}")
        self._values[key] = value

    def save(self) -> None:
        """Writes the file atomically.

        Raises:
            OSError: If the folder cannot be written; the old file stays whole.
        """
        # As ASCII: a remembered file name need not be valid Unicode, which UTF-8 cannot hold.
        write_text_atomic(self.path, json.dumps(self._values, indent=2))

    def _read(self) -> dict[str, Any]:
        try:
            stored = json.loads(read_plain(self.path, most=_MOST_BYTES).decode("utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(stored, dict):
            return {}
        return {
            key: value
            for key, value in stored.items()
            if key in _BY_KEY and _BY_KEY[key].accepts(value)
        }
