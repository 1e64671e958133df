"""The spec as TOML or JSON."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.errors import ExportError
from resnet_studio.export.formats import Format, format_of
from resnet_studio.export.progress import Asked, ExportProgress, Finding
from resnet_studio.export.subject import Subject


def write_spec(
    path: Path, subject: Subject, _cancelled: Asked
) -> Generator[ExportProgress, None, Finding]:
    """Writes the spec to `path`, reads it again and compares.

    Raises:
        SpecError: If it cannot be read again.
        ExportError: If another spec comes back.
        OSError: If the disk refuses.
    """
    yield ExportProgress(1, 1, "Writing the spec")
    toml = format_of(path) is Format.TOML
    text = subject.spec.to_toml() if toml else subject.spec.to_json()
    path.write_text(text, encoding="utf-8", newline="\n")
    if NetworkSpec.load(path) != subject.spec:
        raise ExportError(f"{path.name} does not say the same as the network's spec.")
    return Finding("Read again: the spec is the same.")
