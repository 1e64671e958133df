"""The spec as TOML or JSON."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.errors import ExportError
from resnet_studio.export.progress import Asked, ExportProgress, Finding
from resnet_studio.export.subject import Subject


def write_spec(
    path: Path, subject: Subject, _cancelled: Asked
) -> Generator[ExportProgress, None, Finding]:
    """Writes the spec to `path`, reads it again and compares.

    Raises:
        SpecError: If it cannot be written.
        ExportError: If another spec comes back.
    """
    yield ExportProgress(1, 1, "Writing the spec")
    subject.spec.save(path)
    if NetworkSpec.load(path) != subject.spec:
        raise ExportError(f"{path.name} does not say the same as the network's spec.")
    return Finding("Read again: the spec is the same.")
