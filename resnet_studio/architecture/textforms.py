"""JSON and TOML text to plain mappings and back, every failure a `SpecError` with a remedy.

Spec files come from anywhere. What is read is small, a regular file and parsed by the standard
library; what it means is decided by `resnet_studio.architecture.spec`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from resnet_studio.errors import SpecError
from resnet_studio.files import write_text_atomic

# A spec is under one kilobyte. The bound is small because tomllib takes time that grows with the
# square of a dotted key's length: 20 s for 64 KiB of "a.a.a...", a third of a second for 8 KiB.
MAX_CHARACTERS: Final = 8 * 1024
LEAST_SPEC: Final = 'The least is {"block": "basic", "depths": [2, 2, 2, 2]}.'
_TOO_LONG_REMEDY: Final = "Name a spec file; it has under 1 KiB, and never more than 8 KiB."
_SHOWN: Final = 60
_SHOWN_PATH: Final = 160


def shown(value: Any) -> str:
    """Returns `value` for a message, cut to one short line."""
    if isinstance(value, int) and value.bit_length() > 128:
        return f"a number of {value.bit_length():,} bits"  # str() refuses such numbers
    if isinstance(value, (str, bytes)):
        value = value[: _SHOWN + 1]
    if isinstance(value, (list, dict)) and len(value) > _SHOWN:
        return f"a {type(value).__name__} of {len(value):,} entries"
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return f"an unprintable {type(value).__name__}"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def dump_json(values: Mapping[str, Any]) -> str:
    """Returns `values` as indented JSON with a final newline."""
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def dump_toml(values: Mapping[str, Any]) -> str:
    """Returns `values` as TOML."""
    import tomli_w  # here, so that the window does not wait for it

    return tomli_w.dumps(values)


def parse_json(text: str) -> dict[str, Any]:
    """Reads one JSON object.

    Raises:
        SpecError: If the text is too long, not JSON, names a field twice or is no object.
    """
    _check_length(text)
    try:
        values = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise _broken("JSON", error) from None
    return _as_mapping(values)


def parse_toml(text: str) -> dict[str, Any]:
    """Reads one TOML document.

    Raises:
        SpecError: If the text is too long or not TOML.
    """
    import tomllib

    _check_length(text)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _broken("TOML", error) from None


def read_mapping(path: Path) -> dict[str, Any]:
    """Reads a `.json` or `.toml` file.

    Raises:
        SpecError: If it is missing, no regular file, too large, unreadable or broken.
    """
    text = _read_text(path)
    try:
        return parse_toml(text) if _language(path) == "toml" else parse_json(text)
    except SpecError as error:
        raise SpecError(f"{shown_path(path)}: {error.message}", remedy=error.remedy) from None


def write_mapping(path: Path, values: Mapping[str, Any]) -> None:
    """Writes a `.json` or `.toml` file atomically.

    Raises:
        SpecError: If the suffix is another one or the file cannot be written.
    """
    text = dump_toml(values) if _language(path) == "toml" else dump_json(values)
    try:
        write_text_atomic(path, text)
    except (OSError, ValueError) as error:
        raise SpecError(
            f"{shown_path(path)} cannot be written: {_reason(error)}.",
            remedy="Choose a folder that you may write to.",
        ) from None


def shown_path(path: Path) -> str:
    """Returns the path for a message: printable, and cut in the middle if it is long."""
    text = str(path).encode("utf-8", "replace").decode()
    if len(text) <= _SHOWN_PATH:
        return text
    half = _SHOWN_PATH // 2
    return f"{text[:half]}…{text[-half:]}"


def _language(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in (".json", ".toml"):
        raise SpecError(
            f"{shown_path(path)} is no spec file: its name ends neither in .json nor in .toml.",
            remedy="Name a .json or .toml file.",
        )
    return suffix[1:]


def _read_text(path: Path) -> str:
    name = shown_path(path)
    try:
        if not path.exists():
            raise SpecError(f"There is no file {name}.", remedy="Check the path.")
        if not path.is_file():  # a folder; or a pipe, which would block
            kind = "a folder" if path.is_dir() else "not a regular file"
            raise SpecError(f"{name} is {kind}.", remedy="Name a .json or .toml spec file.")
        _language(path)
        with path.open("rb") as file:
            content = file.read(MAX_CHARACTERS + 1)
    except (OSError, ValueError) as error:
        raise SpecError(
            f"{name} cannot be read: {_reason(error)}.",
            remedy="Check the file and its permissions.",
        ) from None
    if len(content) > MAX_CHARACTERS:
        raise SpecError(f"{name} is too large for a spec.", remedy=_TOO_LONG_REMEDY)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SpecError(
            f"{name} is not UTF-8 text.", remedy="Save it as UTF-8, or name a spec file."
        ) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Makes a JSON object's dictionary; refuses what plain JSON lets pass, a name used twice."""
    values: dict[str, Any] = {}
    for key, value in pairs:
        if key in values:
            raise ValueError(f"the field {shown(key)} is there twice")
        values[key] = value
    return values


def _as_mapping(values: Any) -> dict[str, Any]:
    if isinstance(values, dict):
        return values
    raise SpecError(
        f"A spec is a table of fields, not {shown(values)}.",
        remedy=LEAST_SPEC,
    )


def _check_length(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise SpecError("The text is too long for a spec.", remedy=_TOO_LONG_REMEDY)


def _broken(language: str, error: Exception) -> SpecError:
    reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    return SpecError(
        f"The text is not valid {language}: {reason[:200]}.", remedy="Mend the text there."
    )


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
